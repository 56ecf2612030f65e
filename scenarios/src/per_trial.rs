//! What each trial of a point says by itself: the pairs from which a comparison is made.

use sim_core::measure::{ComponentWindow, Counts, Histogram, TrialResult};

use crate::results::{ClientTrial, ComponentTrial, OfTrial};
use crate::steadiness::Cut;
use crate::summary::{of_client, of_component, seconds};

/// Requests beyond a percentile that it takes to know the percentile of one trial.
const BEYOND: f64 = 10.0;
/// Seconds of a nanosecond.
const S: f64 = 1e-9;

/// The figures of one trial after the cut.
#[must_use]
pub fn per_trial(trial: &TrialResult, cut: Cut) -> OfTrial {
    let (clients, components) = (0..trial.clients.len(), 0..trial.components.len());
    OfTrial {
        clients: clients.map(|number| clients_of(trial, cut, number)).collect(),
        components: components
            .map(|number| component_of(trial, cut, number))
            .collect(),
    }
}

fn component_of(trial: &TrialResult, cut: Cut, number: usize) -> ComponentTrial {
    let windows = of_component(trial, cut, number);
    let sum = |of: fn(&ComponentWindow) -> u64| windows.iter().map(of).sum::<u64>();
    let integral = |of: fn(&ComponentWindow) -> u128| windows.iter().map(of).sum::<u128>() as f64;
    let time_ns = sum(|w| w.time_ns) as f64;
    let workers = trial.components[number].workers.filter(|_| time_ns > 0.0);
    let (look_ups, reads) = (sum(|w| w.hits + w.misses), sum(|w| w.reads));
    let share = |some: u64, all: u64| (all > 0).then(|| some as f64 / all as f64);
    let (lag_ns, lags) = (integral(|w| w.lag.sum()), sum(|w| w.lag.count()));
    ComponentTrial {
        // No worker is busy longer than all the time.
        utilization: workers.map(|n| (integral(|w| w.busy_ns) / (n as f64 * time_ns)).min(1.0)),
        queue_length: workers.map(|_| integral(|w| w.queue_ns) / time_ns),
        look_ups,
        hit_ratio: share(sum(|w| w.hits), look_ups),
        reads,
        stale_reads: share(sum(|w| w.stale_reads), reads),
        lag_mean_s: (lags > 0).then(|| lag_ns / lags as f64 * S),
    }
}

fn clients_of(trial: &TrialResult, cut: Cut, client: usize) -> ClientTrial {
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
        p90_s: quantile(0.9),
        p95_s: quantile(0.95),
        p99_s: quantile(0.99),
        p99_9_s: quantile(0.999),
        goodput_per_s: (time_s > 0.0).then(|| counts.ok as f64 / time_s),
        lost: (ended > 0).then(|| counts.failed() as f64 / ended as f64),
    }
}
