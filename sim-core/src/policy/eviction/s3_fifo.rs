//! S3-FIFO: a new value waits in a small FIFO queue, and what is hit there twice goes to the main one, the rest leaves quickly; a key
//! that left lately enters the main queue at once. In the main queue a value comes round again while it has hits left.
//!
//! J. Yang and others, "FIFO queues are all you need for cache eviction", SOSP 2023. As in libCacheSim: the small queue has a tenth
//! of the capacity, ghosts nine tenths, and while the cache fills up for the first time new values go past a full small queue.

use super::Order;
use super::share;
use super::shelf::{GHOSTS, List, Shelf};
use crate::time::SimTime;

/// Hits in the small queue that are worth a place in the main one.
const MOVES_UP: u32 = 2;
/// Hits that count at most in the main queue.
const MOST_HITS: u32 = 3;

#[derive(Clone, Debug)]
pub(super) struct S3Fifo {
    small: List,
    main: List,
    ghosts: List,
    most_small: u64,
    most_ghosts: u64,
    has_evicted: bool,
}

impl S3Fifo {
    pub fn new(small: f64, ghosts: f64, capacity: u64) -> Self {
        Self {
            small: List::new(0),
            main: List::new(1),
            ghosts: List::new(GHOSTS),
            most_small: share(capacity, small),
            most_ghosts: share(capacity, ghosts),
            has_evicted: false,
        }
    }

    /// Evicts one; whether there was one.
    fn evict(&mut self, shelf: &mut Shelf) -> bool {
        self.has_evicted = true;
        if self.main.weight > shelf.capacity - self.most_small || self.small.is_empty() {
            while let Some(at) = self.main.pop(shelf) {
                if shelf[at].mark == 0 {
                    shelf.evict(at);
                    return true;
                }
                shelf[at].mark = shelf[at].mark.min(MOST_HITS) - 1;
                self.main.push(shelf, at);
            }
            return false;
        }
        while let Some(at) = self.small.pop(shelf) {
            if shelf[at].mark < MOVES_UP {
                shelf.forget_value(at);
                self.ghosts.push(shelf, at);
                self.ghosts.trim(shelf, self.most_ghosts);
                return true;
            }
            shelf[at].mark = 0;
            self.main.push(shelf, at);
        }
        // All of the small queue has moved up: now it is the main queue's turn.
        true
    }
}

impl Order for S3Fifo {
    #[inline]
    fn hit(&mut self, shelf: &mut Shelf, at: u32, _now: SimTime) {
        let hits = &mut shelf[at].mark;
        *hits = (*hits + 1).min(MOST_HITS);
    }

    fn admit(&mut self, shelf: &mut Shelf, key: u64, weight: u32, _now: SimTime) -> Option<u32> {
        let ghost = shelf.find(key);
        if let Some(at) = ghost {
            self.ghosts.unlink(shelf, at);
        }
        while !shelf.has_room(weight) && self.evict(shelf) {}
        let at = match ghost {
            Some(at) => {
                shelf.revive(at, weight);
                at
            }
            None => shelf.add(key, weight),
        };
        let is_full = !self.has_evicted && self.small.weight >= self.most_small;
        if ghost.is_some() || is_full {
            self.main.push(shelf, at);
        } else {
            self.small.push(shelf, at);
        }
        Some(at)
    }

    fn unlink(&mut self, shelf: &mut Shelf, at: u32) {
        if self.main.has(shelf, at) {
            self.main.unlink(shelf, at);
        } else {
            self.small.unlink(shelf, at);
        }
    }
}
