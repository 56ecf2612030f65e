//! One moment of a timeline: a ratio or a percentile over all trials, with an interval from the trials alone.
//!
//! At one moment each trial gives one observation, and trials are independent: the delta-method variance of a ratio's residuals
//! (Cochran 1977, "Sampling Techniques", ch. 6) with Student's t needs no batches. A percentile's interval is that of the share of requests above
//! it (Woodruff 1952). An interval holds for its moment alone, not for all moments at once, and a single trial gives none.

use super::batch::{Window, total};
use super::{CONFIDENCE, Estimate, student};
use crate::measure::Histogram;

/// Requests beyond a percentile that it takes to know it.
const BEYOND: f64 = 10.0;

/// Estimates over so many trials.
#[derive(Clone, Copy, Debug)]
pub struct Across {
    trials: usize,
    /// Student's t for their number.
    t: f64,
}

impl Across {
    /// Over this many trials.
    #[must_use]
    pub fn new(trials: usize) -> Self {
        let degrees = u32::try_from(trials.saturating_sub(1)).unwrap_or(u32::MAX);
        Self {
            trials,
            t: student::critical(CONFIDENCE, degrees),
        }
    }

    /// The pooled ratio, one (numerator, denominator) a trial; numerators are not negative. No value where all denominators
    /// are zero; no interval where fewer than two are not.
    #[must_use]
    pub fn ratio(&self, of_trials: &[Window]) -> Estimate {
        let (numerator, denominator) = total(of_trials);
        let value = numerator / denominator;
        if denominator <= 0.0 || !value.is_finite() {
            return Estimate::default();
        }
        match self.error(of_trials) {
            Some(error) => {
                let half = error * self.t;
                Estimate::between((value - half).max(0.0), value, value + half)
            }
            None => Estimate {
                value: Some(value),
                ..Estimate::default()
            },
        }
    }

    /// A pooled ratio that is a share: nothing of its interval lies above one.
    #[must_use]
    pub fn share(&self, of_trials: &[Window]) -> Estimate {
        let estimate = self.ratio(of_trials);
        Estimate {
            high: estimate
                .high
                .zip(estimate.value)
                .map(|(high, value)| high.min(1.0).max(value)),
            ..estimate
        }
    }

    /// The standard error of the pooled ratio.
    fn error(&self, of_trials: &[Window]) -> Option<f64> {
        if of_trials.iter().filter(|w| w.1 > 0.0).count() < 2 {
            return None;
        }
        let (numerator, denominator) = total(of_trials);
        let ratio = numerator / denominator;
        let squares: f64 = of_trials
            .iter()
            .map(|w| (w.0 - ratio * w.1) * (w.0 - ratio * w.1))
            .sum();
        let n = self.trials.max(2) as f64;
        Some((squares * n / (n - 1.0)).sqrt() / denominator)
    }

    /// The `p` quantile (0 to 1) of the values of all trials, in nanoseconds, one histogram a trial. No value where fewer than
    /// ten values are expected on its rarer side.
    #[must_use]
    pub fn quantile(&self, of_trials: &[&Histogram], p: f64) -> Estimate {
        let mut all = Histogram::new();
        of_trials.iter().for_each(|h| all.merge(h));
        self.quantile_of(&all, of_trials, p)
    }

    /// As [`Self::quantile`], where `all` holds the values of all trials.
    #[must_use]
    pub fn quantile_of(&self, all: &Histogram, of_trials: &[&Histogram], p: f64) -> Estimate {
        let expected = p.min(1.0 - p) * all.count() as f64;
        let Some(point) = all.quantile(p) else {
            return Estimate::default();
        };
        if expected < BEYOND {
            return Estimate::not_enough(BEYOND / expected);
        }
        // Values that share the point's bucket are on one side of it or the other: whichever is the less certain counts.
        let below = (point - (point >> 9)).saturating_sub(1);
        let errors = [point, below].map(|x| {
            let above = of_trials
                .iter()
                .map(|h| (h.count_above(x) as f64, h.count() as f64));
            self.error(&above.collect::<Vec<_>>())
        });
        let [Some(outer), Some(inner)] = errors else {
            return Estimate {
                value: Some(point as f64),
                ..Estimate::default()
            };
        };
        let half = outer.max(inner) * self.t;
        let limit = |p: f64| all.quantile(p.clamp(0.0, 1.0)).unwrap_or(point) as f64;
        Estimate::between(limit(p - half), point as f64, limit(p + half))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_of_equal_parts_has_the_textbook_interval() {
        // Mean 12, standard deviation 2, three observations: 12 -+ 4.303 * 2 / sqrt(3).
        let found = Across::new(3).ratio(&[(10.0, 1.0), (12.0, 1.0), (14.0, 1.0)]);
        let half = 4.303 * 2.0 / 3f64.sqrt();
        let near = |a: Option<f64>, b: f64| a.is_some_and(|a| (a - b).abs() < 1e-3);
        assert!(
            near(found.value, 12.0) && near(found.low, 12.0 - half) && near(found.high, 12.0 + half),
            "{found:?}"
        );
    }

    #[test]
    fn a_ratio_weighs_by_its_denominators() {
        let found = Across::new(2).ratio(&[(10.0, 10.0), (90.0, 30.0)]);
        assert_eq!(found.value, Some(2.5));
        assert!(found.low < found.value && found.value < found.high);
    }

    #[test]
    fn one_trial_has_no_interval_and_nothing_has_no_value() {
        let one = Across::new(1).ratio(&[(3.0, 2.0)]);
        assert_eq!((one.value, one.low, one.high), (Some(1.5), None, None));
        // Of two trials one was over by then.
        let left = Across::new(2).ratio(&[(3.0, 2.0), (0.0, 0.0)]);
        assert_eq!((left.value, left.low, left.high), (Some(1.5), None, None));
        assert_eq!(
            Across::new(2).ratio(&[(0.0, 0.0), (0.0, 0.0)]),
            Estimate::default()
        );
        assert_eq!(Across::new(0).ratio(&[]), Estimate::default());
    }

    #[test]
    fn a_share_stays_below_one() {
        let found = Across::new(2).share(&[(1.0, 1.0), (0.9, 1.0)]);
        assert_eq!(found.high, Some(1.0));
        assert!(found.value.is_some_and(|v| (v - 0.95).abs() < 1e-12));
    }

    fn histogram(values: impl Iterator<Item = u64>) -> Histogram {
        let mut h = Histogram::new();
        values.for_each(|v| h.record(v));
        h
    }

    #[test]
    fn a_percentile_needs_ten_values_beyond_it() {
        let (a, b) = (histogram(0..600), histogram(100..700));
        let across = Across::new(2);
        let p99 = across.quantile(&[&a, &b], 0.99);
        assert!(
            p99.value.is_some() && p99.low < p99.value && p99.value <= p99.high,
            "{p99:?}"
        );
        let few = histogram(0..400);
        let none = across.quantile(&[&few, &few], 0.99);
        let need = none.need.unwrap_or_default();
        assert!(none.value.is_none() && (need - 1.25).abs() < 1e-9, "{none:?}");
        let p50 = across.quantile(&[&few, &few], 0.5);
        let width = p50.high.zip(p50.low).map(|(high, low)| high - low);
        assert!(width.is_some_and(|w| w <= 1.0), "trials that agree: {p50:?}");
    }
}
