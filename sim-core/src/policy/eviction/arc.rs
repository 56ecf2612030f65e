//! ARC: one list of values seen once and one of those seen again, whose shares follow from which of the keys that left too early.
//!
//! N. Megiddo and D. S. Modha, "ARC: a self-tuning, low overhead replacement cache", FAST 2003, figure 4; weights instead of pages.

use super::Order;
use super::shelf::{GHOSTS, List, Shelf};
use crate::time::SimTime;

#[derive(Clone, Debug)]
pub(super) struct Arc {
    /// T1 and T2.
    once: List,
    again: List,
    /// B1 and B2.
    gone_once: List,
    gone_again: List,
    /// What the values seen once should weigh: p.
    target: f64,
}

impl Arc {
    pub fn new() -> Self {
        Self {
            once: List::new(0),
            again: List::new(1),
            gone_once: List::new(GHOSTS),
            gone_again: List::new(GHOSTS + 1),
            target: 0.0,
        }
    }

    /// REPLACE: one value leaves; whether there was one.
    fn replace(&mut self, shelf: &mut Shelf, was_gone_again: bool) -> bool {
        let once = self.once.weight as f64;
        let from_once = once > self.target || (once == self.target && was_gone_again);
        let (values, ghosts) = if !self.once.is_empty() && (from_once || self.again.is_empty()) {
            (&mut self.once, &mut self.gone_once)
        } else {
            (&mut self.again, &mut self.gone_again)
        };
        let Some(at) = values.pop(shelf) else {
            return false;
        };
        shelf.forget_value(at);
        ghosts.push(shelf, at);
        true
    }

    /// Makes room for a key that nothing is known of: case IV.
    fn make_room(&mut self, shelf: &mut Shelf, weight: u32) {
        let (capacity, weight_of_new) = (shelf.capacity, u64::from(weight));
        while !shelf.has_room(weight) {
            if self.once.weight + self.gone_once.weight + weight_of_new > capacity {
                match self.gone_once.pop(shelf) {
                    Some(ghost) => shelf.release(ghost),
                    None => {
                        let Some(at) = self.once.pop(shelf) else {
                            self.replace(shelf, false);
                            continue;
                        };
                        shelf.evict(at);
                        continue;
                    }
                }
            } else {
                let known =
                    self.once.weight + self.gone_once.weight + self.again.weight + self.gone_again.weight;
                if known >= capacity.saturating_mul(2)
                    && let Some(ghost) = self.gone_again.pop(shelf)
                {
                    shelf.release(ghost);
                }
            }
            if !self.replace(shelf, false) {
                return;
            }
        }
    }
}

impl Order for Arc {
    #[inline]
    fn hit(&mut self, shelf: &mut Shelf, at: u32, _now: SimTime) {
        if self.again.has(shelf, at) {
            self.again.renew(shelf, at);
        } else {
            self.once.unlink(shelf, at);
            self.again.push(shelf, at);
        }
    }

    fn admit(&mut self, shelf: &mut Shelf, key: u64, weight: u32, _now: SimTime) -> Option<u32> {
        let Some(at) = shelf.find(key) else {
            self.make_room(shelf, weight);
            let at = shelf.add(key, weight);
            self.once.push(shelf, at);
            return Some(at);
        };
        let (b1, b2) = (self.gone_once.weight as f64, self.gone_again.weight as f64);
        let was_gone_again = self.gone_again.has(shelf, at);
        if was_gone_again {
            self.target = (self.target - (b1 / b2).max(1.0)).max(0.0);
            self.gone_again.unlink(shelf, at);
        } else {
            self.target = (self.target + (b2 / b1).max(1.0)).min(shelf.capacity as f64);
            self.gone_once.unlink(shelf, at);
        }
        while !shelf.has_room(weight) && self.replace(shelf, was_gone_again) {}
        shelf.revive(at, weight);
        self.again.push(shelf, at);
        Some(at)
    }

    fn unlink(&mut self, shelf: &mut Shelf, at: u32) {
        if self.again.has(shelf, at) {
            self.again.unlink(shelf, at);
        } else {
            self.once.unlink(shelf, at);
        }
    }
}
