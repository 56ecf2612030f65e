//! How long something takes, as a person writes it: a constant, a probability law, a sum, operations from the table of
//! latency numbers, or any of them times a column of the trace that is replayed.
//!
//! ```text
//! sum     = product { "+" product }
//! product = factor { "*" factor }
//! factor  = time | number | column | "(" sum ")" | call
//! call    = family "(" [ argument { "," argument } ] ")" | "mix(" weight ":" sum { "," weight ":" sum } ")"
//!         | "ops(" [ count | size ] name { "+" [ count | size ] name } ")" | "empirical(" file { "," argument } ")"
//! ```
//!
//! Every family has a table form too, `{ lognormal = { p50 = "2ms", p99 = "12ms" } }`, whose parameters have paths.

mod family;
mod law;
mod lexer;
mod parse;
mod table;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::tree::{Node, Value};

pub use family::{FAMILIES, Family};
pub use law::Laws;
pub(crate) use {family::Argument, parse::named, table::arguments};

/// Expressions nested deeper than this are refused.
const DEEPEST: usize = 64;
/// Expressions longer than this many bytes are refused.
const LONGEST: usize = 10_000;

/// A time that was written, with the places of its parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Always the same, in nanoseconds.
    Constant(f64),
    /// A number without a unit; only a factor of a product may be one.
    Number(f64),
    /// A column of the trace; only a factor of a product may be one.
    Column(String),
    /// A probability law with its parameters, in the order of the form.
    Law {
        /// Which.
        family: &'static Family,
        /// The place of the form among the family's.
        form: usize,
        /// Times in nanoseconds, other parameters as they are.
        values: Vec<f64>,
    },
    /// Recorded values, from a file.
    Recorded {
        /// The file, relative to the scenario's.
        file: String,
        /// The column, if the file has several.
        column: Option<String>,
        /// Nanoseconds in a number without a unit.
        unit: Option<f64>,
    },
    /// One of several, by weight.
    Mix(Vec<(f64, Expression)>),
    /// One after the other.
    Sum(Vec<Expression>),
    /// Factors.
    Product(Vec<Expression>),
    /// Operations from the table of latency numbers.
    Ops(Vec<Op>),
}

/// One operation, so many times or over so many bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Op {
    /// Where it stands.
    pub span: Span,
    /// The entry's name.
    pub name: String,
    /// How often, or how much.
    pub amount: Amount,
}

/// How much of an operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// So many times.
    Times(f64),
    /// So many bytes.
    Bytes(f64),
}

/// Reads an expression from a value of the tree; none, with its problem in `out`, if it is not one.
pub fn read(node: &Node, out: &mut Diagnostics) -> Option<Expression> {
    read_at(node, 0, out)
}

fn read_at(node: &Node, depth: usize, out: &mut Diagnostics) -> Option<Expression> {
    if depth > DEEPEST {
        out.push(Diagnostic::error(
            &node.span,
            "this expression is nested too deeply",
        ));
        return None;
    }
    match &node.value {
        Value::Text(text) if text.len() > LONGEST => {
            out.push(
                Diagnostic::error(&node.span, "this expression is too long").label("more than 10,000 bytes"),
            );
            None
        }
        Value::Text(text) => match parse::text(node, text, depth) {
            Ok(expression) => Some(expression),
            Err(problem) => {
                out.push(problem);
                None
            }
        },
        Value::Table(_) => table::read(node, depth, out),
        Value::Integer(_) | Value::Float(_) => {
            let help = crate::quantity::Dimension::Duration.suggestion(&node.display());
            let problem = Diagnostic::error(&node.span, "a time needs a unit")
                .label("expected a time such as \"250ms\"");
            out.push(problem.maybe_help(help));
            None
        }
        Value::Broken => None,
        _ => {
            let problem = Diagnostic::error(&node.span, format!("expected a time, found {}", node.kind()));
            out.push(problem.label("expected a time such as \"250ms\" or \"lognormal(p50=2ms, p99=12ms)\""));
            None
        }
    }
}

#[cfg(test)]
mod tests;
