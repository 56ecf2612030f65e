//! `[keys.name]`: what is asked for; caches and shards see these keys.

use super::key::{Key, Shape, key, required};
use super::member::Member;
use super::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::quantity::Dimension;
use crate::source::{Span, Spanned};

/// How requests choose among the keys.
static POPULARITY: &[Member] = &[
    Member {
        name: "zipf",
        about: "The key of rank r in proportion to r to the power of minus the exponent.",
        parameters: &[required(
            "exponent",
            Shape::Number,
            "How uneven it is; 0 is even.",
        )],
        source: "A. J. Walker, ACM TOMS 3 (1977); W. Hoermann, G. Derflinger, ACM TOMACS 6 (1996)",
        checked: "exact probabilities, by chi-square; hit ratios of LRU by theory",
    },
    Member {
        name: "uniform",
        about: "Every key alike.",
        parameters: &[],
        source: "the inverse transform",
        checked: "exact probabilities, by chi-square",
    },
];

/// The keys of `[keys.name]`.
pub static KEYS: &[Key] = &[
    key(
        "count",
        Shape::Quantity(Dimension::Items),
        "How many keys there are.",
    ),
    key(
        "popularity",
        Shape::Member(POPULARITY),
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
    let policy = r.member("popularity")?;
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
