//! The shortest work first, as known at the arrival; equal ones in the order of arrival.
//!
//! T. E. Phipps, Machine repair as a priority waiting-line problem, Operations Research 4 (1956). A call whose first step is
//! no work has nothing to be compared, and goes first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::time::SimDuration;

#[derive(Clone, Debug)]
pub(crate) struct Shortest {
    waiting: BinaryHeap<Reverse<(Option<SimDuration>, u64, u32)>>,
    sequence: u64,
    /// The work of the call that was taken out last.
    pub popped: Option<SimDuration>,
}

impl Shortest {
    pub fn new() -> Self {
        Self {
            waiting: BinaryHeap::new(),
            sequence: 0,
            popped: None,
        }
    }

    pub fn push(&mut self, frame: u32, size: Option<SimDuration>) {
        self.sequence += 1;
        self.waiting.push(Reverse((size, self.sequence, frame)));
    }

    pub fn pop(&mut self) -> Option<u32> {
        let Reverse((size, _, frame)) = self.waiting.pop()?;
        self.popped = size;
        Some(frame)
    }
}
