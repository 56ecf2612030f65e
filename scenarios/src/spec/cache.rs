//! `[cache.name]`: nodes that keep copies of values by key.

use sim_core::model::{Eviction, Strategy};
use sim_core::random::{Law, LawError};
use sim_core::time::SimDuration;

use super::eviction::{self, EVICTIONS};
use super::key::{Key, SHARE, Shape, TIME, key, not_yet, required};
use super::member::Member;
use super::reader::{Reader, quantity_of};
use super::station::{self, PlacementSpec, StationSpec};
use crate::diagnostic::Diagnostic;
use crate::expression::Expression;
use crate::quantity::{self, Dimension};
use crate::source::Spanned;
use crate::tree::Value;

/// Sizes that differ from key to key.
static SIZES: &[Member] = &[
    Member {
        name: "lognormal",
        about: "Most are small and a few are many times larger.",
        parameters: &[
            required("p50", SIZE, "The median."),
            required("p99", SIZE, "What one in a hundred is above."),
        ],
        source: "sim_core::random::law",
        checked: "as the law of times of this name",
    },
    Member {
        name: "exp",
        about: "Exponential.",
        parameters: &[required("mean", SIZE, "The mean.")],
        source: "sim_core::random::law",
        checked: "as the law of times of this name",
    },
    Member {
        name: "uniform",
        about: "All sizes within two bounds alike.",
        parameters: &[
            required("low", SIZE, "The smallest."),
            required("high", SIZE, "The largest."),
        ],
        source: "sim_core::random::law",
        checked: "as the law of times of this name",
    },
    Member {
        name: "pareto",
        about: "A heavy tail, cut off.",
        parameters: &[
            required("min", SIZE, "The smallest."),
            required("alpha", Shape::Number, "The heavier the tail the smaller it is."),
            required("max", SIZE, "The largest."),
        ],
        source: "sim_core::random::law",
        checked: "as the law of times of this name",
    },
];

const SIZE: Shape = Shape::Quantity(Dimension::Bytes);

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
        Shape::Any(&[Shape::Member(SIZES), Shape::Quantity(Dimension::Bytes)]),
        "The size of a value, where capacity is in bytes; a law is drawn once for every key: \"lognormal(p50=2KiB, p99=64KiB)\".",
    ),
    key(
        "hit-ratio",
        SHARE,
        "Instead of keys: the probability that a look-up finds its value.",
    ),
    key(
        "policy",
        Shape::Member(EVICTIONS),
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
    station::SIZE,
    station::AUTOSCALE,
];

/// A cache as it was written.
#[derive(Clone, Debug)]
pub struct CacheSpec {
    /// How many nodes.
    pub instances: Option<Spanned<u32>>,
    /// Workers and queue.
    pub station: StationSpec,
    /// What each node holds, in items, or in bytes where they have sizes; none: no limit.
    pub capacity: Option<Spanned<u64>>,
    /// Sizes that differ from key to key.
    pub sizes: Option<Law>,
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
    let (capacity, sizes) = if keeps { capacity(&mut r) } else { (None, None) };
    let eviction = if keeps {
        eviction::read(&mut r)
    } else {
        Eviction::Lru
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
        sizes,
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

/// Items; bytes over the size of an item; or bytes, and the law of the sizes.
fn capacity(r: &mut Reader<'_, '_>) -> (Option<Spanned<u64>>, Option<Law>) {
    let in_bytes = r
        .node
        .get("capacity")
        .is_some_and(|n| quantity::parse_any(&n.display()).is_some_and(|q| q.dimension == Dimension::Bytes));
    if !in_bytes {
        let items = r.large_count("capacity");
        if let Some(none) = items.as_ref().filter(|i| i.value == 0) {
            let problem = Diagnostic::error(&none.span, format!("{}: capacity can't be 0", r.what));
            r.out.push(problem);
            return (None, None);
        }
        return (items, None);
    }
    let Some(node) = r.take("capacity") else {
        return (None, None);
    };
    let what = format!("{}: capacity", r.what);
    let Some(bytes) = quantity_of(node, Dimension::Bytes, &what, r.out) else {
        return (None, None);
    };
    if !r.has("item-size") {
        let problem = Diagnostic::error(
            &bytes.span,
            format!("{}: a capacity in bytes needs an item-size", r.what),
        );
        r.out
            .push(problem.label("expected `item-size = \"2KiB\"` beside it"));
        return (None, None);
    }
    let at = r.node.get("item-size").map(|n| n.span.clone());
    let is_law = r
        .node
        .get("item-size")
        .is_some_and(|n| is_member(&n.value, &n.display()));
    let (least, unit, sizes) = if is_law {
        let Some(law) = size_law(r) else {
            return (None, None);
        };
        (law.mean(), 1.0, Some(law))
    } else {
        let Some(size) = r.quantity("item-size", Dimension::Bytes) else {
            return (None, None);
        };
        (size.value, size.value, None)
    };
    if !(1.0..=1e15).contains(&(bytes.value / least).floor()) {
        let at = at.unwrap_or_else(|| bytes.span.clone());
        let problem = Diagnostic::error(&at, format!("{}: not even one item fits", r.what));
        r.out.push(problem.label("expected less than the capacity"));
        return (None, None);
    }
    let capacity = Spanned {
        value: (bytes.value / unit).floor() as u64,
        span: bytes.span,
    };
    (Some(capacity), sizes)
}

/// Whether a size is written as a law.
fn is_member(value: &Value, text: &str) -> bool {
    matches!(value, Value::Table(_)) || text.starts_with(|c: char| c.is_alphabetic())
}

/// A law of sizes in bytes.
fn size_law(r: &mut Reader<'_, '_>) -> Option<Law> {
    let policy = r.member("item-size")?;
    let size = Dimension::Bytes;
    let all = |given: Vec<Option<Spanned<f64>>>| given.into_iter().map(|g| g.map(|g| g.value)).collect();
    let values: Option<Vec<f64>> = match policy.name {
        "lognormal" => all(policy.parameters([("p50", size), ("p99", size)], r.out).into()),
        "uniform" => all(policy.parameters([("low", size), ("high", size)], r.out).into()),
        "pareto" => {
            let of = [("min", size), ("alpha", Dimension::Number), ("max", size)];
            all(policy.parameters(of, r.out).into())
        }
        _ => all(policy.parameters([("mean", size)], r.out).into()),
    };
    let law = match (policy.name, values.as_deref()) {
        ("lognormal", Some([p50, p99])) => Law::lognormal(*p50, *p99),
        ("uniform", Some([low, high])) => Law::uniform(*low, *high),
        ("pareto", Some([min, alpha, max])) => Law::bounded_pareto(*min, *alpha, *max),
        (_, Some([mean])) => Law::exponential(*mean),
        _ => Err(LawError::Empty { law: "size" }),
    };
    match law {
        Ok(law) => Some(law),
        Err(e) => {
            let problem = Diagnostic::error(&policy.span, format!("{}: this is no law of sizes", r.what));
            let label = match e {
                LawError::Empty { .. } => {
                    let names = SIZES[policy.place].parameters.iter().map(|p| p.name);
                    format!("expected all of {}", names.collect::<Vec<_>>().join(", "))
                }
                e => e.to_string(),
            };
            r.out.push(problem.label(label));
            None
        }
    }
}
