//! `discipline`: who is served next, and who gets the cores.

use super::key::{Key, Shape, key};
use super::member::Member;
use super::reader::Reader;
use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean, one_of};
use crate::quantity::{Dimension, shorten};
use crate::source::{Span, Spanned};
use crate::tree::{Node, Value};

/// The names of the disciplines.
pub const NAMES: &[&str] = &["fifo", "lifo", "priority", "sjf", "srpt", "processor-sharing"];

const PREEMPTIVE: Key = key(
    "preemptive",
    Shape::Flag,
    "Whether who comes takes a core away from one who has begun, whose work is kept; false unless said.",
);
/// The keys of `{ priority = { ... } }`.
static PRIORITY: &[Key] = &[
    key(
        "order",
        Shape::List(&Shape::Name),
        "Operations, the first one first; those not named come last, together.",
    ),
    PREEMPTIVE,
];
/// The keys of `{ lifo = { ... } }`.
static LIFO: &[Key] = &[PREEMPTIVE];
/// The keys of `{ processor-sharing = { ... } }`.
static SHARING: &[Key] = &[key(
    "weights",
    Shape::Map(&Shape::Number),
    "Weights of operations; 1 for those not named.",
)];
static NONE: &[Key] = &[];

/// The members of the family.
static DISCIPLINES: &[Member] = &[
    Member {
        name: "fifo",
        about: "First come, first served.",
        parameters: &[],
        source: "A. K. Erlang (1917)",
        checked: "M/M/c and M/G/1 by theory; a recursion over recorded requests, to the nanosecond",
    },
    Member {
        name: "lifo",
        about: "Who came last is served next.",
        parameters: LIFO,
        source: "L. Kleinrock, Queueing Systems 1 (1975)",
        checked: "theory: M/G/1, the newest first with pre-emption",
    },
    Member {
        name: "priority",
        about: "By operation, in the order that is given; first come, first served among equals.",
        parameters: PRIORITY,
        source: "A. Cobham, Operations Research 2 (1954)",
        checked: "theory: M/M/1 with two classes, with and without pre-emption",
    },
    Member {
        name: "sjf",
        about: "The least work next, without taking a core from anyone.",
        parameters: &[],
        source: "L. Schrage, L. Miller, Operations Research 14 (1966)",
        checked: "theory: M/M/1, shortest first",
    },
    Member {
        name: "srpt",
        about: "The least work that is left has the core, whoever had it.",
        parameters: &[],
        source: "L. Schrage, L. Miller, Operations Research 14 (1966)",
        checked: "theory: M/M/1, least remaining first",
    },
    Member {
        name: "processor-sharing",
        about: "All have a share of the cores at once, by the weights of their operations.",
        parameters: SHARING,
        source: "L. Kleinrock, Journal of the ACM 14 (1967)",
        checked: "theory: M/G/1 with processor sharing, all weights alike",
    },
];

/// The shape of the key.
pub const DISCIPLINE: Key = key(
    "discipline",
    Shape::Member(DISCIPLINES),
    "Who is served next: \"fifo\" unless said, \"lifo\", { priority = { order = [...], preemptive = false } }, \"sjf\" (shortest \
     first), \"srpt\" (least remaining first, pre-emptive), { processor-sharing = { weights = { ... } } }.",
);

/// A discipline as it was written.
#[derive(Clone, Debug, PartialEq)]
pub enum DisciplineSpec {
    /// First come, first served.
    Fifo,
    /// Last come, first served; perhaps taking a core.
    Lifo(bool),
    /// By operation; perhaps taking a core.
    Priority(Vec<Spanned<String>>, bool),
    /// Shortest first.
    Sjf,
    /// Least remaining first.
    Srpt,
    /// Cores by weights of operations.
    Sharing(Vec<(Spanned<String>, f64)>),
}

impl DisciplineSpec {
    /// Whether it does something with cores that are shared.
    #[must_use]
    pub fn is_of_cores(&self) -> bool {
        matches!(
            self,
            Self::Lifo(true) | Self::Priority(_, true) | Self::Srpt | Self::Sharing(_)
        )
    }
}

/// Reads the key `discipline`.
pub fn read(r: &mut Reader<'_, '_>) -> Option<Spanned<DisciplineSpec>> {
    let node = r.take("discipline")?;
    let what = format!("{}.discipline", r.what);
    let value = one(node, &what, r.out)?;
    Some(Spanned {
        value,
        span: node.span.clone(),
    })
}

fn one(node: &Node, what: &str, out: &mut Diagnostics) -> Option<DisciplineSpec> {
    let (name, inside, at): (&str, Option<&Node>, Span) = match (&node.value, node.entries()) {
        (Value::Text(text), _) => (text, None, node.inside(0..text.len())),
        (Value::Table(_), [only]) => (&only.key, Some(&only.node), only.key_span.clone()),
        _ => {
            let problem = Diagnostic::error(&node.span, format!("{what} can't be {}", node.kind()));
            out.push(problem.label(format!("expected {}", one_of(NAMES.iter().copied()))));
            return None;
        }
    };
    let keys = match name {
        "priority" => PRIORITY,
        "lifo" => LIFO,
        "processor-sharing" => SHARING,
        "fifo" | "sjf" | "srpt" => NONE,
        _ => {
            let problem = Diagnostic::error(&at, format!("{what} can't be \"{}\"", shorten(name)));
            out.push(
                problem
                    .label(format!("expected {}", one_of(NAMES.iter().copied())))
                    .maybe_help(did_you_mean(name, NAMES.iter().copied())),
            );
            return None;
        }
    };
    let empty = Node {
        value: Value::Table(Vec::new()),
        span: node.span.clone(),
    };
    let table = Reader::open(inside.unwrap_or(&empty), &at, format!("{what}.{name}"), keys, out)?;
    parameters(name, table)
}

fn parameters(name: &str, mut r: Reader<'_, '_>) -> Option<DisciplineSpec> {
    let read = match name {
        "lifo" => DisciplineSpec::Lifo(r.flag("preemptive").unwrap_or(false)),
        "sjf" => DisciplineSpec::Sjf,
        "srpt" => DisciplineSpec::Srpt,
        "priority" => {
            let preemptive = r.flag("preemptive").unwrap_or(false);
            let order = order(&mut r);
            if order.is_empty() {
                let problem = Diagnostic::error(&r.at, format!("{} has no order", r.what));
                r.out
                    .push(problem.label("expected { priority = { order = [\"checkout\", \"browse\"] } }"));
                return None;
            }
            DisciplineSpec::Priority(order, preemptive)
        }
        "processor-sharing" => DisciplineSpec::Sharing(weights(&mut r)),
        _ => DisciplineSpec::Fifo,
    };
    r.finish();
    Some(read)
}

fn order(r: &mut Reader<'_, '_>) -> Vec<Spanned<String>> {
    let mut order: Vec<Spanned<String>> = Vec::new();
    for item in r.list("order").unwrap_or_default() {
        match &item.value {
            Value::Text(text) if order.iter().any(|o| o.value == *text) => {
                let message = format!("{}: \"{}\" is in the order twice", r.what, shorten(text));
                r.out
                    .push(Diagnostic::error(&item.span, message).label("expected every operation once"));
            }
            Value::Text(text) => order.push(Spanned {
                value: text.clone(),
                span: item.span.clone(),
            }),
            _ => r.wrong(item, "order", "expected the names of operations in quotes"),
        }
    }
    order
}

fn weights(r: &mut Reader<'_, '_>) -> Vec<(Spanned<String>, f64)> {
    let Some(node) = r.take("weights") else {
        return Vec::new();
    };
    if !matches!(node.value, Value::Table(_)) {
        r.wrong(
            node,
            "weights",
            "expected a table such as { checkout = 3, browse = 1 }",
        );
    }
    let mut weights = Vec::new();
    for entry in node.entries() {
        let what = format!("{}.weights.{}", r.what, entry.key);
        let Some(weight) = super::reader::quantity_of(&entry.node, Dimension::Number, &what, r.out) else {
            continue;
        };
        if !(weight.value > 0.0 && weight.value <= 1e6) {
            let problem = Diagnostic::error(&weight.span, format!("{what} is out of range"));
            r.out
                .push(problem.label("expected a number above 0 and up to 1000000"));
            continue;
        }
        let name = Spanned {
            value: entry.key.clone(),
            span: entry.key_span.clone(),
        };
        weights.push((name, weight.value));
    }
    weights
}
