//! Timeouts of equal length in a ring: only the earliest that still matters is in the calendar.
//!
//! Timeouts of one length fall due in the order in which they began, so a first-in-first-out ring holds them sorted. Most
//! are void long before they fall due (the answer came); they are skipped when the ring's one event fires, which makes a
//! timeout cost a write and a read instead of two heap operations. A ring is the degenerate case of the timing wheels of
//! Varghese and Lauck (SOSP 1987). Each entry keeps the key that it reserved when it began, so the order of events is that
//! of a calendar that holds them all.

use std::collections::VecDeque;

use super::calendar::{Calendar, Key, What};
use crate::time::{SimDuration, SimTime};

/// A timeout that began.
#[derive(Clone, Copy, Debug)]
struct Entry {
    key: Key,
    frame: u32,
    turn: u32,
}

/// All timeouts of one length.
#[derive(Clone, Debug)]
pub(crate) struct Ring {
    pub length: SimDuration,
    /// Whether its timeouts are for whole requests, which a frame's life tells apart, and not for what a frame waits for,
    /// which its turn does.
    pub is_for_requests: bool,
    number: u32,
    entries: VecDeque<Entry>,
    is_scheduled: bool,
}

impl Ring {
    pub fn new(length: SimDuration, is_for_requests: bool, number: u32) -> Self {
        Self {
            length,
            is_for_requests,
            number,
            entries: VecDeque::new(),
            is_scheduled: false,
        }
    }

    /// Begins a timeout for what `frame` waits for in its `turn`.
    #[inline]
    pub fn begin(&mut self, now: SimTime, frame: u32, turn: u32, calendar: &mut Calendar) {
        let key = calendar.reserve(now + self.length, What::Deadline, self.number);
        if !self.is_scheduled {
            self.is_scheduled = true;
            calendar.insert(key);
        }
        self.entries.push_back(Entry { key, frame, turn });
    }

    /// Takes the timeout that falls due, and schedules the next that `is_live` (by frame and turn) says still matters.
    pub fn fire(
        &mut self,
        calendar: &mut Calendar,
        is_live: impl Fn(u32, u32) -> bool,
    ) -> Option<(u32, u32)> {
        self.is_scheduled = false;
        let due = self
            .entries
            .pop_front()
            .filter(|e| is_live(e.frame, e.turn))
            .map(|e| (e.frame, e.turn));
        while let Some(entry) = self.entries.front() {
            if is_live(entry.frame, entry.turn) {
                self.is_scheduled = true;
                calendar.insert(entry.key);
                break;
            }
            self.entries.pop_front();
        }
        due
    }
}
