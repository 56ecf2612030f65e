//! Latency numbers as pages: all of them side by side, those of one year, or all about one of them.

use std::fmt::Write as _;

use super::human::{in_slow_motion, three_digits, time};
use super::legend::Legend;
use super::without_trailing_blanks;
use crate::catalog::latency::{self, Category, DEFAULT_YEAR, Figure, Kind};
use crate::catalog::sources;

/// The three famous tables, which the page without a year shows side by side: their years and their sources.
const FAMOUS: [(i32, &str); 3] = [(2001, "norvig"), (2009, "dean2009"), (2012, "gist2012")];

/// Latency numbers by category.
///
/// Without a year: the three famous tables beside the newest figure known, and that figure on a scale on which a
/// nanosecond lasts a second. With one: the figure that a scenario of that year uses, what Scott's formula says, and what
/// each operation is.
pub fn latency_table(year: Option<i32>) -> String {
    let mut page = match year {
        None => format!("Latency numbers, newest figures up to {DEFAULT_YEAR}\n"),
        Some(year) => format!("Latency numbers for scenarios of {year}\n"),
    };
    let mut legend = Legend::default();
    for category in Category::ALL {
        page.push('\n');
        let _ = write!(page, "{:<31}", category.title());
        match year {
            None => {
                for (year, source) in FAMOUS {
                    let _ = write!(page, "{:>12}", format!("{year} {}", legend.mark(source)));
                }
                let _ = writeln!(page, "{:>12}  {:<8} 1 ns = 1 s", "newest", "of");
            }
            Some(_) => {
                let _ = writeln!(page, "{:>11} {:<8}{:>10}", "figure", "of", "formula");
            }
        }
        for entry in latency::entries()
            .iter()
            .filter(|entry| entry.category == category)
        {
            match year {
                None => famous_row(&mut page, &mut legend, entry),
                Some(year) => year_row(&mut page, &mut legend, entry, year),
            }
        }
    }
    page.push_str("\nA figure is one typical value unless `plimsoll numbers NAME` says otherwise.\n");
    page.push_str("Rates are shown per KiB.\n\n");
    page.push_str(&legend.text());
    without_trailing_blanks(&page)
}

fn famous_row(page: &mut String, legend: &mut Legend, entry: &'static latency::Entry) {
    let newest = entry.at(DEFAULT_YEAR);
    let _ = write!(page, "  {:<29}", entry.name);
    for (_, source) in FAMOUS {
        let known = entry.published().find(|figure| figure.source == source);
        let text = known.map_or(String::new(), |figure| {
            amount(figure) + legend.doubt(figure.verified)
        });
        let _ = write!(page, "{text:>12}");
    }
    let of = format!(
        "{} {}",
        newest.year_used,
        legend.mark_checked(newest.source, newest.verified)
    );
    let _ = writeln!(page, "{:>12}  {of:<8}{:>11}", amount(newest), slow(newest));
}

fn year_row(page: &mut String, legend: &mut Legend, entry: &'static latency::Entry, year: i32) {
    let figure = entry.at(year);
    let formula = entry.formula_at(year).map_or(String::new(), amount);
    let of = format!(
        "{} {}",
        figure.year_used,
        legend.mark_checked(figure.source, figure.verified)
    );
    let value = amount(figure);
    let _ = writeln!(
        page,
        "  {:<29}{value:>11} {of:<8}{formula:>10}  {}",
        entry.name, entry.what
    );
}

/// A figure with its unit; rates per KiB, which is about what one request moves.
fn amount(figure: Figure) -> String {
    match figure.kind {
        Kind::Time => time(figure.nanos),
        Kind::PerByte => time(figure.nanos * 1024.0) + "/KiB",
    }
}

fn slow(figure: Figure) -> String {
    match figure.kind {
        Kind::Time => in_slow_motion(figure.nanos),
        Kind::PerByte => in_slow_motion(figure.nanos * 1024.0),
    }
}

/// Everything known about one latency number: its figures, their sources, how to write it. None if there is no such name.
pub fn latency_page(name: &str) -> Option<String> {
    let entry = latency::lookup(name)?;
    let mut page = format!("{}: {}\n", entry.name, entry.what);
    let usage = match entry.kind {
        Kind::Time => format!("ops(2 {})", entry.name),
        Kind::PerByte => format!("ops(64KiB {})", entry.name),
    };
    let _ = writeln!(page, "  written {usage}");
    if !entry.aliases.is_empty() {
        let _ = writeln!(page, "  also called {}", entry.aliases.join(", "));
    }
    if let Some(note) = &entry.note {
        let _ = writeln!(page, "  {note}");
    }
    page.push('\n');
    for figure in entry.published().chain(entry.formula_at(DEFAULT_YEAR)) {
        let doubt = if figure.verified { "" } else { ", not seen there" };
        let spread = figure.p99_ratio.map_or(String::new(), |ratio| {
            format!(", p99 = {} p50", three_digits(ratio))
        });
        let title = sources::lookup(figure.source).map_or(figure.source, |source| &source.title);
        let _ = writeln!(
            page,
            "  {}  {:>12}  {}{spread}{doubt}",
            figure.year_used,
            amount(figure),
            figure.statistic
        );
        let _ = writeln!(page, "        {title}");
    }
    Some(page)
}
