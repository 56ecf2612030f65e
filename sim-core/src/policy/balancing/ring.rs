//! Points of xxHash64 on a ring of 64 bits, as many for each instance as its weight asks for: the nearest at or after the
//! hash.
//!
//! Envoy's ring hash (`source/extensions/load_balancing_policies/ring_hash/ring_hash_lb.cc`, main of July 2026): the ring is scaled so
//! that the lightest host has a whole number of points and the ring at least its least size, but never more than its most;
//! the numbers of points follow the weights by a running sum. Hosts that may not be chosen have no points.

use super::consistent_hash::{Host, name, xx};
use super::hash::decimal;

#[derive(Clone, Debug)]
pub(crate) struct Ring {
    points: Vec<(u64, u32)>,
}

impl Ring {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the size of a ring is bounded by the model"
    )]
    pub(super) fn new(hosts: &[Host], least: u32, most: u32) -> Self {
        let lightest = hosts.iter().map(|h| h.weight).fold(f64::INFINITY, f64::min);
        let scale = ((lightest * f64::from(least)).ceil() / lightest).min(f64::from(most));
        let mut points = Vec::with_capacity(scale.ceil() as usize);
        let (mut current, mut target) = (0.0, 0.0);
        for host in hosts {
            target += scale * host.weight;
            let mut i = 0u64;
            while current < target {
                let name = [&host.name, b"_".as_slice(), decimal(i, &mut [0; 20])].concat();
                points.push((xx(&name), host.at));
                i += 1;
                current += 1.0;
            }
        }
        points.sort_by_key(|p| p.0);
        Self { points }
    }

    /// A ring of hosts that are alike, with so many points each.
    pub fn even(hosts: u32, points: u32) -> Self {
        let host = |at| Host {
            at,
            name: name(at),
            weight: 1.0 / f64::from(hosts),
        };
        let all = hosts.saturating_mul(points);
        Self::new(&(0..hosts).map(host).collect::<Vec<_>>(), all, all)
    }

    /// The instance of a hash; a further attempt goes as many points on.
    pub fn at(&self, hash: u64, attempt: u32) -> u32 {
        let first = self.points.partition_point(|p| p.0 < hash);
        // Past the last point it is the first, and only then are attempts counted.
        let first = if first == self.points.len() { 0 } else { first };
        let place = (first + attempt as usize) % self.points.len().max(1);
        self.points.get(place).map_or(0, |p| p.1)
    }

    #[cfg(test)]
    pub fn points(&self) -> &[(u64, u32)] {
        &self.points
    }
}
