//! `[balancer.name]`: chooses an instance of another component for every call.

use sim_core::model::{Balancing, HealthCheck};

use super::key::{Key, Shape, TIME, key, not_yet, required};
use super::member::Member;
use super::reader::{Reader, not_supported};
use super::station::{self, INSTANCE, Limit, PlacementSpec, ZONES};
use crate::diagnostic::Diagnostic;
use crate::expression::Expression;
use crate::quantity::Dimension;
use crate::source::Spanned;
use crate::tree::Value;

/// The rules of choice.
static POLICIES: &[Member] = &[
    Member {
        name: "round-robin",
        about: "In turn, whatever the load; an instance that may not be chosen is passed over.",
        parameters: &[],
        source: "D. G. Kendall, Annals of Mathematical Statistics 24 (1953): each of n stations sees Erlang-n gaps",
        checked: "theory: E_n/M/1 for each station; chooses unlike its siblings",
    },
    Member {
        name: "random",
        about: "Uniformly, whatever the load.",
        parameters: &[],
        source: "a random split of a Poisson process is Poisson (L. Kleinrock, Queueing Systems 1, 1975)",
        checked: "theory: M/M/1 for each station; chooses unlike its siblings",
    },
    Member {
        name: "least-outstanding",
        about: "The instance with the fewest calls out, the first on a tie.",
        parameters: &[],
        source: "least_conn of nginx with equal weights, which goes round among the tied",
        checked: "the choice of a search over all instances, step by step; chooses unlike its siblings",
    },
    Member {
        name: "power-of-d",
        about: "The least loaded of d distinct instances drawn at random, the first drawn on a tie.",
        parameters: &[key(
            "choices",
            Shape::Count,
            "How many are drawn, from 1 to 1000; 2 unless said.",
        )],
        source: "M. Mitzenmacher, The power of two choices in randomized load balancing, IEEE TPDS 12(10), 2001",
        checked: "published simulations at three loads and more; stays above the limit for many stations",
    },
];

/// The keys of `[balancer.name]`.
pub static BALANCER: &[Key] = &[
    required(
        "forward",
        Shape::Name,
        "The service or balancer whose instances are chosen from.",
    ),
    key(
        "policy",
        Shape::Member(POLICIES),
        "The rule of choice: \"round-robin\" (unless said), \"random\", \"least-outstanding\", { power-of-d = { choices = 2 } }.",
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
    not_yet("kind", "balancers by DNS are not simulated"),
    not_yet("ttl", "balancers by DNS are not simulated"),
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
    let policy = balancing(&mut r);
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
        failures: None,
    };
    r.finish();
    (
        BalancerSpec {
            forward,
            policy,
            health_check,
            latency,
            capacity,
            queue,
        },
        placement,
    )
}

fn balancing(r: &mut Reader<'_, '_>) -> Option<Balancing> {
    let policy = r.member("policy")?;
    if policy.place != 3 {
        policy.parameters([], r.out);
        return Some(
            [
                Balancing::RoundRobin,
                Balancing::Random,
                Balancing::LeastOutstanding,
            ][policy.place],
        );
    }
    let [choices] = policy.parameters([("choices", Dimension::Number)], r.out);
    let Some(choices) = choices else {
        return Some(Balancing::PowerOfD { choices: 2 });
    };
    if choices.value.fract() == 0.0 && (1.0..=1000.0).contains(&choices.value) {
        return Some(Balancing::PowerOfD {
            choices: choices.value as u32,
        });
    }
    let problem = Diagnostic::error(
        &choices.span,
        format!("{}: policy: choices is out of range", r.what),
    );
    r.out
        .push(problem.label("expected a whole number from 1 to 1000"));
    None
}
