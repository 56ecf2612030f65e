//! The table of a comparison: one row a figure, the difference with its interval, and what it says.

use scenarios::comparison::{Comparison, Figure, Measure, Pair};
use sim_core::stats::paired::{Paired, Verdict};

use super::layout::{Cell, Column, Ink, Side, draw};
use super::{Style, line};
use crate::quantity::{self, Unit};

/// The whole report: heading, each variant against the first one, warnings.
#[must_use]
pub fn compare(comparison: &Comparison, style: Style) -> String {
    let mut text = String::new();
    line(&mut text, Ink::Bold, &comparison.scenario, style);
    if let Some(question) = &comparison.question {
        line(&mut text, Ink::Plain, question, style);
    }
    let tolerance = quantity::value(Unit::Share, comparison.tolerance);
    let basis = format!(
        "paired trials of the same requests, seed {}, 95% intervals; up to {tolerance} is the same",
        comparison.seed
    );
    line(&mut text, Ink::Dim, &basis, style);
    for pair in &comparison.pairs {
        text.push('\n');
        line(
            &mut text,
            Ink::Bold,
            &format!("{} against {}", pair.variant, comparison.baseline),
            style,
        );
        push_pair(&mut text, comparison, pair, style);
    }
    if !comparison.warnings.is_empty() {
        text.push('\n');
    }
    for warning in &comparison.warnings {
        line(&mut text, Ink::Yellow, &format!("warning: {warning}"), style);
    }
    text
}

fn push_pair(text: &mut String, comparison: &Comparison, pair: &Pair, style: Style) {
    let cells = |make: &dyn Fn(&Measure) -> Cell| -> Vec<Cell> { pair.measures.iter().map(make).collect() };
    let with = |make: fn(Unit, &Paired) -> String| {
        cells(&|m| {
            Cell::new(
                m.paired
                    .map_or_else(|| "—".to_owned(), |p| make(unit(m.figure), &p)),
            )
        })
    };
    let first = &comparison.baseline;
    let columns = vec![
        Column::new("", Side::Left, 0, cells(&|m| Cell::new(title(m)))),
        Column::new(first, Side::Right, 2, with(|unit, p| quantity::value(unit, p.a))),
        Column::new(
            &pair.variant,
            Side::Right,
            1,
            with(|unit, p| quantity::value(unit, p.b)),
        ),
        Column::new("difference", Side::Right, 0, with(difference)),
        Column::new("verdict", Side::Left, 0, cells(&|m| verdict(m))),
        Column::new("pairing saved", Side::Right, 3, with(saved)),
    ];
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

fn title(measure: &Measure) -> String {
    let figure = match measure.figure {
        Figure::Mean => "mean",
        Figure::P50 => "p50",
        Figure::P99 => "p99",
        Figure::Goodput => "goodput",
        Figure::Lost => "lost to overload",
        Figure::LostToFailures => "lost to failures",
        Figure::Cost => "cost a month",
    };
    match &measure.clients {
        Some(clients) => format!("{clients} {figure}"),
        None => figure.to_owned(),
    }
}

fn unit(figure: Figure) -> Unit {
    match figure {
        Figure::Mean | Figure::P50 | Figure::P99 => Unit::Seconds,
        Figure::Goodput => Unit::PerSecond,
        Figure::Lost | Figure::LostToFailures => Unit::Share,
        Figure::Cost => Unit::Usd,
    }
}

/// The difference with its sign and its interval: `-1.95 ms ± 0.21`.
fn difference(unit: Unit, paired: &Paired) -> String {
    let sign = if paired.difference.value.is_some_and(|v| v > 0.0) {
        "+"
    } else {
        ""
    };
    let words = quantity::estimate(unit, &paired.difference);
    words.map_or_else(|| "—".to_owned(), |words| format!("{sign}{words}"))
}

/// How much of the variance pairing saved.
fn saved(_: Unit, paired: &Paired) -> String {
    paired
        .variance_saved
        .map_or_else(|| "—".to_owned(), |share| format!("{:.0}%", share * 100.0))
}

fn verdict(measure: &Measure) -> Cell {
    match measure.verdict {
        Verdict::Better => Cell::inked("better", Ink::Green),
        Verdict::Worse => Cell::inked("worse", Ink::Red),
        Verdict::Same => Cell::new("same"),
        Verdict::CannotTell { .. } if measure.paired.is_none() => {
            Cell::inked("cannot tell: no value", Ink::Yellow)
        }
        Verdict::CannotTell { trials: Some(trials) } => {
            let count = quantity::grouped(f64::from(trials), 0);
            Cell::inked(format!("cannot tell: try {count} trials"), Ink::Yellow)
        }
        Verdict::CannotTell { trials: None } => Cell::inked("cannot tell", Ink::Yellow),
    }
}
