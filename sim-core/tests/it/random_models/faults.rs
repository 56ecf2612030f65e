//! Faults at given times that strike random models.

use sim_core::model::{FaultKind, ScheduledFault};
use sim_core::time::SimTime;

use super::*;

impl Genes<'_> {
    /// A few of them, one over the other.
    pub fn faults(&mut self, components: &[Component]) -> Vec<ScheduledFault> {
        (0..self.below(4))
            .filter_map(|_| self.fault(components))
            .collect()
    }

    fn fault(&mut self, components: &[Component]) -> Option<ScheduledFault> {
        let at = usize::from(self.below(components.len() as u8));
        let struck = &components[at];
        let component = ComponentId(at as u16);
        let instances = match self.below(struck.instances().min(8) as u8 + 1) {
            0 => Vec::new(),
            n => vec![u32::from(n) - 1],
        };
        let is_service = matches!(struck.kind, Kind::Service(_));
        let is_slowed = is_service
            || matches!(
                struck.kind,
                Kind::Cache(_) | Kind::Database(_) | Kind::External(_)
            );
        let home = RegionId(0);
        let kind = match self.below(7) {
            0 if is_service => FaultKind::Pause { component, instances },
            1 if is_service => FaultKind::Drain { component, instances },
            2 if is_slowed => FaultKind::Slow {
                component,
                instances,
                factor: self.pick(&[3.0, 0.5]),
            },
            3 => FaultKind::ZoneOutage {
                region: None,
                zone: u16::from(self.below(2)),
            },
            4 => FaultKind::RegionOutage(home),
            5 => FaultKind::Latency {
                a: home,
                b: home,
                by: self.law(),
            },
            _ if !matches!(struck.kind, Kind::Dns(_)) => FaultKind::InstanceCrash { component, instances },
            _ => return None,
        };
        Some(ScheduledFault {
            at: SimTime::ZERO + self.time(),
            duration: self.time() + SimDuration::from_nanos(1),
            kind,
        })
    }
}
