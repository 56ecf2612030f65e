//! A policy by name, perhaps with parameters: `"round-robin"`, `zipf(0.99)`, or `{ power-of-d = { choices = 2 } }`.

use super::key::{Key, Shape};
use super::member::Member;
use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean, one_of};
use crate::expression::{self, Argument};
use crate::quantity::{self, Dimension};
use crate::source::{Span, Spanned};
use crate::tree::{Entry, Node, Value};
use sim_core::time::SimDuration;

/// The longest time that can be written: a hundred years, in nanoseconds.
const LONGEST: f64 = 100.0 * 365.25 * 86_400e9;

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
                (Value::Table(_), entries) if entries.iter().any(is_flag) => flagged(&only.node, out)?,
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

/// Whether an entry's value is true or false.
fn is_flag(entry: &Entry) -> bool {
    matches!(entry.node.value, Value::Flag(_))
}

/// The parameters of a table some of which are true or false.
fn flagged<'a>(node: &'a Node, out: &mut Diagnostics) -> Option<Vec<Argument<'a>>> {
    let mut rest = node.clone();
    if let Value::Table(entries) = &mut rest.value {
        entries.retain(|e| !is_flag(e));
    }
    expression::arguments(&rest, out)?;
    let argument = |e: &'a Entry| Argument {
        name: Some((e.key.as_str(), e.key_span.clone())),
        text: e.node.display(),
        span: e.node.span.clone(),
    };
    Some(node.entries().iter().map(argument).collect())
}

impl<'a> Policy<'a> {
    /// What was written for each of these names; an unnamed parameter counts by its place. Reports those that it can't have.
    fn matched(&self, names: &[&str], out: &mut Diagnostics) -> Vec<Option<&Argument<'a>>> {
        let mut found = vec![None; names.len()];
        for (i, argument) in self.arguments.iter().enumerate() {
            let place = match &argument.name {
                Some((name, _)) => names.iter().position(|n| n == name),
                None => (i < names.len()).then_some(i),
            };
            let Some(place) = place else {
                let (name, at) = argument.name.clone().unwrap_or(("", argument.span.clone()));
                let message = match name {
                    "" => format!("{} has too many parameters", self.name),
                    name => format!("{} has no parameter \"{}\"", self.name, quantity::shorten(name)),
                };
                let label = if names.is_empty() {
                    "expected none".into()
                } else {
                    format!("expected {}", one_of(names.iter().copied()))
                };
                out.push(Diagnostic::error(&at, message).label(label));
                continue;
            };
            found[place] = Some(argument);
        }
        found
    }

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
        let matched = self.matched(&names.map(|n| n.0), out);
        let mut values: [Option<Spanned<f64>>; N] = std::array::from_fn(|_| None);
        for (value, (argument, name)) in values.iter_mut().zip(matched.into_iter().zip(names)) {
            let Some(argument) = argument else {
                continue;
            };
            match quantity::parse(&argument.text, name.1) {
                Ok(parsed) => {
                    *value = Some(Spanned {
                        value: parsed,
                        span: argument.span.clone(),
                    })
                }
                Err(e) => {
                    let problem = Diagnostic::error(&argument.span, format!("{}: {}", self.name, e.message));
                    out.push(problem.label(name.1.expected()).maybe_help(e.help));
                }
            }
        }
        values
    }

    /// The parameters that the member is shown with, each to be read by what it takes.
    pub fn given<'p>(&'p self, out: &'p mut Diagnostics) -> Given<'p, 'a> {
        let keys = self.shown.unwrap_or_default();
        let names: Vec<&str> = keys.iter().map(|k| k.name).collect();
        let errors = out.errors();
        let arguments = self.matched(&names, out);
        Given {
            name: self.name,
            keys,
            arguments,
            errors,
            out,
        }
    }
}

/// The parameters of a member, read one by one.
pub struct Given<'p, 'a> {
    name: &'a str,
    keys: &'static [Key],
    arguments: Vec<Option<&'p Argument<'a>>>,
    /// How many problems there were before.
    errors: usize,
    out: &'p mut Diagnostics,
}

impl Given<'_, '_> {
    /// A whole number from `least` to `most`.
    pub fn whole(&mut self, name: &str, least: u32, most: u32, default: u32) -> u32 {
        let expected = format!("expected a whole number from {least} to {most}");
        let value = self.read(name, &expected, |text| {
            let number = quantity::parse(text, Dimension::Number).ok()?;
            let fits = number.fract() == 0.0 && (f64::from(least)..=f64::from(most)).contains(&number);
            fits.then_some(number as u32)
        });
        value.unwrap_or(default)
    }

    /// A number from `least` to `most`; none unless written.
    pub fn number(&mut self, name: &str, least: f64, most: f64) -> Option<f64> {
        self.read(
            name,
            &format!("expected a number from {least} to {most}"),
            |text| {
                let number = quantity::parse(text, Dimension::Number).ok()?;
                (least..=most).contains(&number).then_some(number)
            },
        )
    }

    /// A share between 0 and 1; none unless written.
    pub fn share(&mut self, name: &str) -> Option<f64> {
        self.read(name, Dimension::Fraction.expected(), |text| {
            let share = quantity::parse(text, Dimension::Fraction).ok()?;
            (0.0..=1.0).contains(&share).then_some(share)
        })
    }

    /// A time from a nanosecond to a hundred years.
    pub fn time(&mut self, name: &str) -> Option<SimDuration> {
        self.read(name, "expected a time above 0, such as \"10s\"", |text| {
            let nanos = quantity::parse(text, Dimension::Duration).ok()?;
            (1.0..=LONGEST)
                .contains(&nanos)
                .then(|| SimDuration::from_f64_nanos(nanos))
        })
    }

    /// True or false; false unless written.
    pub fn flag(&mut self, name: &str) -> bool {
        let flag = self.read(name, "expected true or false", |text| text.parse().ok());
        flag.unwrap_or(false)
    }

    /// One of the words that the member is shown with, by its place; the first unless written.
    pub fn word(&mut self, name: &str) -> usize {
        let key = self.keys.iter().find(|k| k.name == name);
        let words = key.map(|k| k.shape.words()).unwrap_or_default();
        let expected = format!("expected {}", one_of(words.iter().copied()));
        let place = self.read(name, &expected, |text| words.iter().position(|w| *w == text));
        place.unwrap_or(0)
    }

    /// Where a parameter was written, if it was.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<Span> {
        let place = self.keys.iter().position(|k| k.name == name)?;
        self.arguments[place].map(|a| a.span.clone())
    }

    fn read<T>(&mut self, name: &str, expected: &str, value: impl Fn(&str) -> Option<T>) -> Option<T> {
        let place = self.keys.iter().position(|k| k.name == name);
        debug_assert!(
            place.is_some(),
            "{}: the reference page lacks \"{name}\"",
            self.name
        );
        let argument = self.arguments[place?]?;
        let found = value(&argument.text);
        if found.is_none() {
            let text = quantity::shorten(&argument.text);
            let problem = match self.keys[place?].shape {
                Shape::Count | Shape::Number => format!("{}: {name} is out of range", self.name),
                _ => format!("{}: {name} can't be \"{text}\"", self.name),
            };
            let words = self.keys[place?].shape.words();
            self.out.push(
                Diagnostic::error(&argument.span, problem)
                    .label(expected)
                    .maybe_help(did_you_mean(&argument.text, words.iter().copied())),
            );
        }
        found
    }

    /// What was read, if all of it could be.
    pub fn all<T>(self, made: T) -> Option<T> {
        (self.out.errors() == self.errors).then_some(made)
    }
}
