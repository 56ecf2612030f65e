//! A point's trials in a store: taken from it instead of being run, and put into it when the point is done.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sim_core::measure::TrialResult;
use sim_core::simulation::Budget;

use super::Planned;
use crate::availability::Split;
use crate::availability::loss::{Observation, kept};
use crate::availability::script::{Case, Ordinary};
use crate::store::fingerprint::Fingerprint;
use crate::store::trial::{self, Shape};
use crate::store::{About, Kept, PROGRAM, Store};

/// What is kept of a point.
pub(super) struct Keeping<'a> {
    store: &'a dyn Store,
    key: String,
    about: About,
    shape: Shape,
    state: Mutex<Option<State>>,
}

/// What was found in the store, once it was looked at, and what has come to it.
#[derive(Default)]
struct State {
    kept: Kept,
    /// The observations that this run has used: the others belong to another number of trials.
    used: BTreeMap<u128, Vec<u8>>,
    is_changed: bool,
}

/// Under which key the trials of a point are kept.
fn key(planned: &Planned, split: &Split, seed: u64, budget: Budget) -> String {
    let mut f = Fingerprint::default();
    f.value(&(PROGRAM, seed, budget, &split.outages, &split.rare));
    f.system(planned.scenario.model.description());
    format!("{:032x}", f.finish())
}

impl<'a> Keeping<'a> {
    pub fn new(store: &'a dyn Store, planned: &Planned, split: &Split, seed: u64, budget: Budget) -> Self {
        let d = planned.scenario.model.description();
        Self {
            store,
            key: key(planned, split, seed, budget),
            about: About {
                program: PROGRAM.to_owned(),
                seed,
                scenario: planned.scenario.name.clone(),
            },
            shape: Shape {
                clients: d.clients.len(),
                components: d.components.len(),
            },
            state: Mutex::new(None),
        }
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    /// What is known; the store is asked when it is needed for the first time, so that not all points are in memory.
    fn state<T>(&self, then: impl FnOnce(&mut State) -> T) -> T {
        let mut state: MutexGuard<'_, _> = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        then(state.get_or_insert_with(|| {
            let bytes = self.store.load(&self.key);
            State {
                kept: bytes
                    .and_then(|b| Kept::decode(&b, &self.key))
                    .unwrap_or_default(),
                ..State::default()
            }
        }))
    }

    /// An ordinary trial, if it is kept.
    pub fn trial(&self, number: u32) -> Option<TrialResult> {
        let bytes = self.state(|s| s.kept.trials.get(&number).cloned())?;
        trial::decode(&bytes, u64::from(number), self.shape)
    }

    pub fn keep_trial(&self, number: u32, result: &TrialResult) {
        let bytes = trial::encode(result);
        self.state(|s| {
            s.kept.trials.insert(number, bytes);
            s.is_changed = true;
        });
    }

    /// What a trial under failures depends on beside the key.
    pub fn tag(case: &Case, ordinary: &Ordinary, number: u64) -> u128 {
        let mut f = Fingerprint::default();
        f.value(&(case, ordinary, number));
        f.finish()
    }

    /// What a trial under failures showed, if it is kept.
    pub fn observation(&self, tag: u128) -> Option<Observation> {
        let bytes = self.state(|s| s.kept.observations.get(&tag).cloned())?;
        let observation = kept::decode(&bytes, self.shape.clients)?;
        self.state(|s| s.used.insert(tag, bytes));
        Some(observation)
    }

    pub fn keep_observation(&self, tag: u128, observation: &Observation) {
        let bytes = kept::encode(observation);
        self.state(|s| {
            s.used.insert(tag, bytes);
            s.is_changed = true;
        });
    }

    /// Puts into the store what is new, and forgets it here; whether there was anything. When the point is done, `is_done`,
    /// observations that belong to another number of trials are dropped.
    pub fn save(&self, is_done: bool) -> Result<bool, String> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(State {
            mut kept,
            used,
            is_changed: true,
        }) = state
        else {
            return Ok(false);
        };
        kept.about = self.about.clone();
        if is_done {
            kept.observations.clear();
        }
        kept.observations.extend(used);
        self.store.save(&self.key, &kept.encode(&self.key)).map(|()| true)
    }
}
