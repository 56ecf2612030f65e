//! Balancing: which instance gets the next call. A member sees only [`Backends`], what the balancer sent and what came back,
//! and of the call what it [`Asked`].

mod backends;
mod hash;
mod ip_hash;
mod least_outstanding;
mod power_of_d;
mod random;
mod round_robin;
mod weighted_round_robin;

pub(crate) use backends::{Answer, Backends, Candidates};
use weighted_round_robin::WeightedRoundRobin;

use crate::model::Balancing;
use crate::random::Stream;

/// What a policy may know of the call that it chooses for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// The request's key.
    pub key: u64,
    /// Where the request comes from.
    pub source: u32,
}

/// A balancing policy with its memory.
#[derive(Clone, Debug)]
pub(crate) enum Choice {
    RoundRobin(round_robin::RoundRobin),
    WeightedRoundRobin(WeightedRoundRobin),
    Random(random::Random),
    LeastOutstanding(least_outstanding::LeastOutstanding),
    PowerOfD(power_of_d::PowerOfD),
    Hash(hash::Hash),
    IpHash(ip_hash::IpHash),
}

impl Choice {
    pub fn new(policy: Balancing, stream: Stream) -> Self {
        match policy {
            Balancing::RoundRobin => Self::RoundRobin(round_robin::RoundRobin::default()),
            Balancing::WeightedRoundRobin => Self::WeightedRoundRobin(WeightedRoundRobin::default()),
            Balancing::Random => Self::Random(random::Random::new(stream)),
            Balancing::LeastOutstanding => Self::LeastOutstanding(least_outstanding::LeastOutstanding),
            Balancing::PowerOfD { choices } => Self::PowerOfD(power_of_d::PowerOfD::new(choices, stream)),
            Balancing::Hash => Self::Hash(hash::Hash::default()),
            Balancing::IpHash => Self::IpHash(ip_hash::IpHash::default()),
        }
    }

    /// The instance for the next call. What is asked for is looked up only where the policy wants to know.
    #[inline]
    pub fn next(&mut self, candidates: Candidates<'_>, asked: impl FnOnce() -> Asked) -> u32 {
        match self {
            Self::RoundRobin(p) => p.next(candidates),
            Self::WeightedRoundRobin(p) => p.next(candidates),
            Self::Random(p) => p.next(candidates),
            Self::LeastOutstanding(p) => p.next(candidates),
            Self::PowerOfD(p) => p.next(candidates),
            Self::Hash(p) => p.next(candidates, asked()),
            Self::IpHash(p) => p.next(candidates, asked()),
        }
    }
}

/// Each policy draws from a stream of its own.
pub(crate) fn stream_of(policy: Balancing) -> &'static str {
    match policy {
        Balancing::RoundRobin => "round-robin",
        Balancing::WeightedRoundRobin => "weighted-round-robin",
        Balancing::Random => "random",
        Balancing::LeastOutstanding => "least-outstanding",
        Balancing::PowerOfD { .. } => "power-of-d",
        Balancing::Hash => "hash",
        Balancing::IpHash => "ip-hash",
    }
}

#[cfg(test)]
mod tests;
