//! By the hash of the key modulo the number of shards: even, and nearly all keys move when that number changes.
//!
//! The usual first choice (D. Karger and others, "Consistent hashing and random trees", STOC 1997, section 1, on what is wrong
//! with it): from n to n + 1 shards a key stays with probability 1 / (n + 1).

use crate::policy::eviction::hash;

#[derive(Clone, Debug)]
pub(crate) struct Modulo {
    shards: u64,
}

impl Modulo {
    pub fn new(shards: u32) -> Self {
        Self {
            shards: u64::from(shards.max(1)),
        }
    }

    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a remainder below a 32-bit number"
    )]
    pub fn of(&self, key: u64) -> u32 {
        (hash(key) % self.shards) as u32
    }
}
