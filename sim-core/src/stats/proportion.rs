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
