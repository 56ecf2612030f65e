//! How long calls wait in a queue before they leave it by themselves.
//!
//! The times at which those who wait will give up, the earliest of them in the calendar (C. Palm, 1957, for exponential ones; F.
//! Baccelli and G. Hebuterne, On queues with impatient customers, 1981, for constant ones). A call that was served meanwhile is
//! passed over when its time comes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::engine::Frames;
use crate::time::SimTime;

/// When a call gives up, and which it is: a slot in one of its lives, waiting since.
type Entry = (SimTime, u64, u32, u32, SimTime);

#[derive(Clone, Debug, Default)]
pub(crate) struct Patience {
    entries: BinaryHeap<Reverse<Entry>>,
    sequence: u64,
    due: Option<SimTime>,
}

impl Patience {
    /// A call begins to wait; when to look next, if that is new.
    pub fn begin(&mut self, until: SimTime, frame: u32, frames: &Frames) -> Option<SimTime> {
        self.sequence += 1;
        let f = &frames[frame];
        self.entries
            .push(Reverse((until, self.sequence, frame, f.life, f.arrived)));
        if self.due.is_some_and(|due| due <= until) {
            return None;
        }
        self.due = Some(until);
        Some(until)
    }

    /// A call that gives up now.
    pub fn take(&mut self, now: SimTime, frames: &Frames) -> Option<u32> {
        while let Some(Reverse((until, _, frame, life, since))) = self.entries.peek().copied() {
            let f = &frames[frame];
            let waits = f.is_waiting && f.life == life && f.arrived == since && f.at_station;
            if waits && until > now {
                return None;
            }
            self.entries.pop();
            if waits {
                return Some(frame);
            }
        }
        None
    }

    /// When to look next, once nobody is left who gives up now.
    pub fn look_again(&mut self, now: SimTime) -> Option<SimTime> {
        if self.due.is_some_and(|due| due > now) {
            return None;
        }
        self.due = self.entries.peek().map(|e| e.0.0);
        self.due
    }
}
