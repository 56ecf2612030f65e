//! The values of one cache node, in a doubly linked list through one array, with LRU or FIFO eviction.
//!
//! LRU moves a value that is hit to the front, FIFO leaves it where it was filled; both evict at the back
//! (R. L. Mattson and others, "Evaluation techniques for storage hierarchies", IBM Systems Journal 9(2), 1970).

use std::collections::HashMap;

use super::HashOfKey;
use crate::model::Eviction;
use crate::time::SimTime;

const END: u32 = u32::MAX;

#[derive(Clone, Debug)]
struct Entry {
    key: u64,
    until: SimTime,
    newer: u32,
    older: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Store {
    eviction: Eviction,
    capacity: usize,
    place_of: HashMap<u64, u32, HashOfKey>,
    entries: Vec<Entry>,
    free: Vec<u32>,
    newest: u32,
    oldest: u32,
}

impl Store {
    pub fn new(eviction: Eviction, capacity: Option<u64>) -> Self {
        // Places are 32-bit numbers.
        let most = END as usize - 1;
        Self {
            eviction,
            capacity: capacity
                .and_then(|c| usize::try_from(c).ok())
                .unwrap_or(most)
                .min(most),
            place_of: HashMap::default(),
            entries: Vec::new(),
            free: Vec::new(),
            newest: END,
            oldest: END,
        }
    }

    /// Whether the value is here and good.
    #[inline]
    pub fn look_up(&mut self, key: u64, now: SimTime) -> bool {
        let Some(&at) = self.place_of.get(&key) else {
            return false;
        };
        if self.entries[at as usize].until <= now {
            self.remove(key);
            return false;
        }
        match self.eviction {
            Eviction::Lru => {
                self.unlink(at);
                self.link_newest(at);
            }
            Eviction::Fifo => {}
        }
        true
    }

    /// Keeps a value until it is evicted or `until` has come.
    #[expect(clippy::cast_possible_truncation, reason = "the capacity is below 2^32")]
    pub fn insert(&mut self, key: u64, until: Option<SimTime>) {
        let until = until.unwrap_or(SimTime::MAX);
        if let Some(&at) = self.place_of.get(&key) {
            self.entries[at as usize].until = until;
            if self.eviction == Eviction::Lru {
                self.unlink(at);
                self.link_newest(at);
            }
            return;
        }
        if self.place_of.len() >= self.capacity && self.oldest != END {
            let victim = self.entries[self.oldest as usize].key;
            self.remove(victim);
        }
        let entry = Entry {
            key,
            until,
            newer: END,
            older: END,
        };
        let at = match self.free.pop() {
            Some(at) => {
                self.entries[at as usize] = entry;
                at
            }
            None => {
                self.entries.push(entry);
                self.entries.len() as u32 - 1
            }
        };
        self.link_newest(at);
        self.place_of.insert(key, at);
    }

    /// Forgets a value.
    pub fn remove(&mut self, key: u64) {
        if let Some(at) = self.place_of.remove(&key) {
            self.unlink(at);
            self.free.push(at);
        }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.place_of.clear();
        self.entries.clear();
        self.free.clear();
        self.newest = END;
        self.oldest = END;
    }

    fn unlink(&mut self, at: u32) {
        let Entry { newer, older, .. } = self.entries[at as usize];
        match newer {
            END => self.newest = older,
            n => self.entries[n as usize].older = older,
        }
        match older {
            END => self.oldest = newer,
            o => self.entries[o as usize].newer = newer,
        }
    }

    fn link_newest(&mut self, at: u32) {
        let was = std::mem::replace(&mut self.newest, at);
        self.entries[at as usize].newer = END;
        self.entries[at as usize].older = was;
        match was {
            END => self.oldest = at,
            w => self.entries[w as usize].newer = at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(eviction: Eviction, keys: &[u64], capacity: u64) -> Vec<bool> {
        let mut store = Store::new(eviction, Some(capacity));
        keys.iter()
            .map(|k| {
                let hit = store.look_up(*k, SimTime::ZERO);
                if !hit {
                    store.insert(*k, None);
                }
                hit
            })
            .collect()
    }

    #[test]
    fn lru_keeps_what_is_used_and_fifo_does_not() {
        // With room for two: 1 is used again before 3 comes, so LRU evicts 2 and FIFO evicts 1.
        let keys = [1, 2, 1, 3, 1];
        assert_eq!(hits(Eviction::Lru, &keys, 2), [false, false, true, false, true]);
        assert_eq!(hits(Eviction::Fifo, &keys, 2), [false, false, true, false, false]);
    }

    #[test]
    fn a_value_is_good_until_its_time_and_not_at_it() {
        let mut store = Store::new(Eviction::Lru, None);
        store.insert(1, Some(SimTime::from_nanos(10)));
        assert!(store.look_up(1, SimTime::from_nanos(9)));
        assert!(!store.look_up(1, SimTime::from_nanos(10)));
        assert!(!store.look_up(1, SimTime::from_nanos(9)), "it was forgotten");
    }

    #[test]
    fn removed_and_cleared_values_are_gone_and_their_places_are_used_again() {
        let mut store = Store::new(Eviction::Fifo, Some(2));
        store.insert(1, None);
        store.insert(2, None);
        store.remove(1);
        store.insert(3, None);
        assert!(store.look_up(2, SimTime::ZERO) && store.look_up(3, SimTime::ZERO));
        assert_eq!(store.entries.len(), 2);
        store.clear();
        assert!(!store.look_up(2, SimTime::ZERO));
    }
}
