//! Several stations: balanced ones, tandems, Jackson networks, feedback, closed networks, fork and join.
//!
//! A route is a plan of a site that has no limit itself: each station is called in its turn. A route with cycles is unrolled
//! as far as plans may be nested, where fewer than one visit in 100 000 goes on.

use serde_json::Value;
use sim_core::model::{Balancing, Component, Model, OpId, Step};

use super::judge::{Experiment, experiment};
use super::measure::{self, View, standard, time, total, value};
use crate::build::{
    balancer, checked, choose, closed, constant, description, exponential, go, model, parallel, poisson,
    processor_sharing, service, service_of, unlimited, work, workers,
};
use crate::cases::{Case, numbers};

/// Nested plans: a choice in each of them.
const DEPTH: u32 = 14;

fn station(i: usize, servers: u32, mu: f64) -> Component {
    service(
        &format!("station-{i}"),
        1,
        workers(servers),
        vec![work(exponential(1.0 / mu))],
    )
}

/// A model of clients at a site that calls the stations 0, 1, ... by its plan.
fn routed(seconds: f64, rate: f64, mut stations: Vec<Component>, steps: Vec<Step>) -> Model {
    let site = stations.len() as u16;
    stations.push(service("site", 1, unlimited(), steps));
    model(seconds, vec![poisson(rate, site)], stations)
}

fn every(n: usize) -> Vec<Step> {
    (0..n as u16).map(go).collect()
}

/// The experiment of a case with several stations, if it is one.
pub fn of(case: &Case) -> Option<Vec<Experiment>> {
    let is = |name: &str| case.id.starts_with(name);
    let policy = if is("round-robin-") {
        Some((Balancing::RoundRobin, 1.0))
    } else if is("random-split-") {
        Some((Balancing::Random, 1.0))
    } else if is("jsq-") {
        let choices = case.count("d");
        Some((Balancing::PowerOfD { choices }, 1.0))
    } else {
        None
    };
    if let Some((policy, mu)) = policy {
        let n = case.count("n");
        let rate = case.params["arrival_rate"]
            .as_f64()
            .unwrap_or_else(|| case.number("lam_total"));
        let load = rate / mu / f64::from(n);
        let requests = (9_000.0 / (1.0 - load).powi(2)).min(300_000.0);
        let m = balanced(requests / rate, rate, n, policy);
        let view = View {
            station: 1,
            workers: f64::from(n),
        };
        return Some(vec![experiment(case, m, standard(case, view))]);
    }
    if is("tandem-") {
        let (rate, mu) = (case.number("lam"), case.numbers("mu"));
        let stations: Vec<_> = mu.iter().enumerate().map(|(i, mu)| station(i, 1, *mu)).collect();
        let m = routed(100_000.0 / rate, rate, stations, every(mu.len()));
        let view = View {
            station: 0,
            workers: 1.0,
        };
        return Some(vec![experiment(case, m, standard(case, view))]);
    }
    if is("feedback-") {
        let (rate, q) = (case.number("lam"), case.number("q"));
        let again = (0..DEPTH).fold(vec![go(0)], |rest, _| {
            vec![go(0), choose(vec![(1.0 - q, vec![]), (q, rest)])]
        });
        let m = routed(
            100_000.0 / rate,
            rate,
            vec![station(0, 1, case.number("mu"))],
            again,
        );
        let view = View {
            station: 0,
            workers: 1.0,
        };
        let mut measures = standard(case, view);
        measures.push(value(case, "mean_visits", 0, |t| {
            total(t, 0, |w| w.arrived as f64) / total(t, 1, |w| w.arrived as f64)
        }));
        return Some(vec![experiment(case, m, measures)]);
    }
    if is("jackson-") {
        return Some(vec![jackson(case)]);
    }
    if is("closed-multiclass-") {
        return Some(vec![classes(case)]);
    }
    if is("closed-") {
        return Some(vec![users(case)]);
    }
    if is("machine-repair-") {
        let (n, z, s) = (case.count("N"), case.number("Z"), case.number("S"));
        let c = case.count("c");
        let rate = case.expected["throughput"].as_f64().unwrap_or(1.0);
        let m = model(
            100_000.0 / rate,
            vec![closed(n, exponential(z), 0)],
            vec![station(0, c, 1.0 / s)],
        );
        let view = View {
            station: 0,
            workers: f64::from(c),
        };
        return Some(vec![experiment(case, m, standard(case, view))]);
    }
    if is("forkjoin-") && case.kind == "exact" {
        let m = forked(case.number("lam"), case.count("n"), 200_000.0);
        let view = View {
            station: 0,
            workers: 1.0,
        };
        return Some(vec![experiment(case, m, standard(case, view))]);
    }
    None
}

/// Exponential servers of mean one second behind a balancer.
pub fn balanced(seconds: f64, rate: f64, n: u32, policy: Balancing) -> Model {
    model(
        seconds,
        vec![poisson(rate, 0)],
        vec![
            balancer("balancer", 1, policy),
            service("servers", n, workers(1), vec![work(exponential(1.0))]),
        ],
    )
}

/// Every request goes to all of `n` exponential servers of mean one second.
pub fn forked(rate: f64, n: u32, requests: f64) -> Model {
    let stations = (0..n as usize).map(|i| station(i, 1, 1.0)).collect();
    let branches = (0..n as u16).map(|i| vec![go(i)]).collect();
    routed(requests / rate, rate, stations, vec![parallel(branches, n)])
}

fn jackson(case: &Case) -> Experiment {
    let (mu, servers) = (case.numbers("mu"), case.numbers("servers"));
    let rate = case.numbers("external_rate")[0];
    let routing: Vec<Vec<f64>> = rows(&case.params["routing"]);
    let stations: Vec<_> = (0..mu.len())
        .map(|i| station(i, servers[i] as u32, mu[i]))
        .collect();
    let m = routed(120_000.0 / rate, rate, stations, visit(&routing, 0, DEPTH));
    let mut measures = standard(
        case,
        View {
            station: 0,
            workers: 1.0,
        },
    );
    for (i, c) in servers.iter().copied().enumerate() {
        measures.push(value(case, "throughput", i, move |t| {
            total(t, i, |w| w.served as f64) / time(t, i) * 1e9
        }));
        measures.push(value(case, "utilisation", i, move |t| {
            total(t, i, |w| w.busy_ns as f64) / time(t, i) / c
        }));
        measures.push(value(case, "mean_in_system", i, move |t| present(t, i)));
        measures.push(value(case, "mean_sojourn_per_visit", i, move |t| {
            present(t, i) * time(t, i) / total(t, i, |w| w.served as f64) / 1e9
        }));
    }
    experiment(case, m, measures)
}

/// A visit of a station and all that follows.
fn visit(routing: &[Vec<f64>], at: usize, depth: u32) -> Vec<Step> {
    let mut steps = vec![go(at as u16)];
    let leave = 1.0 - routing[at].iter().sum::<f64>();
    if depth > 0 && leave < 1.0 {
        let mut options = vec![(leave.max(0.0), vec![])];
        for (to, p) in routing[at].iter().enumerate().filter(|o| *o.1 > 0.0) {
            options.push((*p, visit(routing, to, depth - 1)));
        }
        steps.push(choose(options));
    }
    steps
}

fn rows(of: &Value) -> Vec<Vec<f64>> {
    of.as_array()
        .expect("a table of numbers")
        .iter()
        .map(numbers)
        .collect()
}

/// The mean number of calls at a component.
fn present(t: &sim_core::measure::TrialResult, component: usize) -> f64 {
    total(t, component, |w| (w.busy_ns + w.queue_ns) as f64) / time(t, component)
}

/// The residence times, queues and utilizations of the stations of a closed network.
fn per_station(case: &Case, stations: usize) -> Vec<measure::Measure> {
    let site = stations;
    let mut measures = Vec::new();
    for i in 0..stations {
        measures.push(value(case, "queue", i, move |t| present(t, i)));
        if case.expected.get("residence").is_some() {
            measures.push(value(case, "residence", i, move |t| {
                present(t, i) * time(t, i) / total(t, site, |w| w.served as f64) / 1e9
            }));
            measures.push(value(case, "utilisation", i, move |t| {
                total(t, i, |w| w.busy_ns as f64) / time(t, i)
            }));
        }
    }
    measures
}

/// A closed network of one class.
fn users(case: &Case) -> Experiment {
    let (n, z, demands) = (case.count("N"), case.number("Z"), case.numbers("demands"));
    let mut stations: Vec<_> = demands
        .iter()
        .enumerate()
        .map(|(i, d)| station(i, 1, 1.0 / d))
        .collect();
    let site = stations.len();
    stations.push(service("site", 1, unlimited(), every(site)));
    let rate = case.expected["throughput"].as_f64().unwrap_or(1.0);
    // Any law of thinking gives the same; a constant one would have users march in step for long.
    let m = model(
        100_000.0 / rate,
        vec![closed(n, exponential(z), site as u16)],
        stations,
    );
    let view = View {
        station: site,
        workers: f64::INFINITY,
    };
    let mut measures = standard(case, view);
    measures.extend(per_station(case, site));
    experiment(case, m, measures)
}

/// A closed network of classes: an operation each, at stations that share one core.
fn classes(case: &Case) -> Experiment {
    let (users, think) = (case.numbers("N"), case.numbers("Z"));
    let demands = rows(&case.params["demands"]);
    let stations = demands[0].len();
    let mut components: Vec<Component> = (0..stations)
        .map(|i| {
            let of = demands.iter().map(|d| Some(vec![work(constant(d[i]))])).collect();
            service_of(&format!("station-{i}"), 1, processor_sharing(), of)
        })
        .collect();
    let plans = demands.iter().map(|_| Some(every(stations))).collect();
    components.push(service_of("site", 1, unlimited(), plans));
    let clients = (0..demands.len())
        .map(|c| {
            let mut clients = closed(users[c] as u32, exponential(think[c]), stations as u16);
            clients.name = clients.name.index(c as u64);
            clients.mix = vec![(OpId(c as u16), 1.0)];
            clients
        })
        .collect();
    let mut d = description(60_000.0, clients, components);
    d.operations_that_write = vec![false; demands.len()];
    let mut measures = per_station(case, stations);
    for c in 0..demands.len() {
        measures.push(value(case, "throughput", c, move |t| {
            let offered: u64 = t.clients[c].windows.iter().map(|w| w.counts.offered).sum();
            offered as f64 / time(t, 0) * 1e9
        }));
        measures.push(value(case, "response_time", c, move |t| {
            measure::seconds(&measure::latency(t, c))
        }));
    }
    experiment(case, checked(d), measures)
}
