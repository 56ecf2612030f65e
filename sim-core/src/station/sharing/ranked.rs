//! All to the first in some order, who take a core away from the last that has one: pre-emptive priorities, newest, least remaining.
//!
//! What a piece has received is kept when it loses its core (pre-emptive resume). By class of the operation: H. White and L. S.
//! Christie, Queuing with preemptive priorities or with breakdown, Operations Research 6 (1958). Newest first on one core is a
//! symmetric queue, whose mean doesn't depend on the law of the work (F. P. Kelly, Reversibility and Stochastic Networks, 1979). The
//! least remaining work first has the least mean of all (L. E. Schrage and L. W. Miller, Operations Research 14, 1966).

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use super::{Arrival, Machine};

/// The order; the least goes first.
#[derive(Clone, Debug)]
enum Order {
    Class(Arc<[u16]>),
    Newest,
    LeastRemaining,
}

/// A piece that has a core: it ends when every running piece has received so much in all.
#[derive(Clone, Copy, Debug)]
struct Running {
    ends: f64,
    piece: Arrival,
}

/// A piece without a core, with the work that is left.
#[derive(Clone, Copy, Debug)]
struct Paused {
    rank: f64,
    piece: Arrival,
}

impl PartialEq for Paused {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Paused {}

impl Ord for Paused {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank
            .total_cmp(&other.rank)
            .then(self.piece.sequence.cmp(&other.piece.sequence))
    }
}

impl PartialOrd for Paused {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

#[derive(Clone, Debug)]
pub(super) struct Ranked {
    order: Order,
    /// As many as there are cores at most, in no order.
    running: Vec<Running>,
    paused: BinaryHeap<Reverse<Paused>>,
    received: f64,
}

impl Ranked {
    fn new(order: Order) -> Self {
        Self {
            order,
            running: Vec::new(),
            paused: BinaryHeap::new(),
            received: 0.0,
        }
    }

    pub fn by_class(class_of: &Arc<[u16]>) -> Self {
        Self::new(Order::Class(class_of.clone()))
    }

    pub fn newest_first() -> Self {
        Self::new(Order::Newest)
    }

    pub fn least_remaining_first() -> Self {
        Self::new(Order::LeastRemaining)
    }

    pub fn len(&self) -> usize {
        self.running.len() + self.paused.len()
    }

    fn speed(&self, machine: &Machine) -> f64 {
        1.0 / machine.slowdown(machine.busy(self.running.len()))
    }

    pub fn advance(&mut self, span: f64, machine: &Machine) {
        if self.running.is_empty() {
            self.received = 0.0;
        } else {
            self.received += span * self.speed(machine);
        }
    }

    /// The rank of a piece with the work that it has left.
    #[expect(clippy::cast_precision_loss, reason = "pieces of one trial, below 2^53")]
    fn waits(&self, piece: Arrival) -> Paused {
        let rank = match &self.order {
            Order::Class(class_of) => f64::from(class_of[usize::from(piece.op)]),
            Order::Newest => -(piece.sequence as f64),
            Order::LeastRemaining => piece.work,
        };
        Paused { rank, piece }
    }

    fn left(&self, running: &Running) -> Arrival {
        Arrival {
            work: (running.ends - self.received).max(0.0),
            ..running.piece
        }
    }

    fn run(&mut self, piece: Arrival) {
        self.running.push(Running {
            ends: self.received + piece.work,
            piece,
        });
    }

    pub fn add(&mut self, piece: Arrival, machine: &Machine) {
        if self.running.len() < machine.cores as usize {
            self.run(piece);
            return;
        }
        let comes = self.waits(piece);
        let ranks = self.running.iter().map(|r| self.waits(self.left(r)));
        let Some((at, last)) = ranks.enumerate().max_by_key(|r| r.1) else {
            return;
        };
        if comes < last {
            self.running.swap_remove(at);
            self.run(piece);
            self.paused.push(Reverse(last));
        } else {
            self.paused.push(Reverse(comes));
        }
    }

    /// Gives free cores to those whose turn it is.
    fn fill(&mut self, machine: &Machine) {
        while self.running.len() < machine.cores as usize
            && let Some(Reverse(next)) = self.paused.pop()
        {
            self.run(next.piece);
        }
    }

    pub fn remove(&mut self, frame: u32, machine: &Machine) {
        self.running.retain(|r| r.piece.frame != frame);
        self.paused.retain(|p| p.0.piece.frame != frame);
        self.fill(machine);
    }

    fn first(&self) -> Option<(usize, &Running)> {
        let by = |a: &Running, b: &Running| {
            a.ends
                .total_cmp(&b.ends)
                .then(a.piece.sequence.cmp(&b.piece.sequence))
        };
        self.running.iter().enumerate().min_by(|a, b| by(a.1, b.1))
    }

    pub fn until_first(&self, machine: &Machine) -> Option<f64> {
        let (_, first) = self.first()?;
        Some((first.ends - self.received) / self.speed(machine))
    }

    pub fn take_first(&mut self, machine: &Machine) -> Option<u32> {
        let at = self.first()?.0;
        let ended = self.running.swap_remove(at);
        self.fill(machine);
        Some(ended.piece.frame)
    }

    pub fn clear(&mut self) {
        self.running.clear();
        self.paused.clear();
    }
}
