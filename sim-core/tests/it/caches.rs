//! Caches in front of an origin, request by request: races, stampedes and their remedies, and what a crash takes with it.

use serde_json::Value;
use sim_core::measure::{ComponentWindow, TrialResult};
use sim_core::model::{
    Access, Arrivals, Cache, Call, Clients, Coalesce, Component, ComponentId, Database, Demand, Description,
    Eviction, Freshness, KeySpace, Keys, Kind, OpId, Step, Strategy, Term, Trace, WarmUp,
};
use sim_core::random::{Law, StreamName};
use sim_core::simulation::{Condition, Outage, Outages, simulate};
use sim_core::time::{SimDuration, SimTime};

use crate::build::{
    cache, call, checked, component, constant, description, go, poisson, service_of, unlimited, wait, zipf,
};

const WRITE: OpId = OpId(1);

fn seconds(s: f64) -> SimDuration {
    SimDuration::from_secs_f64(s)
}

fn at(s: f64) -> SimTime {
    SimTime::ZERO + seconds(s)
}

/// A database that takes so long for a read and for a write.
fn database(read: f64, write: f64) -> Component {
    let [read, write] = [read, write].map(|time| Demand::of(constant(time)));
    component("database", Kind::Database(Database::of(read, write)))
}

/// A service that does the same for reads and for writes.
fn for_both(name: &str, instances: u32, steps: Vec<Step>) -> Component {
    service_of(
        name,
        instances,
        unlimited(),
        vec![Some(steps.clone()), Some(steps)],
    )
}

/// An LRU cache before component 1.
fn before(change: impl FnOnce(&mut Cache)) -> Component {
    let mut component = cache("cache", Eviction::Lru, Some(100), None);
    if let Kind::Cache(cache) = &mut component.kind {
        cache.origin = Some(call(1));
        change(cache);
    }
    component
}

/// One who asks: when, for which key, and how long the cache takes for it.
type Asks<'a> = &'a [(f64, u64, f64)];

/// Readers and writers at given times; the cache takes a time of the request's own.
fn scripted(mut first: Component, origin: Vec<Component>, reads: Asks, writes: Asks) -> Description {
    if let Kind::Cache(cache) = &mut first.kind {
        cache.service_time = Demand {
            base: constant(0.0),
            terms: vec![Term {
                per_unit: Law::constant(1e9).expect("a second"),
                column: 0,
            }],
        };
    }
    let mut components = vec![first];
    components.extend(origin);
    let mut d = description(1000.0, vec![], components);
    d.warm_up = WarmUp::Auto;
    d.operations_that_write = vec![false, true];
    for (name, op, asks) in [("readers", OpId(0), reads), ("writers", WRITE, writes)] {
        if asks.is_empty() {
            continue;
        }
        let keys: Vec<u64> = asks.iter().map(|a| a.1).collect();
        d.key_spaces.push(KeySpace {
            name: StreamName::new(name).purpose("keys"),
            keys: Keys::Recorded(keys.into()),
        });
        d.traces.push(Trace {
            times: asks.iter().map(|a| seconds(a.0).as_nanos()).collect(),
            columns: vec![asks.iter().map(|a| a.2).collect()],
        });
        let place = d.traces.len() - 1;
        d.clients.push(Clients {
            name: StreamName::new(name),
            mix: vec![(op, 1.0)],
            keys: Some(place),
            ..crate::build::clients(Arrivals::Trace(place), call(0))
        });
    }
    d
}

fn run(d: Description, outages: Outages) -> TrialResult {
    let condition = Condition {
        outages,
        ..Condition::default()
    };
    simulate(&checked(d), 1, 0, &condition)
}

fn sum(t: &TrialResult, component: usize) -> ComponentWindow {
    let mut all = ComponentWindow::default();
    t.components[component].windows.iter().for_each(|w| all.add(w));
    all
}

fn strategy(strategy: Strategy) -> Component {
    before(|c| c.strategy = strategy)
}

const BACK: Strategy = Strategy::WriteBack {
    flush: SimDuration::from_nanos(1_000_000_000),
};

/// Hits of a read before, and of a read after a change; and writes at the database.
fn around_a_change(of: Strategy) -> (u64, u64, u64) {
    let reads = [(0.0, 7, 0.0), (2.0, 7, 0.0)];
    let later = [(0.0, 7, 0.0), (2.0, 7, 0.0), (6.0, 7, 0.0)];
    let writes = [(4.0, 7, 0.0)];
    let of = |reads: Asks| {
        let d = scripted(strategy(of), vec![database(0.1, 0.1)], reads, &writes);
        let t = run(d, Outages::None);
        (sum(&t, 0), sum(&t, 1))
    };
    let ((short, _), (long, database)) = (of(&reads), of(&later));
    assert_eq!(long.stale_reads, 0);
    (
        short.hits,
        long.hits - short.hits,
        database.served - database.reads,
    )
}

#[test]
fn a_change_leaves_the_new_value_or_none_and_reaches_the_database_once() {
    assert_eq!(around_a_change(Strategy::CacheAside), (1, 0, 1));
    assert_eq!(around_a_change(Strategy::WriteAround), (1, 0, 1));
    assert_eq!(around_a_change(Strategy::ReadThrough), (1, 1, 1));
    assert_eq!(around_a_change(Strategy::WriteThrough), (1, 1, 1));
    assert_eq!(around_a_change(BACK), (1, 1, 1));
}

#[test]
fn a_late_fill_overwrites_a_newer_delete_and_its_value_is_stale_for_good() {
    // The read misses at 2 s and has its value from the database at 3 s, but is slow to bring it: it is kept at 5 s. Meanwhile the
    // value has changed, at 3.5 s, and has been deleted, at 3.6 s.
    let reads = [(0.0, 7, 2.0), (6.0, 7, 0.1), (9.0, 7, 0.1)];
    let writes = [(2.5, 7, 0.1)];
    let stale = |of: Strategy| {
        let d = scripted(strategy(of), vec![database(1.0, 1.0)], &reads, &writes);
        let all = sum(&run(d, Outages::None), 0);
        (all.hits, all.stale_reads)
    };
    assert_eq!(stale(Strategy::CacheAside), (2, 2));
    // Where the cache itself reads, the value is there at once, and the change comes after it.
    assert_eq!(stale(Strategy::ReadThrough), (2, 0));
    // A TTL bounds how long it lasts.
    let mut first = strategy(Strategy::CacheAside);
    if let Kind::Cache(cache) = &mut first.kind {
        cache.freshness.ttl = Some(seconds(3.0));
    }
    let d = scripted(first, vec![database(1.0, 1.0)], &reads, &writes);
    let all = sum(&run(d, Outages::None), 0);
    assert_eq!((all.hits, all.stale_reads), (1, 1));
}

#[test]
fn writes_that_wait_are_merged_flushed_and_lost_in_a_crash() {
    let changes = [(0.0, 7, 0.0), (0.2, 7, 0.0), (0.4, 8, 0.0)];
    let crash = |from: f64| {
        Outages::Given(vec![Outage {
            component: ComponentId(0),
            instance: 0,
            from: at(from),
            until: at(from + 1.0),
        }])
    };
    let of = |outages: Outages| {
        let d = scripted(strategy(BACK), vec![database(0.1, 0.1)], &[], &changes);
        let t = run(d, outages);
        let (first, database) = (sum(&t, 0), sum(&t, 1));
        (first.writes, first.lost_writes, database.served)
    };
    assert_eq!(of(Outages::None), (3, 0, 2));
    assert_eq!(of(crash(0.9)), (3, 2, 0));
    assert_eq!(of(crash(1.5)), (3, 0, 2));
}

#[test]
fn what_is_evicted_before_its_flush_is_written_at_once() {
    let mut first = strategy(BACK);
    if let Kind::Cache(cache) = &mut first.kind
        && let sim_core::model::Storage::Keys { capacity, .. } = &mut cache.storage
    {
        *capacity = Some(1);
    }
    let changes = [(0.0, 7, 0.0), (0.2, 8, 0.0)];
    let outage = Outage {
        component: ComponentId(0),
        instance: 0,
        from: at(0.5),
        until: at(2.0),
    };
    let d = scripted(first, vec![database(0.1, 0.1)], &[], &changes);
    let t = run(d, Outages::Given(vec![outage]));
    // 7 was written when 8 came; 8 is lost.
    assert_eq!((sum(&t, 1).served, sum(&t, 0).lost_writes), (1, 1));
}

/// Reads of one key in front of a database that takes `took` for it, for twenty TTLs: the cache's counts and the database's reads.
fn stampede(rate: f64, ttl: f64, took: f64, change: impl FnOnce(&mut Cache)) -> (ComponentWindow, u64) {
    let first = before(|c| {
        c.strategy = Strategy::ReadThrough;
        c.freshness.ttl = Some(seconds(ttl));
        change(c);
    });
    let mut clients = poisson(rate, 0);
    clients.keys = Some(0);
    let length = 20.0 * (ttl + 2.0 * took) - ttl / 2.0;
    let mut d = description(length, vec![clients], vec![first, database(took, took)]);
    d.warm_up = WarmUp::Auto;
    d.key_spaces = vec![KeySpace {
        name: StreamName::new("keys"),
        keys: zipf(1, 0.0),
    }];
    let t = run(d, Outages::None);
    (sum(&t, 0), sum(&t, 1).reads)
}

#[test]
fn unprotected_herds_are_as_large_as_theory_says() {
    let text = include_str!("../data/stampede.json");
    let recorded: Value = serde_json::from_str(text).expect("recorded herds");
    for row in recorded["herd"].as_array().expect("rows") {
        let number = |field: &str| row[field].as_f64().expect("a number");
        let (rate, ttl, took) = (number("lam"), number("ttl_s"), number("recompute_s"));
        let (all, _) = stampede(rate, ttl, took, |_| {});
        // Twenty herds, each of the one who starts it and those who come meanwhile.
        let expected = 20.0 * (1.0 + number("expect_herd_without_protection"));
        let error = (20.0 * number("expect_herd_without_protection")).sqrt();
        assert!(
            (all.misses as f64 - expected).abs() < 3.5 * error,
            "{row}: {}",
            all.misses
        );
    }
}

#[test]
fn remedies_spare_the_origin_each_in_its_way() {
    let of = |change: fn(&mut Cache)| stampede(100.0, 10.0, 2.0, change);
    let unprotected = of(|_| {}).1;
    assert!(unprotected > 3_500, "{unprotected}");
    // One call a TTL; the others wait.
    let (all, reads) = of(|c| c.coalesce = Some(Coalesce::default()));
    assert!(
        (20..=24).contains(&reads) && all.misses > 3_000,
        "{reads} {}",
        all.misses
    );
    // nginx's patience is up after half the time that the origin takes: half of the herd goes by itself.
    let patience = |timeout, age| Coalesce {
        timeout,
        age,
        in_turn: false,
    };
    let mut half = 0;
    for (timeout, age, least, most) in [
        (Some(1.0), None, unprotected * 2 / 5, unprotected * 3 / 5),
        (None, Some(0.5), 70, 100),
        (Some(5.0), Some(5.0), 20, 24),
    ] {
        let rule = patience(timeout.map(seconds), age.map(seconds));
        let reads = stampede(100.0, 10.0, 2.0, |c| c.coalesce = Some(rule)).1;
        assert!((least..=most).contains(&reads), "{rule:?}: {reads}");
        half = half.max(reads);
    }
    assert!(half < unprotected);
    // An old value is answered while one call renews it: nobody waits but the very first, who find nothing.
    let (all, reads) = of(|c| c.freshness.revalidate = seconds(5.0));
    let first = all.misses;
    assert!((150..=260).contains(&first), "{first}");
    assert!(reads <= first + 24, "{reads}");
    assert!(all.stale_reads > 3_000 && all.stale_reads < all.reads);
    // XFetch: one of a hundred readers a second renews the value a while before it is too old, seldom more than a few.
    let (all, reads) = of(|c| c.freshness.early = Some(1.0));
    assert!(reads < unprotected / 3, "{reads}");
    assert_eq!(all.stale_reads, 0);
}

#[test]
fn a_ttl_counts_from_the_last_use_where_said() {
    let reads: Vec<(f64, u64, f64)> = (0..10).map(|i| (f64::from(i), 7, 0.0)).collect();
    let hits = |renews: bool| {
        let first = before(|c| {
            c.freshness = Freshness {
                ttl: Some(seconds(2.5)),
                renews,
                ..Freshness::default()
            };
        });
        let d = scripted(first, vec![database(0.1, 0.1)], &reads, &[]);
        sum(&run(d, Outages::None), 0).hits
    };
    assert_eq!(hits(true), 9);
    // Filled at 0.1, 3.1, 6.1 and 9.1 s.
    assert_eq!(hits(false), 6);
}

#[test]
fn an_old_value_is_better_than_an_error() {
    let reads = [(0.0, 7, 0.0), (5.0, 7, 0.0), (9.0, 7, 0.0), (40.0, 7, 0.0)];
    let first = before(|c| {
        c.freshness.ttl = Some(seconds(2.0));
        c.freshness.if_error = seconds(10.0);
    });
    let d = scripted(first, vec![database(0.1, 0.1)], &reads, &[]);
    let outage = Outage {
        component: ComponentId(1),
        instance: 0,
        from: at(4.0),
        until: at(60.0),
    };
    let t = run(d, Outages::Given(vec![outage]));
    assert_eq!((t.clients[0].whole.ok, t.clients[0].whole.failed()), (3, 1));
    assert_eq!((sum(&t, 0).hits, sum(&t, 0).stale_reads), (0, 2));
}

#[test]
fn after_a_failure_those_who_wait_fail_with_it_or_try_in_turn() {
    let reads = [(0.0, 7, 0.0), (0.2, 7, 0.0), (0.4, 7, 0.0)];
    // The origin takes a second to find out that what it needs has no answer.
    let origin = vec![
        for_both("origin", 1, vec![wait(constant(1.0)), go(2)]),
        service_of("broken", 1, unlimited(), vec![None, None]),
    ];
    let calls = |in_turn: bool| {
        let first = before(|c| {
            c.strategy = Strategy::ReadThrough;
            c.coalesce = Some(Coalesce {
                in_turn,
                ..Coalesce::default()
            });
        });
        let t = run(scripted(first, origin.clone(), &reads, &[]), Outages::None);
        assert_eq!(t.clients[0].whole.failed(), 3);
        sum(&t, 1).arrived
    };
    assert_eq!(calls(false), 1);
    assert_eq!(calls(true), 3);
}

#[test]
fn every_instance_of_a_service_has_a_cache_of_its_own_that_dies_with_it() {
    let reads: Vec<(f64, u64, f64)> = (0..10).map(|i| (f64::from(i), 7, 0.0)).collect();
    let local = before(|c| {
        c.inside = Some(ComponentId(2));
        c.instances = 2;
    });
    let get = Step::Call(Call {
        access: Access::Get,
        ..call(0)
    });
    let hosts = for_both("hosts", 2, vec![get]);
    let of = |outages: Outages| {
        let mut d = scripted(
            local.clone(),
            vec![database(0.1, 0.1), hosts.clone()],
            &reads,
            &[],
        );
        d.clients[0].call = call(2);
        let t = run(d, outages);
        (sum(&t, 0).hits, sum(&t, 0).misses)
    };
    // The requests go round: each instance misses once.
    assert_eq!(of(Outages::None), (8, 2));
    let outage = Outage {
        component: ComponentId(2),
        instance: 0,
        from: at(4.2),
        until: at(4.5),
    };
    assert_eq!(of(Outages::Given(vec![outage])), (7, 3));
}
