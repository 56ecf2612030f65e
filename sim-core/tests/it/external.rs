//! External services and object stores: nobody waits there, limits hold for each prefix, and money is counted to the last call.

use sim_core::measure::{ComponentWindow, TrialResult};
use sim_core::model::{
    Access, Component, ComponentId, Demand, Description, External, FaultKind, KeySpace, Kind, OpId,
    RateLimit, RegionId, ScheduledFault, Step, Terms, WarmUp,
};
use sim_core::random::{Law, StreamName};
use sim_core::simulation::{Condition, simulate};
use sim_core::time::SimTime;

use crate::build::{
    call, checked, component, constant, description, lognormal, poisson, renewal, service, unlimited, zipf,
};
use crate::regions::{run, secs, two_regions};

fn terms(latency: Law, limit: Option<RateLimit>, price: u64) -> Terms {
    Terms {
        latency: Demand::of(latency),
        limit,
        price,
    }
}

fn external(calls: Terms) -> External {
    External {
        is_store: false,
        calls,
        changes: None,
        prefixes: 1,
        split_after: None,
        throughput: None,
        availability: 1.0,
        price: None,
    }
}

/// One that answers at once, but not more often than this.
pub fn limited(limit: RateLimit) -> Component {
    let terms = terms(constant(0.0), Some(limit), 0);
    component("external", Kind::External(external(terms)))
}

/// Requests at a rate straight to it.
fn asked(seconds: f64, rate: f64, of: External) -> Description {
    let mut d = description(
        seconds,
        vec![poisson(rate, 0)],
        vec![component("external", Kind::External(of))],
    );
    d.warm_up = WarmUp::For(secs(0.0));
    d
}

fn sum(t: &TrialResult, of: impl Fn(&ComponentWindow) -> u128) -> u128 {
    t.components
        .last()
        .expect("a component")
        .windows
        .iter()
        .map(of)
        .sum()
}

fn mean_latency(t: &TrialResult) -> f64 {
    let windows = &t.clients[0].windows;
    let (sum, count) = windows.iter().fold((0.0, 0.0), |a, w| {
        (a.0 + w.latency.sum() as f64, a.1 + w.latency.count() as f64)
    });
    sum / count / 1e9
}

/// M/G/inf (J. Riordan, "Telephone delay distribution", 1951): nobody waits, and as many calls are there as come in the mean time of one.
#[test]
fn latency_is_the_first_byte_and_the_bytes_and_nobody_waits() {
    let mut store = external(terms(lognormal(0.1, 2.0), None, 0));
    store.throughput = Some(1e6);
    let mut d = asked(20_000.0, 50.0, store);
    d.network.sizes = vec![200_000];
    let t = simulate(&checked(d), 1, 0, &Condition::default());
    let (mean, present) = (mean_latency(&t), sum(&t, |w| w.busy_ns) as f64 / 20_000e9);
    // A million calls: the standard error of the mean is 0.1 * sqrt(2) / 1000.
    assert!((mean - 0.3).abs() < 3.5 * 0.000_142, "{mean}");
    assert!((present - 15.0).abs() < 0.1, "{present}");
    assert_eq!(sum(&t, |w| w.queue_ns), 0);
}

#[test]
fn what_was_let_in_is_paid_and_a_share_of_it_fails() {
    let limit = RateLimit {
        rate: 5.0,
        burst: 1.0,
    };
    let mut service = external(terms(constant(0.01), Some(limit), 300_000_000_000));
    service.availability = 0.9;
    let t = run(&asked(10_000.0, 10.0, service), 0);
    let whole = &t.clients[0].whole;
    // A token is there a fifth of a second after the last: one call passes in 0.2 s and the mean gap of 0.1 s.
    let let_in = (whole.offered - whole.rejected) as f64;
    assert!((let_in / (10_000.0 / 0.3) - 1.0).abs() < 0.01, "{let_in}");
    let failed = whole.error as f64 / let_in;
    assert!((failed - 0.1).abs() < 3.5 * (0.09 / let_in).sqrt(), "{failed}");
    let paid = sum(&t, |w| u128::from(w.usage_pusd));
    assert_eq!(paid, u128::from(whole.offered - whole.rejected) * 300_000_000_000);
}

#[test]
fn every_prefix_has_a_limit_of_its_own_and_a_popular_key_meets_its_prefixs() {
    let limit = RateLimit {
        rate: 50.0,
        burst: 50.0,
    };
    let refused = |prefixes: u32, exponent: Option<f64>| {
        let mut store = external(terms(constant(0.01), Some(limit), 0));
        store.prefixes = prefixes;
        let mut d = asked(1000.0, 150.0, store);
        if let Some(exponent) = exponent {
            d.clients[0].keys = Some(0);
            d.key_spaces = vec![KeySpace {
                name: StreamName::new("object"),
                keys: zipf(1000, exponent),
            }];
        }
        let whole = run(&d, 0).clients[0].whole;
        whole.rejected as f64 / whole.offered as f64
    };
    // A third passes of three times the limit; four prefixes have room for all, if they are asked evenly.
    assert!((refused(1, None) - 2.0 / 3.0).abs() < 0.01);
    assert_eq!(refused(4, None), 0.0);
    assert!(refused(4, Some(0.0)) < 0.02);
    // One key has 86 % of all requests: 129/s, of which 50 pass.
    let hot = refused(4, Some(2.5));
    assert!((0.4..0.6).contains(&hot), "{hot}");
}

#[test]
fn a_prefix_that_is_asked_too_often_is_split_until_it_has_room_and_one_key_gains_nothing() {
    let limit = RateLimit {
        rate: 50.0,
        burst: 1.0,
    };
    let refused = |keys: u64, split_after: Option<f64>| {
        let store = External {
            split_after: split_after.map(secs),
            ..external(terms(constant(0.01), Some(limit), 0))
        };
        let mut d = asked(1000.0, 150.0, store);
        d.clients[0].arrivals = renewal(constant(1.0 / 150.0), 0).arrivals;
        d.clients[0].keys = Some(0);
        d.key_spaces = vec![KeySpace {
            name: StreamName::new("object"),
            keys: zipf(keys, 0.0),
        }];
        run(&d, 0).clients[0].whole.rejected as f64
    };
    // 150 a second come, and 50 pass.
    assert!((refused(100_000, None) - 100_000.0).abs() < 10.0);
    assert!((refused(1, Some(300.0)) - 100_000.0).abs() < 10.0);
    // Of n parts each gets one call in n, and lets one in of 3 until its token is whole and n - 1 until the next one comes.
    let known = [(1.0, 300.0), (2.0, 300.0), (4.0, 300.0), (8.0, 100.0)]
        .map(|(parts, seconds)| seconds * 150.0 * (1.0 - parts / (parts + 2.0)));
    let split = refused(100_000, Some(300.0));
    // Keys are not spread quite evenly.
    assert!(
        (split / known.iter().sum::<f64>() - 1.0).abs() < 0.01,
        "{split}, {known:?}"
    );
}

#[test]
fn changes_have_terms_of_their_own_in_a_store() {
    let limit = |rate| Some(RateLimit { rate, burst: rate });
    let mut store = external(terms(constant(0.1), limit(100.0), 1));
    store.changes = Some(terms(constant(0.2), limit(2.0), 1000));
    let mut d = asked(1000.0, 40.0, store);
    d.operations_that_write = vec![false, true];
    d.clients[0].mix = vec![(OpId(0), 1.0), (OpId(1), 1.0)];
    let t = run(&d, 0);
    let paid = sum(&t, |w| u128::from(w.usage_pusd));
    // Some 20,000 of each: gets are all let in, and 2000 puts.
    assert!((2_015_000..2_025_000).contains(&paid), "{paid}");
    let rejected = t.clients[0].whole.rejected;
    assert!((17_600..18_400).contains(&rejected), "{rejected}");
}

/// A service in zone 2 of region A that asks a store of the same region.
fn from_zone_two(of: External) -> Description {
    let mut d = two_regions(100.0, 0, 10.0, vec![component("external", Kind::External(of))]);
    let mut step = call(2);
    step.access = Access::Get;
    d.components[0] = service("web-a", 2, unlimited(), vec![Step::Call(step)]);
    d.components[0].zones = 2;
    d.network.homes = vec![RegionId(0), RegionId(1), RegionId(0)];
    d.network.sizes = vec![0, 0, 1_000_000];
    d.network.same_zone = Some(constant(0.001));
    d.network.cross_zone = Some(constant(0.007));
    d.network.cross_zone_price = 5;
    d
}

#[test]
fn a_store_is_in_every_zone_of_its_region_and_a_service_beside_its_caller() {
    let store = External {
        is_store: true,
        ..external(terms(constant(0.1), None, 0))
    };
    let t = run(&from_zone_two(store.clone()), 0);
    // 22 ms to the first region and back, half of the calls by way of its second zone; 2 ms to the store and back.
    let mean = mean_latency(&t);
    assert!((mean - 0.124).abs() < 1e-9, "{mean}");
    assert_eq!(sum(&t, |w| u128::from(w.usage_pusd)), 0, "within a zone");
    // Whoever sets a price of its own takes it whichever way.
    let priced = External {
        price: Some(7),
        ..store.clone()
    };
    let paid = sum(&run(&from_zone_two(priced), 0), |w| u128::from(w.usage_pusd));
    assert!(paid > 0 && paid.is_multiple_of(7_000_000), "{paid}");
    // A service's latency has the way in it, and it is in no region that could be dark.
    let mut d = from_zone_two(external(terms(constant(0.1), None, 0)));
    let mean = mean_latency(&run(&d, 0));
    assert!((mean - 0.122).abs() < 1e-9, "{mean}");
    d.network.homes[2] = RegionId(1);
    let dark = |d: &mut Description| {
        d.faults = vec![ScheduledFault {
            at: SimTime::ZERO + secs(20.0),
            duration: secs(50.0),
            kind: FaultKind::RegionOutage(RegionId(1)),
        }];
        let whole = run(d, 0).clients[0].whole;
        whole.offered - whole.ok
    };
    assert!(dark(&mut d) < 10, "a few are on their way at the end");
    let mut d = from_zone_two(store);
    d.network.homes[2] = RegionId(1);
    assert!(dark(&mut d) > 400, "what comes in 50 s hears nothing");
}

#[test]
fn it_goes_down_and_slows_as_a_whole() {
    let mut d = asked(100.0, 1.0, external(terms(constant(0.5), None, 0)));
    d.clients[0].arrivals = renewal(constant(1.0), 0).arrivals;
    let fault = |kind| ScheduledFault {
        at: SimTime::ZERO + secs(20.2),
        duration: secs(50.0),
        kind,
    };
    let component = ComponentId(0);
    d.faults = vec![fault(FaultKind::InstanceCrash {
        component,
        instances: Vec::new(),
    })];
    let t = run(&d, 0);
    // The call of 20 s is lost, those from 21 to 70 s find nobody.
    assert_eq!(
        (t.clients[0].whole.error, t.clients[0].whole.unreachable),
        (1, 50)
    );
    d.faults = vec![fault(FaultKind::Slow {
        instances: Vec::new(),
        component,
        factor: 4.0,
    })];
    let t = run(&d, 0);
    assert_eq!(t.clients[0].whole.ok, 99, "the last is still on its way");
    let mean = mean_latency(&t);
    assert!((mean - (50.0 * 2.0 + 49.0 * 0.5) / 99.0).abs() < 1e-9, "{mean}");
}
