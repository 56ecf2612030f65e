//! `[slo]`: what must hold.

use super::key::{Key, SHARE, Shape, TIME, key};
use super::reader::Reader;
use crate::quantity::{Dimension, HOURS_PER_MONTH};
use crate::source::Spanned;

/// The keys of `[slo]`.
pub static SLO: &[Key] = &[
    key(
        "latency",
        Shape::Table(PERCENTILES),
        "The longest latency at each percentile, such as { p99 = \"250ms\" }.",
    ),
    key(
        "availability",
        SHARE,
        "The least share of requests that end well.",
    ),
    key(
        "cost",
        Shape::Quantity(Dimension::Price),
        "The most it may cost, such as \"$2000/month\".",
    ),
];

static PERCENTILES: &[Key] = &[
    key("mean", TIME, "Mean latency."),
    key("p50", TIME, "Median latency."),
    key("p90", TIME, "90th percentile."),
    key("p95", TIME, "95th percentile."),
    key("p99", TIME, "99th percentile."),
    key("p99.9", TIME, "99.9th percentile; the key needs quotes."),
];

/// The objective.
#[derive(Clone, Debug, Default)]
pub struct SloSpec {
    /// Percentile (`p99`) and the most seconds it may take.
    pub latency: Vec<(&'static str, f64)>,
    /// The least share of requests that end well.
    pub availability: Option<Spanned<f64>>,
    /// The most USD a month.
    pub cost_per_month: Option<f64>,
}

/// Reads `[slo]`.
pub fn read(mut r: Reader<'_, '_>) -> SloSpec {
    let mut latency = Vec::new();
    if let Some(mut p) = r.table("latency", PERCENTILES) {
        for key in PERCENTILES {
            latency.extend(
                p.positive_duration(key.name)
                    .map(|d| (key.name, d.value.as_secs_f64())),
            );
        }
        p.finish();
    }
    let availability = r.share("availability");
    let cost = r.quantity("cost", Dimension::Price);
    r.finish();
    SloSpec {
        latency,
        availability,
        cost_per_month: cost.map(|c| c.value * HOURS_PER_MONTH),
    }
}
