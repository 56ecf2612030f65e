//! Databases: from what was written to what the engine runs.

use sim_core::model::{Apply, Database, Failover, Follow, Quorum, ReadsFrom, Replication, Station};
use sim_core::random::Law;

use super::components::Lowering;
use super::cost::Machine;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::spec::database::{DatabaseSpec, FailoverSpec, QuorumSpec, ReplicationSpec};
use crate::spec::station::Limit;
use crate::spec::{KindSpec, ScenarioSpec};

impl Lowering<'_, '_> {
    pub(super) fn database(
        &mut self,
        s: &DatabaseSpec,
        path: &str,
        machine: Option<&Machine>,
    ) -> Option<Database> {
        let instance = self.instance_of(path.trim_start_matches("database."));
        let mut written = s.station.clone();
        if s.connections.is_some() {
            // As many calls wait as have a connection, which is no assumption.
            written.queue = written.queue.or(Some(Limit::Unlimited));
        }
        let mut station = self.station(&written, path, machine, instance.as_deref());
        if let Some(connections) = &s.connections {
            limit(&mut station, connections.value);
        }
        let read_time = self.demand(s.read_time.as_ref());
        let write_time = self.demand(s.write_time.as_ref());
        let replicas = s.replicas.as_ref().map_or(0, |r| r.value);
        if let Some(quorum) = &s.quorum {
            let quorum = self.quorum(quorum, replicas, path);
            return Some(Database {
                replicas,
                station,
                quorum: Some(Box::new(quorum)),
                ..Database::of(read_time?, write_time?)
            });
        }
        let replication = self.replication(s, replicas, path);
        if s.multi.is_some() {
            self.assume(
                path,
                "multi-primary: calls go to any instance at random, and past one that is down at once; when it is back it gets what it missed at once",
            );
            return Some(Database {
                replicas,
                station,
                replication,
                read_your_writes: s.read_your_writes,
                locks: s.locks,
                reads_from: ReadsFrom::Any,
                multi: s.multi.clone().map(Box::new),
                ..Database::of(read_time?, write_time?)
            });
        }
        let reads_from = s.reads_from.unwrap_or_else(|| {
            if replicas > 0 {
                self.assume(path, "reads-from = \"primary\"");
            }
            ReadsFrom::Primary
        });
        if replicas > 0 && s.failover.is_none() {
            self.assume(path, "no failover: writes fail until a crashed primary is back");
        }
        Some(Database {
            replicas,
            station,
            reads_from,
            replication,
            read_your_writes: s.read_your_writes,
            locks: s.locks,
            failover: s
                .failover
                .as_ref()
                .and_then(|f| self.failover(f, path))
                .map(Box::new),
            ..Database::of(read_time?, write_time?)
        })
    }

    fn failover(&mut self, written: &FailoverSpec, path: &str) -> Option<Failover> {
        match written {
            FailoverSpec::System(system, failover) => {
                self.assume(path, &format!("failover = {}: {}", system.name, system.about));
                Some(failover.clone())
            }
            FailoverSpec::Times {
                detect,
                elect,
                promote,
            } => {
                let (detect, elect) = (self.law(Some(detect)), self.law(elect.as_ref()));
                Some(Failover {
                    elect,
                    ..Failover::of(detect?, self.law(Some(promote))?)
                })
            }
        }
    }

    fn quorum(&mut self, written: &QuorumSpec, replicas: u32, path: &str) -> Quorum {
        // More than half, the least that always overlaps.
        let usual = u16::try_from(replicas.div_ceil(2) + 1).unwrap_or(u16::MAX);
        for (key, said) in [("read", written.read), ("write", written.write)] {
            if said.is_none() {
                self.assume(path, &format!("quorum: {key} = {usual} of {}", replicas + 1));
            }
        }
        self.assume(
            path,
            "quorum: no read repair; who was down is told what it missed at once",
        );
        Quorum {
            read: written.read.unwrap_or(usual),
            write: written.write.unwrap_or(usual),
            reply: self.law(written.reply.as_ref()),
        }
    }

    fn replication(&mut self, s: &DatabaseSpec, replicas: u32, path: &str) -> Replication {
        let none = ReplicationSpec::default();
        let r = s.replication.as_ref().unwrap_or(&none);
        let (lag, apply, transfer) = (
            self.law(r.lag.as_ref()),
            self.law(r.apply.as_ref()),
            self.law(r.transfer.as_ref()),
        );
        let wait = r.wait.filter(|_| replicas > 0);
        let is_apart = apply.is_some() || transfer.is_some() || wait.is_some() || s.multi.is_some();
        if replicas > 0 && lag.is_none() && apply.is_none() {
            self.assume(
                path,
                if is_apart {
                    "a write is seen on a replica as soon as it is in its log"
                } else {
                    "a write is seen on replicas at once"
                },
            );
        }
        if let Some(wait) = wait {
            let what = if wait.applied { "show" } else { "log" };
            let until = wait
                .timeout
                .map_or_else(String::new, |t| format!(", for {} s at most", t.as_secs_f64()));
            let copies = wait.copies;
            self.assume(
                path,
                &format!("a write waits until {copies} of {replicas} replicas {what} it{until}"),
            );
        }
        let follow = match lag {
            Some(lag) => Follow::After(lag),
            None if is_apart && replicas > 0 => {
                let at_once = Law::constant(0.0).ok();
                apply.or(at_once).map_or(Follow::AtOnce, |time| {
                    Follow::Applied(Apply {
                        time,
                        appliers: r.appliers.max(1),
                        transfer,
                    })
                })
            }
            None => Follow::AtOnce,
        };
        Replication { follow, wait }
    }
}

/// Lets no more calls be at an instance at once than it has connections: those that find no worker wait with theirs.
fn limit(station: &mut Station, connections: u32) {
    let workers = station.workers.map_or(connections, |w| w.min(connections));
    let waiting = connections - workers;
    station.workers = Some(workers);
    station.queue = Some(station.queue.map_or(waiting, |q| q.min(waiting)));
}

/// Warns of pools that together have more connections than a database takes. (A real one counts those that nobody uses, too.)
pub(super) fn connections(spec: &ScenarioSpec, out: &mut Diagnostics) {
    for component in &spec.components {
        let KindSpec::Database(db) = &component.kind else {
            continue;
        };
        let Some(connections) = &db.connections else {
            continue;
        };
        let pooled: u64 = spec
            .components
            .iter()
            .filter_map(|c| match &c.kind {
                KindSpec::Service(s) => Some(s),
                _ => None,
            })
            .flat_map(|s| s.pools.iter().map(move |p| (s, p)))
            .filter(|(_, pool)| pool.to.value == component.name.value)
            .map(|(s, pool)| s.instances.as_ref().map_or(1, |n| u64::from(n.value)) * u64::from(pool.size))
            .sum();
        let copies = 1 + db.replicas.as_ref().map_or(0, |n| u64::from(n.value));
        let shards = db.shards.count.as_ref().map_or(1, |n| u64::from(n.value));
        if pooled > u64::from(connections.value) * copies * shards {
            let message = format!(
                "{}: the pools of those who call it have {pooled} connections together",
                component.path()
            );
            let problem = Diagnostic::warning(&connections.span, message);
            out.push(
                problem
                    .label("it takes fewer")
                    .note("only connections in use count here; a real database counts idle ones as well"),
            );
        }
    }
}
