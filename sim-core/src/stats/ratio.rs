//! A mean over all trials that is a ratio of two sums: mean latency, utilization, mean queue length, goodput.
//!
//! Batch means with Student's t (Law 2015, 9.5.3), adjusted for skewness by Willink (2005, "A confidence interval and test for the mean of
//! an asymmetric distribution") as in Skart (Tafazzoli and Wilson 2011). What differs: the skewness of 20 batches is itself uncertain, and a
//! sample without bursts, whose mean is too low, shows too little of it. So the side to which a mean may be skewed, which is up unless the
//! batches tell otherwise, is adjusted by the skewness and once its standard error, and only outward.

use super::batch::{self, Spread, TooLittle, Window};
use super::{CONFIDENCE, Estimate, student};

/// The pooled ratio, sum of numerators over sum of denominators, with its interval.
///
/// One vector a trial, one (numerator, denominator) a window; windows of a trial in the order of time and equally
/// long. Mean latency: (sum, count); utilization: (busy area, capacity area); queue length: (area, time); goodput: (ok, time).
/// A fraction of counts is better served by [`proportion`](super::proportion::proportion).
pub fn ratio(trials: &[Vec<Window>]) -> Estimate {
    match batch::spread(trials) {
        Ok(spread) => {
            let estimate = interval(&spread);
            // Nothing that is a mean of numbers that can't be negative lies below zero.
            let is_signed = trials.iter().flatten().any(|w| w.0 < 0.0);
            Estimate {
                low: estimate.low.map(|low| if is_signed { low } else { low.max(0.0) }),
                ..estimate
            }
        }
        Err(TooLittle::Nothing) => Estimate::default(),
        Err(TooLittle::Need(factor)) => Estimate::not_enough(factor),
    }
}

/// The interval of a spread, adjusted for skewness.
pub fn interval(spread: &Spread) -> Estimate {
    let t = student::critical(CONFIDENCE, spread.degrees);
    let low = spread.ratio - spread.error * below(spread, t);
    let high = spread.ratio + spread.error * above(spread, t);
    Estimate::between(low, spread.ratio, high)
}

/// How many standard errors the truth may be above the ratio, where it would be `t` of them if nothing were skewed.
fn above(spread: &Spread, t: f64) -> f64 {
    let doubt = skewness_error(spread.batches);
    if spread.skewness + doubt >= 0.0 {
        (-adjusted(spread, spread.skewness + doubt, -t)).max(t)
    } else {
        -adjusted(spread, spread.skewness, -t)
    }
}

/// The same to the first order in the skewness (Johnson 1978, "Modified t tests and confidence intervals for asymmetrical
/// populations"), for fractions that are small and come in few bursts, which Willink's root would send to infinity.
pub(super) fn johnson(spread: &Spread, t: f64) -> f64 {
    t + spread.skewness.max(0.0) * (2.0 * t * t + 1.0) / (6.0 * (spread.batches as f64).sqrt())
}

/// The same as [`above`] below the ratio.
fn below(spread: &Spread, t: f64) -> f64 {
    let doubt = skewness_error(spread.batches);
    if spread.skewness + doubt >= 0.0 {
        adjusted(spread, spread.skewness.max(0.0), t)
    } else {
        adjusted(spread, spread.skewness - doubt, t).max(t)
    }
}

/// The standard error of the skewness of as many values (Fisher 1930, to its first order), taken as that of 20 of fewer: a handful of
/// trials, each of which is one value, has its doubts in Student's t.
fn skewness_error(batches: usize) -> f64 {
    (6.0 / batches.max(20) as f64).sqrt()
}

/// Willink's G, by which `t` is replaced: a positive skewness moves both limits up.
fn adjusted(spread: &Spread, skewness: f64, t: f64) -> f64 {
    let a = skewness / (6.0 * (spread.batches as f64).sqrt());
    if a.abs() < 1e-6 {
        t
    } else {
        (cube_root(1.0 + 6.0 * a * (t - a)) - 1.0) / (2.0 * a)
    }
}

/// The real cube root, by Newton's method from above, with the same bits everywhere.
fn cube_root(x: f64) -> f64 {
    let size = x.abs();
    if size == 0.0 {
        return 0.0;
    }
    let mut root = size.max(1.0);
    for _ in 0..200 {
        let next = (2.0 * root + size / (root * root)) / 3.0;
        if next >= root {
            break;
        }
        root = next;
    }
    if x < 0.0 { -root } else { root }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_measured_nothing_said() {
        assert_eq!(ratio(&[]), Estimate::default());
        assert_eq!(ratio(&[vec![(0.0, 0.0); 32]]), Estimate::default());
    }

    #[test]
    fn a_constant_is_certain() {
        assert_eq!(ratio(&[vec![(6.0, 2.0); 32]]), Estimate::between(3.0, 3.0, 3.0));
    }

    #[test]
    fn a_textbook_interval_from_trials() {
        // Law 2015, example 9.14 (bank, ten replications): mean 2.03, s^2 = 0.31, 90 % 2.03 +- 0.32, so 95 % is +- 0.40.
        let delays = [1.53, 1.66, 1.24, 2.34, 2.00, 1.69, 2.69, 2.86, 1.70, 2.60];
        let trials: Vec<Vec<Window>> = delays.iter().map(|&delay| vec![(delay, 1.0)]).collect();
        let spread = batch::spread(&trials).expect("ten trials");
        assert_eq!((spread.batches, spread.degrees), (10, 9));
        let plain = spread.error * student::critical(0.95, 9);
        assert!(
            (spread.ratio - 2.031).abs() < 1e-9 && (plain - 0.398).abs() < 0.005,
            "{spread:?}"
        );
        let estimate = interval(&spread);
        // A skewness of 0.26, for all that ten values say of it, moves the lower limit up a little and may move the upper one further.
        let (low, high) = (estimate.low.unwrap(), estimate.high.unwrap());
        assert!((0.85 * plain..plain).contains(&(2.031 - low)), "{estimate:?}");
        assert!((plain..1.6 * plain).contains(&(high - 2.031)), "{estimate:?}");
    }

    #[test]
    fn a_single_trial_that_only_drifts_needs_more() {
        let drifting = vec![(1..=32).map(|i| (f64::from(i), 1.0)).collect()];
        let estimate = ratio(&drifting);
        assert_eq!(estimate.value, None);
        assert!(estimate.need.is_some_and(|need| need > 1.0));
    }

    #[test]
    fn what_every_trial_does_at_the_same_time_is_no_reason_to_doubt() {
        // A ramp from 1 to 32 in every trial, and beside it a difference of 0.1 between trials.
        let ramp = |trial: u32| {
            (1..=32)
                .map(|i| (f64::from(i) + 0.1 * f64::from(trial * 7 % 5), 1.0))
                .collect()
        };
        let trials: Vec<Vec<Window>> = (0..5).map(ramp).collect();
        let estimate = ratio(
            &trials
                .iter()
                .map(|trial| vec![batch::total(trial)])
                .collect::<Vec<_>>(),
        );
        assert!(
            estimate.relative_half_width().is_some_and(|width| width < 0.03),
            "{estimate:?}"
        );
        let noisy = |trial: usize| -> Vec<Window> {
            (0..32)
                .map(|i| (i as f64 + ((trial * 13 + i * 29) % 17) as f64 / 8.0, 1.0))
                .collect()
        };
        let estimate = ratio(&(0..5).map(noisy).collect::<Vec<_>>());
        assert!(
            estimate.relative_half_width().is_some_and(|width| width < 0.03),
            "{estimate:?}"
        );
    }

    #[test]
    fn a_skewed_measure_reaches_further_up() {
        let windows: Vec<Window> = (0..32)
            .map(|i| (if i % 10 == 0 { 10.0 } else { 1.0 }, 1.0))
            .collect();
        let estimate = ratio(&[windows]);
        let (low, value, high) = (
            estimate.low.unwrap(),
            estimate.value.unwrap(),
            estimate.high.unwrap(),
        );
        assert!(high - value > 1.2 * (value - low), "{estimate:?}");
    }

    #[test]
    fn cube_roots() {
        for x in [1e-12, 0.3, 1.0, 27.0, 1e12] {
            let root = cube_root(x);
            assert!((root * root * root / x - 1.0).abs() < 1e-12, "{x}: {root}");
            assert_eq!(cube_root(-x), -root);
        }
        assert_eq!(cube_root(0.0), 0.0);
    }
}
