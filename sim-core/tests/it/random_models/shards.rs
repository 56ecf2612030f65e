//! Databases in several shards, which may change their number or carry transactions, and what happens to these.

use sim_core::model::{
    Component, ComponentId, FaultKind, Kind, OpId, Protocol, Reshard, ScheduledFault, Sharding, Shards,
    Transactions,
};
use sim_core::random::StreamName;
use sim_core::time::{SimDuration, SimTime};

use super::{Genes, name};
use crate::build::component;

impl Genes<'_> {
    /// Adds shards, all alike but for their zone, and the way to them behind.
    pub(super) fn shards(&mut self, components: &mut Vec<Component>) {
        let first = components.len() as u16;
        let count = 1 + self.below(4);
        let part = self.component(components, |genes, _| genes.database());
        for i in 0..u16::from(count) {
            components.push(Component {
                name: StreamName::new(&name(components)),
                first_zone: i % part.zones,
                ..part.clone()
            });
        }
        let used = 1 + u32::from(self.below(count));
        let sharding = self.sharding(used, true);
        let is_by_time = matches!(sharding, Sharding::Time { .. });
        let reshard = (!is_by_time && self.one_in(2)).then(|| self.reshard(count));
        let transactions = (!is_by_time && reshard.is_none() && self.one_in(2)).then(|| self.transactions());
        let way = Kind::Shards(Shards {
            shards: (first..first + u16::from(count)).map(ComponentId).collect(),
            used,
            sharding,
            keys: self.pick(&[Some(0), None]),
            scatters: vec![self.one_in(3), self.one_in(3)],
            reshard,
            transactions,
        });
        components.push(component(&name(components), way));
    }

    fn sharding(&mut self, count: u32, can_be_by_time: bool) -> Sharding {
        let splits = (1..u64::from(count)).map(|i| i * 2).collect();
        let by_time = Sharding::Time {
            newest: self.pick(&[1.0, 0.5]),
            every: self.one_in(2).then(|| SimDuration::from_secs_f64(0.03)),
        };
        let all = [
            Sharding::Modulo,
            Sharding::Range { splits },
            Sharding::Directory,
            Sharding::Ring { points: 4 },
            by_time,
        ];
        self.pick(&all[..if can_be_by_time { 5 } else { 4 }])
    }

    fn reshard(&mut self, most: u8) -> Reshard {
        let to = 1 + u32::from(self.below(most));
        Reshard {
            to,
            sharding: self.sharding(to, false),
            pieces: u64::from(self.pick(&[10u8, 0, 200])),
            gap: SimDuration::from_secs_f64(self.pick(&[0.002, 0.0005])),
        }
    }

    fn transactions(&mut self) -> Transactions {
        let log = self.time();
        Transactions {
            operations: self.pick(&[vec![OpId(1)], vec![OpId(0), OpId(1)]]),
            keys: 2 + u32::from(self.below(3)),
            refused: self.pick(&[0.0, 0.3, 1.0]),
            protocol: self.pick(&[Protocol::TwoPhaseCommit { log }, Protocol::Saga]),
        }
    }

    /// What happens to shards alone: each change that was planned, and the death of some coordinators.
    pub(super) fn faults_of_shards(&mut self, components: &[Component]) -> Vec<ScheduledFault> {
        let mut kinds = Vec::new();
        for (id, c) in (0u16..).map(ComponentId).zip(components) {
            if let Kind::Shards(s) = &c.kind {
                kinds.extend(s.reshard.is_some().then_some(FaultKind::Reshard(id)));
                let dies = s.transactions.is_some() && self.one_in(2);
                kinds.extend(dies.then_some(FaultKind::CoordinatorCrash(id)));
            }
        }
        let fault = |kind| ScheduledFault {
            at: SimTime::ZERO + self.time(),
            duration: SimDuration::from_secs_f64(self.pick(&[0.05, 0.2])),
            kind,
        };
        kinds.into_iter().map(fault).collect()
    }
}
