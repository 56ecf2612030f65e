//! A database in several shards: which keys are where, and which operations ask them all.

use super::ComponentId;

/// Leads each call to the shard of its key, or to all of them.
#[derive(Clone, Debug)]
pub struct Shards {
    /// The databases that have a part of the keys each.
    pub shards: Vec<ComponentId>,
    /// Which of them a key is on.
    pub sharding: Sharding,
    /// The key space by whose popularity a directory places keys; none: it knows nothing of them.
    pub keys: Option<usize>,
    /// For every operation whether its calls lack the shard key, and so ask every shard and wait for the last answer. A call
    /// without any key does so too.
    pub scatters: Vec<bool>,
}

/// Which shard a key is on.
#[derive(Clone, Debug, PartialEq, Eq)]
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
}
