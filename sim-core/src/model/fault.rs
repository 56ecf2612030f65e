//! What goes wrong at a time that the scenario says.

use super::{ComponentId, RegionId};
use crate::random::Law;
use crate::time::{SimDuration, SimTime};

/// A fault with its time.
#[derive(Clone, Debug)]
pub struct ScheduledFault {
    /// When it strikes.
    pub at: SimTime,
    /// How long it lasts.
    pub duration: SimDuration,
    /// What it is.
    pub kind: FaultKind,
}

/// What strikes whom.
#[derive(Clone, Debug)]
pub enum FaultKind {
    /// All that stands in the region is down, and nothing that is sent there or from there arrives.
    RegionOutage(RegionId),
    /// The instances in this zone (from 0) are down, in one region or in all, but for those of balancers that span zones.
    ZoneOutage {
        /// The region; none: all of them.
        region: Option<RegionId>,
        /// The zone.
        zone: u16,
    },
    /// Instances of a component crash.
    InstanceCrash {
        /// The component.
        component: ComponentId,
        /// Which of its instances, from 0; empty: all of them.
        instances: Vec<u32>,
    },
    /// Balancers send instances of a service no new calls; those that they have go on.
    Drain {
        /// The service.
        component: ComponentId,
        /// Which of its instances, from 0; empty: all of them.
        instances: Vec<u32>,
    },
    /// Instances of a service stop working, and go on afterwards with what they have.
    Pause {
        /// The service.
        component: ComponentId,
        /// Which of its instances, from 0; empty: all of them.
        instances: Vec<u32>,
    },
    /// What instances of a component do by themselves takes longer.
    Slow {
        /// The component.
        component: ComponentId,
        /// Which of its instances, from 0; empty: all of them.
        instances: Vec<u32>,
        /// How many times as long.
        factor: f64,
    },
    /// The coordinator of a sharded database's transactions is down: see [`super::Shards::transactions`].
    CoordinatorCrash(ComponentId),
    /// A sharded database changes its shards, as it was planned: see [`super::Shards::reshard`].
    Reshard(ComponentId),
    /// Nothing that is sent from one region to the other arrives, either way.
    Partition(RegionId, RegionId),
    /// Messages take longer, either way. Between a region and itself: all within it.
    Latency {
        /// One end.
        a: RegionId,
        /// The other.
        b: RegionId,
        /// By how much, in nanoseconds.
        by: Law,
    },
}
