//! Is B better than A? Differences trial by trial, because both saw the same requests.
//!
//! The paired-t interval under common random numbers (Law 2015, 10.2.1 and 11.2; Kelton, Sadowski and Zupick 2015, ch. 6), with a tolerance
//! within which a difference doesn't matter: "same" is claimed only when the whole interval lies inside it (Schuirmann 1987).
//! Several measures at once are judged by Holm's step-down procedure (1979, "A simple sequentially rejective multiple
//! test procedure"), which keeps the chance of any false verdict below 5 %.

use super::{CONFIDENCE, Estimate, student};

/// The most trials that are ever said to be needed.
const MOST_TRIALS: u32 = 1_000_000;
/// The standard normal quantile of 0.8: the trials that are said to be needed suffice four times out of five.
const POWER: f64 = 0.841_621;

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
///
/// `step`, in the unit of the data, is the grid on which values are known (one request more or less, one bucket of a histogram), 0
/// where there is none. A few trials may differ by the same number of steps by chance, and would then seem to differ without any
/// doubt; so a difference is never taken to be better known than rounding allows, whose variance is step^2 / 12 (Sheppard 1898).
pub fn paired(a: &[f64], b: &[f64], step: f64) -> Option<Paired> {
    let n = a.len().min(b.len());
    let (a, b) = (&a[..n], &b[..n]);
    if n == 0 || a.iter().chain(b).any(|value| !value.is_finite()) {
        return None;
    }
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| b - a).collect();
    let ((mean_a, variance_a), (mean_b, variance_b)) = (moments(a), moments(b));
    let (mean, variance) = moments(&differences);
    // Trials that agree to the last bit are the same, however coarse the grid is.
    let rounding = if differences.iter().all(|d| *d == 0.0) {
        0.0
    } else {
        step * step / 12.0
    };
    let error = (variance.max(rounding) / n as f64).sqrt();
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
                trials: self.trials_to_tell(tolerance, confidence),
            },
        }
    }

    /// The trials after which, four times out of five, the interval lies on one side of zero or within the tolerance, whichever comes
    /// first, if the difference and its variance are what they seem: the least n with (t + 0.84) s / sqrt(n) <= room (Law 2015, 10.2).
    fn trials_to_tell(&self, tolerance: f64, confidence: f64) -> Option<u32> {
        let difference = (self.b - self.a).abs();
        let room = difference.max(tolerance - difference);
        if room.is_nan() || room <= 0.0 {
            return None;
        }
        let deviation = self.error * f64::from(self.trials).sqrt();
        let suffices = |n: u32| {
            let t = student::critical(confidence, n - 1) + POWER;
            t * deviation <= room * f64::from(n).sqrt()
        };
        // More trials than there are, or they would have told.
        let (mut few, mut many) = (self.trials, self.trials.saturating_add(1).min(MOST_TRIALS));
        while !suffices(many) {
            if many == MOST_TRIALS {
                return None;
            }
            few = many;
            many = many.saturating_mul(2).min(MOST_TRIALS);
        }
        while many - few > 1 {
            let middle = few + (many - few) / 2;
            if suffices(middle) {
                many = middle;
            } else {
                few = middle;
            }
        }
        Some(many)
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
    // The level at which the first measure failed: none after it is told apart before that one is.
    let mut failed: Option<f64> = None;
    for (rank, &index) in order.iter().enumerate() {
        let (paired, wish, tolerance) = &measures[index];
        let level = (1.0 - CONFIDENCE) / (measures.len() - rank) as f64;
        if failed.is_none() && paired.p_value > level {
            failed = Some(level);
        }
        let verdict = paired.verdict_at(*wish, *tolerance, 1.0 - level);
        verdicts[index] = match (verdict, failed) {
            (Verdict::Better | Verdict::Worse, Some(level)) => Verdict::CannotTell {
                trials: paired.trials_to_tell(tolerance.max(0.0), 1.0 - level),
            },
            (verdict, _) => verdict,
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

#[cfg(test)]
mod tests {
    use super::*;

    const A: [f64; 5] = [126.97, 124.31, 126.68, 122.66, 127.23];
    const B: [f64; 5] = [118.21, 120.22, 122.45, 122.68, 119.40];

    #[test]
    fn the_textbook_comparison_of_inventory_policies() {
        // Law 2015, 10.2.1, table 10.4: differences 8.76 4.09 4.23 -0.02 7.83, mean 4.98, variance of the mean 2.44, and
        // with t(4, 0.95) = 2.132 the 90 % interval [1.65, 8.31].
        let result = paired(&B, &A, 0.0).expect("five pairs");
        assert!((result.difference.value.unwrap() - 4.978).abs() < 1e-9);
        assert!(
            (result.error * result.error - 2.44).abs() < 0.01,
            "{}",
            result.error
        );
        let half_width = student::critical(0.90, 4) * result.error;
        assert!((4.978 - half_width - 1.65).abs() < 0.01 && (4.978 + half_width - 8.31).abs() < 0.01);
        assert_eq!(result.verdict(Wish::Less, 0.0), Verdict::Worse);
        assert_eq!(result.verdict(Wish::More, 0.0), Verdict::Better);
        assert_eq!(result.verdict(Wish::More, 100.0), Verdict::Same);
    }

    #[test]
    fn pairing_saves_what_the_trials_have_in_common() {
        let common = [10.0, 20.0, 30.0, 40.0];
        let shifted = [11.0, 21.0, 31.5, 40.5];
        let result = paired(&common, &shifted, 0.0).expect("four pairs");
        assert!(result.variance_saved.unwrap() > 0.99);
        assert_eq!(result.verdict(Wish::Less, 0.0), Verdict::Worse);
        let opposed = [40.0, 30.0, 20.0, 10.0];
        assert!((paired(&common, &opposed, 0.0).unwrap().variance_saved.unwrap() + 1.0).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_told_says_how_many_trials_it_takes() {
        let result = paired(&[0.0; 4], &[3.0, -1.0, 2.0, 0.0], 0.0).expect("four pairs");
        let Verdict::CannotTell { trials: Some(trials) } = result.verdict(Wish::Less, 0.0) else {
            panic!("{:?}", result.verdict(Wish::Less, 0.0));
        };
        // Deviation 1.83 around 1: ((2.06 + 0.84) 1.83)^2 = 28.
        assert_eq!(trials, 28);
        let once = paired(&[1.0], &[2.0], 0.0).expect("a pair");
        assert_eq!(
            once.verdict(Wish::Less, 0.0),
            Verdict::CannotTell { trials: None }
        );
        let balanced = paired(&[0.0, 0.0], &[1.0, -1.0], 0.0).expect("two pairs");
        assert_eq!(
            balanced.verdict(Wish::Less, 0.0),
            Verdict::CannotTell { trials: None }
        );
    }

    #[test]
    fn identical_trials_are_the_same_and_hostile_ones_are_refused() {
        let same = paired(&A, &A, 0.0).expect("five pairs");
        assert_eq!(same.verdict(Wish::Less, 0.0), Verdict::Same);
        assert_eq!((same.p_value, same.variance_saved), (1.0, Some(1.0)));
        assert_eq!(paired(&[], &[1.0], 0.0), None);
        assert_eq!(paired(&[f64::NAN], &[1.0], 0.0), None);
    }

    #[test]
    fn trials_that_differ_by_the_same_step_are_not_beyond_doubt() {
        // One request more was lost in each of three trials of a hundred; by chance that is so in about 3 of 100 comparisons.
        let (a, b) = ([0.0; 3], [0.01; 3]);
        assert_eq!(paired(&a, &b, 0.0).map(|p| p.p_value), Some(0.0));
        let counted = paired(&a, &b, 0.01).expect("three pairs");
        assert!((0.02..0.04).contains(&counted.p_value), "{}", counted.p_value);
        let many = paired(&a, &[0.5; 3], 0.01).expect("three pairs");
        assert!(many.p_value < 1e-4, "{}", many.p_value);
        assert_eq!(
            paired(&b, &b, 0.01).map(|p| (p.p_value, p.error)),
            Some((1.0, 0.0))
        );
    }

    #[test]
    fn holm_steps_down() {
        // p-values 0.01, 0.04, 0.03, 0.005 (Holm's usual example): only those at or below 5 %/4 and 5 %/3 stand.
        let with_p = |p: f64| {
            let t = student::critical(1.0 - p, 9);
            Paired {
                difference: Estimate::default(),
                a: 0.0,
                b: t,
                trials: 10,
                error: 1.0,
                p_value: p,
                variance_saved: None,
            }
        };
        let measures: Vec<_> = [0.01, 0.04, 0.03, 0.005]
            .map(|p| (with_p(p), Wish::More, 0.0))
            .to_vec();
        let verdicts = holm(&measures);
        assert_eq!((verdicts[0], verdicts[3]), (Verdict::Better, Verdict::Better));
        assert!(
            matches!(verdicts[1], Verdict::CannotTell { .. })
                && matches!(verdicts[2], Verdict::CannotTell { .. })
        );
        assert!(
            measures
                .iter()
                .all(|(alone, wish, _)| alone.verdict(*wish, 0.0) == Verdict::Better)
        );
    }
}
