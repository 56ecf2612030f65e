//! Databases: who holds copies, how they follow the primary, and what is promised to those who read.

use super::{Demand, Station};
use crate::random::Law;
use crate::time::SimDuration;

/// A primary with read replicas, in one or more shards.
#[derive(Clone, Debug)]
pub struct Database {
    /// Parts of the data, by the hash of the key; at least 1.
    pub shards: u32,
    /// Copies beside the primary, per shard.
    pub replicas: u32,
    /// The queue and workers of each instance.
    pub station: Station,
    /// The time of a read.
    pub read_time: Demand,
    /// The time of a write.
    pub write_time: Demand,
    /// Who serves reads.
    pub reads_from: ReadsFrom,
    /// How replicas follow the primary.
    pub replication: Replication,
    /// What is done so that a read sees the writes before it.
    pub read_your_writes: Option<ReadYourWrites>,
    /// What follows a crash of the primary; none: writes fail until it is repaired.
    pub failover: Option<Failover>,
}

impl Database {
    /// One instance without a limit of workers, which takes so long for a read and for a write.
    #[must_use]
    pub fn of(read_time: Demand, write_time: Demand) -> Self {
        Self {
            shards: 1,
            replicas: 0,
            station: Station::default(),
            read_time,
            write_time,
            reads_from: ReadsFrom::Primary,
            replication: Replication::default(),
            read_your_writes: None,
            failover: None,
        }
    }

    /// Instances of all shards.
    #[must_use]
    pub fn instances(&self) -> u64 {
        u64::from(self.shards) * (u64::from(self.replicas) + 1)
    }
}

/// Who serves reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadsFrom {
    /// The primary.
    Primary,
    /// One of the replicas at random.
    Replicas,
    /// One of all at random.
    Any,
}

/// How replicas follow the primary.
#[derive(Clone, Debug, Default)]
pub struct Replication {
    /// When a write is seen on a replica.
    pub follow: Follow,
    /// For how many copies a write waits before it is answered; none: for no one (asynchronous).
    pub wait: Option<Wait>,
}

/// When a write is seen on a replica.
#[derive(Clone, Debug, Default)]
pub enum Follow {
    /// As soon as it is answered.
    #[default]
    AtOnce,
    /// After a time of this law, whatever else is written, in nanoseconds.
    After(Law),
    /// When the replica has applied it, one write after the other.
    Applied(Apply),
}

/// The queue in which a replica applies the writes of its primary. Appliers are no workers: they take nothing from reads.
#[derive(Clone, Debug)]
pub struct Apply {
    /// How long an applier takes for a write, in nanoseconds.
    pub time: Law,
    /// Writes applied at once; they become visible in the order of the log all the same. At least 1.
    pub appliers: u32,
    /// From the write to its being in the replica's own log, beside the network's delay, in nanoseconds.
    pub transfer: Option<Law>,
}

/// A write is answered when replicas have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// How many of them; at least 1.
    pub copies: u32,
    /// Whether they must have applied it, or only have it in their log.
    pub applied: bool,
    /// After so long it is answered all the same, and nobody waits any more until that many replicas have caught up; none: it
    /// waits for as long as it takes.
    pub timeout: Option<SimDuration>,
}

/// What is done so that a read sees the writes of its key that were answered before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadYourWrites {
    /// A key that was written is read at the primary for so long; for ever by [`SimDuration::MAX`].
    Sticky(SimDuration),
    /// The replica answers when it has applied what was written.
    Position,
}

/// A replica takes the primary's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failover {
    /// Until the crash is noticed.
    pub detect: SimDuration,
    /// Until the replica serves writes.
    pub promote: SimDuration,
}
