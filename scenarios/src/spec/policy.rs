//! A policy by name, perhaps with parameters: `"round-robin"`, `zipf(0.99)`, or `{ power-of-d = { choices = 2 } }`.

use super::key::Key;
use super::member::Member;
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
    /// The parameters that the reference page shows for it, where it is a member of a family.
    shown: Option<&'static [Key]>,
}

/// Reads one of the members of a family.
pub fn of<'a>(
    node: &'a Node,
    what: &str,
    members: &'static [Member],
    out: &mut Diagnostics,
) -> Option<Policy<'a>> {
    let names: Vec<&str> = members.iter().map(|m| m.name).collect();
    let mut policy = read(node, what, &names, out)?;
    policy.shown = Some(members[policy.place].parameters);
    Some(policy)
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
        shown: None,
    })
}

impl Policy<'_> {
    /// The parameters by these names, in this order; an unnamed one counts by its place. Reports those it can't have.
    pub fn parameters<const N: usize>(
        &self,
        names: [(&str, Dimension); N],
        out: &mut Diagnostics,
    ) -> [Option<Spanned<f64>>; N] {
        debug_assert!(
            self.shown
                .is_none_or(|keys| keys.iter().map(|k| k.name).eq(names.iter().map(|n| n.0))),
            "{}: the reference page shows other parameters",
            self.name
        );
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
