//! The table of a sweep: one row a point, with the figures that a decision needs.

use scenarios::gathered::gathered;
use scenarios::results::{ClientFigures, Point, Results};
use sim_core::stats::Estimate;

use super::layout::{Cell, Column, Ink, Side, draw};
use super::{Style, closing, heading, line, trials, verdict_ink};
use crate::figures::{busiest, has_latency, trouble};
use crate::quantity::{self, Unit};

/// The whole report of a sweep: heading, one row a point (and one for each of several clients), notes, warnings.
#[must_use]
pub fn sweep(results: &Results, style: Style) -> String {
    let mut text = heading(results, style);
    let basis = format!("{}, seed {}, 95% intervals", trials(results), results.seed);
    line(&mut text, Ink::Dim, &basis, style);
    text.push('\n');
    let (table, left_out) = draw(columns(results), style.room(), style.colour);
    text.push_str(&table);
    text.push('\n');
    if !left_out.is_empty() {
        line(
            &mut text,
            Ink::Dim,
            &format!("left out for want of width: {}", left_out.join(", ")),
            style,
        );
    }
    for note in notes(results) {
        line(&mut text, Ink::Dim, &note, style);
    }
    text + &closing(results, &points_warnings(results), style)
}

/// The rows: each point once for each of its clients, and once when it has none.
fn rows(results: &Results) -> Vec<(&Point, Option<&(String, ClientFigures)>)> {
    let each = |point| -> Vec<(&Point, Option<&(String, ClientFigures)>)> {
        let point: &Point = point;
        if point.clients.is_empty() {
            vec![(point, None)]
        } else {
            point
                .clients
                .iter()
                .map(|clients| (point, Some(clients)))
                .collect()
        }
    };
    results.points.iter().flat_map(each).collect()
}

fn columns(results: &Results) -> Vec<Column> {
    let rows = rows(results);
    let cells = |make: &dyn Fn(&Point, Option<&ClientFigures>) -> Cell| -> Vec<Cell> {
        rows.iter()
            .map(|(point, clients)| make(point, clients.map(|(_, figures)| figures)))
            .collect()
    };
    let mut columns = Vec::new();
    if results.points.iter().any(|point| point.variant.is_some()) {
        let name =
            |point: &Point, _: Option<&ClientFigures>| Cell::new(point.variant.clone().unwrap_or_default());
        columns.push(Column::new("variant", Side::Left, 0, cells(&name)));
    }
    for (number, axis) in results.axes.iter().enumerate() {
        let value = |point: &Point, _: Option<&ClientFigures>| Cell::new(axis_value(results, point, number));
        columns.push(Column::new(short_path(&axis.path), Side::Right, 0, cells(&value)));
    }
    if results.points.iter().any(|point| point.clients.len() > 1) {
        let names = rows
            .iter()
            .map(|(_, c)| Cell::new(c.map(|(name, _)| name.clone()).unwrap_or_default()));
        columns.push(Column::new("clients", Side::Left, 0, names.collect()));
    }
    let latency = |pick: fn(&ClientFigures) -> &Estimate| {
        cells(&|point, clients| match (trouble(point), clients) {
            (Some(trouble), _) => Cell::inked(trouble, Ink::Red),
            (None, None) => Cell::new(""),
            (None, Some(clients)) => figure(Unit::Seconds, pick(clients)),
        })
    };
    // A point in trouble says so once, under p99.
    let p50 = cells(&|point, clients| match clients {
        Some(clients) if has_latency(point) => figure(Unit::Seconds, &clients.latency_s.p50),
        _ => Cell::new(""),
    });
    columns.push(Column::new("p50", Side::Left, 5, p50));
    columns.push(Column::new(
        "p99",
        Side::Left,
        0,
        latency(|clients| &clients.latency_s.p99),
    ));
    let availability = |_: &Point, clients: Option<&ClientFigures>| {
        clients.map_or(Cell::new(""), |c| figure(Unit::Availability, &c.availability))
    };
    columns.push(Column::new("availability", Side::Left, 2, cells(&availability)));
    let utilization = |point: &Point, _: Option<&ClientFigures>| {
        let written = busiest(point).map(|(name, figure)| {
            format!(
                "{name} {}",
                quantity::estimate(Unit::Share, &figure).unwrap_or_default()
            )
        });
        Cell::new(written.unwrap_or_default())
    };
    columns.push(Column::new("busiest", Side::Left, 4, cells(&utilization)));
    if results.points.iter().any(|point| point.cost.is_some()) {
        let cost = |point: &Point, _: Option<&ClientFigures>| {
            point
                .cost
                .as_ref()
                .map_or(Cell::new(""), |cost| figure(Unit::Usd, &cost.usd_per_month))
        };
        columns.push(Column::new("a month", Side::Right, 3, cells(&cost)));
    }
    if results.points.iter().any(|point| point.slo.is_some()) {
        let verdict = |point: &Point, _: Option<&ClientFigures>| {
            point.slo.map_or(Cell::new(""), |verdict| {
                Cell::inked(verdict.word(), verdict_ink(verdict))
            })
        };
        columns.push(Column::new("met", Side::Left, 1, cells(&verdict)));
    }
    columns
}

/// A figure with its interval; a star where there is none, a dash where there isn't even a value.
fn figure(unit: Unit, figure: &Estimate) -> Cell {
    match (
        quantity::estimate(unit, figure),
        quantity::without_interval(figure),
    ) {
        (None, _) => Cell::inked("—", Ink::Yellow),
        (Some(text), None) => Cell::new(text),
        (Some(text), Some(_)) => Cell::inked(format!("{text} *"), Ink::Yellow),
    }
}

/// The value of a point on an axis, with its unit.
fn axis_value(results: &Results, point: &Point, number: usize) -> String {
    let axis = &results.axes[number];
    match (&axis.unit, point.at.get(number).copied().flatten()) {
        (Some(unit), Some(at)) if at.is_finite() => quantity::on_axis(unit, at),
        _ => point
            .set
            .iter()
            .rfind(|(set, _)| *set == axis.path)
            .map(|(_, v)| v.clone())
            .unwrap_or_default(),
    }
}

/// The last two steps of a path say enough: `users.rate` for `clients.users.rate`.
pub(crate) fn short_path(path: &str) -> &str {
    match path.rmatch_indices('.').nth(1) {
        Some((at, _)) => &path[at + 1..],
        None => path,
    }
}

/// What the signs in the cells mean, where any stands.
fn notes(results: &Results) -> Vec<String> {
    let shown: Vec<&Estimate> = rows(results)
        .into_iter()
        .flat_map(|(point, clients)| {
            let latency = clients
                .filter(|_| has_latency(point))
                .map(|(_, c)| [&c.latency_s.p50, &c.latency_s.p99])
                .into_iter()
                .flatten();
            let rest = clients.map(|(_, c)| &c.availability).into_iter();
            latency
                .chain(rest)
                .chain(point.cost.iter().map(|cost| &cost.usd_per_month))
        })
        .filter(|figure| quantity::without_interval(figure).is_some())
        .collect();
    let has_value = |figure: &Estimate| figure.value.is_some_and(f64::is_finite);
    [("* no interval", true), ("— no value", false)]
        .into_iter()
        .filter_map(|(sign, valued)| {
            let concerned = shown.iter().filter(|figure| has_value(figure) == valued);
            // The largest need covers every such figure.
            let worst = concerned
                .copied()
                .max_by(|a, b| a.need.unwrap_or(0.0).total_cmp(&b.need.unwrap_or(0.0)))?;
            Some(format!("{sign}: {}", quantity::without_interval(worst)?))
        })
        .collect()
}

/// What the points warn of, each sentence once.
fn points_warnings(results: &Results) -> Vec<String> {
    gathered(
        results
            .points
            .iter()
            .flat_map(|point| point.warnings.iter().cloned()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn one_row_a_point() {
        insta::assert_snapshot!(sweep(
            &fixture::sweep(),
            Style {
                width: 120,
                colour: false
            }
        ));
    }

    #[test]
    fn a_narrow_terminal_gets_fewer_columns() {
        insta::assert_snapshot!(sweep(
            &fixture::sweep(),
            Style {
                width: 72,
                colour: false
            }
        ));
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        for width in [72, 80, 100, 200] {
            let text = sweep(&fixture::sweep(), Style { width, colour: false });
            let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
            assert!(widest <= width, "{widest} at {width}:\n{text}");
        }
    }

    #[test]
    fn colours_only_when_asked() {
        let coloured = sweep(
            &fixture::sweep(),
            Style {
                width: 120,
                colour: true,
            },
        );
        assert!(coloured.contains("\u{1b}[31moverloaded (api)\u{1b}[0m"));
        assert!(
            !sweep(
                &fixture::sweep(),
                Style {
                    width: 120,
                    colour: false
                }
            )
            .contains('\u{1b}')
        );
    }

    #[test]
    fn an_empty_sweep_is_a_heading() {
        let mut results = fixture::sweep();
        results.points.clear();
        assert!(
            sweep(
                &results,
                Style {
                    width: 80,
                    colour: false
                }
            )
            .starts_with("scale up or scale out\n")
        );
    }
}
