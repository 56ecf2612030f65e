//! A mean over all trials that is a ratio of two sums: mean latency, utilization, mean queue length, goodput.
//!
//! Batch means with Student's t (Law 2015, 9.5.3), adjusted for skewness by Willink (2005, "A confidence interval and test for the mean of
//! an asymmetric distribution") as in Skart (Tafazzoli and Wilson 2011). What differs: the adjustment may move a limit outward but never
//! inward, because the skewness of 20 batches is itself uncertain.

use super::batch::{self, Spread, TooLittle, Window};
use super::{CONFIDENCE, Estimate, student};

/// The pooled ratio, sum of numerators over sum of denominators, with its interval.
///
/// One vector a trial, one (numerator, denominator) a window; windows of a trial in the order of time and equally
/// long. Mean latency: (sum, count); utilization: (busy area, capacity area); queue length: (area, time); goodput: (ok, time).
/// A fraction of counts is better served by [`proportion`](super::proportion::proportion).
pub fn ratio(trials: &[Vec<Window>]) -> Estimate {
    match batch::spread(trials) {
        Ok(spread) => interval(&spread),
        Err(TooLittle::Nothing) => Estimate::default(),
        Err(TooLittle::Need(factor)) => Estimate::not_enough(factor),
    }
}

/// The interval of a spread, adjusted for skewness.
pub fn interval(spread: &Spread) -> Estimate {
    let t = student::critical(CONFIDENCE, spread.degrees);
    // Willink's G, by which t is replaced: a positive skewness moves both limits up.
    let a = spread.skewness / (6.0 * (spread.batches as f64).sqrt());
    let adjusted = |t: f64| {
        if a.abs() < 1e-6 {
            t
        } else {
            (cube_root(1.0 + 6.0 * a * (t - a)) - 1.0) / (2.0 * a)
        }
    };
    let low = spread.ratio - spread.error * adjusted(t).max(t);
    let high = spread.ratio - spread.error * adjusted(-t).min(-t);
    Estimate::between(low, spread.ratio, high)
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
