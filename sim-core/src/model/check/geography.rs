//! What regions, ways, names, edges and faults must satisfy: every call has a way there and back.

use super::super::network::{MOST_REGIONS, crossings};
use super::super::{Answers, Cdn, Description, Dns, FaultKind, Kind, RegionId};
use super::{Fault, Place, Problem};

/// Checks the network and the faults, which belong to no component.
pub(super) fn network(d: &Description, found: &mut Vec<Problem>) {
    let n = &d.network;
    let mut add = |fault| {
        found.push(Problem {
            at: Place::Whole,
            fault,
        });
    };
    if n.regions.len() > MOST_REGIONS {
        add(Fault::Range("regions"));
    }
    let homes = n.homes.iter().chain(n.client_homes.iter().flatten());
    if homes
        .chain(n.ways.iter().flat_map(|w| [&w.from, &w.to]))
        .any(|r| !exists(d, *r))
    {
        add(Fault::Dangling("region"));
    }
    let is_right = |w: &super::super::Way| {
        (0.0..1.0).contains(&w.loss) && w.bandwidth.is_none_or(|b| b > 0.0 && b.is_finite())
    };
    if !n.ways.iter().all(is_right) {
        add(Fault::Range("way between regions"));
    }
    for fault in &d.faults {
        let is_known = match &fault.kind {
            FaultKind::RegionOutage(region) => exists(d, *region),
            FaultKind::ZoneOutage { region, .. } => region.is_none_or(|r| exists(d, r)),
            FaultKind::InstanceCrash { component, instances } => {
                d.components.get(component.index()).is_some_and(|c| {
                    !matches!(c.kind, Kind::Dns(_)) && instances.iter().all(|i| u64::from(*i) < c.instances())
                })
            }
            FaultKind::CoordinatorCrash(id) => matches!(
                d.components.get(id.index()).map(|c| &c.kind),
                Some(Kind::Shards(s)) if s.transactions.is_some()
            ),
            FaultKind::Reshard(id) => matches!(
                d.components.get(id.index()).map(|c| &c.kind),
                Some(Kind::Shards(s)) if s.reshard.is_some()
            ),
            FaultKind::Drain { component, instances } | FaultKind::Pause { component, instances } => {
                d.components.get(component.index()).is_some_and(|c| {
                    matches!(c.kind, Kind::Service(_))
                        && instances.iter().all(|i| u64::from(*i) < c.instances())
                })
            }
            FaultKind::Slow {
                component,
                instances,
                factor,
            } => {
                let slows = |c: &super::Component| {
                    let is_slowed = matches!(
                        c.kind,
                        Kind::Service(_) | Kind::Cache(_) | Kind::Database(_) | Kind::External(_)
                    );
                    is_slowed && instances.iter().all(|i| u64::from(*i) < c.instances())
                };
                d.components.get(component.index()).is_some_and(slows) && *factor > 0.0 && factor.is_finite()
            }
            FaultKind::Partition(a, b) | FaultKind::Latency { a, b, .. } => exists(d, *a) && exists(d, *b),
        };
        if !is_known {
            add(Fault::Dangling("fault"));
        }
    }
    for crossing in crossings(d) {
        if n.distance(crossing.from, crossing.to).is_none() {
            add(Fault::Dangling("way between regions"));
        }
    }
}

/// Whether there is such a region; without any, there is one without a name.
fn exists(d: &Description, region: RegionId) -> bool {
    region.index() < d.network.regions.len().max(1)
}

pub(super) fn dns(d: &Description, s: &Dns, faults: &mut Vec<Fault>) {
    let is_target = |id: &super::ComponentId| {
        matches!(
            d.components.get(id.index()).map(|c| &c.kind),
            Some(Kind::Service(_) | Kind::Balancer(_) | Kind::Cdn(_))
        )
    };
    if s.forward.is_empty() || s.forward.len() > usize::from(u16::MAX) || !s.forward.iter().all(is_target) {
        faults.push(Fault::WrongKind("forward"));
    }
    if s.resolvers == 0 {
        faults.push(Fault::Range("resolvers"));
    }
    if s.check
        .is_some_and(|c| c.interval.is_zero() || c.fails == 0 || c.passes == 0 || c.timeout > c.interval)
    {
        faults.push(Fault::Range("health-check"));
    }
    if let Answers::Weighted(weights) = &s.policy {
        let sum: f64 = weights.iter().sum();
        if weights.len() != s.forward.len()
            || weights.iter().any(|w| w.is_nan() || *w < 0.0)
            || !(sum > 0.0 && sum.is_finite())
        {
            faults.push(Fault::Range("weights"));
        }
    }
}

pub(super) fn cdn(d: &Description, s: &Cdn, faults: &mut Vec<Fault>) {
    if s.edges.is_empty() || !s.edges.iter().chain(&s.shield).all(|e| exists(d, *e)) {
        faults.push(Fault::Dangling("edges"));
    }
    if s.cacheable.len() != d.operations_that_write.len() {
        faults.push(Fault::Range("cacheable"));
    }
    if s.is_private && (s.edges.len() != 1 || s.shield.is_some()) {
        faults.push(Fault::Range("edges"));
    }
    if !(0.0..=1.0).contains(&s.shield_hit_ratio) {
        faults.push(Fault::Range("shield-hit-ratio"));
    }
}
