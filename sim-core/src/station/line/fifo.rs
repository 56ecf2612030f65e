//! First come, first served: a list through the frames themselves.
//!
//! The discipline of almost every accept queue and thread pool: a linked list needs no memory of its own.

use crate::engine::{Frames, NONE};

#[derive(Clone, Debug)]
pub(crate) struct Fifo {
    first: u32,
    last: u32,
}

impl Fifo {
    pub fn new() -> Self {
        Self {
            first: NONE,
            last: NONE,
        }
    }

    #[inline(always)]
    pub fn push(&mut self, frame: u32, frames: &mut Frames) {
        frames[frame].next = NONE;
        if self.first == NONE {
            self.first = frame;
        } else {
            frames[self.last].next = frame;
        }
        self.last = frame;
    }

    pub fn first(&self) -> Option<u32> {
        (self.first != NONE).then_some(self.first)
    }

    #[inline(always)]
    pub fn pop(&mut self, frames: &Frames) -> Option<u32> {
        if self.first == NONE {
            return None;
        }
        let first = self.first;
        self.first = frames[first].next;
        Some(first)
    }
}
