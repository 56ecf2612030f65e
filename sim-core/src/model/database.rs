//! Databases: who holds copies, how they follow the primary, and what is promised to those who read.

use super::{Demand, Station};
use crate::random::Law;
use crate::time::SimDuration;

/// A primary with read replicas.
#[derive(Clone, Debug)]
pub struct Database {
    /// Copies beside the primary.
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
    pub failover: Option<Box<Failover>>,
    /// Whether a write locks its key until it is answered.
    pub locks: bool,
    /// What becomes of writes that conflict, where all instances take writes: without failover and waiting for copies.
    pub multi: Option<Box<MultiPrimary>>,
    /// How many replies make an answer, where there is no primary; then nothing of the above but the times and the station counts.
    pub quorum: Option<Box<Quorum>>,
}

impl Database {
    /// One instance without a limit of workers, which takes so long for a read and for a write.
    #[must_use]
    pub fn of(read_time: Demand, write_time: Demand) -> Self {
        Self {
            replicas: 0,
            station: Station::default(),
            read_time,
            write_time,
            reads_from: ReadsFrom::Primary,
            replication: Replication::default(),
            read_your_writes: None,
            failover: None,
            locks: false,
            multi: None,
            quorum: None,
        }
    }

    /// The primary and its replicas.
    #[must_use]
    pub fn instances(&self) -> u64 {
        u64::from(self.replicas) + 1
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

/// A replica takes the primary's place: the one that lacks least, once it has applied what it has.
#[derive(Clone, Debug)]
pub struct Failover {
    /// From the crash until it is noticed.
    pub detect: Detect,
    /// From then until it is known who takes the place, in nanoseconds; none: at once.
    pub elect: Option<Law>,
    /// From then until the replica serves writes, in nanoseconds.
    pub promote: Law,
    /// Whether more than half of the instances must be up.
    pub needs_majority: bool,
    /// For how long after a failover no other one follows; none: it may at once.
    pub block: Option<SimDuration>,
}

/// When a crash is noticed, in nanoseconds after it.
#[derive(Clone, Debug)]
pub enum Detect {
    /// After a time of this law.
    After(Law),
    /// When the first of the instances that are up notices, each after a time of its own of this law.
    First(Law),
}

impl Failover {
    /// A failover that notices, and promotes, after times of these laws.
    #[must_use]
    pub fn of(detect: Law, promote: Law) -> Self {
        Self {
            detect: Detect::After(detect),
            elect: None,
            promote,
            needs_majority: false,
            block: None,
        }
    }

    /// Seconds within which nearly every failover is done: the mean and two standard deviations of each of its parts.
    #[must_use]
    pub fn takes_s(&self) -> f64 {
        let (Detect::After(detect) | Detect::First(detect)) = &self.detect;
        let parts = [Some(detect), self.elect.as_ref(), Some(&self.promote)];
        let most = |law: &Law| (law.mean() + 2.0 * law.variance().sqrt()) / 1e9;
        parts.into_iter().flatten().map(most).sum()
    }
}

/// All replicas are equal, the primary among them, and a call is answered by the first few of them.
#[derive(Clone, Debug)]
pub struct Quorum {
    /// Replies that a read waits for; at least 1.
    pub read: u16,
    /// Replies that a write waits for; at least 1.
    pub write: u16,
    /// From the end of a replica's work to its reply being there, beside the network's delay, in nanoseconds; none: no time.
    pub reply: Option<Law>,
}

/// What becomes of writes of a key at different instances that don't know of each other.
#[derive(Clone, Debug)]
pub enum MultiPrimary {
    /// Both are answered, and the later one takes the other's place.
    LastWriterWins,
    /// The first one to be sent to all wins, the other is answered with an error. Only where replicas apply writes one after the other.
    Certified {
        /// How long it takes to send a write to all, beside the network's round trip, in nanoseconds; none: no time.
        broadcast: Option<Law>,
        /// When an instance pauses all writes.
        flow: FlowControl,
        /// For how long no write is sent after the loss of an instance, in nanoseconds; none: for no time.
        stall: Option<Law>,
    },
}

/// When all writes pause for an instance that has too much to apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowControl {
    /// They pause when more than so many wait there.
    pub pause_above: u32,
    /// They go on when no more than so many do; at most as many.
    pub resume_at: u32,
}
