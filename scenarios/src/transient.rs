//! Runs with faults: a transient by design, summed up as it stands.
//!
//! What happens at a fixed time in every trial has no steady state to estimate, so nothing of it is cut away, and nothing is
//! called unstable for it. The trials are independent runs of one and the same story: each is one observation (a terminating
//! simulation: A. M. Law, "Simulation Modeling and Analysis", 5th edition, section 9.4), and its windows, which are as unlike
//! one another as before and after the fault, say nothing of how far the result may be from the truth.

use sim_core::measure::{ClientWindow, ComponentWindow, Counts, Histogram, Stop, TrialResult};
use sim_core::model::Description;
use sim_core::stats::Estimate;
use sim_core::time::SimTime;

use crate::steadiness::{Cut, windows};
use crate::summary::Summary;

/// Requests beyond a percentile that it takes to know it.
const BEYOND: f64 = 10.0;
/// Seconds of a nanosecond.
const S: f64 = 1e-9;

/// Whether the scenario's own faults, if they strike within a trial, make its runs transients.
#[must_use]
pub fn is_transient(d: &Description) -> bool {
    d.faults.iter().any(|f| f.at < SimTime::ZERO + d.duration)
}

/// The trials up to the first fault, from which the warm-up is found; none where there is no time before it.
#[must_use]
pub fn before_faults(d: &Description, trials: &[TrialResult]) -> Option<usize> {
    let first = d.faults.iter().map(|f| f.at).min()?;
    let trial = trials.first()?;
    let time = first.saturating_since(trial.start).as_nanos();
    usize::try_from(time / trial.window.as_nanos().max(1))
        .ok()
        .filter(|w| *w > 0)
}

/// Each trial after the cut as a single window.
#[must_use]
pub fn whole(trials: &[TrialResult], cut: Cut) -> Vec<TrialResult> {
    trials.iter().map(|t| one(t, cut)).collect()
}

fn one(trial: &TrialResult, cut: Cut) -> TrialResult {
    let to = windows(trial);
    let from = cut.windows.min(to.saturating_sub(1));
    let start: SimTime = trial.start + trial.window * from as u64;
    let client = |c: &sim_core::measure::ClientResult| {
        let mut sum = ClientWindow::default();
        c.windows[from..to].iter().for_each(|w| sum.add(w));
        sim_core::measure::ClientResult {
            windows: vec![sum],
            ..c.clone()
        }
    };
    let component = |c: &sim_core::measure::ComponentResult| {
        let mut sum = ComponentWindow::default();
        c.windows[from..to].iter().for_each(|w| sum.add(w));
        sim_core::measure::ComponentResult {
            windows: vec![sum],
            ..c.clone()
        }
    };
    TrialResult {
        start,
        window: trial.end.saturating_since(start),
        // One window is all there is, however the trial ended.
        stop: if trial.stop == Stop::Duration {
            Stop::Finished
        } else {
            trial.stop
        },
        clients: trial.clients.iter().map(client).collect(),
        components: trial.components.iter().map(component).collect(),
        ..trial.clone()
    }
}

/// Fills in what a few trials say, without an interval, where there are too few of them for one. `trials` are those of
/// [`whole`].
pub fn values(summary: &mut Summary, trials: &[TrialResult]) {
    for (i, figures) in summary.clients.iter_mut().enumerate() {
        let (mut counts, mut latency, mut time_s) = (Counts::default(), Histogram::new(), 0.0);
        for trial in trials {
            for window in &trial.clients[i].windows {
                counts.add(&window.counts);
                latency.merge(&window.latency);
            }
            time_s += trial.end.saturating_since(trial.start).as_secs_f64();
        }
        let ended = (counts.ok + counts.failed()) as f64;
        let count = latency.count() as f64;
        let quantile = |p: f64| {
            let is_known = count * (1.0 - p) >= BEYOND;
            latency.quantile(p).filter(|_| is_known).map(|ns| ns as f64 * S)
        };
        let l = &mut figures.latency_s;
        fill(&mut l.mean, latency.mean().map(|ns| ns * S));
        for (of, p) in [
            (&mut l.p50, 0.5),
            (&mut l.p90, 0.9),
            (&mut l.p95, 0.95),
            (&mut l.p99, 0.99),
            (&mut l.p99_9, 0.999),
        ] {
            fill(of, quantile(p));
        }
        let lost = (ended > 0.0).then(|| counts.failed() as f64 / ended);
        fill(&mut figures.lost_to_overload, lost);
        fill(&mut figures.availability, lost.map(|l| 1.0 - l));
        fill(
            &mut figures.goodput_per_s,
            (time_s > 0.0).then(|| counts.ok as f64 / time_s),
        );
    }
}

fn fill(estimate: &mut Estimate, value: Option<f64>) {
    if estimate.value.is_none() {
        estimate.value = value;
    }
}
