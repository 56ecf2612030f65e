//! Caches: what they keep, for how long, and who asks the origin.

use super::{Call, ComponentId, Demand, Station};
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
    /// How long a value is good, and what follows.
    pub freshness: Freshness,
    /// Who calls the origin.
    pub strategy: Strategy,
    /// Where a miss and a change go; none: a miss is an answer.
    pub origin: Option<Call>,
    /// One miss per key in flight, the others wait for it; none: every miss goes.
    pub coalesce: Option<Coalesce>,
    /// Which node a key is on.
    pub nodes: Nodes,
    /// The service whose instances the nodes are in: each has its own, which is lost with it; none: nodes of their own.
    pub inside: Option<ComponentId>,
}

/// How long a value is good, and what follows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Freshness {
    /// How long it is good; none: for ever.
    pub ttl: Option<SimDuration>,
    /// The TTL is drawn uniformly from `ttl * (1 ± jitter)`.
    pub jitter: f64,
    /// Whether the TTL counts from the last use; otherwise from when the value was filled.
    pub renews: bool,
    /// XFetch's beta: a reader renews a value before it is too old, the likelier the nearer that is; none: nobody does.
    pub early: Option<f64>,
    /// For how long a value that is too old is answered while one call renews it.
    pub revalidate: SimDuration,
    /// For how long a value that is too old is answered when the origin fails.
    pub if_error: SimDuration,
    /// Whether a value that is too old stays until it is evicted, and the origin is asked whether it has changed: if not, its answer
    /// has no body. Only at edges.
    pub confirms: bool,
}

/// One miss per key in flight, the others wait for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coalesce {
    /// After so long a call waits no more and goes to the origin itself, and what it gets isn't kept; none: it waits.
    pub timeout: Option<SimDuration>,
    /// After so long the next call goes as if it were the first; none: never.
    pub age: Option<SimDuration>,
    /// Whether after a failure the next that waits tries; otherwise all fail with it.
    pub in_turn: bool,
}

/// Which node a key is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nodes {
    /// Points of each node on a ring; none: the hash modulo the number of nodes.
    pub points: Option<u32>,
    /// Whether keys of a node that is down go to the others; otherwise they go to the origin.
    pub rehash: bool,
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

impl Eviction {
    /// Every policy with its usual parameters.
    pub const ALL: [Self; 16] = [
        Self::Lru,
        Self::Fifo,
        Self::Clock,
        Self::Lfu,
        Self::PerfectLfu,
        Self::Random,
        Self::Slru { segments: 4 },
        Self::TwoQ {
            recent: 0.25,
            remembered: 0.5,
        },
        Self::Arc,
        Self::Lirs { recent: 0.01 },
        Self::Sieve,
        Self::S3Fifo {
            small: 0.1,
            ghosts: 0.9,
        },
        Self::WTinyLfu { window: 0.01 },
        Self::RedisLru { samples: 5 },
        Self::RedisLfu {
            samples: 5,
            log_factor: 10,
            decay_time: 1,
        },
        Self::Memcached { hot: 0.2, warm: 0.4 },
    ];
}

/// Who calls the origin, and what becomes of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// The caller: it learns of the miss, calls the origin itself, and fills the cache without waiting for it. A change goes to the
    /// origin, then its key is deleted.
    CacheAside,
    /// The cache; a change goes through it, and is kept when the origin has it.
    ReadThrough,
    /// The cache; a change is kept and goes on to the origin.
    WriteThrough,
    /// The caller; a change goes to the origin alone, and the value that was kept is forgotten.
    WriteAround,
    /// The cache; a change is kept and answered, and goes to the origin later.
    WriteBack {
        /// After so long, or when it is evicted before.
        flush: SimDuration,
    },
}

impl Strategy {
    /// Whether the caller asks the origin after a miss, and fills the cache.
    #[must_use]
    pub fn caller_reads(self) -> bool {
        matches!(self, Self::CacheAside | Self::WriteAround)
    }

    /// Whether the caller writes a change to the origin.
    #[must_use]
    pub fn caller_writes(self) -> bool {
        matches!(self, Self::CacheAside | Self::WriteAround)
    }

    /// Whether changes are answered before the origin has them.
    #[must_use]
    pub fn writes_later(self) -> bool {
        matches!(self, Self::WriteBack { .. })
    }
}
