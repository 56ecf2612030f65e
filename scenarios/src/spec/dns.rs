//! `[balancer.name]` of kind "dns" or "anycast": a name that leads each caller to one of several components.

use sim_core::model::EndpointCheck;
use sim_core::time::SimDuration;

use super::key::{Key, Shape, TIME, key, required};
use super::member::Member;
use super::reader::{Reader, quantity_of};
use super::station::PlacementSpec;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::quantity::Dimension;
use crate::source::Spanned;
use crate::tree::{Node, Value};

const ROUTED: &str =
    "theory of what a failover takes, from checks, timeouts and what is left of the TTL; unlike its siblings";

/// What makes a balancer a name.
pub static KINDS: &[Member] = &[
    Member {
        name: "dns",
        about: "Answers that resolvers keep for the TTL, dead or not.",
        parameters: &[],
        source: "RFC 1034, section 5; Amazon Route 53 guide, dns-failover",
        checked: ROUTED,
    },
    Member {
        name: "anycast",
        about: "The nearest one by routes, which change when routers have agreed; checked every second, and gone after one failure. 30s until they agree, and both figures of the checks, are assumed.",
        parameters: &[],
        source: "RFC 4786, Operation of Anycast Services",
        checked: "a change of routes against its convergence time",
    },
];

const ALIKE: &str = "no two policies answer alike; only healthy ones, all where none is";

/// Which one an answer names.
static POLICIES: &[Member] = &[
    Member {
        name: "nearest-healthy",
        about: "The least distant from the caller's region by the delays of [network], of those that are healthy.",
        parameters: &[],
        source: "Amazon Route 53 guide, routing-policy-geoproximity",
        checked: ALIKE,
    },
    Member {
        name: "round-robin",
        about: "Each in turn: a component's share of the load is its share of the resolvers.",
        parameters: &[],
        source: "RFC 1794, DNS Support for Load Balancing",
        checked: "a component's share against its share of the resolvers; unlike its siblings",
    },
    Member {
        name: "weighted",
        about: "By chance, in proportion to `weights`.",
        parameters: &[],
        source: "Amazon Route 53 guide, routing-policy-weighted",
        checked: ALIKE,
    },
    Member {
        name: "failover",
        about: "The first in `forward` that is healthy.",
        parameters: &[],
        source: "Amazon Route 53 guide, routing-policy-failover",
        checked: ROUTED,
    },
    Member {
        name: "latency",
        about: "The one to which messages take least at present, faults included.",
        parameters: &[],
        source: "Amazon Route 53 guide, routing-policy-latency",
        checked: ALIKE,
    },
];

/// How long a check waits for an answer: Route 53's four seconds to connect.
pub const CHECK_TIMEOUT: SimDuration = SimDuration::from_nanos(4_000_000_000);

/// The keys of a name.
pub static DNS: &[Key] = &[
    required(
        "kind",
        Shape::Member(KINDS),
        "\"dns\": answers that callers keep; \"anycast\": the nearest one, by routes.",
    ),
    required(
        "forward",
        Shape::List(&Shape::Name),
        "The services, balancers and CDNs that it leads to.",
    ),
    key(
        "policy",
        Shape::Member(POLICIES),
        "Which one an answer names; \"round-robin\" unless said.",
    ),
    key(
        "weights",
        Shape::Map(&Shape::Number),
        "With the policy \"weighted\": the weight of each component.",
    ),
    key(
        "ttl",
        TIME,
        "How long a resolver keeps an answer, whether what it names is alive or not.",
    ),
    key(
        "resolvers",
        Shape::Count,
        "Resolvers among which the callers of one population in one region are divided; 100 unless said.",
    ),
    key(
        "health-check",
        Shape::Table(CHECK),
        "Active checks of every component behind the name; none unless said.",
    ),
    key(
        "convergence",
        TIME,
        "With anycast: how long routers take to agree on another route.",
    ),
];

static CHECK: &[Key] = &[
    key("interval", TIME, "Between two checks; 10s unless said."),
    key(
        "fails",
        Shape::Count,
        "Failed checks in a row that take a component out of the answers; 3 unless said.",
    ),
    key(
        "passes",
        Shape::Count,
        "Passed checks in a row that bring it back; 2 unless said.",
    ),
    key(
        "timeout",
        TIME,
        "How long a check waits where nothing answers; 4s unless said, at most the interval.",
    ),
];

/// A name as it was written.
#[derive(Clone, Debug)]
pub struct DnsSpec {
    /// Whether it is anycast.
    pub is_anycast: bool,
    /// What it leads to.
    pub forward: Vec<Spanned<String>>,
    /// The place of the policy: nearest-healthy, round-robin, weighted, failover, latency.
    pub policy: Option<usize>,
    /// Component and weight.
    pub weights: Vec<(Spanned<String>, f64)>,
    /// How long an answer is kept.
    pub ttl: Option<SimDuration>,
    /// Resolvers of a population in a region.
    pub resolvers: Option<u32>,
    /// Active checks.
    pub check: Option<EndpointCheck>,
    /// Whether the check's timeout was not written.
    pub is_default_timeout: bool,
    /// How long routers take.
    pub convergence: Option<SimDuration>,
}

/// Whether this balancer is a name.
pub fn is_name(node: &Node) -> bool {
    matches!(node.get("kind").map(|n| &n.value), Some(Value::Text(t)) if KINDS.iter().any(|k| k.name == t))
}

/// Reads a name.
pub fn read(mut r: Reader<'_, '_>) -> (DnsSpec, PlacementSpec) {
    let is_anycast = r.word("kind").is_some_and(|k| k.value == 1);
    let forward = names(&mut r, "forward");
    if r.has("forward") && forward.is_empty() {
        let problem = Diagnostic::error(
            &r.key_span("forward"),
            format!("{}: forward names nothing", r.what),
        );
        r.out
            .push(problem.label("expected names of components, such as [\"web-us\", \"web-eu\"]"));
    }
    // Routes always lead to the nearest, and nobody keeps them: `finish` says that these keys have no effect there.
    let policy = if is_anycast {
        None
    } else {
        r.word("policy").map(|p| p.value)
    };
    let ttl = if is_anycast {
        None
    } else {
        r.duration("ttl").map(|t| t.value)
    };
    if !is_anycast && !r.has("ttl") {
        let problem = Diagnostic::error(&r.at, format!("{} has no \"ttl\"", r.what));
        r.out
            .push_missing(problem.label("expected `ttl = \"60s\"` in this table"));
    }
    let resolvers = if is_anycast {
        None
    } else {
        r.count("resolvers", 1, 1_000_000).map(|n| n.value)
    };
    let weights = if policy == Some(2) {
        weights(&mut r, &forward)
    } else {
        Vec::new()
    };
    let mut is_default_timeout = false;
    let check = r.table("health-check", CHECK).map(|mut h| {
        let interval = h.positive_duration("interval");
        let (fails, passes) = (h.count("fails", 1, 1000), h.count("passes", 1, 1000));
        let timeout = h.positive_duration("timeout");
        let every = interval.map_or(SimDuration::from_nanos(10_000_000_000), |i| i.value);
        if let Some(long) = timeout.as_ref().filter(|t| t.value > every) {
            let problem = Diagnostic::error(&long.span, "a check would wait longer than until the next one");
            h.out.push(problem.label("expected at most the interval"));
        }
        is_default_timeout = timeout.is_none();
        h.finish();
        EndpointCheck {
            interval: every,
            fails: fails.map_or(3, |f| f.value),
            passes: passes.map_or(2, |p| p.value),
            timeout: timeout.map_or(CHECK_TIMEOUT.min(every), |t| t.value.min(every)),
        }
    });
    let convergence = if is_anycast {
        r.duration("convergence").map(|t| t.value)
    } else {
        None
    };
    r.finish();
    let spec = DnsSpec {
        is_anycast,
        forward,
        policy,
        weights,
        ttl,
        resolvers,
        check,
        is_default_timeout,
        convergence,
    };
    (spec, PlacementSpec::default())
}

/// A list of names.
pub(super) fn names(r: &mut Reader<'_, '_>, key: &str) -> Vec<Spanned<String>> {
    let mut out: Vec<Spanned<String>> = Vec::new();
    for item in r.list(key).unwrap_or_default() {
        let Value::Text(text) = &item.value else {
            r.wrong(item, key, "expected names in quotes");
            continue;
        };
        let span = item.inside(0..text.len());
        if out.iter().any(|o| o.value == *text) {
            let problem = Diagnostic::error(&span, format!("{}: {key} names \"{text}\" twice", r.what));
            r.out.push(problem.label("expected each name once"));
            continue;
        }
        out.push(Spanned {
            value: text.clone(),
            span,
        });
    }
    out
}

/// The weights of the components behind the name, each of which must have one.
fn weights(r: &mut Reader<'_, '_>, forward: &[Spanned<String>]) -> Vec<(Spanned<String>, f64)> {
    let at = r.key_span("policy");
    let Some(node) = r.take("weights") else {
        let problem = Diagnostic::error(&at, format!("{} has no \"weights\"", r.what));
        r.out
            .push_missing(problem.label("expected `weights = { NAME = 3, OTHER = 1 }` beside this policy"));
        return Vec::new();
    };
    if !matches!(node.value, Value::Table(_)) {
        r.wrong(
            node,
            "weights",
            "expected a table such as { NAME = 3, OTHER = 1 }",
        );
        return Vec::new();
    }
    let mut out = Vec::new();
    let known = || forward.iter().map(|f| f.value.as_str());
    for entry in node.entries() {
        let what = format!("{}: the weight of {}", r.what, entry.key);
        let weight = quantity_of(&entry.node, Dimension::Number, &what, r.out);
        if !known().any(|k| k == entry.key) {
            let message = format!("{}: \"{}\" is not in forward", r.what, entry.key);
            let problem =
                Diagnostic::error(&entry.key_span, message).label("expected a component of `forward`");
            r.out.push(problem.maybe_help(did_you_mean(&entry.key, known())));
        }
        let name = Spanned {
            value: entry.key.clone(),
            span: entry.key_span.clone(),
        };
        out.extend(weight.map(|w| (name, w.value)));
    }
    if !out.is_empty() && out.iter().map(|w| w.1).sum::<f64>() <= 0.0 {
        r.out
            .push(Diagnostic::error(&node.span, "all weights are 0").label("expected a weight above 0"));
    }
    out
}
