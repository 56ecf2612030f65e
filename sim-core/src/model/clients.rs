//! Where requests come from: arrivals, operations, keys, patience and retries.

use std::sync::Arc;

use super::{Call, OpId};
use crate::random::{Law, Popularity, StreamName};
use crate::time::SimDuration;

/// A population of clients that call one component.
#[derive(Clone, Debug)]
pub struct Clients {
    /// Opens the population's random streams.
    pub name: StreamName,
    /// Whom they call, how long they wait, and whether they try again.
    pub call: Call,
    /// When requests arrive.
    pub arrivals: Arrivals,
    /// The operations with their weights; the weights need not sum to one.
    pub mix: Vec<(OpId, f64)>,
    /// The key space that the requests' keys come from.
    pub keys: Option<usize>,
    /// The distinct addresses that requests come from; none: a user of a closed loop is its own source, others have none.
    pub sources: Option<u32>,
}

/// The process that makes requests arrive.
#[derive(Clone, Debug)]
pub enum Arrivals {
    /// Independent gaps of one law, in nanoseconds: exponential gaps are Poisson arrivals, constant ones are paced.
    Renewal {
        /// The gap between two arrivals.
        gap: Law,
    },
    /// Each of `users` thinks, sends, waits for its answer, and thinks again.
    Closed {
        /// How many users there are.
        users: u32,
        /// The think time, in nanoseconds.
        think: Law,
    },
    /// Recorded times: an index into [`super::Description::traces`]. The trace's end is the end of the arrivals.
    Trace(usize),
}

/// Recorded arrivals.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Nanoseconds since the first request, not decreasing.
    pub times: Arc<[u64]>,
    /// The other columns, each as long as `times`: attributes of the requests.
    pub columns: Vec<Arc<[f64]>>,
}

/// A set of keys.
#[derive(Clone, Debug)]
pub struct KeySpace {
    /// Mixed into the streams of the clients that draw from it.
    pub name: StreamName,
    /// How a request's key is chosen.
    pub keys: Keys,
}

impl KeySpace {
    /// How many keys there are, or one more than the largest that was recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        match &self.keys {
            Keys::Drawn(popularity) => popularity.keys(),
            Keys::Recorded(keys) => keys.iter().max().map_or(0, |most| most + 1),
        }
    }
}

/// How keys are chosen.
#[derive(Clone, Debug)]
pub enum Keys {
    /// Independent draws; the key is its popularity's rank.
    Drawn(Popularity),
    /// A recorded list, one key a request; its end is the end of the arrivals.
    Recorded(Arc<[u64]>),
}

/// What a caller does when a call failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// Tries in all, the first included; at least 1.
    pub attempts: u8,
    /// The pause before a further try.
    pub backoff: Backoff,
    /// How the pause is randomised.
    pub jitter: Jitter,
    /// Retries allowed as a share of the calls made (a token bucket of ten seconds' worth); none: no limit.
    pub budget: Option<f64>,
}

/// The pause before the n-th retry, n from 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Backoff {
    /// Always the same.
    Constant(SimDuration),
    /// `min(max, base * 2^(n-1))`.
    Exponential {
        /// The pause before the first retry.
        base: SimDuration,
        /// The longest pause.
        max: SimDuration,
    },
}

/// How a pause `v` is randomised (Brooker, AWS Architecture Blog, 2015).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jitter {
    /// `v` as it is.
    None,
    /// Uniform between 0 and `v`.
    Full,
    /// `v/2` plus uniform between 0 and `v/2`.
    Equal,
}
