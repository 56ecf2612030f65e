//! Edges of a CDN that keep keys: hit ratios of theory, ages through the shield, old answers counted.

use sim_core::measure::TrialResult;
use sim_core::model::{
    Cdn, ComponentId, Description, Eviction, FaultKind, Freshness, KeySpace, Keys, Kind, OpId, RegionId,
    ScheduledFault, Storage,
};
use sim_core::random::StreamName;
use sim_core::theory::cache;
use sim_core::time::SimTime;

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
        cacheable: vec![true],
        storage: Storage::Keys {
            eviction: Eviction::Lru,
            capacity: Some(capacity),
            sizes: None,
        },
        freshness,
        shield,
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
