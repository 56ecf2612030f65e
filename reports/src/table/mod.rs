//! Tables for the terminal: aligned, no wider than asked, in human units, with the interval beside every figure.

mod compare;
mod components;
mod layout;
mod limit;
mod run;
mod sweep;

pub use compare::compare;
pub(crate) use compare::{basis, relative, title, verdict};
pub use limit::limit;
pub use run::run;
pub(crate) use sweep::short_path;
pub use sweep::sweep;

use scenarios::results::{Results, Verdict};

use self::layout::{Ink, wrap};

/// How a table is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns of the terminal; less than 40 is drawn as 40.
    pub width: usize,
    /// Whether ANSI colours are used.
    pub colour: bool,
}

impl Style {
    /// The width that is drawn in: a table needs some room, however narrow the terminal says it is.
    fn room(self) -> usize {
        self.width.max(40)
    }
}

/// The scenario's name, its question, and what the figures rest on.
fn heading(results: &Results, style: Style) -> String {
    let mut text = String::new();
    line(&mut text, Ink::Bold, &results.scenario, style);
    if let Some(question) = &results.question {
        line(&mut text, Ink::Plain, question, style);
    }
    text
}

/// How many trials a point had: `5 trials a point`, or the range when precision was asked for.
pub(crate) fn trials(results: &Results) -> String {
    let least = results
        .points
        .iter()
        .map(|p| p.trials)
        .min()
        .unwrap_or(results.trials);
    let most = results
        .points
        .iter()
        .map(|p| p.trials)
        .max()
        .unwrap_or(results.trials);
    let each = if results.points.len() > 1 { " a point" } else { "" };
    match (least, most) {
        (1, 1) => format!("1 trial{each}"),
        (a, b) if a == b => format!("{a} trials{each}"),
        (a, b) => format!("{a} to {b} trials{each}"),
    }
}

/// Assumptions are counted, since there may be many; warnings are shown.
fn closing(results: &Results, warnings: &[String], style: Style) -> String {
    let mut text = String::new();
    match results.assumptions.len() {
        0 => {}
        1 => line(
            &mut text,
            Ink::Dim,
            "1 assumption; `plimsoll check --assumptions` shows it",
            style,
        ),
        n => line(
            &mut text,
            Ink::Dim,
            &format!("{n} assumptions; `plimsoll check --assumptions` lists them"),
            style,
        ),
    }
    for warning in results.warnings.iter().chain(warnings) {
        line(&mut text, Ink::Yellow, &format!("warning: {warning}"), style);
    }
    text
}

fn line(text: &mut String, ink: Ink, content: &str, style: Style) {
    for line in wrap(content, style.room()) {
        text.push_str(&ink.paint(&line, style.colour));
        text.push('\n');
    }
}

fn verdict_ink(verdict: Verdict) -> Ink {
    match verdict {
        Verdict::Yes => Ink::Green,
        Verdict::No => Ink::Red,
        Verdict::CannotTell => Ink::Yellow,
    }
}
