//! What a balancer learns from the calls that it forwards: `passive-check`, `outlier-detection`, and how an instance that
//! came back is spared: `slow-start`.

use sim_core::model::{FailureShare, OutlierDetection, PassiveCheck, SlowStart, SlowStartCurve, SuccessRate};
use sim_core::time::SimDuration;

use super::super::key::{Key, SHARE, Shape, TIME, key};
use super::super::member::Member;
use super::super::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::quantity::Dimension;
use crate::source::Spanned;
use crate::tree::Value;

/// Counted failures.
pub const PASSIVE: Key = key(
    "passive-check",
    Shape::Any(PASSIVE_SHAPES),
    "Keeps out an instance whose calls were refused, broke off or took longer than the balancer's `timeout`: \"nginx\" or { max-fails, fail-timeout }; none unless said.",
);
/// Outliers.
pub const OUTLIER: Key = key(
    "outlier-detection",
    Shape::Any(OUTLIER_SHAPES),
    "Ejects for a while an instance whose calls fail, or fail more often than those of the others: \"envoy\" or a table; none unless said.",
);
/// Slow start.
pub const SLOW_START: Key = key(
    "slow-start",
    Shape::Any(SLOW_START_SHAPES),
    "How long an instance that came back gets less than its share: a time (\"30s\", linear unless the checks are those of a system that does otherwise) or a curve ({ envoy = { window = \"30s\" } }); not at all unless said.",
);

const PASSIVE_SHAPES: &[Shape] = &[Shape::Member(PASSIVE_MEMBERS), Shape::Table(PASSIVE_KEYS)];
const OUTLIER_SHAPES: &[Shape] = &[Shape::Member(OUTLIER_MEMBERS), Shape::Table(OUTLIER_KEYS)];
const SLOW_START_SHAPES: &[Shape] = &[Shape::Member(SLOW_START_MEMBERS), TIME];

static PASSIVE_MEMBERS: &[Member] = &[Member {
    name: "nginx",
    about: "So many failures keep an instance out for a while, then one call decides; each takes a part of the weight by which instances take turns.",
    parameters: PASSIVE_KEYS,
    source: "nginx 1.31.5-dev, ngx_http_upstream_round_robin.c: max_fails, fail_timeout",
    checked: "what requests tried of peers that refuse them, recorded from the running program",
}];

static PASSIVE_KEYS: &[Key] = &[
    key(
        "max-fails",
        Shape::Count,
        "Failed calls that keep an instance out; 1 unless said.",
    ),
    key(
        "fail-timeout",
        TIME,
        "How long, in whole seconds; 10s unless said. More than so many must pass before it is tried again.",
    ),
];

static OUTLIER_MEMBERS: &[Member] = &[Member {
    name: "envoy",
    about: "Errors in a row and comparisons of the success rate eject an instance, each time for longer.",
    parameters: OUTLIER_KEYS,
    source: "Envoy, source/common/upstream/outlier_detection_impl.cc and its documented defaults",
    checked: "the timelines, limits and thresholds of its own tests",
}];

static OUTLIER_KEYS: &[Key] = &[
    key(
        "consecutive-errors",
        Shape::Any(&[Shape::Word(&["off"]), Shape::Count]),
        "Errors in a row that eject an instance; 5 unless said, or \"off\".",
    ),
    key(
        "interval",
        TIME,
        "How often instances are compared and let in again; 10s unless said.",
    ),
    key(
        "base-ejection",
        TIME,
        "The first ejection lasts this long, the n-th n times as long; 30s unless said.",
    ),
    key(
        "longest-ejection",
        TIME,
        "No ejection lasts longer; 300s unless said.",
    ),
    key(
        "max-ejection",
        SHARE,
        "The share of the instances that may be ejected at once; 10% unless said.",
    ),
    key(
        "always-one",
        Shape::Flag,
        "Whether one may be ejected even where that is more; false unless said.",
    ),
    key(
        "success-rate",
        Shape::Any(SUCCESS_RATE_SHAPES),
        "Ejects who is far below the mean share of successes; on unless \"off\".",
    ),
    key(
        "failure-share",
        Shape::Table(FAILURE_SHARE),
        "Ejects who fails this share of its calls; off unless said.",
    ),
];

const SUCCESS_RATE_SHAPES: &[Shape] = &[Shape::Word(&["off"]), Shape::Table(SUCCESS_RATE)];

/// How many instances must have had enough calls for a comparison.
const HOSTS: Key = key(
    "hosts",
    Shape::Count,
    "As many instances must have had enough calls; 5 unless said.",
);

static SUCCESS_RATE: &[Key] = &[
    key(
        "deviations",
        Shape::Number,
        "So many standard deviations below the mean; 1.9 unless said.",
    ),
    HOSTS,
    key(
        "requests",
        Shape::Count,
        "Calls of an interval that are enough; 100 unless said.",
    ),
];

static FAILURE_SHARE: &[Key] = &[
    key("at", SHARE, "The share of failed calls; 85% unless said."),
    HOSTS,
    key(
        "requests",
        Shape::Count,
        "Calls of an interval that are enough; 50 unless said.",
    ),
];

const WINDOW: Key = key("window", TIME, "How long it takes; 30s unless said.");

static SLOW_START_MEMBERS: &[Member] = &[
    Member {
        name: "linear",
        about: "In proportion to the time, from one hundredth.",
        parameters: &[WINDOW],
        source: "AWS Elastic Load Balancing guide, slow start mode; nginx.org, slow_start",
        checked: "an instance that came back fails as many calls less as the line says; unlike its siblings",
    },
    Member {
        name: "haproxy",
        about: "In sixteenths, looked at every second or twentieth of the window.",
        parameters: &[WINDOW],
        source: "haproxy 3.5-dev, src/server.c, server_recalc_eweight",
        checked: "the weights of its formula at 28 instants; unlike its siblings",
    },
    Member {
        name: "envoy",
        about: "(t / window)^(1 / aggression), at least `least`.",
        parameters: &[
            WINDOW,
            key(
                "aggression",
                Shape::Number,
                "Above 1 the weight grows faster at first; 1 unless said.",
            ),
            key("least", SHARE, "The share that it begins with; 10% unless said."),
        ],
        source: "Envoy, load_balancer_impl.cc, applySlowStartFactor",
        checked: "the factors of its own tests; unlike its siblings",
    },
];

const SECOND: u64 = 1_000_000_000;

fn seconds(s: u64) -> SimDuration {
    SimDuration::from_nanos(s * SECOND)
}

/// The table of a key that can also be a member's name or a table below it; none if the key isn't there or is wrong.
fn opened<T>(
    r: &mut Reader<'_, '_>,
    key: &'static str,
    member: &'static str,
    keys: &'static [Key],
    read: impl FnOnce(Option<Reader<'_, '_>>) -> Option<T>,
) -> Option<T> {
    let node = r.node.get(key)?;
    match (&node.value, node.entries()) {
        (Value::Text(_), _) => {
            r.word(key)?;
            read(None)
        }
        (Value::Table(_), [only]) if only.key == member => {
            r.take(key);
            let what = format!("{}.{key}.{member}", r.what);
            let table = Reader::open(&only.node, &only.key_span, what, keys, r.out)?;
            read(Some(table))
        }
        _ => {
            let table = r.table(key, keys)?;
            read(Some(table))
        }
    }
}

/// Reads `passive-check`.
pub fn passive(r: &mut Reader<'_, '_>) -> Option<PassiveCheck> {
    opened(r, "passive-check", "nginx", PASSIVE_KEYS, |table| {
        let mut rule = PassiveCheck {
            max_fails: 1,
            fail_timeout: seconds(10),
        };
        if let Some(mut t) = table {
            rule.max_fails = t
                .count("max-fails", 1, 1_000_000)
                .map_or(rule.max_fails, |m| m.value);
            rule.fail_timeout = t
                .positive_duration("fail-timeout")
                .map_or(rule.fail_timeout, |f| f.value);
            t.finish();
        }
        Some(rule)
    })
}

/// Reads `outlier-detection`.
pub fn outlier(r: &mut Reader<'_, '_>) -> Option<OutlierDetection> {
    opened(r, "outlier-detection", "envoy", OUTLIER_KEYS, |table| {
        let mut rule = OutlierDetection {
            consecutive_errors: Some(5),
            interval: seconds(10),
            base: seconds(30),
            longest: seconds(300),
            most_ejected: 0.1,
            always_one: false,
            success_rate: Some(SuccessRate {
                deviations: 1.9,
                hosts: 5,
                requests: 100,
            }),
            failure_share: None,
        };
        if let Some(mut t) = table {
            figures(&mut t, &mut rule);
            t.finish();
        }
        Some(rule)
    })
}

fn figures(t: &mut Reader<'_, '_>, rule: &mut OutlierDetection) {
    if t.take("consecutive-errors").is_some_and(|n| n.display() == "off") {
        rule.consecutive_errors = None;
    } else if let Some(errors) = t.count("consecutive-errors", 1, 1_000_000) {
        rule.consecutive_errors = Some(errors.value);
    }
    let mut time = |key: &str, into: &mut SimDuration| {
        if let Some(time) = t.positive_duration(key) {
            *into = time.value;
        }
    };
    time("interval", &mut rule.interval);
    time("base-ejection", &mut rule.base);
    time("longest-ejection", &mut rule.longest);
    if let Some(most) = t.share("max-ejection") {
        rule.most_ejected = most.value;
    }
    rule.always_one = t.flag("always-one").unwrap_or(false);
    if t.take("success-rate").is_some_and(|n| n.display() == "off") {
        rule.success_rate = None;
    } else if t.has("success-rate")
        && let Some(mut s) = t.table("success-rate", SUCCESS_RATE)
    {
        let deviations = s.number("deviations").map_or(1.9, |d| d.value);
        let hosts = s.count("hosts", 1, 1_000_000).map_or(5, |h| h.value);
        let requests = s.count("requests", 1, u32::MAX).map_or(100, |q| q.value);
        s.finish();
        rule.success_rate = Some(SuccessRate {
            deviations,
            hosts,
            requests: u64::from(requests),
        });
    }
    if let Some(mut f) = t.table("failure-share", FAILURE_SHARE) {
        let share = f.share("at").map_or(0.85, |s| s.value);
        let hosts = f.count("hosts", 1, 1_000_000).map_or(5, |h| h.value);
        let requests = f.count("requests", 1, u32::MAX).map_or(50, |q| q.value);
        f.finish();
        rule.failure_share = Some(FailureShare {
            share,
            hosts,
            requests: u64::from(requests),
        });
    }
}

/// Reads `slow-start`; `usual` is the curve of a bare time.
pub fn slow_start(r: &mut Reader<'_, '_>, usual: SlowStartCurve) -> Option<SlowStart> {
    let node = r.node.get("slow-start")?;
    let is_time = matches!(&node.value, Value::Text(t) if t.starts_with(|c: char| c.is_ascii_digit()));
    if is_time || !matches!(node.value, Value::Text(_) | Value::Table(_)) {
        let window = r.positive_duration("slow-start")?.value;
        return Some(SlowStart { window, curve: usual });
    }
    let member = r.member("slow-start")?;
    let time = ("window", Dimension::Duration);
    let (window, aggression, least) = if member.place == 2 {
        let others = [("aggression", Dimension::Number), ("least", Dimension::Fraction)];
        let [window, aggression, least] = member.parameters([time, others[0], others[1]], r.out);
        (window, aggression, least)
    } else {
        let [window] = member.parameters([time], r.out);
        (window, None, None)
    };
    let mut in_range = |of: &Option<Spanned<f64>>, fits: fn(f64) -> bool, expected: &str| {
        if let Some(bad) = of.as_ref().filter(|v| !fits(v.value)) {
            let problem = Diagnostic::error(&bad.span, format!("{}: slow-start is out of range", r.what));
            r.out.push(problem.label(expected.to_owned()));
        }
        of.as_ref().is_none_or(|v| fits(v.value))
    };
    let fits = in_range(
        &window,
        |w| w > 0.0 && w < 1e17,
        "expected a time above 0, such as \"30s\"",
    ) & in_range(
        &aggression,
        |a| a > 0.0 && a <= 1000.0,
        "expected a number above 0 and up to 1000",
    ) & in_range(&least, |l| l > 0.0 && l <= 1.0, "expected a share above 0");
    fits.then(|| SlowStart {
        window: window.map_or(seconds(30), |w| SimDuration::from_f64_nanos(w.value)),
        curve: match member.place {
            0 => SlowStartCurve::Linear,
            1 => SlowStartCurve::Sixteenths,
            _ => SlowStartCurve::Power {
                aggression: aggression.map_or(1.0, |a| a.value),
                least: least.map_or(0.1, |l| l.value),
            },
        },
    })
}

/// The curve of a bare time, by the system whose checks these are.
#[must_use]
pub fn usual_curve(system: Option<&str>) -> SlowStartCurve {
    match system {
        Some("haproxy") => SlowStartCurve::Sixteenths,
        Some("envoy") => SlowStartCurve::Power {
            aggression: 1.0,
            least: 0.1,
        },
        _ => SlowStartCurve::Linear,
    }
}
