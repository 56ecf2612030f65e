//! `max-connections` of `[balancer.name]`: calls out at each instance behind it, above which calls wait at the balancer.
//!
//! HAProxy's `maxconn`, `minconn` and `maxqueue` of a server, `fullconn` and `timeout queue` of a backend (HAProxy 3.5, configuration
//! manual). A call of a balancer is a connection of its own, as with `http-reuse never`.

use sim_core::model::CallLimit;

use super::key::{Key, Shape, TIME, key, required};
use super::reader::Reader;
use super::station::{self, Limit, MOST_WORKERS};
use crate::diagnostic::Diagnostic;
use crate::source::Spanned;
use crate::tree::Value;

static KEYS: &[Key] = &[
    required(
        "each",
        Shape::Count,
        "Calls that may be out at each instance (HAProxy's maxconn).",
    ),
    key(
        "least",
        Shape::Count,
        "As many while few calls are at the balancer (minconn): then each instance may have its share of `each`, as `full-at` says; as many as `each` unless said.",
    ),
    key(
        "full-at",
        Shape::Count,
        "Calls at the balancer, out and waiting, from which on an instance may have all of `each` (fullconn); needed with `least`.",
    ),
    key(
        "queue",
        Shape::Any(&[Shape::Word(&["unlimited"]), Shape::Count]),
        "Calls that may wait in a line (maxqueue); unlimited unless said.",
    ),
    key(
        "timeout",
        TIME,
        "How long a call waits before it is rejected (timeout queue); as long as its caller unless said.",
    ),
];

const EITHER: &[Shape] = &[Shape::Count, Shape::Table(KEYS)];

/// The key.
pub const MAX_CONNECTIONS: Key = key(
    "max-connections",
    Shape::Any(EITHER),
    "Calls that each instance of it has out at each instance behind it at most, a number or { each = 100, least = 10, full-at = 1000 }: others wait here for the first that has room, or for theirs if a hash or `sticky` leads them there; unlimited unless said.",
);

/// Reads `max-connections`.
pub fn read(r: &mut Reader<'_, '_>) -> Option<Spanned<CallLimit>> {
    let node = r.node.get("max-connections")?;
    let span = node.span.clone();
    if !matches!(node.value, Value::Table(_)) {
        let each = r.count("max-connections", 1, MOST_WORKERS)?;
        let value = CallLimit::of(each.value);
        return Some(Spanned { value, span });
    }
    let mut t = r.table("max-connections", KEYS)?;
    let each = t.count("each", 1, MOST_WORKERS);
    let least = t.count("least", 1, MOST_WORKERS);
    // With a limit that is always the same, `full-at` would have no effect: finish says so.
    let full_at = least.as_ref().and_then(|_| t.count("full-at", 1, MOST_WORKERS));
    if let (Some(least), false) = (&least, t.has("full-at")) {
        let problem = Diagnostic::error(&least.span, format!("{}: `least` needs `full-at`", t.what));
        t.out
            .push_missing(problem.label("expected, for example, `full-at = 1000` beside it"));
    }
    if let (Some(least), Some(each)) = (&least, &each)
        && least.value > each.value
    {
        let problem = Diagnostic::error(&least.span, format!("{}: least is over each", t.what));
        t.out
            .push(problem.label(format!("expected at most {}", each.value)));
        return None;
    }
    let queue = match station::limit(&mut t, "queue", 0) {
        Some(Limit::At(n)) => Some(n.value),
        _ => None,
    };
    let timeout = t.positive_duration("timeout").map(|t| t.value);
    t.finish();
    let plain = CallLimit::of(each?.value);
    let value = CallLimit {
        least: least.map_or(plain.least, |l| l.value),
        full_at: full_at.map_or(plain.full_at, |f| f.value),
        queue,
        timeout,
        ..plain
    };
    Some(Spanned { value, span })
}
