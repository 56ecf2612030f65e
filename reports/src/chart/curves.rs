//! Points of a sweep as curves: one for each variant, combination of the further axes and, where figures are theirs, clients.

use std::collections::HashMap;

use scenarios::results::{ClientFigures, Point, Results};
use sim_core::stats::Estimate;

use crate::table::short_path;

/// Curves that one chart can hold and a reader can tell apart.
pub const MOST_CURVES: usize = 8;

/// Whose figure is drawn.
pub enum Of {
    /// Each clients' own.
    Clients(fn(&ClientFigures) -> Estimate),
    /// The point's as a whole.
    Point(fn(&Point) -> Estimate),
}

/// The points of one curve in the order of x.
pub struct Curve<'a> {
    /// What tells this curve from the others; empty when it is the only one.
    pub name: String,
    /// For every point x, the point and its figure.
    pub spots: Vec<(f64, &'a Point, Estimate)>,
}

/// The curves over the first axis that has numbers.
pub struct Curves<'a> {
    /// Which axis is x.
    pub axis: usize,
    /// At most [`MOST_CURVES`].
    pub curves: Vec<Curve<'a>>,
    /// What isn't drawn.
    pub notes: Vec<String>,
}

/// The axis along which curves run: the first whose values are numbers at two points at least.
fn numeric_axis(results: &Results) -> Option<usize> {
    (0..results.axes.len()).find(|axis| {
        let mut numbers = results.points.iter().filter_map(|point| number(point, *axis));
        let first = numbers.next();
        first.is_some() && numbers.any(|number| Some(number) != first)
    })
}

fn number(point: &Point, axis: usize) -> Option<f64> {
    point.at.get(axis).copied().flatten().filter(|at| at.is_finite())
}

/// The curves of a figure; none when no axis has numbers.
pub fn curves<'a>(results: &'a Results, of: &Of) -> Option<Curves<'a>> {
    let axis = numeric_axis(results)?;
    let mut curves: Vec<Curve<'a>> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut unplaced = 0;
    let many_clients = results.points.iter().any(|point| point.clients.len() > 1);
    for point in &results.points {
        let Some(x) = number(point, axis) else {
            unplaced += 1;
            continue;
        };
        let mut add = |clients: Option<&str>, figure: Estimate| {
            let name = name(results, point, axis, clients);
            let at = *known.entry(name).or_insert_with_key(|name| {
                curves.push(Curve {
                    name: name.clone(),
                    spots: Vec::new(),
                });
                curves.len() - 1
            });
            curves[at].spots.push((x, point, figure));
        };
        match of {
            Of::Point(figure) => add(None, figure(point)),
            Of::Clients(figure) => {
                for (name, clients) in &point.clients {
                    add(many_clients.then_some(name.as_str()), figure(clients));
                }
            }
        }
    }
    for curve in &mut curves {
        curve.spots.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    let mut notes = Vec::new();
    if unplaced > 0 {
        notes.push(format!(
            "{unplaced} points without a number on this axis are not drawn."
        ));
    }
    if curves.len() > MOST_CURVES {
        let left_out = curves.split_off(MOST_CURVES);
        let named: Vec<&str> = left_out.iter().take(3).map(|curve| curve.name.as_str()).collect();
        let more = left_out.len() - named.len();
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        notes.push(format!("Not drawn for want of room: {}{more}.", named.join("; ")));
    }
    Some(Curves { axis, curves, notes })
}

/// What tells a point's curve from the others: `scale-out, api.instances = 4, shoppers`.
fn name(results: &Results, point: &Point, axis: usize, clients: Option<&str>) -> String {
    let mut parts: Vec<String> = point.variant.iter().cloned().collect();
    for (_, other) in results
        .axes
        .iter()
        .enumerate()
        .filter(|(number, _)| *number != axis)
    {
        if let Some((path, value)) = point.set.iter().rfind(|(path, _)| *path == other.path) {
            // No-break spaces keep it on one line.
            parts.push(format!("{}\u{a0}=\u{a0}{value}", short_path(path)));
        }
    }
    parts.extend(clients.map(str::to_owned));
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use scenarios::results::Axis;

    #[test]
    fn one_curve_a_variant() {
        let results = fixture::sweep();
        let drawn = curves(&results, &Of::Clients(|c| c.latency_s.p99)).expect("an axis");
        let names: Vec<_> = drawn
            .curves
            .iter()
            .map(|c| (c.name.as_str(), c.spots.len()))
            .collect();
        assert_eq!(names, [("small", 14), ("scale-up", 14), ("scale-out", 14)]);
        assert!(drawn.notes.is_empty());
    }

    #[test]
    fn further_axes_make_further_curves_and_the_surplus_is_named() {
        let mut results = fixture::sweep();
        results.axes.push(Axis {
            path: "service.api.instances".to_owned(),
            unit: Some(String::new()),
        });
        results.points.truncate(14);
        let mut points = Vec::new();
        for instances in 1..=10 {
            points.extend(results.points.iter().cloned().map(|mut point| {
                point
                    .set
                    .push(("service.api.instances".to_owned(), instances.to_string()));
                point.at.push(Some(f64::from(instances)));
                point
            }));
        }
        results.points = points;
        let drawn = curves(&results, &Of::Clients(|c| c.latency_s.p99)).expect("an axis");
        assert_eq!(drawn.curves.len(), MOST_CURVES);
        assert_eq!(drawn.curves[1].name, "small, api.instances\u{a0}=\u{a0}2");
        assert_eq!(
            drawn.notes,
            [
                "Not drawn for want of room: small, api.instances = 9; small, api.instances = 10."
                    .replace(" = ", "\u{a0}=\u{a0}")
            ]
        );
    }

    #[test]
    fn without_numbers_there_are_no_curves() {
        assert!(curves(&fixture::run(), &Of::Clients(|c| c.latency_s.p99)).is_none());
    }
}
