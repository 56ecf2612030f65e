//! Databases of any kind.

use sim_core::model::{
    Apply, Database, Demand, Failover, Follow, Kind, ReadYourWrites, ReadsFrom, Replication, Wait,
};

use super::Genes;

impl Genes<'_> {
    pub(super) fn database(&mut self) -> Kind {
        let replicas = u32::from(self.below(3));
        let reads = [ReadsFrom::Primary, ReadsFrom::Any, ReadsFrom::Replicas];
        Kind::Database(Database {
            shards: 1 + u32::from(self.below(2)),
            replicas,
            station: self.station(),
            reads_from: self.pick(&reads[..if replicas == 0 { 2 } else { 3 }]),
            replication: self.replication(replicas),
            read_your_writes: self.one_in(3).then(|| match self.one_in(2) {
                true => ReadYourWrites::Sticky(self.time()),
                false => ReadYourWrites::Position,
            }),
            failover: self.one_in(2).then(|| Failover {
                detect: self.time(),
                promote: self.time(),
            }),
            ..Database::of(Demand::of(self.law()), Demand::of(self.law()))
        })
    }

    fn replication(&mut self, replicas: u32) -> Replication {
        let follow = match self.below(3) {
            0 => Follow::AtOnce,
            1 => Follow::After(self.law()),
            _ => Follow::Applied(Apply {
                time: self.law(),
                appliers: 1 + u32::from(self.below(3)),
                transfer: self.maybe_law(),
            }),
        };
        let can_wait = replicas > 0 && !matches!(follow, Follow::AtOnce);
        Replication {
            follow,
            wait: (can_wait && self.one_in(2)).then(|| Wait {
                copies: 1 + u32::from(self.below(3)) % replicas,
                applied: self.one_in(2),
                timeout: self.one_in(2).then(|| self.time()),
            }),
        }
    }
}
