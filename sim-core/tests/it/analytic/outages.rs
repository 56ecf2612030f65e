//! Crashes by chance: k of n, and one component over a given time; and a server that stands still for a while.
//!
//! An hour of the table is a second here: the instants of crashes don't depend on the unit.

use sim_core::measure::{Histogram, STEPS, TrialResult};
use sim_core::model::{
    Component, ComponentId, FailureMode, Failures, FaultKind, Model, ScheduledFault, WarmUp,
};
use sim_core::simulation::{Condition, Outages, simulate};
use sim_core::time::{SimDuration, SimTime};

use super::judge::{Experiment, TRIALS, experiment};
use super::measure::{ok, time, total, value};
use crate::build::{
    checked, constant, description, go, model, parallel, poisson, renewal, service, unlimited, work, workers,
};
use crate::cases::{Case, number};

fn failing(name: &str, up: f64, down: f64) -> Component {
    Component {
        failures: Some(Failures {
            mtbf: SimDuration::from_secs_f64(up),
            mttr: SimDuration::from_secs_f64(down),
            mode: FailureMode::Crash,
        }),
        ..service(name, 1, unlimited(), vec![])
    }
}

/// `n` components, each up for this share of the time, and requests that need `k` of them.
fn quorum(case: &Case, seconds: f64) -> Model {
    let (n, k, a) = (case.count("n"), case.count("k"), case.number("a"));
    let mut components: Vec<_> = (0..n)
        .map(|i| failing(&format!("copy-{i}"), 10.0 * a / (1.0 - a), 10.0))
        .collect();
    let branches = (0..n as u16).map(|i| vec![go(i)]).collect();
    components.push(service("site", 1, unlimited(), vec![parallel(branches, k)]));
    model(seconds, vec![poisson(0.25, n as u16)], components)
}

/// The experiments of crashes in the steady state, if the case is one.
pub fn of(case: &Case) -> Option<Vec<Experiment>> {
    let is_rare = case.expected["unavailability"].as_f64().is_some_and(|u| u < 5e-6);
    if case.id.starts_with("kofn-") && case.params.get("a").is_some() && !is_rare {
        let m = quorum(case, 300_000.0);
        let measures = vec![
            value(case, "availability", 0, ok),
            value(case, "unavailability", 0, |t| 1.0 - ok(t)),
        ];
        return Some(vec![experiment(case, m, measures)]);
    }
    if case.id.starts_with("renewal-") {
        return Some(vec![steady(case), from_up(case)]);
    }
    None
}

fn down(t: &TrialResult) -> f64 {
    total(t, 0, |w| (w.time_ns - w.up_ns as u64) as f64)
}

fn single(case: &Case, seconds: f64, warm_up: f64) -> Model {
    let one = failing("one", case.number("mtbf_up_h"), case.number("mttr_h"));
    // A trial without clients would have nothing left to happen at once.
    let mut d = description(seconds, vec![poisson(1.0 / seconds, 0)], vec![one]);
    d.warm_up = WarmUp::For(SimDuration::from_secs_f64(warm_up));
    checked(d)
}

fn steady(case: &Case) -> Experiment {
    let cycle = case.number("mtbf_up_h") + case.number("mttr_h");
    let m = single(case, 10_000.0 * cycle, 100.0 * cycle);
    let measures = vec![value(case, "steady_availability", 0, |t| {
        1.0 - down(t) / time(t, 0)
    })];
    experiment(case, m, measures)
}

/// Many trials of the given length that begin with the component up.
fn from_up(case: &Case) -> Experiment {
    let m = single(case, case.number("T_h"), 0.0);
    let mut measures = vec![value(case, "expected_downtime_start_up_h", 0, |t| down(t) / 1e9)];
    let untouched = value(case, "p_no_outage_start_up", 0, |t| {
        f64::from(u8::from(down(t) == 0.0))
    });
    if untouched.expected > 0.01 {
        measures.push(untouched);
    }
    Experiment {
        trials: 200 * TRIALS,
        ..experiment(case, m, measures)
    }
}

/// The quantiles of the downtime, which are over trials and not inside of one.
pub fn check_downtime_law(case: &Case) {
    let m = single(case, case.number("T_h"), 0.0);
    let condition = Condition {
        outages: Outages::ByChance,
        ..Condition::default()
    };
    let trials = 10_000;
    let mut all = Histogram::new();
    for trial in 0..trials {
        all.record(down(&simulate(&m, 2, trial, &condition)) as u64);
    }
    for (field, p) in [
        ("p50_downtime_h", 0.5),
        ("p90_downtime_h", 0.9),
        ("p99_downtime_h", 0.99),
    ] {
        let known = number(&case.expected, field);
        let share = all.count_at_or_below((known * 1e9) as u64) as f64 / trials as f64;
        let error = (p * (1.0 - p) / trials as f64).sqrt();
        assert!(
            (share - p).abs() < 3.5 * error,
            "{} {field}: {share} of the trials are below, not {p}",
            case.id
        );
    }
}

/// Regular arrivals at a server that stands still once: nothing is left to chance, and every number is exact.
pub fn check_pause(case: &Case) {
    let (gap, work_s) = (
        1.0 / case.number("arrival_rate"),
        1.0 / case.number("service_rate"),
    );
    // The first arrival is a gap after the beginning, so all of it is a gap later than in the table.
    let (from, to) = (case.number("pause_from") + gap, case.number("pause_to") + gap);
    let server = service("server", 1, workers(1), vec![work(constant(work_s))]);
    let users = vec![renewal(constant(gap), 0)];
    // After the end of the last one, and before another one comes.
    let duration = case.number("arrivals_before") + 0.9 * gap;
    let mut d = description(duration, users, vec![server]);
    d.warm_up = WarmUp::Auto;
    d.faults = vec![ScheduledFault {
        at: SimTime::ZERO + SimDuration::from_secs_f64(from),
        duration: SimDuration::from_secs_f64(to - from),
        kind: FaultKind::Pause {
            component: ComponentId(0),
            instances: vec![],
        },
    }];
    let t = simulate(&checked(d), 1, 0, &Condition::default());
    let mut all = Histogram::new();
    t.clients[0].windows.iter().for_each(|w| all.merge(&w.latency));
    let work_ns = (work_s * 1e9) as u64;
    let expected = |field| number(&case.expected, field);
    assert_eq!(all.count() as f64, expected("arrivals"));
    assert_eq!(all.count_above(work_ns) as f64, expected("delayed"));
    let longest = all.max().expect("requests") - work_ns;
    assert_eq!(longest as f64, expected("max_delay") * 1e9);
    let delays = all.sum() - u128::from(all.count()) * u128::from(work_ns);
    assert_eq!(delays as f64, expected("total_delay") * 1e9);
    let step = |at: f64| t.components[0].steps[(at / duration * STEPS as f64) as usize];
    let empty = expected("time_queue_empty_again") + gap;
    assert!(step(empty - 0.5) > 1.0 && step(empty + 0.5) <= 1.0);
}
