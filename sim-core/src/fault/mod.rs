//! Faults: what strikes whom, and when, by the scenario's word.
//!
//! An instance that several faults hold down, or a fault and a crash by chance, is up again when the last of them is over.

mod struck;

use crate::engine::{Calendar, Ways, What};
use crate::model::{Description, FaultKind, ScheduledFault};
use crate::random::{Stream, StreamName};
use crate::time::SimTime;

#[derive(Debug)]
pub(crate) struct Faults {
    list: Vec<Scheduled>,
    /// For every instance of all components how many faults hold it down; empty without faults.
    holds: Vec<u16>,
    /// For every component its region.
    homes: Vec<u16>,
}

#[derive(Debug)]
struct Scheduled {
    fault: ScheduledFault,
    is_on: bool,
    /// The numbers of the instances that it takes down.
    struck: Vec<u32>,
    /// For the delays that it adds, by direction.
    streams: [Stream; 2],
}

impl Faults {
    pub fn new(d: &Description, seed: u64, trial: u64) -> Self {
        let scheduled = |(i, fault): (u64, &ScheduledFault)| Scheduled {
            struck: struck::struck(d, &fault.kind),
            fault: fault.clone(),
            is_on: false,
            streams: [0, 1].map(|way| {
                Stream::open(
                    seed,
                    trial,
                    StreamName::new("fault").purpose("latency").index(i).index(way),
                )
            }),
        };
        let count: u64 = d.components.iter().map(crate::model::Component::instances).sum();
        Self {
            list: (0u64..).zip(&d.faults).map(scheduled).collect(),
            holds: if d.faults.is_empty() {
                Vec::new()
            } else {
                vec![0; count as usize]
            },
            homes: struck::ids(d).map(|id| d.network.home(id).0).collect(),
        }
    }

    /// Whether any of them cuts ways off, or makes them longer.
    pub fn touch_ways(&self) -> bool {
        use crate::model::FaultKind::{
            CoordinatorCrash, Drain, InstanceCrash, Latency, Partition, Pause, RegionOutage, Reshard, Slow,
            ZoneOutage,
        };
        self.list.iter().any(|s| match s.fault.kind {
            RegionOutage(_) | Partition(..) | Latency { .. } => true,
            ZoneOutage { .. }
            | InstanceCrash { .. }
            | Drain { .. }
            | Pause { .. }
            | Slow { .. }
            | Reshard(_)
            | CoordinatorCrash(_) => false,
        })
    }

    /// The region of a component.
    pub fn home(&self, component: u16) -> u16 {
        self.homes.get(usize::from(component)).copied().unwrap_or(0)
    }

    /// Schedules their beginnings and ends.
    pub fn begin(&self, calendar: &mut Calendar) {
        for (i, scheduled) in (0u32..).zip(&self.list) {
            let from = scheduled.fault.at;
            calendar.schedule(from, What::Fault, i << 1);
            let until = from
                .as_nanos()
                .saturating_add(scheduled.fault.duration.as_nanos());
            calendar.schedule(SimTime::from_nanos(until), What::Fault, i << 1 | 1);
        }
    }

    /// A fault begins or ends: the instances that go down, or come up, with it.
    pub fn turn(&mut self, index: u32, ways: &mut Ways) -> Vec<(u32, bool)> {
        let (number, is_end) = (index >> 1, index & 1 == 1);
        let Scheduled {
            fault,
            struck,
            streams,
            is_on,
        } = &mut self.list[number as usize];
        *is_on = !is_end;
        ways.change(number, &fault.kind, !is_end, streams.clone());
        let struck = struck.clone();
        let changed = struck.into_iter().filter(|n| self.changes(*n, is_end));
        changed.map(|n| (n, is_end)).collect()
    }

    /// The service of which instances pause or go on, which of them (none: all), and whether they pause.
    pub fn pausing(&self, index: u32) -> Option<(u16, &[u32], bool)> {
        match &self.list[(index >> 1) as usize].fault.kind {
            FaultKind::Pause { component, instances } => Some((component.0, instances, index & 1 == 0)),
            _ => None,
        }
    }

    /// The sharded database whose coordinator dies or is back, and whether it is up then.
    pub fn coordinator(&self, index: u32) -> Option<(u16, bool)> {
        match self.list[(index >> 1) as usize].fault.kind {
            FaultKind::CoordinatorCrash(component) => Some((component.0, index & 1 == 1)),
            _ => None,
        }
    }

    /// The sharded database that changes its shards now, if that is what begins.
    pub fn resharded(&self, index: u32) -> Option<u16> {
        let is_begin = index & 1 == 0;
        match self.list[(index >> 1) as usize].fault.kind {
            FaultKind::Reshard(component) if is_begin => Some(component.0),
            _ => None,
        }
    }

    /// The component of which a fault makes instances slower, and how many times as long all that do so make the times of an
    /// instance at present.
    pub fn slowness(&self, index: u32) -> Option<(u16, impl Fn(u32) -> f64)> {
        fn slows(s: &Scheduled) -> Option<(u16, &[u32], f64)> {
            match &s.fault.kind {
                FaultKind::Slow {
                    component,
                    instances,
                    factor,
                } => Some((component.0, instances, *factor)),
                _ => None,
            }
        }
        let (of, ..) = slows(&self.list[(index >> 1) as usize])?;
        let on = move || self.list.iter().filter(|s| s.is_on).filter_map(slows);
        let factor = move |instance| {
            let those = on().filter(|s| s.0 == of && (s.1.is_empty() || s.1.contains(&instance)));
            those.map(|s| s.2).product()
        };
        Some((of, factor))
    }

    /// The service of which a fault drains instances, and whether an instance of it is being drained at present.
    pub fn draining(&self, index: u32) -> Option<(u16, impl Fn(u32) -> bool)> {
        let drains = |s: &Scheduled| match &s.fault.kind {
            FaultKind::Drain { component, instances } => Some((component.0, instances.clone())),
            _ => None,
        };
        let (of, _) = drains(&self.list[(index >> 1) as usize])?;
        let on = self.list.iter().filter(|s| s.is_on).filter_map(drains);
        let on: Vec<Vec<u32>> = on.filter(|d| d.0 == of).map(|d| d.1).collect();
        Some((of, move |i| on.iter().any(|d| d.is_empty() || d.contains(&i))))
    }

    /// An instance goes down, or comes up, for one reason: whether that changes anything for it.
    pub fn changes(&mut self, number: u32, is_repair: bool) -> bool {
        let Some(holds) = self.holds.get_mut(number as usize) else {
            return true;
        };
        if is_repair {
            *holds = holds.saturating_sub(1);
            *holds == 0
        } else {
            *holds += 1;
            *holds == 1
        }
    }
}
