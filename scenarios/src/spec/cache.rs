//! `[cache.name]`: nodes that keep copies of values by key.

use sim_core::model::{Coalesce, Eviction, Freshness, Nodes, Strategy};
use sim_core::random::{Law, LawError};
use sim_core::time::SimDuration;

use super::eviction::{self, EVICTIONS};
use super::freshness;
use super::key::{Key, SHARE, Shape, TIME, key, not_yet, required};
use super::member::Member;
use super::reader::{Reader, quantity_of};
use super::station::{self, PlacementSpec, StationSpec};
use crate::diagnostic::Diagnostic;
use crate::expression::Expression;
use crate::quantity::{self, Dimension};
use crate::source::Spanned;
use crate::tree::Value;

/// Who calls the origin, and what becomes of a change.
static STRATEGIES: &[Member] = &[
    Member {
        name: "cache-aside",
        about: "The caller asks the origin after a miss and fills the cache; it writes changes to the origin and then deletes the key.",
        parameters: &[],
        source: "R. Nishtala and others, Scaling Memcache at Facebook, NSDI 2013",
        checked: "calls at the origin and stale reads counted one by one, the late fill included",
    },
    Member {
        name: "read-through",
        about: "The cache asks the origin; a change goes through it and is kept once the origin has it.",
        parameters: &[],
        source: "AWS, Caching patterns",
        checked: "calls at the origin and stale reads counted one by one",
    },
    Member {
        name: "write-through",
        about: "As read-through, but a change is kept before the origin has it.",
        parameters: &[],
        source: "AWS, Caching patterns",
        checked: "calls at the origin and stale reads counted one by one",
    },
    Member {
        name: "write-around",
        about: "As cache-aside, but a change doesn't visit the cache: the old value is forgotten, the next read misses.",
        parameters: &[],
        source: "AWS, Caching patterns",
        checked: "calls at the origin and stale reads counted one by one",
    },
    Member {
        name: "write-back",
        about: "A change is answered by the cache and written to the origin later; a crash loses what wasn't written.",
        parameters: &[key(
            "flush",
            TIME,
            "When a change is written at the latest; 1s unless said.",
        )],
        source: "A. J. Smith, Cache memories, ACM Computing Surveys 14(3), 1982",
        checked: "calls at the origin and lost writes counted one by one",
    },
];

/// Which node a key is on.
static NODES: &[Member] = &[
    Member {
        name: "modulo",
        about: "The hash of the key modulo the number of nodes; nearly all keys move when that changes.",
        parameters: &[],
        source: "the default of memcached's clients",
        checked: "share of keys that move",
    },
    Member {
        name: "consistent",
        about: "The next point of a ring; only the keys of a lost node move.",
        parameters: &[key(
            "points",
            Shape::Count,
            "Points of each node, from 1 to 10000; 160 unless said.",
        )],
        source: "D. Karger and others, STOC 1997; points as in libketama",
        checked: "share of keys that move, spread of the shares of nodes",
    },
];

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

const CAPACITIES: &[Shape] = &[
    Shape::Quantity(Dimension::Items),
    Shape::Quantity(Dimension::Bytes),
];
const ITEM_SIZES: &[Shape] = &[Shape::Member(SIZES), SIZE];

/// What fits.
pub const CAPACITY: Key = key(
    "capacity",
    Shape::Any(CAPACITIES),
    "What each node or edge holds: \"200k items\", or \"4GiB\" with item-size; no limit unless said.",
);
/// The size of what is kept.
pub const ITEM_SIZE: Key = key(
    "item-size",
    Shape::Any(ITEM_SIZES),
    "The size of a value, where capacity is in bytes; a law is drawn once for every key: \"lognormal(p50=2KiB, p99=64KiB)\".",
);
/// The rule of eviction.
pub const POLICY: Key = key(
    "policy",
    Shape::Member(EVICTIONS),
    "Who leaves when it is full; \"lru\" unless said.",
);
/// How long values are good.
pub const TTL: Key = key("ttl", TIME, "How long a value is good; for ever unless said.");
/// The spread of that.
pub const TTL_JITTER: Key = key(
    "ttl-jitter",
    SHARE,
    "The TTL is drawn uniformly within this share of itself; 0 unless said.",
);

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
    CAPACITY,
    ITEM_SIZE,
    key(
        "hit-ratio",
        SHARE,
        "Instead of keys: the probability that a look-up finds its value.",
    ),
    POLICY,
    TTL,
    TTL_JITTER,
    freshness::TTL_FROM,
    freshness::EARLY_RENEWAL,
    freshness::REVALIDATE,
    freshness::IF_ERROR,
    key(
        "strategy",
        Shape::Member(STRATEGIES),
        "Who calls the origin on a miss, and what becomes of a change; \"cache-aside\" unless said.",
    ),
    key(
        "origin",
        Shape::Name,
        "Where a miss and a change go; without it a miss is an answer.",
    ),
    freshness::COALESCED,
    key(
        "nodes",
        Shape::Member(NODES),
        "Which node a key is on: \"modulo\" (unless said) or \"consistent\".",
    ),
    key(
        "lost-node",
        Shape::Word(&["origin", "rehash"]),
        "Where the keys of a node go that is down: to the origin (unless said) or to the nodes that are left.",
    ),
    key(
        "inside",
        Shape::Name,
        "The service in whose instances it is: every instance has its own, empty when it starts and lost with it.",
    ),
    key(
        "service-time",
        Shape::Expression,
        "The time of one look-up or change; none unless said.",
    ),
    not_yet("negative-ttl", "misses are not kept"),
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
    pub freshness: Freshness,
    /// Who calls the origin.
    pub strategy: Strategy,
    /// Where a miss goes.
    pub origin: Option<Spanned<String>>,
    /// One miss per key.
    pub coalesce: Option<Coalesce>,
    /// Which node a key is on.
    pub nodes: Nodes,
    /// The service whose instances the nodes are in.
    pub inside: Option<Spanned<String>>,
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
    let freshness = freshness::freshness(&mut r, keeps);
    let strategy = strategy(&mut r, keeps);
    let origin = r.text("origin");
    let coalesce = freshness::coalesce(&mut r);
    let nodes = nodes(&mut r);
    let inside = r.text("inside");
    let service_time = r.expression("service-time");
    r.finish();
    let spec = CacheSpec {
        instances,
        station,
        capacity,
        sizes,
        hit_ratio,
        eviction,
        freshness,
        strategy,
        origin,
        coalesce,
        nodes,
        inside,
        service_time,
    };
    (spec, placement)
}

fn strategy(r: &mut Reader<'_, '_>, keeps: bool) -> Strategy {
    let Some(policy) = r.member("strategy") else {
        return Strategy::CacheAside;
    };
    if policy.name == "write-back" {
        let [flush] = policy.parameters([("flush", Dimension::Duration)], r.out);
        if !keeps {
            let problem = Diagnostic::error(&policy.span, format!("{}: write-back needs real keys", r.what));
            r.out
                .push(problem.label("there is nothing to write back with a hit-ratio"));
        }
        let flush = SimDuration::from_f64_nanos(flush.map_or(1e9, |f| f.value));
        return Strategy::WriteBack { flush };
    }
    policy.parameters([], r.out);
    match policy.name {
        "read-through" => Strategy::ReadThrough,
        "write-through" => Strategy::WriteThrough,
        "write-around" => Strategy::WriteAround,
        _ => Strategy::CacheAside,
    }
}

fn nodes(r: &mut Reader<'_, '_>) -> Nodes {
    let rehash = r.word("lost-node").is_some_and(|w| w.value == 1);
    let Some(policy) = r.member("nodes") else {
        return Nodes { points: None, rehash };
    };
    if policy.name == "modulo" {
        policy.parameters([], r.out);
        return Nodes { points: None, rehash };
    }
    let [points] = policy.parameters([("points", Dimension::Number)], r.out);
    if let Some(wrong) = points
        .as_ref()
        .filter(|p| p.value.fract() != 0.0 || !(1.0..=10_000.0).contains(&p.value))
    {
        let problem = Diagnostic::error(&wrong.span, format!("{}: points is out of range", r.what));
        r.out
            .push(problem.label("expected a whole number from 1 to 10000"));
        return Nodes { points: None, rehash };
    }
    let points = Some(points.map_or(160, |p| p.value as u32));
    Nodes { points, rehash }
}

/// Items; bytes over the size of an item; or bytes, and the law of the sizes.
pub fn capacity(r: &mut Reader<'_, '_>) -> (Option<Spanned<u64>>, Option<Law>) {
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
