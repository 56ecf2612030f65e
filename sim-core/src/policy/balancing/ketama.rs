//! Points of CRC-32 on a ring of 32 bits, 160 for each unit of weight: the nearest at or after the key's.
//!
//! nginx's `hash $key consistent` (1.31.5-dev, `src/http/modules/ngx_http_upstream_hash_module.c`), which is compatible with
//! Cache::Memcached::Fast: a point is the CRC-32 of host, zero byte, port and the four bytes of the point before it, from
//! zero. Points that coincide count once. From an instance that may not be chosen it is the next point's turn; after 20
//! tries that of [`WeightedRoundRobin`](super::WeightedRoundRobin).

use super::consistent_hash::name;
use super::hash::MOST_TRIES;
use super::{Backends, Candidates};

const POINTS_PER_WEIGHT: u64 = 160;

#[derive(Clone, Debug)]
pub(super) struct Ketama {
    points: Vec<(u32, u32)>,
}

impl Ketama {
    pub fn new(of: &Backends) -> Self {
        let all = (0u32..).take(of.count());
        Self::named(all.map(|at| (at, name(at), of.weight(at))))
    }

    /// The points of instances with a name and a weight each.
    pub fn named(hosts: impl Iterator<Item = (u32, Vec<u8>, u32)>) -> Self {
        let mut points = Vec::new();
        for (at, name, weight) in hosts {
            let colon = name.iter().rposition(|b| *b == b':').unwrap_or(name.len());
            let (host, port) = (&name[..colon], name.get(colon + 1..).unwrap_or_default());
            let mut base = crc32fast::Hasher::new();
            base.update(host);
            base.update(&[0]);
            base.update(port);
            let mut point = 0u32;
            for _ in 0..POINTS_PER_WEIGHT * u64::from(weight) {
                let mut hash = base.clone();
                hash.update(&point.to_le_bytes());
                point = hash.finalize();
                points.push((point, at));
            }
        }
        points.sort_by_key(|p| p.0);
        points.dedup_by_key(|p| p.0);
        Self { points }
    }

    /// The hash of a key.
    pub fn hash(key: &[u8]) -> u32 {
        crc32fast::hash(key)
    }

    /// The instance of a key, if one that may be chosen is found soon enough.
    pub fn at(&self, candidates: Candidates<'_>, key: &[u8]) -> Option<u32> {
        let first = self.points.partition_point(|p| p.0 < Self::hash(key));
        let tries = self
            .points
            .iter()
            .cycle()
            .skip(first)
            .take(MOST_TRIES as usize + 1);
        tries.map(|p| p.1).find(|at| candidates.contains(*at))
    }

    #[cfg(test)]
    pub fn points(&self) -> &[(u32, u32)] {
        &self.points
    }
}
