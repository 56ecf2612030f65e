//! By the network that a request comes from: a source always goes to the same instance.
//!
//! nginx's `ip_hash` (`src/http/modules/ngx_http_upstream_ip_hash_module.c`): of an IPv4 address the first three octets count,
//! h = (113 h + octet) mod 6271 from 89, and the instance is the one in whose weight h falls. Where it may not be chosen
//! the octets are hashed on; after 20 such tries it is the turn of [`WeightedRoundRobin`].

use super::hash::{MOST_TRIES, at_weight};
use super::{Asked, Candidates, WeightedRoundRobin};

#[derive(Clone, Debug, Default)]
pub(crate) struct IpHash {
    fallback: WeightedRoundRobin,
}

impl IpHash {
    pub fn next(&mut self, candidates: Candidates<'_>, asked: Asked) -> u32 {
        match pick(candidates, address(asked.source)) {
            Some(at) => at,
            None => self.fallback.next(candidates),
        }
    }
}

/// The instance of an address, if one that may be chosen is found soon enough.
pub(super) fn pick(candidates: Candidates<'_>, address: [u8; 4]) -> Option<u32> {
    if candidates.of.count() < 2 {
        return None;
    }
    let mut hash = 89;
    for _ in 0..=MOST_TRIES {
        for octet in &address[..3] {
            hash = (hash * 113 + u64::from(*octet)) % 6271;
        }
        let at = at_weight(candidates, hash);
        if candidates.contains(at) {
            return Some(at);
        }
    }
    None
}

/// The IPv4 address of a source: each has its own in 10.0.0.0/8, and neighbours are far apart, so that the octets that count
/// differ. (Multiplying by an odd number is one to one modulo 2^24.)
pub(super) fn address(source: u32) -> [u8; 4] {
    let [_, a, b, c] = source.wrapping_mul(0x9e37_79b1).to_be_bytes();
    [10, a, b, c]
}
