//! What is to happen next, and what is put off until then.

use std::collections::VecDeque;

use super::frames::{Frames, Outcome};

/// What a handler leaves to be done at this instant, before the next event.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub(crate) enum Then {
    /// Nothing.
    Nothing,
    /// The frame is to be sent to its component: an instance must be chosen.
    Send(u32),
    /// The same for a call that a balancer hands on: it chooses the instance.
    Forward(u32),
    /// The answer of a branch, or of a call that took time to come back, is with its caller.
    Answer(u32),
    /// An attempt of the call that the frame waits for has ended like this.
    Settle(u32, Outcome),
    /// A request that is a single call has ended like this.
    Over(u32, Outcome),
    /// The frame's plan begins: a branch, or a call that waited.
    Start(u32),
    /// The branches in this list are to be stopped.
    Losers(u32),
    /// A balancer may have room for a call that waits in one of its views.
    Dispatch(u16, u16),
}

impl Then {
    /// The frame that it is about, if another turn of that frame makes it void.
    fn frame(&self) -> Option<u32> {
        match self {
            Self::Send(f) | Self::Forward(f) | Self::Answer(f) | Self::Settle(f, _) | Self::Over(f, _) => {
                Some(*f)
            }
            // A frame that is to start keeps its slot until then; a list of branches and a line have no turns.
            Self::Start(_) | Self::Losers(_) | Self::Dispatch(..) | Self::Nothing => None,
        }
    }
}

/// What was put off, with the turn that its frame had.
#[derive(Debug)]
pub(crate) struct Actions(VecDeque<(Then, u32)>);

impl Actions {
    pub fn new() -> Self {
        Self(VecDeque::with_capacity(64))
    }

    pub fn put_off(&mut self, then: Then, frames: &Frames) {
        if !matches!(then, Then::Nothing) {
            let turn = then.frame().map_or(0, |f| frames[f].turn);
            self.0.push_back((then, turn));
        }
    }

    /// What was put off longest; nothing when all is done.
    #[inline]
    pub fn next(&mut self, frames: &Frames) -> Then {
        if self.0.is_empty() {
            return Then::Nothing;
        }
        self.next_due(frames)
    }

    /// An outage may have taken a frame meanwhile, as when a caller goes down together with whom it called.
    #[inline(never)]
    fn next_due(&mut self, frames: &Frames) -> Then {
        while let Some((then, turn)) = self.0.pop_front() {
            if then.frame().is_none_or(|f| frames[f].turn == turn) {
                return then;
            }
        }
        Then::Nothing
    }
}
