//! What isn't a long-run mean: systems that begin empty, and how much long-run means vary.

use sim_core::measure::{STEPS, TrialResult};
use sim_core::model::{Model, WarmUp};
use sim_core::simulation::{Condition, simulate};

use super::judge::{Experiment, TRIALS, experiment, mean_and_error};
use super::measure::{seconds, time, total, value, waiting};
use crate::build::{checked, description, exponential, model, poisson, service, unlimited, work, workers};
use crate::cases::{Case, number};

/// Independent copies of a small system in one model, since most of a short trial's cost is that of its measurement.
const COPIES: usize = 20;

/// The experiment of a system that begins empty, if the case is one.
pub fn of(case: &Case) -> Option<Vec<Experiment>> {
    let is_one = case.id.starts_with("mm1-transient-");
    if !is_one && !case.id.starts_with("mminf-transient-") {
        return None;
    }
    let times = case.numbers("times");
    let end = times.iter().fold(0.0, |a, b| f64::max(a, *b)) * 1.01;
    let of_copy = |i: usize| {
        let mut clients = poisson(case.number("lam"), i as u16);
        clients.name = clients.name.index(i as u64);
        let station = if is_one { workers(1) } else { unlimited() };
        let steps = vec![work(exponential(1.0 / case.number("mu")))];
        (clients, service(&format!("copy-{i}"), 1, station, steps))
    };
    let (clients, services) = (0..COPIES).map(of_copy).unzip();
    let mut d = description(end, clients, services);
    d.warm_up = WarmUp::Auto;
    let measures = times.iter().enumerate().map(|(place, at)| {
        let steps = at / end * STEPS as f64;
        value(case, "mean_in_system", place, move |t| present_at(t, steps))
    });
    let e = experiment(case, checked(d), measures.collect());
    let trials = if is_one { 100 } else { 5 } * TRIALS;
    Some(vec![Experiment { trials, ..e }])
}

/// The mean number in a copy at a time in steps, between the middles of two steps.
fn present_at(t: &TrialResult, steps: f64) -> f64 {
    let before = (steps - 0.5).floor();
    let part = steps - 0.5 - before;
    let sum: f64 = t
        .components
        .iter()
        .map(|c| {
            let at = before as usize;
            f64::from(c.steps[at]) * (1.0 - part) + f64::from(c.steps[at + 1]) * part
        })
        .sum();
    sum / t.components.len() as f64
}

/// The variance of long-run means over many trials against its constant. With `RUNS` trials it is known to
/// sqrt(2/(RUNS-1)) of itself.
pub fn check_variance_constants(case: &Case) {
    const RUNS: u64 = 400;
    let rate = case.number("lam");
    let requests: f64 = if rate < 0.8 { 15_000.0 } else { 45_000.0 };
    let m: Model = model(
        requests / rate,
        vec![poisson(rate, 0)],
        vec![service("server", 1, workers(1), vec![work(exponential(1.0))])],
    );
    let (mut waits, mut levels, mut counts, mut times) = (vec![], vec![], vec![], vec![]);
    for trial in 0..RUNS {
        let t = simulate(&m, 3, trial, &Condition::default());
        let w = waiting(&t, 0);
        waits.push(seconds(&w));
        counts.push(w.count() as f64);
        levels.push(total(&t, 0, |w| (w.busy_ns + w.queue_ns) as f64) / time(&t, 0));
        times.push(time(&t, 0) / 1e9);
    }
    for (field, values, sizes) in [
        ("n_times_var_of_mean_wait", waits, counts),
        ("t_times_var_of_time_average_N", levels, times),
    ] {
        let (_, error) = mean_and_error(&values);
        let constant = error * error * RUNS as f64 * mean_and_error(&sizes).0;
        let ratio = constant / number(&case.expected, field);
        let deviation = (2.0 / (RUNS as f64 - 1.0)).sqrt();
        println!("{} {field}: {ratio:.3} of the known constant", case.id);
        assert!(
            (ratio - 1.0).abs() < 3.5 * deviation,
            "{} {field}: {constant} is {ratio} of the known constant",
            case.id
        );
    }
}
