//! Sharded databases in results: each as a whole, beside its shards.

use std::borrow::Cow;

use sim_core::measure::{ComponentResult, TrialResult};
use sim_core::model::{Component, Kind};

/// The trials with what all shards of a database measured together where the way to them is, which sees little of that itself.
#[must_use]
pub fn with_wholes<'t>(components: &[Component], trials: &'t [TrialResult]) -> Cow<'t, [TrialResult]> {
    let families: Vec<(usize, Vec<usize>)> = components
        .iter()
        .enumerate()
        .filter_map(|(at, c)| match &c.kind {
            Kind::Shards(s) => Some((at, s.shards.iter().map(|id| id.index()).collect())),
            _ => None,
        })
        .collect();
    if families.is_empty() {
        return Cow::Borrowed(trials);
    }
    let mut trials = trials.to_vec();
    for trial in &mut trials {
        for (at, shards) in &families {
            let mut whole = ComponentResult::together(shards.iter().map(|shard| &trial.components[*shard]));
            // What only the way sees.
            let own = &trial.components[*at];
            for (whole, own) in whole.windows.iter_mut().zip(&own.windows) {
                whole.open_reads = own.open_reads;
            }
            trial.components[*at] = whole;
        }
    }
    Cow::Owned(trials)
}

/// For every component the sharded database that it is a part of, by its place.
#[must_use]
pub fn wholes(components: &[Component]) -> Vec<Option<usize>> {
    let mut wholes = vec![None; components.len()];
    for (at, component) in components.iter().enumerate() {
        if let Kind::Shards(s) = &component.kind {
            for shard in &s.shards {
                wholes[shard.index()] = Some(at);
            }
        }
    }
    wholes
}
