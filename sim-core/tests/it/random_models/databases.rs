//! Databases of any kind.

use sim_core::model::{
    Apply, Database, Demand, Detect, Failover, FlowControl, Follow, Kind, MultiPrimary, Quorum,
    ReadYourWrites, ReadsFrom, Replication, Wait,
};

use super::Genes;

impl Genes<'_> {
    pub(super) fn database(&mut self) -> Kind {
        let replicas = u32::from(self.below(3));
        let reads = [ReadsFrom::Primary, ReadsFrom::Any, ReadsFrom::Replicas];
        let has_quorum = self.one_in(4);
        let replication = self.replication(replicas);
        let follows = replicas > 0 && !matches!(replication.follow, Follow::AtOnce);
        let is_multi = !has_quorum && follows && replication.wait.is_none() && self.one_in(2);
        Kind::Database(Database {
            replicas,
            station: self.station(),
            reads_from: self.pick(&reads[..if replicas == 0 { 2 } else { 3 }]),
            replication: replication.clone(),
            read_your_writes: self.one_in(3).then(|| match self.one_in(2) && !is_multi {
                true => ReadYourWrites::Sticky(self.time()),
                false => ReadYourWrites::Position,
            }),
            multi: is_multi.then(|| Box::new(self.multi(&replication.follow))),
            failover: (!is_multi && self.one_in(2)).then(|| Box::new(self.failover())),
            locks: !has_quorum && self.one_in(3),
            quorum: has_quorum.then(|| {
                Box::new(Quorum {
                    read: 1 + u16::from(self.below(3)) % (replicas as u16 + 1),
                    write: 1 + u16::from(self.below(3)) % (replicas as u16 + 1),
                    reply: self.maybe_law(),
                })
            }),
            ..Database::of(Demand::of(self.law()), Demand::of(self.law()))
        })
    }

    fn multi(&mut self, follow: &Follow) -> MultiPrimary {
        if matches!(follow, Follow::After(_)) || self.one_in(2) {
            return MultiPrimary::LastWriterWins;
        }
        MultiPrimary::Certified {
            broadcast: self.maybe_law(),
            flow: self.pick(&[
                FlowControl {
                    pause_above: 16,
                    resume_at: 16,
                },
                FlowControl {
                    pause_above: 1,
                    resume_at: 0,
                },
            ]),
            stall: self.maybe_law(),
        }
    }

    fn failover(&mut self) -> Failover {
        let of = Failover::of(self.law(), self.law());
        Failover {
            detect: if self.one_in(3) {
                Detect::First(self.law())
            } else {
                of.detect
            },
            elect: self.maybe_law(),
            needs_majority: self.one_in(3),
            block: self.one_in(3).then(|| self.time()),
            ..of
        }
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
