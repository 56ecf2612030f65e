//! Runs experiments, and holds what they say to what is known.
//!
//! A mean is judged by Student's statistic over the trials. A quantile is judged where it is unbiased however few bursts a trial
//! has, by the share of requests above the known value; that share's standard error becomes one of the quantile as in Woodruff
//! (1952, "Confidence intervals for medians and other position measures").

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use sim_core::measure::{Histogram, TrialResult};
use sim_core::model::Model;
use sim_core::simulation::{Condition, Outages, simulate};

use super::exceptions;
use super::measure::{Measure, What, histogram};
use crate::cases::Case;

/// The seed of all experiments.
const SEED: u64 = 1_876;
/// Independent trials, unless an experiment needs more of them.
pub const TRIALS: u64 = 40;
/// How many standard errors an estimate may be off.
const MOST_DEVIATIONS: f64 = 3.5;
/// A bucket with a larger share holds an atom of the law: its quantiles are no smooth function of the data.
const ATOM: f64 = 0.01;

/// A model whose trials are to show some known values.
pub struct Experiment {
    pub id: String,
    pub model: Model,
    pub trials: u64,
    pub measures: Vec<Measure>,
}

/// What an experiment says about one known value.
#[derive(Clone, Debug)]
pub struct Judged {
    pub id: String,
    pub field: String,
    pub place: usize,
    pub expected: f64,
    pub mean: f64,
    /// The standard error, in the unit of the value.
    pub error: f64,
    /// Standard errors between them; none at an atom, where only the sides can be told apart, or without any chance.
    pub z: Option<f64>,
    /// Whether a value at an atom, or without chance, is right.
    pub is_on_its_side: bool,
}

/// The experiment of a case with so many requests in each trial.
pub fn experiment(case: &Case, model: Model, measures: Vec<Measure>) -> Experiment {
    Experiment {
        id: case.id.clone(),
        model,
        trials: TRIALS,
        measures,
    }
}

/// What was kept of the trials for one measure.
enum Kept {
    Values(Vec<f64>),
    Quantile {
        p: f64,
        above: Vec<f64>,
        at_or_above: Vec<f64>,
        all: Box<Histogram>,
    },
}

/// Runs the experiments on all cores; the results are in their order, however many cores there are.
pub fn run(experiments: &[Experiment]) -> Vec<Judged> {
    let next = AtomicUsize::new(0);
    let done: Vec<Mutex<Vec<Judged>>> = experiments.iter().map(|_| Mutex::default()).collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores.min(experiments.len()) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(experiment) = experiments.get(at) else {
                        return;
                    };
                    *done[at].lock().expect("no thread panicked") = run_one(experiment);
                }
            });
        }
    });
    done.into_iter()
        .flat_map(|d| d.into_inner().expect("no thread panicked"))
        .collect()
}

fn run_one(experiment: &Experiment) -> Vec<Judged> {
    let began = Instant::now();
    let mut kept: Vec<Kept> = experiment
        .measures
        .iter()
        .map(|m| match m.what {
            What::Value(_) => Kept::Values(Vec::new()),
            What::Quantile(p, _) => Kept::Quantile {
                p,
                above: Vec::new(),
                at_or_above: Vec::new(),
                all: Box::new(Histogram::new()),
            },
        })
        .collect();
    let condition = Condition {
        outages: Outages::ByChance,
        ..Condition::default()
    };
    for trial in 0..experiment.trials {
        let result = simulate(&experiment.model, SEED, trial, &condition);
        for (measure, kept) in experiment.measures.iter().zip(&mut kept) {
            note(measure, kept, &result);
        }
    }
    println!("{}: {:.2} s", experiment.id, began.elapsed().as_secs_f64());
    experiment
        .measures
        .iter()
        .zip(kept)
        .map(|(m, k)| judge(&experiment.id, m, k))
        .collect()
}

fn note(measure: &Measure, kept: &mut Kept, result: &TrialResult) {
    match (&measure.what, kept) {
        (What::Value(of), Kept::Values(values)) => values.push(of(result)),
        (
            What::Quantile(_, source),
            Kept::Quantile {
                above,
                at_or_above,
                all,
                ..
            },
        ) => {
            let h = histogram(result, *source);
            let (over, same) = shares(&h, measure.expected * 1e9);
            above.push(over);
            at_or_above.push(over + same);
            all.merge(&h);
        }
        _ => unreachable!("a measure keeps its own kind"),
    }
}

/// The shares of the values in buckets above that of `x`, and in the bucket of `x`.
fn shares(of: &Histogram, x: f64) -> (f64, f64) {
    let (mut above, mut same) = (0.0, 0.0);
    for bucket in of.buckets() {
        if bucket.low as f64 > x {
            above += f64::from(bucket.count);
        } else if bucket.high as f64 + 1.0 > x {
            same += f64::from(bucket.count);
        }
    }
    let count = of.count() as f64;
    (above / count, same / count)
}

/// Mean and standard error of the mean.
pub fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
    (mean, (squares / (n - 1.0) / n).sqrt())
}

fn judge(id: &str, measure: &Measure, kept: Kept) -> Judged {
    let expected = measure.expected;
    let judged = |mean: f64, error: f64, z: Option<f64>, is_on_its_side: bool| Judged {
        id: id.to_owned(),
        field: measure.field.clone(),
        place: measure.place,
        expected,
        mean,
        error,
        z,
        is_on_its_side,
    };
    match kept {
        Kept::Values(values) => {
            let (mean, error) = mean_and_error(&values);
            if error <= expected.abs() * 1e-12 {
                let is_same = (mean - expected).abs() <= expected.abs() * 1e-8;
                return judged(mean, error, None, is_same);
            }
            judged(mean, error, Some((mean - expected) / error), true)
        }
        Kept::Quantile {
            p,
            above,
            at_or_above,
            all,
        } => {
            let (over, error) = mean_and_error(&above);
            let (from, error_from) = mean_and_error(&at_or_above);
            let quantile = |p: f64| all.quantile(p).map_or(f64::NAN, |q| q as f64 / 1e9);
            let width = (quantile(1.0 - over + error) - quantile(1.0 - over - error)) / 2.0;
            if from - over > ATOM {
                let is_here = over <= 1.0 - p + MOST_DEVIATIONS * error
                    && from >= 1.0 - p - MOST_DEVIATIONS * error_from;
                return judged(quantile(p), width, None, is_here);
            }
            // Inside of the bucket the values are taken to be spread evenly.
            let x = expected * 1e9;
            let bucket = all
                .buckets()
                .find(|b| b.low as f64 <= x && x < b.high as f64 + 1.0);
            let inside = bucket.map_or(0.5, |b| {
                (b.high as f64 + 1.0 - x) / (b.high as f64 + 1.0 - b.low as f64)
            });
            let shares: Vec<f64> = above
                .iter()
                .zip(&at_or_above)
                .map(|(a, b)| a + inside * (b - a))
                .collect();
            let (share, error) = mean_and_error(&shares);
            judged(quantile(p), width, Some((share - (1.0 - p)) / error), true)
        }
    }
}

/// How large the standard error may be, as a share of the value.
fn bound(judged: &Judged) -> f64 {
    let usual = if judged.field.starts_with("p99_9") {
        0.02
    } else if judged.field.starts_with("p99") || judged.field.starts_with("var") {
        0.01
    } else {
        0.005
    };
    let one = format!("{} {}", judged.id, judged.field);
    let times = exceptions::SHORT_RUN
        .iter()
        .flat_map(|(_, cases)| cases.iter())
        .filter(|(name, _)| judged.id == *name || one == *name)
        .map(|short| short.1);
    usual * times.fold(1.0, f64::max)
}

/// The rule for exact values.
pub fn hold(all: &[Judged]) {
    let mut wrong = Vec::new();
    for j in all {
        let name = format!("{} {}[{}]", j.id, j.field, j.place);
        let relative = j.error / j.expected.abs();
        println!(
            "{name}: {} against {}, error {:.3} %, z {:?}",
            j.mean,
            j.expected,
            relative * 100.0,
            j.z
        );
        match j.z {
            None if j.is_on_its_side => {}
            None => wrong.push(format!("{name} is {} and not {}", j.mean, j.expected)),
            Some(z) => {
                if z.is_nan() || z.abs() >= MOST_DEVIATIONS {
                    wrong.push(format!(
                        "{name} is {} and not {}: {z:.2} standard errors off",
                        j.mean, j.expected
                    ));
                }
                if relative.is_nan() || relative > bound(j) {
                    wrong.push(format!(
                        "{name} is too vague: its standard error is {relative:.5} of it, not below {}",
                        bound(j)
                    ));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} values:\n{}",
        wrong.len(),
        all.len(),
        wrong.join("\n")
    );
}
