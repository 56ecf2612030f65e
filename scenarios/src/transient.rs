//! Runs with faults: a transient by design, summed up as it stands.
//!
//! What happens at a fixed time in every trial has no steady state to estimate, so nothing of it is cut away, and nothing is
//! called unstable for it. The trials are independent runs of one and the same story: each is one observation (a terminating
//! simulation: A. M. Law, "Simulation Modeling and Analysis", 5th edition, section 9.4), and its windows, which are as unlike
//! one another as before and after the fault, say nothing of how far the result may be from the truth.

use sim_core::measure::{ClientWindow, ComponentWindow, Stop, TrialResult};
use sim_core::model::Description;
use sim_core::time::SimTime;

use crate::steadiness::{Cut, windows};

/// Whether the scenario's own faults make its runs transients.
#[must_use]
pub fn is_transient(d: &Description) -> bool {
    !d.faults.is_empty()
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
