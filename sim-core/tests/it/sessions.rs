//! Callers that are bound to instances, sessions that instances keep, and what becomes of both when one goes down.

use sim_core::measure::TrialResult;
use sim_core::model::{
    Balancer, Balancing, ComponentId, Description, FaultKind, HealthCheck, Kind, ScheduledFault, Sticky,
    StickyBy,
};
use sim_core::simulation::{Condition, simulate};
use sim_core::time::SimTime;

use crate::build::{checked, closed, component, constant, description, poisson, service, unlimited, wait};
use crate::health::seconds;

const SOURCES: u32 = 1000;

/// Four instances behind a balancer that chooses at random, asked 200 times a second by a thousand sources.
fn four(sticky: Option<Sticky>, sessions: bool) -> Description {
    let mut users = poisson(200.0, 0);
    users.sources = Some(SOURCES);
    behind(sticky, sessions, users)
}

fn behind(sticky: Option<Sticky>, sessions: bool, users: sim_core::model::Clients) -> Description {
    let edge = Balancer {
        sticky,
        health_check: Some(HealthCheck::every(seconds(1.0), 1, 1)),
        ..Balancer::to(ComponentId(1), Balancing::Random)
    };
    let mut app = service("app", 4, unlimited(), vec![wait(constant(0.5))]);
    if let Kind::Service(s) = &mut app.kind {
        s.sessions = sessions.then(|| seconds(3600.0));
    }
    let mut d = description(
        400.0,
        vec![users],
        vec![component("edge", Kind::Balancer(edge)), app],
    );
    d.warm_up = sim_core::model::WarmUp::Auto;
    d
}

fn sticky(by: StickyBy, lasts: f64) -> Sticky {
    Sticky {
        by,
        lasts: seconds(lasts),
        while_draining: false,
    }
}

fn cookie() -> Option<Sticky> {
    Some(sticky(StickyBy::Cookie, 3600.0))
}

fn run(d: Description) -> TrialResult {
    simulate(&checked(d), 8, 0, &Condition::default())
}

/// The first instance gets no new calls from 200 s to 300 s, and is down from `down` on.
fn drained(mut d: Description, down: Option<f64>) -> Description {
    let (component, instances) = (ComponentId(1), vec![0]);
    let fault = |at, kind| ScheduledFault {
        at: SimTime::ZERO + seconds(at),
        duration: seconds(300.0 - at),
        kind,
    };
    d.faults.push(fault(
        200.0,
        FaultKind::Drain {
            component,
            instances: instances.clone(),
        },
    ));
    let crash = FaultKind::InstanceCrash { component, instances };
    d.faults.extend(down.map(|at| fault(at, crash)));
    d
}

/// Whether a count is what chance makes of so many tries, with a confidence of 99.9 %.
fn is_about(count: u64, tries: f64, share: f64) -> bool {
    (count as f64 - tries * share).abs() <= 3.29 * (tries * share * (1.0 - share)).sqrt()
}

#[test]
fn sessions_in_instances_need_a_sticky_balancer() {
    let whole = run(four(cookie(), true)).clients[0].whole;
    assert_eq!(whole.failed(), 0, "{whole:?}");
    // Without, three calls of four come to an instance that is not the last one; the first call of a source is let in.
    let whole = run(four(None, true)).clients[0].whole;
    let again = (whole.offered - u64::from(SOURCES)) as f64;
    assert!(is_about(whole.rejected, again, 0.75), "{whole:?}");
    // Who keeps no sessions turns nobody away.
    assert_eq!(run(four(None, false)).clients[0].whole.failed(), 0);
}

#[test]
fn a_crash_costs_every_session_of_the_instance_once() {
    let crash = |d: Description| {
        let mut d = drained(d, Some(200.0));
        d.faults.remove(0);
        run(d).clients[0].whole
    };
    let kept = crash(four(cookie(), true));
    assert!(is_about(kept.rejected, f64::from(SOURCES), 0.25), "{kept:?}");
    // Elsewhere the calls are lost that were in service, and those that come until it is noticed, as with sessions.
    let elsewhere = crash(four(cookie(), false));
    assert_eq!(elsewhere.rejected, 0);
    assert!(kept.error > 10 && elsewhere.error > 10 && elsewhere.unreachable > 10);
}

#[test]
fn a_bond_lasts_from_the_last_call_by_source_and_from_the_first_by_cookie() {
    // A user comes back every second, and is bound for three.
    let users = || closed(100, constant(0.5), 0);
    let rejected = |by| {
        let d = behind(Some(sticky(by, 3.0)), true, users());
        run(d).clients[0].whole
    };
    assert_eq!(rejected(StickyBy::Source).rejected, 0);
    // A bond has three calls; four if the first is turned away, for then the next one comes after half a second. Three first
    // calls of four are: 0.75 of 0.75 * 4 + 0.25 * 3 calls.
    let whole = rejected(StickyBy::Cookie);
    assert!(is_about(whole.rejected, whole.offered as f64, 0.2), "{whole:?}");
}

#[test]
fn a_drain_lets_calls_end_and_loses_sessions_at_once_or_when_it_is_over() {
    // Half a second is enough for calls that take half a second.
    assert_eq!(
        run(drained(four(None, false), Some(200.5))).clients[0]
            .whole
            .failed(),
        0
    );
    let whole = run(drained(four(None, false), Some(200.2))).clients[0].whole;
    // Of 50 calls a second those that began in the last 0.3 s before the drain.
    assert!(
        (4..=30).contains(&whole.error) && whole.failed() == whole.error,
        "{whole:?}"
    );
    // Who is bound is sent elsewhere, as in AWS, or stays until the end, as in nginx.
    let whole = run(drained(four(cookie(), true), None)).clients[0].whole;
    assert!(is_about(whole.rejected, f64::from(SOURCES), 0.25), "{whole:?}");
    let stays = cookie().map(|s| Sticky {
        while_draining: true,
        ..s
    });
    assert_eq!(run(drained(four(stays, true), None)).clients[0].whole.failed(), 0);
    let whole = run(drained(four(stays, true), Some(250.0))).clients[0].whole;
    assert!(is_about(whole.rejected, f64::from(SOURCES), 0.25), "{whole:?}");
}
