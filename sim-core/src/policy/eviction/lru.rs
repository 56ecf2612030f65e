//! LRU: a hit makes a value the newest, and the oldest leaves.
//!
//! R. L. Mattson and others, "Evaluation techniques for storage hierarchies", IBM Systems Journal 9(2), 1970.

use super::Order;
use super::shelf::{List, Shelf};
use crate::time::SimTime;

#[derive(Clone, Debug)]
pub(super) struct Lru(List);

impl Lru {
    pub fn new() -> Self {
        Self(List::new(0))
    }
}

impl Order for Lru {
    #[inline]
    fn hit(&mut self, shelf: &mut Shelf, at: u32, _now: SimTime) {
        self.0.renew(shelf, at);
    }

    fn admit(&mut self, shelf: &mut Shelf, key: u64, weight: u32, _now: SimTime) -> Option<u32> {
        while !shelf.has_room(weight)
            && let Some(oldest) = self.0.pop(shelf)
        {
            shelf.evict(oldest);
        }
        let at = shelf.add(key, weight);
        self.0.push(shelf, at);
        Some(at)
    }

    fn unlink(&mut self, shelf: &mut Shelf, at: u32) {
        self.0.unlink(shelf, at);
    }
}
