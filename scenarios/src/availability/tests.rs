use std::sync::atomic::AtomicBool;

use sim_core::model::{Clients, Database, Demand, Failover, FailureMode, Failures, Kind, Model, Station};
use sim_core::random::{Law, StreamName};
use sim_core::stats::Estimate;
use sim_core::time::SimDuration;

use crate::experiment::systems::{System, mm1};
use crate::experiment::{Options, Planned, run};
use crate::results::ClientFigures;

const DAY_S: f64 = 86_400.0;

fn client(system: &System, trials: u32) -> ClientFigures {
    clients(system.planned(trials)).remove(0).1
}

fn clients(planned: Planned) -> Vec<(String, ClientFigures)> {
    let planned = [planned];
    let options = Options {
        threads: 2,
        ..Options::default()
    };
    let mut found = run(&planned, &[], options, &(), &AtomicBool::new(false)).expect("threads");
    found.results.points.remove(0).clients
}

fn holds(found: &Estimate, expect: f64, relative: f64) {
    let (low, high) = (found.low.unwrap(), found.high.unwrap());
    assert!(low <= expect && expect <= high, "{found:?} against {expect}");
    let width = found.relative_half_width().unwrap();
    assert!(width < relative, "half-width {width}, {found:?}");
}

#[test]
fn one_instance_is_available_for_mtbf_over_mtbf_plus_mttr() {
    for (mtbf, mttr) in [(30.0 * DAY_S, 600.0), (DAY_S, 3600.0), (10_000.0, 3.0)] {
        let found = client(
            &System {
                failures: Some((mtbf, mttr)),
                ..mm1(0.3, 30.0)
            },
            3,
        );
        let lost = found.lost_to_failures.value.unwrap();
        let expect = mttr / (mtbf + mttr);
        // What is in service at the crash is lost as well: less than one request in 10,000 s.
        assert!((lost / expect - 1.0).abs() < 2e-3, "{lost} against {expect}");
        assert_eq!(found.lost_to_overload.value, Some(0.0));
        assert!((found.availability.value.unwrap() - (1.0 - lost)).abs() < 1e-15);
    }
}

#[test]
fn three_instances_of_which_any_one_is_enough_lose_what_comes_before_a_crash_is_noticed() {
    let (mtbf, mttr) = (30.0 * DAY_S, 600.0);
    let system = System {
        instances: 3,
        rate: 100.0,
        check: Some((5.0, 2)),
        failures: Some((mtbf, mttr)),
        ..mm1(0.2, 60.0)
    };
    let found = client(&system, 5);
    // A crash is noticed at the second check: after 7.5 s in the mean, in which a third of the requests is lost.
    let undetected = 3.0 / (mtbf + mttr) * 7.5 / 3.0;
    let down: f64 = mttr / (mtbf + mttr);
    holds(&found.lost_to_failures, undetected + down.powi(3), 0.5);
    let value = found.lost_to_failures.value.unwrap();
    assert!(
        (value / undetected - 1.0).abs() < 0.05,
        "{value} against {undetected}"
    );
}

#[test]
fn three_instances_that_are_noticed_at_once_fail_only_together() {
    let (mtbf, mttr) = (9.0 * 3600.0, 3600.0);
    let system = System {
        instances: 3,
        rate: 100.0,
        check: Some((0.001, 1)),
        failures: Some((mtbf, mttr)),
        ..mm1(0.2, 20.0)
    };
    let found = client(&system, 5);
    let value = found.lost_to_failures.value.unwrap();
    assert!((value / 1e-3 - 1.0).abs() < 0.02, "{value} against 0.1^3");
}

#[test]
fn failures_by_chance_agree_with_those_that_are_added() {
    let frequent = System {
        instances: 3,
        rate: 200.0,
        timeout_s: Some(0.5),
        queue: Some(20),
        check: Some((1.0, 2)),
        failures: Some((100.0, 5.0)),
        ..mm1(0.2, 3000.0)
    };
    let direct = client(&frequent, 5);
    assert_eq!(direct.lost_to_failures.value, None);
    let lost = direct.lost_to_overload;
    // Too short for the failures to be left to chance.
    let added = client(
        &System {
            duration_s: 15.0,
            ..frequent
        },
        5,
    )
    .lost_to_failures;
    assert!(lost.relative_half_width().unwrap() < 0.2, "{lost:?}");
    assert!(added.relative_half_width().unwrap() < 0.5, "{added:?}");
    assert!(
        lost.low < added.high && added.low < lost.high,
        "{lost:?} against {added:?}"
    );
    let (lost, added) = (lost.value.unwrap(), added.value.unwrap());
    assert!((added / lost - 1.0).abs() < 0.15, "{lost} against {added}");
}

/// The system's service replaced by a database, so that its requests are writes.
fn with_database(system: &System, failover: Failover) -> Planned {
    let mut planned = system.planned(3);
    let mut d = planned.scenario.model.description().clone();
    d.operations_that_write = vec![true];
    let time = Demand::of(Law::exponential(1e6).expect("a mean"));
    d.components[0].kind = Kind::Database(Database {
        replicas: 2,
        station: Station {
            workers: Some(4),
            ..Station::default()
        },
        failover: Some(Box::new(failover)),
        ..Database::of(time.clone(), time)
    });
    planned.scenario.model = Model::new(d).expect("a valid model");
    planned
}

#[test]
fn writes_are_lost_until_a_replica_was_promoted() {
    let (mtbf, mttr) = (30.0 * DAY_S, 600.0);
    let seconds = |s: f64| Law::constant(s * 1e9).expect("a time");
    let failover = Failover::of(seconds(10.0), seconds(20.0));
    let system = System {
        rate: 200.0,
        failures: Some((mtbf, mttr)),
        ..mm1(0.2, 120.0)
    };
    let found = clients(with_database(&system, failover)).remove(0).1;
    // Only a crash of the primary is felt, for 30 s or until it is repaired: r (1 - exp(-30 / r)) in the mean.
    let expect = mttr * (1.0 - (-30.0 / mttr).exp()) / (mtbf + mttr);
    let value = found.lost_to_failures.value.unwrap();
    assert!((value / expect - 1.0).abs() < 0.02, "{value} against {expect}");
}

#[test]
fn calls_are_lost_until_who_stands_by_serves() {
    let (mtbf, mttr, takeover) = (30.0 * DAY_S, 600.0, 120.0);
    let system = System {
        failures: Some((mtbf, mttr)),
        ..mm1(0.3, 60.0)
    };
    let mut planned = system.planned(3);
    let mut d = planned.scenario.model.description().clone();
    if let Kind::Service(s) = &mut d.components[0].kind {
        s.instances = 2;
        s.takeover = Some(SimDuration::from_secs_f64(takeover));
    }
    planned.scenario.model = Model::new(d).expect("a valid model");
    let found = clients(planned).remove(0).1;
    // Only a crash of the one that serves is felt, as that of a primary; and that both are down.
    let down = mttr / (mtbf + mttr);
    let expect = down * (1.0 - (-takeover / mttr).exp()) + down * down;
    let value = found.lost_to_failures.value.unwrap();
    assert!((value / expect - 1.0).abs() < 0.02, "{value} against {expect}");
}

#[test]
fn calls_are_lost_until_who_called_a_balancer_turns_to_another_one() {
    let (mtbf, mttr, convergence) = (30.0 * DAY_S, 600.0, 120.0);
    let system = System {
        check: Some((5.0, 2)),
        ..mm1(0.3, 60.0)
    };
    let down = mttr / (mtbf + mttr);
    // Each of so many is missed by its callers until they turn away, or it is repaired; and all are missed together.
    for (instances, together) in [(1, 0.0), (2, down * down), (3, down * down * down)] {
        let mut planned = system.planned(3);
        let mut d = planned.scenario.model.description().clone();
        d.components[1].failures = Some(Failures {
            mtbf: SimDuration::from_secs_f64(mtbf),
            mttr: SimDuration::from_secs_f64(mttr),
            mode: FailureMode::Crash,
        });
        if let Kind::Balancer(b) = &mut d.components[1].kind {
            b.machine.instances = instances;
            b.machine.convergence = (instances > 1).then_some(SimDuration::from_secs_f64(convergence));
        }
        planned.scenario.model = Model::new(d).expect("a valid model");
        let found = clients(planned).remove(0).1;
        let unnoticed = if instances > 1 {
            1.0 - (-convergence / mttr).exp()
        } else {
            1.0
        };
        let expect = down * unnoticed + together;
        let value = found.lost_to_failures.value.unwrap();
        assert!(
            (value / expect - 1.0).abs() < 0.03,
            "{instances}: {value} against {expect}"
        );
    }
}

#[test]
fn clients_that_do_not_need_what_fails_lose_nothing() {
    let system = System {
        failures: Some((30.0 * DAY_S, 600.0)),
        ..mm1(0.3, 30.0)
    };
    let mut planned = system.planned(3);
    let mut d = planned.scenario.model.description().clone();
    let mut other = d.components[0].clone();
    other.name = StreamName::new("other");
    other.failures = None;
    d.components.push(other);
    let mut lucky: Clients = d.clients[0].clone();
    lucky.name = StreamName::new("lucky");
    lucky.call.target.0 = 1;
    d.clients.push(lucky);
    planned.scenario.model = Model::new(d).expect("a valid model");
    planned.scenario.names.clients.push("lucky".to_owned());
    planned.scenario.names.components.push("other".to_owned());
    let found = clients(planned);
    assert!(found[0].1.lost_to_failures.value.unwrap() > 2.2e-4);
    let lucky = found[1].1.lost_to_failures;
    assert_eq!(lucky.value, Some(0.0));
    // Nothing lost of so many requests does not prove that nothing ever is.
    assert!(
        lucky.high.unwrap() > 0.0 && lucky.high.unwrap() < 1e-6,
        "{lucky:?}"
    );
}

#[test]
fn a_backlog_that_grows_while_an_instance_is_down_is_paid_for_after_the_repair() {
    // One of two instances can't keep up, and there is no limit to its queue.
    let (mtbf, mttr) = (2000.0, 40.0);
    let system = System {
        instances: 2,
        rate: 600.0,
        timeout_s: Some(0.5),
        check: Some((0.1, 1)),
        failures: Some((mtbf, mttr)),
        ..mm1(0.5, 60_000.0)
    };
    let direct = client(&system, 1).lost_to_overload;
    let added = client(
        &System {
            duration_s: 60.0,
            ..system
        },
        5,
    )
    .lost_to_failures;
    let (direct, added) = (direct.value.unwrap(), added.value.unwrap());
    assert!((added / direct - 1.0).abs() < 0.2, "{added} against {direct}");
}
