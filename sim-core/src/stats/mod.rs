//! Statistics across trials: every number with its 95 % interval, or with the reason why it has none.
//!
//! The terms are those of Law (2015), "Simulation Modeling and Analysis", ch. 9 and 10. Every trial comes as equal windows of time,
//! its warm-up cut ([`warm_up`]). A mean is a ratio of sums over windows ([`ratio()`]), a fraction of counts is a [`proportion()`], a percentile is read from
//! merged histograms ([`quantile()`]); their intervals come from batches of windows ([`batch`]). Variants are compared in pairs ([`paired`]), [`precision`]
//! says how many trials are enough, and [`trend`] finds out whether there is a steady state at all.
//!
//! # Coverage
//!
//! How often the 95 % interval holds the exact value, in percent of the intervals given; in parentheses their mean relative half-width in
//! percent; after "none" the percentage of runs that were answered with "not enough data" (alone: 99 or more). One million requests in all, divided
//! evenly over the trials, 400 seeds, so that each figure is itself within 2 of the truth. `cargo run --release -p sim-core --example coverage`
//! prints it. The availability of the last queue is covered in 95.2, 95.5 and 96.0 %.
//!
//! | queue | trials | mean | p50 | p99 | p99.9 | queue |
//! |---|--:|--:|--:|--:|--:|--:|
//! | M/M/1 at 0.5 | 1 | 97.0 (0.7) | 99.8 (0.7) | 97.5 (1.5) | 94.8 (3.3) | 95.8 (1.4) |
//! | M/M/1 at 0.5 | 5 | 97.5 (0.7) | 99.0 (0.7) | 96.8 (1.5) | 96.0 (3.1) | 98.2 (1.3) |
//! | M/M/1 at 0.5 | 20 | 96.8 (0.7) | 97.8 (0.7) | 96.8 (1.4) | 94.0 (3.0) | 97.2 (1.3) |
//! | M/M/1 at 0.8 | 1 | 95.2 (2.1) | 97.2 (1.8) | 95.5 (4.5) | 95.5 (14.1) | 95.5 (2.7) |
//! | M/M/1 at 0.8 | 5 | 96.5 (2.0) | 97.0 (1.7) | 96.2 (4.2) | 95.5 (14.5) | 96.5 (2.6) |
//! | M/M/1 at 0.8 | 20 | 96.2 (2.0) | 96.2 (1.6) | 95.2 (4.2) | 95.0 (13.1) | 96.5 (2.6) |
//! | M/M/1 at 0.95 | 1 | 93.9 (10.3) none 1 | 95.7 (7.2) none 1 | 93.4 (30.9) none 10 | none | 93.7 (10.9) none 1 |
//! | M/M/1 at 0.95 | 5 | 95.5 (9.6) | 96.2 (6.7) | 95.2 (29.4) none 2 | none | 95.2 (10.2) |
//! | M/M/1 at 0.95 | 20 | 95.5 (9.5) none 1 | 94.9 (6.7) none 1 | 94.9 (30.0) none 2 | none | 95.7 (10.1) none 1 |
//! | M/M/64 at 0.9 | 1 | 95.2 (0.7) | 95.5 (1.1) | 99.8 (0.7) | 98.0 (1.2) | 96.0 (12.5) |
//! | M/M/64 at 0.9 | 5 | 97.2 (0.7) | 97.5 (1.0) | 98.5 (0.6) | 98.0 (1.1) | 95.7 (11.7) |
//! | M/M/64 at 0.9 | 20 | 97.5 (0.6) | 96.2 (1.0) | 99.5 (0.6) | 97.7 (1.1) | 96.5 (11.6) |
//! | M/G/1 scv 4 at 0.9 | 1 | 95.5 (8.4) | 95.7 (6.7) | 93.9 (22.6) none 2 | none | 95.5 (8.9) |
//! | M/G/1 scv 4 at 0.9 | 5 | 94.5 (7.9) | 94.5 (6.4) | 94.7 (21.2) | none | 94.7 (8.3) |
//! | M/G/1 scv 4 at 0.9 | 20 | 95.2 (8.2) | 95.5 (6.3) | 92.5 (22.4) | none | 95.5 (8.6) |
//! | M/M/1/20 at 0.95 | 1 | 96.8 (1.5) | 97.2 (2.3) | 97.0 (1.0) | 97.2 (1.7) none 20 | 97.0 (1.8) |
//! | M/M/1/20 at 0.95 | 5 | 96.8 (1.4) | 96.5 (2.2) | 97.2 (1.0) | 96.2 (1.6) none 8 | 97.5 (1.6) |
//! | M/M/1/20 at 0.95 | 20 | 96.5 (1.4) | 96.0 (2.1) | 96.2 (1.0) | 96.3 (1.6) none 6 | 96.0 (1.6) |
//!
//! The one figure below 93 is a percentile of 20 trials, each of which is only about 30 times as long as its memory.
//!
//! # Where it ends
//!
//! With a tenth of the data, 100,000 requests, the mean of M/M/1 at 0.95 is held by 92.0 % (1 trial) and 91.0 % (5 trials, half-width 33 %) of 200 runs,
//! and no p99 is given. Trials that are shorter than three times the memory of the system are all transient, and alike in it: 20 trials of 5,000
//! requests are refused in 77 % of the runs, but those that pass are the ones without a burst, and only 67 % of them hold the truth. Few long trials
//! are better than many short ones.

pub mod across;
pub mod batch;
pub mod memory;
pub mod paired;
pub mod precision;
pub mod proportion;
pub mod quantile;
pub mod ratio;
pub mod student;
pub mod trend;
pub mod warm_up;

pub use proportion::proportion;
pub use quantile::{quantile, quantiles};
pub use ratio::ratio;

/// The confidence of every interval.
pub const CONFIDENCE: f64 = 0.95;

/// A number with its 95 % confidence interval, in the unit of the data.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// The point estimate; `None` when the data can't support one.
    pub value: Option<f64>,
    /// The lower end of the interval; `None` when there is no interval.
    pub low: Option<f64>,
    /// The upper end of the interval; `None` when there is no interval.
    pub high: Option<f64>,
    /// When the data can't support a value: how many times as much of it should (more than 1), as far as can be told
    /// from what there is.
    pub need: Option<f64>,
}

impl Estimate {
    /// A value with its interval.
    pub fn between(low: f64, value: f64, high: f64) -> Self {
        Self {
            value: Some(value),
            low: Some(low),
            high: Some(high),
            need: None,
        }
    }

    /// No value: `need` times as much data should give one.
    pub fn not_enough(need: f64) -> Self {
        Self {
            need: need.is_finite().then_some(need),
            ..Self::default()
        }
    }

    /// The same, unless `need` times as much data is needed for it.
    #[must_use]
    pub fn unless(self, need: Option<f64>) -> Self {
        need.map_or(self, |need| Self::not_enough(need.max(self.need.unwrap_or(need))))
    }

    /// The same, known not to exceed `most` by itself: nor does its interval, but for the value.
    #[must_use]
    pub fn at_most(self, most: f64) -> Self {
        let most = self.value.map_or(most, |value| value.max(most));
        Self {
            high: self.high.map(|high| high.min(most)),
            ..self
        }
    }

    /// The same in another unit: everything but `need` times `factor`, which is positive.
    pub fn scaled(self, factor: f64) -> Self {
        let scale = |number: Option<f64>| number.map(|number| number * factor);
        Self {
            value: scale(self.value),
            low: scale(self.low),
            high: scale(self.high),
            need: self.need,
        }
    }

    /// Half the width of the interval divided by the size of the value; `None` without an interval or at zero.
    pub fn relative_half_width(&self) -> Option<f64> {
        let (value, low, high) = (self.value?, self.low?, self.high?);
        (value != 0.0).then(|| (high - low) / 2.0 / value.abs())
    }
}
