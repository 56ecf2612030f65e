//! Charts of a sweep: latency, availability, cost and utilization against its first axis of numbers, one curve a variant; without
//! numbers, against the words of its first axis, or against its variants.
//!
//! Bands are the 95 % intervals; a point without one is drawn hollow; an overloaded point has no latency, and a strip over the data
//! shows where it is; the caption says on how many trials all of it rests. A single point has no charts. A comparison has one of its
//! own: the differences with their intervals, one row a figure. A point that kept its timeline has a chart of it.

mod compose;
mod curves;
mod differences;
mod knee;
mod label;
mod limit;
mod margins;
mod picture;
mod plot;
mod render;
mod scale;
mod timeline;

use scenarios::comparison::Comparison;
use scenarios::limit::Limit;
use scenarios::results::{ClientFigures, Point, Results};
use sim_core::stats::Estimate;

use self::compose::Chart;
use self::curves::{Curve, Of};
pub use self::limit::knee_of_limit;
use self::picture::Picture;
use self::plot::{Axis, Upright};
use self::scale::Scale;
use crate::figures::{self, has_latency};
use crate::quantity::{self, Unit};

/// The kind of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Scalable, and the same bytes everywhere.
    Svg,
    /// 1600 x 1000 pixels.
    Png,
}

impl Format {
    /// How the name of such a file ends.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
        }
    }
}

/// A percentile of the clients' latency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Percentile {
    /// The median.
    P50,
    /// 90 of 100 requests are at least as fast.
    P90,
    /// 95 of 100 requests are at least as fast.
    P95,
    /// 99 of 100 requests are at least as fast.
    P99,
    /// 999 of 1000 requests are at least as fast.
    P99_9,
}

impl Percentile {
    /// Its name, as in an objective.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::P99_9 => "p99.9",
        }
    }

    fn pick(self) -> fn(&ClientFigures) -> Estimate {
        match self {
            Self::P50 => |clients| clients.latency_s.p50,
            Self::P90 => |clients| clients.latency_s.p90,
            Self::P95 => |clients| clients.latency_s.p95,
            Self::P99 => |clients| clients.latency_s.p99,
            Self::P99_9 => |clients| clients.latency_s.p99_9,
        }
    }
}

/// Latency against the first axis, with the knee of each curve; logarithmic when it spans more than a factor of 30.
///
/// None when there is a single point, or nothing to draw.
#[must_use]
pub fn latency(results: &Results, percentile: Percentile, format: Format) -> Option<Vec<u8>> {
    Some(encode(&latency_picture(results, percentile)?, format))
}

/// Availability against the first axis, on a scale of nines.
#[must_use]
pub fn availability(results: &Results, format: Format) -> Option<Vec<u8>> {
    Some(encode(&availability_picture(results)?, format))
}

/// Cost against the first axis: a month where it changes along a curve, else a million requests that ended well.
#[must_use]
pub fn cost(results: &Results, format: Format) -> Option<Vec<u8>> {
    Some(encode(&cost_picture(results)?, format))
}

/// Utilization of the busiest component against the first axis.
#[must_use]
pub fn utilization(results: &Results, format: Format) -> Option<Vec<u8>> {
    Some(encode(&utilization_picture(results)?, format))
}

/// Latency against load around a limit, with the limit's interval, where the scenario stands, and the knee.
///
/// None when there is nothing to draw.
#[must_use]
pub fn limit(limit: &Limit, format: Format) -> Option<Vec<u8>> {
    Some(encode(&limit::picture(limit)?, format))
}

/// The differences of a comparison in percent of the first variant's figures, with intervals and verdicts, one row a figure.
#[must_use]
pub fn differences(comparison: &Comparison, format: Format) -> Vec<u8> {
    encode(&differences::picture(comparison), format)
}

/// What happened when at a point: panels of requests, latency, calls and more over simulated time, with the warm-up shaded.
///
/// None when the point has no timeline.
#[must_use]
pub fn timeline(results: &Results, point: &Point, format: Format) -> Option<Vec<u8>> {
    Some(encode(&timeline::picture(results, point)?, format))
}

fn encode(picture: &Picture, format: Format) -> Vec<u8> {
    match format {
        Format::Svg => render::svg(picture).into_bytes(),
        Format::Png => render::png(picture),
    }
}

fn latency_picture(results: &Results, percentile: Percentile) -> Option<Picture> {
    latency_with(results, percentile, Vec::new())
}

fn latency_with(results: &Results, percentile: Percentile, uprights: Vec<Upright>) -> Option<Picture> {
    let name = percentile.name();
    let mut chart = Chart::new(results, &Of::Clients(percentile.pick()), |point, figure| {
        if has_latency(point) && figure.value.is_some_and(|v| v >= 0.0) {
            figure
        } else {
            Estimate::default()
        }
    })?;
    chart.uprights = uprights;
    let objective = results
        .slo
        .as_ref()
        .and_then(|slo| slo.latency.iter().find(|(of, _)| of == name))
        .map(|(_, m)| *m);
    let (least, most) = chart.range()?;
    let scale = if least > 0.0 && most > 30.0 * least {
        // Intervals that touch zero must not stretch a logarithmic scale without end.
        let bounds = chart.bounds().map(|b| b.clamp(least / 3.0, most * 3.0));
        Scale::log(bounds.chain(objective.map(|o| o.clamp(least / 10.0, most * 10.0))))?
    } else {
        let bounds = chart.bounds().map(|b| b.clamp(0.0, most * 1.5));
        Scale::linear_rounded(
            [0.0]
                .into_iter()
                .chain(bounds)
                .chain(objective.filter(|o| *o <= most * 3.0)),
        )?
    };
    let kind = if matches!(scale, Scale::Log { .. }) {
        ", logarithmic"
    } else {
        ""
    };
    let objective = objective.map(|bound| {
        (
            bound,
            format!(
                "objective: {name} at most {}",
                quantity::round(Unit::Seconds, bound)
            ),
        )
    });
    let y = Axis {
        step: 1.0,
        words: None,
        scale,
        label: Box::new(|v| quantity::round(Unit::Seconds, v)),
        title: format!("{name} latency of requests that ended well{kind}"),
    };
    Some(chart.draw(&format!("{name} latency"), y, objective, true, |_| Vec::new()))
}

fn availability_picture(results: &Results) -> Option<Picture> {
    let chart = Chart::new(
        results,
        &Of::Clients(|clients| clients.availability),
        |_, figure| figure,
    )?;
    let objective = results.slo.as_ref().and_then(|slo| slo.availability);
    let (least, _) = chart.range()?;
    // An interval may reach far below its value, and one always lies infinitely high: neither shall stretch the scale.
    let values = chart
        .values()
        .chain(chart.bounds().filter(|b| *b < 1.0 && *b >= least - (1.0 - least)));
    let y = Axis {
        step: 1.0,
        words: None,
        scale: Scale::nines(values.chain(objective))?,
        label: Box::new(|v| quantity::round(Unit::Availability, v)),
        title: "availability: ok answers of all valid requests, by nines".to_owned(),
    };
    let objective = objective.map(|bound| {
        (
            bound,
            format!(
                "objective: at least {}",
                quantity::round(Unit::Availability, bound)
            ),
        )
    });
    Some(chart.draw("availability", y, objective, false, |_| Vec::new()))
}

fn cost_picture(results: &Results) -> Option<Picture> {
    let monthly = |point: &Point| {
        point
            .cost
            .as_ref()
            .map(|cost| cost.usd_per_month)
            .unwrap_or_default()
    };
    let month = Chart::new(results, &Of::Point(monthly), |_, figure| figure)?;
    let varies = month
        .curves
        .curves
        .iter()
        .any(|curve| steady_cost(curve).is_none());
    if varies {
        let objective = results.slo.as_ref().and_then(|slo| slo.cost_per_month);
        let (_, most) = month.range()?;
        let bounds = month.bounds().chain(objective.filter(|o| *o <= most * 3.0));
        let y = Axis {
            step: 1.0,
            words: None,
            scale: Scale::linear_rounded([0.0].into_iter().chain(bounds))?,
            label: Box::new(|v| quantity::round(Unit::Usd, v)),
            title: "USD a month of 730 hours".to_owned(),
        };
        let objective = objective.map(|bound| {
            (
                bound,
                format!("objective: at most {}", quantity::round(Unit::Usd, bound)),
            )
        });
        return Some(month.draw("cost a month", y, objective, false, |_| Vec::new()));
    }
    let each = |point: &Point| {
        point
            .cost
            .as_ref()
            .map(|cost| cost.usd_per_million_ok)
            .unwrap_or_default()
    };
    let chart = Chart::new(results, &Of::Point(each), |_, figure| figure)?;
    let (least, most) = chart.range()?;
    let scale = if least > 0.0 && most > 30.0 * least {
        Scale::log(chart.bounds().map(|b| b.clamp(least / 3.0, most * 3.0)))?
    } else {
        Scale::linear_rounded([0.0].into_iter().chain(chart.bounds()))?
    };
    let y = Axis {
        step: 1.0,
        words: None,
        scale,
        label: Box::new(|v| quantity::round(Unit::Usd, v)),
        title: "USD for a million requests that ended well".to_owned(),
    };
    let told = |curve: &Curve<'_>| {
        steady_cost(curve)
            .map(|cost| format!("{} a month", quantity::value(Unit::Usd, cost)))
            .into_iter()
            .collect()
    };
    Some(chart.draw("cost of a million ok answers", y, None, false, told))
}

/// The monthly cost that all points of a curve share.
fn steady_cost(curve: &Curve<'_>) -> Option<f64> {
    let mut costs = curve
        .spots
        .iter()
        .filter_map(|(_, point, _)| point.cost.as_ref()?.usd_per_month.value);
    let first = costs.next()?;
    costs
        .all(|cost| (cost - first).abs() <= 1e-6 * first.abs())
        .then_some(first)
}

fn utilization_picture(results: &Results) -> Option<Picture> {
    let busiest = |point: &Point| {
        figures::busiest(point)
            .map(|(_, figure)| figure)
            .unwrap_or_default()
    };
    let chart = Chart::new(results, &Of::Point(busiest), |_, figure| figure)?;
    chart.range()?;
    let y = Axis {
        step: 1.0,
        words: None,
        scale: Scale::Linear { low: 0.0, high: 1.0 },
        label: Box::new(|v| quantity::round(Unit::Share, v)),
        title: "utilization of the busiest component".to_owned(),
    };
    let told = |curve: &Curve<'_>| {
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in curve
            .spots
            .iter()
            .filter_map(|(_, point, _)| figures::busiest(point))
        {
            if names.last() != Some(&name) {
                names.push(name);
            }
        }
        if names.is_empty() {
            Vec::new()
        } else {
            vec![format!("busiest: {}", names.join(", then "))]
        }
    };
    Some(chart.draw("utilization", y, None, false, told))
}

#[cfg(test)]
mod tests;
