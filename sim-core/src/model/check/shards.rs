//! What the shards of a database must satisfy.

use super::Fault;
use crate::model::{ComponentId, Description, Kind, Sharding, Shards};

/// The most shards of a database.
const MOST_SHARDS: usize = 1000;
/// The most points that a shard has on a ring.
const MOST_POINTS: u32 = 10_000;

pub(super) fn shards(d: &Description, s: &Shards, faults: &mut Vec<Fault>) {
    let is_database = |id: &ComponentId| {
        d.components
            .get(id.index())
            .is_some_and(|c| matches!(c.kind, Kind::Database(_)))
    };
    if s.shards.is_empty() || s.shards.len() > MOST_SHARDS {
        faults.push(Fault::Range("shards"));
    }
    if !s.shards.iter().all(is_database) {
        faults.push(Fault::WrongKind("shards"));
    }
    if s.scatters.len() != d.operations_that_write.len() || s.keys.is_some_and(|k| k >= d.key_spaces.len()) {
        faults.push(Fault::Dangling("shard key"));
    }
    let is_fine = match &s.sharding {
        Sharding::Modulo | Sharding::Directory => true,
        Sharding::Range { splits } => splits.len() + 1 == s.shards.len() && splits.is_sorted(),
        Sharding::Ring { points } => (1..=MOST_POINTS).contains(points),
    };
    if !is_fine {
        faults.push(Fault::Range("sharding"));
    }
}
