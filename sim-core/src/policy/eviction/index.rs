//! From a key to its place: an open table with linear probing, so that a look-up costs one line of memory.
//!
//! Entries are removed by shifting back those behind them (D. E. Knuth, The Art of Computer Programming 3, 6.4, algorithm R), so that
//! nothing is left to skip over. Half of an entry is the hash's upper half, so that keys are rarely compared in vain.

use super::hash;

const EMPTY: u64 = u64::MAX;

/// Which place a key has.
#[derive(Clone, Debug)]
pub(super) struct Index {
    /// The upper half of the hash above the place.
    entries: Vec<u64>,
    mask: usize,
    len: usize,
}

impl Index {
    pub fn new() -> Self {
        Self {
            entries: vec![EMPTY; 16],
            mask: 15,
            len: 0,
        }
    }

    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "any bits of the hash will do, and the lower half of an entry is the place"
    )]
    pub fn find(&self, key: u64, key_at: impl Fn(u32) -> u64) -> Option<u32> {
        let hash = hash(key);
        let mut at = hash as usize & self.mask;
        loop {
            let entry = self.entries[at];
            if entry == EMPTY {
                return None;
            }
            if (entry ^ hash) >> 32 == 0 && key_at(entry as u32) == key {
                return Some(entry as u32);
            }
            at = (at + 1) & self.mask;
        }
    }

    /// Adds a key that isn't there.
    #[expect(clippy::cast_possible_truncation, reason = "any bits of the hash will do")]
    pub fn add(&mut self, key: u64, place: u32, key_at: impl Fn(u32) -> u64) {
        if self.len * 4 >= self.entries.len() * 3 {
            self.grow(key_at);
        }
        let hash = hash(key);
        let mut at = hash as usize & self.mask;
        while self.entries[at] != EMPTY {
            at = (at + 1) & self.mask;
        }
        self.entries[at] = (hash >> 32) << 32 | u64::from(place);
        self.len += 1;
    }

    #[cold]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "any bits of the hash will do, and the lower half of an entry is the place"
    )]
    fn grow(&mut self, key_at: impl Fn(u32) -> u64) {
        let size = self.entries.len() * 2;
        let old = std::mem::replace(&mut self.entries, vec![EMPTY; size]);
        self.mask = size - 1;
        for entry in old.into_iter().filter(|e| *e != EMPTY) {
            let mut at = hash(key_at(entry as u32)) as usize & self.mask;
            while self.entries[at] != EMPTY {
                at = (at + 1) & self.mask;
            }
            self.entries[at] = entry;
        }
    }

    /// Takes a key out that is there.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "any bits of the hash will do, and the lower half of an entry is the place"
    )]
    pub fn remove(&mut self, key: u64, place: u32, key_at: impl Fn(u32) -> u64) {
        let mut hole = hash(key) as usize & self.mask;
        while self.entries[hole] as u32 != place || self.entries[hole] == EMPTY {
            hole = (hole + 1) & self.mask;
        }
        let mut at = hole;
        loop {
            at = (at + 1) & self.mask;
            let entry = self.entries[at];
            if entry == EMPTY {
                break;
            }
            let home = hash(key_at(entry as u32)) as usize & self.mask;
            // It may move into the hole unless its home is behind the hole.
            if (at.wrapping_sub(home) & self.mask) >= (at.wrapping_sub(hole) & self.mask) {
                self.entries[hole] = entry;
                hole = at;
            }
        }
        self.entries[hole] = EMPTY;
        self.len -= 1;
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<u64>()
    }
}
