//! `[run]`: how long is simulated, how often, and from which seed.

use sim_core::model::WarmUp;
use sim_core::time::SimDuration;

use super::key::{Key, SHARE, Shape, TIME, key, required};
use super::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::precision::{Figure, MOST_TRIALS, Precision};
use crate::source::Spanned;
use crate::tree::Value;

/// The keys of `[run]`.
pub static RUN: &[Key] = &[
    required(
        "duration",
        TIME,
        "Simulated time of one trial, the warm-up included.",
    ),
    key(
        "warm-up",
        Shape::Any(&[Shape::Word(&["auto"]), TIME]),
        "What is cut from the start of a trial: \"auto\" (MSER-5 decides), or a time.",
    ),
    key(
        "trials",
        Shape::Count,
        "Independent runs of each point; 5 unless said.",
    ),
    key(
        "precision",
        Shape::Any(&[SHARE, Shape::Table(PRECISION)]),
        "Adds trials until p99 is known this well, such as \"5%\"; or figures by name, such as { p99 = \"2%\", hit-ratio = \"1%\", max-trials = 200 }.",
    ),
    key(
        "seed",
        Shape::Count,
        "Where all randomness begins; 1 unless said.",
    ),
    key(
        "year",
        Shape::Count,
        "The year of the latency numbers that `ops(...)` looks up.",
    ),
];

static PRECISION: &[Key] = &[
    key("mean", SHARE, "Mean latency."),
    key("p50", SHARE, "Median latency."),
    key("p90", SHARE, "90th percentile of latency."),
    key("p95", SHARE, "95th percentile of latency."),
    key("p99", SHARE, "99th percentile of latency."),
    key(
        "p99.9",
        SHARE,
        "99.9th percentile of latency; the key needs quotes.",
    ),
    key("availability", SHARE, "The share of requests that end well."),
    key("goodput", SHARE, "Requests that end well, per second."),
    key("utilization", SHARE, "Utilization of every component."),
    key(
        "queue-length",
        SHARE,
        "Calls that wait at a component, for every component.",
    ),
    key("hit-ratio", SHARE, "The hit ratio of every cache."),
    key(
        "stale-reads",
        SHARE,
        "The share of stale reads, wherever there are any.",
    ),
    key("cost", SHARE, "USD a month."),
    key(
        "max-trials",
        Shape::Count,
        "No more trials than this; 100 unless said.",
    ),
];

/// `[run]` as it was written.
#[derive(Clone, Debug, Default)]
pub struct RunSpec {
    /// Simulated time of one trial.
    pub duration: Option<Spanned<SimDuration>>,
    /// What is cut from the start.
    pub warm_up: Option<Spanned<WarmUp>>,
    /// Independent runs.
    pub trials: Option<u32>,
    /// How well figures must be known.
    pub precision: Option<Precision>,
    /// Where all randomness begins.
    pub seed: Option<u64>,
    /// The year of the latency numbers.
    pub year: Option<i32>,
}

/// Reads `[run]`.
pub fn read(mut r: Reader<'_, '_>) -> RunSpec {
    let duration = r.positive_duration("duration");
    let auto = r.take("warm-up").is_some_and(|n| n.display() == "auto");
    let warm_up = if auto {
        r.text("warm-up").map(|t| Spanned {
            value: WarmUp::Auto,
            span: t.span,
        })
    } else {
        r.duration("warm-up").map(|t| Spanned {
            value: WarmUp::For(t.value),
            span: t.span,
        })
    };
    if let (
        Some(duration),
        Some(Spanned {
            value: WarmUp::For(time),
            span,
        }),
    ) = (&duration, &warm_up)
        && *time >= duration.value
    {
        let problem = Diagnostic::error(span, "the warm-up takes the whole run");
        r.out.push(problem.label("expected less than the duration"));
    }
    let trials = r.count("trials", 1, 100_000).map(|t| t.value);
    let precision = precision(&mut r);
    let seed = r.large_count("seed").map(|s| s.value);
    let year = r
        .count("year", 1980, 2100)
        .and_then(|y| i32::try_from(y.value).ok());
    r.finish();
    RunSpec {
        duration,
        warm_up,
        trials,
        precision,
        seed,
        year,
    }
}

/// A share for p99, or a table of shares.
fn precision(r: &mut Reader<'_, '_>) -> Option<Precision> {
    let written = r.take("precision")?;
    if !matches!(written.value, Value::Table(_)) {
        return wish(r, "precision").map(Precision::of_p99);
    }
    let span = r.key_span("precision");
    let mut table = r.table("precision", PRECISION)?;
    let mut wishes = Vec::new();
    for figure in Figure::ALL {
        wishes.extend(wish(&mut table, figure.name()).map(|w| (figure, w)));
    }
    let most = table.count("max-trials", 1, 100_000);
    table.finish();
    if written.entries().iter().all(|e| e.key == "max-trials") {
        let problem = Diagnostic::error(&span, "precision names no figure");
        r.out
            .push(problem.label("expected at least one, such as { p99 = \"5%\" }"));
    }
    Some(Precision {
        wishes,
        most_trials: most.map_or(MOST_TRIALS, |m| m.value),
    })
}

/// A share that isn't zero: no number of trials makes an interval vanish.
fn wish(r: &mut Reader<'_, '_>, key: &str) -> Option<f64> {
    let share = r.share(key)?;
    if share.value <= 0.0 {
        let problem = Diagnostic::error(&share.span, "precision can't be 0");
        r.out.push(problem.label("expected a share such as \"5%\""));
        return None;
    }
    Some(share.value)
}
