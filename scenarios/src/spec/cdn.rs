//! `[cdn.name]`: caches near the clients, in front of an origin.

use sim_core::model::{Coalesce, Eviction, Freshness};
use sim_core::random::Law;
use sim_core::time::SimDuration;

use super::dns::names;
use super::key::{Key, SHARE, Shape, TIME, key, required};
use super::reader::Reader;
use super::station::PlacementSpec;
use super::{cache, eviction, freshness};
use crate::diagnostic::Diagnostic;
use crate::quantity::Dimension;
use crate::source::Spanned;

/// The keys of `[cdn.name]`.
pub static CDN: &[Key] = &[
    key(
        "private",
        Shape::Flag,
        "Whether every source has a cache of its own where it is, without delay and price, as browsers have; then `capacity` is of each. False unless said.",
    ),
    key(
        "edges",
        Shape::List(&Shape::Name),
        "The regions that have an edge, unless it is private; a caller uses its own region's, or the nearest.",
    ),
    required("origin", Shape::Name, "Where misses, and what can't be kept, go."),
    key(
        "hit-ratio",
        SHARE,
        "Instead of keys: the probability that an edge has the answer to a cacheable operation.",
    ),
    key(
        "cacheable",
        Shape::List(&Shape::Text),
        "The operations whose answers may be kept; all that don't change data unless said.",
    ),
    key(
        "shield",
        Shape::Name,
        "The region of one more cache between the edges and the origin; none unless said.",
    ),
    key(
        "shield-hit-ratio",
        SHARE,
        "With a hit-ratio: the probability that the shield has what an edge misses; 1 - 1/edges unless said.",
    ),
    key(
        "price",
        Shape::Quantity(Dimension::PricePerByte),
        "What a gigabyte to a caller costs; the catalogue's first tier unless said.",
    ),
    cache::CAPACITY,
    cache::ITEM_SIZE,
    cache::POLICY,
    cache::TTL,
    cache::TTL_JITTER,
    freshness::REVALIDATE,
    freshness::IF_ERROR,
    freshness::CONDITIONAL,
    freshness::COALESCED,
    key(
        "timeout",
        TIME,
        "How long an edge waits for the origin (CloudFront: 30s); for ever unless said.",
    ),
    key(
        "keys",
        Shape::Name,
        "With a capacity: what clients ask for that call it and have no `key`; every answer is kept by operation and key.",
    ),
];

/// A CDN as it was written.
#[derive(Clone, Debug)]
pub struct CdnSpec {
    /// Whether every source has a cache of its own.
    pub is_private: bool,
    /// The regions with an edge.
    pub edges: Vec<Spanned<String>>,
    /// The operations that may be kept; none: all that don't change data.
    pub cacheable: Option<Vec<Spanned<String>>>,
    /// The share of hits at an edge, instead of keys.
    pub hit_ratio: Option<f64>,
    /// What an edge holds, in items, or in bytes where they have sizes; none: no limit.
    pub capacity: Option<Spanned<u64>>,
    /// Sizes that differ from key to key.
    pub sizes: Option<Law>,
    /// Who leaves.
    pub eviction: Eviction,
    /// How long an answer is good.
    pub freshness: Freshness,
    /// One miss of an answer on its way from each edge.
    pub coalesce: Option<Coalesce>,
    /// How long an edge waits for the origin.
    pub timeout: Option<SimDuration>,
    /// What clients ask for that have no keys of their own.
    pub keys: Option<Spanned<String>>,
    /// The region of the shield.
    pub shield: Option<Spanned<String>>,
    /// The share of hits at the shield.
    pub shield_hit_ratio: Option<f64>,
    /// USD per byte.
    pub price: Option<f64>,
    /// The origin.
    pub origin: Option<Spanned<String>>,
}

/// Reads `[cdn.name]`.
pub fn read(mut r: Reader<'_, '_>) -> (CdnSpec, PlacementSpec) {
    let is_private = r.flag("private").unwrap_or(false);
    // What is where its callers are has no edges, no shield and no price: finish says so.
    let edges = if is_private {
        Vec::new()
    } else {
        names(&mut r, "edges")
    };
    if !is_private && !r.has("edges") {
        let problem = Diagnostic::error(&r.at, format!("{} has no \"edges\"", r.what));
        let label = "expected `edges = [...]` with names of regions, or `private = true`, in this table";
        r.out.push_missing(problem.label(label));
    }
    if is_private && !r.has("capacity") && !r.has("hit-ratio") {
        let problem = Diagnostic::error(&r.at, format!("{} has no \"capacity\"", r.what));
        let label = "expected what one source keeps, such as `capacity = \"200 items\"`, in this table";
        r.out.push_missing(problem.label(label));
    }
    if !is_private && r.has("edges") && edges.is_empty() {
        let problem = Diagnostic::error(&r.key_span("edges"), format!("{} has no edges", r.what));
        r.out
            .push(problem.label("expected names of regions, such as [\"us\", \"eu\"]"));
    }
    let cacheable = r.has("cacheable").then(|| names(&mut r, "cacheable"));
    let hit_ratio = r.share("hit-ratio").map(|h| h.value);
    // With a hit ratio there are no keys to keep, without a shield its hit ratio would have no effect: finish says so.
    let keeps = !r.has("hit-ratio");
    if keeps && !["capacity", "policy", "keys", "ttl"].iter().any(|key| r.has(key)) {
        let problem = Diagnostic::error(&r.at, format!("{} doesn't say what its edges have", r.what));
        let label =
            "expected `hit-ratio = 0.95`, or `capacity = \"100k items\"` and `ttl = \"1h\"` in this table";
        r.out.push_missing(problem.label(label));
    }
    let (capacity, sizes) = if keeps {
        cache::capacity(&mut r)
    } else {
        (None, None)
    };
    let eviction = if keeps {
        eviction::read(&mut r)
    } else {
        Eviction::Lru
    };
    let freshness = freshness::of_edges(&mut r, keeps);
    let coalesce = if keeps { freshness::coalesce(&mut r) } else { None };
    let timeout = r.positive_duration("timeout").map(|t| t.value);
    let keys = if keeps { r.text("keys") } else { None };
    let shield = if is_private { None } else { r.text("shield") };
    let shield_hit_ratio = if shield.is_some() && !keeps {
        r.share("shield-hit-ratio").map(|h| h.value)
    } else {
        None
    };
    let origin = r.text("origin");
    let price = if is_private {
        None
    } else {
        r.quantity("price", Dimension::PricePerByte).map(|p| p.value)
    };
    r.finish();
    let spec = CdnSpec {
        is_private,
        edges,
        cacheable,
        hit_ratio,
        capacity,
        sizes,
        eviction,
        freshness,
        coalesce,
        timeout,
        keys,
        shield,
        shield_hit_ratio,
        price,
        origin,
    };
    (spec, PlacementSpec::default())
}
