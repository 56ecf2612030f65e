//! Segmented LRU: a hit moves a value up by one segment, whose oldest moves down when it is full; who leaves is the oldest of the
//! lowest segment.
//!
//! R. Karedla, J. S. Love and B. G. Wherry, "Caching strategies to improve disk system performance", IEEE Computer 27(3), 1994. Several
//! equal segments, and a new value in the lowest one with room, as in libCacheSim's SLRU.

use super::Order;
use super::shelf::{List, Shelf};
use crate::time::SimTime;

#[derive(Clone, Debug)]
pub(super) struct Slru {
    segments: Vec<List>,
    /// What a segment may weigh.
    most: u64,
}

impl Slru {
    pub fn new(segments: u32, capacity: u64) -> Self {
        let count = segments.clamp(1, 64);
        Self {
            segments: (0u8..).take(count as usize).map(List::new).collect(),
            most: capacity / u64::from(count),
        }
    }

    fn is_over(&self, segment: usize) -> bool {
        self.segments[segment].weight > self.most
    }

    /// Moves the oldest of a segment down, and so on below where that is too much; from the lowest one it leaves.
    fn cool(&mut self, shelf: &mut Shelf, segment: usize) {
        let Some(at) = self.segments[segment].pop(shelf) else {
            return;
        };
        if segment == 0 {
            shelf.evict(at);
            return;
        }
        self.segments[segment - 1].push(shelf, at);
        while self.is_over(segment - 1) {
            self.cool(shelf, segment - 1);
        }
    }
}

impl Order for Slru {
    #[inline]
    fn hit(&mut self, shelf: &mut Shelf, at: u32, _now: SimTime) {
        let s = usize::from(shelf[at].list);
        if s + 1 == self.segments.len() {
            self.segments[s].renew(shelf, at);
            return;
        }
        self.segments[s].unlink(shelf, at);
        self.segments[s + 1].push(shelf, at);
        // A value heavier than a segment stays where it came, alone.
        let is_alone = u64::from(shelf[at].weight) > self.most;
        while self.is_over(s + 1) && !is_alone {
            self.cool(shelf, s + 1);
        }
    }

    fn admit(&mut self, shelf: &mut Shelf, key: u64, weight: u32, _now: SimTime) -> Option<u32> {
        while !shelf.has_room(weight) {
            let lowest = self.segments.iter_mut().find(|s| !s.is_empty());
            let Some(victim) = lowest.and_then(|s| s.pop(shelf)) else {
                break;
            };
            shelf.evict(victim);
        }
        let at = shelf.add(key, weight);
        let fits = |s: &List| s.weight + u64::from(weight) <= self.most;
        let lowest = self.segments.iter().position(fits).unwrap_or(0);
        self.segments[lowest].push(shelf, at);
        Some(at)
    }

    fn unlink(&mut self, shelf: &mut Shelf, at: u32) {
        self.segments[usize::from(shelf[at].list)].unlink(shelf, at);
    }
}
