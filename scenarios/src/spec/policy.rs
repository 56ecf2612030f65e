//! A policy by name, perhaps with parameters: `"round-robin"`, `zipf(0.99)`, or `{ power-of-d = { choices = 2 } }`.

use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean, one_of};
use crate::expression::{self, Argument};
use crate::quantity::{self, Dimension};
use crate::source::{Span, Spanned};
use crate::tree::{Node, Value};

/// A policy that was written.
pub struct Policy<'a> {
    /// Its place among the names that were possible.
    pub place: usize,
    /// Its name.
    pub name: &'a str,
    /// All of it.
    pub span: Span,
    arguments: Vec<Argument<'a>>,
}

/// Reads a policy that has one of these names.
pub fn read<'a>(node: &'a Node, what: &str, names: &[&str], out: &mut Diagnostics) -> Option<Policy<'a>> {
    let (name, span, arguments) = match (&node.value, node.entries()) {
        (Value::Text(text), _) => match expression::named(node, text) {
            Ok(read) => read,
            Err(problem) => {
                out.push(problem.label(format!("expected {}", one_of(names.iter().copied()))));
                return None;
            }
        },
        (Value::Table(_), [only]) => {
            let arguments = match (&only.node.value, only.node.entries()) {
                (Value::Table(_), []) => Vec::new(),
                _ => expression::arguments(&only.node, out)?,
            };
            (only.key.as_str(), only.key_span.clone(), arguments)
        }
        _ => {
            let problem = Diagnostic::error(&node.span, format!("{what} can't be {}", node.kind()));
            out.push(problem.label(format!("expected {}", one_of(names.iter().copied()))));
            return None;
        }
    };
    let Some(place) = names.iter().position(|n| *n == name) else {
        let problem = Diagnostic::error(&span, format!("{what} can't be \"{}\"", quantity::shorten(name)));
        let list = format!("expected {}", one_of(names.iter().copied()));
        out.push(
            problem
                .label(list)
                .maybe_help(did_you_mean(name, names.iter().copied())),
        );
        return None;
    };
    Some(Policy {
        place,
        name,
        span: node.span.clone(),
        arguments,
    })
}

impl Policy<'_> {
    /// The parameters by these names, in this order; an unnamed one counts by its place. Reports those it can't have.
    pub fn parameters<const N: usize>(
        &self,
        names: [(&str, Dimension); N],
        out: &mut Diagnostics,
    ) -> [Option<Spanned<f64>>; N] {
        let mut values: [Option<Spanned<f64>>; N] = std::array::from_fn(|_| None);
        for (i, argument) in self.arguments.iter().enumerate() {
            let place = match &argument.name {
                Some((name, _)) => names.iter().position(|n| n.0 == *name),
                None => (i < N).then_some(i),
            };
            let Some(place) = place else {
                let (name, at) = argument.name.clone().unwrap_or(("", argument.span.clone()));
                let message = match name {
                    "" => format!("{} has too many parameters", self.name),
                    name => format!("{} has no parameter \"{}\"", self.name, quantity::shorten(name)),
                };
                let label = if N == 0 {
                    "expected none".into()
                } else {
                    format!("expected {}", one_of(names.map(|n| n.0)))
                };
                out.push(Diagnostic::error(&at, message).label(label));
                continue;
            };
            match quantity::parse(&argument.text, names[place].1) {
                Ok(value) => {
                    values[place] = Some(Spanned {
                        value,
                        span: argument.span.clone(),
                    })
                }
                Err(e) => {
                    let problem = Diagnostic::error(&argument.span, format!("{}: {}", self.name, e.message));
                    out.push(problem.label(names[place].1.expected()).maybe_help(e.help));
                }
            }
        }
        values
    }
}
