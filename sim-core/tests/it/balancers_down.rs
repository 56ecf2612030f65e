//! Balancers as machines that go down: who is refused, until callers have noticed, and what it costs in the long run.

use sim_core::measure::TrialResult;
use sim_core::model::{
    Balancer, Balancing, Component, ComponentId, FailureMode, Failures, FaultKind, Kind, Machine,
    ScheduledFault,
};
use sim_core::simulation::{Condition, Outages, simulate};
use sim_core::time::{SimDuration, SimTime};

use crate::build::{checked, component, constant, description, go, poisson, service, unlimited, wait};
use crate::health::seconds;
use crate::machines::{agrees, interval};

const RATE: f64 = 100.0;

/// Balancers in a zone each, in front of the second component.
fn edge(machine: Machine) -> Component {
    Component {
        zones: u16::try_from(machine.instances).expect("a few"),
        ..component(
            "edge",
            Kind::Balancer(Balancer {
                machine,
                ..Balancer::to(ComponentId(1), Balancing::RoundRobin)
            }),
        )
    }
}

fn several(instances: u32, convergence: Option<f64>) -> Machine {
    Machine {
        instances,
        spans_zones: false,
        convergence: convergence.map(seconds),
        ..Machine::default()
    }
}

/// Requests from many sources while the second zone is dark, from 20 s to 80 s of 120.
fn outage(machine: Machine, trial: u64) -> TrialResult {
    let api = service("api", 3, unlimited(), vec![wait(constant(0.01))]);
    let mut users = poisson(RATE, 0);
    users.sources = Some(100_000);
    let mut d = description(120.0, vec![users], vec![edge(machine), api]);
    d.faults.push(ScheduledFault {
        at: SimTime::ZERO + seconds(20.0),
        duration: seconds(60.0),
        kind: FaultKind::ZoneOutage {
            region: None,
            zone: 1,
        },
    });
    simulate(&checked(d), 3, trial, &Condition::default())
}

fn lost(machine: &Machine, trial: u64) -> f64 {
    outage(machine.clone(), trial).clients[0].whole.failed() as f64
}

#[test]
fn an_outage_of_its_zone_costs_an_instances_share_until_it_is_noticed() {
    // Half of the calls for twenty seconds, a third of them, and all the time where nobody turns away.
    for (instances, convergence, expected) in [
        (2, Some(20.0), RATE * 20.0 / 2.0),
        (3, Some(20.0), RATE * 20.0 / 3.0),
        (2, None, RATE * 60.0 / 2.0),
        // Noticed only when it is over, callers stay away for as long, and lose nothing more.
        (2, Some(70.0), RATE * 60.0 / 2.0),
    ] {
        let machine = several(instances, convergence);
        agrees(|trial| lost(&machine, trial), expected, 0.05);
    }
    // Who notices at once loses nothing, nor do those whose balancer is in no zone.
    assert_eq!(lost(&several(2, Some(0.0)), 0), 0.0);
    let managed = Machine {
        spans_zones: true,
        ..several(2, None)
    };
    assert_eq!(lost(&managed, 0), 0.0);
}

#[test]
fn the_others_serve_what_one_that_is_down_would_have() {
    // The instances of a service use the balancer of their own number; the one with the balancer that is down uses another.
    let run = |convergence| {
        let api = service("api", 3, unlimited(), vec![wait(constant(0.01))]);
        let web = service("web", 4, unlimited(), vec![go(0)]);
        let edge = edge(several(4, convergence));
        let mut d = description(100.0, vec![poisson(RATE, 2)], vec![edge, api, web]);
        d.faults.push(ScheduledFault {
            at: SimTime::ZERO + seconds(20.0),
            duration: seconds(60.0),
            kind: FaultKind::InstanceCrash {
                component: ComponentId(0),
                instances: vec![1],
            },
        });
        d
    };
    let failed = |convergence| {
        let model = checked(run(convergence));
        move |trial| {
            let result = simulate(&model, 3, trial, &Condition::default());
            result.clients[0].whole.failed() as f64
        }
    };
    agrees(failed(Some(20.0)), RATE * 20.0 / 4.0, 0.1);
    agrees(failed(None), RATE * 60.0 / 4.0, 0.1);
}

#[test]
fn failures_by_chance_cost_what_an_alternating_renewal_process_says() {
    let (mtbf, mttr) = (20.0, 5.0);
    let down = mttr / (mtbf + mttr);
    let by_chance = Condition {
        outages: Outages::ByChance,
        ..Condition::default()
    };
    let by_chance = &by_chance;
    let unavailable = |machine: Machine| {
        let mut edge = edge(machine);
        edge.failures = Some(Failures {
            mtbf: seconds(mtbf),
            mttr: seconds(mttr),
            mode: FailureMode::Crash,
        });
        let api = service("api", 3, unlimited(), vec![wait(constant(0.001))]);
        let model = checked(description(40_000.0, vec![poisson(20.0, 0)], vec![edge, api]));
        move |trial| {
            let result = simulate(&model, 5, trial, by_chance);
            let clients = &result.clients[0].whole;
            clients.failed() as f64 / (clients.failed() + clients.ok) as f64
        }
    };
    agrees(unavailable(several(1, None)), down, 0.05);
    // Noticed at once, only both together are missed.
    agrees(unavailable(several(2, Some(0.0))), down * down, 0.1);
    // Never noticed, each is missed for its half of the calls.
    agrees(unavailable(several(2, None)), down, 0.05);
    // Noticed after a while, something between them.
    let (between, half) = interval(unavailable(several(2, Some(2.0))));
    assert!(between - half > down * down && between + half < down, "{between}");
}

#[test]
fn an_instance_that_comes_and_goes_faster_than_callers_notice_keeps_them() {
    let api = service("api", 3, unlimited(), vec![wait(constant(0.01))]);
    let mut d = description(
        60.0,
        vec![poisson(RATE, 0)],
        vec![edge(several(2, Some(5.0))), api],
    );
    for at in [10.0, 14.0, 18.0, 22.0] {
        d.faults.push(ScheduledFault {
            at: SimTime::ZERO + seconds(at),
            duration: SimDuration::from_nanos(2_000_000_000),
            kind: FaultKind::InstanceCrash {
                component: ComponentId(0),
                instances: vec![0],
            },
        });
    }
    let model = checked(d);
    // Four times two seconds, of which no caller hears.
    agrees(
        |trial| {
            let result = simulate(&model, 3, trial, &Condition::default());
            result.clients[0].whole.failed() as f64
        },
        RATE * 8.0 / 2.0,
        0.1,
    );
}
