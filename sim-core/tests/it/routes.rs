//! Routes of a balancer in whole systems: everybody gets the share that is written.

use sim_core::measure::TrialResult;
use sim_core::model::{Balancing, ComponentId, Description, KeySpace, Kind, OpId, Part, Route};
use sim_core::random::{Law, StreamName};
use sim_core::simulation::{Condition, simulate};

use crate::build::{balancer, checked, constant, description, poisson, service_of, unlimited, wait, zipf};

/// The standard normal quantile of a confidence of 99.9 %.
const Z: f64 = 3.29;

/// A balancer in front of two services, and clients of two operations, the second of which is every fifth call.
fn two_services(routes: Vec<Route>, latency: Option<Law>) -> Description {
    let mut edge = balancer("edge", 1, Balancing::RoundRobin);
    if let Kind::Balancer(b) = &mut edge.kind {
        b.forward.push(ComponentId(2));
        b.routes = routes;
        b.latency = latency;
    }
    let plans = || vec![Some(vec![wait(constant(0.01))]); 2];
    let mut clients = poisson(200.0, 0);
    clients.mix = vec![(OpId(0), 0.8), (OpId(1), 0.2)];
    clients.keys = Some(0);
    clients.sources = Some(1_000_000);
    let services = ["first", "second"].map(|name| service_of(name, 3, unlimited(), plans()));
    let mut d = description(1000.0, vec![clients], [vec![edge], services.to_vec()].concat());
    d.operations_that_write.push(true);
    d.key_spaces.push(KeySpace {
        name: StreamName::new("keys"),
        keys: zipf(1_000_000, 0.0),
    });
    d
}

fn route(op: Option<u16>, part: Part, to: u16) -> Route {
    let op = op.map(OpId);
    Route { op, part, to }
}

fn arrived(result: &TrialResult, component: usize) -> u64 {
    result.components[component]
        .windows
        .iter()
        .map(|w| w.arrived)
        .sum()
}

/// Holds the share of the calls that goes to the second service to what it must be.
fn check(routes: Vec<Route>, share: f64) {
    let count = |latency| {
        let d = two_services(routes.clone(), latency);
        let result = simulate(&checked(d), 4, 0, &Condition::default());
        assert_eq!(arrived(&result, 0), arrived(&result, 1) + arrived(&result, 2));
        (arrived(&result, 2), arrived(&result, 0))
    };
    let (taken, all) = count(None);
    let bound = Z * (share * (1.0 - share) / all as f64).sqrt();
    let found = taken as f64 / all as f64;
    assert!(bound < 0.004, "the test says something: {bound}");
    assert!(
        (found - share).abs() <= bound,
        "{routes:?}: {found} instead of {share} +- {bound}"
    );
    // A balancer that makes calls of its own leads them the same way.
    assert_eq!(count(Some(constant(0.0))), (taken, all), "{routes:?}");
}

#[test]
fn every_route_takes_its_share_of_what_is_left() {
    let rest = route(None, Part::All, 0);
    check(vec![route(Some(1), Part::All, 1), rest], 0.2);
    check(vec![route(None, Part::Calls(0.05), 1), rest], 0.05);
    check(vec![route(Some(1), Part::Calls(0.05), 1), rest], 0.01);
    check(vec![route(None, Part::Keys(0.3), 1), rest], 0.3);
    check(vec![route(None, Part::Sources(0.3), 1), rest], 0.3);
    // The first leaves 70 %, whatever the second goes by.
    for second in [Part::Calls(0.5), Part::Keys(0.5), Part::Sources(0.5)] {
        let first = route(None, Part::Keys(0.3), 0);
        check(vec![first, route(None, second, 1), rest], 0.35);
    }
}

#[test]
fn a_call_that_no_route_takes_is_an_error() {
    let d = two_services(vec![route(Some(0), Part::All, 1)], None);
    let result = simulate(&checked(d), 4, 0, &Condition::default());
    assert_eq!(arrived(&result, 1), 0);
    let failed = arrived(&result, 0) - arrived(&result, 2);
    let errors: u64 = result.clients[0].windows.iter().map(|w| w.counts.error).sum();
    assert!(
        failed > 1000 && failed.abs_diff(errors) <= 5,
        "{failed} and {errors}"
    );
}
