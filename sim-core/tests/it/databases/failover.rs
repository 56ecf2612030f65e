//! What happens from the crash of a primary until another one serves, and what is lost.

use sim_core::model::{Apply, Database, Detect, Failover, Follow, ReadsFrom, Replication, Wait};
use sim_core::random::Law;
use sim_core::simulation::{Condition, Outages, simulate};
use sim_core::time::SimDuration;

use super::{agrees, database, down, requests, run, seconds, story, sum};
use crate::build::{checked, constant};

fn uniform(low: f64, high: f64) -> Law {
    Law::uniform(low * 1e9, high * 1e9).expect("a band")
}

/// Replicas that follow like this, and a failover.
fn with(replicas: u32, follow: Follow, failover: Failover) -> Database {
    Database {
        replicas,
        reads_from: ReadsFrom::Replicas,
        replication: Replication { follow, wait: None },
        failover: Some(Box::new(failover)),
        ..database(0.0, 0.0)
    }
}

/// A write every tenth of a second from 0 s to `until`.
fn probes(until: f64) -> Vec<(f64, u64)> {
    (0..)
        .map(|i| (f64::from(i) * 0.1, 1))
        .take_while(|w| w.0 < until)
        .collect()
}

/// Seconds without writes, of one trial.
fn gap(db: &Database, outages: Outages, trial: u64) -> f64 {
    let d = story(db.clone(), &probes(100.0), &[]);
    let condition = Condition {
        outages,
        ..Condition::default()
    };
    let t = simulate(&checked(d), 3, trial, &condition);
    requests(&t, 0).0.unreachable as f64 * 0.1
}

#[test]
fn writes_are_refused_until_a_replica_is_promoted_and_reads_go_on() {
    let times = Failover {
        elect: Some(constant(2.0)),
        ..Failover::of(constant(10.0), constant(3.0))
    };
    let db = with(2, Follow::AtOnce, times);
    let reads: Vec<(f64, u64)> = probes(100.0);
    let t = run(story(db, &probes(100.0), &reads), down(&[(0, 20.05, 60.05)]));
    // From 20.05 s to 35.05 s nobody takes writes; the replicas answer all reads, and the old primary comes back as one of them.
    assert_eq!(requests(&t, 0).0.unreachable, 150);
    assert_eq!(requests(&t, 1).0.unreachable, 0);
}

#[test]
fn a_failover_takes_as_long_as_its_parts_and_fills_their_bands() {
    let times = Failover {
        elect: Some(uniform(0.0, 10.0)),
        ..Failover::of(uniform(20.0, 30.0), constant(0.0))
    };
    let db = with(2, Follow::AtOnce, times);
    let gaps: Vec<f64> = (0..200).map(|i| gap(&db, down(&[(0, 10.05, 90.0)]), i)).collect();
    agrees(&gaps, 30.0, 0.02);
    assert!(gaps.iter().all(|g| (20.0..=40.1).contains(g)), "{gaps:?}");
    assert!(gaps.iter().any(|g| *g < 22.5) && gaps.iter().any(|g| *g > 37.5));
}

#[test]
fn the_first_follower_whose_timeout_ends_is_elected_and_only_by_a_majority() {
    // The least of n times within [1, 2]: 1 + 1 / (n + 1).
    let raft = Failover {
        detect: Detect::First(uniform(10.0, 20.0)),
        needs_majority: true,
        ..Failover::of(constant(0.0), constant(0.0))
    };
    for replicas in [2, 4] {
        let db = with(replicas, Follow::AtOnce, raft.clone());
        let gaps: Vec<f64> = (0..200).map(|i| gap(&db, down(&[(0, 10.05, 90.0)]), i)).collect();
        agrees(&gaps, 10.0 + 10.0 / (f64::from(replicas) + 1.0), 0.02);
    }
    // With one of three left nobody is elected before a second one is back, at 70 s.
    let db = with(2, Follow::AtOnce, raft);
    let lost = gap(&db, down(&[(0, 10.05, 90.0), (1, 5.0, 70.05)]), 0);
    assert!((lost - 60.0).abs() < 1e-6, "{lost}");
}

#[test]
fn a_second_crash_within_the_block_is_not_recovered() {
    let gaps = |block: Option<f64>| {
        let times = Failover {
            block: block.map(seconds),
            ..Failover::of(constant(1.0), constant(1.0))
        };
        let db = with(2, Follow::AtOnce, times);
        gap(&db, down(&[(0, 10.05, 90.0), (1, 40.05, 60.05)]), 0)
    };
    assert!((gaps(None) - 4.0).abs() < 1e-6);
    assert!((gaps(Some(20.0)) - 4.0).abs() < 1e-6);
    assert!((gaps(Some(3600.0)) - 22.0).abs() < 1e-6);
}

#[test]
fn an_asynchronous_primary_loses_what_no_replica_has_and_a_waiting_one_nothing() {
    // Ten writes a second that are on their way for 1.5 s: at 20.05 s those of the last 1.5 s are on none of the replicas.
    let follow = Follow::Applied(Apply {
        time: constant(0.0),
        appliers: 1,
        transfer: Some(constant(1.5)),
    });
    let times = || Failover::of(constant(5.0), constant(5.0));
    let lost = |wait: Option<Wait>| {
        let mut db = with(2, follow.clone(), times());
        db.replication.wait = wait;
        let t = run(story(db, &probes(100.0), &[]), down(&[(0, 20.05, 60.0)]));
        let (all, counts) = (sum(&t), requests(&t, 0).0);
        (all.lost_writes, counts.error, counts.unreachable)
    };
    assert_eq!(lost(None), (15, 0, 100));
    let wait = Wait {
        copies: 1,
        applied: false,
        timeout: Some(SimDuration::from_secs_f64(10.0)),
    };
    // What waits is lost too, but its callers know.
    assert_eq!(lost(Some(wait)), (0, 15, 100));
}

#[test]
fn a_replica_that_is_behind_serves_only_once_it_has_applied_its_log() {
    // At 20 s the replica has 10 of 20 writes applied, and the other 10 to go: until 40 s.
    let follow = Follow::Applied(Apply {
        time: constant(2.0),
        appliers: 1,
        transfer: None,
    });
    let db = with(1, follow, Failover::of(constant(1.0), constant(1.0)));
    let writes: Vec<(f64, u64)> = (0..100).map(|i| (f64::from(i), 1)).collect();
    let t = run(story(db, &writes, &[]), down(&[(0, 19.5, 90.0)]));
    assert_eq!(requests(&t, 0).0.unreachable, 20);
    assert_eq!(sum(&t).lost_writes, 0);
}
