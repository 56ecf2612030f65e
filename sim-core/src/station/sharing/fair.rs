//! Equal shares, in time logarithmic in the number of pieces: processor sharing.
//!
//! Every piece gets the same share, so they can be kept by the total work at which they end: a clock that advances with the
//! work that each piece receives orders them once and for all (the virtual time of fair queueing: Demers, Keshav and
//! Shenker, SIGCOMM 1989; Parekh and Gallager, 1993). With n pieces on c cores each gets min(1, c/n) of a core.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Arrival, Machine};

/// A piece of work: when it ends, in the work that a piece has received since the cores were last idle, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Piece {
    pub ends: f64,
    pub sequence: u64,
    pub frame: u32,
}

impl Eq for Piece {}

impl Ord for Piece {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.ends
            .total_cmp(&other.ends)
            .then(self.sequence.cmp(&other.sequence))
    }
}

impl PartialOrd for Piece {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

#[derive(Clone, Debug)]
pub(super) struct Fair {
    pieces: BinaryHeap<Reverse<Piece>>,
    received: f64,
}

impl Fair {
    pub fn new() -> Self {
        Self {
            pieces: BinaryHeap::new(),
            received: 0.0,
        }
    }

    pub fn len(&self) -> usize {
        self.pieces.len()
    }

    /// The work that each piece receives per nanosecond.
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
    fn speed(&self, machine: &Machine) -> f64 {
        let busy = machine.busy(self.pieces.len());
        let share = f64::from(busy) / self.pieces.len() as f64;
        share / machine.slowdown(busy)
    }

    pub fn advance(&mut self, span: f64, machine: &Machine) {
        if self.pieces.is_empty() {
            self.received = 0.0;
        } else {
            self.received += span * self.speed(machine);
        }
    }

    pub fn add(&mut self, piece: Arrival) {
        self.pieces.push(Reverse(Piece {
            ends: self.received + piece.work,
            sequence: piece.sequence,
            frame: piece.frame,
        }));
    }

    pub fn remove(&mut self, frame: u32) {
        self.pieces.retain(|p| p.0.frame != frame);
    }

    pub fn until_first(&self, machine: &Machine) -> Option<f64> {
        let first = self.pieces.peek()?;
        Some((first.0.ends - self.received) / self.speed(machine))
    }

    pub fn take_first(&mut self) -> Option<u32> {
        self.pieces.pop().map(|p| p.0.frame)
    }

    pub fn clear(&mut self) {
        self.pieces.clear();
    }
}
