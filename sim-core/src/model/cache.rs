//! Caches: what they keep, for how long, and who asks the origin.

use super::{Call, Demand, Station};
use crate::random::Law;
use crate::time::SimDuration;

/// Nodes that keep values by key, each key on one node.
#[derive(Clone, Debug)]
pub struct Cache {
    /// How many nodes there are.
    pub instances: u32,
    /// The queue and workers of each.
    pub station: Station,
    /// The time of one look-up or change.
    pub service_time: Demand,
    /// What is kept.
    pub storage: Storage,
    /// How long a value is good, from when it was filled; none: for ever.
    pub ttl: Option<SimDuration>,
    /// The TTL is drawn uniformly from `ttl * (1 ± jitter)`.
    pub ttl_jitter: f64,
    /// Who calls the origin.
    pub strategy: Strategy,
    /// Where a miss and a change go; none: a miss is an answer.
    pub origin: Option<Call>,
    /// One miss per key in flight, the others wait for it.
    pub coalesce: bool,
}

/// What a cache keeps.
#[derive(Clone, Debug)]
pub enum Storage {
    /// Nothing: every look-up is a hit with this probability.
    HitRatio(f64),
    /// Real keys.
    Keys {
        /// Who leaves when it is full.
        eviction: Eviction,
        /// What each node holds: values, or bytes where they have sizes; none: no limit.
        capacity: Option<u64>,
        /// The bytes of a value, drawn once for every key; none: a value counts as one.
        sizes: Option<Law>,
    },
}

/// Who leaves a full cache.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Eviction {
    /// The least recently used.
    Lru,
    /// The one that was filled first.
    Fifo,
    /// The one that was filled first, unless it was used since it last came round.
    Clock,
    /// The least frequently used, as counted while it is kept.
    Lfu,
    /// The least frequently used, as counted for ever; one that is asked for less often doesn't come in.
    PerfectLfu,
    /// Any, with the same probability.
    Random,
    /// The least recently used of those that were used least often, in segments.
    Slru {
        /// How many equal segments.
        segments: u32,
    },
    /// A short queue for new values, and LRU for those that are asked for again soon after they left it.
    TwoQ {
        /// The share of the queue for new values.
        recent: f64,
        /// Keys that are remembered after they left it, as a share of the capacity.
        remembered: f64,
    },
    /// Values seen once and values seen again, in shares that adapt.
    Arc,
    /// Values whose last two uses were far apart.
    Lirs {
        /// The share of the values whose last two uses were far apart.
        recent: f64,
    },
    /// The oldest that wasn't used since the hand last passed it.
    Sieve,
    /// A small queue for new values, and a main one for those that were used there.
    S3Fifo {
        /// The share of the small queue.
        small: f64,
        /// Keys that are remembered after they left it, as a share of the capacity.
        ghosts: f64,
    },
    /// An LRU window, and behind it those that are asked for more often than who would leave.
    WTinyLfu {
        /// The share of the window at the start; it adapts.
        window: f64,
    },
    /// As Redis's allkeys-lru.
    RedisLru {
        /// Values that are drawn for every eviction.
        samples: u32,
    },
    /// As Redis's allkeys-lfu.
    RedisLfu {
        /// Values that are drawn for every eviction.
        samples: u32,
        /// How slowly counters grow.
        log_factor: u32,
        /// Minutes without a use that cost a counter one; 0: it never shrinks.
        decay_time: u32,
    },
    /// As Memcached's segmented LRU.
    Memcached {
        /// The share of values that are HOT.
        hot: f64,
        /// The share of values that are WARM.
        warm: f64,
    },
}

/// Who calls the origin on a miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// The caller: it learns of the miss, calls the origin itself, and fills the cache without waiting for it.
    CacheAside,
    /// The cache.
    ReadThrough,
}
