//! Is B better than A? Differences trial by trial, because both saw the same requests.
//!
//! The paired-t interval under common random numbers (Law 2015, 10.2.1 and 11.2; Kelton, Sadowski and Zupick 2015, ch. 6), with a tolerance
//! within which a difference doesn't matter: "same" is claimed only when the whole interval lies inside it (Schuirmann 1987).
//! Several measures at once are judged by Holm's step-down procedure (1979, "A simple sequentially rejective multiple
//! test procedure"), which keeps the chance of any false verdict below 5 %.

use super::{CONFIDENCE, Estimate, student};

/// The most trials that are ever said to be needed.
const MOST_TRIALS: f64 = 1e6;

/// What the differences say of B.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// B is better than A.
    Better,
    /// B is worse than A.
    Worse,
    /// The difference is within the tolerance, whichever way it goes.
    Same,
    /// It can't be told yet.
    CannotTell {
        /// Trials in all that should suffice if the difference is what it seems; `None` when that can't be told or is beyond a million.
        trials: Option<u32>,
    },
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Less is better: latency, cost.
    Less,
    /// More is better: availability, goodput.
    More,
}

/// Paired differences B - A.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// The mean difference B - A with its interval, in the unit of the data.
    pub difference: Estimate,
    /// The mean of A.
    pub a: f64,
    /// The mean of B.
    pub b: f64,
    /// Number of pairs.
    pub trials: u32,
    /// Standard error of the mean difference.
    pub error: f64,
    /// Two-sided p-value of "no difference"; 1 without two pairs.
    pub p_value: f64,
    /// The part of the variance that pairing saved: 1 - var(B - A) / (var A + var B). Negative where it did harm; `None` where
    /// there is no variance at all.
    pub variance_saved: Option<f64>,
}

/// Compares B with A by trials that share their random numbers: `a[i]` and `b[i]` are of the same trial. Surplus trials of one
/// side are left out; `None` without a single pair or when a value isn't finite.
pub fn paired(a: &[f64], b: &[f64]) -> Option<Paired> {
    let n = a.len().min(b.len());
    let (a, b) = (&a[..n], &b[..n]);
    if n == 0 || a.iter().chain(b).any(|value| !value.is_finite()) {
        return None;
    }
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| b - a).collect();
    let ((mean_a, variance_a), (mean_b, variance_b)) = (moments(a), moments(b));
    let (mean, variance) = moments(&differences);
    let error = (variance / n as f64).sqrt();
    let degrees = n as u32 - 1;
    let (difference, p_value) = if n < 2 {
        (
            Estimate {
                value: Some(mean),
                ..Estimate::default()
            },
            1.0,
        )
    } else {
        let half_width = error * student::critical(CONFIDENCE, degrees);
        let p_value = if error > 0.0 {
            student::two_sided_tail(mean / error, degrees)
        } else if mean == 0.0 {
            1.0
        } else {
            0.0
        };
        (
            Estimate::between(mean - half_width, mean, mean + half_width),
            p_value,
        )
    };
    let apart = variance_a + variance_b;
    let variance_saved = (apart > 0.0).then(|| 1.0 - variance / apart);
    Some(Paired {
        difference,
        a: mean_a,
        b: mean_b,
        trials: n as u32,
        error,
        p_value,
        variance_saved,
    })
}

impl Paired {
    /// The verdict of this measure alone: a difference within `tolerance` (in the unit of the data, not negative) of zero doesn't matter.
    pub fn verdict(&self, wish: Wish, tolerance: f64) -> Verdict {
        self.verdict_at(wish, tolerance, CONFIDENCE)
    }

    fn verdict_at(&self, wish: Wish, tolerance: f64, confidence: f64) -> Verdict {
        if self.trials < 2 {
            return Verdict::CannotTell { trials: None };
        }
        let difference = self.b - self.a;
        let t = student::critical(confidence, self.trials - 1);
        let (low, high) = (difference - t * self.error, difference + t * self.error);
        let tolerance = tolerance.max(0.0);
        let judged = if low >= -tolerance && high <= tolerance {
            return Verdict::Same;
        } else if low > 0.0 {
            Some(Wish::More)
        } else if high < 0.0 {
            Some(Wish::Less)
        } else {
            None
        };
        match judged {
            Some(direction) if direction == wish => Verdict::Better,
            Some(_) => Verdict::Worse,
            None => Verdict::CannotTell {
                trials: self.trials_to_tell(difference, tolerance, t),
            },
        }
    }

    /// Trials after which the interval should lie on one side of zero or within the tolerance, whichever comes first.
    fn trials_to_tell(&self, difference: f64, tolerance: f64, t: f64) -> Option<u32> {
        let room = difference.abs().max(tolerance - difference.abs());
        let factor = t * self.error / room;
        let trials = (f64::from(self.trials) * factor * factor).ceil();
        (room > 0.0 && trials <= MOST_TRIALS).then(|| (trials as u32).max(self.trials + 1))
    }
}

/// Verdicts over several measures at once, so that the chance of even one false "better" or "worse" stays below 5 %.
///
/// Each measure with its wish and tolerance. Measures are taken by ascending p-value; the i-th of m (from 0) is judged at 5 % / (m - i), and
/// once one fails, so do all after it.
pub fn holm(measures: &[(Paired, Wish, f64)]) -> Vec<Verdict> {
    let mut order: Vec<usize> = (0..measures.len()).collect();
    order.sort_by(|&i, &j| {
        measures[i]
            .0
            .p_value
            .total_cmp(&measures[j].0.p_value)
            .then(i.cmp(&j))
    });
    let mut verdicts = vec![Verdict::CannotTell { trials: None }; measures.len()];
    let mut failed = false;
    for (rank, &index) in order.iter().enumerate() {
        let (paired, wish, tolerance) = &measures[index];
        let level = (1.0 - CONFIDENCE) / (measures.len() - rank) as f64;
        let verdict = paired.verdict_at(*wish, *tolerance, 1.0 - level);
        failed |= paired.p_value > level;
        verdicts[index] = match verdict {
            Verdict::Better | Verdict::Worse if failed => Verdict::CannotTell { trials: None },
            verdict => verdict,
        };
    }
    verdicts
}

/// Mean and unbiased variance (0 for a single value).
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (
        mean,
        if values.len() > 1 {
            squares / (n - 1.0)
        } else {
            0.0
        },
    )
}
