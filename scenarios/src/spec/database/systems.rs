//! Failovers of real systems by name: how long each takes to notice a lost primary, to choose another one, and to promote it.

use sim_core::model::{Detect, Failover};
use sim_core::random::{Law, LawError};
use sim_core::time::SimDuration;

use super::super::key::{Key, Shape, TIME, key};
use super::super::member::Member;
use super::super::policy::Given;

static MHA: &[Key] = &[
    key("interval", TIME, "Between two pings; 3s unless said."),
    key(
        "promote",
        TIME,
        "All that follows; 1s to 18s unless said, so that it takes 10s to 30s in total.",
    ),
];
static MMM: &[Key] = &[
    key("check-period", TIME, "Between two checks; 5s unless said."),
    key("trap-period", TIME, "How long checks must fail; 10s unless said."),
    key(
        "promote",
        TIME,
        "Until the writer's address has moved; no source gives it, 1s unless said.",
    ),
];
static ORCHESTRATOR: &[Key] = &[
    key("poll", TIME, "Between two looks at an instance; 5s unless said."),
    key(
        "connect-timeout",
        TIME,
        "Until a look has failed; 2s unless said.",
    ),
    key(
        "recovery-poll",
        TIME,
        "Between two looks for something to recover; 1s unless said.",
    ),
    key(
        "block",
        TIME,
        "No second recovery for so long; 3600s unless said.",
    ),
    key(
        "promote",
        TIME,
        "How long a chosen replica takes to serve writes; no source gives it, 5s unless said.",
    ),
];
static PATRONI: &[Key] = &[
    key("ttl", TIME, "The leader key's; 30s unless said, at least 20s."),
    key(
        "loop-wait",
        TIME,
        "Between two rounds; 10s unless said, at least 1s.",
    ),
    key(
        "retry-timeout",
        TIME,
        "10s unless said, at least 3s. When loop-wait and twice this are more than the ttl, both are made shorter as Patroni does it.",
    ),
    key(
        "polling",
        Shape::Flag,
        "Whether replicas learn of the expired key only in their next round; false unless said.",
    ),
    key(
        "promote",
        TIME,
        "How long a chosen replica takes to serve writes; no source gives it, 2s unless said.",
    ),
];
static GALERA: &[Key] = &[
    key(
        "suspect",
        TIME,
        "Until the others suspect a silent member; 5s unless said.",
    ),
    key(
        "inactive",
        TIME,
        "Until it is out even if not all agree; 15s unless said.",
    ),
];
static ETCD: &[Key] = &[key(
    "election-timeout",
    TIME,
    "A follower waits one to two of these; 1s unless said.",
)];

/// The systems.
pub static SYSTEMS: &[Member] = &[
    Member {
        name: "mha",
        about: "MHA: four pings in a row must fail.",
        parameters: MHA,
        source: "yoshinorim/mha4mysql-manager 0.58, lib/MHA/HealthCheck.pm; the total of 10s to 30s is commonly quoted",
        checked: "9s to 12s until it is noticed",
    },
    Member {
        name: "mmm",
        about: "MySQL MMM: the checks fail for the trap period, then the writer's address moves.",
        parameters: MMM,
        source: "mysql-mmm.org, manual; the periods are from memory",
        checked: "against its siblings",
    },
    Member {
        name: "orchestrator",
        about: "Orchestrator: the primary is unreachable and its replicas agree; not a second time within the block period.",
        parameters: ORCHESTRATOR,
        source: "openark/orchestrator 3.2.6, go/config/config.go",
        checked: "its periods, and that a second crash within the block is not recovered",
    },
    Member {
        name: "patroni",
        about: "Patroni: the leader key expires ttl after it was last refreshed, which is up to loop-wait before the crash.",
        parameters: PATRONI,
        source: "zalando/patroni 3.3, patroni/config.py, ha.py, docs/dynamic_configuration.rst",
        checked: "Patroni's own tests of its settings, and its budget: 20s to 40s until a replica is promoted",
    },
    Member {
        name: "rds-multi-az",
        about: "Amazon RDS Multi-AZ with one standby: 60s to 120s in all.",
        parameters: &[],
        source: "AWS RDS guide, Concepts.MultiAZSingleStandby (June 2023)",
        checked: "its documented band",
    },
    Member {
        name: "rds-cluster",
        about: "Amazon RDS Multi-AZ cluster with two readable standbys: less than 35s in all; 15s at least is an assumption.",
        parameters: &[],
        source: "AWS RDS guide, multi-az-db-clusters-concepts (June 2023)",
        checked: "its documented bound",
    },
    Member {
        name: "aurora",
        about: "Amazon Aurora with a replica: less than 60s, often less than 30s; 10s to 30s here, and one in ten up to 60s.",
        parameters: &[],
        source: "AWS Aurora guide, Concepts.AuroraHighAvailability (June 2023)",
        checked: "its documented bounds",
    },
    Member {
        name: "galera",
        about: "Galera: the others form a new view once a silent member is suspected by all, or inactive; needs a majority.",
        parameters: GALERA,
        source: "codership/galera, replicator_smm_params.cpp",
        checked: "5s to 15s, and that nothing is promoted without a majority",
    },
    Member {
        name: "etcd",
        about: "etcd and other Raft: the first follower whose random election timeout ends becomes the leader; needs a majority.",
        parameters: ETCD,
        source: "etcd-io/website, docs/v3.5/tuning; D. Ongaro, J. Ousterhout, USENIX ATC 2014",
        checked: "1s to 2s, sooner with more followers, and that nobody is elected without a majority",
    },
];

/// The failover of a system by its place among them.
pub fn failover(place: usize, p: &mut Given<'_, '_>) -> Result<Failover, LawError> {
    let mut time = |name: &str, usual: f64| p.time(name).map_or(usual, |t| t.as_secs_f64());
    let made = match SYSTEMS[place].name {
        "mha" => {
            let ping = time("interval", 3.0);
            let rest = match p.time("promote") {
                Some(written) => constant(written.as_secs_f64())?,
                None => between(1.0, 18.0)?,
            };
            Failover::of(between(3.0 * ping, 4.0 * ping)?, rest)
        }
        "mmm" => {
            let (check, trap) = (time("check-period", 5.0), time("trap-period", 10.0));
            Failover::of(between(trap, trap + check)?, constant(time("promote", 1.0))?)
        }
        "orchestrator" => {
            let (poll, connect) = (time("poll", 5.0), time("connect-timeout", 2.0));
            Failover {
                elect: Some(between(0.0, time("recovery-poll", 1.0))?),
                block: Some(SimDuration::from_secs_f64(time("block", 3600.0))),
                ..Failover::of(between(connect, connect + poll)?, constant(time("promote", 5.0))?)
            }
        }
        "patroni" => {
            let written = [
                time("ttl", 30.0),
                time("loop-wait", 10.0),
                time("retry-timeout", 10.0),
            ];
            let [ttl, wait, _] = patroni(written);
            let promote = constant(time("promote", 2.0))?;
            let reaction = if p.flag("polling") { wait } else { 0.0 };
            Failover {
                elect: Some(between(0.0, reaction)?),
                ..Failover::of(between(ttl - wait, ttl)?, promote)
            }
        }
        "rds-multi-az" => Failover::of(between(60.0, 120.0)?, constant(0.0)?),
        "rds-cluster" => Failover::of(between(15.0, 35.0)?, constant(0.0)?),
        "aurora" => {
            let all = Law::mixture(vec![(0.9, between(10.0, 30.0)?), (0.1, between(30.0, 60.0)?)])?;
            Failover::of(all, constant(0.0)?)
        }
        "galera" => {
            let (suspect, inactive) = (time("suspect", 5.0), time("inactive", 15.0));
            Failover {
                needs_majority: true,
                ..Failover::of(between(suspect, inactive.max(suspect))?, constant(0.0)?)
            }
        }
        _ => {
            let timeout = time("election-timeout", 1.0);
            Failover {
                detect: Detect::First(between(timeout, 2.0 * timeout)?),
                needs_majority: true,
                ..Failover::of(constant(0.0)?, constant(0.0)?)
            }
        }
    };
    Ok(made)
}

/// The settings ttl, loop-wait and retry-timeout in seconds as Patroni corrects them.
fn patroni([ttl, wait, retry]: [f64; 3]) -> [f64; 3] {
    let (ttl, wait, retry) = (ttl.max(20.0), wait.max(1.0), retry.max(3.0));
    if wait + 2.0 * retry <= ttl {
        [ttl, wait, retry]
    } else if 1.0 + 2.0 * retry > ttl {
        [ttl, 1.0, ((ttl - 1.0) / 2.0).floor()]
    } else {
        [ttl, ttl - 2.0 * retry, retry]
    }
}

/// Some time between two numbers of seconds.
fn between(low: f64, high: f64) -> Result<Law, LawError> {
    Law::uniform(low * 1e9, high * 1e9)
}

fn constant(seconds: f64) -> Result<Law, LawError> {
    Law::constant(seconds * 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostics;
    use crate::spec::policy;
    use serde_json::Value;

    fn vectors(text: &str) -> Value {
        serde_json::from_str(text).expect("vectors")
    }

    /// The failover that stands in a file like this.
    fn written(text: &str) -> Failover {
        let mut out = Diagnostics::default();
        let source = crate::source::Source::new("x.toml", format!("failover = {text}"));
        let tree = crate::tree::parse_toml(&source, &mut out);
        let node = tree.get("failover").expect("a failover");
        let policy = policy::of(node, "failover", SYSTEMS, &mut out).expect("a system");
        let mut given = policy.given(&mut out);
        let made = failover(policy.place, &mut given).expect("laws");
        given.all(made).expect("no mistakes")
    }

    /// The least and the most seconds of a law without a tail.
    fn band(law: &Law) -> [f64; 2] {
        [0.0, 1.0].map(|p| law.quantile(p).expect("a formula") / 1e9)
    }

    fn detection(f: &Failover) -> [f64; 2] {
        let (Detect::After(law) | Detect::First(law)) = &f.detect;
        band(law)
    }

    #[test]
    fn patroni_corrects_its_settings_as_it_says_and_keeps_its_budget() {
        let all = vectors(include_str!("../../../tests/data/patroni_timing.json"));
        let number = |v: &Value, key: &str, usual: f64| v[key].as_f64().unwrap_or(usual);
        for case in all["normalisation"].as_array().expect("cases") {
            let set = &case["set"];
            let found = patroni([
                number(set, "ttl", 30.0),
                number(set, "loop_wait", 10.0),
                number(set, "retry_timeout", 10.0),
            ]);
            let expect = &case["expect"];
            let of = |key: &str, at: usize| {
                let wanted = expect[key].as_f64().or(case[format!("expect_{key}")].as_f64());
                assert!(
                    wanted.is_none_or(|w| (w - found[at]).abs() < 1e-9),
                    "{case}: {found:?}"
                );
            };
            of("ttl", 0);
            of("loop_wait", 1);
            of("retry_timeout", 2);
        }
        for case in all["failover_budget"].as_array().expect("cases") {
            let [ttl, wait, retry] = ["ttl", "loop_wait", "retry_timeout"].map(|key| number(case, key, 0.0));
            let settings = format!("ttl = '{ttl}s', loop-wait = '{wait}s', retry-timeout = '{retry}s'");
            let f = written(&format!("{{ patroni = {{ {settings}, polling = true }} }}"));
            let lost = &case["primary_lost_detection_s"];
            assert_eq!(
                detection(&f),
                [number(lost, "min", 0.0), number(lost, "max", 0.0)]
            );
            let reaction = band(f.elect.as_ref().expect("replicas react"));
            assert_eq!(
                reaction,
                [0.0, number(&case["replica_reaction_s"], "polling_max", 0.0)]
            );
            let watching = written(&format!("{{ patroni = {{ {settings} }} }}"));
            assert_eq!(band(watching.elect.as_ref().expect("replicas react")), [0.0, 0.0]);
        }
    }

    #[test]
    fn systems_take_the_times_that_are_known_of_them() {
        let all = vectors(include_str!("../../../tests/data/failover_timing.json"));
        let of = |name: &str| {
            let systems = all["systems"].as_array().expect("systems");
            let named = |s: &&Value| s["system"].as_str().is_some_and(|n| n.starts_with(name));
            systems.iter().find(named).expect("a system").clone()
        };
        let pair = |v: &Value| [0, 1].map(|i| v[i].as_f64().expect("a bound"));
        assert_eq!(
            detection(&written("'mha'")),
            pair(&of("MHA")["derived_detection_s"])
        );
        assert_eq!(
            detection(&written("'rds-multi-az'")),
            pair(&of("RDS Multi-AZ instance")["failover_s"])
        );
        let most = |v: Value, key: &str| v[key].as_f64().expect("a bound");
        assert_eq!(
            detection(&written("'rds-cluster'"))[1],
            most(of("RDS Multi-AZ cluster"), "failover_s_max")
        );
        let galera = of("Galera");
        assert_eq!(
            detection(&written("'galera'")),
            pair(&galera["derived_member_loss_stall_s"])
        );
        let etcd = pair(&of("etcd")["derived_leader_loss_ms"]).map(|ms| ms / 1e3);
        assert_eq!(detection(&written("'etcd'")), etcd);
        let orchestrator = of("Orchestrator");
        let f = written("'orchestrator'");
        let wait = detection(&f);
        assert_eq!(wait[1] - wait[0], most(orchestrator.clone(), "poll_s"));
        assert_eq!(
            band(f.elect.as_ref().expect("a scan"))[1],
            most(orchestrator.clone(), "recovery_poll_s")
        );
        assert_eq!(
            f.block.map(|b| b.as_secs_f64()),
            orchestrator["recovery_block_s"].as_f64()
        );
        let Detect::After(aurora) = written("'aurora'").detect else {
            panic!("one time for all")
        };
        let bound = |key: &str| aurora.cdf(most(of("Aurora"), key) * 1e9).expect("a formula");
        assert!(bound("failover_s_max") > 0.999 && bound("failover_s_often_max") > 0.8);
        // A name says all; what can be changed is.
        assert_eq!(detection(&written("{ mha = { interval = '1s' } }")), [3.0, 4.0]);
        let mmm = detection(&written("'mmm'"));
        assert_eq!(mmm, [10.0, 15.0]);
    }
}
