//! Balancers that keep calls waiting until an instance behind them has room, against queues that are known exactly.

use sim_core::measure::{Histogram, TrialResult};
use sim_core::model::{
    Arrivals, Balancer, Balancing, CallLimit, ComponentId, Description, FaultKind, HealthCheck, Kind,
    ScheduledFault, SlowStart, SlowStartCurve,
};
use sim_core::simulation::{Condition, simulate};
use sim_core::theory::abandonment::queue_timeout;
use sim_core::theory::mmc::{Mmc, erlang_b};
use sim_core::time::{SimDuration, SimTime};

use crate::build::{
    checked, component, constant, description, exponential, poisson, service, unlimited, wait, work, workers,
};
use crate::health::seconds;
use crate::machines::{agrees, interval, mean_wait, total};

const RATE: f64 = 320.0;
const INSTANCES: u32 = 4;
const SERVICE: f64 = 0.01;

/// Instances with a worker each behind a balancer, at a load of 0.8.
fn four(balancer: Balancer, seconds: f64) -> Description {
    let api = service("api", INSTANCES, workers(1), vec![work(exponential(SERVICE))]);
    let edge = component("edge", Kind::Balancer(balancer));
    let mut users = poisson(RATE, 0);
    users.sources = Some(1_000_000);
    description(seconds, vec![users], vec![edge, api])
}

fn to(policy: Balancing, limit: Option<CallLimit>) -> Balancer {
    Balancer {
        limit,
        ..Balancer::to(ComponentId(1), policy)
    }
}

fn run(d: Description, trial: u64) -> TrialResult {
    simulate(&checked(d), 11, trial, &Condition::default())
}

/// By the rule for exact values: twenty trials, 3.5 standard errors, and an error below half a percent.
fn is_exactly(exact: f64, of: impl Fn(u64) -> f64) {
    let found: Vec<f64> = (0..20).map(of).collect();
    let mean = found.iter().sum::<f64>() / 20.0;
    let error = (found.iter().map(|f| (f - mean).powi(2)).sum::<f64>() / 19.0 / 20.0).sqrt();
    println!("{mean} +- {error} against {exact}");
    assert!(error < 0.005 * exact, "{mean} +- {error}");
    assert!(
        (mean - exact).abs() < 3.5 * error,
        "{mean} +- {error} instead of {exact}"
    );
}

fn latencies(t: &TrialResult) -> Histogram {
    let mut all = Histogram::new();
    t.clients[0].windows.iter().for_each(|w| all.merge(&w.latency));
    all
}

/// The mean time in the system, in seconds.
fn latency(t: &TrialResult) -> f64 {
    let all = latencies(t);
    all.sum() as f64 / all.count() as f64 / 1e9
}

#[test]
fn one_line_at_the_balancer_is_one_queue_for_all_and_lines_at_the_instances_are_not() {
    let one_line = Mmc::new(RATE, 1.0 / SERVICE, INSTANCES)
        .expect("steady")
        .mean_wait()
        + SERVICE;
    let own_lines = Mmc::new(RATE / f64::from(INSTANCES), 1.0 / SERVICE, 1)
        .expect("steady")
        .mean_wait()
        + SERVICE;
    // Whatever the policy, for only who is idle may be chosen.
    for policy in [
        Balancing::RoundRobin,
        Balancing::Random,
        Balancing::HaproxyLeastConn,
    ] {
        is_exactly(one_line, |trial| {
            let t = run(four(to(policy, Some(CallLimit::of(1))), 1500.0), trial);
            assert_eq!(total(&t, 1, |w| w.waiting.sum() as u64), 0);
            latency(&t)
        });
    }
    is_exactly(own_lines, |trial| {
        latency(&run(four(to(Balancing::Random, None), 3000.0), trial))
    });
    // Where the source says who serves, waiting at the balancer is no better than waiting there.
    let bound = |trial| {
        let t = run(four(to(Balancing::IpHash, Some(CallLimit::of(1))), 2000.0), trial);
        assert_eq!(total(&t, 1, |w| w.waiting.sum() as u64), 0);
        latency(&t)
    };
    let (found, half) = interval(bound);
    assert!(found - half > 0.9 * own_lines, "{found} +- {half}");
}

#[test]
fn who_has_waited_too_long_is_rejected_in_the_share_that_theory_says() {
    let patience = 0.02;
    let exact = queue_timeout(RATE, 1.0 / SERVICE, INSTANCES, patience)
        .expect("a station")
        .p_abandon;
    let limit = CallLimit {
        timeout: Some(seconds(patience)),
        ..CallLimit::of(1)
    };
    is_exactly(exact, |trial| {
        let t = run(four(to(Balancing::Random, Some(limit)), 2000.0), trial);
        let whole = &t.clients[0].whole;
        whole.failed() as f64 / (whole.failed() + whole.ok) as f64
    });
    // And with no room to wait it is Erlang's.
    let limit = CallLimit {
        queue: Some(0),
        ..CallLimit::of(1)
    };
    let exact = erlang_b(RATE * SERVICE, INSTANCES).expect("a station");
    is_exactly(exact, |trial| {
        let t = run(four(to(Balancing::Random, Some(limit)), 2000.0), trial);
        let whole = &t.clients[0].whole;
        whole.failed() as f64 / (whole.failed() + whole.ok) as f64
    });
}

/// Calls per second of users who wait for nothing but their answers, from instances that serve any number in 10 ms.
fn pace(users: u32, limit: CallLimit, change: impl Fn(&mut Balancer, &mut Description)) -> TrialResult {
    let api = service("api", 2, unlimited(), vec![wait(constant(SERVICE))]);
    let mut balancer = to(Balancing::RoundRobin, Some(limit));
    let mut all = poisson(1.0, 0);
    all.arrivals = Arrivals::Closed {
        users,
        think: constant(1e-6),
    };
    let mut d = description(100.0, vec![all], vec![api.clone(), api]);
    change(&mut balancer, &mut d);
    d.components[0] = component("edge", Kind::Balancer(balancer));
    run(d, 0)
}

#[test]
fn the_limit_grows_with_the_calls_at_the_balancer() {
    let limit = CallLimit {
        least: 2,
        full_at: 40,
        ..CallLimit::of(20)
    };
    // So many at once in all: 2 each, their share, and all.
    for (users, at_once) in [(2, 2.0), (8, 8.0), (20, 20.0), (100, 40.0)] {
        let t = pace(users, limit, |_, _| {});
        let found = t.clients[0].whole.ok as f64 / 100.0 * SERVICE;
        assert!(
            (found / at_once - 1.0_f64).abs() < 0.01,
            "{users}: {found} at once"
        );
    }
}

#[test]
fn an_instance_that_starts_slowly_gets_calls_as_its_start_goes_on() {
    let out = |slow_start: bool| {
        let t = pace(40, CallLimit::of(20), |b, d| {
            b.health_check = Some(HealthCheck::every(seconds(0.1), 1, 1));
            b.slow_start = slow_start.then_some(SlowStart {
                window: seconds(60.0),
                curve: SlowStartCurve::Sixteenths,
            });
            d.faults.push(ScheduledFault {
                at: SimTime::ZERO + seconds(15.0),
                duration: seconds(15.0),
                kind: FaultKind::InstanceCrash {
                    component: ComponentId(1),
                    instances: vec![0],
                },
            });
        });
        t.clients[0].whole.ok as f64 * SERVICE
    };
    // From 30 s on, for 60 s, it has in the mean half of the twenty that it would have had.
    let (slow, fast) = (out(true), out(false));
    let less = fast - slow;
    assert!((less / (60.0 * 10.0) - 1.0).abs() < 0.1, "{less}");
}

#[test]
fn nobody_is_forgotten_when_instances_and_balancers_come_and_go() {
    for policy in [Balancing::LeastOutstanding, Balancing::IpHash, Balancing::Edf] {
        let limit = CallLimit {
            timeout: Some(seconds(0.5)),
            ..CallLimit::of(1)
        };
        let mut balancer = to(policy, Some(limit));
        balancer.health_check = Some(HealthCheck::every(seconds(0.5), 1, 1));
        balancer.machine.instances = 2;
        let mut d = four(balancer, 60.0);
        for (at, component, instance) in [(10.0, 1, 2), (20.0, 0, 0), (30.0, 1, 0), (31.0, 0, 1)] {
            d.faults.push(ScheduledFault {
                at: SimTime::ZERO + seconds(at),
                duration: SimDuration::from_nanos(5_000_000_000),
                kind: FaultKind::InstanceCrash {
                    component: ComponentId(component),
                    instances: vec![instance],
                },
            });
        }
        let t = run(d, 0);
        let whole = &t.clients[0].whole;
        assert!(whole.ok > 8_000, "{policy:?}: {}", whole.ok);
        // Conservation is asserted by every trial; nobody waits for longer than allowed.
        assert!(mean_wait(&t, 0) < 0.5, "{policy:?}");
    }
}

#[test]
fn calls_wait_in_order() {
    // The 99th percentile of an M/M/1 queue, which any other order would make longer.
    agrees(
        |trial| {
            let api = service("api", 1, workers(1), vec![work(exponential(0.008))]);
            let edge = component(
                "edge",
                Kind::Balancer(to(Balancing::RoundRobin, Some(CallLimit::of(1)))),
            );
            let d = description(2000.0, vec![poisson(100.0, 0)], vec![edge, api]);
            let t = run(d, trial);
            latencies(&t).quantile(0.99).expect("answers") as f64 / 1e9
        },
        -(0.01_f64).ln() / (1.0 / 0.008 - 100.0),
        0.1,
    );
}
