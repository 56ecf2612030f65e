//! How a balancer chooses: the policy, and what it is told of the instances.

use crate::time::SimDuration;

/// The rule by which a balancer chooses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Balancing {
    /// In turn; smoothly by weight where the weights differ.
    RoundRobin,
    /// In turn by weight, as nginx does.
    WeightedRoundRobin,
    /// In turn by weight, by the earliest deadline, as Envoy does.
    Edf,
    /// At random by weight.
    Random,
    /// The less loaded of two drawn by weight, as nginx's `random two least_conn`.
    RandomTwo,
    /// The instance with the fewest calls for its weight that this balancer has out; the first on a tie.
    LeastOutstanding,
    /// The same with nginx's rule for ties: the tied take turns.
    NginxLeastConn,
    /// The same by HAProxy's key; one of the tied at random.
    HaproxyLeastConn,
    /// Envoy's least request.
    LeastRequest(LeastRequest),
    /// The least outstanding of `choices` distinct instances drawn at random; the first drawn on a tie.
    PowerOfD {
        /// How many are drawn.
        choices: u32,
    },
    /// The same, but an instance may be drawn again.
    PowerOfDReplaced {
        /// How many are drawn.
        choices: u32,
    },
    /// The less costly of two drawn at random, by recent latency and calls out, as Finagle does.
    PeakEwma {
        /// How long a slow answer is remembered.
        decay: SimDuration,
    },
    /// By the CRC-32 of the request's key, as nginx's `hash`.
    Hash,
    /// By the network that the request comes from, as nginx's `ip_hash`.
    IpHash,
    /// By a hash, into a table that changes little.
    ConsistentHash(ConsistentHash),
}

impl Balancing {
    /// Whether it makes a table of nginx's points.
    #[must_use]
    pub fn is_ketama(self) -> bool {
        matches!(self, Self::ConsistentHash(c) if c.scheme == Scheme::Ketama)
    }

    /// Whether the instances have turns, or those have that are tied, from the first on.
    #[must_use]
    pub fn takes_turns(self) -> bool {
        matches!(
            self,
            Self::RoundRobin | Self::WeightedRoundRobin | Self::NginxLeastConn
        )
    }

    /// Whether requests need a key.
    #[must_use]
    pub fn sees_keys(self) -> bool {
        match self {
            Self::ConsistentHash(c) => c.by == HashBy::Key,
            policy => policy == Self::Hash,
        }
    }

    /// Whether requests need a source.
    #[must_use]
    pub fn sees_sources(self) -> bool {
        match self {
            Self::ConsistentHash(c) => c.by == HashBy::Source,
            policy => policy == Self::IpHash,
        }
    }
}

/// The largest sum of weights with nginx's points, 160 for each unit of weight: as many as Envoy's rings may have.
pub const MOST_KETAMA_WEIGHT: u64 = 8_388_608 / 160;

/// The parameters of Envoy's least request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeastRequest {
    /// How many are drawn where all weights are equal.
    pub choices: u32,
    /// Where they aren't, a weight counts as weight / (calls out + 1)^bias.
    pub bias: f64,
    /// Whether all are looked at instead, where all weights are equal.
    pub is_full_scan: bool,
}

/// The parameters of consistent hashing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsistentHash {
    /// The table.
    pub scheme: Scheme,
    /// What is hashed.
    pub by: HashBy,
    /// Calls out that an instance may have, in percent of its part of all; none: any number.
    pub bound_percent: Option<u32>,
}

/// A table for consistent hashing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// nginx's points of CRC-32.
    Ketama,
    /// Envoy's points of xxHash64.
    Ring {
        /// The fewest points in all.
        least: u32,
        /// The most points in all.
        most: u32,
    },
    /// Google's Maglev as Envoy builds it.
    Maglev {
        /// The entries of the table, a prime.
        size: u32,
    },
}

/// What is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashBy {
    /// The request's key.
    Key,
    /// The address that the request comes from.
    Source,
}

/// What comes before the policy's choice, and what the policy is told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Routing {
    /// An instance of the balancer knows only some of the instances; none: all.
    pub subset: Option<Subset>,
    /// For each component behind the balancer the instances that are used only as others become too few; none, for all or
    /// for one: there is one level.
    pub levels: Vec<Levels>,
    /// Calls stay in their caller's zone as far as its instances can take them.
    pub zone_aware: Option<ZoneAware>,
    /// Loads are known only after a while; none: at once.
    pub stale: Option<Stale>,
}

impl Routing {
    /// The levels of the component at a place behind the balancer, if it has any.
    #[must_use]
    pub fn levels_of(&self, place: usize) -> Option<&Levels> {
        self.levels.get(place).filter(|l| !l.priorities.is_empty())
    }

    /// Whether instances of the component at a place are chosen from in groups: by level, or by zone.
    #[must_use]
    pub fn has_groups(&self, place: usize) -> bool {
        self.levels_of(place).is_some() || self.zone_aware.is_some()
    }
}

/// The part of the instances that an instance of a balancer knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subset {
    /// How many, at least 1.
    pub size: u32,
    /// Whether each balancer draws its own, or all of them divide the instances evenly.
    pub is_random: bool,
}

/// Levels of priority with spill-over as in Envoy. Where a balancer fails open below a share, a level does so that has less.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Levels {
    /// The level of each instance of a component in order, from 0; empty: all are on one.
    pub priorities: Vec<u16>,
    /// A level counts as whole while so many percent of its healthy part are at least a hundred.
    pub overprovisioning_percent: u32,
    /// Whether weights count in the healthy part, instead of instances.
    pub by_weight: bool,
}

/// Zone-aware routing as in Envoy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZoneAware {
    /// With fewer healthy instances zones are not looked at.
    pub least_instances: u32,
}

/// How old the loads are that a policy sees (M. Mitzenmacher, "How useful is old information?", 2000).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stale {
    /// Always so old.
    Continuous {
        /// How old.
        age: SimDuration,
    },
    /// Copied every so often, and kept until the next time.
    Periodic {
        /// How often.
        every: SimDuration,
    },
}

/// How many calls may be out at an instance at once; those above that wait at the balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallLimit {
    /// The most, at least 1.
    pub most: u32,
    /// As many while few calls are at the balancer, from 1 to [`Self::most`].
    pub least: u32,
    /// Calls at the balancer, out and waiting, from which on it is [`Self::most`]; with fewer their share of it.
    pub full_at: u32,
    /// Calls that may wait in a line; none: any number.
    pub queue: Option<u32>,
    /// How long they wait at most; none: as long as their callers.
    pub timeout: Option<SimDuration>,
}

impl CallLimit {
    /// Always so many.
    #[must_use]
    pub fn of(most: u32) -> Self {
        Self {
            most,
            least: most,
            full_at: 1,
            queue: None,
            timeout: None,
        }
    }
}

/// Whether a number is a prime, as the size of a Maglev table must be.
#[must_use]
pub fn is_prime(n: u32) -> bool {
    let n = u64::from(n);
    n >= 2 && (2..).take_while(|d| d * d <= n).all(|d| !n.is_multiple_of(d))
}
