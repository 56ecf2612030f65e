//! Balancing: which instance gets the next call. A member sees only its [`Candidates`], what the balancer sent and what came
//! back, and of the call what it [`Asked`].
//!
//! **Adding a policy** is one file and the lines that the compiler demands. The smallest member shows it, [`random_two`]:
//!
//! 1. The file, with a state and one function, `next(&mut self, Candidates) -> u32`. Its first line says what it does
//!    differently, its second paragraph where that comes from. A random policy draws from the stream it is given, one sample a
//!    choice; what it keeps about the candidates it works out anew when [`Candidates::version`] is another one.
//! 2. A variant of [`Balancing`] (`model/balancing.rs`), with the parameters as plain numbers; `Model::new` checks their ranges.
//! 3. In this file a variant of [`Choice`], a line in each of its four matches and the name of its stream; without them nothing
//!    compiles. The list in the tests then does not compile either, and with it the tests of all members run: only
//!    eligible instances are chosen, all where none is, and no two members choose alike.
//! 4. How it is written, in one row of `BALANCING` in the scenarios' `spec/balancing.rs`: the parser, the JSON Schema and the
//!    reference page are read from it.
//!
//! Before the policy come [`subset`], [`levels`] and zones, which narrow the candidates, for a further try [`elsewhere`],
//! and [`room`] where only so many calls may be out; [`stale`] holds back what it is told.

mod backends;
mod consistent_hash;
mod edf;
mod elsewhere;
mod haproxy_least_conn;
mod hash;
mod ip_hash;
mod ketama;
mod least_outstanding;
mod least_request;
mod levels;
mod maglev;
mod nginx_least_conn;
mod peak_ewma;
mod power_of_d;
mod random;
mod random_two;
mod ring;
mod room;
mod round_robin;
mod router;
mod stale;
pub(crate) mod subset;
mod weighted_round_robin;
mod zones;

pub(crate) use backends::{Answer, Backends, Candidates};
pub(crate) use consistent_hash::of_key as hash_of_key;
use edf::Edf;
pub(crate) use ring::Ring as HashRing;
pub(crate) use room::Room;
pub(crate) use router::Router;
use weighted_round_robin::WeightedRoundRobin;

use crate::model::Balancing;
use crate::random::Stream;
use crate::time::SimTime;

/// What a policy may know of the call that it chooses for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// The request's key.
    pub key: u64,
    /// Where the request comes from.
    pub source: u32,
    /// The place of the caller.
    pub zone: u16,
    /// How often an instance was chosen for this very try, and wasn't wanted.
    pub choices: u32,
}

/// A balancing policy with its memory.
#[derive(Clone, Debug)]
pub(crate) enum Choice {
    RoundRobin(round_robin::RoundRobin),
    WeightedRoundRobin(WeightedRoundRobin),
    Edf(Edf),
    Random(random::Random),
    RandomTwo(random_two::RandomTwo),
    LeastOutstanding(least_outstanding::LeastOutstanding),
    NginxLeastConn(nginx_least_conn::NginxLeastConn),
    HaproxyLeastConn(haproxy_least_conn::HaproxyLeastConn),
    LeastRequest(least_request::LeastRequest),
    PowerOfD(power_of_d::PowerOfD),
    PeakEwma(peak_ewma::PeakEwma),
    Hash(hash::Hash),
    IpHash(ip_hash::IpHash),
    ConsistentHash(Box<consistent_hash::ConsistentHash>),
}

impl Choice {
    pub fn new(policy: Balancing, stream: Stream) -> Self {
        match policy {
            Balancing::RoundRobin => Self::RoundRobin(round_robin::RoundRobin::default()),
            Balancing::WeightedRoundRobin => Self::WeightedRoundRobin(WeightedRoundRobin::default()),
            Balancing::Edf => Self::Edf(Edf::new(stream)),
            Balancing::Random => Self::Random(random::Random::new(stream)),
            Balancing::RandomTwo => Self::RandomTwo(random_two::RandomTwo::new(stream)),
            Balancing::LeastOutstanding => Self::LeastOutstanding(least_outstanding::LeastOutstanding),
            Balancing::NginxLeastConn => Self::NginxLeastConn(nginx_least_conn::NginxLeastConn::default()),
            Balancing::HaproxyLeastConn => {
                Self::HaproxyLeastConn(haproxy_least_conn::HaproxyLeastConn::new(stream))
            }
            Balancing::LeastRequest(rule) => {
                Self::LeastRequest(least_request::LeastRequest::new(rule, stream))
            }
            Balancing::PowerOfD { choices } => {
                Self::PowerOfD(power_of_d::PowerOfD::new(choices, false, stream))
            }
            Balancing::PowerOfDReplaced { choices } => {
                Self::PowerOfD(power_of_d::PowerOfD::new(choices, true, stream))
            }
            Balancing::PeakEwma { decay } => Self::PeakEwma(peak_ewma::PeakEwma::new(decay, stream)),
            Balancing::Hash => Self::Hash(hash::Hash::default()),
            Balancing::IpHash => Self::IpHash(ip_hash::IpHash::default()),
            Balancing::ConsistentHash(rule) => {
                Self::ConsistentHash(Box::new(consistent_hash::ConsistentHash::new(rule)))
            }
        }
    }

    /// The instance for the next call. What is asked for is looked up only where the policy wants to know.
    #[inline]
    pub fn next(&mut self, candidates: Candidates<'_>, now: SimTime, asked: impl FnOnce() -> Asked) -> u32 {
        match self {
            Self::RoundRobin(p) => p.next(candidates),
            Self::WeightedRoundRobin(p) => p.next(candidates),
            Self::Edf(p) => p.next(candidates),
            Self::Random(p) => p.next(candidates),
            Self::RandomTwo(p) => p.next(candidates),
            Self::LeastOutstanding(p) => p.next(candidates),
            Self::NginxLeastConn(p) => p.next(candidates),
            Self::HaproxyLeastConn(p) => p.next(candidates),
            Self::LeastRequest(p) => p.next(candidates),
            Self::PowerOfD(p) => p.next(candidates),
            Self::PeakEwma(p) => p.next(candidates, now),
            Self::Hash(p) => p.next(candidates, asked()),
            Self::IpHash(p) => p.next(candidates, asked()),
            Self::ConsistentHash(p) => p.next(candidates, asked()),
        }
    }

    /// Whether it works out something from its candidates that holds for many choices, so that none can be left out of one.
    pub fn keeps_a_table(&self) -> bool {
        match self {
            Self::Edf(_) | Self::LeastRequest(_) | Self::Random(_) | Self::RandomTwo(_) => true,
            Self::ConsistentHash(p) => p.keeps_a_table(),
            Self::RoundRobin(_)
            | Self::WeightedRoundRobin(_)
            | Self::LeastOutstanding(_)
            | Self::NginxLeastConn(_)
            | Self::HaproxyLeastConn(_)
            | Self::PowerOfD(_)
            | Self::PeakEwma(_)
            | Self::Hash(_)
            | Self::IpHash(_) => false,
        }
    }

    /// Whether it learns from answers.
    pub fn learns(&self) -> bool {
        matches!(self, Self::PeakEwma(_))
    }

    /// Learns from an answer.
    pub fn note(&mut self, answer: Answer) {
        if let Self::PeakEwma(p) = self {
            p.note(answer);
        }
    }
}

/// Each policy draws from a stream of its own.
pub(crate) fn stream_of(policy: Balancing) -> &'static str {
    match policy {
        Balancing::RoundRobin => "round-robin",
        Balancing::WeightedRoundRobin => "weighted-round-robin",
        Balancing::Edf => "edf",
        Balancing::Random => "random",
        Balancing::RandomTwo => "random-two",
        Balancing::LeastOutstanding => "least-outstanding",
        Balancing::NginxLeastConn => "nginx-least-conn",
        Balancing::HaproxyLeastConn => "haproxy-least-conn",
        Balancing::LeastRequest(_) => "least-request",
        Balancing::PowerOfD { .. } | Balancing::PowerOfDReplaced { .. } => "power-of-d",
        Balancing::PeakEwma { .. } => "peak-ewma",
        Balancing::Hash => "hash",
        Balancing::IpHash => "ip-hash",
        Balancing::ConsistentHash(_) => "consistent-hash",
    }
}

#[cfg(test)]
mod tests;
