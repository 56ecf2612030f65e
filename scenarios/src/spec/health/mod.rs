//! The health of instances behind a balancer: `health-check`, by the name of a system or in figures of one's own.

pub mod calls;
pub mod systems;

use sim_core::model::{FailOpen, HealthCheck};
use sim_core::time::SimDuration;
use systems::{CHANGES, SYSTEMS, lookup};

use super::key::{Key, SHARE, Shape, TIME, key};
use super::member::Member;
use super::reader::Reader;
use crate::diagnostic::{Diagnostic, did_you_mean, one_of};
use crate::tree::{Node, Value};

const FIGURES: Shape = Shape::Table(HEALTH_CHECK);
const CHECK_SHAPES: &[Shape] = &[Shape::Member(SYSTEMS), FIGURES];

/// Active checks.
pub const CHECK: Key = key(
    "health-check",
    Shape::Any(CHECK_SHAPES),
    "Active checks of every instance: { interval, timeout, fails, passes, jitter }, a system's own by its name (\"alb\"), or that with changes ({ alb = { interval = \"10s\" } }); none unless said.",
);
/// When all are chosen from.
pub const FAIL_OPEN: Key = key(
    "fail-open",
    Shape::Any(&[Shape::Word(&["when-none", "never"]), SHARE]),
    "When instances that are kept out are chosen all the same: when none is healthy (\"when-none\"), \"never\" (a call fails at once), or when less than this share is (\"50%\"); unless said as the system of the checks does, else \"50%\" with `priorities`, \"when-none\" without.",
);
/// The same in Envoy's words.
pub const PANIC: Key = key(
    "panic-threshold",
    SHARE,
    "Envoy's word for a `fail-open` below a share. With `priorities` each level has its own share, and none panics while together they are whole.",
);

static HEALTH_CHECK: &[Key] = &[
    key(
        "interval",
        TIME,
        "Between two checks of one instance; 10s unless said.",
    ),
    key(
        "timeout",
        TIME,
        "How long a check waits for an answer; as long as the interval, at most 5s, unless said. Only an instance that hangs makes it wait.",
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
    key(
        "jitter",
        TIME,
        "Each interval is longer by a random part of this; 0s unless said.",
    ),
];

/// The longest time that a check waits where nothing is said.
const USUAL_TIMEOUT: SimDuration = SimDuration::from_nanos(5_000_000_000);

/// Active checks as they were written.
#[derive(Clone, Debug)]
pub struct CheckSpec {
    /// How it is checked.
    pub rule: HealthCheck,
    /// The system whose checks these are, perhaps changed.
    pub system: Option<(&'static Member, FailOpen)>,
}

/// Reads `health-check`.
pub fn check(r: &mut Reader<'_, '_>) -> Option<CheckSpec> {
    let node = r.node.get("health-check")?;
    match (&node.value, node.entries()) {
        (Value::Text(_), _) => {
            let (member, rule, fail_open) = lookup(SYSTEMS[r.word("health-check")?.value].name)?;
            Some(CheckSpec {
                rule,
                system: Some((member, fail_open)),
            })
        }
        (Value::Table(_), [only]) if matches!(only.node.value, Value::Table(_)) => {
            r.take("health-check");
            let Some((member, rule, fail_open)) = lookup(&only.key) else {
                let problem = Diagnostic::error(
                    &only.key_span,
                    format!("{}: no health check is called \"{}\"", r.what, only.key),
                );
                let names = || SYSTEMS.iter().map(|m| m.name);
                r.out.push(
                    problem
                        .label(format!("expected {}", one_of(names())))
                        .maybe_help(did_you_mean(&only.key, names())),
                );
                return None;
            };
            let what = format!("{}.health-check.{}", r.what, only.key);
            let rule = figures(&only.node, &what, Some(rule), r)?;
            Some(CheckSpec {
                rule,
                system: Some((member, fail_open)),
            })
        }
        _ => {
            r.take("health-check");
            let what = format!("{}.health-check", r.what);
            let rule = figures(node, &what, None, r)?;
            Some(CheckSpec { rule, system: None })
        }
    }
}

/// The figures of a table, over those of a preset.
fn figures(
    node: &Node,
    what: &str,
    preset: Option<HealthCheck>,
    r: &mut Reader<'_, '_>,
) -> Option<HealthCheck> {
    let keys = if preset.is_some() { CHANGES } else { HEALTH_CHECK };
    let mut h = Reader::open(node, &node.span, what, keys, r.out)?;
    let ten = SimDuration::from_nanos(10_000_000_000);
    let interval = h.positive_duration("interval").map(|i| i.value);
    let timeout = h.positive_duration("timeout").map(|t| t.value);
    let (fails, passes) = (h.count("fails", 1, 1000), h.count("passes", 1, 1000));
    let jitter = h.duration("jitter").map(|j| j.value);
    h.finish();
    let interval = interval.unwrap_or(preset.map_or(ten, |p| p.interval));
    Some(HealthCheck {
        interval,
        timeout: timeout.unwrap_or(preset.map_or(interval.min(USUAL_TIMEOUT), |p| p.timeout)),
        fails: fails.map_or(preset.map_or(3, |p| p.fails), |f| f.value),
        passes: passes.map_or(preset.map_or(2, |p| p.passes), |p| p.value),
        jitter: jitter.unwrap_or(SimDuration::ZERO),
    })
}

/// Reads `fail-open`, or `panic-threshold` in its place.
pub fn fail_open(r: &mut Reader<'_, '_>) -> Option<FailOpen> {
    if r.has("panic-threshold") {
        let share = r.share("panic-threshold");
        if r.has("fail-open") {
            r.take("fail-open");
            let message = format!("{} has both fail-open and panic-threshold", r.what);
            let problem = Diagnostic::error(&r.key_span("panic-threshold"), message);
            r.out.push(
                problem
                    .label("expected one of them")
                    .help("`panic-threshold` is Envoy's word for a `fail-open` below a share"),
            );
        }
        return share.map(|s| FailOpen::Below(s.value));
    }
    match r.take("fail-open").map(Node::display).as_deref() {
        Some("when-none") => Some(FailOpen::WhenNone),
        Some("never") => Some(FailOpen::Never),
        None => None,
        Some(_) => r.share("fail-open").map(|s| FailOpen::Below(s.value)),
    }
}
