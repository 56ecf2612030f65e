//! What follows a crash: `failover`, by the name of a system or in times of one's own; and databases without a primary: `quorum`.

use sim_core::model::Failover;

use super::super::key::{Key, Shape, key, required};
use super::super::member::Member;
use super::super::reader::Reader;
use super::systems::{self, SYSTEMS};
use crate::expression::Expression;

const SHAPES: &[Shape] = &[Shape::Member(SYSTEMS), Shape::Table(FAILOVER)];

/// What follows a crash of the primary.
pub(super) const KEY: Key = key(
    "failover",
    Shape::Any(SHAPES),
    "What follows a crash of the primary: { detect, elect, promote }, a system's own by its name (\"patroni\"), or that with changes \
     ({ patroni = { ttl = \"20s\" } }); nothing unless said. The replica that lacks least takes its place, once it has applied what it has.",
);

/// How many replies make an answer.
pub(super) const QUORUM: Key = key(
    "quorum",
    Shape::Table(QUORUM_KEYS),
    "No primary: each call is sent to all replicas + 1 instances and answered by the first few of them, as in Dynamo and Cassandra; \
     there is a primary unless said.",
);

static FAILOVER: &[Key] = &[
    required("detect", Shape::Expression, "From the crash until it is noticed."),
    key(
        "elect",
        Shape::Expression,
        "From then until it is known who takes the place; 0s unless said.",
    ),
    required(
        "promote",
        Shape::Expression,
        "From then until that replica serves writes.",
    ),
];

static QUORUM_KEYS: &[Key] = &[
    key(
        "read",
        Shape::Count,
        "Replies that a read waits for (R); more than half unless said.",
    ),
    key(
        "write",
        Shape::Count,
        "Replies that a write waits for (W); more than half unless said. Reads see all writes before them if read + write > replicas + 1.",
    ),
    key(
        "reply",
        Shape::Expression,
        "From the end of a replica's work until its reply is there, beside the network's delay; 0s unless said.",
    ),
];

/// Failover as it was written.
#[derive(Clone, Debug)]
pub enum FailoverSpec {
    /// A system's own.
    System(&'static Member, Failover),
    /// Times of one's own.
    Times {
        /// Until a crash is noticed.
        detect: Expression,
        /// From then until it is known who takes the place.
        elect: Option<Expression>,
        /// From then until a replica serves writes.
        promote: Expression,
    },
}

/// A quorum as it was written.
#[derive(Clone, Debug)]
pub struct QuorumSpec {
    /// Replies that a read waits for.
    pub read: Option<u16>,
    /// Replies that a write waits for.
    pub write: Option<u16>,
    /// Until a reply is there.
    pub reply: Option<Expression>,
}

/// Reads `failover`.
pub(super) fn failover(r: &mut Reader<'_, '_>) -> Option<FailoverSpec> {
    let node = r.node.get("failover")?;
    let is_time = |key: &str| FAILOVER.iter().any(|k| k.name == key);
    if node.entries().iter().any(|e| is_time(&e.key)) {
        let mut f = r.table("failover", FAILOVER)?;
        let [detect, elect, promote] = ["detect", "elect", "promote"].map(|key| f.expression(key));
        f.finish();
        return Some(FailoverSpec::Times {
            detect: detect?,
            elect,
            promote: promote?,
        });
    }
    let policy = r.member("failover")?;
    let mut given = policy.given(r.out);
    let made = systems::failover(policy.place, &mut given).ok();
    let made = given.all(made)?;
    Some(FailoverSpec::System(&SYSTEMS[policy.place], made?))
}

/// Reads `quorum`; there are so many replicas beside the first instance.
pub(super) fn quorum(r: &mut Reader<'_, '_>, replicas: u32) -> Option<QuorumSpec> {
    let mut q = r.table("quorum", QUORUM_KEYS)?;
    let [read, write] = ["read", "write"].map(|key| {
        let count = q.count(key, 1, replicas + 1)?;
        u16::try_from(count.value).ok()
    });
    let reply = q.expression("reply");
    q.finish();
    Some(QuorumSpec { read, write, reply })
}
