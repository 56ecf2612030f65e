//! By the nearest point on a ring of 64 bits: a new shard takes its part of the keys from all others, and no other key moves.
//!
//! D. Karger and others, "Consistent hashing and random trees", STOC 1997; several points for each shard as in Dynamo (G. DeCandia
//! and others, SOSP 2007, section 4.2), which makes the parts about even: with v points they spread by 1 / sqrt(v) of the mean.
//! Points and hashes are those of the balancers' ring, with addresses of their own for the shards.

use crate::policy::balancing::{HashRing, hash_of_key};

#[derive(Clone, Debug)]
pub(crate) struct Ring {
    ring: HashRing,
}

impl Ring {
    pub fn new(shards: u32, points: u32) -> Self {
        Self {
            ring: HashRing::even(shards, points),
        }
    }

    pub fn of(&self, key: u64) -> u32 {
        self.ring.at(hash_of_key(key), 0)
    }
}
