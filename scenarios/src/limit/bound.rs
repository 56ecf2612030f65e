//! One bound of an objective, and what a point says of it, as a number that is above zero where the bound is broken.
//!
//! A latency is seen as the logarithm of its ratio to the bound, in which the curves of queues are nearly straight over
//! the few percent of load that an interval spans; a loss and a cost are seen as they are.

use sim_core::math::ln;
use sim_core::stats::Estimate;

use crate::objective::latency;
use crate::results::{Objective, Point, State, Verdict};

/// One bound of an objective.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// The clients' latency at a percentile, in seconds at most.
    Latency {
        /// Which clients.
        clients: String,
        /// Such as `p99`.
        percentile: String,
        /// Seconds at most.
        most_s: f64,
    },
    /// The clients' share of requests that end well, at least.
    Availability {
        /// Which clients.
        clients: String,
        /// At least.
        least: f64,
    },
    /// USD a month at most.
    Cost {
        /// At most.
        most_usd: f64,
    },
}

/// All bounds of an objective, for every population of clients.
#[must_use]
pub fn bounds(objective: &Objective, clients: &[String]) -> Vec<Bound> {
    let mut all = Vec::new();
    for client in clients {
        all.extend(
            objective
                .latency
                .iter()
                .map(|(percentile, most_s)| Bound::Latency {
                    clients: client.clone(),
                    percentile: percentile.clone(),
                    most_s: *most_s,
                }),
        );
        all.extend(objective.availability.map(|least| Bound::Availability {
            clients: client.clone(),
            least,
        }));
    }
    all.extend(objective.cost_per_month.map(|most_usd| Bound::Cost { most_usd }));
    all
}

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

impl Bound {
    /// What is bounded, such as `p99 of shoppers`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Latency {
                clients, percentile, ..
            } => format!("{percentile} of {clients}"),
            Self::Availability { clients, .. } => format!("availability of {clients}"),
            Self::Cost { .. } => "cost".to_owned(),
        }
    }

    /// The figure that is bounded, at a point.
    #[must_use]
    pub fn figure(&self, point: &Point) -> Option<Estimate> {
        let of = |name: &str| point.clients.iter().find(|(n, _)| n == name).map(|(_, c)| c);
        match self {
            Self::Latency {
                clients, percentile, ..
            } => of(clients).and_then(|c| latency(c, percentile)).copied(),
            Self::Availability { clients, .. } => of(clients).map(|c| c.availability),
            Self::Cost { .. } => point.cost.as_ref().map(|c| c.usd_per_month),
        }
    }

    /// What a point says of it. Where there is no steady state, nothing holds but the cost.
    #[must_use]
    pub fn read(&self, load: f64, point: &Point) -> Reading {
        let mut reading = Reading {
            load,
            trials: point.trials,
            excess: None,
            verdict: Verdict::CannotTell,
            need: None,
        };
        if point.state != State::Steady && !matches!(self, Self::Cost { .. }) {
            reading.verdict = Verdict::No;
            return reading;
        }
        let Some(figure) = self.figure(point) else {
            return reading;
        };
        reading.need = figure.need;
        let (Some(low), Some(value), Some(high)) = (figure.low, figure.value, figure.high) else {
            return reading;
        };
        let excess = match self {
            // A nanosecond is the least that is measured.
            Self::Latency { most_s, .. } => [low, value, high].map(|s| ln(s.max(1e-9) / most_s)),
            Self::Availability { least, .. } => [high, value, low].map(|share| least - share),
            Self::Cost { most_usd } => [low, value, high].map(|usd| usd - most_usd),
        };
        reading.excess = Some(excess);
        reading.verdict = match excess {
            [_, _, high] if high <= 0.0 => Verdict::Yes,
            [low, _, _] if low > 0.0 => Verdict::No,
            _ => Verdict::CannotTell,
        };
        reading
    }
}
