//! What each trial of a point says by itself: the pairs from which a comparison is made.

use sim_core::measure::{Counts, Histogram, TrialResult};

use crate::results::ClientTrial;
use crate::steadiness::Cut;
use crate::summary::{of_client, seconds};

/// Requests beyond a percentile that it takes to know the percentile of one trial.
const BEYOND: f64 = 10.0;
/// Seconds of a nanosecond.
const S: f64 = 1e-9;

/// The figures of one trial after the cut, for each population of clients in the model's order.
#[must_use]
pub fn per_trial(trial: &TrialResult, cut: Cut) -> Vec<ClientTrial> {
    (0..trial.clients.len())
        .map(|client| of_one(trial, cut, client))
        .collect()
}

fn of_one(trial: &TrialResult, cut: Cut, client: usize) -> ClientTrial {
    let mut counts = Counts::default();
    let mut latency = Histogram::new();
    for window in of_client(trial, cut, client) {
        counts.add(&window.counts);
        latency.merge(&window.latency);
    }
    let time_s = seconds(trial, cut);
    let ended = counts.ok + counts.failed();
    let quantile = |p: f64| {
        let is_known = latency.count() as f64 * (1.0 - p) >= BEYOND;
        latency.quantile(p).filter(|_| is_known).map(|ns| ns as f64 * S)
    };
    ClientTrial {
        ended,
        time_s,
        mean_s: latency.mean().map(|ns| ns * S),
        p50_s: quantile(0.5),
        p99_s: quantile(0.99),
        goodput_per_s: (time_s > 0.0).then(|| counts.ok as f64 / time_s),
        lost: (ended > 0).then(|| counts.failed() as f64 / ended as f64),
    }
}
