//! A database in several shards: which keys are where, and which operations ask them all.

use super::{ComponentId, KeySpace, Transactions};
use crate::policy::sharding::{Moves, Placement};
use crate::time::SimDuration;

/// Leads each call to the shard of its key, or to all of them.
#[derive(Clone, Debug)]
pub struct Shards {
    /// The databases that have a part of the keys each, those of a later number of shards included.
    pub shards: Vec<ComponentId>,
    /// How many of them are in use at first.
    pub used: u32,
    /// Which of them a key is on.
    pub sharding: Sharding,
    /// The key space by whose popularity a directory places keys; none: it knows nothing of them.
    pub keys: Option<usize>,
    /// For every operation whether its calls lack the shard key, and so ask every shard and wait for the last answer. A call
    /// without any key does so too.
    pub scatters: Vec<bool>,
    /// A change of their number while they serve, begun by [`super::FaultKind::Reshard`]; none: they stay.
    pub reshard: Option<Reshard>,
    /// Changes of several keys at once; none: there are none.
    pub transactions: Option<Transactions>,
}

/// A change of the number of shards, or of the rule.
#[derive(Clone, Debug)]
pub struct Reshard {
    /// How many are in use afterwards.
    pub to: u32,
    /// Which of them a key is on then.
    pub sharding: Sharding,
    /// In how many pieces all data would be copied.
    pub pieces: u64,
    /// From one piece that a shard sends to its next.
    pub gap: SimDuration,
}

impl Shards {
    /// The share of all keys that leaves each shard when it is resharded.
    #[must_use]
    pub fn moves(&self, keys: Option<&KeySpace>) -> Vec<f64> {
        let Some(reshard) = &self.reshard else {
            return Vec::new();
        };
        let before = Placement::new(&self.sharding, self.used, keys);
        let after = before.changed(&reshard.sharding, reshard.to, keys);
        Moves::new(&before, &after, self.used, keys.map(KeySpace::count))
            .shares()
            .collect()
    }
}

/// Which shard a key is on.
#[derive(Clone, Debug, PartialEq)]
pub enum Sharding {
    /// The key's hash modulo the number of shards.
    Modulo,
    /// Keys in order, a range each.
    Range {
        /// The first key of every shard but the first, in order.
        splits: Vec<u64>,
    },
    /// A table: popular keys are placed one by one, all others by slots, where the least load is.
    Directory,
    /// Points on a ring.
    Ring {
        /// Points of each shard, at least 1.
        points: u32,
    },
    /// By age: writes go to the newest, most reads too.
    Time {
        /// The probability that a read asks the newest shard, or goes no further back once it came to an older one.
        newest: f64,
        /// After this time the next shard in turn is the newest; none: it stays.
        every: Option<SimDuration>,
    },
}
