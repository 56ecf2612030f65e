//! CLOCK: a hit leaves a mark, and the oldest leaves unless it is marked; then it loses its mark and is the newest again.
//!
//! F. J. Corbató, "A paging experiment with the Multics system", 1969; as a list that is walked instead of a hand, which is the
//! same order (FIFO-Reinsertion, as in libCacheSim's Clock with one bit).

use super::Order;
use super::shelf::{List, Shelf};
use crate::time::SimTime;

#[derive(Clone, Debug)]
pub(super) struct Clock(List);

impl Clock {
    pub fn new() -> Self {
        Self(List::new(0))
    }
}

impl Order for Clock {
    #[inline]
    fn hit(&mut self, shelf: &mut Shelf, at: u32, _now: SimTime) {
        shelf[at].mark = 1;
    }

    fn admit(&mut self, shelf: &mut Shelf, key: u64, weight: u32, _now: SimTime) -> Option<u32> {
        while !shelf.has_room(weight)
            && let Some(oldest) = self.0.pop(shelf)
        {
            if std::mem::take(&mut shelf[oldest].mark) == 1 {
                self.0.push(shelf, oldest);
            } else {
                shelf.evict(oldest);
            }
        }
        let at = shelf.add(key, weight);
        self.0.push(shelf, at);
        Some(at)
    }

    fn unlink(&mut self, shelf: &mut Shelf, at: u32) {
        self.0.unlink(shelf, at);
    }
}
