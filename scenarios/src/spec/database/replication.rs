//! How replicas follow their primary: `replication`; and what is promised to readers: `read-your-writes`.

use sim_core::model::{ReadYourWrites, Wait};
use sim_core::time::SimDuration;

use super::super::key::{Key, Shape, TIME, key};
use super::super::member::Member;
use super::super::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::expression::Expression;

/// MySQL's `rpl_semi_sync_source_timeout`.
const USUAL_TIMEOUT: SimDuration = SimDuration::from_nanos(10_000_000_000);
/// How long a key that was written is read at the primary where nothing is said.
const USUAL_STICKINESS: SimDuration = SimDuration::from_nanos(5_000_000_000);
/// The most writes that a replica applies at once.
const MOST_APPLIERS: u32 = 10_000;

pub(super) static REPLICATION: &[Key] = &[
    key(
        "mode",
        Shape::Word(&["async", "semi-sync", "sync"]),
        "When a write is answered: at once (\"async\", unless said); when some replicas have it, but no later than a timeout, after \
         which nobody waits until they have caught up (\"semi-sync\", as MySQL's); or when they have it, however long it takes (\"sync\", \
         as PostgreSQL's ANY k). A write that waits holds its worker.",
    ),
    key(
        "copies",
        Shape::Count,
        "Replicas that must have a write before it is answered; 1 for \"semi-sync\" and all of them for \"sync\" unless said.",
    ),
    key(
        "acknowledge",
        Shape::Word(&["received", "applied"]),
        "Whether they must have it in their log (\"received\", unless said) or show it already (\"applied\", as PostgreSQL's remote_apply).",
    ),
    key(
        "timeout",
        TIME,
        "How long a write waits for them in \"semi-sync\"; 10s unless said.",
    ),
    key(
        "lag",
        Shape::Expression,
        "How long until a write is seen on a replica, whatever else is written; or say apply.",
    ),
    key(
        "apply",
        Shape::Expression,
        "How long a replica takes to apply one write: it falls behind when more is written than it can apply. At once unless said.",
    ),
    key(
        "appliers",
        Shape::Count,
        "Writes that a replica applies at once, shown in the order of the log all the same; 1 unless said. They take nothing from its reads.",
    ),
    key(
        "transfer",
        Shape::Expression,
        "How long until a write is in a replica's log, beside the network's delay; 0s unless said.",
    ),
];

/// What is done so that a read sees the writes before it.
pub(super) static READ_YOUR_WRITES: &[Member] = &[
    Member {
        name: "primary",
        about: "A key that was ever written is read at the primary.",
        parameters: &[],
        source: "M. Kleppmann, Designing Data-Intensive Applications, 2017, chapter 5",
        checked: "no stale reads, and the reads that the primary gets counted",
    },
    Member {
        name: "sticky",
        about: "A key that was written is read at the primary for a while; after it a replica that lags more is stale.",
        parameters: &[key("for", TIME, "How long; 5s unless said.")],
        source: "M. Kleppmann, Designing Data-Intensive Applications, 2017, chapter 5",
        checked: "stale reads exactly where the lag is longer",
    },
    Member {
        name: "position",
        about: "The replica answers once it has applied the last write of the key; a worker waits with the read.",
        parameters: &[],
        source: "MySQL manual, WAIT_FOR_EXECUTED_GTID_SET",
        checked: "no stale reads, and reads longer by what was left of the lag",
    },
];

/// Replication as it was written.
#[derive(Clone, Debug, Default)]
pub struct ReplicationSpec {
    /// How long until a write is seen on a replica, whatever else is written.
    pub lag: Option<Expression>,
    /// How long a replica takes to apply a write.
    pub apply: Option<Expression>,
    /// Writes that a replica applies at once.
    pub appliers: u32,
    /// How long until a write is in a replica's log.
    pub transfer: Option<Expression>,
    /// What a write waits for; no number of copies stands for all.
    pub wait: Option<Wait>,
}

/// Reads `replication`; `replicas` is how many there are.
pub(super) fn replication(r: &mut Reader<'_, '_>, replicas: u32) -> Option<ReplicationSpec> {
    let mut t = r.table("replication", REPLICATION)?;
    let mode = t.word("mode");
    let place = mode.as_ref().map_or(0, |m| m.value);
    if let Some(mode) = mode.as_ref().filter(|m| m.value > 0 && replicas == 0) {
        let problem = Diagnostic::error(
            &mode.span,
            format!("{}: there are no replicas to wait for", t.what),
        );
        t.out.push(
            problem
                .label("expected \"async\"")
                .help("or add replicas: `replicas = 2`"),
        );
    }
    let wait = if place == 0 {
        None
    } else {
        let copies = t.count("copies", 1, replicas.max(1)).map(|c| c.value);
        let applied = t.word("acknowledge").is_some_and(|w| w.value == 1);
        let is_semi = place == 1;
        Some(Wait {
            copies: copies.unwrap_or(if is_semi { 1 } else { replicas.max(1) }),
            applied,
            timeout: is_semi.then(|| t.positive_duration("timeout").map_or(USUAL_TIMEOUT, |d| d.value)),
        })
    };
    let (lag, apply) = (t.expression("lag"), t.expression("apply"));
    if lag.is_some() && apply.is_some() {
        let problem = Diagnostic::error(
            &t.key_span("apply"),
            format!("{}: lag and apply exclude each other", t.what),
        );
        t.out.push(
            problem
                .label("the lag comes out of this")
                .help("remove `lag`, or remove `apply` to set the lag by a law"),
        );
    }
    let appliers = match apply {
        Some(_) => t.count("appliers", 1, MOST_APPLIERS).map_or(1, |n| n.value),
        None => 1,
    };
    let transfer = match lag {
        None => t.expression("transfer"),
        Some(_) => None,
    };
    t.finish();
    Some(ReplicationSpec {
        lag,
        apply,
        appliers,
        transfer,
        wait,
    })
}

/// Reads `read-your-writes`.
pub(super) fn read_your_writes(r: &mut Reader<'_, '_>) -> Option<ReadYourWrites> {
    let policy = r.member("read-your-writes")?;
    let mut given = policy.given(r.out);
    let made = match policy.name {
        "primary" => ReadYourWrites::Sticky(SimDuration::MAX),
        "position" => ReadYourWrites::Position,
        _ => ReadYourWrites::Sticky(given.time("for").unwrap_or(USUAL_STICKINESS)),
    };
    given.all(made)
}
