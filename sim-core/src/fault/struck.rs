//! Whom a fault takes down.
//!
//! A region's fault strikes whatever stands there, the edges of a CDN too; a zone's strikes instances that stand in zones,
//! which a managed balancer or a store of objects doesn't: it spans them. An external service is in none of the regions. A
//! name is nowhere, nor is the way to shards, and nothing takes them down.

use crate::model::{ComponentId, Description, FaultKind, Kind, RegionId};

/// The numbers, over all components, of the instances that a fault takes down.
pub(super) fn struck(d: &Description, kind: &FaultKind) -> Vec<u32> {
    let mut struck = Vec::new();
    let is_crash = matches!(kind, FaultKind::InstanceCrash { .. });
    let mut number = 0u32;
    for (id, component) in ids(d).zip(&d.components) {
        let count = u32::try_from(component.instances()).unwrap_or(u32::MAX);
        for instance in 0..count {
            let (home, in_zones) = match &component.kind {
                Kind::Dns(_) | Kind::Shards(_) => continue,
                Kind::Cdn(cdn) if cdn.is_private => continue,
                Kind::Cdn(cdn) => {
                    let mut places = cdn.edges.iter().chain(&cdn.shield);
                    (places.nth(instance as usize).copied().unwrap_or_default(), false)
                }
                Kind::External(external) if !external.is_store && !is_crash => continue,
                Kind::Balancer(b) => (d.network.home(id), !b.machine.spans_zones),
                Kind::External(_) => (d.network.home(id), false),
                Kind::Service(_) | Kind::Cache(_) | Kind::Database(_) => (d.network.home(id), true),
            };
            let zone = in_zones.then(|| component.zone(instance));
            if is_struck(kind, id, instance, home, zone) {
                struck.push(number + instance);
            }
        }
        number += count;
    }
    struck
}

fn is_struck(kind: &FaultKind, id: ComponentId, instance: u32, home: RegionId, zone: Option<u16>) -> bool {
    match kind {
        FaultKind::RegionOutage(region) => home == *region,
        FaultKind::ZoneOutage { region, zone: dark } => {
            region.is_none_or(|r| r == home) && zone == Some(*dark)
        }
        FaultKind::InstanceCrash { component, instances } => {
            id == *component && (instances.is_empty() || instances.contains(&instance))
        }
        FaultKind::Drain { .. }
        | FaultKind::Pause { .. }
        | FaultKind::Slow { .. }
        | FaultKind::Partition(..)
        | FaultKind::Latency { .. }
        | FaultKind::CoordinatorCrash(_)
        | FaultKind::Reshard(_) => false,
    }
}

/// All components.
pub(super) fn ids(d: &Description) -> impl Iterator<Item = ComponentId> {
    (0u16..).map(ComponentId).take(d.components.len())
}
