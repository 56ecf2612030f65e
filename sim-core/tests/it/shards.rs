//! Sharded databases: who is asked, how long all of them take, and how full each is.

use sim_core::measure::TrialResult;
use sim_core::model::{
    ComponentId, Database, Demand, Description, FaultKind, KeySpace, Kind, Model, OpId, Reshard,
    ScheduledFault, Sharding, Shards, Station, WarmUp,
};
use sim_core::random::StreamName;
use sim_core::simulation::{Condition, simulate};
use sim_core::theory::fanout::{exponential_mean, exponential_quantile};
use sim_core::time::{SimDuration, SimTime};

use crate::build::{
    checked, component, constant, description, exponential, poisson, unlimited, workers, zipf,
};

const KEYED: OpId = OpId(0);
const SCATTERED: OpId = OpId(1);

/// Clients of one operation before a database in so many shards; operation 1 asks all of them.
fn sharded(op: OpId, rate: f64, sharding: Sharding, count: u16, station: Station, mean: f64) -> Description {
    let mut clients = poisson(rate, 0);
    clients.mix = vec![(op, 1.0)];
    clients.keys = Some(0);
    let way = Kind::Shards(Shards {
        shards: (1..=count).map(ComponentId).collect(),
        used: u32::from(count),
        sharding,
        keys: Some(0),
        scatters: vec![false, true],
        reshard: None,
        transactions: None,
    });
    let shard = |i: u16| {
        let kind = Kind::Database(Database {
            station: station.clone(),
            ..Database::of(Demand::of(exponential(mean)), Demand::of(constant(1.0)))
        });
        component(&format!("shard {i}"), kind)
    };
    let mut components = vec![component("way", way)];
    components.extend((1..=count).map(shard));
    let mut d = description(400.0, vec![clients], components);
    d.operations_that_write = vec![false, false];
    d.key_spaces = vec![KeySpace {
        name: StreamName::new("keys"),
        keys: zipf(1000, 1.0),
    }];
    d
}

fn run(model: &Model, trial: u64) -> TrialResult {
    simulate(model, 11, trial, &Condition::default())
}

/// Latencies of all trials: mean and p99, in seconds.
fn latency(model: &Model) -> (f64, f64) {
    let mut all = sim_core::measure::Histogram::new();
    for trial in 0..10 {
        for window in run(model, trial).clients[0].windows.iter() {
            all.merge(&window.latency);
        }
    }
    let mean = all.sum() as f64 / all.count() as f64 / 1e9;
    (mean, all.quantile(0.99).expect("data") as f64 / 1e9)
}

#[test]
fn a_call_without_the_shard_key_takes_as_long_as_the_slowest_shard() {
    for count in [2, 8, 32] {
        let d = sharded(SCATTERED, 20.0, Sharding::Modulo, count, unlimited(), 0.1);
        let (mean, p99) = latency(&checked(d));
        let n = u32::from(count);
        let known = exponential_mean(n, n, 0.1).expect("leaves");
        // 72,000 calls, whose standard deviation is at most 0.128 s: four standard errors are 0.0019 s.
        assert!((mean - known).abs() < 0.002, "{count}: {mean} and {known}");
        let known = exponential_quantile(n, n, 0.1, 0.99).expect("leaves");
        // Four standard errors of a p99 from as many, 0.0145 s, and a digit of the histogram.
        assert!((p99 - known).abs() < 0.0155, "{count}: {p99} and {known}");
    }
}

#[test]
fn a_call_with_the_shard_key_asks_one_shard_and_one_without_asks_all() {
    for (op, copies) in [(KEYED, 1), (SCATTERED, 6)] {
        let d = sharded(op, 50.0, Sharding::Modulo, 6, unlimited(), 0.01);
        let found = run(&checked(d), 0);
        let asked: u64 = found.components[1..]
            .iter()
            .flat_map(|c| &c.windows)
            .map(|w| w.arrived)
            .sum();
        let offered: u64 = found.clients[0].windows.iter().map(|w| w.counts.offered).sum();
        assert_eq!(asked, copies * offered);
    }
}

#[test]
fn a_shard_is_as_full_as_the_keys_on_it_are_popular() {
    // The first of four ranges holds a quarter of the keys and 81 % of what is asked for.
    let splits = vec![250, 500, 750];
    let d = sharded(KEYED, 40.0, Sharding::Range { splits }, 4, workers(1), 0.02);
    let found = run(&checked(d), 0);
    let busy = |c: usize| {
        let windows = &found.components[c].windows;
        let time: u64 = windows.iter().map(|w| w.time_ns).sum();
        windows.iter().map(|w| w.busy_ns).sum::<u128>() as f64 / time as f64
    };
    let harmonic = |n: u32| (1..=n).map(|k| 1.0 / f64::from(k)).sum::<f64>();
    for (shard, known) in [
        (1, harmonic(250)),
        (2, harmonic(500) - harmonic(250)),
        (3, harmonic(750) - harmonic(500)),
    ] {
        let known = 0.8 * known / harmonic(1000);
        // About 12,000 services on the first, fewer on the others: four standard errors.
        let error = 4.0 * (known * 0.02 * 2.0 / 360.0_f64).sqrt();
        assert!(
            (busy(shard) - known).abs() < error,
            "{shard}: {} and {known}",
            busy(shard)
        );
    }
}

#[test]
fn a_failure_of_one_shard_fails_what_asks_all_of_them() {
    use sim_core::simulation::{Outage, Outages};
    use sim_core::time::SimTime;
    let lost = |op| {
        let d = sharded(op, 50.0, Sharding::Directory, 4, unlimited(), 0.01);
        let condition = Condition {
            outages: Outages::Given(vec![Outage {
                component: ComponentId(2),
                instance: 0,
                from: SimTime::ZERO,
                until: SimTime::MAX,
            }]),
            ..Condition::default()
        };
        let whole = simulate(&checked(d), 11, 0, &condition).clients[0].whole;
        whole.failed() as f64 / whole.offered as f64
    };
    // A directory gives each shard a quarter of what is asked for.
    assert!((lost(KEYED) - 0.25).abs() < 0.015, "{}", lost(KEYED));
    assert!(lost(SCATTERED) > 0.999);
}

#[test]
fn keys_move_while_everybody_is_served_and_then_are_where_the_new_rule_says() {
    let ring = Sharding::Ring { points: 128 };
    let mut d = sharded(KEYED, 200.0, ring.clone(), 3, unlimited(), 0.001);
    // One write in two; all takes a constant time, so that the copying does too.
    d.clients[0].mix = vec![(KEYED, 0.5), (OpId(1), 0.5)];
    d.operations_that_write = vec![false, true];
    d.warm_up = WarmUp::Auto;
    for component in &mut d.components {
        match &mut component.kind {
            Kind::Database(db) => {
                db.read_time = Demand::of(constant(0.002));
                db.write_time = Demand::of(constant(0.003));
            }
            Kind::Shards(s) => {
                s.used = 2;
                s.scatters = vec![false, false];
                s.reshard = Some(Reshard {
                    to: 3,
                    sharding: ring.clone(),
                    pieces: 20_000,
                    gap: SimDuration::from_secs_f64(0.01),
                });
            }
            _ => {}
        }
    }
    d.faults = vec![ScheduledFault {
        at: SimTime::ZERO + SimDuration::from_secs_f64(100.0),
        duration: SimDuration::from_secs_f64(50.0),
        kind: FaultKind::Reshard(ComponentId(0)),
    }];
    let Kind::Shards(way) = &d.components[0].kind else {
        panic!("the first is the way");
    };
    let moves = way.moves(Some(&d.key_spaces[0]));
    let (moved, slowest) = (
        moves.iter().sum::<f64>(),
        moves.iter().copied().fold(0.0, f64::max),
    );
    let found = run(&checked(d), 0);
    let whole = found.clients[0].whole;
    assert_eq!(whole.failed(), 0);
    // Windows of 12.5 s: the new shard is asked from the eighth on, by writes of both kinds at first.
    let asked = |c: usize, w: usize| found.components[c].windows[w].arrived as f64;
    let offered = |w: usize| found.clients[0].windows[w].counts.offered as f64;
    assert_eq!((0..8).map(|w| asked(3, w)).sum::<f64>(), 0.0);
    let during = (asked(1, 9) + asked(2, 9) + asked(3, 9)) / offered(9);
    // Both old shards send 100 pieces a second, a read and a write each, beside 200 calls; half of the calls change something,
    // and those whose key moves do so twice.
    let [least, most] = [0.2, 0.6].map(|share| 1.0 + 2.0 * 200.0 / 200.0 + 0.5 * share);
    assert!(least < during && during < most, "{during}");
    // Each of them is done after its pieces, 10 ms each.
    let done = 100.0 + slowest * 20_000.0 * 0.01;
    let after = (done / 12.5) as usize + 2;
    assert!(after < 30, "{done}");
    let calls = |w: usize| asked(1, w) + asked(2, w) + asked(3, w);
    let late = (after..32).map(calls).sum::<f64>() / (after..32).map(offered).sum::<f64>();
    assert!((late - 1.0).abs() < 0.005, "nothing is doubled any more: {late}");
    let share = (after..32).map(|w| asked(3, w)).sum::<f64>() / (after..32).map(calls).sum::<f64>();
    assert!(
        share > 0.1 && moved > 0.2,
        "{share} of the calls, {moved} of the keys"
    );
}
