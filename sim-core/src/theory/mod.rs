//! What theory knows without simulating: closed forms for queues, networks, caches, retries and availability.
//!
//! They are product code with three uses: the oracle that simulated values are tested against, the warnings given
//! before a run (a station that can't keep up), and the reference curves in plots. Every number is an f64 in
//! consistent units: rates per second and times in seconds, or any other unit used throughout. Where a system
//! has no steady state the answer is [`NoSteadyState`], never NaN. Sources stand at the head of each file.

pub mod abandonment;
pub mod balancing;
mod birth_death;
pub mod cache;
pub mod fanout;
pub mod gim1;
pub mod hedging;
pub mod kingman;
pub mod littles_law;
pub mod md;
pub mod mg1;
pub mod mginf;
pub mod mmc;
pub mod mmck;
pub mod mva;
pub mod network;
pub mod priority;
mod quadrature;
mod quantile;
pub mod reliability;
pub mod retry;
mod stages;
pub mod usl;

use crate::math::{exp_m1, ln_1p};
use std::fmt;

/// Why a formula has no answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NoSteadyState {
    /// Offered load is at or above capacity, so queues grow without bound; `utilization` is their ratio, 1 or more.
    Overloaded {
        /// Offered load / capacity.
        utilization: f64,
    },
    /// A parameter is negative, not finite, or too large to compute with; the text names it.
    OutOfRange(&'static str),
}

impl fmt::Display for NoSteadyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoSteadyState::Overloaded { utilization } => {
                write!(
                    f,
                    "offered load is {utilization:.3} of capacity: the queue grows without bound"
                )
            }
            NoSteadyState::OutOfRange(what) => write!(f, "{what} is out of range"),
        }
    }
}

impl std::error::Error for NoSteadyState {}

/// The largest state space that a formula steps through, so that a hostile parameter can't take memory or hours.
const MOST_STATES: u64 = 10_000_000;

/// Accepts a finite number above zero, and names the culprit otherwise.
fn positive(value: f64, what: &'static str) -> Result<f64, NoSteadyState> {
    if value > 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(NoSteadyState::OutOfRange(what))
    }
}

/// Accepts a finite number that is zero or more, and names the culprit otherwise.
fn not_negative(value: f64, what: &'static str) -> Result<f64, NoSteadyState> {
    if value >= 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(NoSteadyState::OutOfRange(what))
    }
}

/// Accepts a number from 0 to 1, both included, and names the culprit otherwise.
fn probability(value: f64, what: &'static str) -> Result<f64, NoSteadyState> {
    if (0.0..=1.0).contains(&value) {
        Ok(value)
    } else {
        Err(NoSteadyState::OutOfRange(what))
    }
}

/// Accepts a count from 1 up to the largest that is computed with, and names the culprit otherwise.
fn count(value: u32, what: &'static str) -> Result<u32, NoSteadyState> {
    if value >= 1 && u64::from(value) <= MOST_STATES {
        Ok(value)
    } else {
        Err(NoSteadyState::OutOfRange(what))
    }
}

/// Accepts a utilization below 1.
fn keeps_up(utilization: f64) -> Result<f64, NoSteadyState> {
    if utilization < 1.0 {
        Ok(utilization)
    } else {
        Err(NoSteadyState::Overloaded { utilization })
    }
}

/// 1 - e^(-x), with all its digits for small x.
fn one_minus_exp(x: f64) -> f64 {
    -exp_m1(-x)
}

/// ln(1 - p), with all its digits for small p.
fn ln_complement(p: f64) -> f64 {
    ln_1p(-p)
}

/// base^exponent by repeated squaring: the same bits everywhere, and 0^0 = 1.
fn integer_power(base: f64, exponent: u64) -> f64 {
    let (mut result, mut square, mut rest) = (1.0, base, exponent);
    while rest > 0 {
        if rest & 1 == 1 {
            result *= square;
        }
        square *= square;
        rest >>= 1;
    }
    result
}
