//! Windows of a trial combined into batches, and what the spread of the batches says of the whole.
//!
//! The estimator is the ratio of sums with the delta-method variance of its residuals (Cochran 1977, "Sampling
//! Techniques", ch. 6; Law 2015, "Simulation Modeling and Analysis", 9.5.2, for cycles), so that windows with more requests weigh more. Windows
//! of one trial are correlated near saturation: they are combined into about 20 batches in all (Schmeiser 1982, "Batch size effects in the
//! analysis of simulation output": beyond 10 to 30 batches nothing is gained), spread evenly over the trials, which are independent. What
//! correlation is left between batches is made up for by widening, as N-Skart does (Tafazzoli and Wilson 2011, "Skart: a skewness- and
//! autoregression-adjusted batch-means procedure"): an autoregression of order 1, here fitted to the windows, of which there are more.

/// One window: numerator and denominator of a ratio.
pub type Window = (f64, f64);

/// Batches that are aimed at, over all trials.
const BATCHES: usize = 20;
/// Independent stretches below which the windows of the trials can't tell how variable they are.
const FEWEST_STRETCHES: f64 = 6.0;
/// Trials from which on they are enough by themselves, however few windows they have.
const FEWEST_TRIALS: usize = 5;
/// The most of the lag-1 correlation that is believed.
const MOST_CORRELATION: f64 = 0.95;

/// How far a pooled ratio may be from the truth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Sum of numerators over sum of denominators.
    pub ratio: f64,
    /// Standard error of the ratio, correlation between batches included.
    pub error: f64,
    /// Degrees of freedom of the standard error.
    pub degrees: u32,
    /// Skewness of the batch residuals.
    pub skewness: f64,
    /// Number of batches.
    pub batches: usize,
    /// Among how many batches the numerator is spread, by Kish's count (sum)^2 / sum of squares: all of them when it is even.
    pub spread_among: f64,
}

/// Why there is no [`Spread`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TooLittle {
    /// All denominators are zero: nothing happened.
    Nothing,
    /// Too few windows, or too correlated ones: this many times as much data should do.
    Need(f64),
}

/// The sum of windows.
pub fn total(windows: &[Window]) -> Window {
    windows
        .iter()
        .fold((0.0, 0.0), |sum, window| (sum.0 + window.0, sum.1 + window.1))
}

/// The pooled ratio of all windows of all trials and its spread.
pub fn spread(trials: &[Vec<Window>]) -> Result<Spread, TooLittle> {
    let (numerator, denominator) = trials
        .iter()
        .map(|trial| total(trial))
        .fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
    let ratio = numerator / denominator;
    if denominator <= 0.0 || !ratio.is_finite() {
        return Err(TooLittle::Nothing);
    }
    let used = trials.iter().filter(|trial| !trial.is_empty()).count();
    let windows: usize = trials.iter().map(Vec::len).sum();
    let correlation = correlation(trials, ratio);
    let stretches = windows as f64 * (1.0 - correlation) / (1.0 + correlation);
    if stretches < FEWEST_STRETCHES && used < FEWEST_TRIALS {
        return Err(TooLittle::Need(FEWEST_STRETCHES / stretches));
    }
    let batches_per_trial = ((BATCHES + used / 2) / used).max(1);
    let mut batched: Vec<Vec<Window>> = Vec::with_capacity(used);
    for trial in trials.iter().filter(|trial| !trial.is_empty()) {
        let batches = batches_per_trial.min(trial.len());
        let edge = |batch: usize| batch * trial.len() / batches;
        batched.push(
            (0..batches)
                .map(|batch| total(&trial[edge(batch)..edge(batch + 1)]))
                .collect(),
        );
    }
    let n = batched.iter().map(Vec::len).sum::<usize>();
    let count = n as f64;
    let raw = residuals(&batched, ratio);
    let squares: f64 = raw.iter().flatten().map(|e| e * e).sum();
    let cubes: f64 = raw.iter().flatten().map(|e| e * e * e).sum();
    let numerator_squares: f64 = batched.iter().flatten().map(|batch| batch.0 * batch.0).sum();
    let plain = squares / (count - 1.0);
    let (chance, common) = without_profile(&raw);
    let degrees = n - common;
    let variance = chance.iter().flatten().map(|e| e * e).sum::<f64>() / degrees as f64;
    let left = inflation(
        windows as f64 / used as f64,
        batches_per_trial as f64,
        correlation,
    );
    Ok(Spread {
        ratio,
        error: (variance * count * left).sqrt() / denominator,
        // One trial has to tell the correlation of its batches as well, from the same few windows.
        degrees: if used == 1 {
            (2 * degrees / 3).max(1) as u32
        } else {
            degrees as u32
        },
        skewness: if plain > 0.0 {
            cubes * count / ((count - 1.0) * (count - 2.0)) / (plain * plain.sqrt())
        } else {
            0.0
        },
        batches: n,
        spread_among: if numerator_squares > 0.0 {
            numerator * numerator / numerator_squares
        } else {
            1.0
        },
    })
}

/// What each window has more than the ratio would give it.
pub(super) fn residuals(trials: &[Vec<Window>], ratio: f64) -> Vec<Vec<f64>> {
    trials
        .iter()
        .map(|trial| trial.iter().map(|window| window.0 - ratio * window.1).collect())
        .collect()
}

/// Residuals less what all trials have in common at the same time (a daily cycle, a planned outage, a ramp: no chance, and no
/// reason to doubt the mean), and the degrees of freedom which that costs. With one trial, or trials of different length, only the mean.
pub(super) fn without_profile(residuals: &[Vec<f64>]) -> (Vec<Vec<f64>>, usize) {
    let Some(first) = residuals.first() else {
        return (Vec::new(), 1);
    };
    if residuals.len() < 2 || residuals.iter().any(|trial| trial.len() != first.len()) {
        return (residuals.to_vec(), 1);
    }
    let mean = |at: usize| residuals.iter().map(|trial| trial[at]).sum::<f64>() / residuals.len() as f64;
    let profile: Vec<f64> = (0..first.len()).map(mean).collect();
    let less = |trial: &Vec<f64>| trial.iter().zip(&profile).map(|(e, common)| e - common).collect();
    (residuals.iter().map(less).collect(), first.len())
}

/// Correlation between the residuals of neighbouring windows of the same trial, 0 to [`MOST_CORRELATION`].
///
/// The sample correlation is too low by about (1 + 4 phi) / n because the mean is estimated (Marriott and Pope 1954),
/// which is put right; a negative one would narrow an interval and counts as 0. So that those above 0 don't widen it by chance alone,
/// it is shrunk by how large its square is beside the variance that it has where there is no correlation, 1 / n.
pub(super) fn correlation(trials: &[Vec<Window>], ratio: f64) -> f64 {
    let (mut squares, mut products, mut windows, mut pairs) = (0.0, 0.0, 0usize, 0usize);
    let used: Vec<Vec<f64>> = residuals(trials, ratio)
        .into_iter()
        .filter(|trial| !trial.is_empty())
        .collect();
    for residuals in without_profile(&used).0 {
        squares += residuals.iter().map(|e| e * e).sum::<f64>();
        products += residuals.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>();
        windows += residuals.len();
        pairs += residuals.len().saturating_sub(1);
    }
    if squares <= 0.0 || pairs == 0 || windows <= 5 {
        return 0.0;
    }
    let n = windows as f64;
    let sample = (products / pairs as f64) / (squares / n);
    let corrected = ((sample * n + 1.0) / (n - 4.0)).clamp(0.0, MOST_CORRELATION);
    corrected * corrected * corrected / (corrected * corrected + 1.0 / n)
}

/// By how much the variance of a trial's sum exceeds what its batches would have if they were independent, for
/// windows that are an autoregression of order 1.
fn inflation(windows: f64, batches: f64, correlation: f64) -> f64 {
    if batches <= 1.0 || correlation <= 0.0 {
        return 1.0;
    }
    let batches = batches.min(windows);
    (variance_of_sum(windows, correlation) / (batches * variance_of_sum(windows / batches, correlation)))
        .max(1.0)
}

/// The variance of the sum of `n` neighbours of an autoregression of order 1, in variances of one: n + 2 sum of (n - i) phi^i.
fn variance_of_sum(n: f64, correlation: f64) -> f64 {
    let (mut sum, mut lag, mut power) = (n, 1.0, correlation);
    while lag < n && power > 1e-12 {
        sum += 2.0 * (n - lag) * power;
        power *= correlation;
        lag += 1.0;
    }
    sum
}
