//! What a balancing policy's parameters must satisfy.

use super::Fault;
use crate::model::{Balancer, Balancing, MOST_KETAMA_WEIGHT, Scheme, Stale, is_prime};

/// The most points on a ring of hashes: Envoy's bound.
const MOST_POINTS: u32 = 8_388_608;
/// The most entries of a Maglev table: Envoy's bound.
const MOST_ENTRIES: u32 = 5_000_011;

/// A balancer with so many instances behind it.
pub(super) fn balancing(b: &Balancer, behind: usize, faults: &mut Vec<Fault>) {
    let is_right = match b.policy {
        Balancing::PowerOfD { choices } | Balancing::PowerOfDReplaced { choices } => choices > 0,
        Balancing::LeastRequest(r) => r.choices > 0 && r.bias >= 0.0 && r.bias.is_finite(),
        Balancing::PeakEwma { decay } => !decay.is_zero(),
        Balancing::NginxPeers { max_fails, .. } => max_fails > 0,
        Balancing::ConsistentHash(c) => {
            let is_table = match c.scheme {
                Scheme::Ketama => {
                    let of_instances = behind as u64 * u64::from(b.weights.is_empty());
                    let weights = b.weights.iter().map(|w| u64::from(*w)).sum::<u64>();
                    of_instances.max(weights) <= MOST_KETAMA_WEIGHT.max(behind as u64)
                }
                Scheme::Ring { least, most } => 0 < least && least <= most && most <= MOST_POINTS,
                Scheme::Maglev { size } => size <= MOST_ENTRIES && is_prime(size),
            };
            is_table && c.bound_percent.is_none_or(|p| p >= 100)
        }
        _ => true,
    };
    if !is_right {
        faults.push(Fault::Range("policy"));
    }
    if let Some(levels) = &b.routing.levels {
        let all = &levels.priorities;
        let whole = (0..=all.iter().copied().max().unwrap_or(0)).all(|p| all.is_empty() || all.contains(&p));
        if !(all.is_empty() || all.len() == behind) || !whole || levels.panic_percent > 100 {
            faults.push(Fault::Range("priorities"));
        }
    }
    let is_zero = match b.routing.stale {
        Some(Stale::Continuous { age: time } | Stale::Periodic { every: time }) => time.is_zero(),
        None => false,
    };
    if is_zero {
        faults.push(Fault::Range("stale"));
    }
}
