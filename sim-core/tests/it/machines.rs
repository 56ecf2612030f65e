//! Balancers as machines: their workers, their limits, several of them side by side, and what they lead.

use sim_core::measure::TrialResult;
use sim_core::model::{
    Balancer, Balancing, Component, ComponentId, Description, FailOpen, FaultKind, Handling, HealthCheck,
    Kind, Layer, Machine, Routing, ScheduledFault, Step, Subset,
};
use sim_core::simulation::{Condition, simulate};
use sim_core::theory::mmc::{Mmc, erlang_b};
use sim_core::time::{SimDuration, SimTime};

use crate::build::{
    ALB, call, checked, component, constant, description, exponential, poisson, service, unlimited, wait,
    work, workers,
};
use crate::health::seconds;

/// The 97.5 % quantile of Student's t with seven degrees of freedom.
const T7: f64 = 2.365;

/// A machine in front of the second component, whose calls go round.
fn edge(machine: Machine) -> Component {
    let balancer = Balancer {
        machine,
        ..Balancer::to(ComponentId(1), Balancing::RoundRobin)
    };
    component("edge", Kind::Balancer(balancer))
}

fn several(instances: u32) -> Machine {
    Machine {
        instances,
        ..Machine::default()
    }
}

fn run(d: Description, trial: u64) -> TrialResult {
    simulate(&checked(d), 3, trial, &Condition::default())
}

pub fn total(
    result: &TrialResult,
    component: usize,
    of: fn(&sim_core::measure::ComponentWindow) -> u64,
) -> u64 {
    result.components[component].windows.iter().map(of).sum()
}

pub fn mean_wait(result: &TrialResult, component: usize) -> f64 {
    let windows = result.components[component].windows.iter();
    let (sum, count) = windows.fold((0, 0), |(sum, count), w| {
        (sum + w.waiting.sum(), count + u128::from(w.waiting.count()))
    });
    sum as f64 / count as f64 / 1e9
}

/// The mean of eight trials, and half of its 95 % interval.
pub fn interval(of: impl Fn(u64) -> f64) -> (f64, f64) {
    let found: Vec<f64> = (0..8).map(of).collect();
    let mean = found.iter().sum::<f64>() / 8.0;
    let variance = found.iter().map(|f| (f - mean).powi(2)).sum::<f64>() / 7.0;
    (mean, T7 * (variance / 8.0).sqrt())
}

/// Holds what is found to what is exact, and the interval to a share of that, so that it says something.
pub fn agrees(of: impl Fn(u64) -> f64, exact: f64, share: f64) {
    let (found, half) = interval(of);
    assert!(half < share * exact, "{found} +- {half}");
    assert!(
        (found - exact).abs() < half,
        "{found} +- {half} instead of {exact}"
    );
}

#[test]
fn calls_wait_for_its_workers_as_at_any_station() {
    let exact = Mmc::new(150.0, 100.0, 2).expect("a steady state").mean_wait();
    agrees(
        |trial| {
            let machine = Machine {
                handling: Some(Handling {
                    workers: 2,
                    time: exponential(0.01),
                    queue: None,
                }),
                ..Machine::default()
            };
            let api = service("api", 1, unlimited(), vec![wait(constant(0.05))]);
            mean_wait(
                &run(
                    description(600.0, vec![poisson(150.0, 0)], vec![edge(machine), api]),
                    trial,
                ),
                0,
            )
        },
        exact,
        0.03,
    );
}

/// Ten calls at once are ten servers without a queue, whatever the service's law is (Erlang's loss formula).
#[test]
fn a_call_too_many_is_refused_as_by_erlang_b() {
    let exact = erlang_b(8.0, 10).expect("a load");
    for law in [constant(0.1), exponential(0.1)] {
        agrees(
            |trial| {
                let machine = Machine {
                    most_calls: Some(10),
                    ..Machine::default()
                };
                let api = service("api", 3, unlimited(), vec![wait(law.clone())]);
                let result = run(
                    description(600.0, vec![poisson(80.0, 0)], vec![edge(machine), api]),
                    trial,
                );
                let refused = total(&result, 0, |w| w.rejected) as f64;
                refused / total(&result, 0, |w| w.arrived) as f64
            },
            exact,
            0.04,
        );
    }
}

/// Sixteen stations at a load of 0.8 behind so many balancers that go round, each for itself.
fn rounds(balancers: u32) -> (f64, f64) {
    interval(|trial| {
        let servers = service("servers", 16, workers(1), vec![work(exponential(1.0))]);
        let d = description(
            4_000.0,
            vec![poisson(12.8, 0)],
            vec![edge(several(balancers)), servers],
        );
        mean_wait(&run(d, trial), 1)
    })
}

/// One that goes round sends each station every sixteenth call, E16/M/1. Many that know nothing of each other send it calls
/// from everywhere, and those are nearly Poisson, as by random choice: M/M/1, but for what even a thousand balance out that
/// come round every twenty minutes.
#[test]
fn the_more_balancers_go_round_the_nearer_they_come_to_random_choice() {
    let random = Mmc::new(0.8, 1.0, 1).expect("a steady state").mean_wait();
    let even = sim_core::theory::balancing::round_robin(16, 12.8, 1.0)
        .expect("a steady state")
        .mean_wait();
    let found = [1, 8, 64, 1000].map(rounds);
    println!("round robin {even}, random {random}: {found:?}");
    assert!((found[0].0 - even).abs() < found[0].1.max(0.02 * even));
    assert!((0.9 * random..random).contains(&found[3].0));
    for pair in found.windows(2) {
        assert!(pair[1].0 - pair[1].1 > pair[0].0 + pair[0].1, "{found:?}");
    }
}

#[test]
fn a_connection_is_led_once_and_a_call_each_time() {
    // Every user's calls come every 100 ms on average.
    let share = |layer, keeps| {
        let mut users = poisson(200.0, 0);
        users.sources = Some(20);
        let machine = Machine {
            layer,
            keeps: seconds(keeps),
            ..Machine::default()
        };
        let balancer = Balancer {
            machine,
            ..Balancer::to(ComponentId(1), Balancing::Random)
        };
        // Each instance can serve a twentieth of the calls and half as many again.
        let api = service("api", 20, workers(1), vec![work(constant(0.05))]);
        let d = description(
            200.0,
            vec![users],
            vec![component("edge", Kind::Balancer(balancer)), api],
        );
        mean_wait(&run(d, 0), 1)
    };
    let calls = share(Layer::L7, 60.0);
    let connections = share(Layer::L4, 60.0);
    let short = share(Layer::L4, 0.001);
    // Three users at one instance are more than it can serve, and no balancer moves them.
    assert!(connections > 20.0 * calls, "{connections} and {calls}");
    assert!((short / calls - 1.0).abs() < 0.1, "{short} and {calls}");
}

/// What passes through costs what the fee says: a hundred new connections per second are four units.
#[test]
fn what_passes_through_is_paid_for() {
    let machine = Machine {
        fee: Some(ALB),
        ..several(2)
    };
    let paid = |bytes: u64| {
        let api = service("api", 3, unlimited(), vec![wait(constant(0.1))]);
        let mut d = description(600.0, vec![poisson(100.0, 0)], vec![edge(machine.clone()), api]);
        d.network.op_sizes = vec![bytes];
        let result = run(d, 0);
        let hours = (result.end - result.start).as_secs_f64() / 3600.0;
        total(&result, 0, |w| w.usage_pusd) as f64 * 1e-12 / hours
    };
    assert!((paid(0) / (0.008 * 4.0) - 1.0).abs() < 0.03, "{}", paid(0));
    let bytes = 0.008 * 100.0 * 1e5 * 3600.0 / 1e9;
    assert!((paid(100_000) / bytes - 1.0).abs() < 0.03, "{}", paid(100_000));
}

/// One of two is down for a while: who comes from anywhere loses half of the calls, who tries again loses none.
#[test]
fn who_tries_again_asks_the_next_one() {
    let failed = |retries: bool| {
        let api = service("api", 3, unlimited(), vec![wait(constant(0.01))]);
        let mut users = poisson(100.0, 0);
        users.sources = Some(500);
        users.call.retry = retries.then_some(sim_core::model::Retry {
            attempts: 2,
            backoff: sim_core::model::Backoff::Constant(SimDuration::ZERO),
            jitter: sim_core::model::Jitter::None,
            budget: None,
        });
        let mut d = description(100.0, vec![users], vec![edge(several(2)), api]);
        d.faults.push(ScheduledFault {
            at: SimTime::ZERO + seconds(20.0),
            duration: seconds(60.0),
            kind: FaultKind::InstanceCrash {
                component: ComponentId(0),
                instances: vec![1],
            },
        });
        run(d, 0).clients[0].whole.failed()
    };
    let lost = failed(false) as f64;
    assert!((lost / 3000.0 - 1.0).abs() < 0.15, "{lost}");
    assert_eq!(failed(true), 0);
}

/// A balancer in front of balancers, and instances that have one beside each: every one gets its part.
#[test]
fn balancers_are_chosen_by_a_balancer_or_by_their_callers_number() {
    let api = || service("api", 4, unlimited(), vec![wait(constant(0.01))]);
    let front = component(
        "front",
        Kind::Balancer(Balancer::to(ComponentId(0), Balancing::RoundRobin)),
    );
    let limited = Machine {
        most_calls: Some(1),
        ..several(4)
    };
    // Four calls at once, one for each balancer: chosen in turn nobody is refused, chosen at random somebody is.
    let refused = |target: u16, front: Component| {
        let mut users = poisson(1.0, target);
        users.arrivals = sim_core::model::Arrivals::Closed {
            users: 4,
            think: constant(0.001),
        };
        let d = description(50.0, vec![users], vec![edge(limited.clone()), api(), front]);
        let result = run(d, 0);
        assert!(total(&result, 1, |w| w.served) > 5_000);
        total(&result, 0, |w| w.rejected)
    };
    assert_eq!(refused(2, front.clone()), 0);
    // Users whose sources lead two of them to the same one are refused there again and again.
    assert!(refused(0, front) > 100);
    let sidecars = service("sidecars", 4, workers(1), vec![Step::Call(call(0))]);
    assert_eq!(refused(2, sidecars), 0);
}

/// So many instances go down, one after the other.
const OUTAGES: u32 = 10;

/// Twenty callers, each beside a balancer that knows five of twenty instances, which may go down in turn.
fn beside(subset: Subset, check: Option<HealthCheck>) -> Description {
    let balancer = Balancer {
        machine: several(20),
        routing: Routing {
            subset: Some(subset),
            ..Routing::default()
        },
        health_check: check,
        fail_open: FailOpen::Never,
        ..Balancer::to(ComponentId(1), Balancing::RoundRobin)
    };
    let api = service("api", 20, workers(1), vec![work(constant(0.02))]);
    let web = service("web", 20, unlimited(), vec![Step::Call(call(0))]);
    let mut d = description(
        20.0 * f64::from(OUTAGES) + 10.0,
        vec![poisson(700.0, 2)],
        vec![component("beside", Kind::Balancer(balancer)), api, web],
    );
    if check.is_some() {
        d.faults.extend((0..OUTAGES).map(|instance| ScheduledFault {
            at: SimTime::ZERO + seconds(10.0 + 20.0 * f64::from(instance)),
            duration: seconds(10.0),
            kind: FaultKind::InstanceCrash {
                component: ComponentId(1),
                instances: vec![instance],
            },
        }));
    }
    d
}

/// At a load of 0.7, whoever knows five of twenty by chance overloads those whom eight know.
#[test]
fn subsets_by_chance_overload_who_is_known_to_many() {
    let wait = |is_random| mean_wait(&run(beside(Subset { size: 5, is_random }, None), 0), 1);
    let (even, by_chance) = (wait(false), wait(true));
    assert!(even < 0.03 && by_chance > 0.5, "{even} and {by_chance}");
}

/// Who is down is found by the five that know it, each of which loses a fifth of its 35 calls per second for half an interval.
#[test]
fn those_that_know_an_instance_lose_calls_until_their_checks_find_it_down() {
    let check = HealthCheck::every(seconds(2.0), 1, 1);
    let even = Subset {
        size: 5,
        is_random: false,
    };
    let lost = |trial| {
        let result = run(beside(even, Some(check)), trial);
        result.clients[0].whole.unreachable as f64 / f64::from(OUTAGES)
    };
    let (mean, half) = interval(lost);
    let expected = 5.0 * 35.0 * 0.2 * 1.0;
    assert!(
        half < 0.1 * expected && (mean - expected).abs() < half,
        "{mean} +- {half}"
    );
}
