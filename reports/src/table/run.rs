//! The report of a run: clients, components, cost and objective of each point, every figure with its interval.

use scenarios::objective::{Bound, bounds_at};
use scenarios::results::{ClientFigures, ComponentFigures, Objective, Point, Results, Verdict};
use scenarios::timeline::Course;

use super::layout::{Cell, Column, Ink, Side, draw};
use super::{Style, closing, components, heading, line, verdict_ink};
use crate::course;
use crate::figures::{self, has_latency, latencies, of_component, of_cost, rates_of_clients, trouble};
use crate::quantity::{self, Unit, grouped};

/// The whole report: heading, then each point, then assumptions and warnings.
#[must_use]
pub fn run(results: &Results, style: Style) -> String {
    let mut text = heading(results, style);
    for point in &results.points {
        text.push('\n');
        push_point(&mut text, results, point, style);
    }
    text.push('\n');
    let warnings: Vec<String> = results
        .points
        .iter()
        .flat_map(|point| point.warnings.clone())
        .collect();
    text + &closing(results, &warnings, style)
}

fn push_point(text: &mut String, results: &Results, point: &Point, style: Style) {
    let mut name: Vec<String> = point
        .variant
        .iter()
        .map(|variant| format!("variant {variant}"))
        .collect();
    name.extend(point.set.iter().map(|(path, value)| format!("{path} = {value}")));
    if !name.is_empty() {
        line(text, Ink::Bold, &name.join(", "), style);
    }
    let basis = format!(
        "{} trial{}, seed {}, warm-up of {} cut, 95% intervals",
        point.trials,
        if point.trials == 1 { "" } else { "s" },
        results.seed,
        quantity::value(Unit::Seconds, point.warm_up_s)
    );
    line(text, Ink::Dim, &basis, style);
    if let Some(trouble) = trouble(point) {
        line(
            text,
            Ink::Red,
            &format!("{trouble}: there is no steady state, so no latency"),
            style,
        );
    }
    if point.course != Course::Steady && trouble(point).is_none() {
        line(text, Ink::Yellow, &course::told(&point.course), style);
    }
    let mut tables = vec![clients_table(point)];
    tables.push(components::table(point));
    for columns in tables.into_iter().filter(|columns| !columns[0].cells.is_empty()) {
        text.push('\n');
        let (table, left_out) = draw(columns, style.room(), style.colour);
        text.push_str(&table);
        if !left_out.is_empty() {
            line(
                text,
                Ink::Dim,
                &format!("left out for want of width: {}", left_out.join(", ")),
                style,
            );
        }
    }
    let starred = |figures: &ComponentFigures| {
        of_component(figures)
            .into_iter()
            .find_map(|(_, _, figure)| figure.value.and(quantity::without_interval(figure)))
    };
    if let Some(why) = point.components.iter().find_map(|(_, figures)| starred(figures)) {
        line(text, Ink::Dim, &format!("* no interval: {why}"), style);
    }
    if let Some(cost) = &point.cost {
        let words = ["a month", "for a million ok answers"];
        let parts: Vec<String> = of_cost(cost)
            .into_iter()
            .zip(words)
            .map(|((_, unit, figure), word)| {
                format!(
                    "{} {word}",
                    quantity::estimate(unit, figure).unwrap_or_else(|| "—".to_owned())
                )
            })
            .collect();
        text.push('\n');
        line(text, Ink::Plain, &format!("cost: {}", parts.join(", ")), style);
    }
    if let (Some(verdict), Some(objective)) = (point.slo, &results.slo) {
        line(
            text,
            verdict_ink(verdict),
            &verdict_in_words(objective, point, verdict),
            style,
        );
    }
}

/// `objective missed by p99 of users (at most 100 ms)`: what decides, or all of it where all is met.
fn verdict_in_words(objective: &Objective, point: &Point, verdict: Verdict) -> String {
    let all = bounds_at(objective, point);
    let deciding: Vec<String> = all
        .iter()
        .filter(|bound| bound.verdict(point) == verdict)
        .map(|bound| format!("{} ({})", bound.name(), bound_in_words(bound)))
        .collect();
    let told = match verdict {
        Verdict::Yes => "objective met:",
        Verdict::No => "objective missed by",
        Verdict::CannotTell => "objective: cannot tell",
    };
    format!("{told} {}", deciding.join(", "))
}

fn bound_in_words(bound: &Bound) -> String {
    match bound {
        Bound::Latency { most_s, .. } => format!("at most {}", quantity::round(Unit::Seconds, *most_s)),
        Bound::Availability { least, .. } => {
            format!("at least {}", quantity::round(Unit::Availability, *least))
        }
        Bound::Cost { most_usd } => format!("at most {} a month", quantity::round(Unit::Usd, *most_usd)),
    }
}

/// A client's figures are rows, so that each has room for its interval or for the reason why it has none.
fn clients_table(point: &Point) -> Vec<Column> {
    let steady = has_latency(point);
    let mut titles: Vec<Cell> = Vec::new();
    let mut columns: Vec<Column> = Vec::new();
    // Kinds of failure that never happened, to no client, aren't worth a line.
    let happened = |kind: &str| {
        let counts = |c: &(String, ClientFigures)| figures::counts_of_clients(&c.1);
        let mut all = point.clients.iter().flat_map(counts);
        all.any(|(name, count)| name == kind && count > 0)
    };
    let lost = match point.course {
        Course::Faults => "lost in the trials",
        _ => "lost to overload",
    };
    for (name, clients) in &point.clients {
        let rows = client_rows(clients, steady, &happened, lost);
        titles = rows.iter().map(|(title, _)| Cell::new(*title)).collect();
        let cells = rows.into_iter().map(|(_, cell)| cell).collect();
        // Further clients may be left out of a narrow terminal, the first stays.
        columns.push(Column::new(
            name.clone(),
            Side::Left,
            u8::from(!columns.is_empty()),
            cells,
        ));
    }
    let mut all = vec![Column::new("clients", Side::Left, 0, titles)];
    all.append(&mut columns);
    all
}

fn client_rows(
    clients: &ClientFigures,
    steady: bool,
    happened: &dyn Fn(&str) -> bool,
    lost: &'static str,
) -> Vec<(&'static str, Cell)> {
    let mut rows: Vec<(&'static str, Cell)> = Vec::new();
    for (name, count) in figures::counts_of_clients(clients) {
        let title = match name {
            "offered" => "requests",
            "ok" => "  ok",
            "failed.timeout" => "  timed out",
            "failed.rejected" => "  rejected",
            "failed.error" => "  error",
            "failed.unreachable" => "  unreachable",
            _ => "  in flight at the end",
        };
        if happened(name) || name == "offered" || name == "ok" {
            rows.push((title, Cell::new(grouped(count as f64, 0))));
        }
    }
    if steady {
        let titles = [
            "latency mean",
            "        p50",
            "        p90",
            "        p95",
            "        p99",
            "        p99.9",
        ];
        for (title, (_, unit, figure)) in titles.into_iter().zip(latencies(clients)) {
            rows.push((title, spelled(unit, figure)));
        }
    }
    let titles = [
        "goodput",
        "availability",
        lost,
        "lost to failures",
        "attempts a request",
    ];
    for (title, (_, unit, figure)) in titles.into_iter().zip(rates_of_clients(clients)) {
        rows.push((title, spelled(unit, figure)));
    }
    rows
}

/// A figure with its interval, or with the reason why it has none.
fn spelled(unit: Unit, figure: &sim_core::stats::Estimate) -> Cell {
    match (
        quantity::estimate(unit, figure),
        quantity::without_interval(figure),
    ) {
        (Some(text), None) => Cell::new(text),
        (Some(text), Some(why)) => Cell::inked(format!("{text} (no interval: {why})"), Ink::Yellow),
        (None, why) => Cell::inked(why.unwrap_or_else(|| "—".to_owned()), Ink::Yellow),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn clients_components_cost_and_objective() {
        insta::assert_snapshot!(run(
            &fixture::run(),
            Style {
                width: 120,
                colour: false
            }
        ));
    }

    #[test]
    fn a_point_without_enough_data_says_what_would_do() {
        let mut results = fixture::sweep();
        results.points = vec![results.points[28].clone()];
        let text = run(
            &results,
            Style {
                width: 100,
                colour: false,
            },
        );
        assert!(
            text.contains("p99.9       not enough data; 8x the run would do"),
            "{text}"
        );
        assert!(
            text.contains("variant scale-out, clients.users.rate = 500/s"),
            "{text}"
        );
    }

    #[test]
    fn a_star_is_explained() {
        let mut results = fixture::run();
        if let Some(queue) = &mut results.points[0].components[1].1.queue_length {
            (queue.low, queue.high) = (None, None);
        }
        let text = run(
            &results,
            Style {
                width: 120,
                colour: false,
            },
        );
        assert!(text.contains("0.113 *"), "{text}");
        assert!(text.contains("\n* no interval: not enough data\n"), "{text}");
    }

    #[test]
    fn an_overloaded_point_shows_no_latency() {
        let mut results = fixture::sweep();
        results.points = vec![results.points[13].clone()];
        let text = run(
            &results,
            Style {
                width: 100,
                colour: false,
            },
        );
        assert!(
            text.contains("overloaded (api): there is no steady state, so no latency"),
            "{text}"
        );
        assert!(!text.contains("p99.9"), "{text}");
    }

    #[test]
    fn figures_of_all_clients_stand_in_the_rows_of_their_titles() {
        let mut results = fixture::run();
        let clients = &mut results.points[0].clients;
        clients.push(clients[0].clone());
        clients[1].0 = "robots".to_owned();
        clients[1].1.unreachable = 4321;
        let text = run(
            &results,
            Style {
                width: 120,
                colour: false,
            },
        );
        let row = |title: &str| {
            let line = text.lines().find(|line| line.trim_start().starts_with(title));
            line.unwrap_or_default()
                .split("  ")
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(row("unreachable"), ["unreachable", "0", "4,321"], "{text}");
        let availability = row("availability");
        assert!(
            availability.len() == 3 && availability[1] == availability[2],
            "{text}"
        );
    }
}
