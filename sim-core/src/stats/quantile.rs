//! A percentile over all trials, from merged histograms, with an interval that needs no density.
//!
//! Woodruff (1952, "Confidence intervals for medians and other position measures"): the fraction of requests above the point estimate is a
//! ratio whose standard error the batches give; the interval is the quantiles at the two ends of that fraction's interval. Two things make it honest
//! near saturation, where requests exceed a high percentile in a few long bursts. Degrees of freedom are counted by Kish (1965, "Survey
//! Sampling"): when few batches hold most of the exceedances, the standard error is known no better than from that few. And a percentile is
//! given only when enough independent exceedances are to be expected.

use super::batch::{self, TooLittle, Window};
use super::{CONFIDENCE, Estimate, ratio, student};
use crate::measure::{Bucket, Histogram};

/// Independent exceedances to be expected, below which a percentile isn't given.
///
/// Correlation is measured at the median, where there is most data: a bound by the exceedances themselves would turn away just those samples
/// that had many bursts, and the intervals of the others would be too low. With at least 10, the largest value is above the
/// percentile but for e^-10, which is why it can stand for an upper limit.
const FEWEST_EXCEEDANCES: f64 = 10.0;
/// Batches among which the exceedances must at least be spread, by Kish's count.
const FEWEST_BATCHES: f64 = 2.5;
/// Times as full as the fuller of its neighbours that a bucket may be, to be taken for evenly filled.
const EVEN: f64 = 1.5;

/// The `p` quantile (0 to 1) of all values of all windows of all trials, in nanoseconds, with its interval.
///
/// One vector a trial, one histogram a window, as for [`ratio`](super::ratio::ratio).
pub fn quantile(trials: &[Vec<&Histogram>], p: f64) -> Estimate {
    quantiles(trials, &[p]).first().copied().unwrap_or_default()
}

/// Several quantiles of the same data: like [`quantile`], but merging only once.
pub fn quantiles(trials: &[Vec<&Histogram>], ps: &[f64]) -> Vec<Estimate> {
    let mut all = Histogram::new();
    trials.iter().flatten().for_each(|window| all.merge(window));
    let design = design_effect(trials, &all);
    ps.iter().map(|&p| one(trials, &all, design, p)).collect()
}

fn one(trials: &[Vec<&Histogram>], all: &Histogram, design: Result<f64, TooLittle>, p: f64) -> Estimate {
    let Some(point) = all.quantile(p) else {
        return Estimate::default();
    };
    if !(0.0..=1.0).contains(&p) {
        return Estimate::default();
    }
    let design = match design {
        Ok(design) => design,
        Err(TooLittle::Nothing) => return Estimate::default(),
        Err(TooLittle::Need(factor)) => return Estimate::not_enough(factor),
    };
    let rarer = p.min(1.0 - p);
    let expected = rarer * all.count() as f64 / design;
    // A range of a few ranks has no bursts to hide: where everything is the same value there is nothing to doubt.
    if expected < FEWEST_EXCEEDANCES && all.min() != all.max() {
        return Estimate::not_enough(FEWEST_EXCEEDANCES / expected);
    }
    // Where many values are the same, the point splits none of them: the other side of its bucket has its part of the tail in full.
    let mut tail = exceedances(trials, below(all, point));
    let outer = batch::spread(&exceedances(trials, point));
    if p < 0.5 {
        tail = complement(&exceedances(trials, point));
    }
    let (inner, outer) = match (batch::spread(&tail), outer) {
        (Ok(inner), Ok(outer)) => (inner, outer),
        (Err(TooLittle::Need(factor)), _) | (_, Err(TooLittle::Need(factor))) => {
            return Estimate::not_enough(factor);
        }
        (Err(TooLittle::Nothing), _) | (_, Err(TooLittle::Nothing)) => return Estimate::default(),
    };
    if inner.error > 0.0 && inner.spread_among < FEWEST_BATCHES {
        return Estimate::not_enough(FEWEST_EXCEEDANCES / inner.spread_among);
    }
    let degrees = ((inner.spread_among - 0.5).max(1.0) as u32).min(inner.degrees);
    let error = inner.error.max(outer.error);
    let t = student::critical(CONFIDENCE, degrees);
    // Bursts that are missing are the likelier error: more may exceed the point than did, and the percentile be higher.
    let skewed = ratio::johnson(&outer, student::critical(CONFIDENCE, outer.degrees));
    let (down, up) = (error * t, error * t.max(skewed));
    let (low, high) = (
        limit(all, p - down, Side::Low).unwrap_or(point as f64),
        limit(all, p + up, Side::High).unwrap_or(point as f64),
    );
    // The point is the middle of its bucket, from which a narrower interval may keep clear.
    let (low, high) = (low.min(point as f64), high.max(point as f64));
    Estimate::between(low, point as f64, high)
}

/// Which end of an interval.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Low,
    High,
}

/// The quantile as the end of an interval. Within a bucket that is filled like its neighbours values are taken to be spread evenly; one
/// that is fuller may hold a single value many times, anywhere in it, and then the end is its edge, less than 1/512 away.
fn limit(all: &Histogram, p: f64, side: Side) -> Option<f64> {
    let (least, most) = (all.min()? as f64, all.max()? as f64);
    if p <= 0.0 || p >= 1.0 {
        return Some(if p <= 0.0 { least } else { most });
    }
    let rank = p * all.count() as f64;
    let (mut before, mut last, mut buckets) = (0.0, None::<Bucket>, all.buckets().peekable());
    while let Some(bucket) = buckets.next() {
        let count = f64::from(bucket.count);
        if before + count < rank {
            before += count;
            last = Some(bucket);
            continue;
        }
        let width = |bucket: &Bucket| (bucket.high - bucket.low) as f64 + 1.0;
        let density = |bucket: &Bucket| f64::from(bucket.count) / width(bucket);
        let left = last.filter(|left| left.high + 1 == bucket.low);
        let right = buckets.peek().filter(|right| bucket.high + 1 == right.low);
        let around = left.iter().chain(right).map(density).fold(0.0, f64::max);
        let end = if density(&bucket) <= EVEN * around {
            bucket.low as f64 + width(&bucket) * (rank - before) / count
        } else if side == Side::Low {
            bucket.low as f64
        } else {
            bucket.high as f64
        };
        return Some(end.clamp(least, most));
    }
    Some(most)
}

/// By how much correlation multiplies the variance of the fraction of values above the median (Kish's design effect).
fn design_effect(trials: &[Vec<&Histogram>], all: &Histogram) -> Result<f64, TooLittle> {
    let median = all.quantile(0.5).ok_or(TooLittle::Nothing)?;
    let spread = batch::spread(&exceedances(trials, median))?;
    let independent = spread.ratio * (1.0 - spread.ratio) / all.count() as f64;
    Ok(if independent > 0.0 {
        (spread.error * spread.error / independent).max(1.0)
    } else {
        1.0
    })
}

/// Values above `x` and all values, by window.
fn exceedances(trials: &[Vec<&Histogram>], x: u64) -> Vec<Vec<Window>> {
    let window = |histogram: &&Histogram| (histogram.count_above(x) as f64, histogram.count() as f64);
    trials
        .iter()
        .map(|trial| trial.iter().map(window).collect())
        .collect()
}

/// Values not above `x` instead.
fn complement(exceedances: &[Vec<Window>]) -> Vec<Vec<Window>> {
    let turn = |trial: &Vec<Window>| {
        trial
            .iter()
            .map(|window| (window.1 - window.0, window.1))
            .collect()
    };
    exceedances.iter().map(turn).collect()
}

/// The greatest value whose bucket is below that of `x`.
fn below(all: &Histogram, x: u64) -> u64 {
    all.buckets()
        .take_while(|bucket| bucket.high < x)
        .last()
        .map_or(0, |bucket| bucket.high)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 32 windows of `values`, window by window.
    fn trial(values: impl Fn(u64) -> Vec<u64>) -> Vec<Histogram> {
        let window = |index| {
            let mut histogram = Histogram::new();
            values(index)
                .into_iter()
                .for_each(|value| histogram.record(value));
            histogram
        };
        (0..32).map(window).collect()
    }

    fn of(trials: &[Vec<Histogram>], p: f64) -> Estimate {
        let windows: Vec<Vec<&Histogram>> = trials.iter().map(|trial| trial.iter().collect()).collect();
        quantile(&windows, p)
    }

    #[test]
    fn nothing_measured_nothing_said() {
        assert_eq!(quantile(&[], 0.99), Estimate::default());
        assert_eq!(of(&[trial(|_| vec![])], 0.99), Estimate::default());
        assert_eq!(of(&[trial(|_| vec![1, 2])], f64::NAN), Estimate::default());
        assert_eq!(of(&[trial(|_| vec![1, 2])], 1.5), Estimate::default());
    }

    #[test]
    fn a_constant_is_certain() {
        let estimate = of(&[trial(|_| vec![5_000_000; 10])], 0.999);
        assert_eq!(estimate, Estimate::between(5e6, 5e6, 5e6));
    }

    #[test]
    fn a_high_percentile_of_few_values_is_not_given_and_more_would_do() {
        // 3200 values support a p99 (32 exceedances to be expected) but no p99.9 (3.2 of the 10).
        let few = [trial(|window| {
            (0..100).map(|i| 1000 + (i * 37 + window * 11) % 100).collect()
        })];
        assert!(of(&few, 0.99).value.is_some());
        let estimate = of(&few, 0.999);
        assert_eq!(estimate.value, None);
        let need = estimate.need.unwrap_or_default();
        assert!((3.0..3.2).contains(&need), "{need}");
    }

    #[test]
    fn a_percentile_that_one_outage_made_is_not_given() {
        // All that is slow is in one window: the next run may have none of it, or two.
        let outage = trial(|window| {
            (0..1000)
                .map(|i| if window == 9 && i < 500 { 900_000 } else { 1000 + i })
                .collect()
        });
        let estimate = of(&[outage], 0.99);
        assert_eq!(estimate.value, None);
        assert!(estimate.need.is_some_and(|need| need > 2.0));
    }

    #[test]
    fn the_interval_holds_the_value_and_covers_an_atom() {
        // 80 % hits at 1000 ns in half of the windows and 60 % in the others, the rest spread out.
        let bimodal = trial(|window| {
            let hits = if window % 2 == 0 { 800 } else { 600 };
            (0..1000)
                .map(|i| if i < hits { 1000 } else { 50_000 + 100 * i })
                .collect()
        });
        let estimate = of(&[bimodal], 0.7);
        let (low, value, high) = (
            estimate.low.unwrap(),
            estimate.value.unwrap(),
            estimate.high.unwrap(),
        );
        assert_eq!(low, 1000.0);
        assert!(low <= value && value < high && high > 50_000.0, "{estimate:?}");
    }
}
