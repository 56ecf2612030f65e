//! SIEVE: a hit leaves a mark and moves nothing; a hand walks from the oldest to the newest, takes marks away and evicts the first
//! value without one.
//!
//! Y. Zhang and others, "SIEVE is simpler than LRU: an efficient turn-key eviction algorithm for web caches", NSDI 2024. Unlike
//! CLOCK's, a value that loses its mark keeps its place, so that new ones are judged soon and old ones seldom.

use super::Order;
use super::shelf::{END, List, Shelf};
use crate::time::SimTime;

#[derive(Clone, Debug)]
pub(super) struct Sieve {
    list: List,
    hand: u32,
}

impl Sieve {
    pub fn new() -> Self {
        Self {
            list: List::new(0),
            hand: END,
        }
    }
}

impl Order for Sieve {
    #[inline]
    fn hit(&mut self, shelf: &mut Shelf, at: u32, _now: SimTime) {
        shelf[at].mark = 1;
    }

    fn admit(&mut self, shelf: &mut Shelf, key: u64, weight: u32, _now: SimTime) -> Option<u32> {
        while !shelf.has_room(weight) && !self.list.is_empty() {
            let mut at = match self.hand {
                END => self.list.oldest,
                at => at,
            };
            while std::mem::take(&mut shelf[at].mark) == 1 {
                at = match shelf[at].newer {
                    END => self.list.oldest,
                    newer => newer,
                };
            }
            self.hand = at;
            self.unlink(shelf, at);
            shelf.evict(at);
        }
        let at = shelf.add(key, weight);
        self.list.push(shelf, at);
        Some(at)
    }

    fn unlink(&mut self, shelf: &mut Shelf, at: u32) {
        if self.hand == at {
            self.hand = shelf[at].newer;
        }
        self.list.unlink(shelf, at);
    }
}
