//! 2Q: a new value waits in a short FIFO queue where hits don't count; its key is remembered when it leaves, and only a value that is
//! asked for again while it is remembered enters the LRU list.
//!
//! T. Johnson and D. Shasha, "2Q: a low overhead high performance buffer management replacement algorithm", VLDB 1994 (full
//! version; A1in 25 %, A1out 50 % of the capacity). Am holds the rest and evicts its own when it is full, as in libCacheSim's TwoQ.

use super::Order;
use super::share;
use super::shelf::{GHOSTS, List, Shelf};
use crate::time::SimTime;

#[derive(Clone, Debug)]
pub(super) struct TwoQ {
    new: List,
    remembered: List,
    main: List,
    most_new: u64,
    most_remembered: u64,
}

impl TwoQ {
    pub fn new(new: f64, remembered: f64, capacity: u64) -> Self {
        Self {
            new: List::new(0),
            remembered: List::new(GHOSTS),
            main: List::new(1),
            most_new: share(capacity, new),
            most_remembered: share(capacity, remembered),
        }
    }

    /// Evicts one; whether there was one.
    fn evict(&mut self, shelf: &mut Shelf) -> bool {
        if self.new.weight > self.most_new || self.main.is_empty() {
            let Some(at) = self.new.pop(shelf) else {
                return false;
            };
            shelf.forget_value(at);
            self.remembered.push(shelf, at);
            self.remembered.trim(shelf, self.most_remembered);
        } else if let Some(at) = self.main.pop(shelf) {
            shelf.evict(at);
        }
        true
    }
}

impl Order for TwoQ {
    #[inline]
    fn hit(&mut self, shelf: &mut Shelf, at: u32, _now: SimTime) {
        if self.main.has(shelf, at) {
            self.main.renew(shelf, at);
        }
    }

    fn admit(&mut self, shelf: &mut Shelf, key: u64, weight: u32, _now: SimTime) -> Option<u32> {
        let ghost = shelf.find(key);
        if let Some(at) = ghost {
            self.remembered.unlink(shelf, at);
        }
        while !shelf.has_room(weight) && self.evict(shelf) {}
        match ghost {
            Some(at) => {
                let most = shelf.capacity - self.most_new;
                while self.main.weight + u64::from(weight) > most
                    && let Some(oldest) = self.main.pop(shelf)
                {
                    shelf.evict(oldest);
                }
                shelf.revive(at, weight);
                self.main.push(shelf, at);
                Some(at)
            }
            None => {
                let at = shelf.add(key, weight);
                self.new.push(shelf, at);
                Some(at)
            }
        }
    }

    fn unlink(&mut self, shelf: &mut Shelf, at: u32) {
        if self.main.has(shelf, at) {
            self.main.unlink(shelf, at);
        } else {
            self.new.unlink(shelf, at);
        }
    }
}
