//! FIFO: the value that was filled first leaves, however often it was hit.
//!
//! L. A. Belady, "A study of replacement algorithms for a virtual-storage computer", IBM Systems Journal 5(2), 1966.

use super::Order;
use super::shelf::{List, Shelf};
use crate::time::SimTime;

#[derive(Clone, Debug)]
pub(super) struct Fifo(List);

impl Fifo {
    pub fn new() -> Self {
        Self(List::new(0))
    }
}

impl Order for Fifo {
    #[inline]
    fn hit(&mut self, _shelf: &mut Shelf, _at: u32, _now: SimTime) {}

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
