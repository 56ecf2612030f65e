//! A percentile over all trials, from merged histograms, with an interval that needs no density.
//!
//! Woodruff (1952, "Confidence intervals for medians and other position measures"): the fraction of requests above the point estimate is a
//! ratio whose standard error the batches give; the interval is the quantiles at the two ends of that fraction's interval. Two things make it honest
//! near saturation, where requests exceed a high percentile in a few long bursts. Degrees of freedom are counted by Kish (1965, "Survey
//! Sampling"): when few windows hold most of the exceedances, the standard error is known no better than from that few. And a percentile is
//! given only when enough independent exceedances are to be expected.

use super::batch::{self, TooLittle, Window};
use super::{CONFIDENCE, Estimate, student};
use crate::measure::Histogram;

/// Independent exceedances to be expected, below which a percentile isn't given.
///
/// Correlation is measured at the median, where there is most data: a bound by the exceedances themselves would turn away just those samples
/// that had many bursts, and the intervals of the others would be too low. With at least 8, the largest value is above the
/// percentile but for e^-8, which is why it can stand for an upper limit.
const FEWEST_EXCEEDANCES: f64 = 8.0;
/// Windows among which the exceedances must at least be spread (by Kish's count).
const FEWEST_WINDOWS: f64 = 2.5;

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
    // Where many values are the same, the point splits none of them: look at both sides of its bucket.
    let mut half_width: f64 = 0.0;
    for at in [point, below(all, point)] {
        let exceedances = exceedances(trials, at);
        let Ok(spread) = batch::spread(&exceedances) else {
            continue;
        };
        let rare = if p < 0.5 {
            complement(&exceedances)
        } else {
            exceedances
        };
        let windows = kish(&rare);
        if spread.error > 0.0 && windows < FEWEST_WINDOWS && at == point {
            return Estimate::not_enough(FEWEST_EXCEEDANCES / windows);
        }
        let degrees = ((windows - 0.5).max(1.0) as u32).min(spread.degrees);
        half_width = half_width.max(spread.error * student::critical(CONFIDENCE, degrees));
    }
    let limit = |p: f64| all.quantile(p.clamp(0.0, 1.0)).unwrap_or(point) as f64;
    Estimate::between(limit(p - half_width), point as f64, limit(p + half_width))
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

/// Among how many windows the numerators are spread: (sum)^2 / sum of squares.
fn kish(windows: &[Vec<Window>]) -> f64 {
    let (mut sum, mut squares) = (0.0, 0.0);
    for (numerator, _) in windows.iter().flatten() {
        sum += numerator;
        squares += numerator * numerator;
    }
    if squares > 0.0 { sum * sum / squares } else { 1.0 }
}
