//! Is a variant better than the first one? Trial by trial, because all of them saw the same requests.
//!
//! Differences are judged by [`sim_core::stats::paired`]; Holm's procedure over the whole table keeps the chance of a single
//! false "better" or "worse" below 5 %. What failures of instances cost is not simulated in the same trials, so the two
//! figures are independent there, and their variances add up.

mod figure;
mod measures;
#[cfg(test)]
mod tests;

pub use figure::Figure;

use measures::measures;
use sim_core::stats::Estimate;
use sim_core::stats::paired::{Paired, Verdict, Wish, holm};

use crate::results::{Point, Results};

/// All variants of a scenario against the first one.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The scenario's name.
    pub scenario: String,
    /// The question that it asks, if it has one.
    pub question: Option<String>,
    /// The seed of all trials.
    pub seed: u64,
    /// The program's version.
    pub version: String,
    /// The share of the first one's value up to which a difference doesn't matter.
    pub tolerance: f64,
    /// The name of the first one.
    pub baseline: String,
    /// Every other one against it.
    pub pairs: Vec<Pair>,
    /// What a reader should know before believing the verdicts.
    pub warnings: Vec<String>,
}

/// One variant against the first.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The variant's name.
    pub variant: String,
    /// What was compared.
    pub measures: Vec<Measure>,
}

/// One figure of two variants.
#[derive(Clone, Debug)]
pub struct Measure {
    /// Whose figure it is.
    pub of: Subject,
    /// Which figure.
    pub figure: Figure,
    /// The paired difference; none where one side has no value.
    pub paired: Option<Paired>,
    /// What it says of the variant.
    pub verdict: Verdict,
}

/// Whose figure something is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// That of clients with this name.
    Clients(String),
    /// That of the component with this name.
    Component(String),
    /// That of the whole system.
    System,
}

impl Comparison {
    /// How many figures were judged together.
    #[must_use]
    pub fn judged(&self) -> usize {
        self.pairs
            .iter()
            .flat_map(|p| &p.measures)
            .filter(|m| m.paired.is_some())
            .count()
    }

    /// The least and the largest number of pairs of trials behind a figure.
    #[must_use]
    pub fn trials(&self) -> (u32, u32) {
        let of_all = || {
            self.pairs
                .iter()
                .flat_map(|p| &p.measures)
                .filter_map(|m| m.paired.map(|p| p.trials))
        };
        (
            of_all().min().unwrap_or_default(),
            of_all().max().unwrap_or_default(),
        )
    }
}

impl Measure {
    /// The difference as a share of the first one's value, with its interval; none where there is no such share, since the first one's is zero
    /// and the other's is not.
    #[must_use]
    pub fn relative(&self) -> Option<Estimate> {
        let paired = self.paired?;
        let difference = paired.difference;
        if paired.a == 0.0 {
            let is_zero = difference.low == Some(0.0) && difference.high == Some(0.0);
            return is_zero.then_some(difference);
        }
        let share = |v: Option<f64>| v.map(|v| v / paired.a.abs());
        Some(Estimate {
            value: share(difference.value),
            low: share(difference.low),
            high: share(difference.high),
            need: None,
        })
    }
}

/// Compares these figures of every point with those of the first; none if there are fewer than two points. `tolerance` is a share of
/// the first one's value.
#[must_use]
pub fn compare(results: &Results, figures: &[Figure], tolerance: f64) -> Option<Comparison> {
    let (baseline, others) = results.points.split_first()?;
    if others.is_empty() {
        return None;
    }
    let mut pairs: Vec<Pair> = others
        .iter()
        .map(|other| Pair {
            variant: name(other),
            measures: measures(baseline, other, figures),
        })
        .collect();
    judge(&mut pairs, tolerance);
    let mut warnings = results.warnings.clone();
    for point in &results.points {
        let prefix = name(point);
        warnings.extend(point.warnings.iter().map(|w| format!("{prefix}: {w}")));
        if point.per_trial.len() == 1 {
            warnings.push(format!(
                "{prefix}: one trial shows no chance: nothing can be told from it; ask for more"
            ));
        }
        let (ran, first) = (point.per_trial.len(), baseline.per_trial.len());
        if ran != first {
            warnings.push(format!(
                "{prefix} has {ran} trials and {} has {first}: only those that both have are compared; --trials gives both the same",
                name(baseline)
            ));
        }
    }
    Some(Comparison {
        scenario: results.scenario.clone(),
        question: results.question.clone(),
        seed: results.seed,
        version: results.version.clone(),
        tolerance,
        baseline: name(baseline),
        pairs,
        warnings,
    })
}

fn name(point: &Point) -> String {
    let mut parts: Vec<String> = point.variant.iter().cloned().collect();
    parts.extend(point.set.iter().map(|(path, value)| format!("{path}={value}")));
    if parts.is_empty() {
        "as it is".to_owned()
    } else {
        parts.join(", ")
    }
}

/// Verdicts over the whole table at once.
fn judge(pairs: &mut [Pair], tolerance: f64) {
    let all = pairs.iter_mut().flat_map(|p| &mut p.measures);
    let mut known: Vec<&mut Measure> = all.filter(|m| m.paired.is_some()).collect();
    let family: Vec<(Paired, Wish, f64)> = known
        .iter()
        .filter_map(|m| m.paired.map(|p| (p, m.figure.wish(), tolerance * p.a.abs())))
        .collect();
    for (measure, verdict) in known.iter_mut().zip(holm(&family)) {
        measure.verdict = verdict;
    }
}
