//! Edges of a CDN that keep keys: hit ratios of theory, ages through the shield, old answers counted.

use sim_core::measure::TrialResult;
use sim_core::model::{
    Cdn, Coalesce, ComponentId, Description, Eviction, FaultKind, Freshness, KeySpace, Keys, Kind, OpId,
    RegionId, ScheduledFault, Storage,
};
use sim_core::random::StreamName;
use sim_core::theory::cache;
use sim_core::time::{SimDuration, SimTime};

use crate::build::{call, component, constant, renewal, zipf};
use crate::regions::{USERS, run, secs, served, two_regions};

const A: RegionId = RegionId(0);
const B: RegionId = RegionId(1);
const CDN: usize = 2;

/// Requests at a rate for these keys through a CDN in front of the second region's service.
fn through(cdn: Cdn, seconds: f64, rate: f64, keys: Keys) -> Description {
    let mut d = two_regions(seconds, 2, rate, vec![component("cdn", Kind::Cdn(cdn))]);
    d.clients[0].keys = Some(0);
    d.key_spaces = vec![KeySpace {
        name: StreamName::new("page"),
        keys,
    }];
    d
}

fn lru(capacity: u64, freshness: Freshness, shield: Option<RegionId>) -> Cdn {
    Cdn {
        edges: vec![USERS],
        is_private: false,
        cacheable: vec![true],
        storage: Storage::Keys {
            eviction: Eviction::Lru,
            capacity: Some(capacity),
            sizes: None,
        },
        freshness,
        shield,
        coalesce: None,
        shield_hit_ratio: 0.0,
        price: 0,
        request_price: 0,
        origin: call(1),
    }
}

fn hits_and_misses(t: &TrialResult) -> (u64, u64) {
    let windows = &t.components[CDN].windows;
    let sum = |of: fn(&sim_core::measure::ComponentWindow) -> u64| windows.iter().map(of).sum();
    (sum(|w| w.hits), sum(|w| w.misses))
}

#[test]
fn an_edge_hits_as_often_as_an_lru_cache_of_its_size() {
    let weights = cache::zipf(7, 0.8).expect("seven keys");
    let exact = cache::lru_hit_ratio(&weights, 3).expect("a steady state");
    // One request at a time, so that each finds what the one before it left: 85 ms there and back, one every 200 ms.
    let mut d = through(lru(3, Freshness::default(), None), 40_000.0, 1.0, zipf(7, 0.8));
    d.clients[0].arrivals = renewal(constant(0.2), 2).arrivals;
    let (hits, misses) = hits_and_misses(&run(&d, 0));
    let (ratio, n) = (hits as f64 / (hits + misses) as f64, (hits + misses) as f64);
    // Successive hits are correlated: three times the variance of independent ones is more than enough.
    let error = (3.0 * exact * (1.0 - exact) / n).sqrt();
    assert!(
        (ratio - exact).abs() < 3.0 * error && error < 0.003,
        "{ratio} of {exact}"
    );
    // A shield that holds as much as the edge hears only of what the edge misses, and keeps some of it.
    d.components[CDN].kind = Kind::Cdn(lru(3, Freshness::default(), Some(B)));
    let t = run(&d, 0);
    assert_eq!(hits_and_misses(&t), (hits, misses));
    let asked = served(&t, 1);
    assert!(asked < misses && asked > 0, "{asked} of {misses}");
}

#[test]
fn an_answer_is_as_old_at_the_edge_as_it_was_at_the_shield() {
    let freshness = Freshness {
        ttl: Some(secs(10.0)),
        ..Freshness::default()
    };
    // One key, asked for by users every second and by others, near another edge, every 7.3 s. The users' edge asks at 1, 12, 23 ... 100 s, each time
    // through the shield. What the others get from it is good for what is left of its 10 s: they ask at 7.3, 14.6, 29.2, 36.5, 51.1, 58.4,
    // 73, 80.3 and 94.9 s, where 10 s from then on would make it every second time.
    let mut cdn = lru(1, freshness, Some(B));
    cdn.edges.push(A);
    let mut d = through(cdn, 100.0, 1.0, zipf(1, 0.0));
    d.clients[0].arrivals = renewal(constant(1.0), 2).arrivals;
    let mut others = renewal(constant(7.3), 2);
    others.name = StreamName::new("others");
    others.keys = Some(0);
    d.clients.push(others);
    d.network.client_homes.push(Some(A));
    let t = run(&d, 0);
    assert_eq!(hits_and_misses(&t), (100 - 10 + 13 - 9, 10 + 9));
    assert_eq!(served(&t, 1), 9, "the tenth has no answer yet when it ends");
}

#[test]
fn operations_are_kept_apart_and_changes_make_old_answers() {
    let mut cdn = lru(10, Freshness::default(), None);
    cdn.cacheable = vec![true, true, false];
    let mut d = through(cdn, 100.0, 1.0, zipf(1, 0.0));
    d.operations_that_write = vec![false, false, true];
    for component in &mut d.components[..2] {
        if let Kind::Service(s) = &mut component.kind {
            s.plan_of = vec![Some(0); 3];
        }
    }
    d.clients[0].arrivals = renewal(constant(1.0), 2).arrivals;
    d.clients[0].mix = vec![(OpId(0), 1.0), (OpId(1), 1.0)];
    let t = run(&d, 0);
    assert_eq!((hits_and_misses(&t).1, served(&t, 1)), (2, 2), "a miss each");
    let stale = |t: &TrialResult| {
        let windows = &t.components[CDN].windows;
        let sum = |of: fn(&sim_core::measure::ComponentWindow) -> u64| windows.iter().map(of).sum::<u64>();
        (sum(|w| w.reads), sum(|w| w.stale_reads))
    };
    assert_eq!(stale(&t), (0, 0), "nothing ever changed");
    // Whatever is kept for ever is old after the first change.
    d.clients[0].mix.push((OpId(2), 0.2));
    let (reads, old) = stale(&run(&d, 0));
    assert!(reads > 50 && reads - old <= 2, "{old} of {reads}");
}

#[test]
fn an_old_answer_will_do_where_the_origin_fails() {
    let with = |if_error: f64| {
        let freshness = Freshness {
            ttl: Some(secs(5.0)),
            if_error: secs(if_error),
            ..Freshness::default()
        };
        let mut d = through(lru(1, freshness, None), 100.0, 1.0, zipf(1, 0.0));
        d.clients[0].arrivals = renewal(constant(1.0), 2).arrivals;
        d.faults = vec![ScheduledFault {
            at: SimTime::ZERO + secs(20.5),
            duration: secs(60.0),
            kind: FaultKind::InstanceCrash {
                component: ComponentId(1),
                instances: Vec::new(),
            },
        }];
        run(&d, 0).clients[0].whole.failed()
    };
    // Read at 1, 7, 13 and 19 s, the last is good until 24.1 s. The origin is down from 20.5 to 80.5 s: 56 requests from 25 to 80 s
    // fail unless an old answer will do; for 20 s more that is until 44.1 s.
    assert_eq!([0.0, 20.0, 1000.0].map(with), [56, 36, 0]);
}

/// A request for the same page every hundredth of a second; what is kept is good for ten.
fn popular(coalesce: Option<Coalesce>, shield: Option<RegionId>) -> Description {
    let freshness = Freshness {
        ttl: Some(secs(10.0)),
        ..Freshness::default()
    };
    let cdn = Cdn {
        coalesce,
        ..lru(1, freshness, shield)
    };
    let mut d = through(cdn, 100.0, 1.0, zipf(1, 0.0));
    d.clients[0].arrivals = renewal(constant(0.01), 2).arrivals;
    d
}

#[test]
fn calls_for_one_answer_are_collapsed_to_one_at_an_edge_and_at_the_shield() {
    let asked = |coalesce, shield| served(&run(&popular(coalesce, shield), 0), 1);
    let all = Some(Coalesce::default());
    // Ten times in 100 s the answer is too old, and whoever asks in the 65 ms until another one is there goes too: seven in all.
    assert_eq!(asked(None, None), 10 * 7);
    assert_eq!(asked(all, None), 10);
    assert_eq!(asked(all, Some(A)), 10);
    // Who has waited for 20 ms goes alone: the first four of the six that wait.
    let impatient = Coalesce {
        timeout: Some(SimDuration::from_nanos(20_000_000)),
        ..Coalesce::default()
    };
    assert_eq!(asked(Some(impatient), None), 10 * 5);
    // All of them are answered, and as soon as the first.
    let t = run(&popular(all, None), 0);
    assert_eq!(t.clients[0].whole.ok, t.clients[0].whole.offered);
    let windows = &t.clients[0].windows;
    assert!(
        windows
            .iter()
            .all(|w| w.latency.max().is_none_or(|m| m <= 65_000_000))
    );
}

#[test]
fn who_waited_at_an_edge_that_went_down_is_lost_and_nobody_waits_for_ever() {
    let mut d = popular(Some(Coalesce::default()), None);
    d.faults = vec![ScheduledFault {
        at: SimTime::ZERO + secs(0.05),
        duration: secs(10.0),
        kind: FaultKind::InstanceCrash {
            component: ComponentId(2),
            instances: Vec::new(),
        },
    }];
    let whole = run(&d, 0).clients[0].whole;
    // Those of 10 to 40 ms are lost with the edge, and then everybody until it is up.
    assert_eq!((whole.error, whole.unreachable), (4, 1000));
    assert_eq!(whole.ok, whole.offered - whole.failed());
}

#[test]
fn an_old_answer_does_while_one_call_fetches_it_again() {
    let with = |revalidate: f64| {
        let mut d = popular(None, None);
        if let Kind::Cdn(cdn) = &mut d.components[CDN].kind {
            cdn.freshness.revalidate = secs(revalidate);
        }
        let t = run(&d, 0);
        let stale: u64 = t.components[CDN].windows.iter().map(|w| w.stale_reads).sum();
        (served(&t, 1), hits_and_misses(&t).1, stale)
    };
    assert_eq!(with(0.0), (70, 70, 0));
    // The first seven miss. After that one call a time fetches, and seven readers get the old answer until it is there.
    assert_eq!(with(1.0), (7 + 9, 7, 9 * 7));
}

#[test]
fn an_answer_that_has_not_changed_comes_without_its_body() {
    // A page of a megabyte, a second on its way over the link, asked for every five seconds and good for three.
    let mean = |confirms: bool, changes: bool| {
        let freshness = Freshness {
            ttl: Some(secs(3.0)),
            confirms,
            ..Freshness::default()
        };
        let mut cdn = lru(1, freshness, None);
        cdn.cacheable = vec![true, false];
        let mut d = through(cdn, 400.0, 1.0, zipf(1, 0.0));
        d.operations_that_write = vec![false, true];
        for component in &mut d.components[..2] {
            if let Kind::Service(s) = &mut component.kind {
                s.plan_of = vec![Some(0); 2];
            }
        }
        d.clients[0].arrivals = renewal(constant(5.0), 2).arrivals;
        if changes {
            let mut writers = renewal(constant(5.0), 2);
            writers.name = StreamName::new("writers");
            writers.keys = Some(0);
            writers.mix = vec![(OpId(1), 1.0)];
            d.clients.push(writers);
            d.network.client_homes.push(Some(USERS));
        }
        d.network.op_sizes = vec![1_000_000, 0];
        for way in &mut d.network.ways {
            way.bandwidth = Some(1e6).filter(|_| way.from == B && way.to == USERS);
        }
        let windows = run(&d, 0).clients[0].windows.clone();
        let (sum, count) = windows
            .iter()
            .fold((0, 0), |a, w| (a.0 + w.latency.sum(), a.1 + w.latency.count()));
        sum as f64 / count as f64 / 1e9
    };
    assert!((mean(false, false) - 1.065).abs() < 1e-9);
    // Only the first of 79.
    assert!(
        (mean(true, false) - (0.065 + 1.0 / 79.0)).abs() < 1e-9,
        "{}",
        mean(true, false)
    );
    assert!((mean(true, true) - 1.065).abs() < 1e-9, "{}", mean(true, true));
}

/// A pair of source and page that is asked for at a rate has hits for the time that an answer is good, then a miss, and more while that is on its
/// way: the fixed TTL of J. Jung, A. Berger and H. Balakrishnan, "Modeling TTL-based Internet caches", INFOCOM 2003.
#[test]
fn in_private_caches_each_source_finds_what_it_asked_for_itself() {
    let freshness = Freshness {
        ttl: Some(secs(10.0)),
        ..Freshness::default()
    };
    let ratio = |is_private: bool| {
        let mut cdn = lru(500, freshness, None);
        cdn.is_private = is_private;
        let mut d = through(cdn, 3_000.0, 100.0, zipf(10, 0.0));
        d.clients[0].sources = Some(50);
        d.network.same_zone = Some(constant(0.001));
        d.network.cross_zone = Some(constant(0.003));
        let t = run(&d, 0);
        let least = t.clients[0]
            .windows
            .iter()
            .filter_map(|w| w.latency.quantile(0.01))
            .min();
        let (hits, misses) = hits_and_misses(&t);
        (hits as f64 / (hits + misses) as f64, least)
    };
    let expected = |rate: f64, way: f64| rate * 10.0 / (rate * 10.0 + 1.0 + rate * way);
    // 500 pairs for 100 requests a second. 300,000 requests: successes are nearly independent.
    let (private, least) = ratio(true);
    assert!((private - expected(0.2, 0.065)).abs() < 0.003, "{private}");
    assert_eq!(least, Some(0), "nothing travels within a browser");
    let (shared, least) = ratio(false);
    assert!((shared - expected(10.0, 0.065)).abs() < 0.003, "{shared}");
    assert!(least >= Some(6_000_000), "to the edge and back");
}
