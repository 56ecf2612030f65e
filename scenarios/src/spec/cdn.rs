//! `[cdn.name]`: caches near the clients, in front of an origin.

use super::dns::names;
use super::key::{Key, SHARE, Shape, key, not_yet, required};
use super::reader::Reader;
use super::station::PlacementSpec;
use crate::diagnostic::Diagnostic;
use crate::quantity::Dimension;
use crate::source::Spanned;

/// The keys of `[cdn.name]`.
pub static CDN: &[Key] = &[
    required(
        "edges",
        Shape::List(&Shape::Name),
        "The regions that have an edge; a caller uses its own region's, or the nearest.",
    ),
    required("origin", Shape::Name, "Where misses, and what can't be kept, go."),
    required(
        "hit-ratio",
        SHARE,
        "The probability that an edge has the answer to a cacheable operation.",
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
        "The probability that the shield has what an edge misses; 1 - 1/edges unless said.",
    ),
    key(
        "price",
        Shape::Quantity(Dimension::PricePerByte),
        "What a gigabyte to a caller costs; the catalogue's first tier unless said.",
    ),
    not_yet(
        "capacity",
        "edges that keep real keys are not simulated: give a hit-ratio",
    ),
    not_yet(
        "policy",
        "edges that keep real keys are not simulated: give a hit-ratio",
    ),
    not_yet(
        "keys",
        "edges that keep real keys are not simulated: give a hit-ratio",
    ),
    not_yet(
        "ttl",
        "edges that keep real keys are not simulated: give a hit-ratio",
    ),
];

/// A CDN as it was written.
#[derive(Clone, Debug)]
pub struct CdnSpec {
    /// The regions with an edge.
    pub edges: Vec<Spanned<String>>,
    /// The operations that may be kept; none: all that don't change data.
    pub cacheable: Option<Vec<Spanned<String>>>,
    /// The share of hits at an edge.
    pub hit_ratio: Option<f64>,
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
    let edges = names(&mut r, "edges");
    if r.has("edges") && edges.is_empty() {
        let problem = Diagnostic::error(&r.key_span("edges"), format!("{} has no edges", r.what));
        r.out
            .push(problem.label("expected names of regions, such as [\"us\", \"eu\"]"));
    }
    let cacheable = r.has("cacheable").then(|| names(&mut r, "cacheable"));
    let hit_ratio = r.share("hit-ratio").map(|h| h.value);
    let shield = r.text("shield");
    // Without a shield its hit ratio would have no effect: finish says so.
    let shield_hit_ratio = if shield.is_some() {
        r.share("shield-hit-ratio").map(|h| h.value)
    } else {
        None
    };
    let origin = r.text("origin");
    let price = r.quantity("price", Dimension::PricePerByte).map(|p| p.value);
    r.finish();
    let spec = CdnSpec {
        edges,
        cacheable,
        hit_ratio,
        shield,
        shield_hit_ratio,
        price,
        origin,
    };
    (spec, PlacementSpec::default())
}
