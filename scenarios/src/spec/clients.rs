//! `[clients.name]`: where requests come from.

use sim_core::model::{MOST_SOURCES, Retry};
use sim_core::time::SimDuration;

use super::key::{Key, Shape, TIME, key, not_yet, required};
use super::reader::{Reader, not_supported, quantity_of};
use super::retry::{self, RETRY};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::expression::Expression;
use crate::quantity::Dimension;
use crate::source::{Span, Spanned};
use crate::tree::{Node, Value};

/// The keys of `[clients.name]`.
pub static CLIENTS: &[Key] = &[
    required("calls", Shape::Name, "The component that is called."),
    key(
        "rate",
        Shape::Quantity(Dimension::Rate),
        "Requests per second; Poisson unless `arrivals` says otherwise.",
    ),
    key(
        "arrivals",
        Shape::Any(&[
            Shape::Word(&["poisson", "paced", "closed"]),
            Shape::Table(ARRIVALS),
        ]),
        "When requests arrive: \"poisson\", \"paced\", \"closed\", { trace, time } or { gaps }.",
    ),
    key(
        "users",
        Shape::Count,
        "With closed arrivals: how many users there are.",
    ),
    key(
        "think",
        Shape::Expression,
        "With closed arrivals: how long a user thinks between an answer and a request.",
    ),
    key(
        "mix",
        Shape::Map(&Shape::Number),
        "The operations with their weights.",
    ),
    key(
        "key",
        Shape::Name,
        "The key space that the requests' keys come from.",
    ),
    key(
        "sources",
        Shape::Count,
        "From how many distinct addresses requests come, each as likely; a user of a closed loop is its own source.",
    ),
    key(
        "timeout",
        TIME,
        "How long a client waits for one attempt; for ever unless said.",
    ),
    key(
        "retry",
        Shape::Table(RETRY),
        "What a client does when an attempt failed; nothing unless said.",
    ),
    key(
        "writes",
        Shape::List(&Shape::Text),
        "The operations that change data, where a client calls a store directly.",
    ),
    key(
        "region",
        Shape::Name,
        "Where they are; without it they reach their first component without delay.",
    ),
    key(
        "size",
        Shape::Any(&[
            Shape::Quantity(Dimension::Bytes),
            Shape::Map(&Shape::Quantity(Dimension::Bytes)),
        ]),
        "The size of an answer, or of each operation's, for links and prices; what the components say unless said.",
    ),
    key(
        "connections",
        Shape::Word(&["keep", "per-call"]),
        "Whether a call needs a connection of its own (\"per-call\") or one is there (\"keep\", unless said).",
    ),
    key(
        "tls",
        Shape::Word(&["1.3", "1.2", "none"]),
        "With connections per call: what comes on top of TCP's round trip; \"1.3\" unless said.",
    ),
    not_yet("hedge", "hedging is not simulated"),
];

static ARRIVALS: &[Key] = &[
    key("trace", Shape::Text, "A file of recorded requests."),
    key(
        "time",
        Shape::Text,
        "The trace's column of times, if it has several columns.",
    ),
    key(
        "gaps",
        Shape::Expression,
        "The distribution of the time between two requests.",
    ),
];

/// Clients as they were written.
#[derive(Clone, Debug)]
pub struct ClientsSpec {
    /// Their name.
    pub name: Spanned<String>,
    /// Whom they call.
    pub calls: Option<Spanned<String>>,
    /// When requests arrive; none if that could not be read.
    pub arrivals: Option<ArrivalsSpec>,
    /// Operations and weights.
    pub mix: Vec<(Spanned<String>, f64)>,
    /// The key space.
    pub key: Option<Spanned<String>>,
    /// How many addresses the requests come from.
    pub sources: Option<u32>,
    /// How long they wait.
    pub timeout: Option<Spanned<SimDuration>>,
    /// What they do on a failure.
    pub retry: Option<Retry>,
    /// Operations that change data.
    pub writes: Vec<Spanned<String>>,
    /// Where they are.
    pub region: Option<Spanned<String>>,
    /// The size of answers in bytes, by operation; for all where there is no operation.
    pub sizes: Vec<(Option<Spanned<String>>, f64)>,
    /// Round trips before a request can be sent.
    pub set_up: u32,
}

/// When requests arrive.
#[derive(Clone, Debug)]
pub enum ArrivalsSpec {
    /// So many a second, at random.
    Poisson(f64),
    /// So many a second, evenly.
    Paced(f64),
    /// After gaps of this distribution.
    Gaps(Expression),
    /// A closed loop.
    Closed {
        /// How many users.
        users: u32,
        /// How long each thinks; none: not at all.
        think: Option<Expression>,
    },
    /// As a file says.
    Trace {
        /// The file, relative to the scenario's.
        file: Spanned<String>,
        /// The column of times.
        time: Option<String>,
        /// Where this was written.
        span: Span,
    },
}

/// Reads `[clients.name]`.
pub fn read(name: Spanned<String>, mut r: Reader<'_, '_>) -> ClientsSpec {
    let calls = r.text("calls");
    let arrivals = arrivals(&mut r);
    let mix = r.take("mix").map(|node| mix(node, &mut r)).unwrap_or_default();
    let key = r.text("key");
    // A user of a closed loop is its own source, and `sources` would have no effect: finish says so.
    let is_closed = matches!(arrivals, Some(ArrivalsSpec::Closed { .. }));
    let sources = if is_closed {
        None
    } else {
        r.count("sources", 1, MOST_SOURCES).map(|s| s.value)
    };
    let timeout = r.positive_duration("timeout");
    let retry = r.table("retry", RETRY).and_then(retry::read);
    let writes = names(&mut r, "writes");
    let region = r.text("region");
    let sizes = sizes(&mut r, &mix);
    let set_up = set_up(&mut r);
    for write in &writes {
        if !mix.iter().any(|m| m.0.value == write.value) {
            let problem = Diagnostic::error(&write.span, format!("\"{}\" is not in the mix", write.value));
            let names = mix.iter().map(|m| m.0.value.as_str());
            r.out.push(
                problem
                    .label("expected an operation")
                    .maybe_help(did_you_mean(&write.value, names)),
            );
        }
    }
    r.finish();
    ClientsSpec {
        name,
        calls,
        arrivals,
        mix,
        key,
        sources,
        timeout,
        retry,
        writes,
        region,
        sizes,
        set_up,
    }
}

/// Round trips before a request: TCP's handshake (RFC 9293, section 3.5), and one of TLS 1.3 (RFC 8446, section 2) or two of
/// TLS 1.2 (RFC 5246, section 7.3).
fn set_up(r: &mut Reader<'_, '_>) -> u32 {
    if r.word("connections").is_none_or(|c| c.value == 0) {
        return 0;
    }
    1 + match r.word("tls").map(|t| t.value) {
        Some(2) => 0,
        Some(1) => 2,
        _ => 1,
    }
}

/// The sizes of answers: one for all, or a table by operation.
fn sizes(r: &mut Reader<'_, '_>, mix: &[(Spanned<String>, f64)]) -> Vec<(Option<Spanned<String>>, f64)> {
    let Some(node) = r.take("size") else {
        return Vec::new();
    };
    let what = format!("{}: size", r.what);
    if !matches!(node.value, Value::Table(_)) {
        let size = quantity_of(node, Dimension::Bytes, &what, r.out);
        return size.into_iter().map(|s| (None, s.value)).collect();
    }
    let mut sizes = Vec::new();
    for entry in node.entries() {
        let name = Spanned {
            value: entry.key.clone(),
            span: entry.key_span.clone(),
        };
        if !mix.iter().any(|m| m.0.value == name.value) {
            let problem = Diagnostic::error(&name.span, format!("\"{}\" is not in the mix", name.value));
            let names = mix.iter().map(|m| m.0.value.as_str());
            let problem = problem.label("expected an operation");
            r.out.push(problem.maybe_help(did_you_mean(&name.value, names)));
        }
        let size = quantity_of(&entry.node, Dimension::Bytes, &what, r.out);
        sizes.extend(size.map(|s| (Some(name), s.value)));
    }
    sizes
}

/// A list of names.
fn names(r: &mut Reader<'_, '_>, key: &str) -> Vec<Spanned<String>> {
    let mut out = Vec::new();
    for item in r.list(key).unwrap_or_default() {
        match &item.value {
            Value::Text(text) => out.push(Spanned {
                value: text.clone(),
                span: item.inside(0..text.len()),
            }),
            _ => r.wrong(item, key, "expected names in quotes"),
        }
    }
    out
}

fn arrivals(r: &mut Reader<'_, '_>) -> Option<ArrivalsSpec> {
    if let Some(node) = r.node.get("rate").filter(|n| matches!(n.value, Value::Table(_))) {
        r.take("rate");
        let problem = not_supported(
            &node.span,
            &format!("{}: a rate that varies", r.what),
            "only a constant rate is",
        );
        r.out.push(problem);
        r.take("arrivals");
        return None;
    }
    let table = r
        .node
        .get("arrivals")
        .filter(|n| matches!(n.value, Value::Table(_)));
    if let Some(node) = table {
        return recorded(r, node);
    }
    match r.word("arrivals").map(|w| w.value) {
        Some(2) => {
            if !r.has("users") {
                missing(
                    r,
                    "users",
                    "users = 200",
                    "a closed loop needs its number of users",
                );
            }
            let users = r.count("users", 1, 10_000_000);
            let think = r.expression("think");
            let unread = r.has("think") && think.is_none();
            Some(ArrivalsSpec::Closed {
                users: users?.value,
                think,
            })
            .filter(|_| !unread)
        }
        other => {
            if !r.has("rate") {
                missing(r, "rate", "rate = \"800/s\"", "nothing says when requests arrive");
            }
            let rate = r.rate("rate")?.value;
            Some(if other == Some(1) {
                ArrivalsSpec::Paced(rate)
            } else {
                ArrivalsSpec::Poisson(rate)
            })
        }
    }
}

fn missing(r: &mut Reader<'_, '_>, key: &str, example: &str, why: &str) {
    let problem = Diagnostic::error(&r.at, format!("{} has no \"{key}\"", r.what));
    r.out.push_missing(
        problem
            .label(format!("expected `{example}` in this table"))
            .note(why),
    );
}

fn recorded(r: &mut Reader<'_, '_>, node: &Node) -> Option<ArrivalsSpec> {
    let mut table = r.table("arrivals", ARRIVALS)?;
    if table.has("gaps") {
        let gaps = table.expression("gaps");
        table.finish();
        return gaps.map(ArrivalsSpec::Gaps);
    }
    if !table.has("trace") {
        missing(
            &mut table,
            "trace",
            "trace = \"FILE\"",
            "or `gaps`, the distribution of the time between requests",
        );
    }
    let file = table.text("trace");
    let time = table.text("time").map(|t| t.value);
    table.finish();
    file.map(|file| ArrivalsSpec::Trace {
        file,
        time,
        span: node.span.clone(),
    })
}

fn mix(node: &Node, r: &mut Reader<'_, '_>) -> Vec<(Spanned<String>, f64)> {
    if !matches!(node.value, Value::Table(_)) || node.entries().is_empty() {
        let problem = Diagnostic::error(&node.span, format!("{}: mix names no operation", r.what));
        r.out
            .push(problem.label("expected, for example, { read = 0.9, write = 0.1 }"));
        return Vec::new();
    }
    let mut mix = Vec::new();
    for entry in node.entries() {
        let what = format!("{}: the weight of {}", r.what, entry.key);
        // A weight that can't be read is reported here and counts as 1, so that its operation is still known.
        let weight = quantity_of(&entry.node, Dimension::Fraction, &what, r.out).map_or(1.0, |w| w.value);
        mix.push((
            Spanned {
                value: entry.key.clone(),
                span: entry.key_span.clone(),
            },
            weight,
        ));
    }
    if mix.iter().all(|m| m.1 == 0.0) {
        r.out
            .push(Diagnostic::error(&node.span, "all weights are 0").label("expected a weight above 0"));
    }
    mix
}
