//! Reads one table: typed access by key, with every problem reported and no key left over.

use sim_core::time::SimDuration;

use super::key::{Key, Shape};
use super::policy::{self, Policy};
use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean, one_of};
use crate::expression::{self, Expression};
use crate::quantity::{self, Dimension};
use crate::source::{Span, Spanned};
use crate::tree::{Node, Value};

/// The longest time that can be written: a hundred years, in nanoseconds.
const LONGEST: f64 = 100.0 * 365.25 * 86_400e9;

/// A table that is being read.
pub struct Reader<'t, 'o> {
    /// The table.
    pub node: &'t Node,
    /// Where the table begins, for what is missing in it.
    pub at: Span,
    /// Its path, for messages.
    pub what: String,
    /// Where problems go.
    pub out: &'o mut Diagnostics,
    keys: &'static [Key],
    taken: Vec<&'static str>,
}

impl<'t, 'o> Reader<'t, 'o> {
    /// Opens a table: reports keys that it can't have, that are not simulated yet, or that are missing.
    /// None if it is no table.
    pub fn open(
        node: &'t Node,
        at: &Span,
        what: impl Into<String>,
        keys: &'static [Key],
        out: &'o mut Diagnostics,
    ) -> Option<Self> {
        let what = what.into();
        if !matches!(node.value, Value::Table(_)) {
            if !matches!(node.value, Value::Broken) {
                let problem = Diagnostic::error(&node.span, format!("{what} is {}", node.kind()));
                out.push(problem.label("expected a table"));
            }
            return None;
        }
        for entry in node.entries() {
            match keys.iter().find(|k| k.name == entry.key) {
                Some(Key {
                    shape: Shape::NotYet(about),
                    ..
                }) => {
                    out.push(not_supported(
                        &entry.key_span,
                        &format!("{what}: {}", entry.key),
                        about,
                    ));
                }
                Some(_) => {}
                None => out.push(unknown(&entry.key, &entry.key_span, &what, keys)),
            }
        }
        for key in keys.iter().filter(|k| k.required && node.get(k.name).is_none()) {
            let problem = Diagnostic::error(at, format!("{what} has no \"{}\"", key.name));
            out.push_missing(
                problem
                    .label(format!("expected `{} = ...` in this table", key.name))
                    .note(key.about),
            );
        }
        Some(Self {
            node,
            at: at.clone(),
            what,
            out,
            keys,
            taken: Vec::new(),
        })
    }

    /// The node of a key, marked as read.
    pub fn take(&mut self, key: &str) -> Option<&'t Node> {
        let known = self.keys.iter().find(|k| k.name == key);
        debug_assert!(
            known.is_some(),
            "{}: the table of keys lacks \"{key}\"",
            self.what
        );
        self.taken.extend(known.map(|k| k.name));
        self.node.get(key).filter(|n| !matches!(n.value, Value::Broken))
    }

    /// Whether a key was written.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.node.get(key).is_some()
    }

    /// Reports a problem with what stands at a node.
    pub fn wrong(&mut self, node: &Node, key: &str, expected: &str) {
        let problem = Diagnostic::error(
            &node.span,
            format!("{}: {key} can't be {}", self.what, node.kind()),
        );
        self.out.push(problem.label(expected.to_owned()));
    }

    /// A quantity in its dimension's own unit.
    pub fn quantity(&mut self, key: &str, dimension: Dimension) -> Option<Spanned<f64>> {
        let node = self.take(key)?;
        quantity_of(node, dimension, &format!("{}: {key}", self.what), self.out)
    }

    /// A time.
    pub fn duration(&mut self, key: &str) -> Option<Spanned<SimDuration>> {
        let nanos = self.quantity(key, Dimension::Duration)?;
        if nanos.value > LONGEST {
            self.out.push(
                Diagnostic::error(&nanos.span, "this time is too long").label("expected at most 100 years"),
            );
            return None;
        }
        Some(Spanned {
            value: SimDuration::from_f64_nanos(nanos.value),
            span: nanos.span,
        })
    }

    /// A time above zero.
    pub fn positive_duration(&mut self, key: &str) -> Option<Spanned<SimDuration>> {
        let time = self.duration(key)?;
        if time.value.is_zero() {
            let problem = Diagnostic::error(&time.span, format!("{}: {key} can't be 0", self.what));
            self.out.push(problem.label("expected a time above 0"));
            return None;
        }
        Some(time)
    }

    /// A rate above zero, per second.
    pub fn rate(&mut self, key: &str) -> Option<Spanned<f64>> {
        let rate = self.quantity(key, Dimension::Rate)?;
        if rate.value > 0.0 && rate.value <= 1e9 {
            return Some(rate);
        }
        let problem = Diagnostic::error(&rate.span, format!("{}: {key} is out of range", self.what));
        self.out
            .push(problem.label("expected a rate above 0 and up to 1e9/s"));
        None
    }

    /// A share between 0 and 1.
    pub fn share(&mut self, key: &str) -> Option<Spanned<f64>> {
        let share = self.quantity(key, Dimension::Fraction)?;
        if (0.0..=1.0).contains(&share.value) {
            return Some(share);
        }
        let text = share.span.text().trim_matches(['"', '\'']).to_owned();
        let problem = Diagnostic::error(&share.span, format!("{}: {key} is over 1", self.what));
        let percent = share.value > 1.0 && share.value <= 100.0 && !text.ends_with('%');
        let help = percent.then(|| format!("write \"{text}%\" if percent are meant"));
        self.out
            .push(problem.label(Dimension::Fraction.expected()).maybe_help(help));
        None
    }

    /// A whole number in a range.
    pub fn count(&mut self, key: &str, least: u32, most: u32) -> Option<Spanned<u32>> {
        let node = self.take(key)?;
        let number = self.whole(node, key)?;
        match u32::try_from(number.value) {
            Ok(value) if (least..=most).contains(&value) => Some(Spanned {
                value,
                span: number.span,
            }),
            _ => {
                let problem =
                    Diagnostic::error(&number.span, format!("{}: {key} is out of range", self.what));
                self.out
                    .push(problem.label(format!("expected a whole number from {least} to {most}")));
                None
            }
        }
    }

    /// A whole number of any size.
    pub fn large_count(&mut self, key: &str) -> Option<Spanned<u64>> {
        let node = self.take(key)?;
        self.whole(node, key)
    }

    /// A whole number at a node: bare, or `200k`.
    pub fn whole(&mut self, node: &Node, key: &str) -> Option<Spanned<u64>> {
        let value = match &node.value {
            Value::Integer(i) if *i < 0 => {
                let problem =
                    Diagnostic::error(&node.span, format!("{}: {key} can't be negative", self.what));
                self.out.push(problem.label("expected a whole number"));
                return None;
            }
            Value::Integer(i) => u64::try_from(*i).ok(),
            Value::Float(f) => whole_float(*f),
            Value::Text(text) => match quantity::parse(text, Dimension::Items) {
                Ok(f) => whole_float(f),
                Err(e) => {
                    let message = format!(
                        "{}: {key}: \"{}\" is not a whole number",
                        self.what,
                        quantity::shorten(text)
                    );
                    let problem = Diagnostic::error(&node.inside(0..text.len()), message);
                    let words = self.words(key);
                    let label = match words.as_slice() {
                        [] => "expected a whole number, without quotes".to_owned(),
                        words => format!("expected a whole number, or {}", one_of(words.iter().copied())),
                    };
                    let help = did_you_mean(text, words.iter().copied()).or(e.help);
                    self.out.push(problem.label(label).maybe_help(help));
                    return None;
                }
            },
            _ => {
                self.wrong(node, key, "expected a whole number");
                return None;
            }
        };
        if value.is_none() {
            let problem =
                Diagnostic::error(&node.span, format!("{}: {key} is not a whole number", self.what));
            self.out.push(problem.label("expected a whole number"));
        }
        value.map(|value| Spanned {
            value,
            span: node.span.clone(),
        })
    }

    /// A number of at least 0 without a unit.
    pub fn number(&mut self, key: &str) -> Option<Spanned<f64>> {
        self.quantity(key, Dimension::Number)
    }

    /// True or false.
    pub fn flag(&mut self, key: &str) -> Option<bool> {
        let node = self.take(key)?;
        match node.value {
            Value::Flag(flag) => Some(flag),
            _ => {
                self.wrong(node, key, "expected true or false");
                None
            }
        }
    }

    /// Text that isn't empty.
    pub fn text(&mut self, key: &str) -> Option<Spanned<String>> {
        let node = self.take(key)?;
        match &node.value {
            Value::Text(text) if !text.trim().is_empty() => Some(Spanned {
                value: text.clone(),
                span: node.inside(0..text.len()),
            }),
            Value::Text(_) => {
                let problem = Diagnostic::error(&node.span, format!("{}: {key} is empty", self.what));
                self.out.push(problem.label("expected text"));
                None
            }
            _ => {
                self.wrong(node, key, "expected text in quotes");
                None
            }
        }
    }

    /// The words that the table of keys lists for a key.
    fn words(&self, key: &str) -> Vec<&'static str> {
        let known = self.keys.iter().find(|k| k.name == key);
        known.map(|k| k.shape.words()).unwrap_or_default()
    }

    /// The member of a family that stands at a key of [`Shape::Member`], with its parameters still to be read.
    pub fn member(&mut self, key: &str) -> Option<Policy<'t>> {
        let members = match self.keys.iter().find(|k| k.name == key).map(|k| &k.shape) {
            Some(Shape::Member(members) | Shape::Any([Shape::Member(members), ..])) => members,
            _ => return None,
        };
        let node = self.take(key)?;
        policy::of(node, &format!("{}: {key}", self.what), members, self.out)
    }

    /// One of the words that the table of keys lists for this key, by its place there.
    pub fn word(&mut self, key: &str) -> Option<Spanned<usize>> {
        let words = self.words(key);
        let text = self.text(key)?;
        let place = words.iter().position(|w| *w == text.value);
        if place.is_none() {
            let what = format!(
                "{}: {key} can't be \"{}\"",
                self.what,
                quantity::shorten(&text.value)
            );
            let problem = Diagnostic::error(&text.span, what)
                .label(format!("expected {}", one_of(words.iter().copied())));
            self.out
                .push(problem.maybe_help(did_you_mean(&text.value, words.iter().copied())));
        }
        place.map(|value| Spanned {
            value,
            span: text.span,
        })
    }

    /// A time or a distribution of times.
    pub fn expression(&mut self, key: &str) -> Option<Expression> {
        let node = self.take(key)?;
        expression::read(node, self.out)
    }

    /// A table below this one, opened with its own keys.
    pub fn table(&mut self, key: &str, keys: &'static [Key]) -> Option<Reader<'t, '_>> {
        let node = self.take(key)?;
        let at = self.key_span(key);
        let what = format!("{}.{key}", self.what);
        Reader::open(node, &at, what, keys, self.out)
    }

    /// A list.
    pub fn list(&mut self, key: &str) -> Option<&'t [Node]> {
        let node = self.take(key)?;
        match &node.value {
            Value::Array(items) => Some(items),
            _ => {
                self.wrong(node, key, "expected a list in brackets");
                None
            }
        }
    }

    /// Where a key stands; the table's own place if it isn't there.
    #[must_use]
    pub fn key_span(&self, key: &str) -> Span {
        self.node
            .entries()
            .iter()
            .find(|e| e.key == key)
            .map_or_else(|| self.at.clone(), |e| e.key_span.clone())
    }

    /// Ends the reading: a key that nobody read has no effect here, and is an error rather than silently ignored.
    pub fn finish(self) {
        for entry in self.node.entries() {
            let simulated = |k: &&Key| k.name == entry.key && !matches!(k.shape, Shape::NotYet(_));
            if self.taken.contains(&entry.key.as_str()) {
                continue;
            }
            if let Some(key) = self.keys.iter().find(simulated) {
                let problem = Diagnostic::error(
                    &entry.key_span,
                    format!("{}: {} has no effect here", self.what, entry.key),
                );
                self.out.push(
                    problem
                        .label("nothing reads this")
                        .help(format!("remove it, or see what it belongs to: {}", key.about)),
                );
            }
        }
    }
}

/// A quantity at a node. Bare numbers are right where the dimension has no unit.
pub fn quantity_of(
    node: &Node,
    dimension: Dimension,
    what: &str,
    out: &mut Diagnostics,
) -> Option<Spanned<f64>> {
    let (text, span) = match &node.value {
        Value::Text(text) => (text.clone(), node.inside(0..text.len())),
        Value::Integer(_) | Value::Float(_) => (node.display(), node.span.clone()),
        Value::Broken => return None,
        _ => {
            let problem = Diagnostic::error(&node.span, format!("{what} can't be {}", node.kind()));
            out.push(problem.label(dimension.expected()));
            return None;
        }
    };
    match quantity::parse(&text, dimension) {
        Ok(value) => Some(Spanned { value, span }),
        Err(error) => {
            let problem = Diagnostic::error(&span, format!("{what}: {}", error.message));
            out.push(problem.label(dimension.expected()).maybe_help(error.help));
            None
        }
    }
}

/// A float that is a whole number.
fn whole_float(f: f64) -> Option<u64> {
    (f.fract() == 0.0 && (0.0..=9e15).contains(&f)).then_some(f as u64)
}

/// The problem of a key that the table can't have.
fn unknown(key: &str, span: &Span, what: &str, keys: &[Key]) -> Diagnostic {
    let names = || {
        keys.iter()
            .filter(|k| !matches!(k.shape, Shape::NotYet(_)))
            .map(|k| k.name)
    };
    Diagnostic::error(span, format!("{what} has no key \"{}\"", quantity::shorten(key)))
        .label("unknown key")
        .maybe_help(did_you_mean(key, names()))
        .note(format!("known keys are {}", one_of(names())))
}

/// The problem of something that the language has and the engine can't do.
#[must_use]
pub fn not_supported(span: &Span, what: &str, about: &str) -> Diagnostic {
    Diagnostic::error(span, format!("{what} is not supported yet")).label(about.to_owned())
}
