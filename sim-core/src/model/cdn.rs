//! Caches near the clients, in front of an origin.

use super::{Call, Coalesce, Freshness, RegionId, Storage};

/// An edge in each of several regions, perhaps one more cache between them and the origin.
#[derive(Clone, Debug)]
pub struct Cdn {
    /// Where the edges are. A caller uses the one of its own region, otherwise the nearest.
    pub edges: Vec<RegionId>,
    /// Whether every source has a cache of its own, with it: then there is one entry in `edges`, which says nothing, and no shield.
    pub is_private: bool,
    /// For every operation whether its answers may be kept; the others pass through.
    pub cacheable: Vec<bool>,
    /// What an edge keeps, and the shield as much: an answer by operation and key.
    pub storage: Storage,
    /// How long an answer is good, and what follows; not from its last use, and no early renewal.
    pub freshness: Freshness,
    /// One miss of an answer on its way from each edge, the others wait for it; none: every miss goes.
    pub coalesce: Option<Coalesce>,
    /// Where the cache between the edges and the origin is; none: there is none.
    pub shield: Option<RegionId>,
    /// With a hit ratio: the share of the edges' misses that the shield answers.
    pub shield_hit_ratio: f64,
    /// What a byte to a caller costs, in 10^-12 USD.
    pub price: u64,
    /// What a request costs, in 10^-12 USD.
    pub request_price: u64,
    /// Where misses, and what can't be kept, go.
    pub origin: Call,
}
