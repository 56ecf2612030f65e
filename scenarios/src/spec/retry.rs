//! `retry = { ... }`: what a caller does when a call failed.

use sim_core::model::{Backoff, Jitter, Retry};
use sim_core::time::SimDuration;

use super::key::{Key, SHARE, Shape, TIME, key, not_yet, required};
use super::member::Member;
use super::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::quantity::Dimension;

/// The pauses between tries.
static BACKOFFS: &[Member] = &[
    Member {
        name: "constant",
        about: "Always the same pause.",
        parameters: &[required("pause", TIME, "The pause.")],
        source: "the usual client libraries",
        checked: "closed forms of the mean time over all tries",
    },
    Member {
        name: "exponential",
        about: "Twice as long after every failure, up to a maximum.",
        parameters: &[
            required("base", TIME, "The first pause."),
            required("max", TIME, "The longest pause."),
        ],
        source: "R. M. Metcalfe, D. R. Boggs, Ethernet, CACM 19(7), 1976: truncated binary exponential back-off",
        checked: "closed forms of the mean time over all tries",
    },
];

const JITTER_SOURCE: &str = "M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015";
/// How pauses are randomised.
static JITTERS: &[Member] = &[
    Member {
        name: "none",
        about: "The pause as it is.",
        parameters: &[],
        source: JITTER_SOURCE,
        checked: "closed forms of the mean time over all tries",
    },
    Member {
        name: "full",
        about: "Uniform between nothing and the pause.",
        parameters: &[],
        source: JITTER_SOURCE,
        checked: "closed forms of the mean time over all tries",
    },
    Member {
        name: "equal",
        about: "Half the pause, and uniform up to the whole.",
        parameters: &[],
        source: JITTER_SOURCE,
        checked: "closed forms of the mean time over all tries",
    },
];

/// The keys of `retry`.
pub static RETRY: &[Key] = &[
    required("attempts", Shape::Count, "Tries in all, the first included."),
    key(
        "backoff",
        Shape::Member(BACKOFFS),
        "The pause: \"constant(100ms)\" or \"exponential(base=50ms, max=1s)\".",
    ),
    key(
        "jitter",
        Shape::Member(JITTERS),
        "How the pause is randomised; \"none\" unless said.",
    ),
    key(
        "budget",
        SHARE,
        "Retries allowed as a share of the calls; no limit unless said.",
    ),
    not_yet("hedge", "hedging is not simulated"),
];

/// Reads a `retry` table.
pub fn read(mut r: Reader<'_, '_>) -> Option<Retry> {
    let attempts = r.count("attempts", 1, 255);
    let backoff = if r.has("backoff") {
        backoff(&mut r)
    } else {
        Some(Backoff::Constant(SimDuration::ZERO))
    };
    let jitter = match r.word("jitter").map(|w| w.value) {
        Some(1) => Jitter::Full,
        Some(2) => Jitter::Equal,
        _ => Jitter::None,
    };
    let budget = r.share("budget").map(|b| b.value);
    r.finish();
    Some(Retry {
        attempts: u8::try_from(attempts?.value).ok()?,
        backoff: backoff?,
        jitter,
        budget,
    })
}

fn backoff(r: &mut Reader<'_, '_>) -> Option<Backoff> {
    let policy = r.member("backoff")?;
    let span = policy.span.clone();
    if policy.place == 0 {
        let [pause] = policy.parameters([("pause", Dimension::Duration)], r.out);
        if pause.is_none() {
            r.out.push(
                Diagnostic::error(&span, "this backoff needs a pause").label("expected \"constant(100ms)\""),
            );
        }
        return pause.map(|p| Backoff::Constant(SimDuration::from_f64_nanos(p.value)));
    }
    let dimension = Dimension::Duration;
    let [base, max] = policy.parameters([("base", dimension), ("max", dimension)], r.out);
    let (Some(base), Some(max)) = (base, max) else {
        let problem = Diagnostic::error(&span, "this backoff needs a base and a maximum");
        r.out
            .push(problem.label("expected \"exponential(base=50ms, max=1s)\""));
        return None;
    };
    if max.value < base.value {
        r.out
            .push(Diagnostic::error(&max.span, "max is below base").label("expected at least the base"));
    }
    Some(Backoff::Exponential {
        base: SimDuration::from_f64_nanos(base.value),
        max: SimDuration::from_f64_nanos(max.value),
    })
}
