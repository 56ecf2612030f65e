//! The table of a comparison: one row a figure, the difference with its interval, and what it says.

use scenarios::comparison::{Comparison, Figure, Measure, Pair, Subject};
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
    for words in basis(comparison) {
        line(&mut text, Ink::Dim, &words, style);
    }
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

/// What a comparison rests on, in two sentences without their full stops.
pub(crate) fn basis(comparison: &Comparison) -> [String; 2] {
    let trials = match comparison.trials() {
        (0, 0) => "no trials in common".to_owned(),
        (1, 1) => "1 pair of trials".to_owned(),
        (least, most) if least == most => format!("{least} pairs of trials"),
        (least, most) => format!("{least} to {most} pairs of trials"),
    };
    let tolerance = quantity::round(Unit::Share, comparison.tolerance);
    let holds = match comparison.judged() {
        0 | 1 => "a verdict holds at 95%".to_owned(),
        many => format!("all {many} verdicts hold at 95% together (Holm)"),
    };
    [
        format!(
            "{trials} under common random numbers, seed {}; 95% intervals",
            comparison.seed
        ),
        format!("a difference of up to {tolerance} doesn't matter; {holds}"),
    ]
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
        Column::new("relative", Side::Right, 4, cells(&|m| Cell::new(percent(m)))),
        Column::new(
            "verdict",
            Side::Left,
            0,
            cells(&|m| Cell::inked(verdict(m, comparison.tolerance), ink(m))),
        ),
        Column::new("variance saved", Side::Right, 3, with(saved)),
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

/// Whose figure it is, and which.
pub(crate) fn title(measure: &Measure) -> String {
    let figure = match measure.figure {
        Figure::Mean => "mean",
        Figure::P50 => "p50",
        Figure::P90 => "p90",
        Figure::P95 => "p95",
        Figure::P99 => "p99",
        Figure::P99_9 => "p99.9",
        Figure::Goodput => "goodput",
        Figure::Lost => "lost to overload",
        Figure::LostToFailures => "lost to failures",
        Figure::Utilization => "utilization",
        Figure::QueueLength => "queue length",
        Figure::HitRatio => "hit ratio",
        Figure::StaleReads => "stale reads",
        Figure::ReplicaLag => "replica lag",
        Figure::Cost => "cost a month",
    };
    match &measure.of {
        Subject::Clients(name) | Subject::Component(name) => format!("{name} {figure}"),
        Subject::System => figure.to_owned(),
    }
}

fn unit(figure: Figure) -> Unit {
    match figure {
        Figure::Mean
        | Figure::P50
        | Figure::P90
        | Figure::P95
        | Figure::P99
        | Figure::P99_9
        | Figure::ReplicaLag => Unit::Seconds,
        Figure::Goodput => Unit::PerSecond,
        Figure::Lost
        | Figure::LostToFailures
        | Figure::Utilization
        | Figure::HitRatio
        | Figure::StaleReads => Unit::Share,
        Figure::QueueLength => Unit::Plain,
        Figure::Cost => Unit::Usd,
    }
}

/// The difference with its sign and its interval: `-1.95 ms ± 0.21`.
fn difference(unit: Unit, paired: &Paired) -> String {
    let value = paired.difference.value.unwrap_or_default();
    let half = paired.difference.high.unwrap_or_default() - value;
    // Digits of a value that is lost in its interval say nothing.
    if half > 0.0 && value.abs() < 0.1 * half {
        return format!("0 ± {}", quantity::value(unit, half));
    }
    let words = quantity::estimate(unit, &paired.difference);
    words.map_or_else(|| "—".to_owned(), |words| signed(value, words))
}

/// The difference in percent of the first one's value.
fn percent(measure: &Measure) -> String {
    let share = measure.relative().and_then(|r| r.value);
    share.map_or_else(|| "—".to_owned(), |v| signed(v, quantity::value(Unit::Share, v)))
}

/// The difference in percent of the first one's value with its interval, or from what to what where the first one's is zero.
pub(crate) fn relative(measure: &Measure) -> String {
    let words = measure.relative().and_then(|relative| {
        let words = quantity::estimate(Unit::Share, &relative)?;
        Some(signed(relative.value.unwrap_or_default(), words))
    });
    let unit = unit(measure.figure);
    words
        .or_else(|| {
            let paired = measure.paired?;
            Some(format!(
                "{} to {}",
                quantity::value(unit, paired.a),
                quantity::value(unit, paired.b)
            ))
        })
        .unwrap_or_else(|| "—".to_owned())
}

fn signed(value: f64, words: String) -> String {
    if value > 0.0 { format!("+{words}") } else { words }
}

/// How much of the variance pairing saved.
fn saved(_: Unit, paired: &Paired) -> String {
    match paired.variance_saved {
        None => "—".to_owned(),
        Some(share) if share < 1.0 && share > 0.995 => ">99%".to_owned(),
        Some(share) => format!("{:.0}%", share * 100.0),
    }
}

/// What is said of a figure.
pub(crate) fn verdict(measure: &Measure, tolerance: f64) -> String {
    match measure.verdict {
        Verdict::Better => "better".to_owned(),
        Verdict::Worse => "worse".to_owned(),
        Verdict::Same if measure.paired.is_none_or(|p| p.a == p.b && p.error == 0.0) => "same".to_owned(),
        Verdict::Same => format!("same within {}", quantity::round(Unit::Share, tolerance)),
        Verdict::CannotTell { .. } if measure.paired.is_none() => "cannot tell: no value".to_owned(),
        Verdict::CannotTell { trials: Some(trials) } => {
            let count = quantity::grouped(f64::from(trials), 0);
            format!("cannot tell: try {count} trials")
        }
        Verdict::CannotTell { trials: None } => "cannot tell".to_owned(),
    }
}

fn ink(measure: &Measure) -> Ink {
    match measure.verdict {
        Verdict::Better => Ink::Green,
        Verdict::Worse => Ink::Red,
        Verdict::Same => Ink::Plain,
        Verdict::CannotTell { .. } => Ink::Yellow,
    }
}
