//! Routes of a balancer in whole systems: everybody gets the share that is written.

use sim_core::measure::TrialResult;
use sim_core::measure::visits::{Place, Sample, Visit};
use sim_core::model::{
    Balancing, ComponentId, Description, KeySpace, Kind, Levels, OpId, Part, Route, WarmUp,
};
use sim_core::random::{Law, StreamName};
use sim_core::simulation::{Condition, Simulation, simulate};
use sim_core::time::SimDuration;

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

#[test]
fn each_component_behind_the_routes_has_weights_and_levels_of_its_own() {
    let routes = vec![route(None, Part::Calls(0.5), 1), route(None, Part::All, 0)];
    let mut d = two_services(routes, None);
    d.duration = SimDuration::from_secs_f64(50.0);
    d.warm_up = WarmUp::For(SimDuration::ZERO);
    if let Kind::Balancer(b) = &mut d.components[0].kind {
        b.weights = vec![vec![4, 1, 1], Vec::new()];
        let levels = |priorities| Levels {
            priorities,
            overprovisioning_percent: 140,
            by_weight: false,
        };
        b.routing.levels = vec![levels(Vec::new()), levels(vec![1, 0, 0])];
    }
    let all = Sample {
        share: 1.0,
        most: usize::MAX,
    };
    let mut simulation = Simulation::recorded(&checked(d), 1, 0, &Condition::default(), all);
    while simulation.advance(1 << 20) {}
    let visits = simulation.take_visits().expect("a trial that is recorded").visits;
    let count = |component, instance| {
        let there = |v: &&Visit| v.place == Place::Component(component) && v.instance == instance;
        visits.iter().filter(there).count()
    };
    let first = [0, 1, 2].map(|instance| count(1, instance));
    let second = [0, 1, 2].map(|instance| count(2, instance));
    // Turns by weight are exact, but for the last one.
    assert!(
        first[0].abs_diff(4 * first[1]) <= 4 && first[1].abs_diff(first[2]) <= 1,
        "{first:?}"
    );
    assert!(second[0] == 0 && second[1].abs_diff(second[2]) <= 1, "{second:?}");
    assert!(first[1] > 500 && second[1] > 2000, "{first:?} {second:?}");
}
