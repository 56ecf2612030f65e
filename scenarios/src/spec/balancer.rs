//! `[balancer.name]`: chooses an instance of another component for every call.

use sim_core::model::{Balancing, HealthCheck};

use super::balancing;
use super::key::{Key, Shape, TIME, key, not_yet, required};
use super::reader::{Reader, not_supported};
use super::station::{self, INSTANCE, Limit, PlacementSpec, ZONES};
use crate::diagnostic::Diagnostic;
use crate::expression::Expression;
use crate::quantity::Dimension;
use crate::source::Spanned;
use crate::tree::Value;

/// The largest weight.
const MOST_WEIGHT: u32 = 1_000_000;

/// The keys of `[balancer.name]`.
pub static BALANCER: &[Key] = &[
    required(
        "forward",
        Shape::Name,
        "The service or balancer whose instances are chosen from.",
    ),
    key(
        "policy",
        Shape::Member(balancing::BALANCING),
        "The rule of choice, \"round-robin\" unless said; with parameters as in { power-of-d = { choices = 2 } }.",
    ),
    key(
        "weights",
        Shape::List(&Shape::Count),
        "How much each instance is to get, one whole number for each in order; all the same unless said.",
    ),
    key(
        "health-check",
        Shape::Table(HEALTH_CHECK),
        "Active checks of every instance; none unless said.",
    ),
    key(
        "latency",
        Shape::Expression,
        "A delay that every call takes here.",
    ),
    key(
        "capacity",
        Shape::Quantity(Dimension::Rate),
        "Calls per second that pass at most; no limit unless said.",
    ),
    station::QUEUE,
    INSTANCE,
    ZONES,
    not_yet("routes", "routes by operation are not simulated"),
    key(
        "kind",
        Shape::Word(super::dns::KINDS),
        "Instead: \"dns\" or \"anycast\", a name that leads callers to one of several components.",
    ),
    not_yet("outlier-detection", "outlier detection is not simulated"),
    station::REGION,
];

static HEALTH_CHECK: &[Key] = &[
    key(
        "interval",
        TIME,
        "Between two checks of one instance; 10s unless said.",
    ),
    key(
        "fails",
        Shape::Count,
        "Failed checks in a row that take an instance out; 3 unless said.",
    ),
    key(
        "passes",
        Shape::Count,
        "Passed checks in a row that bring it back; 2 unless said.",
    ),
];

/// A balancer as it was written.
#[derive(Clone, Debug)]
pub struct BalancerSpec {
    /// The component behind it.
    pub forward: Option<Spanned<String>>,
    /// The rule of choice.
    pub policy: Option<Balancing>,
    /// How much each instance is to get, and where that was written.
    pub weights: Option<Spanned<Vec<u32>>>,
    /// Active checks.
    pub health_check: Option<HealthCheck>,
    /// The delay of every call.
    pub latency: Option<Expression>,
    /// Calls per second.
    pub capacity: Option<f64>,
    /// Calls that may wait for the capacity.
    pub queue: Option<Limit>,
}

/// Reads `[balancer.name]`.
pub fn read(mut r: Reader<'_, '_>) -> (BalancerSpec, PlacementSpec) {
    let forward = match r.node.get("forward").map(|n| &n.value) {
        Some(Value::Array(_)) => {
            r.take("forward");
            let at = r.key_span("forward");
            let what = format!("{}: forwarding to several components", r.what);
            r.out
                .push(not_supported(&at, &what, "expected the name of one component"));
            None
        }
        _ => r.text("forward"),
    };
    // The kinds that are known have tables of their own.
    r.word("kind");
    let policy = r.member("policy").and_then(|p| balancing::read(&p, r.out));
    let weights = weights(&mut r);
    let health_check = r.table("health-check", HEALTH_CHECK).map(|mut h| {
        let interval = h.positive_duration("interval");
        let (fails, passes) = (h.count("fails", 1, 1000), h.count("passes", 1, 1000));
        h.finish();
        HealthCheck {
            interval: interval.map_or(sim_core::time::SimDuration::from_nanos(10_000_000_000), |i| {
                i.value
            }),
            fails: fails.map_or(3, |f| f.value),
            passes: passes.map_or(2, |p| p.value),
        }
    });
    let latency = r.expression("latency");
    let capacity = r.rate("capacity").map(|c| c.value);
    // Without a capacity nothing waits here, and `queue` would have no effect: finish says so.
    let queue = if r.has("capacity") {
        station::limit(&mut r, "queue", 0)
    } else {
        None
    };
    let placement = PlacementSpec {
        instance: r.text("instance"),
        zones: r.count("zones", 1, 1000),
        region: r.text("region"),
        failures: None,
    };
    r.finish();
    (
        BalancerSpec {
            forward,
            policy,
            weights,
            health_check,
            latency,
            capacity,
            queue,
        },
        placement,
    )
}

/// A list of whole numbers.
fn weights(r: &mut Reader<'_, '_>) -> Option<Spanned<Vec<u32>>> {
    let span = r.node.get("weights")?.span.clone();
    let mut all = Vec::new();
    for item in r.list("weights")? {
        match u32::try_from(r.whole(item, "weights")?.value) {
            Ok(weight @ 1..=MOST_WEIGHT) => all.push(weight),
            _ => {
                let problem = Diagnostic::error(&item.span, format!("{}: a weight is out of range", r.what));
                r.out
                    .push(problem.label(format!("expected a whole number from 1 to {MOST_WEIGHT}")));
                return None;
            }
        }
    }
    Some(Spanned { value: all, span })
}
