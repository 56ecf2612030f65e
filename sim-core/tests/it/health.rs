//! Instances that fail behind a balancer: what its checks make of it, seen from the clients.

use sim_core::measure::TrialResult;
use sim_core::model::{
    Arrivals, Backoff, Balancer, Balancing, Component, ComponentId, Description, FailOpen, FailureMode,
    Failures, FaultKind, HealthCheck, Jitter, Kind, OutlierDetection, PassiveCheck, Retry, ScheduledFault,
    SlowStart, SlowStartCurve,
};
use sim_core::simulation::{Condition, Outage, Outages, simulate};
use sim_core::time::{SimDuration, SimTime};

use crate::build::{call, checked, clients, component, constant, description, service, unlimited, work};

pub fn seconds(s: f64) -> SimDuration {
    SimDuration::from_secs_f64(s)
}

/// Two instances behind a balancer, asked 100 times a second for 10 ms of work; clients wait a second.
pub fn pair(mode: FailureMode, edge: Balancer) -> Description {
    let mut users = clients(Arrivals::Renewal { gap: constant(0.01) }, call(0));
    users.call.timeout = Some(seconds(1.0));
    let behind = Component {
        failures: Some(Failures {
            mtbf: seconds(1e9),
            mttr: seconds(1.0),
            mode,
        }),
        ..service("api", 2, unlimited(), vec![work(constant(0.01))])
    };
    let mut d = description(
        400.0,
        vec![users],
        vec![component("edge", Kind::Balancer(edge)), behind],
    );
    d.warm_up = sim_core::model::WarmUp::Auto;
    d
}

pub fn edge() -> Balancer {
    Balancer::to(ComponentId(1), Balancing::RoundRobin)
}

/// The first instance is down from 100 s to 300 s.
pub fn run(d: Description, trial: u64) -> TrialResult {
    let condition = Condition {
        outages: Outages::Given(vec![Outage {
            component: ComponentId(1),
            instance: 0,
            from: SimTime::ZERO + seconds(100.0),
            until: SimTime::ZERO + seconds(300.0),
        }]),
        ..Condition::default()
    };
    simulate(&checked(d), 1, trial, &condition)
}

#[test]
fn a_hanging_instance_swallows_its_share_until_it_is_restarted() {
    let result = run(pair(FailureMode::Hang, edge()), 0);
    let whole = result.clients[0].whole;
    // Every other request of 200 s; the ones of the last second are answered by the restart, with an error.
    assert!((9949..=9951).contains(&whole.timeout), "{whole:?}");
    assert!((49..=51).contains(&whole.error), "{whole:?}");
    assert_eq!((whole.unreachable, whole.rejected), (0, 0));
    // The last request is in flight.
    assert!(whole.offered - whole.ok - whole.failed() <= 1);
    // A crash refuses at once.
    let whole = run(pair(FailureMode::Crash, edge()), 0).clients[0].whole;
    assert!((9999..=10001).contains(&whole.unreachable), "{whole:?}");
    assert_eq!(whole.timeout, 0);
}

#[test]
fn an_instance_that_pauses_loses_nothing_and_answers_checks_that_wait_long_enough() {
    let slow_after_pause = |check: Option<HealthCheck>| {
        let health_check = check;
        let mut d = pair(
            FailureMode::Hang,
            Balancer {
                health_check,
                ..edge()
            },
        );
        d.clients[0].call.timeout = None;
        d.faults = vec![ScheduledFault {
            at: SimTime::ZERO + seconds(100.0),
            duration: seconds(3.0),
            kind: FaultKind::Pause {
                component: ComponentId(1),
                instances: vec![0],
            },
        }];
        let result = simulate(&checked(d), 1, 0, &Condition::default());
        let users = &result.clients[0];
        assert!(users.whole.offered - users.whole.ok <= 1, "{:?}", users.whole);
        let windows = users.windows.iter();
        let longest = windows.clone().filter_map(|w| w.latency.max()).max();
        assert!(
            (2_990_000_000..=3_010_000_000).contains(&longest.unwrap_or(0)),
            "{longest:?}"
        );
        windows.map(|w| w.latency.count_above(11_000_000)).sum::<u64>()
    };
    let check = |timeout: f64| HealthCheck {
        interval: seconds(1.0),
        timeout: seconds(timeout),
        fails: 1,
        passes: 1,
        jitter: SimDuration::ZERO,
    };
    // Every other request of three seconds comes to it.
    let all = 149..=151;
    assert!(all.contains(&slow_after_pause(None)));
    assert!(all.contains(&slow_after_pause(Some(check(4.0)))));
    // It is kept out a timeout after its next check.
    let few = slow_after_pause(Some(check(0.5)));
    assert!((25..=76).contains(&few), "{few}");
}

#[test]
fn checks_end_the_damage_of_a_hang_a_timeout_later_than_that_of_a_crash() {
    let rule = HealthCheck {
        timeout: seconds(4.0),
        ..HealthCheck::every(seconds(10.0), 3, 2)
    };
    let with = |mode| {
        pair(
            mode,
            Balancer {
                health_check: Some(rule),
                ..edge()
            },
        )
    };
    for trial in 0..20 {
        let crash = run(with(FailureMode::Crash), trial).clients[0].whole.failed() as f64;
        let hang = run(with(FailureMode::Hang), trial).clients[0].whole.failed() as f64;
        // 50 calls a second come to the instance: 20 to 30 s of them fail, and 4 s more.
        assert!((998.0..=1502.0).contains(&crash), "{crash}");
        assert!((hang - crash - 200.0).abs() <= 2.0, "{crash} {hang}");
    }
}

#[test]
fn a_strict_balancer_fails_calls_where_an_open_one_tries_them() {
    let both_down = |fail_open| {
        let mut d = pair(
            FailureMode::Crash,
            Balancer {
                health_check: Some(HealthCheck::every(seconds(1.0), 1, 100)),
                fail_open,
                ..edge()
            },
        );
        if let Kind::Service(s) = &mut d.components[1].kind {
            s.instances = 1;
        }
        run(d, 0)
    };
    // The instance is back at 300 s, and believed 99 to 100 s later: until then only the open balancer uses it.
    let (open, strict) = (both_down(FailOpen::WhenNone), both_down(FailOpen::Never));
    let (open_failed, strict_failed) = (open.clients[0].whole.failed(), strict.clients[0].whole.failed());
    assert!((19_990..=20_010).contains(&open_failed), "{open_failed}");
    assert!((29_890..=30_010).contains(&strict_failed), "{strict_failed}");
    // The call that was there when the instance crashed is an error.
    assert!(strict_failed - strict.clients[0].whole.unreachable <= 1);
}

#[test]
fn counted_failures_let_one_call_in_eleven_seconds_through_to_a_dead_instance() {
    let edge = Balancer {
        passive_check: Some(PassiveCheck {
            max_fails: 1,
            fail_timeout: seconds(10.0),
        }),
        ..edge()
    };
    // A call every 11 s, when more than ten whole seconds have passed: 200 s / 11 s, the first at once.
    let crash = run(pair(FailureMode::Crash, edge.clone()), 0).clients[0].whole;
    assert!((18..=21).contains(&crash.unreachable), "{crash:?}");
    // A hang is seen only by a balancer that doesn't wait for ever: the calls of its first wait are lost, then one in 11 s.
    let blind = run(pair(FailureMode::Hang, edge.clone()), 0).clients[0].whole;
    assert!(blind.timeout > 9900, "{blind:?}");
    let seeing = Balancer {
        timeout: Some(seconds(0.5)),
        ..edge
    };
    let hang = run(pair(FailureMode::Hang, seeing), 0).clients[0].whole;
    // 25 calls go there in the half second; the later ones wait half a second too.
    assert!((40..=50).contains(&hang.failed()), "{hang:?}");
}

#[test]
fn a_balancer_that_tries_elsewhere_hides_a_crash() {
    let retry = Retry {
        attempts: 2,
        backoff: Backoff::Constant(SimDuration::ZERO),
        jitter: Jitter::None,
        budget: None,
    };
    let edge = Balancer {
        passive_check: Some(PassiveCheck {
            max_fails: 1,
            fail_timeout: seconds(10.0),
        }),
        retry: Some(retry),
        ..edge()
    };
    let whole = run(pair(FailureMode::Crash, edge), 0).clients[0].whole;
    assert_eq!(whole.failed(), 0, "{whole:?}");
}

#[test]
fn an_outlier_is_ejected_after_errors_in_a_row_and_again_for_longer() {
    let detection = OutlierDetection {
        consecutive_errors: Some(5),
        interval: seconds(10.0),
        base: seconds(30.0),
        longest: seconds(300.0),
        most_ejected: 0.5,
        always_one: false,
        success_rate: None,
        failure_share: None,
    };
    let with = |most_ejected| Balancer {
        outlier_detection: Some(OutlierDetection {
            most_ejected,
            ..detection
        }),
        ..edge()
    };
    // Five errors eject it for 30 to 40 s, then 60 to 70 s, 90 to 100 s: three or four ejections in 200 s.
    let ejected = run(pair(FailureMode::Crash, with(0.5)), 0).clients[0]
        .whole
        .failed();
    assert!((15..=21).contains(&ejected), "{ejected}");
    // One of two is more than a tenth: nobody is ejected.
    let kept = run(pair(FailureMode::Crash, with(0.1)), 0).clients[0]
        .whole
        .failed();
    assert!(kept > 9900, "{kept}");
}

#[test]
fn slow_start_gives_an_instance_that_came_back_less_than_its_share() {
    // Back at 300 s, it crashes again at 345 s, which takes 20 s to be noticed: until then its part of 2000 calls fails.
    // That is half of them, or by a linear start of 90 s (half strength at 345 s) 1/3 to 0.41.
    let with = |slow_start| {
        let edge = Balancer {
            health_check: Some(HealthCheck::every(seconds(1.0), 20, 1)),
            slow_start,
            policy: Balancing::Random,
            ..edge()
        };
        let outage = |from, until| Outage {
            component: ComponentId(1),
            instance: 0,
            from: SimTime::ZERO + seconds(from),
            until: SimTime::ZERO + seconds(until),
        };
        let condition = Condition {
            outages: Outages::Given(vec![outage(100.0, 300.0), outage(345.0, 500.0)]),
            ..Condition::default()
        };
        let trial = |i| simulate(&checked(pair(FailureMode::Crash, edge.clone())), 1, i, &condition);
        (0..10).map(|i| trial(i).clients[0].whole.failed()).sum::<u64>() as f64 / 10.0
    };
    let slow = with(Some(SlowStart {
        window: seconds(90.0),
        curve: SlowStartCurve::Linear,
    }));
    // Both include the 1000 of the first crash; the mean of ten trials has a standard error of about 10.
    let (at_once, slow) = (with(None) - 1000.0, slow - 1000.0);
    assert!((940.0..=1030.0).contains(&at_once), "{at_once}");
    assert!((690.0..=790.0).contains(&slow), "{slow}");
}
