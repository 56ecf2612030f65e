//! LFU: the value with the fewest hits leaves; of several the one that has had as many for the longest time.
//!
//! Perfect counts for as long as a value is kept, in lists by count (K. Shah, A. Mitra and D. Matani, "An O(1) algorithm for
//! implementing the LFU cache eviction scheme", 2010). A value that was once popular stays.

use super::Order;
use super::shelf::{END, List, Shelf};
use crate::time::SimTime;

/// Values with the same number of uses.
#[derive(Clone, Debug)]
struct Bucket {
    uses: u64,
    list: List,
    more: u32,
    fewer: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Lfu {
    buckets: Vec<Bucket>,
    /// Buckets that are empty, to be used again.
    free: Vec<u32>,
    fewest: u32,
}

impl Lfu {
    pub fn new() -> Self {
        Self {
            buckets: Vec::new(),
            free: Vec::new(),
            fewest: END,
        }
    }

    /// The bucket for so many uses behind `fewer`, which may be none.
    #[expect(clippy::cast_possible_truncation, reason = "at most as many as values")]
    fn bucket(&mut self, uses: u64, fewer: u32) -> u32 {
        let more = match fewer {
            END => self.fewest,
            f => self.buckets[f as usize].more,
        };
        if more != END && self.buckets[more as usize].uses == uses {
            return more;
        }
        let bucket = Bucket {
            uses,
            list: List::new(0),
            more,
            fewer,
        };
        let b = match self.free.pop() {
            Some(b) => {
                self.buckets[b as usize] = bucket;
                b
            }
            None => {
                self.buckets.push(bucket);
                self.buckets.len() as u32 - 1
            }
        };
        match fewer {
            END => self.fewest = b,
            f => self.buckets[f as usize].more = b,
        }
        if more != END {
            self.buckets[more as usize].fewer = b;
        }
        b
    }

    /// The one that would leave, and its uses.
    pub fn least(&self) -> Option<(u32, u64)> {
        let bucket = self.buckets.get(self.fewest as usize)?;
        Some((bucket.list.oldest, bucket.uses))
    }

    /// Uses of a value.
    pub fn uses(&self, shelf: &Shelf, at: u32) -> u64 {
        self.buckets[shelf[at].mark as usize].uses
    }

    /// Takes a value in that had so many uses.
    pub fn enter(&mut self, shelf: &mut Shelf, at: u32, uses: u64) {
        let mut fewer = END;
        let mut next = self.fewest;
        while next != END && self.buckets[next as usize].uses < uses {
            fewer = next;
            next = self.buckets[next as usize].more;
        }
        let bucket = self.bucket(uses, fewer);
        self.push(shelf, at, bucket);
    }

    fn push(&mut self, shelf: &mut Shelf, at: u32, bucket: u32) {
        self.buckets[bucket as usize].list.push(shelf, at);
        shelf[at].mark = bucket;
    }

    /// Gives a bucket back if nothing is in it.
    fn tidy(&mut self, b: u32) {
        let Bucket {
            list, more, fewer, ..
        } = self.buckets[b as usize];
        if !list.is_empty() {
            return;
        }
        match fewer {
            END => self.fewest = more,
            f => self.buckets[f as usize].more = more,
        }
        if more != END {
            self.buckets[more as usize].fewer = fewer;
        }
        self.free.push(b);
    }
}

impl Order for Lfu {
    fn hit(&mut self, shelf: &mut Shelf, at: u32, _now: SimTime) {
        let b = shelf[at].mark;
        self.buckets[b as usize].list.unlink(shelf, at);
        let next = self.bucket(self.buckets[b as usize].uses + 1, b);
        self.push(shelf, at, next);
        self.tidy(b);
    }

    fn admit(&mut self, shelf: &mut Shelf, key: u64, weight: u32, _now: SimTime) -> Option<u32> {
        while !shelf.has_room(weight) && self.fewest != END {
            let victim = self.buckets[self.fewest as usize].list.oldest;
            self.unlink(shelf, victim);
            shelf.evict(victim);
        }
        let at = shelf.add(key, weight);
        let first = self.bucket(1, END);
        self.push(shelf, at, first);
        Some(at)
    }

    fn unlink(&mut self, shelf: &mut Shelf, at: u32) {
        let b = shelf[at].mark;
        self.buckets[b as usize].list.unlink(shelf, at);
        self.tidy(b);
    }
}
