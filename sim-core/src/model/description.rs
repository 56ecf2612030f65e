//! The whole system as plain data.

use super::{Clients, Component, ComponentId, FaultKind, KeySpace, Kind, Network, ScheduledFault, Trace};
use crate::time::SimDuration;

/// Everything the engine needs to know of a scenario.
#[derive(Clone, Debug)]
pub struct Description {
    /// Simulated time of one trial, the warm-up included.
    pub duration: SimDuration,
    /// What is cut from the start of each trial.
    pub warm_up: WarmUp,
    /// For every operation whether it changes data: a database sends it to the primary, a cache passes it to its origin.
    pub operations_that_write: Vec<bool>,
    /// The key spaces that clients draw from.
    pub key_spaces: Vec<KeySpace>,
    /// Recorded requests that clients replay.
    pub traces: Vec<Trace>,
    /// Where requests come from.
    pub clients: Vec<Clients>,
    /// What serves them.
    pub components: Vec<Component>,
    /// Delays between components.
    pub network: Network,
    /// What goes wrong, and when.
    pub faults: Vec<ScheduledFault>,
}

impl Description {
    /// Whether instances of a component may stop for a while, by chance or by the scenario's word.
    #[must_use]
    pub fn can_pause(&self, id: ComponentId) -> bool {
        let pauses = |c: &Component| matches!(&c.kind, Kind::Service(s) if s.pauses.is_some());
        let strikes =
            |f: &ScheduledFault| matches!(&f.kind, FaultKind::Pause { component, .. } if *component == id);
        self.components.get(id.index()).is_some_and(pauses) || self.faults.iter().any(strikes)
    }
}

/// How the initial transient of a trial is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarmUp {
    /// MSER-5 decides, at most half of the trial.
    Auto,
    /// This much simulated time, measured from the start.
    For(SimDuration),
}
