//! `[[fault]]`: what goes wrong, and when.

use sim_core::time::SimDuration;

use super::key::{Key, Shape, TIME, key, required};
use super::member::Member;
use super::reader::Reader;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::expression::Expression;
use crate::source::{Span, Spanned};
use crate::tree::{Node, Value};

/// What can go wrong.
static KINDS: &[Member] = &[
    Member {
        name: "region-outage",
        about: "All that stands in `region` is down, and nothing that is sent there or from there arrives.",
        parameters: &[],
        source: "Amazon Route 53 and EC2 guides, regions as units of failure",
        checked: "what users of a dark region lose, by hand; the notice of its failover",
    },
    Member {
        name: "zone-outage",
        about: "The instances in `zone` are down, in `region` or in all; managed balancers and names span zones.",
        parameters: &[],
        source: "Amazon EC2 guide, availability zones as units of failure",
        checked: "the loss until it is noticed, by hand; up again only when a crash at the same time is over too",
    },
    Member {
        name: "instance-crash",
        about: "`instances` of `target` are down, or all: what they hold is lost.",
        parameters: &[],
        source: "A process that is killed",
        checked: "loss by hand, and an alternating renewal process where crashes come by chance",
    },
    Member {
        name: "partition",
        about: "Nothing that is sent from one region of `between` to the other arrives, either way.",
        parameters: &[],
        source: "Linux, tcp_syn_retries: TCP gives up after 127 s",
        checked: "one way cut, the others open",
    },
    Member {
        name: "latency",
        about: "Messages between the two regions of `between` take `add` longer.",
        parameters: &[],
        source: "A way that is longer or loaded",
        checked: "latency as the sum of its ways, to the nanosecond",
    },
    Member {
        name: "slow",
        about: "What `instances` of `target` do, or all, takes `factor` times as long.",
        parameters: &[],
        source: "A machine that throttles or shares its hardware",
        checked: "times of a slow component, and no others",
    },
    Member {
        name: "coordinator-crash",
        about: "The coordinator of the transactions of `target` is down.",
        parameters: &[],
        source: "J. Gray, Notes on Data Base Operating Systems, 1978 (two-phase commit blocks)",
        checked: "who prepared is blocked until it is back",
    },
    Member {
        name: "drain",
        about: "Balancers send `instances` of `target`, or all, no new calls; after `delay` they are down until it is over.",
        parameters: &[],
        source: "AWS Elastic Load Balancing guide, deregistration delay; nginx and HAProxy, drain",
        checked: "calls end, and bonds last as the two rules say",
    },
    Member {
        name: "pause",
        about: "`instances` of `target`, or all, stop working and go on afterwards with what they have.",
        parameters: &[],
        source: "A stop of the world, as while garbage is collected",
        checked: "nothing is lost, and what is late is late by the pause",
    },
];

/// More faults than this are refused.
const MOST: usize = 1000;

/// The keys of one `[[fault]]`.
pub static FAULT: &[Key] = &[
    required("at", TIME, "When it strikes, from the start of a trial."),
    required("for", TIME, "How long it lasts."),
    required(
        "kind",
        Shape::Member(KINDS),
        "What happens; each kind says which of the keys below it takes.",
    ),
    key(
        "region",
        Shape::Name,
        "The region of an outage; for a zone-outage all regions unless said.",
    ),
    key(
        "zone",
        Shape::Count,
        "The zone of a zone-outage, from 1. It strikes balancers too, but for those that are managed, or of which nothing says what they run on.",
    ),
    key(
        "target",
        Shape::Name,
        "The component whose instances crash, are drained or pause, or that is slow; the database whose coordinator is down.",
    ),
    key(
        "instances",
        Shape::List(&Shape::Count),
        "Which of its instances crash, are drained, pause or are slow, from 1; all of them unless said.",
    ),
    key(
        "between",
        Shape::List(&Shape::Name),
        "The two regions of a partition or a latency; one region twice: within it.",
    ),
    key(
        "delay",
        TIME,
        "How long an instance that is drained may go on with the calls it has; then it is down until the drain is over. 300s unless said, as in AWS.",
    ),
    key("add", Shape::Expression, "What a latency adds to every message."),
    key(
        "factor",
        Shape::Number,
        "How many times as long what a slow instance does takes.",
    ),
];

/// A fault as it was written.
#[derive(Clone, Debug)]
pub struct FaultSpec {
    /// Where it stands.
    pub span: Span,
    /// When it strikes.
    pub at: Spanned<SimDuration>,
    /// How long it lasts.
    pub duration: Spanned<SimDuration>,
    /// What it is.
    pub kind: FaultKindSpec,
}

/// What a fault is.
#[derive(Clone, Debug)]
pub enum FaultKindSpec {
    /// A region goes dark.
    RegionOutage(Spanned<String>),
    /// A zone's instances go down, in one region or in all.
    ZoneOutage(Option<Spanned<String>>, Spanned<u32>),
    /// Instances of a component crash; all where there is no list.
    InstanceCrash(Spanned<String>, Vec<Spanned<u32>>),
    /// Instances of a service get no new calls, all where there is no list, and go down after the delay.
    Drain(Spanned<String>, Vec<Spanned<u32>>, Option<SimDuration>),
    /// Instances of a service pause; all where there is no list.
    Pause(Spanned<String>, Vec<Spanned<u32>>),
    /// Instances of a component are slow, by a factor; all where there is no list.
    Slow(Spanned<String>, Vec<Spanned<u32>>, f64),
    /// The coordinator of a database's transactions is down.
    CoordinatorCrash(Spanned<String>),
    /// Two regions are cut off from each other.
    Partition([Spanned<String>; 2]),
    /// Messages between two regions take longer.
    Latency([Spanned<String>; 2], Expression),
}

/// Reads all `[[fault]]`.
pub fn read(node: &Node, at: &Span, out: &mut Diagnostics) -> Vec<FaultSpec> {
    let Value::Array(items) = &node.value else {
        let problem = Diagnostic::error(at, format!("fault is {}", node.kind()));
        out.push(problem.label("expected tables [[fault]], with two brackets"));
        return Vec::new();
    };
    if items.len() > MOST {
        let problem = Diagnostic::error(at, "there are too many faults");
        out.push(problem.label(format!("expected at most {MOST}")));
        return Vec::new();
    }
    let each = items.iter().enumerate();
    each.filter_map(|(i, item)| one(item, &format!("fault.{i}"), out))
        .collect()
}

fn one(node: &Node, what: &str, out: &mut Diagnostics) -> Option<FaultSpec> {
    let mut r = Reader::open(node, &node.span, what, FAULT, out)?;
    let (at, duration) = (r.duration("at"), r.positive_duration("for"));
    let kind = r.word("kind");
    let kind = match kind.as_ref()?.value {
        0 => needed(&mut r, "region", "region = \"us\"").map(FaultKindSpec::RegionOutage),
        1 => {
            let region = r.text("region");
            is_there(&mut r, "zone", "zone = 1");
            r.count("zone", 1, 1000)
                .map(|zone| FaultKindSpec::ZoneOutage(region, zone))
        }
        2 => {
            let target = needed(&mut r, "target", "target = \"api\"");
            let instances = instances(&mut r);
            target.map(|c| FaultKindSpec::InstanceCrash(c, instances))
        }
        6 => needed(&mut r, "target", "target = \"db\"").map(FaultKindSpec::CoordinatorCrash),
        3 => between(&mut r).map(FaultKindSpec::Partition),
        5 => {
            let target = needed(&mut r, "target", "target = \"db\"");
            let instances = instances(&mut r);
            is_there(&mut r, "factor", "factor = 4.0");
            let factor = r.number("factor");
            if let Some(none) = factor.as_ref().filter(|f| !(f.value > 0.0 && f.value <= 1e6)) {
                let problem = Diagnostic::error(&none.span, format!("{what}: factor is out of range"));
                r.out
                    .push(problem.label("expected a number above 0 and up to a million"));
                return None;
            }
            let slow = |(t, f): (_, Spanned<f64>)| FaultKindSpec::Slow(t, instances, f.value);
            target.zip(factor).map(slow)
        }
        7 => {
            let target = needed(&mut r, "target", "target = \"api\"");
            let instances = instances(&mut r);
            let delay = r.duration("delay").map(|d| d.value);
            target.map(|t| FaultKindSpec::Drain(t, instances, delay))
        }
        8 => {
            let target = needed(&mut r, "target", "target = \"api\"");
            let instances = instances(&mut r);
            target.map(|t| FaultKindSpec::Pause(t, instances))
        }
        _ => {
            let pair = between(&mut r);
            is_there(&mut r, "add", "add = \"100ms\"");
            let add = r.expression("add");
            pair.zip(add).map(|(pair, add)| FaultKindSpec::Latency(pair, add))
        }
    };
    r.finish();
    Some(FaultSpec {
        span: node.span.clone(),
        at: at?,
        duration: duration?,
        kind: kind?,
    })
}

/// Reports that this kind of fault lacks something.
fn is_there(r: &mut Reader<'_, '_>, key: &str, example: &str) {
    if !r.has(key) {
        let at = r.key_span("kind");
        let problem = Diagnostic::error(&at, format!("{}: this kind needs \"{key}\"", r.what));
        r.out
            .push_missing(problem.label(format!("expected `{example}` beside it")));
    }
}

fn needed(r: &mut Reader<'_, '_>, key: &str, example: &str) -> Option<Spanned<String>> {
    is_there(r, key, example);
    r.text(key)
}

fn between(r: &mut Reader<'_, '_>) -> Option<[Spanned<String>; 2]> {
    is_there(r, "between", "between = [\"us\", \"eu\"]");
    let items = r.list("between")?;
    let text = |node: &Node| match &node.value {
        Value::Text(text) => Some(Spanned {
            value: text.clone(),
            span: node.inside(0..text.len()),
        }),
        _ => None,
    };
    if let [a, b] = items
        && let (Some(a), Some(b)) = (text(a), text(b))
    {
        return Some([a, b]);
    }
    let at = r.key_span("between");
    let problem = Diagnostic::error(&at, format!("{}: between doesn't name two regions", r.what));
    r.out
        .push(problem.label("expected, for example, [\"us\", \"eu\"]"));
    None
}

fn instances(r: &mut Reader<'_, '_>) -> Vec<Spanned<u32>> {
    let mut out = Vec::new();
    for item in r.list("instances").unwrap_or_default() {
        match &item.value {
            Value::Integer(i) if (1..=1_000_000).contains(i) => out.push(Spanned {
                value: u32::try_from(*i).unwrap_or(1),
                span: item.span.clone(),
            }),
            _ => r.wrong(item, "instances", "expected whole numbers from 1"),
        }
    }
    out
}
