//! `[cache.name]`: nodes that keep copies of values by key.

use sim_core::model::{Eviction, Strategy};
use sim_core::time::SimDuration;

use super::key::{Key, SHARE, Shape, TIME, key, not_yet};
use super::reader::{Reader, quantity_of};
use super::station::{self, PlacementSpec, StationSpec};
use crate::diagnostic::Diagnostic;
use crate::expression::Expression;
use crate::quantity::{self, Dimension};
use crate::source::Spanned;

/// The keys of `[cache.name]`.
pub static CACHE: &[Key] = &[
    station::INSTANCES,
    station::INSTANCE,
    station::ZONES,
    station::WORKERS,
    station::CORES,
    station::QUEUE,
    station::CONTENTION,
    station::FAILURES,
    key(
        "capacity",
        Shape::Any(&[
            Shape::Quantity(Dimension::Items),
            Shape::Quantity(Dimension::Bytes),
        ]),
        "What each node holds: \"200k items\", or \"4GiB\" with item-size; no limit unless said.",
    ),
    key(
        "item-size",
        Shape::Quantity(Dimension::Bytes),
        "The size of one value, where capacity is in bytes.",
    ),
    key(
        "hit-ratio",
        SHARE,
        "Instead of keys: the probability that a look-up finds its value.",
    ),
    key(
        "policy",
        Shape::Word(&["lru", "fifo"]),
        "Who leaves when it is full; \"lru\" unless said.",
    ),
    key("ttl", TIME, "How long a value is good; for ever unless said."),
    key(
        "ttl-jitter",
        SHARE,
        "The TTL is drawn uniformly within this share of itself; 0 unless said.",
    ),
    key(
        "strategy",
        Shape::Word(&["cache-aside", "read-through"]),
        "Who calls the origin on a miss: the caller (\"cache-aside\", unless said) or the cache.",
    ),
    key(
        "origin",
        Shape::Name,
        "Where a miss and a change go; without it a miss is an answer.",
    ),
    key(
        "coalesce",
        Shape::Flag,
        "One miss per key in flight, the others wait for it; false unless said.",
    ),
    key(
        "service-time",
        Shape::Expression,
        "The time of one look-up or change; none unless said.",
    ),
    not_yet("negative-ttl", "misses are not kept"),
    not_yet("stale-while-revalidate", "stale values are not served"),
    station::REGION,
    station::AUTOSCALE,
];

/// A cache as it was written.
#[derive(Clone, Debug)]
pub struct CacheSpec {
    /// How many nodes.
    pub instances: Option<Spanned<u32>>,
    /// Workers and queue.
    pub station: StationSpec,
    /// Items on each node; none: no limit.
    pub capacity: Option<Spanned<u64>>,
    /// Instead of keys.
    pub hit_ratio: Option<f64>,
    /// Who leaves.
    pub eviction: Eviction,
    /// How long a value is good.
    pub ttl: Option<SimDuration>,
    /// Its spread.
    pub ttl_jitter: f64,
    /// Who calls the origin.
    pub strategy: Strategy,
    /// Where a miss goes.
    pub origin: Option<Spanned<String>>,
    /// One miss per key.
    pub coalesce: bool,
    /// The time of one look-up.
    pub service_time: Option<Expression>,
}

/// Reads `[cache.name]`.
pub fn read(mut r: Reader<'_, '_>) -> (CacheSpec, PlacementSpec) {
    let instances = r.count("instances", 1, station::MOST_INSTANCES);
    let placement = station::placement(&mut r);
    let station = station::station(&mut r);
    let hit_ratio = r.share("hit-ratio").map(|h| h.value);
    // With a hit ratio there are no keys to keep: what describes keeping them has no effect, and finish says so.
    let keeps = !r.has("hit-ratio");
    let capacity = if keeps { capacity(&mut r) } else { None };
    let eviction = match if keeps {
        r.word("policy").map(|w| w.value)
    } else {
        None
    } {
        Some(1) => Eviction::Fifo,
        _ => Eviction::Lru,
    };
    let ttl = if keeps {
        r.positive_duration("ttl").map(|t| t.value)
    } else {
        None
    };
    let ttl_jitter = if r.has("ttl") && keeps {
        r.share("ttl-jitter")
    } else {
        None
    };
    if let Some(all) = ttl_jitter.as_ref().filter(|j| j.value >= 1.0) {
        let problem = Diagnostic::error(&all.span, format!("{}: ttl-jitter is 1 or more", r.what));
        r.out.push(problem.label("expected less than 1"));
    }
    let strategy = match r.word("strategy").map(|w| w.value) {
        Some(1) => Strategy::ReadThrough,
        _ => Strategy::CacheAside,
    };
    let origin = r.text("origin");
    let coalesce = r.flag("coalesce").unwrap_or(false);
    let service_time = r.expression("service-time");
    r.finish();
    let ttl_jitter = ttl_jitter.map_or(0.0, |j| j.value);
    let spec = CacheSpec {
        instances,
        station,
        capacity,
        hit_ratio,
        eviction,
        ttl,
        ttl_jitter,
        strategy,
        origin,
        coalesce,
        service_time,
    };
    (spec, placement)
}

/// Items, or bytes over the size of an item.
fn capacity(r: &mut Reader<'_, '_>) -> Option<Spanned<u64>> {
    let in_bytes = r
        .node
        .get("capacity")
        .is_some_and(|n| quantity::parse_any(&n.display()).is_some_and(|q| q.dimension == Dimension::Bytes));
    if !in_bytes {
        let items = r.large_count("capacity")?;
        if items.value == 0 {
            r.out.push(Diagnostic::error(
                &items.span,
                format!("{}: capacity can't be 0", r.what),
            ));
            return None;
        }
        return Some(items);
    }
    let node = r.take("capacity")?;
    let bytes = quantity_of(node, Dimension::Bytes, &format!("{}: capacity", r.what), r.out)?;
    if !r.has("item-size") {
        let problem = Diagnostic::error(
            &bytes.span,
            format!("{}: a capacity in bytes needs an item-size", r.what),
        );
        r.out
            .push(problem.label("expected `item-size = \"2KiB\"` beside it"));
        return None;
    }
    let size = r.quantity("item-size", Dimension::Bytes)?;
    let items = (bytes.value / size.value).floor();
    if !(1.0..=1e15).contains(&items) {
        let problem = Diagnostic::error(&size.span, format!("{}: not even one item fits", r.what));
        r.out.push(problem.label("expected less than the capacity"));
        return None;
    }
    Some(Spanned {
        value: items as u64,
        span: bytes.span,
    })
}
