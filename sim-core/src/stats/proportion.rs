//! A fraction of counts over all trials: availability, hit ratio. What differs from a ratio: it can't leave 0..1, and all successes
//! don't make it certain.
//!
//! Wilson's score interval (1927), which for n successes in n ends at n / (n + t^2), a little below the rule of three
//! (Hanley and Lippman-Hand 1983); the count is divided by the design effect, the factor by which correlation raises the variance over the
//! binomial one (Korn and Graubard 1998, "Confidence intervals for proportions with small expected number of positive
//! counts"). Without a single failure there is nothing to measure that factor by, and failures are taken to strike one by one.

use super::batch::{self, TooLittle, Window};
use super::{CONFIDENCE, Estimate, student};

/// The fraction of successes with its interval: one vector a trial, one (successes, all) a window.
pub fn proportion(trials: &[Vec<Window>]) -> Estimate {
    let (successes, all) = trials
        .iter()
        .map(|trial| batch::total(trial))
        .fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
    if all <= 0.0 {
        return Estimate::default();
    }
    let p = successes / all;
    let (design, degrees) = match batch::spread(trials) {
        Ok(spread) => {
            let binomial = p * (1.0 - p) / all;
            let design = if binomial > 0.0 {
                (spread.error * spread.error / binomial).max(1.0)
            } else {
                1.0
            };
            (design, spread.degrees)
        }
        Err(TooLittle::Nothing) => return Estimate::default(),
        Err(TooLittle::Need(_)) if successes == 0.0 || successes == all => (1.0, u32::MAX),
        Err(TooLittle::Need(factor)) => return Estimate::not_enough(factor),
    };
    let n = (all / design).max(1.0);
    let t = student::critical(CONFIDENCE, degrees);
    let middle = (p + t * t / (2.0 * n)) / (1.0 + t * t / n);
    let half_width = t * (p * (1.0 - p) / n + t * t / (4.0 * n * n)).sqrt() / (1.0 + t * t / n);
    // Rounding must not exclude the estimate itself at 0 and 1.
    let low = if p == 0.0 {
        0.0
    } else {
        (middle - half_width).clamp(0.0, p)
    };
    let high = if p == 1.0 {
        1.0
    } else {
        (middle + half_width).clamp(p, 1.0)
    };
    Estimate::between(low, p, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(trials: &[Vec<Window>]) -> (f64, f64, f64) {
        let estimate = proportion(trials);
        (
            estimate.low.unwrap(),
            estimate.value.unwrap(),
            estimate.high.unwrap(),
        )
    }

    #[test]
    fn no_failure_is_not_certainty() {
        // 12 degrees of freedom: t = 2.179, and n / (n + t^2) = 1 - 4.75e-6.
        let (low, value, high) = limits(&[vec![(31_250.0, 31_250.0); 32]]);
        assert_eq!((value, high), (1.0, 1.0));
        assert!((1.0 - low - 4.75e-6).abs() < 1e-8, "{low}");
        let (low, value, high) = limits(&[vec![(0.0, 31_250.0); 32]]);
        assert_eq!((low, value), (0.0, 0.0));
        assert!((high - 4.75e-6).abs() < 1e-8, "{high}");
    }

    #[test]
    fn one_failure_keeps_the_interval_inside_and_open_below() {
        let mut windows = vec![(1000.0, 1000.0); 32];
        windows[7].0 = 999.0;
        let (low, value, high) = limits(&[windows]);
        assert!(0.0 < 1.0 - high && 1.0 - high < (1.0 - value) / 4.0, "{high}");
        assert!(1.0 - low > 4.0 * (1.0 - value) && low > 0.999, "{low}");
    }

    #[test]
    fn failures_that_come_together_widen_it() {
        let spread_out = vec![(990.0, 1000.0); 32];
        let mut together = vec![(1000.0, 1000.0); 32];
        together[5].0 = 840.0;
        together[20].0 = 840.0;
        let (narrow, wide) = (limits(&[spread_out]), limits(&[together]));
        assert_eq!(narrow.1, wide.1);
        assert!(
            wide.2 - wide.0 > 3.0 * (narrow.2 - narrow.0),
            "{narrow:?} {wide:?}"
        );
    }

    #[test]
    fn nothing_offered_nothing_said() {
        assert_eq!(proportion(&[vec![(0.0, 0.0); 32]]), Estimate::default());
    }
}
