//! A call plan: the steps that an instance takes for an operation.
//!
//! `{ parallel = [[...], [...]], need = "all" }` starts its branches together, `need` is "all", "any" or a number, and `cancel = true` stops the
//! others;
//! `{ choose = [{ weight = 0.9, do = [...] }, ...] }` takes one of them.

use sim_core::model::Retry;
use sim_core::time::SimDuration;

use super::disk::{self, UseSpec};
use super::key::{Key, SHARE, Shape, TIME, key, not_yet};
use super::reader::Reader;
use super::retry::{self, RETRY};
use crate::diagnostic::{Diagnostic, Diagnostics, one_of};
use crate::expression::Expression;
use crate::source::{Span, Spanned};
use crate::tree::{Node, Value};

/// Plans nested deeper than this are refused.
const DEEPEST: usize = 16;
/// More steps than this in one plan are refused.
const MOST_STEPS: usize = 1000;

/// The keys of a step: one of the first says what it does.
pub static STEP: &[Key] = &[
    key("work", Shape::Expression, "Uses a core for this long."),
    key(
        "wait",
        Shape::Expression,
        "Waits this long without a core; the worker is held.",
    ),
    disk::STEP,
    disk::SIZE,
    key(
        "call",
        Shape::Name,
        "Calls a component with the operation being served, or with `op`.",
    ),
    key(
        "get",
        Shape::Name,
        "Gets the request's key from a cache or an object store.",
    ),
    key(
        "put",
        Shape::Name,
        "Changes the request's key through a cache, or in an object store.",
    ),
    key("read", Shape::Name, "Reads the request's key from a database."),
    key("write", Shape::Name, "Writes the request's key to a database."),
    key(
        "with",
        Shape::Name,
        "Holds a connection of the pool to this component while it does the steps in `do`.",
    ),
    key("do", Shape::Plan, "With `with`: the steps."),
    key("parallel", Shape::List(&Shape::Plan), "Several plans at once."),
    key(
        "choose",
        Shape::List(&Shape::Table(OPTION)),
        "One of several plans, by weight.",
    ),
    key("op", Shape::Text, "With `call`: the operation that is asked for."),
    key("timeout", TIME, "With a call: how long one attempt may take."),
    key(
        "retry",
        Shape::Table(RETRY),
        "With a call: what happens when an attempt failed.",
    ),
    key(
        "need",
        Shape::Any(&[Shape::Word(&["all", "any"]), Shape::Count]),
        "With `parallel`: how many branches must end well, \"all\" unless said.",
    ),
    key(
        "cancel",
        Shape::Flag,
        "With `parallel`: whether the other branches are stopped once enough have ended, with the calls they made; false unless said.",
    ),
    not_yet("publish", "queues are not simulated"),
    not_yet("circuit-breaker", "circuit breakers are not simulated"),
    not_yet("hedge", "hedging is not simulated"),
];

/// The keys of an option of `choose`.
static OPTION: &[Key] = &[
    key(
        "weight",
        SHARE,
        "How often, in proportion to the others' weights.",
    ),
    key("do", Shape::Plan, "The steps."),
];

/// The keys that say what a step does.
const VERBS: &[&str] = &[
    "work", "wait", "disk", "call", "get", "put", "read", "write", "with", "parallel", "choose",
];

/// A step as it was written.
#[derive(Clone, Debug)]
pub enum StepSpec {
    /// Uses a core.
    Work(Expression),
    /// Waits.
    Wait(Expression),
    /// Uses the instance's disk.
    Disk(UseSpec),
    /// Calls something.
    Call(CallSpec),
    /// Several plans at once, how many must end well, and whether the others are stopped then.
    Parallel(Vec<Vec<StepSpec>>, u32, bool),
    /// Several steps while a connection is held.
    With(Spanned<String>, Vec<StepSpec>),
    /// One of several plans.
    Choose(Vec<(f64, Vec<StepSpec>)>),
}

/// What a call asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Verb {
    /// The operation being served, or the one named.
    Call(Option<Spanned<String>>),
    /// A value from a cache.
    Get,
    /// A change through a cache.
    Put,
    /// A query.
    Read,
    /// A change in a database.
    Write,
}

/// A call as it was written.
#[derive(Clone, Debug)]
pub struct CallSpec {
    /// The component.
    pub target: Spanned<String>,
    /// What is asked of it.
    pub verb: Verb,
    /// How long one attempt may take.
    pub timeout: Option<SimDuration>,
    /// What happens when it fails.
    pub retry: Option<Retry>,
    /// The whole step.
    pub span: Span,
}

/// Reads a plan. Steps that can't be read are reported and left out.
pub fn read(node: &Node, what: &str, out: &mut Diagnostics) -> Vec<StepSpec> {
    plan(node, what, 0, out)
}

fn plan(node: &Node, what: &str, depth: usize, out: &mut Diagnostics) -> Vec<StepSpec> {
    let Value::Array(items) = &node.value else {
        if !matches!(node.value, Value::Broken) {
            let problem = Diagnostic::error(&node.span, format!("{what} is {}", node.kind()));
            out.push(problem.label("expected a list of steps such as [{ work = \"5ms\" }]"));
        }
        return Vec::new();
    };
    if depth > DEEPEST || items.len() > MOST_STEPS {
        let problem = Diagnostic::error(&node.span, format!("{what} is too large"));
        out.push(problem.label(format!(
            "expected at most {MOST_STEPS} steps, nested at most {DEEPEST} deep"
        )));
        return Vec::new();
    }
    let mut steps = Vec::new();
    for (i, item) in items.iter().enumerate() {
        if let Some(r) = Reader::open(item, &item.span, format!("{what}.{i}"), STEP, out) {
            steps.extend(step(r, depth));
        }
    }
    steps
}

fn step(mut r: Reader<'_, '_>, depth: usize) -> Option<StepSpec> {
    let written: Vec<&str> = VERBS.iter().copied().filter(|v| r.has(v)).collect();
    let [verb] = written[..] else {
        // A step that is nothing but something unsupported was reported when the table was opened.
        if written.len() > 1
            || r.node
                .entries()
                .iter()
                .all(|e| STEP.iter().any(|k| k.name == e.key && !unsupported(k)))
        {
            let message = if written.is_empty() {
                "does nothing"
            } else {
                "does more than one thing"
            };
            let problem = Diagnostic::error(&r.node.span, format!("{} {message}", r.what));
            r.out
                .push(problem.label(format!("expected one of {}", one_of(VERBS.iter().copied()))));
        }
        return None;
    };
    let step = match verb {
        "work" => r.expression("work").map(StepSpec::Work),
        "wait" => r.expression("wait").map(StepSpec::Wait),
        "disk" => disk::step(&mut r).map(StepSpec::Disk),
        "parallel" => parallel(&mut r, depth),
        "choose" => choose(&mut r, depth),
        "with" => with(&mut r, depth),
        _ => call(&mut r, verb),
    };
    r.finish();
    step
}

fn unsupported(key: &Key) -> bool {
    matches!(key.shape, Shape::NotYet(_))
}

fn call(r: &mut Reader<'_, '_>, verb: &str) -> Option<StepSpec> {
    let span = r.node.span.clone();
    let target = r.text(verb);
    let verb = match verb {
        "get" => Verb::Get,
        "put" => Verb::Put,
        "read" => Verb::Read,
        "write" => Verb::Write,
        _ => Verb::Call(r.text("op")),
    };
    let timeout = r.positive_duration("timeout").map(|t| t.value);
    let retry = r.table("retry", RETRY).and_then(retry::read);
    Some(StepSpec::Call(CallSpec {
        target: target?,
        verb,
        timeout,
        retry,
        span,
    }))
}

fn with(r: &mut Reader<'_, '_>, depth: usize) -> Option<StepSpec> {
    let to = r.text("with");
    let what = format!("{}.do", r.what);
    let Some(node) = r.take("do") else {
        let problem = Diagnostic::error(&r.node.span, format!("{} does nothing", r.what));
        r.out
            .push(problem.label("expected { with = \"...\", do = [...] }"));
        return None;
    };
    let steps = plan(node, &what, depth + 1, r.out);
    to.map(|to| StepSpec::With(to, steps))
}

fn parallel(r: &mut Reader<'_, '_>, depth: usize) -> Option<StepSpec> {
    let items = r.list("parallel")?;
    let what = r.what.clone();
    let branches: Vec<_> = items
        .iter()
        .enumerate()
        .map(|(i, b)| plan(b, &format!("{what}.parallel.{i}"), depth + 1, r.out))
        .collect();
    if branches.is_empty() {
        r.out.push(
            Diagnostic::error(&r.node.span, format!("{what} has no branches"))
                .label("expected [[...], [...]]"),
        );
        return None;
    }
    let all = u32::try_from(branches.len()).unwrap_or(u32::MAX);
    let worded = r.take("need").and_then(|n| match n.display().as_str() {
        "all" => Some(all),
        "any" => Some(1),
        _ => None,
    });
    let need = match worded {
        Some(need) => need,
        None if r.has("need") => r.count("need", 1, all)?.value,
        None => all,
    };
    let cancel = r.flag("cancel").unwrap_or(false);
    Some(StepSpec::Parallel(branches, need, cancel))
}

fn choose(r: &mut Reader<'_, '_>, depth: usize) -> Option<StepSpec> {
    let items = r.list("choose")?;
    let mut options = Vec::new();
    for (i, item) in items.iter().enumerate() {
        let what = format!("{}.choose.{i}", r.what);
        let Some(mut option) = Reader::open(item, &item.span, what, OPTION, r.out) else {
            continue;
        };
        let weight = option.quantity("weight", crate::quantity::Dimension::Fraction);
        let what = format!("{}.do", option.what);
        let steps = option
            .take("do")
            .map(|node| plan(node, &what, depth + 1, option.out));
        if weight.is_none() || steps.is_none() {
            let problem = Diagnostic::error(&item.span, format!("{} is incomplete", option.what));
            option
                .out
                .push(problem.label("expected { weight = 0.9, do = [...] }"));
        }
        option.finish();
        options.push((weight.map_or(1.0, |w| w.value), steps.unwrap_or_default()));
    }
    if options.iter().all(|o| o.0 == 0.0) {
        let problem = Diagnostic::error(&r.node.span, format!("{} has nothing to choose from", r.what));
        r.out
            .push(problem.label("expected at least one option with a weight above 0"));
        return None;
    }
    Some(StepSpec::Choose(options))
}
