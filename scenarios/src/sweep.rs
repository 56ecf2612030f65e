//! What varies from point to point: the axes of `[sweep]` and `--vary`, and the points they make with the variants.
//!
//! An axis is a list, or `"500/s .. 8000/s in 16 steps"`, both ends included, in equal steps or with `log steps` in equal
//! ratios. Between whole numbers without a unit, steps are rounded to whole numbers.

use sim_core::math;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::overrides::{self, Override};
use crate::quantity::{self, Dimension, rounded};
use crate::source::{Source, Span};
use crate::tree::{Node, Value, parse_value};

/// More points than this are refused.
pub const MOST_POINTS: usize = 10_000;

/// A path and the values it takes.
#[derive(Clone, Debug)]
pub struct Axis {
    /// The path as it was written.
    pub path: String,
    /// The change for each value, in order.
    pub changes: Vec<Override>,
    /// Where the axis was written.
    pub span: Span,
}

impl Axis {
    /// The values as numbers in one unit, where they are numbers, and that unit as charts show it (`s`, `1/s`).
    #[must_use]
    pub fn numbers(&self) -> (Vec<Option<f64>>, Option<&'static str>) {
        let read: Vec<_> = self
            .changes
            .iter()
            .map(|c| quantity::parse_any(&c.value.display()))
            .collect();
        let dimension = read.first().copied().flatten().map(|q| q.dimension);
        let Some(dimension) = dimension.filter(|d| read.iter().all(|q| q.is_some_and(|q| q.dimension == *d)))
        else {
            return (vec![None; read.len()], None);
        };
        let (unit, size) = dimension.chart_unit();
        (
            read.into_iter().map(|q| q.map(|q| q.value / size)).collect(),
            Some(unit),
        )
    }
}

/// The axes of `[sweep]`.
pub fn of_table(node: &Node, out: &mut Diagnostics) -> Vec<Axis> {
    let mut axes: Vec<Axis> = Vec::new();
    for template in overrides::of_table(node, out) {
        if let Some(axis) = axis(template, out) {
            axes.push(axis);
        }
    }
    axes
}

/// Reads the words of one `--vary`.
pub fn of_argument(words: &str, out: &mut Diagnostics) -> Option<Axis> {
    let source = Source::new("--vary", words);
    let (path, parts, start) = match overrides::split_argument(&source, "--vary service.api.instances=2,4,8")
    {
        Ok(split) => split,
        Err(problem) => {
            out.push(problem);
            return None;
        }
    };
    let mut value = parse_value(&source, start);
    if let Value::Text(text) = &value.value
        && !text.contains("..")
    {
        let items = at_commas(text).into_iter().map(|(from, to)| {
            // Each item is read as if it were the whole argument, cut off at its comma.
            let item = value.inside(from..to).range();
            let cut = Source::new("--vary", &source.text()[..item.end]);
            parse_value(&cut, item.start)
        });
        value = Node {
            span: value.span.clone(),
            value: Value::Array(items.collect()),
        };
    } else if !matches!(value.value, Value::Text(_) | Value::Array(_)) {
        value = Node {
            span: value.span.clone(),
            value: Value::Array(vec![value]),
        };
    }
    axis(Override { path, parts, value }, out)
}

/// The ranges between the commas of a list, those inside of parentheses and quotes apart.
fn at_commas(text: &str) -> Vec<(usize, usize)> {
    let (mut ranges, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0_i32, false);
    for (i, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 && !quoted => {
                ranges.push((start, i));
                start = i + 1;
            }
            _ => {}
        }
    }
    ranges.push((start, text.len()));
    ranges
}

fn axis(template: Override, out: &mut Diagnostics) -> Option<Axis> {
    let span = template.value.span.clone();
    let values = match &template.value.value {
        Value::Array(items) => items.clone(),
        Value::Text(text) => match range(text, &template.value) {
            Ok(values) => values,
            Err(problem) => {
                out.push(problem);
                return None;
            }
        },
        _ => {
            let problem = Diagnostic::error(&span, format!("{} does not vary", template.path));
            out.push(problem.label("expected a list, or \"500/s .. 8000/s in 16 steps\""));
            return None;
        }
    };
    if values.is_empty() || values.len() > MOST_POINTS {
        let problem = Diagnostic::error(&span, format!("{} has {} values", template.path, values.len()));
        out.push(problem.label(format!("expected between 1 and {MOST_POINTS}")));
        return None;
    }
    let changes = values
        .into_iter()
        .map(|value| Override {
            value,
            ..template.clone()
        })
        .collect();
    Some(Axis {
        path: template.path,
        changes,
        span,
    })
}

/// The values of `A .. B in N steps` or `A .. B in N log steps`.
fn range(text: &str, node: &Node) -> Result<Vec<Node>, Diagnostic> {
    let span = node.inside(0..text.len());
    let wrong = |message: &str| {
        Diagnostic::error(&span, message)
            .label("expected \"500/s .. 8000/s in 16 steps\" or \"... in 10 log steps\"")
    };
    let (first, rest) = text
        .split_once("..")
        .ok_or_else(|| wrong("this is not a range"))?;
    let (last, steps) = rest
        .split_once(" in ")
        .ok_or_else(|| wrong("this range has no number of steps"))?;
    let words: Vec<&str> = steps.split_whitespace().collect();
    let (count, log) = match words[..] {
        [count, "steps" | "step"] => (count, false),
        [count, "log", "steps" | "step"] => (count, true),
        _ => return Err(wrong("this range has no number of steps")),
    };
    let count = count.parse::<u32>().ok().filter(|c| (2..=10_000).contains(c));
    let count = count.ok_or_else(|| wrong("a range has between 2 and 10,000 steps"))?;
    let dollar = first.trim_start().starts_with('$');
    let (first, last) = (
        first.trim().trim_start_matches('$'),
        last.trim().trim_start_matches('$'),
    );
    let ((a, unit_a), (b, unit_b)) = (quantity::split(first), quantity::split(last));
    if unit_a != unit_b && !unit_a.is_empty() {
        return Err(wrong("both ends of a range need the same unit"));
    }
    let number = |text: &str| quantity::parse(text, Dimension::Number).map_err(|e| wrong(&e.message));
    let (low, high) = (number(a)?, number(b)?);
    if log && (low <= 0.0 || high <= 0.0) {
        return Err(wrong("a range in log steps can't reach 0"));
    }
    let whole =
        unit_b.is_empty() && !dollar && low.fract() == 0.0 && high.fract() == 0.0 && high.max(low) < 9e15;
    let mut values: Vec<Node> = Vec::new();
    for i in 0..count {
        let share = f64::from(i) / f64::from(count - 1);
        let value = match (i, log) {
            (0, _) => low,
            (i, _) if i + 1 == count => high,
            (_, false) => low + (high - low) * share,
            (_, true) => low * math::pow(high / low, share),
        };
        // Twelve digits hide what binary fractions do to 0.1 + 0.2; four are enough for equal ratios.
        let text = rounded(value, if log { 4 } else { 12 });
        let value = if whole {
            Value::Integer(value.round() as i64)
        } else if unit_b.is_empty() && !dollar {
            Value::Float(text.parse().unwrap_or(value))
        } else {
            Value::Text(format!("{}{text}{unit_b}", if dollar { "$" } else { "" }))
        };
        if values.last().is_none_or(|v| v.value != value) {
            values.push(Node {
                span: span.clone(),
                value,
            });
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    /// The values of `--vary x=TEXT`, or the problem.
    fn values(text: &str) -> String {
        let mut out = Diagnostics::default();
        match of_argument(&format!("run.seed={text}"), &mut out) {
            Some(axis) => axis
                .changes
                .iter()
                .map(|c| c.value.display())
                .collect::<Vec<_>>()
                .join(" "),
            None => out.into_list().remove(0).message,
        }
    }

    #[test]
    fn ranges_include_both_ends() {
        assert_eq!(values("500/s .. 2000/s in 4 steps"), "500/s 1000/s 1500/s 2000/s");
        assert_eq!(values("0.1 .. 0.3 in 3 steps"), "0.1 0.2 0.3");
        assert_eq!(values("1 .. 100 in 5 log steps"), "1 3 10 32 100");
        assert_eq!(values("1ms .. 100ms in 3 log steps"), "1ms 10ms 100ms");
        assert_eq!(values("$1/h .. $2/h in 2 steps"), "$1/h $2/h");
        assert_eq!(values("1 .. 2 in 5 steps"), "1 2");
    }

    #[test]
    fn lists_are_split_at_their_commas() {
        assert_eq!(values("2,4,8"), "2 4 8");
        assert_eq!(values("[2, 4]"), "2 4");
        assert_eq!(values("round-robin, random"), "round-robin random");
        assert_eq!(
            values("lognormal(p50=1ms, p99=2ms),exp(1ms)"),
            "lognormal(p50=1ms, p99=2ms) exp(1ms)"
        );
        assert_eq!(values("7"), "7");
    }

    #[test]
    fn wrong_ranges_are_refused() {
        assert_eq!(values("1 .. 2"), "this range has no number of steps");
        assert_eq!(
            values("1/s .. 2ms in 3 steps"),
            "both ends of a range need the same unit"
        );
        assert_eq!(
            values("0 .. 2 in 3 log steps"),
            "a range in log steps can't reach 0"
        );
        assert_eq!(
            values("1 .. 2 in 99999999 steps"),
            "a range has between 2 and 10,000 steps"
        );
    }

    #[test]
    fn an_axis_knows_its_numbers_and_their_unit() {
        let node = parse_value(&Source::new("x", "\"1ms .. 3ms in 3 steps\""), 0);
        let parts = vec![("run".to_owned(), node.span.clone())];
        let axis = axis(
            Override {
                path: "run".into(),
                parts,
                value: node,
            },
            &mut Diagnostics::default(),
        );
        let (numbers, unit) = axis.expect("a range").numbers();
        assert_eq!(
            (numbers, unit),
            (vec![Some(0.001), Some(0.002), Some(0.003)], Some("s"))
        );
    }
}
