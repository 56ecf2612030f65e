//! Cores shared by more pieces of work than there are cores, in time logarithmic in their number.
//!
//! Every piece gets the same share, so they can be kept by the total work at which they end: a clock that advances with the
//! work that each piece receives orders them once and for all (the virtual time of fair queueing: Demers, Keshav and
//! Shenker, SIGCOMM 1989; Parekh and Gallager, 1993). With n pieces on c cores each gets min(1, c/n) of a core, slowed by
//! the Universal Scalability Law where one is given (N. J. Gunther, "Guerrilla Capacity Planning", 2007, chapter 4): b busy
//! cores do the work of b / (1 + sigma (b-1) + kappa b (b-1)).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::model::Contention;
use crate::time::{SimDuration, SimTime};

/// A piece of work: when it ends, in the work that a piece has received since the cores were last idle, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Piece {
    ends: f64,
    sequence: u64,
    frame: u32,
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

/// The cores of one instance.
#[derive(Clone, Debug)]
pub(crate) struct Sharing {
    cores: u32,
    contention: Contention,
    pieces: BinaryHeap<Reverse<Piece>>,
    received: f64,
    last: SimTime,
    sequence: u64,
    /// When the piece that ends first will, as last scheduled.
    due: Option<SimTime>,
}

impl Sharing {
    pub fn new(cores: u32, contention: Option<Contention>) -> Self {
        Self {
            cores,
            contention: contention.unwrap_or(Contention {
                sigma: 0.0,
                kappa: 0.0,
            }),
            pieces: BinaryHeap::new(),
            received: 0.0,
            last: SimTime::ZERO,
            sequence: 0,
            due: None,
        }
    }

    /// Cores in use.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "not more than the cores, a 32-bit number"
    )]
    pub fn busy(&self) -> u32 {
        self.pieces.len().min(self.cores as usize) as u32
    }

    /// The work that each piece receives per nanosecond.
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
    fn speed(&self) -> f64 {
        let busy = f64::from(self.busy());
        let share = busy / self.pieces.len() as f64;
        share / (1.0 + self.contention.sigma * (busy - 1.0) + self.contention.kappa * busy * (busy - 1.0))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a span between two events, below 2^53 ns"
    )]
    fn advance(&mut self, now: SimTime) {
        if self.pieces.is_empty() {
            self.received = 0.0;
        } else {
            self.received += (now - self.last).as_nanos() as f64 * self.speed();
        }
        self.last = now;
    }

    /// Adds a piece of work; the time of the next look, if that is new.
    pub fn add(&mut self, now: SimTime, frame: u32, work: SimDuration) -> Option<SimTime> {
        self.advance(now);
        self.sequence += 1;
        let ends = self.received + work.as_f64_nanos();
        self.pieces.push(Reverse(Piece {
            ends,
            sequence: self.sequence,
            frame,
        }));
        self.look_again(now)
    }

    /// Takes a piece of work away that was killed.
    pub fn remove(&mut self, now: SimTime, frame: u32) -> Option<SimTime> {
        self.advance(now);
        self.pieces.retain(|p| p.0.frame != frame);
        self.look_again(now)
    }

    /// The piece that ends now, if this look is the one that was last asked for.
    pub fn take_ended(&mut self, now: SimTime) -> Option<u32> {
        if self.due != Some(now) {
            return None;
        }
        self.due = None;
        self.advance(now);
        self.pieces.pop().map(|p| p.0.frame)
    }

    /// When to look next, if that isn't scheduled yet.
    pub fn look_again(&mut self, now: SimTime) -> Option<SimTime> {
        let Some(first) = self.pieces.peek() else {
            self.due = None;
            return None;
        };
        let left = ((first.0.ends - self.received) / self.speed()).max(0.0);
        let at = now + SimDuration::from_f64_nanos(left);
        if self.due == Some(at) {
            return None;
        }
        self.due = Some(at);
        Some(at)
    }

    /// The instance crashed.
    pub fn clear(&mut self) {
        self.pieces.clear();
        self.due = None;
    }
}
