//! Eviction: who leaves a full cache. All members order the entries of one [`Store`]; a value that is used or comes in is told to the
//! member, which decides whose value has to go.
//!
//! A value takes as much of the capacity as it weighs: one, or its bytes.

mod arc;
mod clock;
mod fifo;
mod index;
mod lfu;
mod lirs;
mod lru;
mod memcached;
mod perfect_lfu;
mod random;
mod redis_lfu;
mod redis_lru;
mod redis_pool;
mod s3_fifo;
mod shelf;
mod sieve;
mod sketch;
mod slru;
mod store;
mod two_q;
mod w_tiny_lfu;

pub use store::{Place, Store};

use std::hash::{BuildHasherDefault, Hasher};

use crate::time::SimTime;
use shelf::Shelf;

/// What a member does.
trait Order {
    /// A value is used.
    fn hit(&mut self, shelf: &mut Shelf, at: u32, now: SimTime);

    /// Makes room for a key whose value isn't kept, and takes it in; none: it isn't let in.
    fn admit(&mut self, shelf: &mut Shelf, key: u64, weight: u32, now: SimTime) -> Option<u32>;

    /// Takes a value out of the order: it is about to be forgotten.
    fn unlink(&mut self, shelf: &mut Shelf, at: u32);
}

/// A share of a capacity, rounded down.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a 64-bit number"
)]
fn share(capacity: u64, share: f64) -> u64 {
    ((capacity as f64 * share) as u64).min(capacity)
}
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
