//! Private caches: each source of some clients has its own, where it is.

use sim_core::model::{RegionId, Storage};

use super::components::Lowering;
use super::geography::Regions;
use crate::diagnostic::Diagnostic;
use crate::spec::ScenarioSpec;
use crate::spec::cdn::CdnSpec;
use crate::spec::clients::{ArrivalsSpec, ClientsSpec};

impl Lowering<'_, '_> {
    /// What a private cache has instead of edges. None if its callers can't have one, which was reported.
    pub(super) fn at_callers(&mut self, path: &str, regions: &Regions) -> Option<Vec<RegionId>> {
        let spec = self.spec;
        let mut is_right = true;
        for clients in callers(spec, path) {
            let mut wrong = |problem: &str, label: &str| {
                let message = format!(
                    "clients.{} {problem}, and {path} is with them",
                    clients.name.value
                );
                let problem = Diagnostic::error(&clients.name.span, message);
                self.out.push(problem.label(label.to_owned()));
                is_right = false;
            };
            if clients.region.is_none() && !regions.is_empty() {
                wrong("have no region", "expected `region = ...` in this table");
            }
            if clients.set_up > 0 {
                wrong(
                    "make a connection for each request",
                    "round trips before a request can't be simulated behind a private cache",
                );
            }
        }
        is_right.then(|| vec![RegionId(0)])
    }

    /// The room of all caches together, where one holds so much. Whoever asks for more than others gets more of it.
    pub(super) fn of_all_sources(&mut self, s: &CdnSpec, path: &str, storage: Storage) -> Storage {
        let Storage::Keys {
            eviction,
            capacity: Some(each),
            sizes,
        } = storage
        else {
            return storage;
        };
        let sources: u64 = callers(self.spec, path).map(sources).sum();
        let unit = if s.sizes.is_some() { "bytes" } else { "items" };
        self.assume(
            path,
            &format!(
                "capacity: {each} {unit} for each of {sources} sources, but who leaves is chosen from all of them together: who asks for \
                 more than others has more room"
            ),
        );
        Storage::Keys {
            eviction,
            capacity: Some(each.saturating_mul(sources.max(1)).min(MOST_ROOM)),
            sizes,
        }
    }
}

/// More than this doesn't count as a limit.
const MOST_ROOM: u64 = 1_000_000_000_000_000;

/// The clients that call a component themselves.
fn callers<'s>(spec: &'s ScenarioSpec, path: &str) -> impl Iterator<Item = &'s ClientsSpec> {
    let name = path.trim_start_matches("cdn.").to_owned();
    let calls_it = move |c: &&ClientsSpec| c.calls.as_ref().is_some_and(|calls| calls.value == name);
    spec.clients.iter().filter(calls_it)
}

/// How many sources clients have: a user of a closed loop is one.
fn sources(clients: &ClientsSpec) -> u64 {
    match &clients.arrivals {
        Some(ArrivalsSpec::Closed { users, .. }) => u64::from(*users),
        _ => u64::from(clients.sources.unwrap_or(1)),
    }
}
