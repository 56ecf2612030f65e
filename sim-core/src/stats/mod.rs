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
//! percent; after "none" the percentage of runs that were answered with "not enough data" (alone: 99 or more). `cargo run --release
//! -p sim-core --example coverage` prints this for one million requests, divided evenly over 1, 5 and 20 trials, with 400
//! seeds by which no constant was chosen, so that each figure is itself within 2 of the truth:
//!
//! | queue | trials | mean | p50 | p99 | p99.9 | queue |
//! |---|--:|--:|--:|--:|--:|--:|
//! | M/M/1 at 0.5 | 1 | 96.8 (0.7) | 96.2 (0.6) | 97.8 (1.5) | 95.0 (3.3) | 96.0 (1.5) |
//! | M/M/1 at 0.5 | 5 | 96.5 (0.7) | 95.2 (0.6) | 95.2 (1.4) | 96.2 (3.2) | 97.0 (1.4) |
//! | M/M/1 at 0.5 | 20 | 96.2 (0.7) | 96.2 (0.6) | 95.8 (1.4) | 96.2 (3.1) | 96.0 (1.3) |
//! | M/M/1 at 0.8 | 1 | 96.5 (2.3) | 96.1 (1.7) | 96.6 (4.6) | 96.7 (18.2) | 96.5 (3.0) |
//! | M/M/1 at 0.8 | 5 | 97.2 (2.2) | 96.2 (1.6) | 96.8 (4.4) | 95.5 (16.3) | 97.2 (2.8) |
//! | M/M/1 at 0.8 | 20 | 95.7 (2.1) | 95.2 (1.6) | 95.9 (4.4) | 97.0 (16.7) | 96.0 (2.7) |
//! | M/M/1 at 0.95 | 1 | 95.5 (11.6) none 1 | 97.2 (7.2) | 94.8 (34.8) none 4 | none | 95.5 (12.3) none 1 |
//! | M/M/1 at 0.95 | 5 | 95.8 (11.0) | 96.2 (7.0) | 96.9 (33.1) none 3 | none | 95.8 (11.7) |
//! | M/M/1 at 0.95 | 20 | 95.8 (11.9) | 94.5 (7.0) | 97.9 (34.0) none 6 | none | 95.8 (12.6) |
//! | M/M/64 at 0.9 | 1 | 96.5 (0.8) | 95.5 (1.0) | 95.2 (0.5) | 96.2 (1.1) | 97.0 (13.9) |
//! | M/M/64 at 0.9 | 5 | 95.8 (0.7) | 95.8 (1.0) | 96.8 (0.5) | 96.8 (1.0) | 96.2 (13.0) |
//! | M/M/64 at 0.9 | 20 | 97.2 (0.7) | 95.8 (1.0) | 95.5 (0.5) | 96.8 (1.0) | 97.0 (13.3) |
//! | M/G/1 scv 4 at 0.9 | 1 | 96.2 (10.3) | 96.5 (6.9) | 96.2 (29.4) none 1 | none | 96.8 (10.8) |
//! | M/G/1 scv 4 at 0.9 | 5 | 96.0 (8.9) | 96.2 (6.5) | 96.2 (25.5) | none | 96.0 (9.3) |
//! | M/G/1 scv 4 at 0.9 | 20 | 94.2 (9.3) | 94.5 (6.5) | 93.5 (26.5) none 1 | none | 94.5 (9.7) |
//! | M/M/1/20 at 0.95 | 1 | 97.5 (1.6) | 96.5 (2.2) | 97.0 (1.0) | 95.1 (1.7) none 14 | 97.8 (1.8) |
//! | M/M/1/20 at 0.95 | 5 | 96.2 (1.5) | 96.2 (2.1) | 96.8 (0.9) | 95.9 (1.6) none 9 | 95.5 (1.7) |
//! | M/M/1/20 at 0.95 | 20 | 95.0 (1.5) | 94.5 (2.1) | 95.8 (0.9) | 94.4 (1.6) none 6 | 95.5 (1.7) |
//!
//! M/M/1 at 0.8 in one and in 20 trials is of 4,000 seeds (`... -- 4000 1e6 1,20 "M/M/1 at 0.8"`), since the first 400 of them gave more than the
//! 98 % that are wanted at most: 98.8 for the mean in one trial, 99.5 for p99 in 20. That was chance.
//!
//! Queues that no constant was chosen by (`... -- 400 1e6 1,5,20 others`):
//!
//! | queue | trials | mean | p50 | p99 | p99.9 | queue |
//! |---|--:|--:|--:|--:|--:|--:|
//! | M/M/4 at 0.95 | 1 | 95.5 (10.6) none 1 | 97.0 (6.2) | 94.8 (35.8) none 3 | none | 95.7 (13.1) none 1 |
//! | M/M/4 at 0.95 | 5 | 95.5 (10.1) | 96.2 (6.0) | 97.4 (33.8) none 3 | none | 95.5 (12.4) |
//! | M/M/4 at 0.95 | 20 | 95.8 (10.9) | 94.8 (6.1) | 97.9 (35.3) none 6 | none | 95.8 (13.3) |
//! | M/M/1 at 0.9 | 1 | 97.0 (5.2) | 97.2 (3.5) | 97.2 (12.5) | 95.8 (26.0) none 70 | 97.2 (5.9) |
//! | M/M/1 at 0.9 | 5 | 97.0 (4.7) | 96.5 (3.4) | 96.5 (11.5) | 98.2 (23.1) none 73 | 96.8 (5.3) |
//! | M/M/1 at 0.9 | 20 | 95.8 (4.8) | 95.8 (3.3) | 98.5 (11.9) | 94.8 (24.2) none 72 | 95.8 (5.4) |
//! | M/M/1 twice at 0.9 | 1 | 97.0 (4.1) | 95.8 (3.1) | 97.0 (12.1) | 100.0 (18.9) none 99 | 96.8 (4.6) |
//! | M/M/1 twice at 0.9 | 5 | 95.8 (3.7) | 93.8 (3.0) | 95.2 (10.7) | 100.0 (16.2) none 99 | 95.2 (4.3) |
//! | M/M/1 twice at 0.9 | 20 | 96.2 (3.8) | 96.2 (2.9) | 96.8 (10.9) | 85.7 (17.9) none 99 | 96.0 (4.4) |
//! | M/G/1 scv 10 at 0.8 | 1 | 96.8 (8.0) | 96.8 (7.9) | 96.0 (16.0) | 98.4 (24.1) none 84 | 97.0 (8.4) |
//! | M/G/1 scv 10 at 0.8 | 5 | 96.5 (7.2) | 96.2 (7.4) | 97.2 (14.4) | 100.0 (24.4) none 83 | 96.5 (7.6) |
//! | M/G/1 scv 10 at 0.8 | 20 | 95.8 (7.0) | 96.0 (7.3) | 94.2 (13.5) | 91.4 (22.6) none 86 | 95.5 (7.3) |
//!
//! Hit ratios of caches whose exact values are known (`... -- 400 1e6 1,5,20 LRU`), in 1, 5 and 20 trials:
//!
//! | cache | 1 | 5 | 20 |
//! |---|--:|--:|--:|
//! | LRU 3 of 7 | 97.5 (0.2) | 96.0 (0.2) | 94.2 (0.2) |
//! | LRU 20 of 100 | 96.2 (0.3) | 96.8 (0.3) | 97.0 (0.3) |
//! | LRU 10 of 200 | 97.2 (0.4) | 96.5 (0.4) | 96.5 (0.4) |
//! | LRU 50 of 1000 | 96.2 (0.4) | 95.5 (0.3) | |
//!
//! # A tenth of the data
//!
//! 100,000 requests in all, 300 seeds (`... --example coverage -- 300 1e5 1,5,20,100`):
//!
//! | queue | trials | mean | p50 | p99 | p99.9 | queue |
//! |---|--:|--:|--:|--:|--:|--:|
//! | M/M/1 at 0.5 | 1 | 96.3 (2.5) | 98.0 (1.9) | 95.3 (5.0) | 96.3 (18.7) none 2 | 97.0 (4.8) |
//! | M/M/1 at 0.5 | 5 | 97.3 (2.3) | 95.7 (1.8) | 96.0 (4.7) | 96.7 (18.0) | 97.0 (4.4) |
//! | M/M/1 at 0.5 | 20 | 95.3 (2.2) | 96.7 (1.8) | 96.0 (4.7) | 95.7 (18.4) | 95.7 (4.3) |
//! | M/M/1 at 0.5 | 100 | 95.0 (2.0) | 95.0 (1.7) | 96.3 (4.5) | 97.0 (16.3) | 95.0 (3.8) |
//! | M/M/1 at 0.8 | 1 | 97.0 (8.2) | 97.0 (5.4) | 96.3 (24.9) none 1 | none | 97.0 (10.5) |
//! | M/M/1 at 0.8 | 5 | 97.0 (7.7) | 95.3 (5.1) | 96.3 (23.9) | 100.0 (20.7) none 99 | 97.0 (9.8) |
//! | M/M/1 at 0.8 | 20 | 94.0 (7.4) | 94.7 (5.1) | 95.0 (23.7) | none | 95.0 (9.5) |
//! | M/M/1 at 0.8 | 100 | 94.7 (7.7) | 95.7 (5.8) | 97.3 (30.0) none 1 | none | 93.3 (9.9) |
//! | M/M/1 at 0.95 | 1 | 91.9 (40.2) none 1 | 93.0 (23.2) | none | none | 92.0 (42.7) none 1 |
//! | M/M/1 at 0.95 | 5 | 92.9 (46.9) none 2 | 94.3 (24.2) none 2 | none | none | 92.9 (49.8) none 2 |
//! | M/M/1 at 0.95 | 20 | 94.7 (43.0) none 25 | 96.4 (26.5) none 25 | none | none | 94.7 (45.7) none 25 |
//! | M/M/1 at 0.95 | 100 | none | none | none | none | none |
//! | M/M/64 at 0.9 | 1 | 94.0 (2.8) | 93.7 (3.2) | 95.0 (1.8) none 1 | 97.3 (3.6) none 40 | 95.0 (52.6) |
//! | M/M/64 at 0.9 | 5 | 94.3 (2.7) | 95.3 (3.1) | 97.3 (1.8) | 94.4 (3.4) none 41 | 95.0 (52.0) |
//! | M/M/64 at 0.9 | 20 | 95.0 (3.2) none 1 | 92.6 (3.6) none 1 | 96.3 (2.0) none 1 | 96.4 (3.8) none 54 | 96.0 (59.2) none 1 |
//! | M/M/64 at 0.9 | 100 | 86.9 (1.7) none 65 | 85.0 (2.6) none 65 | 94.4 (2.0) none 65 | 92.7 (4.4) none 73 | 87.9 (32.9) none 65 |
//! | M/M/1/20 at 0.95 | 1 | 97.0 (5.3) | 96.0 (7.0) | 96.6 (3.3) none 13 | none | 97.0 (5.9) none 1 |
//! | M/M/1/20 at 0.95 | 5 | 95.0 (4.8) | 94.7 (6.7) | 96.3 (3.1) none 10 | none | 96.0 (5.4) |
//! | M/M/1/20 at 0.95 | 20 | 95.0 (4.7) | 96.0 (6.7) | 95.6 (3.1) none 9 | none | 95.3 (5.3) |
//! | M/M/1/20 at 0.95 | 100 | 96.3 (5.4) | 97.0 (8.1) | 93.6 (4.1) none 74 | none | 97.0 (6.1) |
//! | M/M/4 at 0.95 | 1 | 91.9 (36.8) none 1 | 92.7 (20.1) | none | none | 91.9 (45.7) none 1 |
//! | M/M/4 at 0.95 | 5 | 92.9 (43.3) none 1 | 93.9 (21.1) none 1 | none | none | 92.9 (53.0) none 1 |
//!
//! # Where it ends
//!
//! Trials that are short beside the memory of the system are all transient, and alike in it. What is cut from their start therefore
//! follows the memory ([`warm_up::decide`]), and the side to which bursts that are missing would move a mean is the wider one
//! ([`ratio()`]). To refuse short runs by the memory that they show is no remedy: samples without a burst show the shortest memory, so just
//! those pass whose mean is too low. Of 600 runs of M/M/1 at 0.95 with 100,000 requests in one trial, 8 % had more than 150 independent
//! stretches, and 51 % of these missed the truth. "Not enough data" is said where half a trial isn't enough to forget its start,
//! where six stretches aren't seen at all, and of a percentile that too few independent requests exceed. A single trial of 100,000 requests
//! at 0.95, 67 relaxation times of the queue, remains a bad corner: 92 %. Another is a hundred trials of 1,000 requests of M/M/64 at 0.9, of
//! which a third are answered: 87 %.

pub mod across;
pub mod batch;
pub mod memory;
#[cfg(test)]
mod noise;
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
