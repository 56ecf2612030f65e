//! Balancing policies in whole systems: what old loads do, what latency tells, and what stays together.

use sim_core::measure::TrialResult;
use sim_core::model::{
    Balancing, Component, ConsistentHash, Description, HashBy, KeySpace, Kind, Network, Scheme, Stale,
};
use sim_core::random::StreamName;
use sim_core::simulation::{Condition, simulate};
use sim_core::time::SimDuration;

use crate::build::{
    balancer, checked, constant, description, exponential, go, poisson, service, unlimited, work, workers,
    zipf,
};

/// Sixteen stations of mean service one second, at a load of 0.8, behind a balancer.
fn stations(policy: Balancing, stale: Option<Stale>) -> Description {
    let n = 16;
    let mut edge = balancer("edge", 1, policy);
    if let Kind::Balancer(b) = &mut edge.kind {
        b.routing.stale = stale;
    }
    let servers = service("servers", n, workers(1), vec![work(exponential(1.0))]);
    description(2_000.0, vec![poisson(0.8 * f64::from(n), 0)], vec![edge, servers])
}

/// The mean time of a request in seconds, and its standard error, from a few trials.
fn mean_latency(d: Description) -> (f64, f64) {
    let model = checked(d);
    let trials = 8;
    let means: Vec<f64> = (0..trials)
        .map(|trial| {
            let result = simulate(&model, 16, trial, &Condition::default());
            let steps = &result.clients[0].steps;
            let (ok, ns) = steps
                .iter()
                .fold((0, 0), |(ok, ns), s| (ok + s.ok, ns + s.latency_ns));
            ns as f64 / ok as f64 / 1e9
        })
        .collect();
    let mean = means.iter().sum::<f64>() / trials as f64;
    let variance = means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / (trials - 1) as f64;
    (mean, (variance / trials as f64).sqrt())
}

/// Mitzenmacher's finding of 2000: the shortest of all by old loads is worse than no choice at all, and two choices degrade
/// gracefully; with fresh loads the order is the other way round.
#[test]
fn by_old_loads_the_least_loaded_draws_a_herd() {
    let two = Balancing::PowerOfD { choices: 2 };
    let random = mean_latency(stations(Balancing::Random, None));
    let mut last = 0.0;
    for age in [None, Some(0.5), Some(2.0), Some(8.0)] {
        let age = age.map(SimDuration::from_secs_f64);
        let stale = age.map(|age| Stale::Continuous { age });
        let periodic = age.map(|every| Stale::Periodic { every });
        let least = mean_latency(stations(Balancing::LeastOutstanding, stale));
        let choices = mean_latency(stations(two, stale));
        let copied = mean_latency(stations(two, periodic));
        println!("{age:?}: least {least:?}, two {choices:?}, two by copies {copied:?}, random {random:?}");
        let is_less = |a: (f64, f64), b: (f64, f64)| a.0 + 3.0 * (a.1 + b.1) < b.0;
        match age.map(|a| a.as_f64_nanos() / 1e9) {
            None => assert!(is_less(least, choices) && is_less(choices, random)),
            Some(0.5) => assert!(is_less(choices, random) && is_less(copied, random)),
            Some(2.0) => assert!(is_less(choices, random) && is_less(random, least)),
            _ => assert!(is_less(random, least) && is_less(choices, least)),
        }
        // Copies are half as old on the average.
        assert!(age.is_none() || is_less(copied, choices));
        assert!(choices.0 > last);
        last = choices.0;
    }
}

fn served(result: &TrialResult, component: usize) -> u64 {
    result.components[component]
        .windows
        .iter()
        .map(|w| w.served)
        .sum()
}

/// An edge in the first zone in front of instances in two, a far one of which is 20 ms away.
fn two_zones(policy: Balancing) -> Description {
    let mut api = service("api", 4, unlimited(), vec![work(constant(0.01))]);
    api.zones = 2;
    let site = service("site", 1, unlimited(), vec![go(1)]);
    let mut d = description(
        500.0,
        vec![poisson(50.0, 0)],
        vec![site, balancer("edge", 2, policy), api],
    );
    d.network = Network {
        cross_zone: Some(constant(0.02)),
        ..d.network
    };
    d
}

#[test]
fn recent_latencies_tell_a_far_instance_from_a_near_one() {
    let two = mean_latency(two_zones(Balancing::PowerOfD { choices: 2 }));
    let decay = SimDuration::from_secs_f64(10.0);
    let ewma = mean_latency(two_zones(Balancing::PeakEwma { decay }));
    println!("two choices {two:?}, by latency {ewma:?}");
    // Of two drawn at random both are far in one of six cases; every other call can stay near.
    assert!((ewma.0 - (0.01 + 0.04 / 6.0)).abs() < 0.0015, "{ewma:?}");
    assert!(two.0 > ewma.0 + 0.004, "{two:?} and {ewma:?}");
}

#[test]
fn a_key_or_a_source_always_goes_to_the_same_instance() {
    let table = |by| {
        Balancing::ConsistentHash(ConsistentHash {
            scheme: Scheme::Maglev { size: 251 },
            by,
            bound_percent: None,
        })
    };
    for policy in [
        Balancing::Hash,
        Balancing::IpHash,
        table(HashBy::Key),
        table(HashBy::Source),
    ] {
        let mut clients = poisson(50.0, 0);
        clients.keys = Some(0);
        clients.sources = Some(1);
        let one: Vec<Component> = vec![
            balancer("edge", 1, policy),
            service("api", 5, workers(1), vec![work(exponential(0.01))]),
        ];
        let mut d = description(200.0, vec![clients], one);
        d.key_spaces.push(KeySpace {
            name: StreamName::new("keys"),
            keys: zipf(1, 0.0),
        });
        let result = simulate(&checked(d), 1, 0, &Condition::default());
        assert!(served(&result, 1) > 1000);
        // One key from one source keeps one station busy, and no other: M/M/1 at a load of one half.
        let waiting: u128 = result.components[1].windows.iter().map(|w| w.queue_ns).sum();
        let time: u64 = result.components[1].windows.iter().map(|w| w.time_ns).sum();
        let queue = waiting as f64 / time as f64;
        assert!((queue - 0.5).abs() < 0.15, "{policy:?}: {queue}");
    }
}
