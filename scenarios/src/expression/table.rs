//! The table form of an expression: `{ lognormal = { p50 = "2ms", p99 = "12ms" } }`.
//!
//! It means the same as the text, and gives every parameter a path that an override can name.

use super::family::{self, Argument, Family};
use super::{Expression, Kind, parse, read_at};
use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean, one_of};
use crate::quantity::{self, Dimension};
use crate::tree::{Node, Value};

/// Reads the table form.
pub(super) fn read(node: &Node, depth: usize, out: &mut Diagnostics) -> Option<Expression> {
    let [entry] = node.entries() else {
        let problem = Diagnostic::error(&node.span, "this is not a distribution");
        out.push(problem.label("expected one key, as in { lognormal = { p50 = \"2ms\", p99 = \"12ms\" } }"));
        return None;
    };
    let value = &entry.node;
    let kind = match (entry.key.as_str(), &value.value) {
        ("mix", Value::Array(items)) => Kind::Mix(mix(items, depth, out)?),
        ("sum", Value::Array(items)) => {
            let parts: Vec<_> = items.iter().map(|i| read_at(i, depth + 1, out)).collect();
            Kind::Sum(parts.into_iter().collect::<Option<_>>()?)
        }
        ("ops", Value::Text(text)) => Kind::Ops(keep(parse::ops(value, text), out)?),
        ("mix" | "sum" | "ops", _) => {
            let expected = match entry.key.as_str() {
                "mix" => "expected a list such as [{ weight = 0.9, of = \"exp(1ms)\" }]",
                "sum" => "expected a list of times",
                _ => "expected text such as \"3 ssd-random-read\"",
            };
            out.push(Diagnostic::error(&value.span, format!("found {}", value.kind())).label(expected));
            return None;
        }
        ("empirical", _) => {
            let arguments = arguments(value, out)?;
            keep(parse::recorded(&arguments, &node.span), out)?
        }
        (name, _) => {
            let Some(family) = Family::find(name) else {
                let problem =
                    Diagnostic::error(&entry.key_span, format!("there is no distribution \"{name}\""));
                let list = format!("expected {}", one_of(family::names()));
                out.push(
                    problem
                        .label(list)
                        .maybe_help(did_you_mean(name, family::names())),
                );
                return None;
            };
            let arguments = arguments(value, out)?;
            let (form, values) = keep(family.fill(&arguments, &node.span), out)?;
            Kind::Law { family, form, values }
        }
    };
    Some(Expression {
        span: node.span.clone(),
        kind,
    })
}

fn keep<T>(result: Result<T, Diagnostic>, out: &mut Diagnostics) -> Option<T> {
    result.map_err(|problem| out.push(problem)).ok()
}

/// The parameters: a table, or a single value where one is enough.
pub(crate) fn arguments<'a>(node: &'a Node, out: &mut Diagnostics) -> Option<Vec<Argument<'a>>> {
    if !matches!(node.value, Value::Table(_)) {
        return Some(vec![Argument {
            name: None,
            text: scalar(node, out)?,
            span: node.span.clone(),
        }]);
    }
    let given: Vec<_> = node
        .entries()
        .iter()
        .map(|e| {
            let text = scalar(&e.node, out)?;
            Some(Argument {
                name: Some((e.key.as_str(), e.key_span.clone())),
                text,
                span: e.node.span.clone(),
            })
        })
        .collect();
    given.into_iter().collect()
}

/// A parameter's value as text.
fn scalar(node: &Node, out: &mut Diagnostics) -> Option<String> {
    match &node.value {
        Value::Text(_) | Value::Integer(_) => Some(node.display()),
        Value::Float(f) if f.is_finite() => Some(node.display()),
        _ => {
            let problem = Diagnostic::error(&node.span, format!("found {}", node.kind()));
            out.push(problem.label("expected a number or a time such as \"5ms\""));
            None
        }
    }
}

fn mix(items: &[Node], depth: usize, out: &mut Diagnostics) -> Option<Vec<(f64, Expression)>> {
    let parts: Vec<_> = items
        .iter()
        .map(|item| {
            let (Some(weight), Some(of), 2) = (item.get("weight"), item.get("of"), item.entries().len())
            else {
                let problem = Diagnostic::error(&item.span, "this is not a part of a mix");
                out.push(problem.label("expected { weight = 0.9, of = \"exp(1ms)\" }"));
                return None;
            };
            let text = scalar(weight, out)?;
            let value = quantity::parse(&text, Dimension::Fraction).map_err(|e| {
                out.push(Diagnostic::error(&weight.span, e.message).label("expected a weight such as 0.9"));
            });
            Some((value.ok()?, read_at(of, depth + 1, out)?))
        })
        .collect();
    parts.into_iter().collect()
}
