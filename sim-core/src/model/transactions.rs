//! Transactions that change keys on several shards.

use super::OpId;
use crate::time::SimDuration;

/// The most keys of one transaction.
pub const MOST_TRANSACTION_KEYS: u32 = 8;

/// How requests change several keys of a sharded database at once.
#[derive(Clone, Debug)]
pub struct Transactions {
    /// The operations whose calls are transactions.
    pub operations: Vec<OpId>,
    /// Keys that each of them changes, from 2 to [`MOST_TRANSACTION_KEYS`].
    pub keys: u32,
    /// The probability that the change of a key is refused (no funds, out of stock), which undoes the whole transaction.
    pub refused: f64,
    /// How the shards agree.
    pub protocol: Protocol,
}

/// How shards agree on a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// All prepare, and then all commit; keys are locked from before the first until after the second.
    TwoPhaseCommit {
        /// How long the coordinator takes to force its decision to its log.
        log: SimDuration,
    },
    /// One after the other commits, for everybody to see; what was done is undone by further changes where a later one is refused.
    Saga,
}
