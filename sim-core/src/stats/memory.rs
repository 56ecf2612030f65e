//! How long a system remembers: how many stretches of a trial are as good as independent of each other.
//!
//! A stretch is as long as the sum of the autocorrelations, so that the mean over a trial is as uncertain as one of so many independent values
//! (Law 2015, 4.4; for queues Whitt 1989, "Planning queueing simulations", Management Science 35, where near saturation
//! it grows with the square of the queue). It is measured on two scales: from steps to windows as the growth of the variance of
//! sums, and beyond windows as the autoregression of order 1 that [`batch`] uses.
//!
//! What it is good for is decided in [`warm_up::decide`](super::warm_up::decide), and what not: a sample without
//! bursts has a short memory, so who refuses runs that are short beside the memory seen keeps those without bursts, whose means are too low.

use super::batch::{self, Window};

/// Independent stretches in a trial, from its steps, `group` of which make a window; at most one a step. `None` when nothing varies.
pub fn stretches(trials: &[Vec<Window>], group: usize) -> Option<f64> {
    let (numerator, denominator) = trials
        .iter()
        .map(|trial| batch::total(trial))
        .fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
    let ratio = numerator / denominator;
    if denominator <= 0.0 || !ratio.is_finite() {
        return None;
    }
    let (residuals, common) = batch::without_profile(&batch::residuals(trials, ratio));
    let steps: usize = residuals.iter().map(Vec::len).sum();
    let free = steps.checked_sub(common).filter(|free| *free > 0)? as f64;
    let of_step = residuals.iter().flatten().map(|e| e * e).sum::<f64>() / free;
    // Nothing but rounding is left of what doesn't vary.
    if of_step <= 1e-20 * numerator * numerator / (steps * steps) as f64 {
        return None;
    }
    let windows: Vec<f64> = residuals
        .iter()
        .flat_map(|trial| trial.chunks_exact(group))
        .map(|window| window.iter().sum())
        .collect();
    // As many of the windows' degrees of freedom are taken as of the steps'.
    let free_windows = windows.len() as f64 * free / steps as f64;
    let of_window =
        windows.iter().map(|sum| sum * sum).sum::<f64>() / free_windows.min(windows.len() as f64 - 1.0);
    let growth = (of_window / (group as f64 * of_step)).max(1.0);
    let coarse: Vec<Vec<Window>> = trials
        .iter()
        .map(|trial| trial.chunks_exact(group).map(batch::total).collect())
        .collect();
    let correlation = batch::correlation(&coarse, ratio);
    let stretches = steps as f64 / growth * (1.0 - correlation) / (1.0 + correlation);
    (windows.len() > 1).then(|| stretches / trials.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::noise::autoregression;

    /// 640 steps of an autoregression of order 1 with the given memory.
    fn series(seed: u64, memory: f64) -> Vec<Window> {
        autoregression(seed, memory)
            .skip(360)
            .take(640)
            .map(|level| (30.0 + level, 1.0))
            .collect()
    }

    #[test]
    fn an_autoregression_has_the_stretches_that_theory_gives() {
        // Stretches are (1 + phi) / (1 - phi) steps long: 1, 3, 19 and 99 of them. Where one is as long as several windows, these are
        // correlated more than an autoregression of windows says, and it is taken for a third longer than it is.
        for (memory, expected) in [(0.0, 640.0), (0.5, 213.3), (0.9, 33.7), (0.98, 6.5)] {
            let trials: Vec<Vec<Window>> = (0..40).map(|seed| series(seed + 7, memory)).collect();
            let found = stretches(&trials, 20).unwrap_or_default();
            assert!(
                (0.65..1.2).contains(&(found / expected)),
                "{memory}: {found} of {expected}"
            );
        }
    }

    #[test]
    fn what_all_trials_do_alike_is_no_memory() {
        let ramp = |seed| {
            series(seed, 0.0)
                .iter()
                .enumerate()
                .map(|(i, w)| (w.0 + i as f64, 1.0))
                .collect()
        };
        let found = stretches(&(0..5).map(ramp).collect::<Vec<_>>(), 20);
        assert!(found.is_some_and(|found| found > 400.0), "{found:?}");
    }

    #[test]
    fn what_does_not_vary_has_none() {
        assert_eq!(stretches(&[], 20), None);
        assert_eq!(stretches(&[vec![(3.0, 1.0); 640]], 20), None);
        assert_eq!(stretches(&[vec![(0.0, 0.0); 640]], 20), None);
        assert_eq!(stretches(&[vec![(1.0, 1.0), (2.0, 1.0)]], 20), None);
    }
}
