//! `[database.name]`: a primary with read replicas, in one or more shards.

mod failover;
mod multi;
mod replication;
mod systems;

use sim_core::model::{MultiPrimary, ReadYourWrites, ReadsFrom};

use super::key::{Key, Shape, key, required};
use super::reader::Reader;
use super::shards::{self, ShardsSpec};
use super::station::{self, PlacementSpec, StationSpec};
use super::transactions;
use crate::diagnostic::Diagnostic;
use crate::expression::Expression;
use crate::source::Spanned;
pub use failover::{FailoverSpec, QuorumSpec};
pub use replication::ReplicationSpec;

/// The keys of `[database.name]`.
pub static DATABASE: &[Key] = &[
    station::INSTANCE,
    shards::SHARDS,
    shards::SHARDING,
    shards::SPLITS,
    shards::SCATTER,
    shards::RESHARD,
    transactions::TRANSACTIONS,
    key(
        "replicas",
        Shape::Count,
        "Copies beside the primary, per shard; 0 unless said.",
    ),
    station::ZONES,
    station::WORKERS,
    station::CORES,
    station::QUEUE,
    station::CONTENTION,
    station::FAILURES,
    required("read-time", Shape::Expression, "The time of a read."),
    required("write-time", Shape::Expression, "The time of a write."),
    key(
        "replication",
        Shape::Table(replication::REPLICATION),
        "How copies follow the primary; at once unless said.",
    ),
    key(
        "reads-from",
        Shape::Word(&["primary", "replicas", "any"]),
        "Who serves reads: \"primary\" (unless said), \"replicas\" or \"any\".",
    ),
    key(
        "read-your-writes",
        Shape::Member(replication::READ_YOUR_WRITES),
        "What is done so that a read sees the writes of its key that were answered before it: \"primary\", sticky(5s) or \"position\"; \
         nothing unless said.",
    ),
    failover::KEY,
    failover::QUORUM,
    multi::KEY,
    key(
        "locks",
        Shape::Flag,
        "Whether a write locks its key from its start to its answer, while other writes of the key wait, each with its worker; reads wait for \
         nobody. false unless said.",
    ),
    key(
        "connections",
        Shape::Count,
        "Calls that one instance has at once, those that wait included; one more is refused (\"too many connections\"). Unlimited unless said.",
    ),
    station::REGION,
    station::SIZE,
    station::AUTOSCALE,
];

/// A database as it was written.
#[derive(Clone, Debug)]
pub struct DatabaseSpec {
    /// Parts of the data.
    pub shards: ShardsSpec,
    /// Copies beside the primary.
    pub replicas: Option<Spanned<u32>>,
    /// Workers and queue.
    pub station: StationSpec,
    /// The time of a read.
    pub read_time: Option<Expression>,
    /// The time of a write.
    pub write_time: Option<Expression>,
    /// How copies follow the primary.
    pub replication: Option<ReplicationSpec>,
    /// Who serves reads.
    pub reads_from: Option<ReadsFrom>,
    /// What is done so that a read sees the writes before it.
    pub read_your_writes: Option<ReadYourWrites>,
    /// What follows a crash of the primary.
    pub failover: Option<FailoverSpec>,
    /// How many replies make an answer, where there is no primary.
    pub quorum: Option<QuorumSpec>,
    /// What becomes of writes that conflict, where all instances take them.
    pub multi: Option<MultiPrimary>,
    /// Whether a write locks its key.
    pub locks: bool,
    /// Calls that one instance has at once.
    pub connections: Option<Spanned<u32>>,
}

/// Reads `[database.name]`.
pub fn read(mut r: Reader<'_, '_>) -> (DatabaseSpec, PlacementSpec) {
    let shards = shards::read(&mut r);
    let replicas = r.count("replicas", 0, 1000);
    let placement = station::placement(&mut r);
    let station = station::station(&mut r);
    let (read_time, write_time) = (r.expression("read-time"), r.expression("write-time"));
    let copies = replicas.as_ref().map_or(0, |n| n.value);
    let connections = r.count("connections", 1, station::MOST_WORKERS);
    let quorum = failover::quorum(&mut r, copies);
    let mut spec = DatabaseSpec {
        shards,
        replicas,
        station,
        read_time,
        write_time,
        replication: None,
        reads_from: None,
        read_your_writes: None,
        failover: None,
        quorum,
        multi: None,
        locks: false,
        connections,
    };
    // Without a primary nothing of this is there: the keys are told to have no effect.
    if spec.quorum.is_none() {
        spec.locks = r.flag("locks").unwrap_or(false);
        if !multi::multi_primary(&mut r, copies, &mut spec) {
            primary(&mut r, copies, &mut spec);
        }
    }
    r.finish();
    (spec, placement)
}

/// What a database with a primary has beside it.
fn primary(r: &mut Reader<'_, '_>, copies: u32, spec: &mut DatabaseSpec) {
    spec.replication = replication::replication(r, copies);
    let reads = r.word("reads-from");
    if let Some(word) = reads.as_ref().filter(|w| w.value == 1 && copies == 0) {
        let problem = Diagnostic::error(&word.span, format!("{} has no replicas to read from", r.what));
        r.out.push(
            problem
                .label("expected \"primary\"")
                .help("or add replicas: `replicas = 2`"),
        );
    }
    spec.reads_from = reads.map(|w| [ReadsFrom::Primary, ReadsFrom::Replicas, ReadsFrom::Any][w.value]);
    // Where the primary is read alone there is nothing to do: the key is told to have no effect.
    let is_spread = matches!(spec.reads_from, Some(ReadsFrom::Replicas | ReadsFrom::Any));
    spec.read_your_writes = is_spread.then(|| replication::read_your_writes(r)).flatten();
    spec.failover = failover::failover(r);
}
