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

/// Words that one axis has room for.
pub const MOST_WORDS: usize = 12;

/// What stands below the data.
pub enum Along {
    /// The numbers of an axis.
    Numbers(usize),
    /// The values of an axis as they were written, or the variants.
    Words { axis: Option<usize>, words: Vec<String> },
}

/// The curves over what varies.
pub struct Curves<'a> {
    /// What x is.
    pub along: Along,
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

/// What varies, numbers first, then words of an axis, then variants; none when nothing does.
fn along(results: &Results) -> Option<Along> {
    if let Some(axis) = numeric_axis(results) {
        return Some(Along::Numbers(axis));
    }
    let axes = (0..results.axes.len()).map(Some).chain([None]);
    axes.map(|axis| (axis, words(results, axis)))
        .find(|(_, words)| words.len() > 1)
        .map(|(axis, words)| Along::Words { axis, words })
}

/// The different values of an axis, or of the variants, in the order of the points.
fn words(results: &Results, axis: Option<usize>) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in results
        .points
        .iter()
        .filter_map(|point| word(results, point, axis))
    {
        if words.len() < MOST_WORDS && !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    words
}

fn word<'a>(results: &Results, point: &'a Point, axis: Option<usize>) -> Option<&'a str> {
    let Some(axis) = axis else {
        return point.variant.as_deref();
    };
    let path = &results.axes.get(axis)?.path;
    point
        .set
        .iter()
        .rfind(|(set, _)| set == path)
        .map(|(_, value)| value.as_str())
}

/// Where a point stands along x.
fn place(results: &Results, point: &Point, along: &Along) -> Option<f64> {
    match along {
        Along::Numbers(axis) => number(point, *axis),
        Along::Words { axis, words } => {
            let word = word(results, point, *axis)?;
            words.iter().position(|known| known == word).map(|at| at as f64)
        }
    }
}

/// The curves of a figure; none when nothing varies.
pub fn curves<'a>(results: &'a Results, of: &Of) -> Option<Curves<'a>> {
    let along = along(results)?;
    let mut curves: Vec<Curve<'a>> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut unplaced = 0;
    let many_clients = results.points.iter().any(|point| point.clients.len() > 1);
    for point in &results.points {
        let Some(x) = place(results, point, &along) else {
            unplaced += 1;
            continue;
        };
        let mut add = |clients: Option<&str>, figure: Estimate| {
            let name = name(results, point, &along, clients);
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
            "{unplaced} points that have no place on this axis are not drawn."
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
    if let Along::Words { .. } = along {
        // Side by side, so that no mark hides another.
        let many = curves.len() as f64;
        for (number, curve) in curves.iter_mut().enumerate() {
            let shift = 0.6 * (number as f64 - (many - 1.0) / 2.0) / many;
            curve.spots.iter_mut().for_each(|spot| spot.0 += shift);
        }
    }
    Some(Curves { along, curves, notes })
}

/// What tells a point's curve from the others: `scale-out, api.instances = 4, shoppers`.
fn name(results: &Results, point: &Point, along: &Along, clients: Option<&str>) -> String {
    let (axis, by_variant) = match along {
        Along::Numbers(axis) => (Some(*axis), false),
        Along::Words { axis, .. } => (*axis, axis.is_none()),
    };
    let mut parts: Vec<String> = point.variant.iter().filter(|_| !by_variant).cloned().collect();
    for (_, other) in results
        .axes
        .iter()
        .enumerate()
        .filter(|(number, _)| Some(*number) != axis)
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
    fn words_take_the_place_of_numbers() {
        let mut results = fixture::sweep();
        results.axes.clear();
        results.points = [0, 14, 28].map(|at| results.points[at].clone()).to_vec();
        let drawn = curves(&results, &Of::Clients(|c| c.latency_s.p99)).expect("variants");
        assert!(matches!(&drawn.along, Along::Words { axis: None, words } if words.len() == 3));
        let places: Vec<f64> = drawn.curves[0].spots.iter().map(|spot| spot.0).collect();
        assert_eq!((drawn.curves.len(), places), (1, vec![0.0, 1.0, 2.0]));
        assert_eq!(drawn.curves[0].name, "");
    }

    #[test]
    fn a_single_point_has_no_curves() {
        assert!(curves(&fixture::run(), &Of::Clients(|c| c.latency_s.p99)).is_none());
    }
}
