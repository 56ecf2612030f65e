//! A transient that never ends: growth, drift or a cycle, in place of a steady state.
//!
//! The slope of a least-squares line over the windows, its standard error widened for the correlation of the residuals by
//! sqrt((1 + phi) / (1 - phi)) (Box, Jenkins and Reinsel 2008, "Time Series Analysis"; the adjustment of N-Skart), and for cycles the sample
//! autocorrelation, which comes back after one period. A queue offered more than it can serve grows in proportion to time (Kleinrock
//! 1975): its line starts near nothing, while a queue that is merely busy wanders about its mean.

use super::batch::Window;
use super::student;

/// Fewer windows than this show no trend.
const FEWEST: usize = 12;
/// A slope is believed at this confidence: a false alarm in a thousand runs.
const CONFIDENCE: f64 = 0.999;
/// A line explains growth when it rises by this many means over the run: a queue that starts from nothing and grows evenly rises by 2.
const GROWTH: f64 = 1.0;
/// The same for the second half alone, where even growth from nothing rises by 2/3 and what flattens by less.
const LATER_GROWTH: f64 = 0.4;
/// A rise that is smaller than this part of the mean is no drift that anybody should care for.
const DRIFT: f64 = 0.05;
/// Autocorrelation at a full period that makes a cycle.
const CYCLE: f64 = 0.5;

/// How a level moves over the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trend {
    /// It wanders about a mean.
    Steady,
    /// It grows without end in sight, as a queue does that is offered more than it can serve.
    Growing {
        /// Growth over the whole run, in means of the level.
        rise: f64,
    },
    /// It moves slowly in one direction, up or down.
    Drifting {
        /// Change over the whole run, in means of the level; negative downward.
        rise: f64,
    },
    /// It comes back again and again.
    Cycling {
        /// The period in windows.
        period: usize,
    },
    /// Too few windows to say.
    Unknown,
}

/// How a level, given by windows as (numerator, denominator), moves over the run; windows at the same time are pooled over trials, and the
/// shortest trial counts. For a queue: (area, time); the more windows the better (the fine ones that the warm-up is found by).
pub fn trend(trials: &[Vec<Window>]) -> Trend {
    let windows = trials.iter().map(Vec::len).min().unwrap_or(0);
    let mut levels = Vec::with_capacity(windows);
    for index in 0..windows {
        let (numerator, denominator) = trials.iter().fold((0.0, 0.0), |sum, trial| {
            (sum.0 + trial[index].0, sum.1 + trial[index].1)
        });
        if denominator > 0.0 {
            levels.push(numerator / denominator);
        }
    }
    if levels.len() < FEWEST {
        return Trend::Unknown;
    }
    let whole = line(&levels);
    if whole.mean == 0.0 || !whole.mean.is_finite() {
        return Trend::Steady;
    }
    let rise = whole.rise;
    if whole.t > whole.critical(CONFIDENCE) && rise >= GROWTH {
        // A long transient rises too, but it has flattened by the second half.
        let later = line(&levels[levels.len() / 2..]);
        if later.rise >= LATER_GROWTH {
            return Trend::Growing { rise };
        }
    }
    if !whole.exact
        && let Some(period) = period(&whole.residuals, whole.squares)
    {
        return Trend::Cycling { period };
    }
    if whole.t > whole.critical(CONFIDENCE) && rise.abs() >= DRIFT {
        Trend::Drifting { rise }
    } else {
        Trend::Steady
    }
}

/// The least-squares line through levels.
struct Line {
    mean: f64,
    /// How far it rises from end to end, in means.
    rise: f64,
    /// The size of the slope in standard errors, widened for correlation.
    t: f64,
    degrees: u32,
    residuals: Vec<f64>,
    /// Sum of the squared residuals.
    squares: f64,
    /// Whether nothing but rounding is left beside the line.
    exact: bool,
}

impl Line {
    /// What `t` must exceed.
    fn critical(&self, confidence: f64) -> f64 {
        student::critical(confidence, self.degrees)
    }
}

fn line(levels: &[f64]) -> Line {
    let n = levels.len() as f64;
    let mean = levels.iter().sum::<f64>() / n;
    let centre = (n - 1.0) / 2.0;
    let spread: f64 = (0..levels.len())
        .map(|i| (i as f64 - centre) * (i as f64 - centre))
        .sum();
    let slope = levels
        .iter()
        .enumerate()
        .map(|(i, y)| (i as f64 - centre) * (y - mean))
        .sum::<f64>()
        / spread;
    let residuals: Vec<f64> = levels
        .iter()
        .enumerate()
        .map(|(i, y)| y - mean - slope * (i as f64 - centre))
        .collect();
    let squares: f64 = residuals.iter().map(|e| e * e).sum();
    let exact = squares <= 1e-20 * n * mean * mean;
    // Residuals that are nothing but rounding have no correlation worth the name.
    let correlation = if exact {
        0.0
    } else {
        corrected(autocorrelation(&residuals, squares, 1), n)
    };
    let widening = (1.0 + correlation) / (1.0 - correlation);
    let error = (squares / (n - 2.0) / spread * widening).sqrt();
    let rise = slope * n / mean.abs();
    // A slope that is itself nothing but rounding isn't one, however small its error.
    let t = if rise.abs() < 1e-9 {
        0.0
    } else {
        slope.abs() / error
    };
    Line {
        mean,
        rise,
        t,
        degrees: (n / widening - 2.0).max(1.0) as u32,
        residuals,
        squares,
        exact,
    }
}

/// The sample autocorrelation at a lag.
fn autocorrelation(residuals: &[f64], squares: f64, lag: usize) -> f64 {
    residuals
        .iter()
        .zip(&residuals[lag..])
        .map(|(a, b)| a * b)
        .sum::<f64>()
        / squares
}

/// Put right for the two parameters of the line that were fitted (Marriott and Pope 1954), between 0 and 0.98.
fn corrected(sample: f64, n: f64) -> f64 {
    ((sample * n + 2.0) / (n - 5.0)).clamp(0.0, 0.98)
}

/// The lag at which the autocorrelation is back at its highest after it has been well below zero; at least three periods must fit.
fn period(residuals: &[f64], squares: f64) -> Option<usize> {
    let n = residuals.len();
    let mut dipped = false;
    let mut best: Option<(f64, usize)> = None;
    for lag in 1..=n / 3 {
        // The sum over fewer pairs is brought to the scale of all.
        let r = autocorrelation(residuals, squares, lag) * n as f64 / (n - lag) as f64;
        dipped |= r < -0.3;
        if dipped && r > CYCLE && best.is_none_or(|(highest, _)| r > highest + 0.1) {
            best = Some((r, lag));
        } else if dipped
            && let Some((highest, at)) = best
            && r > highest
            && lag < at + at / 2
        {
            best = Some((r, lag));
        }
    }
    best.map(|(_, lag)| lag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::noise::autoregression;

    /// 640 windows of `level` plus noise that remembers: an autoregression with the given memory.
    fn series(seed: u64, memory: f64, level: impl Fn(f64) -> f64) -> Vec<Window> {
        (0..640)
            .zip(autoregression(seed, memory))
            .map(|(index, noise)| (level(f64::from(index)) + noise, 1.0))
            .collect()
    }

    #[test]
    fn noise_that_remembers_is_steady() {
        let alarms = (0..200)
            .filter(|&seed| trend(&[series(seed, 0.9, |_| 10.0)]) != Trend::Steady)
            .count();
        assert!(alarms <= 2, "{alarms} of 200");
        assert_eq!(trend(&[vec![(3.0, 1.0); 640]]), Trend::Steady);
        assert_eq!(trend(&[vec![(0.0, 1.0); 640]]), Trend::Steady);
    }

    #[test]
    fn a_queue_offered_too_much_grows() {
        for seed in 0..20 {
            let found = trend(&[series(seed, 0.9, |i| 0.1 * i)]);
            assert!(
                matches!(found, Trend::Growing { rise } if (1.5..2.5).contains(&rise)),
                "{found:?}"
            );
        }
        assert!(matches!(
            trend(&[(0..32).map(|i| (f64::from(i), 1.0)).collect()]),
            Trend::Growing { .. }
        ));
    }

    #[test]
    fn slow_drift_either_way() {
        let up = trend(&[series(1, 0.5, |i| 20.0 + 0.01 * i)]);
        assert!(
            matches!(up, Trend::Drifting { rise } if (0.2..0.4).contains(&rise)),
            "{up:?}"
        );
        let down = trend(&[series(2, 0.5, |i| 20.0 - 0.01 * i)]);
        assert!(
            matches!(down, Trend::Drifting { rise } if rise < -0.2),
            "{down:?}"
        );
    }

    #[test]
    fn a_cycle_has_its_period() {
        let triangle = |i: f64| (i % 80.0 - 40.0).abs() / 10.0 + 10.0;
        let found = trend(&[series(3, 0.5, triangle), series(4, 0.5, triangle)]);
        assert!(
            matches!(found, Trend::Cycling { period } if period.abs_diff(80) <= 3),
            "{found:?}"
        );
    }

    #[test]
    fn too_short_to_say() {
        assert_eq!(trend(&[vec![(1.0, 1.0); 11]]), Trend::Unknown);
        assert_eq!(trend(&[]), Trend::Unknown);
    }
}
