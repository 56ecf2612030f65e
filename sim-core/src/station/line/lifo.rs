//! Last come, first served: under overload a few are served at once and the others not at all, instead of all too late.
//!
//! B. Maurer, Fail at Scale (ACM Queue 13(8), 2015) describes it for request queues under overload. The mean wait is that of
//! first come, first served, its variance is larger (L. Takacs, 1963; as in L. Kleinrock, Queueing Systems vol. 2, 1976).

use crate::engine::{Frames, NONE};

#[derive(Clone, Debug)]
pub(crate) struct Lifo {
    top: u32,
}

impl Lifo {
    pub fn new() -> Self {
        Self { top: NONE }
    }

    pub fn push(&mut self, frame: u32, frames: &mut Frames) {
        frames[frame].next = self.top;
        self.top = frame;
    }

    pub fn pop(&mut self, frames: &Frames) -> Option<u32> {
        if self.top == NONE {
            return None;
        }
        let top = self.top;
        self.top = frames[top].next;
        Some(top)
    }
}
