//! What somebody else runs: services that are paid by the call, and stores of objects.

use super::Demand;
use crate::time::SimDuration;

/// A service whose machines aren't ours: it serves any number of calls at once, so long as they don't come faster than its owner
/// allows.
#[derive(Clone, Debug)]
pub struct External {
    /// Whether it keeps objects: it stands in a region, all over it, and a connection carries a whole object. Otherwise it is
    /// beside its caller: the way there is a part of its latency.
    pub is_store: bool,
    /// What holds for calls.
    pub calls: Terms,
    /// What holds for calls that change something; none: the same, within the same limit.
    pub changes: Option<Terms>,
    /// The parts of the keys that limits hold for, each by itself; at least 1.
    pub prefixes: u32,
    /// A prefix that has refused calls for so long is split in two, each with the limits of one; none: never.
    pub split_after: Option<SimDuration>,
    /// Bytes per second of one connection; none: answers take no time after their first byte.
    pub throughput: Option<f64>,
    /// The share of calls that are answered well, of those that were let in.
    pub availability: f64,
    /// What a byte from it costs, in 10^-12 USD; none: what the network says.
    pub price: Option<u64>,
}

/// What holds for calls of one kind.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Until the first byte of the answer.
    pub latency: Demand,
    /// How often they may come; none: as often as they like.
    pub limit: Option<RateLimit>,
    /// What a call costs that was let in, in 10^-12 USD.
    pub price: u64,
}

/// A bucket of tokens: every call takes one, and is refused where there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateLimit {
    /// Tokens that come in a second.
    pub rate: f64,
    /// Tokens that fit: the calls that may come at once; at least 1.
    pub burst: f64,
}

impl External {
    /// Calls a second that it lets in at most while no prefix is split, of those that change something or of the others; none: there is no limit.
    #[must_use]
    pub fn most(&self, is_change: bool) -> Option<f64> {
        let limit = self.terms(is_change).limit?;
        Some(limit.rate * f64::from(self.prefixes))
    }

    /// What holds for calls that change something, or for the others.
    #[must_use]
    pub fn terms(&self, is_change: bool) -> &Terms {
        self.changes.as_ref().filter(|_| is_change).unwrap_or(&self.calls)
    }
}
