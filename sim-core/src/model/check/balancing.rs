//! What stands behind a balancer, and what a balancing policy's parameters must satisfy.

use super::{Description, Fault, Kind};
use crate::model::{
    Balancer, Balancing, Layer, MOST_BALANCERS, MOST_KETAMA_WEIGHT, Machine, Part, Scheme, Stale, is_prime,
};

/// The most points on a ring of hashes: Envoy's bound.
const MOST_POINTS: u32 = 8_388_608;
/// The most entries of a Maglev table: Envoy's bound.
const MOST_ENTRIES: u32 = 5_000_011;

/// The components behind a balancer, and the ways there.
pub(super) fn behind(d: &Description, b: &Balancer, faults: &mut Vec<Fault>) {
    let is_target = |k: &Kind| match k {
        // Who serves is not for a balancer to choose where the others stand by, nor whose connection is used.
        Kind::Service(s) => s.takeover.is_none() && s.pool_of.is_none(),
        kind => matches!(kind, Kind::Balancer(_)),
    };
    let kinds = b
        .forward
        .iter()
        .map(|to| d.components.get(to.index()).map(|c| &c.kind));
    if b.forward.is_empty() || !kinds.clone().all(|k| k.is_some_and(is_target)) {
        faults.push(Fault::WrongKind("forward"));
    }
    let of_each = kinds.flatten().map(|k| match k {
        Kind::Service(s) => s.instances as usize,
        Kind::Balancer(b) => b.machine.instances as usize,
        _ => 1,
    });
    for (place, behind) in of_each.enumerate() {
        let weights = b.weights_of(place);
        if !weights.is_empty() && (weights.len() != behind || weights.contains(&0)) {
            faults.push(Fault::Range("weights"));
        }
        balancing(b, place, behind, faults);
    }
    if b.routing.subset.is_some_and(|s| s.size == 0) {
        faults.push(Fault::Range("subset"));
    }
    if b.limit
        .is_some_and(|l| l.least == 0 || l.least > l.most || l.full_at == 0)
    {
        faults.push(Fault::Range("max-connections"));
    }
    if b.sticky.is_some_and(|s| s.lasts.is_zero()) {
        faults.push(Fault::Range("sticky"));
    }
    routes(d, b, faults);
}

/// Every route leads somewhere, and without any there is nothing to decide.
fn routes(d: &Description, b: &Balancer, faults: &mut Vec<Fault>) {
    let ops = d.operations_that_write.len();
    let is_share = |share: f64| (0.0..=1.0).contains(&share);
    let is_right = b.routes.iter().all(|r| {
        let is_part = match r.part {
            Part::All => true,
            Part::Calls(share) | Part::Keys(share) | Part::Sources(share) => is_share(share),
        };
        is_part && usize::from(r.to) < b.forward.len() && r.op.is_none_or(|op| op.index() < ops)
    });
    if !is_right || b.forward.len() > 1 && b.routes.is_empty() {
        faults.push(Fault::Range("routes"));
    }
}

/// What a balancer runs on.
pub(super) fn machine(m: &Machine, faults: &mut Vec<Fault>) {
    if !(1..=MOST_BALANCERS).contains(&m.instances) {
        faults.push(Fault::Range("instances"));
    }
    if m.handling
        .as_ref()
        .is_some_and(|h| h.workers == 0 || h.time.min_value() < 0.0)
    {
        faults.push(Fault::Range("work"));
    }
    if m.most_calls == Some(0) {
        faults.push(Fault::Range("connections"));
    }
    let is_unit = |of: f64| of > 0.0;
    if m.fee.is_some_and(|f| {
        ![f.new_per_s, f.open, f.bytes_per_hour, f.rules_per_s]
            .into_iter()
            .all(is_unit)
    }) {
        faults.push(Fault::Range("fee"));
    }
    if m.layer == Layer::L4 && m.keeps.is_zero() {
        faults.push(Fault::Range("idle-timeout"));
    }
}

/// A balancer with so many instances of the component at a place behind it.
fn balancing(b: &Balancer, place: usize, behind: usize, faults: &mut Vec<Fault>) {
    let is_right = match b.policy {
        Balancing::PowerOfD { choices } | Balancing::PowerOfDReplaced { choices } => choices > 0,
        Balancing::LeastRequest(r) => r.choices > 0 && r.bias >= 0.0 && r.bias.is_finite(),
        Balancing::PeakEwma { decay } => !decay.is_zero(),
        Balancing::ConsistentHash(c) => {
            let is_table = match c.scheme {
                Scheme::Ketama => {
                    let weights = b.weights_of(place);
                    let of_instances = behind as u64 * u64::from(weights.is_empty());
                    let weights = weights.iter().map(|w| u64::from(*w)).sum::<u64>();
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
    if let Some(levels) = b.routing.levels_of(place) {
        let all = &levels.priorities;
        let whole = (0..=all.iter().copied().max().unwrap_or(0)).all(|p| all.contains(&p));
        if all.len() != behind || !whole {
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
