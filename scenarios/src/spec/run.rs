//! `[run]`: how long is simulated, how often, and from which seed.

use sim_core::model::WarmUp;
use sim_core::time::SimDuration;

use super::key::{Key, SHARE, Shape, TIME, key, required};
use super::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::source::Spanned;

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
        SHARE,
        "Adds trials until p99 is known this well, such as \"5%\".",
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

/// `[run]` as it was written.
#[derive(Clone, Debug, Default)]
pub struct RunSpec {
    /// Simulated time of one trial.
    pub duration: Option<Spanned<SimDuration>>,
    /// What is cut from the start.
    pub warm_up: Option<Spanned<WarmUp>>,
    /// Independent runs.
    pub trials: Option<u32>,
    /// How well p99 must be known.
    pub precision: Option<f64>,
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
    let precision = r.share("precision");
    if let Some(zero) = precision.as_ref().filter(|p| p.value <= 0.0) {
        r.out.push(
            Diagnostic::error(&zero.span, "precision can't be 0").label("expected a share such as \"5%\""),
        );
    }
    let seed = r.large_count("seed").map(|s| s.value);
    let year = r
        .count("year", 1980, 2100)
        .and_then(|y| i32::try_from(y.value).ok());
    r.finish();
    RunSpec {
        duration,
        warm_up,
        trials,
        precision: precision.map(|p| p.value),
        seed,
        year,
    }
}
