//! A trial whose requests are followed: computed event by event, even where there is a shorter way.

use super::{Condition, Simulation, Way};
use crate::engine::Recorder;
use crate::measure::visits::{Sample, Visits};
use crate::model::Model;

impl Simulation {
    /// A trial in which a sample of the requests is followed. It is computed event by event, and has the same results as one
    /// that isn't recorded, to the last bit.
    #[must_use]
    pub fn recorded(model: &Model, seed: u64, trial: u64, condition: &Condition, sample: Sample) -> Self {
        let mut simulation = Self::by_events(model, seed, trial, condition);
        if let Way::Events(engine) = &mut simulation.way {
            let clients = model.description().clients.iter().map(|c| c.name);
            engine.ctx.frames.recorder = Some(Box::new(Recorder::new(sample, seed, clients)));
        }
        simulation
    }

    /// Takes what was seen of the requests that were followed, where the trial was [`recorded`](Self::recorded); nothing is
    /// followed any more after that.
    pub fn take_visits(&mut self) -> Option<Visits> {
        match &mut self.way {
            Way::Events(engine) => engine.ctx.frames.recorder.take().map(|r| r.finish()),
            Way::AtArrival(_) => None,
        }
    }
}
