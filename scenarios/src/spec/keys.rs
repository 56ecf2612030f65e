//! `[keys.name]`: what is asked for; caches and shards see these keys.

use super::key::{Key, Shape, key};
use super::policy;
use super::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::quantity::Dimension;
use crate::source::{Span, Spanned};

const POPULARITY: &[&str] = &["zipf", "uniform"];

/// The keys of `[keys.name]`.
pub static KEYS: &[Key] = &[
    key(
        "count",
        Shape::Quantity(Dimension::Items),
        "How many keys there are.",
    ),
    key(
        "popularity",
        Shape::Policy(POPULARITY),
        "How requests choose among them: \"zipf(0.99)\" or \"uniform\".",
    ),
    key("trace", Shape::Text, "A file of recorded keys, one a request."),
    key(
        "column",
        Shape::Text,
        "The column of the trace, if it has several.",
    ),
];

/// A key space as it was written.
#[derive(Clone, Debug)]
pub struct KeysSpec {
    /// Its name.
    pub name: Spanned<String>,
    /// How many keys there are.
    pub count: Option<Spanned<u64>>,
    /// Zipf's exponent, 0 for uniform; none if nothing was said.
    pub exponent: Option<Spanned<f64>>,
    /// The file of recorded keys and its column.
    pub trace: Option<(Spanned<String>, Option<String>)>,
}

/// Reads `[keys.name]`.
pub fn read(name: Spanned<String>, mut r: Reader<'_, '_>) -> KeysSpec {
    let trace = r.text("trace");
    if let Some(file) = trace {
        let column = r.text("column").map(|c| c.value);
        r.finish();
        return KeysSpec {
            name,
            count: None,
            exponent: None,
            trace: Some((file, column)),
        };
    }
    if !r.has("count") && !r.has("trace") {
        let problem = Diagnostic::error(&r.at, format!("{} has no \"count\"", r.what));
        r.out
            .push_missing(problem.label("expected `count = 1_000_000`, or `trace = \"FILE\"`"));
    }
    let count = r.large_count("count");
    let exponent = exponent(&mut r);
    r.finish();
    KeysSpec {
        name,
        count,
        exponent,
        trace: None,
    }
}

fn exponent(r: &mut Reader<'_, '_>) -> Option<Spanned<f64>> {
    let node = r.take("popularity")?;
    let what = format!("{}: popularity", r.what);
    let policy = policy::read(node, &what, POPULARITY, r.out)?;
    let span: Span = policy.span.clone();
    if policy.place == 1 {
        policy.parameters([], r.out);
        return Some(Spanned { value: 0.0, span });
    }
    let [exponent] = policy.parameters([("exponent", Dimension::Number)], r.out);
    if exponent.is_none() {
        r.out.push(
            Diagnostic::error(&span, "zipf needs an exponent").label("expected, for example, \"zipf(0.99)\""),
        );
    }
    exponent.map(|e| Spanned { value: e.value, span })
}
