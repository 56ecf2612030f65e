//! Perfect LFU: counts the uses of every key for ever, and lets a value in only if its key was asked for more often than that of the value
//! that would leave.
//!
//! The best rule without foresight when every request is drawn independently (E. G. Coffman and P. J. Denning, Operating Systems
//! Theory, 1973, section 6.5: A0). It remembers every key there ever was, and what was once popular for ever.

use std::collections::HashMap;

use super::lfu::Lfu;
use super::shelf::Shelf;
use super::{HashOfKey, Order};
use crate::time::SimTime;

#[derive(Clone, Debug)]
pub(super) struct PerfectLfu {
    kept: Lfu,
    /// Uses of the keys that aren't kept.
    others: HashMap<u64, u64, HashOfKey>,
}

impl PerfectLfu {
    pub fn new() -> Self {
        Self {
            kept: Lfu::new(),
            others: HashMap::default(),
        }
    }

    pub fn bytes(&self) -> usize {
        self.others.capacity() * (size_of::<(u64, u64)>() + 1)
    }
}

impl Order for PerfectLfu {
    fn hit(&mut self, shelf: &mut Shelf, at: u32, now: SimTime) {
        self.kept.hit(shelf, at, now);
    }

    fn admit(&mut self, shelf: &mut Shelf, key: u64, weight: u32, _now: SimTime) -> Option<u32> {
        let uses = self.others.get(&key).map_or(1, |u| u + 1);
        while !shelf.has_room(weight) {
            match self.kept.least() {
                Some((victim, theirs)) if theirs < uses => {
                    self.unlink(shelf, victim);
                    shelf.evict(victim);
                }
                _ => {
                    self.others.insert(key, uses);
                    return None;
                }
            }
        }
        self.others.remove(&key);
        let at = shelf.add(key, weight);
        self.kept.enter(shelf, at, uses);
        Some(at)
    }

    fn unlink(&mut self, shelf: &mut Shelf, at: u32) {
        let uses = self.kept.uses(shelf, at);
        self.others.insert(shelf.key(at), uses);
        self.kept.unlink(shelf, at);
    }
}
