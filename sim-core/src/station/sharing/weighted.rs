//! Shares by the operation's weight: an operation of weight 2 gets twice the speed of one of weight 1, but nobody more than a core.
//!
//! Discriminatory processor sharing (L. Kleinrock, Time-shared systems: a theoretical treatment, J. ACM 14, 1967), as the weights
//! of Linux control groups do it. Pieces of one weight have one speed, so each weight keeps a clock of its own, as with equal
//! shares; what a core's worth cuts off goes to the others by their weights.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use super::fair::Piece;
use super::{Arrival, Machine};

/// The pieces of one weight.
#[derive(Clone, Debug)]
struct Class {
    weight: f64,
    pieces: BinaryHeap<Reverse<Piece>>,
    received: f64,
}

#[derive(Clone, Debug)]
pub(super) struct Weighted {
    /// The heaviest first.
    classes: Vec<Class>,
    weight_of: Arc<[f64]>,
}

impl Weighted {
    pub fn new(weight_of: &Arc<[f64]>) -> Self {
        let mut weights = weight_of.to_vec();
        weights.sort_by(|a, b| b.total_cmp(a));
        weights.dedup();
        let class = |weight| Class {
            weight,
            pieces: BinaryHeap::new(),
            received: 0.0,
        };
        Self {
            classes: weights.into_iter().map(class).collect(),
            weight_of: weight_of.clone(),
        }
    }

    pub fn len(&self) -> usize {
        self.classes.iter().map(|c| c.pieces.len()).sum()
    }

    /// Calls `visit` with every class that has pieces, and the work that each of them receives per nanosecond.
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
    fn speeds(classes: &mut [Class], machine: &Machine, mut visit: impl FnMut(&mut Class, f64)) {
        let n: usize = classes.iter().map(|c| c.pieces.len()).sum();
        let slowdown = machine.slowdown(machine.busy(n));
        let mut left = f64::from(machine.cores);
        let mut weight: f64 = classes.iter().map(|c| c.weight * c.pieces.len() as f64).sum();
        for class in classes.iter_mut().filter(|c| !c.pieces.is_empty()) {
            let share = class.weight * left / weight;
            let pieces = class.pieces.len() as f64;
            if share >= 1.0 {
                left -= pieces;
                weight -= class.weight * pieces;
            }
            visit(class, share.min(1.0) / slowdown);
        }
    }

    pub fn advance(&mut self, span: f64, machine: &Machine) {
        Self::speeds(&mut self.classes, machine, |class, speed| {
            class.received += span * speed;
        });
    }

    pub fn add(&mut self, piece: Arrival) {
        let weight = self.weight_of[usize::from(piece.op)];
        let Some(class) = self.classes.iter_mut().find(|c| c.weight == weight) else {
            return;
        };
        if class.pieces.is_empty() {
            class.received = 0.0;
        }
        class.pieces.push(Reverse(Piece {
            ends: class.received + piece.work,
            sequence: piece.sequence,
            frame: piece.frame,
        }));
    }

    pub fn remove(&mut self, frame: u32) {
        self.classes
            .iter_mut()
            .for_each(|c| c.pieces.retain(|p| p.0.frame != frame));
    }

    /// The place of the class whose first piece ends first, and the time until then.
    fn first(&mut self, machine: &Machine) -> Option<(f64, f64)> {
        let mut first: Option<(f64, f64)> = None;
        Self::speeds(&mut self.classes, machine, |class, speed| {
            if let Some(piece) = class.pieces.peek() {
                let left = (piece.0.ends - class.received) / speed;
                if first.is_none_or(|f| left < f.0) {
                    first = Some((left, class.weight));
                }
            }
        });
        first
    }

    pub fn until_first(&mut self, machine: &Machine) -> Option<f64> {
        self.first(machine).map(|f| f.0)
    }

    pub fn take_first(&mut self, machine: &Machine) -> Option<u32> {
        let (_, weight) = self.first(machine)?;
        let class = self.classes.iter_mut().find(|c| c.weight == weight)?;
        class.pieces.pop().map(|p| p.0.frame)
    }

    pub fn clear(&mut self) {
        self.classes.iter_mut().for_each(|c| c.pieces.clear());
    }
}
