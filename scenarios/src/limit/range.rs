//! The loads that may be tried: `path=A..B`, and the scenario at any load between them.
//!
//! Unlike the range of a sweep it has no steps: the search chooses them. Loads are numbers in the unit that charts show
//! (`1/s`, `s`, none for a count); the text that is put at the path has the unit in which the range was written.

use crate::diagnostic::Diagnostic;
use crate::document::{Choice, Document, Points, Variants};
use crate::experiment::Planned;
use crate::overrides::split_argument;
use crate::quantity::{self, Dimension, rounded};
use crate::results::Axis;
use crate::source::{Source, Span};

/// Significant digits of a load that is tried: finer than any interval, and pleasant to read.
const DIGITS: usize = 5;

/// A scenario whose load varies.
pub struct Loads<'d, 'f> {
    document: &'d Document<'f>,
    variant: Option<String>,
    set: Vec<String>,
    path: String,
    unit: String,
    /// Axis units per written unit.
    size: f64,
    whole: bool,
    /// The path and the unit of its numbers.
    pub axis: Axis,
    /// The least load that is tried.
    pub low: f64,
    /// The greatest load that is tried.
    pub high: f64,
}

impl<'d, 'f> Loads<'d, 'f> {
    /// Reads the words of `--vary`, with one variant of the scenario or without, and the words of each `--set`.
    ///
    /// # Errors
    /// Everything that is wrong with them, and with the scenario at the least load.
    pub fn new(
        document: &'d Document<'f>,
        variant: Option<&str>,
        set: &[String],
        vary: &str,
    ) -> Result<Self, Vec<Diagnostic>> {
        let source = Source::new("--vary", vary);
        let (path, _, start) = split_argument(&source, EXAMPLE).map_err(|problem| vec![problem])?;
        let span = Span::new(&source, start, vary.len());
        let range = read(&vary[start..], &span).map_err(|problem| vec![problem])?;
        let mut loads = Self {
            document,
            variant: variant.map(str::to_owned),
            set: set.to_vec(),
            unit: range.unit,
            size: 1.0,
            whole: range.whole,
            axis: Axis {
                path: path.clone(),
                unit: None,
            },
            path,
            low: range.low,
            high: range.high,
        };
        let (points, problems) = loads.points(&[loads.low]);
        let Some(points) = points else {
            return Err(problems);
        };
        let Some(at) = points.list.first().and_then(|p| p.at.first().copied().flatten()) else {
            let problem = Diagnostic::error(&span, format!("{} does not vary here", loads.path));
            return Err(vec![problem.label("expected a path that --set doesn't set")]);
        };
        loads.size = at / loads.low;
        loads.axis.unit = points.axes.into_iter().next().and_then(|a| a.1);
        loads.low *= loads.size;
        loads.high *= loads.size;
        loads.plan(&[loads.low])?;
        Ok(loads)
    }

    /// Whether only whole numbers are loads.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// The scenario at each of these loads, rounded to what can be written, each once and in order.
    ///
    /// # Errors
    /// Everything that is wrong with the scenario there.
    pub fn plan(&self, loads: &[f64]) -> Result<Vec<Planned>, Vec<Diagnostic>> {
        let written: Vec<f64> = loads.iter().map(|load| load / self.size).collect();
        let (points, mut problems) = self.points(&written);
        let mut planned = Vec::new();
        for point in points.map(|p| p.list).unwrap_or_default() {
            let (scenario, found) = self.document.scenario(&point);
            match scenario {
                Some(scenario) => planned.push(Planned {
                    variant: point.variant,
                    set: point.set,
                    at: point.at,
                    scenario,
                }),
                None => {
                    problems.extend(found);
                    return Err(problems);
                }
            }
        }
        if planned.is_empty() {
            Err(problems)
        } else {
            Ok(planned)
        }
    }

    /// The load at which the scenario stands, where its file says it as one number.
    #[must_use]
    pub fn stands_at(&self) -> Option<f64> {
        let choice = self.choice(&[]);
        let base = self
            .document
            .points(&choice.as_choice())
            .0?
            .list
            .into_iter()
            .next()?;
        let text = self.document.text_at(&base, &self.path)?;
        let quantity = quantity::parse_any(&text)?;
        let (unit, size) = quantity.dimension.chart_unit();
        (self.axis.unit.as_deref().unwrap_or("") == unit).then_some(quantity.value / size)
    }

    fn points(&self, written: &[f64]) -> (Option<Points>, Vec<Diagnostic>) {
        let mut texts: Vec<String> = Vec::new();
        for load in written {
            let number = if self.whole {
                rounded(load.round(), 15)
            } else {
                rounded(*load, DIGITS)
            };
            let text = format!("{number}{}", self.unit);
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        let vary = [format!("{}={}", self.path, texts.join(","))];
        self.document.points(&self.choice(&vary).as_choice())
    }

    fn choice<'a>(&'a self, vary: &'a [String]) -> Chosen<'a> {
        Chosen {
            variant: self.variant.as_slice(),
            vary,
            set: &self.set,
        }
    }
}

/// What a [`Choice`] borrows from.
struct Chosen<'a> {
    variant: &'a [String],
    vary: &'a [String],
    set: &'a [String],
}

impl Chosen<'_> {
    fn as_choice(&self) -> Choice<'_> {
        Choice {
            variants: if self.variant.is_empty() {
                Variants::Base
            } else {
                Variants::Named(self.variant)
            },
            sweep: false,
            vary: self.vary,
            set: self.set,
        }
    }
}

/// A range to search, as an example in messages.
const EXAMPLE: &str = "--vary \"clients.users.rate=100/s .. 5000/s\"";

/// A range as it was written.
#[derive(Debug, PartialEq)]
struct Written {
    low: f64,
    high: f64,
    unit: String,
    whole: bool,
}

/// Reads `A .. B`; the unit may stand at both ends or at the second.
fn read(text: &str, span: &Span) -> Result<Written, Diagnostic> {
    let wrong = |message: &str| {
        Err(Diagnostic::error(span, message).label(format!("expected, for example, {EXAMPLE}")))
    };
    let Some((first, last)) = text.trim().trim_matches('"').split_once("..") else {
        return wrong("this is not a range");
    };
    let ((a, unit_a), (b, unit)) = (quantity::split(first), quantity::split(last));
    if unit.contains(" in ") || unit.starts_with("in ") || unit.ends_with("steps") {
        return wrong("the search chooses its own steps");
    }
    let number = |text: &str| quantity::parse(text, Dimension::Number).ok();
    let (Some(low), Some(high)) = (number(a), number(b)) else {
        return wrong("this is not a range of numbers");
    };
    if unit_a != unit && !unit_a.is_empty() {
        return wrong("both ends of a range need the same unit");
    }
    if !(low > 0.0 && low < high && high.is_finite()) {
        return wrong("a range goes up from more than 0");
    }
    Ok(Written {
        low,
        high,
        unit: unit.to_owned(),
        whole: unit.is_empty() && low.fract() == 0.0 && high.fract() == 0.0 && high < 9e15,
    })
}

/// Loads from one to another, both included, in equal ratios if they are far apart and in equal steps otherwise.
#[must_use]
pub fn spread(low: f64, high: f64, count: usize) -> Vec<f64> {
    let last = count.saturating_sub(1).max(1) as f64;
    let is_wide = high >= 3.0 * low;
    (0..count)
        .map(|i| {
            let share = i as f64 / last;
            if i == 0 {
                low
            } else if is_wide {
                low * sim_core::math::pow(high / low, share)
            } else {
                low + (high - low) * share
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> Result<Written, String> {
        let source = Source::new("--vary", text);
        read(text, &Span::whole(&source)).map_err(|d| d.message)
    }

    #[test]
    fn a_range_is_two_numbers_with_one_unit() {
        let written = |low, high, unit: &str, whole| {
            Ok(Written {
                low,
                high,
                unit: unit.to_owned(),
                whole,
            })
        };
        assert_eq!(range("500/s..8000/s"), written(500.0, 8000.0, "/s", false));
        assert_eq!(range("500 .. 8000/s"), written(500.0, 8000.0, "/s", false));
        assert_eq!(range("\"1 .. 64\""), written(1.0, 64.0, "", true));
        for (text, message) in [
            ("500/s", "this is not a range"),
            ("a..b", "this is not a range of numbers"),
            ("5/s..8ms", "both ends of a range need the same unit"),
            ("8/s..5/s", "a range goes up from more than 0"),
            ("0/s..5/s", "a range goes up from more than 0"),
            ("1/s .. 5/s in 3 steps", "the search chooses its own steps"),
        ] {
            assert_eq!(range(text), Err(message.to_owned()), "{text}");
        }
    }

    #[test]
    fn loads_are_spread_in_ratios_or_in_steps() {
        assert_eq!(spread(10.0, 20.0, 3), [10.0, 15.0, 20.0]);
        let wide = spread(1.0, 100.0, 3);
        assert!((wide[1] - 10.0).abs() < 1e-9 && wide[2] > 99.9);
    }
}
