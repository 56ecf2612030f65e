//! Eviction: who leaves a full cache. All members share one store; they differ in what a hit does.

mod store;

pub(crate) use store::Store;

use std::hash::{BuildHasherDefault, Hasher};

/// The place of a key: SplitMix64's mixing function (Steele, Lea and Flood, OOPSLA 2014).
#[inline]
pub(crate) fn hash(key: u64) -> u64 {
    let z = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Hashes the engine's own 64-bit keys, the same way in every run.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for b in bytes {
            self.0 = hash(self.0 ^ u64::from(*b));
        }
    }

    #[inline]
    fn write_u64(&mut self, key: u64) {
        self.0 = hash(key);
    }
}

/// For maps from keys. They are never iterated, so their order is nobody's business.
pub(crate) type HashOfKey = BuildHasherDefault<KeyHasher>;
