//! What the shards of a database must satisfy.

use super::Fault;
use crate::model::{ComponentId, Description, Kind, MOST_TRANSACTION_KEYS, Sharding, Shards};

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
    let all = s.shards.len();
    let fits = |sharding: &Sharding, count: u32| {
        let count = count as usize;
        let is_fine = match sharding {
            Sharding::Modulo | Sharding::Directory => true,
            Sharding::Range { splits } => splits.len() + 1 == count && splits.is_sorted(),
            Sharding::Ring { points } => (1..=MOST_POINTS).contains(points),
            Sharding::Time { newest, every } => {
                (0.0..=1.0).contains(newest) && every.is_none_or(|e| !e.is_zero())
            }
        };
        is_fine && (1..=all).contains(&count)
    };
    if !fits(&s.sharding, s.used) {
        faults.push(Fault::Range("sharding"));
    }
    // Where the newest is, keys don't say: there is nothing that could move.
    let is_by_time = |sharding: &Sharding| matches!(sharding, Sharding::Time { .. });
    if let Some(t) = &s.transactions
        && (!(2..=MOST_TRANSACTION_KEYS).contains(&t.keys)
            || !(0.0..=1.0).contains(&t.refused)
            || t.operations.iter().any(|op| op.index() >= s.scatters.len())
            || s.reshard.is_some()
            || is_by_time(&s.sharding))
    {
        faults.push(Fault::Range("transactions"));
    }
    if let Some(reshard) = &s.reshard
        && (!fits(&reshard.sharding, reshard.to)
            || is_by_time(&s.sharding)
            || is_by_time(&reshard.sharding)
            || reshard.gap.is_zero())
    {
        faults.push(Fault::Range("reshard"));
    }
}
