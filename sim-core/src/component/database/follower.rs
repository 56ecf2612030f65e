//! What one replica lacks of the primary's log, and when it will have it.
//!
//! Everything about a write is known when it is made: when it is in the replica's log, and when the replica has applied it, by the
//! recursion of a queue with k workers (J. Kiefer and J. Wolfowitz, "On the theory of queues with many servers", Transactions of
//! the AMS 78, 1955). Only a crash changes that afterwards. Writes become visible in the order of the log, as with MySQL's
//! `replica_preserve_commit_order`, which is on since 8.0.27.

use std::collections::{HashMap, VecDeque};

use crate::policy::eviction::HashOfKey;
use crate::time::{SimDuration, SimTime};

/// Not before somebody is repaired.
pub(super) const NEVER: SimTime = SimTime::MAX;

/// What its caller knows of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It waits for copies.
    Open,
    /// It was told that the write is done.
    Answered,
    /// It was told nothing, or that something went wrong.
    Broken,
}

/// A write, as a replica sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub key: u64,
    /// When the primary had it.
    pub made: SimTime,
    /// When it is in the replica's log.
    pub received: SimTime,
    /// When it is visible on the replica.
    pub seen: SimTime,
    /// When the primary knows that the replica has it, where it waits for that.
    pub known: SimTime,
    /// How long an applier takes for it.
    pub takes: SimDuration,
    pub fate: Fate,
}

/// A replica's view of the log. On the primary it is empty.
#[derive(Debug)]
pub(super) struct Follower {
    /// The number of the first write in `log`; it has all before.
    first: u64,
    log: VecDeque<Entry>,
    /// Until when reads of a key are stale, for the keys that were written lately.
    behind: HashMap<u64, SimTime, HashOfKey>,
    /// When each applier is free.
    appliers: Vec<SimTime>,
    last_received: SimTime,
    last_seen: SimTime,
}

impl Follower {
    pub fn new(appliers: u32) -> Self {
        Self {
            first: 0,
            log: VecDeque::new(),
            behind: HashMap::default(),
            appliers: vec![SimTime::ZERO; appliers as usize],
            last_received: SimTime::ZERO,
            last_seen: SimTime::ZERO,
        }
    }

    /// Until when a read of this key is stale.
    #[inline]
    pub fn behind(&self, key: u64) -> SimTime {
        self.behind.get(&key).copied().unwrap_or(SimTime::ZERO)
    }

    /// When a write that is sent so that it arrives at `at` arrives: not before those sent earlier.
    pub fn receives(&mut self, at: SimTime) -> SimTime {
        self.last_received = self.last_received.max(at);
        self.last_received
    }

    /// When a write that is in the log at `received` is visible.
    pub fn applies(&mut self, received: SimTime, takes: SimDuration) -> SimTime {
        let free = self.appliers.iter_mut().min();
        let done = free.map_or(received, |free| {
            *free = received.max(*free) + takes;
            *free
        });
        self.last_seen = self.last_seen.max(done);
        self.last_seen
    }

    pub fn push(&mut self, entry: Entry) {
        self.log.push_back(entry);
    }

    /// A write that was answered already is on its way.
    pub fn learn(&mut self, entry: Entry, now: SimTime) {
        self.push(entry);
        self.answered(self.first + self.log.len() as u64 - 1, now);
        self.forget(now);
    }

    /// It has made the newest write of a key itself. (After a crash it is taken to be behind until it has applied all that it missed.)
    pub fn catch_up(&mut self, key: u64) {
        self.behind.remove(&key);
    }

    /// The place in the log of the first write that waits to be applied. They are applied in order.
    fn first_waiting(&self, now: SimTime) -> usize {
        self.log.partition_point(|e| e.seen <= now)
    }

    /// Writes that wait to be applied.
    pub fn waiting(&self, now: SimTime) -> usize {
        self.log.len() - self.first_waiting(now)
    }

    /// When no more than `most` of those that wait are left.
    pub fn waits_for(&self, now: SimTime, most: usize) -> SimTime {
        let last = self.log.len().checked_sub(most + 1);
        last.map_or(now, |last| self.log[last].seen)
    }

    /// When the primary knows that the replica has this write.
    pub fn known(&self, number: u64) -> SimTime {
        let Some(place) = number.checked_sub(self.first) else {
            return SimTime::ZERO;
        };
        let entry = usize::try_from(place).ok().and_then(|at| self.log.get(at));
        entry.map_or(SimTime::ZERO, |e| e.known)
    }

    /// The caller of this write was told that it is done: from now on a read that doesn't see it is stale.
    pub fn answered(&mut self, number: u64, now: SimTime) {
        let place = number.checked_sub(self.first);
        let at = place.and_then(|p| usize::try_from(p).ok());
        let Some(entry) = at.and_then(|at| self.log.get_mut(at)) else {
            return;
        };
        entry.fate = Fate::Answered;
        let (key, seen) = (entry.key, entry.seen);
        if seen > now {
            let until = self.behind.entry(key).or_insert(seen);
            *until = (*until).max(seen);
        }
    }

    /// Forgets what it has and nobody waits for.
    pub fn forget(&mut self, now: SimTime) {
        let is_over = |e: &&Entry| e.seen <= now && e.known <= now && e.fate != Fate::Open;
        while let Some(key) = self.log.front().filter(is_over).map(|e| e.key) {
            self.log.pop_front();
            self.first += 1;
            if self.behind.get(&key).is_some_and(|until| *until <= now) {
                self.behind.remove(&key);
            }
        }
    }

    /// The way from the primary is cut: what isn't here does not come.
    pub fn cut(&mut self, now: SimTime) {
        for entry in self.log.iter_mut().filter(|e| e.received > now) {
            (entry.received, entry.seen, entry.known) = (NEVER, NEVER, NEVER);
        }
        self.last_received = now;
        self.see_again(now);
    }

    /// The replica crashes: nothing comes, and nothing is applied.
    pub fn stop(&mut self, now: SimTime) {
        for entry in self.log.iter_mut().filter(|e| e.seen > now) {
            // An acknowledgement that waited for the write to be applied isn't sent either.
            if entry.known >= entry.seen {
                entry.known = NEVER;
            }
            entry.seen = NEVER;
        }
        self.cut(now);
    }

    /// The replica and its primary are there again: it gets what it lacks at once, and applies it. `lag` is told how late each is.
    pub fn resume(&mut self, now: SimTime, waits_for_applied: bool, mut lag: impl FnMut(SimDuration)) {
        self.appliers.fill(now);
        self.last_received = now;
        self.last_seen = now;
        for at in 0..self.log.len() {
            let mut entry = self.log[at];
            if entry.seen != NEVER {
                continue;
            }
            if entry.received == NEVER {
                entry.received = now;
            }
            entry.seen = self.applies(entry.received.max(now), entry.takes);
            if entry.known == NEVER {
                entry.known = if waits_for_applied { entry.seen } else { now };
            }
            lag(entry.seen - entry.made);
            self.log[at] = entry;
        }
        self.see_again(now);
    }

    /// Finds anew until when each key is stale.
    fn see_again(&mut self, now: SimTime) {
        self.behind.clear();
        for entry in self
            .log
            .iter()
            .filter(|e| e.fate == Fate::Answered && e.seen > now)
        {
            let until = self.behind.entry(entry.key).or_insert(entry.seen);
            *until = (*until).max(entry.seen);
        }
    }

    /// The primary is lost: nobody waits for its writes any more.
    pub fn leave_open_writes(&mut self) {
        for entry in self.log.iter_mut().filter(|e| e.fate == Fate::Open) {
            entry.fate = Fate::Broken;
        }
    }

    /// How many writes it never got: those at the end of the log.
    pub fn lacks(&self) -> u64 {
        self.lacking().map(|_| 1).sum()
    }

    /// Of them, those that were answered.
    pub fn lost(&self) -> u64 {
        self.lacking().map(|e| u64::from(e.fate == Fate::Answered)).sum()
    }

    fn lacking(&self) -> impl Iterator<Item = &Entry> {
        self.log.iter().filter(|e| e.received == NEVER)
    }

    /// When it has applied all that it has.
    pub fn is_through(&self) -> SimTime {
        let there = self.log.iter().filter(|e| e.received != NEVER);
        there.map(|e| e.seen).max().unwrap_or(SimTime::ZERO)
    }

    /// The log goes on at `end`: what was after it never happened.
    pub fn rewind(&mut self, end: u64, now: SimTime) {
        let keep = end.saturating_sub(self.first);
        self.log.truncate(usize::try_from(keep).unwrap_or(usize::MAX));
        if keep == 0 {
            self.first = end;
        }
        self.see_again(now);
    }

    /// It becomes the primary: it has everything up to `end`, which is where the log goes on.
    pub fn take_over(&mut self, end: u64) {
        self.log.clear();
        self.behind.clear();
        self.first = end;
    }
}
