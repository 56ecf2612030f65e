//! How replicas follow their primary, what writes wait for, and what readers see.

use sim_core::measure::TrialResult;
use sim_core::model::{Apply, Arrivals, Database, Follow, ReadYourWrites, ReadsFrom, Replication, Wait};
use sim_core::random::Law;
use sim_core::simulation::Outages;

use super::{READ, WRITE, agrees, all, database, down, of, requests, run, s, seconds, story, sum};
use crate::build::{constant, exponential};

/// Replicas that apply with this law, and are read.
fn applied(replicas: u32, time: Law, appliers: u32, transfer: Option<Law>) -> Database {
    Database {
        replicas,
        reads_from: ReadsFrom::Replicas,
        replication: Replication {
            follow: Follow::Applied(Apply {
                time,
                appliers,
                transfer,
            }),
            wait: None,
        },
        ..database(0.0, 0.0)
    }
}

fn waits(db: Database, copies: u32, applied: bool, timeout: Option<f64>) -> Database {
    let wait = Some(Wait {
        copies,
        applied,
        timeout: timeout.map(seconds),
    });
    Database {
        replication: Replication {
            wait,
            ..db.replication
        },
        ..db
    }
}

fn poisson(rate: f64) -> Arrivals {
    Arrivals::Renewal {
        gap: exponential(1.0 / rate),
    }
}

/// Trials that write and read one key by Poisson processes.
fn trials(db: &Database, writes: f64, reads: f64, duration: f64, count: u64) -> Vec<TrialResult> {
    let mut d = of(db.clone(), duration, vec![]);
    all("writers", WRITE, poisson(writes), &mut d);
    if reads > 0.0 {
        all("readers", READ, poisson(reads), &mut d);
    }
    let model = crate::build::checked(d);
    let condition = sim_core::simulation::Condition::default();
    (0..count)
        .map(|trial| sim_core::simulation::simulate(&model, 5, trial, &condition))
        .collect()
}

#[test]
fn the_lag_of_an_apply_queue_is_the_sojourn_of_m_m_1_and_of_m_d_1() {
    let mean_lag = |t: &TrialResult| s(sum(t).lag.mean().expect("writes"));
    // 400 writes a second, 500 applied: 1 / (mu - lambda).
    let db = applied(2, exponential(0.002), 1, None);
    let lags: Vec<f64> = trials(&db, 400.0, 0.0, 500.0, 20).iter().map(mean_lag).collect();
    agrees(&lags, 0.01, 0.005);
    // Constant times wait half as long: s + rho s / (2 (1 - rho)).
    let db = applied(1, constant(0.002), 1, None);
    let lags: Vec<f64> = trials(&db, 400.0, 0.0, 500.0, 20).iter().map(mean_lag).collect();
    agrees(&lags, 0.002 + 0.8 * 0.002 / 0.4, 0.005);
}

#[test]
fn a_replica_is_stale_as_often_as_its_applier_is_busy() {
    // Poisson reads see the time average: a key's last write isn't there as long as anything waits to be applied.
    let db = applied(2, exponential(0.002), 1, None);
    let stale = |t: &TrialResult| {
        let all = sum(t);
        all.stale_reads as f64 / all.reads as f64
    };
    let shares: Vec<f64> = trials(&db, 300.0, 1000.0, 100.0, 20).iter().map(stale).collect();
    agrees(&shares, 0.6, 0.005);
}

#[test]
fn more_writes_than_a_replica_can_apply_make_its_lag_grow() {
    // One write a second, 1.5 s to apply each: write n is seen at 1.5 n + 1.5.
    let writes: Vec<(f64, u64)> = (0..20).map(|i| (f64::from(i), 7)).collect();
    let reads = [(0.5, 7), (15.0, 7), (29.9, 7), (30.1, 7)];
    let t = run(
        story(applied(1, constant(1.5), 1, None), &writes, &reads),
        Outages::None,
    );
    let all = sum(&t);
    assert_eq!((all.stale_reads, all.reads), (3, 4));
    assert_eq!(all.lag.count(), 20);
    assert!((s(all.lag.max().expect("a lag") as f64) - (1.5 * 20.0 - 19.0)).abs() < 0.02);
    // Two appliers keep up, and a quick write is not seen before a slow one that was made earlier.
    let two = run(
        story(applied(1, constant(1.5), 2, None), &writes, &reads),
        Outages::None,
    );
    assert!((s(sum(&two).lag.mean().expect("a lag")) - 1.5).abs() < 0.01);
}

#[test]
fn a_write_waits_for_the_kth_of_its_copies() {
    // Three copies on exponential ways of 1 s: the k-th of them is there after 1/3, 1/3 + 1/2, 1/3 + 1/2 + 1.
    let exact = [1.0 / 3.0, 5.0 / 6.0, 11.0 / 6.0];
    for (copies, exact) in (1..).zip(exact) {
        let db = applied(3, constant(0.0), 1, Some(exponential(1.0)));
        let db = waits(db, copies, false, None);
        // Far apart, so that no write has to wait for an earlier one's place in the log.
        let runs = trials(&db, 0.005, 0.0, 400_000.0, 20);
        let means: Vec<f64> = runs
            .iter()
            .map(|t| s(requests(t, 0).1.mean().expect("writes")))
            .collect();
        agrees(&means, exact, 0.01);
    }
}

#[test]
fn asynchronous_semi_synchronous_and_synchronous_writes_differ_when_a_replica_is_down() {
    let writes = [(1.0, 1), (2.0, 1), (20.0, 1), (31.0, 1), (33.0, 1)];
    let latencies = |db: Database| {
        let t = run(story(db, &writes, &[]), down(&[(1, 1.5, 30.0)]));
        let (counts, latency) = requests(&t, 0);
        assert_eq!(counts.ok, 5);
        let tenths = |ns: u64| (s(ns as f64) * 10.0).round() / 10.0;
        let ranked: Vec<f64> = (1..=5)
            .filter_map(|r| latency.value_at_rank(r))
            .map(tenths)
            .collect();
        ranked
    };
    let base = || applied(1, constant(0.3), 1, Some(constant(0.2)));
    assert_eq!(latencies(base()), [0.0; 5]);
    // The second one waits out its 10 s, the third finds nobody waiting; once the replica has caught up writes wait again.
    assert_eq!(
        latencies(waits(base(), 1, false, Some(10.0))),
        [0.0, 0.2, 0.2, 0.2, 10.0]
    );
    // Nothing is answered before the replica is back: at 30 s, with both changes.
    assert_eq!(
        latencies(waits(base(), 1, false, None)),
        [0.2, 0.2, 0.2, 10.0, 28.0]
    );
    // And to be visible they have to be applied, one after the other.
    assert_eq!(
        latencies(waits(base(), 1, true, None)),
        [0.5, 0.5, 0.5, 10.6, 28.3]
    );
}

#[test]
fn a_read_after_a_write_is_stale_unless_something_is_done_about_it() {
    // Written at 1 s, seen at 4 s.
    let writes = [(1.0, 7)];
    let reads = [(0.5, 7), (1.5, 7), (3.0, 7), (3.5, 8), (5.0, 7)];
    let of = |what: Option<ReadYourWrites>| {
        let db = Database {
            read_your_writes: what,
            ..applied(1, constant(3.0), 1, None)
        };
        let t = run(story(db, &writes, &reads), Outages::None);
        (sum(&t).stale_reads, s(requests(&t, 1).1.sum() as f64))
    };
    assert_eq!(of(None), (2, 0.0));
    assert_eq!(of(Some(ReadYourWrites::Sticky(seconds(1.0)))), (1, 0.0));
    assert_eq!(
        of(Some(ReadYourWrites::Sticky(sim_core::time::SimDuration::MAX))),
        (0, 0.0)
    );
    // Reads at 1.5 s and 3 s wait until 4 s.
    assert_eq!(of(Some(ReadYourWrites::Position)), (0, 2.5 + 1.0));
}

#[test]
fn a_replica_that_was_down_applies_what_it_missed() {
    // Down from 1.5 s to 10 s: two writes are there at 10 s, applied until 11 s and 12 s.
    let writes = [(1.0, 1), (5.0, 2)];
    let reads = [(10.5, 1), (11.5, 1), (11.5, 2), (12.5, 2)];
    let t = run(
        story(applied(1, constant(1.0), 1, None), &writes, &reads),
        down(&[(1, 1.5, 10.0)]),
    );
    let all = sum(&t);
    assert_eq!((all.stale_reads, all.reads), (2, 4));
}
