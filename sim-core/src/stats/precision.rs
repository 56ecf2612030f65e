//! How many trials a wished precision takes.
//!
//! An interval shrinks as one over the root of the data, so the trials needed are those there are, times the square of how much too wide the
//! interval is (Law 2015, 9.4.1, formula 9.4 with the t quantile held), which is asked again after every addition.

use super::Estimate;

/// The most trials that are ever asked for.
pub const MOST_TRIALS: u32 = 1_000_000;

/// How many trials in all should bring the relative half-width of the interval down to `relative` (0.05 for 5 %), judged by an
/// estimate from `trials` trials. At least `trials`; `None` when no number can be given: no interval, a value of zero, or a
/// precision that isn't positive.
pub fn trials_needed(estimate: &Estimate, trials: u32, relative: f64) -> Option<u32> {
    if !relative.is_finite() || relative <= 0.0 || trials == 0 {
        return None;
    }
    let factor = match (estimate.relative_half_width(), estimate.need) {
        (Some(width), _) => (width / relative) * (width / relative),
        (None, Some(need)) => need,
        (None, None) => return None,
    };
    let needed = (f64::from(trials) * factor).ceil();
    Some(if needed < f64::from(MOST_TRIALS) {
        (needed as u32).max(trials)
    } else {
        MOST_TRIALS.max(trials)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_the_width_takes_four_times_the_trials() {
        let estimate = Estimate::between(9.0, 10.0, 11.0);
        for (relative, needed) in [(0.05, 20), (0.1, 5), (0.2, 5), (0.01, 500)] {
            assert_eq!(trials_needed(&estimate, 5, relative), Some(needed), "{relative}");
        }
    }

    #[test]
    fn what_had_too_little_data_gets_what_it_needs_first() {
        assert_eq!(trials_needed(&Estimate::not_enough(2.5), 4, 0.05), Some(10));
    }

    #[test]
    fn questions_without_an_answer() {
        let estimate = Estimate::between(-1.0, 0.0, 1.0);
        assert_eq!(trials_needed(&estimate, 5, 0.05), None);
        let estimate = Estimate::between(9.0, 10.0, 11.0);
        assert_eq!(trials_needed(&estimate, 5, 0.0), None);
        assert_eq!(trials_needed(&estimate, 5, f64::NAN), None);
        assert_eq!(trials_needed(&Estimate::default(), 5, 0.05), None);
        assert_eq!(trials_needed(&estimate, 5, 1e-9), Some(MOST_TRIALS));
    }
}
