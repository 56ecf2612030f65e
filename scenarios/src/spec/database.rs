//! `[database.name]`: a primary with read replicas, in one or more shards.

use sim_core::model::{Failover, ReadsFrom};

use super::key::{Key, Shape, TIME, key, not_yet, required};
use super::reader::{Reader, not_supported};
use super::shards::{self, ShardsSpec};
use super::station::{self, PlacementSpec, StationSpec};
use crate::diagnostic::Diagnostic;
use crate::expression::Expression;
use crate::source::Spanned;

/// The keys of `[database.name]`.
pub static DATABASE: &[Key] = &[
    station::INSTANCE,
    shards::SHARDS,
    shards::SHARDING,
    shards::SPLITS,
    shards::SCATTER,
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
        Shape::Table(REPLICATION),
        "How copies follow; at once unless said.",
    ),
    key(
        "reads-from",
        Shape::Word(&["primary", "replicas", "any"]),
        "Who serves reads: \"primary\" (unless said), \"replicas\" or \"any\".",
    ),
    key(
        "failover",
        Shape::Table(FAILOVER),
        "What follows a crash of the primary; nothing unless said.",
    ),
    not_yet("quorum", "quorums are not simulated"),
    station::REGION,
    station::SIZE,
    station::AUTOSCALE,
];

static REPLICATION: &[Key] = &[
    key(
        "mode",
        Shape::Word(&["async", "sync"]),
        "Only \"async\" is simulated.",
    ),
    key(
        "lag",
        Shape::Expression,
        "How long until a write is seen on a replica.",
    ),
];

static FAILOVER: &[Key] = &[
    required("detect", TIME, "Until a crash is noticed."),
    required("promote", TIME, "From then until a replica serves writes."),
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
    /// How long until a write is seen on a replica.
    pub lag: Option<Expression>,
    /// Who serves reads.
    pub reads_from: Option<ReadsFrom>,
    /// What follows a crash of the primary.
    pub failover: Option<Failover>,
}

/// Reads `[database.name]`.
pub fn read(mut r: Reader<'_, '_>) -> (DatabaseSpec, PlacementSpec) {
    let shards = shards::read(&mut r);
    let replicas = r.count("replicas", 0, 1000);
    let placement = station::placement(&mut r);
    let station = station::station(&mut r);
    let (read_time, write_time) = (r.expression("read-time"), r.expression("write-time"));
    let mut lag = None;
    if let Some(mut replication) = r.table("replication", REPLICATION) {
        if replication.word("mode").is_some_and(|m| m.value == 1) {
            let at = replication
                .node
                .get("mode")
                .map_or_else(|| replication.at.clone(), |n| n.span.clone());
            replication.out.push(not_supported(
                &at,
                "replication in step with the primary",
                "expected \"async\"",
            ));
        }
        lag = replication.expression("lag");
        replication.finish();
    }
    let reads = r.word("reads-from");
    let none = replicas.as_ref().is_none_or(|n| n.value == 0);
    if let Some(word) = reads.as_ref().filter(|w| w.value == 1 && none) {
        let problem = Diagnostic::error(&word.span, format!("{} has no replicas to read from", r.what));
        r.out.push(
            problem
                .label("expected \"primary\"")
                .help("or add replicas: `replicas = 2`"),
        );
    }
    let reads_from = reads.map(|w| [ReadsFrom::Primary, ReadsFrom::Replicas, ReadsFrom::Any][w.value]);
    let failover = r.table("failover", FAILOVER).and_then(|mut f| {
        let (detect, promote) = (f.duration("detect"), f.duration("promote"));
        f.finish();
        Some(Failover {
            detect: detect?.value,
            promote: promote?.value,
        })
    });
    r.finish();
    let spec = DatabaseSpec {
        shards,
        replicas,
        station,
        read_time,
        write_time,
        lag,
        reads_from,
        failover,
    };
    (spec, placement)
}
