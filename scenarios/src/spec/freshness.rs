//! What keeps a cache's values fresh, and its origin from a stampede: TTLs, renewals, and calls that wait for another's miss.

use sim_core::model::{Coalesce, Freshness};
use sim_core::time::SimDuration;

use super::key::{Key, Shape, TIME, key};
use super::member::Member;
use super::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::quantity::Dimension;
use crate::source::Spanned;
use crate::tree::Value;

const TIMEOUT: Key = key(
    "timeout",
    TIME,
    "After so long a call waits no more and goes to the origin itself; what it gets isn't kept.",
);
const AGE: Key = key(
    "age",
    TIME,
    "After so long the next call goes as if it were the first.",
);

/// How calls wait for another's miss of the same key.
pub static COALESCE: &[Member] = &[
    Member {
        name: "nginx",
        about: "proxy_cache_lock: 5s of patience, and after 5s another one may go.",
        parameters: &[TIMEOUT, AGE],
        source: "nginx, ngx_http_proxy_module: proxy_cache_lock_timeout 5s, proxy_cache_lock_age 5s",
        checked: "calls at the origin counted one by one; differs from its siblings",
    },
    Member {
        name: "varnish",
        about: "The waiting list: no end of patience, and after a failure the next that waits tries.",
        parameters: &[],
        source: "Varnish users' guide; waiting list and request serialization",
        checked: "calls at the origin counted one by one; differs from its siblings",
    },
    Member {
        name: "cloudfront",
        about: "Request collapsing: all wait for the first and get what it gets, a failure too.",
        parameters: &[],
        source: "Amazon CloudFront developer guide, request collapsing",
        checked: "calls at the origin counted one by one; differs from its siblings",
    },
];

/// Reads `coalesce`: a flag, or whose rules.
pub fn coalesce(r: &mut Reader<'_, '_>) -> Option<Coalesce> {
    if matches!(r.node.get("coalesce").map(|n| &n.value), Some(Value::Flag(_))) {
        return r.flag("coalesce").unwrap_or(false).then(Coalesce::default);
    }
    let policy = r.member("coalesce")?;
    if policy.name != "nginx" {
        policy.parameters([], r.out);
        return Some(Coalesce {
            in_turn: policy.name == "varnish",
            ..Coalesce::default()
        });
    }
    let time = Dimension::Duration;
    let [timeout, age] = policy.parameters([("timeout", time), ("age", time)], r.out);
    let or_five = |t: Option<Spanned<f64>>| Some(SimDuration::from_f64_nanos(t.map_or(5e9, |t| t.value)));
    Some(Coalesce {
        timeout: or_five(timeout),
        age: or_five(age),
        in_turn: false,
    })
}

/// Reads what is said of the age of values; `keeps`: whether there are values.
pub fn freshness(r: &mut Reader<'_, '_>, keeps: bool) -> Freshness {
    let has_ttl = r.has("ttl") && keeps;
    if !has_ttl {
        // What depends on a TTL has no effect without one, and finish says so.
        return Freshness::default();
    }
    let (ttl, jitter) = ttl(r);
    let renews = r.word("ttl-from").is_some_and(|w| w.value == 1);
    let early = r.number("early-renewal");
    if let Some(wrong) = early.as_ref().filter(|e| !(0.0..=1000.0).contains(&e.value)) {
        let problem = Diagnostic::error(&wrong.span, format!("{}: early-renewal is out of range", r.what));
        r.out
            .push(problem.label("expected XFetch's beta, from 0 to 1000; 1 is the published choice"));
    }
    Freshness {
        ttl,
        jitter,
        renews,
        early: early.map(|e| e.value),
        revalidate: or_zero(r.duration("stale-while-revalidate")),
        if_error: or_zero(r.duration("stale-if-error")),
        confirms: false,
    }
}

fn or_zero(time: Option<Spanned<SimDuration>>) -> SimDuration {
    time.map_or(SimDuration::ZERO, |t| t.value)
}

/// The TTL and its jitter.
fn ttl(r: &mut Reader<'_, '_>) -> (Option<SimDuration>, f64) {
    let ttl = r.positive_duration("ttl").map(|t| t.value);
    let jitter = r.share("ttl-jitter");
    if let Some(all) = jitter.as_ref().filter(|j| j.value >= 1.0) {
        let problem = Diagnostic::error(&all.span, format!("{}: ttl-jitter is 1 or more", r.what));
        r.out.push(problem.label("expected less than 1"));
    }
    (ttl, jitter.map_or(0.0, |j| j.value))
}

/// Reads what is said of the age of what the edges of a CDN keep.
pub fn of_edges(r: &mut Reader<'_, '_>, keeps: bool) -> Freshness {
    if !keeps || !r.has("ttl") {
        return Freshness::default();
    }
    let (ttl, jitter) = ttl(r);
    Freshness {
        ttl,
        jitter,
        revalidate: or_zero(r.duration("stale-while-revalidate")),
        if_error: or_zero(r.duration("stale-if-error")),
        confirms: r.flag("conditional").unwrap_or(false),
        ..Freshness::default()
    }
}

const COALESCES: &[Shape] = &[Shape::Member(COALESCE), Shape::Flag];

/// Waiting for another's miss.
pub const COALESCED: Key = key(
    "coalesce",
    Shape::Any(COALESCES),
    "One miss per key in flight, the others wait for it: true, or by the rules of \"nginx\", \"varnish\" or \"cloudfront\"; false unless said.",
);
/// Conditional requests.
pub const CONDITIONAL: Key = key(
    "conditional",
    Shape::Flag,
    "Whether an answer that is too old stays until it is evicted and the origin is asked if it has changed: one that hasn't comes without its body, as by 304 Not Modified. False unless said: it is fetched whole.",
);
/// The keys of the age of values, in the order of the reference page.
pub const TTL_FROM: Key = key(
    "ttl-from",
    Shape::Word(&["fill", "use"]),
    "From when the TTL counts: from the filling (unless said) or from the last use.",
);
/// XFetch.
pub const EARLY_RENEWAL: Key = key(
    "early-renewal",
    Shape::Number,
    "XFetch's beta: a reader renews a value before it is too old, the likelier the nearer that is and the longer it takes; off unless said.",
);
/// stale-while-revalidate.
pub const REVALIDATE: Key = key(
    "stale-while-revalidate",
    TIME,
    "For so long a value that is too old is answered while one call renews it (Varnish's grace: 10s); 0s unless said.",
);
/// stale-if-error.
pub const IF_ERROR: Key = key(
    "stale-if-error",
    TIME,
    "For so long a value that is too old is answered when the origin fails; 0s unless said.",
);
