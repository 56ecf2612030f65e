//! One trial of a point once more, with the way of a sample of its requests: its results are those that it had, to the last bit.
//!
//! The trial is simulated again instead of being watched the first time, so that nothing about a run depends on whether anybody
//! wants to see its requests.

use std::sync::atomic::{AtomicBool, Ordering};

use sim_core::measure::Stop;
use sim_core::measure::visits::{Sample, Visits};
use sim_core::simulation::{Budget, Condition, Simulation};
use sim_core::time::SimTime;

use crate::availability::split;
use crate::experiment::{Options, Planned};

/// Events after which the wish to stop is heard.
const CHUNK: u64 = 1 << 20;

/// What was seen of a trial's requests.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The seed of the trial.
    pub seed: u64,
    /// The trial, from 0.
    pub trial: u32,
    /// The visits.
    pub visits: Visits,
    /// When the trial ended.
    pub end: SimTime,
    /// Whether it ended because too many calls were in flight.
    pub ran_away: bool,
}

/// Simulates a trial of a point, as an experiment with these options does, and follows a sample of its requests; none if it was
/// stopped.
#[must_use]
pub fn record(
    planned: &Planned,
    options: Options,
    trial: u32,
    sample: Sample,
    stop: &AtomicBool,
) -> Option<Recording> {
    let scenario = &planned.scenario;
    let split = split(&scenario.model, options.trials.unwrap_or(scenario.trials).max(1));
    let condition = Condition {
        outages: split.outages,
        budget: Budget::default(),
    };
    let seed = options.seed.unwrap_or(scenario.seed);
    let mut simulation = Simulation::recorded(&split.model, seed, u64::from(trial), &condition, sample);
    while simulation.advance(CHUNK) {
        if stop.load(Ordering::Relaxed) {
            return None;
        }
    }
    let visits = simulation.take_visits().unwrap_or_default();
    let result = simulation.finish();
    Some(Recording {
        seed,
        trial,
        visits,
        end: result.end,
        ran_away: result.stop == Stop::Budget,
    })
}
