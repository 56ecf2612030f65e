//! The chart of a limit: latency against load with its band, the objective, the limit's interval as a shaded stretch, and where the
//! scenario stands.

use scenarios::limit::Limit;
use scenarios::objective::Bound;
use scenarios::results::{Point, Results};

use super::plot::Upright;
use super::{Percentile, knee, latency_with};
use crate::chart::picture::Picture;
use crate::figures::has_latency;
use crate::quantity::on_axis;

/// Latencies above this many times the objective say nothing of the limit.
const FAR: f64 = 10.0;

/// The picture; none when there is nothing to draw.
pub fn picture(limit: &Limit) -> Option<Picture> {
    let at = |load: f64| on_axis(limit.axis.unit.as_deref().unwrap_or(""), load);
    let mut uprights = Vec::new();
    if let Some((low, high)) = limit.answer.limit().and_then(|found| found.low.zip(found.high)) {
        let label = if low < high {
            format!("limit {} to {}", at(rounded(low)), at(rounded(high)))
        } else {
            format!("limit {}", at(low))
        };
        uprights.push(Upright {
            from: low,
            to: high,
            label,
        });
    }
    let is_seen = |load: &f64| (limit.range.0..=limit.range.1).contains(load);
    uprights.extend(limit.stands_at.filter(is_seen).map(|load| Upright {
        from: load,
        to: load,
        label: format!("stands at {}", at(load)),
    }));
    latency_with(&neighbourhood(limit), percentile(limit), uprights)
}

/// The points whose latency isn't far beyond the objective: near saturation it grows without end, and the neighbourhood of the
/// objective would be pressed flat.
fn neighbourhood(limit: &Limit) -> Results {
    let mut curve = limit.curve.clone();
    let percentile = percentile(limit);
    let mut objectives = limit.objective.latency.iter();
    if let Some((_, bound)) = objectives.find(|(name, _)| name == percentile.name()) {
        curve
            .points
            .retain(|p| !has_latency(p) || worst(p, percentile).is_none_or(|s| s <= bound * FAR));
    }
    curve
}

/// The highest latency of all clients at a point, in seconds.
fn worst(point: &Point, percentile: Percentile) -> Option<f64> {
    let each = point
        .clients
        .iter()
        .filter_map(|(_, c)| percentile.pick()(c).value);
    each.reduce(f64::max)
}

/// Four digits, as many as a label needs.
fn rounded(load: f64) -> f64 {
    format!("{load:.3e}").parse().unwrap_or(load)
}

/// The percentile that is drawn: the one that breaks first, else p99.
fn percentile(limit: &Limit) -> Percentile {
    let first = limit.bounds.iter().find_map(|(bound, _)| match bound {
        Bound::Latency { percentile, .. } => Some(percentile.as_str()),
        _ => None,
    });
    match first {
        Some("p50") => Percentile::P50,
        Some("p90") => Percentile::P90,
        Some("p95") => Percentile::P95,
        Some("p99.9") => Percentile::P99_9,
        _ => Percentile::P99,
    }
}

/// The load at which the latency curve turns, and the latency there in seconds.
pub fn knee_of_limit(limit: &Limit) -> Option<(f64, f64)> {
    let curve = neighbourhood(limit);
    let steady = curve.points.iter().filter(|p| has_latency(p));
    let points: Vec<(f64, f64)> = steady
        .filter_map(|p| Some((p.at.first().copied().flatten()?, worst(p, percentile(limit))?)))
        .collect();
    knee::knee(&points).map(|at| points[at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn the_limit_and_where_it_stands_are_labelled() {
        let picture = picture(&fixture::limit()).expect("a chart");
        let texts: Vec<&str> = picture.texts().iter().map(|t| t.0).collect();
        for label in ["limit 4,960/s to 5,080/s", "stands at 2,000/s"] {
            assert!(texts.contains(&label), "{label}: {texts:?}");
        }
        assert!(texts.iter().any(|t| t.starts_with("knee ")), "{texts:?}");
    }
}
