//! Requests that never wait for a worker: fan-out, quorums, hedges, retries and sums of stages.

use serde_json::Value;
use sim_core::model::{Access, Arrivals, Backoff, Call, Component, Jitter, Model, OpId, Retry, Step};
use sim_core::random::Law;
use sim_core::time::SimDuration;

use super::judge::{Experiment, experiment};
use super::measure::{Measure, Source, View, What, latency, of_clients, ok, seconds, standard, total, value};
use crate::build::{
    call, checked, choose, clients, constant, description, exponential, go, law, model, parallel, poisson,
    race, service, service_of, unlimited, wait,
};
use crate::cases::Case;

/// Requests that don't meet need no particular rate.
fn apart(requests: f64, steps: Vec<Step>) -> Model {
    model(
        requests,
        vec![poisson(1.0, 0)],
        vec![service("site", 1, unlimited(), steps)],
    )
}

fn times(n: u32, leaf: &Law) -> Vec<Vec<Step>> {
    (0..n).map(|_| vec![wait(leaf.clone())]).collect()
}

/// The experiments of a case without waiting, if it is one.
pub fn of(case: &Case) -> Option<Vec<Experiment>> {
    let is = |name: &str| case.id.starts_with(name);
    let view = View {
        station: 0,
        workers: f64::INFINITY,
    };
    let one = |m| Some(vec![experiment(case, m, standard(case, view))]);
    if is("fanout-") || is("quorum-") {
        let n = case.count("n");
        let leaf = if is("fanout-exp-") {
            exponential(1.0 / case.number("mu"))
        } else if is("fanout-") {
            let (median, sigma) = (case.number("median"), case.number("sigma_log"));
            let variance = sigma * sigma;
            crate::build::lognormal(median * (variance / 2.0).exp(), variance.exp_m1())
        } else {
            law(&case.params["leaf"], f64::NAN)
        };
        let need = case.params["k"].as_u64().map_or(n, |k| k as u32);
        return one(apart(
            300_000.0 / f64::from(n.min(30)),
            vec![parallel(times(n, &leaf), need)],
        ));
    }
    if is("hedge-") {
        // The second copy is a branch that waits before it asks; whoever answers first stops the other.
        let leaf = law(&case.params["leaf"], f64::NAN);
        let copy = vec![wait(constant(case.number("hedge_after"))), go(1)];
        let alone = vec![
            value(case, "mean_no_hedge", 0, |t| seconds(&latency(t, 0))),
            tail_of(case, "p99_no_hedge", 0.99),
            tail_of(case, "p99_9_no_hedge", 0.999),
        ];
        let first = vec![race(vec![vec![wait(leaf.clone())], copy], 1)];
        let hedged = model(
            90_000.0,
            vec![poisson(1.0, 0)],
            vec![
                service("site", 1, unlimited(), first),
                service("second", 1, unlimited(), vec![wait(leaf.clone())]),
            ],
        );
        let mut measures = standard(case, view);
        measures.push(value(case, "extra_requests", 0, |t| {
            total(t, 1, |w| w.arrived as f64) / total(t, 0, |w| w.arrived as f64)
        }));
        return Some(vec![
            experiment(case, hedged, measures),
            experiment(case, apart(60_000.0, vec![wait(leaf)]), alone),
        ]);
    }
    if is("composite-request-") {
        let stages = |name: &str| -> Vec<Step> {
            let laws: &Value = &case.params[name];
            let of = |l: &Value| wait(law(l, f64::NAN));
            laws.as_array().expect("stages").iter().map(of).collect()
        };
        let p = case.number("miss_probability");
        let mut steps = stages("stages");
        steps.push(choose(vec![(1.0 - p, vec![]), (p, stages("miss_stages"))]));
        return one(apart(60_000.0, steps));
    }
    if is("tail-at-scale-") {
        return Some(tail(case));
    }
    if is("retry-") {
        return Some(retries(case));
    }
    if is("timeout-retry-") {
        let mut users = poisson(1.0, 0);
        users.call.timeout = Some(SimDuration::from_secs_f64(case.number("tau")));
        let pause = SimDuration::from_secs_f64(case.number("wait_between"));
        let tries = case.count("max_retries") + 1;
        users.call.retry = Some(retry(tries, Backoff::Constant(pause), Jitter::None));
        let leaf = wait(law(&case.params["latency"], f64::NAN));
        let site = service("site", 1, unlimited(), vec![leaf]);
        let mut measures = standard(case, view);
        measures.push(value(case, "p_success", 0, ok));
        measures.push(value(case, "mean_attempts", 0, attempts));
        return Some(vec![experiment(
            case,
            model(60_000.0, vec![users], vec![site]),
            measures,
        )]);
    }
    if is("backoff-") {
        return Some(backoffs(case));
    }
    None
}

fn tail_of(case: &Case, field: &str, p: f64) -> Measure {
    Measure {
        what: What::Quantile(p, Source::Latency(0)),
        ..value(case, field, 0, |_| f64::NAN)
    }
}

fn retry(attempts: u32, backoff: Backoff, jitter: Jitter) -> Retry {
    Retry {
        attempts: attempts as u8,
        backoff,
        jitter,
        budget: None,
    }
}

fn attempts(t: &sim_core::measure::TrialResult) -> f64 {
    let attempts: u64 = t.clients[0].windows.iter().map(|w| w.attempts).sum();
    attempts as f64 / of_clients(t, |c| (c.ok + c.failed()) as f64)
}

/// For each size of the fan-out and each share of slow leaves, the requests that meet a slow one.
fn tail(case: &Case) -> Vec<Experiment> {
    let mut all = Vec::new();
    for n in case.numbers("n") {
        for p in case.numbers("leaf_slow_probability") {
            let leaf = Law::mixture(vec![(1.0 - p, constant(0.0)), (p, constant(1.0))]).expect("a mixture");
            let requests = (300_000.0 / n).max(150.0);
            let m = apart(requests, vec![parallel(times(n as u32, &leaf), n as u32)]);
            let slow = value(case, &format!("p_slow_n{n}_leaf{p}"), 0, |t| {
                let latency = latency(t, 0);
                latency.count_above(500_000_000) as f64 / latency.count() as f64
            });
            all.push(experiment(case, m, vec![slow]));
        }
    }
    all
}

/// An operation that the service doesn't know is an error at once.
fn failing(name: &str) -> Component {
    service_of(name, 1, unlimited(), vec![None])
}

fn retried(target: u16, tries: u32) -> Call {
    Call {
        retry: Some(retry(tries, Backoff::Constant(SimDuration::ZERO), Jitter::None)),
        ..call(target)
    }
}

fn retries(case: &Case) -> Vec<Experiment> {
    let (q, tries) = (case.number("q"), case.count("max_retries") + 1);
    let site = service(
        "site",
        1,
        unlimited(),
        vec![choose(vec![(1.0 - q, vec![]), (q, vec![go(1)])])],
    );
    let arrivals = || Arrivals::Renewal {
        gap: exponential(1.0),
    };
    let m = model(
        250_000.0,
        vec![clients(arrivals(), retried(0, tries))],
        vec![site, failing("broken")],
    );
    let once = vec![
        value(case, "p_success", 0, ok),
        value(case, "mean_attempts", 0, attempts),
    ];
    // A chain of layers that each try so many times, and the last of them always fails.
    let depth = case.count("chain_depth") as u16;
    let mut layers: Vec<Component> = (1..depth)
        .map(|i| {
            let steps = vec![Step::Call(retried(i, tries))];
            service(&format!("layer-{i}"), 1, unlimited(), steps)
        })
        .collect();
    layers.push(failing("last"));
    let chain = model(1_000.0, vec![clients(arrivals(), retried(0, tries))], layers);
    let last = usize::from(depth) - 1;
    let amplified = value(case, "amplification_when_all_fail_chain", 0, move |t| {
        total(t, last, |w| w.arrived as f64) / of_clients(t, |c| c.offered as f64)
    });
    vec![
        experiment(case, m, once),
        experiment(case, chain, vec![amplified]),
    ]
}

/// How long a call sleeps in all that fails each time: nothing else takes time at the site.
fn backoffs(case: &Case) -> Vec<Experiment> {
    let seconds = |name: &str| SimDuration::from_secs_f64(case.number(name));
    let backoff = Backoff::Exponential {
        base: seconds("base"),
        max: seconds("cap"),
    };
    [
        ("exponential", Jitter::None),
        ("full_jitter", Jitter::Full),
        ("equal_jitter", Jitter::Equal),
    ]
    .into_iter()
    .map(|(field, jitter)| {
        let mut to = call(1);
        to.retry = Some(retry(case.count("n") + 1, backoff, jitter));
        to.access = Access::Op(OpId(1));
        let nothing = vec![Some(vec![Step::Call(to)]), None];
        let mut d = description(
            4_000.0,
            vec![poisson(1.0, 0)],
            vec![
                service_of("site", 1, unlimited(), nothing),
                service_of("broken", 1, unlimited(), vec![None, None]),
            ],
        );
        d.operations_that_write = vec![false; 2];
        let mut users = poisson(1.0, 0);
        if jitter == Jitter::None {
            // Without chance the sum is the same for every request, so whoever is still asleep at the end matters: a short list
            // of arrivals lets all of them end.
            users.arrivals = Arrivals::Trace(0);
            d.clients = vec![users];
            d.warm_up = sim_core::model::WarmUp::Auto;
            d.traces = vec![sim_core::model::Trace {
                times: (1..100u64).map(|i| i * 1_000_000_000).collect(),
                columns: vec![],
            }];
        }
        let slept: Measure = value(case, field, 0, |t| {
            total(t, 0, |w| w.busy_ns as f64) / total(t, 0, |w| w.served as f64) / 1e9
        });
        experiment(case, checked(d), vec![slept])
    })
    .collect()
}
