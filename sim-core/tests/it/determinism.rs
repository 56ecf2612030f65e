//! A trial is a pure function of the model, the seed and the trial's number, on every platform and in every build.

use sim_core::measure::{Histogram, TrialResult};
use sim_core::model::{
    Access, Balancing, Cache, Call, Database, Demand, Description, Freshness, Kind, Nodes, ReadsFrom, Step,
    Storage, Strategy,
};
use sim_core::simulation::{Condition, simulate};
use sim_core::time::SimDuration;

use crate::build::{
    balancer, call, checked, component, constant, description, go, lognormal, poisson, service, unlimited,
    work, workers,
};

fn asks(target: u16, access: Access) -> Call {
    Call {
        access,
        ..call(target)
    }
}

/// A web system: nodes behind a balancer, a cache with 90 % hits, a database with replicas, and a timeout.
fn web() -> Description {
    let spread = std::f64::consts::E - 1.0;
    let cache = Cache {
        instances: 1,
        station: unlimited(),
        service_time: Demand::of(constant(0.0005)),
        storage: Storage::HitRatio(0.9),
        freshness: Freshness::default(),
        strategy: Strategy::CacheAside,
        origin: Some(asks(3, Access::Read)),
        coalesce: None,
        nodes: Nodes::default(),
        inside: None,
    };
    let database = Database {
        replicas: 3,
        station: workers(16),
        reads_from: ReadsFrom::Replicas,
        ..Database::of(
            Demand::of(lognormal(0.075, spread)),
            Demand::of(lognormal(0.075, spread)),
        )
    };
    let mut users = poisson(5_120.0, 4);
    users.call.timeout = Some(SimDuration::from_secs_f64(0.2));
    let stages = vec![go(0), Step::Call(asks(2, Access::Get))];
    description(
        4.0,
        vec![users],
        vec![
            balancer("balancer", 1, Balancing::LeastOutstanding),
            service("nodes", 16, workers(8), vec![work(lognormal(0.02, spread))]),
            component("cache", Kind::Cache(cache)),
            component("database", Kind::Database(database)),
            service("site", 1, unlimited(), stages),
        ],
    )
}

fn trial(d: Description, number: u64) -> TrialResult {
    simulate(&checked(d), 11, number, &Condition::default())
}

#[test]
fn a_trial_is_the_same_twice() {
    assert_eq!(trial(web(), 0), trial(web(), 0));
}

#[test]
fn a_trial_alone_is_the_one_of_many() {
    let mut d = web();
    d.duration = SimDuration::from_secs_f64(1.0);
    let many: Vec<_> = (0..20).map(|i| trial(d.clone(), i)).collect();
    assert_eq!(trial(d, 7), many[7]);
    assert_ne!(many[6].clients, many[7].clients, "trials differ from each other");
}

/// Whatever is added elsewhere moves no draw: what was there before sees the same requests and takes the same times.
#[test]
fn an_unrelated_component_changes_nothing_else() {
    let alone = trial(web(), 3);
    let mut d = web();
    let mut others = poisson(800.0, 5);
    others.name = others.name.index(1);
    d.clients.push(others);
    d.components
        .push(service("apart", 2, workers(1), vec![work(lognormal(0.001, 4.0))]));
    let both = trial(d, 3);
    assert!(both.clients[1].whole.ok > 1_000);
    assert_eq!(both.clients[0], alone.clients[0]);
    assert_eq!(both.components[..5], alone.components[..]);
}

/// Every count, bucket and integral of a result in one number (FNV-1a, as for the names of streams).
fn fingerprint(t: &TrialResult) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |value: u128| {
        for byte in value.to_le_bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    };
    let buckets = |h: &Histogram| -> Vec<u128> {
        let mut all = vec![h.sum()];
        all.extend(
            h.buckets()
                .map(|b| (u128::from(b.low) << 32) | u128::from(b.count)),
        );
        all
    };
    for clients in &t.clients {
        for w in &clients.windows {
            let c = &w.counts;
            for count in [c.offered, c.ok, c.timeout, c.rejected, c.error, c.unreachable] {
                add(u128::from(count));
            }
            buckets(&w.latency).into_iter().for_each(&mut add);
        }
    }
    for component in &t.components {
        for w in &component.windows {
            for count in [w.arrived, w.served, w.wasted, w.hits, w.misses, w.reads] {
                add(u128::from(count));
            }
            add(w.busy_ns);
            add(w.queue_ns);
            buckets(&w.waiting).into_iter().for_each(&mut add);
        }
        component.steps.iter().for_each(|s| add(u128::from(s.to_bits())));
    }
    hash
}

/// The same number in debug and release, on every platform. A change of the engine that moves it changes every result that
/// people have, so it has to be meant.
#[test]
fn the_web_system_has_its_golden_result() {
    let t = trial(web(), 0);
    let c = t.clients[0].whole;
    assert!(c.timeout > 0 && c.ok > 15_000, "{c:?}");
    assert_eq!(
        fingerprint(&t),
        0x3e9d_f81a_9968_67f5,
        "{:#018x}",
        fingerprint(&t)
    );
}
