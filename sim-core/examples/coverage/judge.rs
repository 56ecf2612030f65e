//! Counts how often an interval holds the exact value, and on which side it misses.

use std::fmt;
use std::ops::Range;

use sim_core::measure::Histogram;
use sim_core::stats::batch::total;
use sim_core::stats::{self, Estimate, warm_up};

use super::queues::{FINE, Queue, Random, Trial, UNIT_NS, WINDOWS, Window};

/// What is estimated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    MeanLatency,
    Latency(f64),
    MeanQueue,
    Availability,
}

/// What became of the intervals of one measure.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub held: u32,
    /// The truth was below the interval.
    pub below: u32,
    /// The truth was above the interval.
    pub above: u32,
    /// "Not enough data" was the answer.
    pub none: u32,
    /// Sum of relative half-widths.
    pub widths: f64,
}

const MEASURES: [Measure; 6] = [
    Measure::MeanLatency,
    Measure::Latency(0.5),
    Measure::Latency(0.99),
    Measure::Latency(0.999),
    Measure::MeanQueue,
    Measure::Availability,
];

impl Measure {
    pub fn name(self) -> String {
        match self {
            Self::MeanLatency => "mean".into(),
            Self::Latency(p) => format!("p{}", (p * 1000.0).round() / 10.0),
            Self::MeanQueue => "queue".into(),
            Self::Availability => "ok".into(),
        }
    }

    fn truth(self, queue: &Queue) -> f64 {
        match self {
            Self::MeanLatency => queue.mean_latency(),
            Self::Latency(p) => queue.latency_quantile(p),
            Self::MeanQueue => queue.mean_queue(),
            Self::Availability => queue.availability(),
        }
    }

    fn estimate(self, trials: &[Trial], cut: usize) -> Estimate {
        let windows = |window: fn(&Window) -> (f64, f64)| -> Vec<Vec<(f64, f64)>> {
            trials
                .iter()
                .map(|trial| trial.windows[cut..].iter().map(window).collect())
                .collect()
        };
        match self {
            Self::MeanLatency => stats::ratio(&windows(|w| {
                (w.latency.sum() as f64 / UNIT_NS, w.latency.count() as f64)
            })),
            Self::MeanQueue => {
                let step = FINE / WINDOWS;
                let of = |trial: &Trial| trial.queue[cut * step..].chunks_exact(step).map(total).collect();
                stats::ratio(&trials.iter().map(of).collect::<Vec<_>>())
            }
            Self::Availability => stats::proportion(&windows(|w| (w.ok, w.offered))),
            Self::Latency(p) => {
                let histograms: Vec<Vec<&Histogram>> = trials
                    .iter()
                    .map(|trial| trial.windows[cut..].iter().map(|w| &w.latency).collect())
                    .collect();
                stats::quantile(&histograms, p).scaled(1.0 / UNIT_NS)
            }
        }
    }
}

/// Runs a queue `seeds` times, each time `requests` in all over `trials`, and counts for each measure.
pub fn measure(queue: &Queue, trials: u64, requests: f64, seeds: Range<u64>) -> Vec<(Measure, Tally)> {
    let judged = MEASURES
        .into_iter()
        .filter(|m| queue.room.is_some() || *m != Measure::Availability);
    let mut tallies: Vec<(Measure, Tally)> = judged.map(|measure| (measure, Tally::default())).collect();
    for seed in seeds {
        let runs: Vec<Trial> = (0..trials)
            .map(|trial| {
                queue.run(
                    requests / trials as f64,
                    &mut Random((seed << 32) + (trial << 16) + trials),
                )
            })
            .collect();
        let latency = runs.iter().map(|run| run.latency.clone()).collect();
        let queues = runs.iter().map(|run| run.queue.clone()).collect();
        let found = warm_up::decide(&[latency], &[queues], FINE / WINDOWS, false);
        let need = found.longest.and_then(|longest| longest.need);
        for (measure, tally) in &mut tallies {
            let estimate = measure.estimate(&runs, found.windows).unless(need);
            tally.count(&estimate, measure.truth(queue));
        }
    }
    tallies
}

impl Tally {
    /// Counts one interval.
    pub fn count(&mut self, estimate: &Estimate, truth: f64) {
        let (Some(low), Some(high)) = (estimate.low, estimate.high) else {
            self.none += 1;
            return;
        };
        if truth < low {
            self.below += 1;
        } else if truth > high {
            self.above += 1;
        } else {
            self.held += 1;
        }
        self.widths += estimate.relative_half_width().unwrap_or(0.0);
    }

    /// Coverage in percent, mean relative half-width in percent, and the percentage of runs without an interval.
    #[cfg_attr(test, expect(dead_code, reason = "the test prints no table"))]
    pub fn cell(&self) -> String {
        let none = 100.0 * f64::from(self.none) / f64::from((self.given() + self.none).max(1));
        if none >= 99.0 {
            return "none".to_owned();
        }
        let width = 100.0 * self.widths / f64::from(self.given().max(1));
        let none = if none > 0.0 {
            format!(" none {}", none.ceil())
        } else {
            String::new()
        };
        format!("{:.1} ({width:.1}){none}", 100.0 * self.coverage())
    }

    /// How many intervals were given.
    pub fn given(&self) -> u32 {
        self.held + self.below + self.above
    }

    /// The part of the given intervals that hold the truth.
    pub fn coverage(&self) -> f64 {
        f64::from(self.held) / f64::from(self.given().max(1))
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |count: u32| 100.0 * f64::from(count) / f64::from(self.given().max(1));
        let none = 100.0 * f64::from(self.none) / f64::from((self.given() + self.none).max(1));
        let width = 100.0 * self.widths / f64::from(self.given().max(1));
        let sides = format!("{:.1}/{:.1}", part(self.below), part(self.above));
        write!(
            out,
            "{:>6.1} % {sides:>10} {none:>4.0} % {width:>8.1} %",
            100.0 * self.coverage()
        )
    }
}
