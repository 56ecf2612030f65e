//! What a point says of a bound of the objective, as a number that is above zero where the bound is broken.
//!
//! A latency is seen as the logarithm of its ratio to the bound, in which the curves of queues are nearly straight over
//! the few percent of load that an interval spans; a loss and a cost are seen as they are.

use sim_core::math::ln;

use crate::objective::Bound;
use crate::results::{Point, State, Verdict};

/// What a point says of a bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// The load.
    pub load: f64,
    /// Trials of the point: more of them overrule fewer.
    pub trials: u32,
    /// By how much the bound is broken, with the ends of its 95 % interval; none where the data can't support it.
    pub excess: Option<[f64; 3]>,
    /// Whether the bound holds.
    pub verdict: Verdict,
    /// How many times as much data would give a figure, where there is none.
    pub need: Option<f64>,
}

impl Reading {
    /// What a point says of a bound. Where there is no steady state, nothing holds but the cost.
    #[must_use]
    pub fn of(bound: &Bound, load: f64, point: &Point) -> Self {
        let mut reading = Self {
            load,
            trials: point.trials,
            excess: None,
            verdict: Verdict::CannotTell,
            need: None,
        };
        let has_no_steady_state = point.state != State::Steady;
        reading.verdict = match bound {
            Bound::Latency { .. } | Bound::Availability { .. } if has_no_steady_state => Verdict::No,
            _ => bound.verdict(point),
        };
        if has_no_steady_state && reading.verdict == Verdict::No {
            return reading;
        }
        let Some(figure) = bound.figure(point) else {
            return reading;
        };
        reading.need = figure.need;
        let (Some(low), Some(value), Some(high)) = (figure.low, figure.value, figure.high) else {
            return reading;
        };
        let excess = match bound {
            // A nanosecond is the least that is measured.
            Bound::Latency { most_s, .. } => [low, value, high].map(|s| ln(s.max(1e-9) / most_s)),
            Bound::Availability { least, .. } => [high, value, low].map(|share| least - share),
            Bound::Cost { most_usd } => [low, value, high].map(|usd| usd - most_usd),
        };
        reading.excess = Some(excess);
        reading
    }
}
