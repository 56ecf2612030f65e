//! Memoryless: how long it still takes does not depend on how long it has taken; scv 1.
//!
//! L. Kleinrock, "Queueing Systems" 1 (Wiley, 1975), section 2.4; sampled as the mean times a standard value, which two laws
//! of different means thus share (see [`Draw::exponential`]).

use super::error::{LawError, positive};
use crate::math::{exp_m1, ln_1p};
use crate::random::Draw;

/// Exponential, by its mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exponential {
    mean: f64,
}

impl Exponential {
    pub(super) fn new(mean: f64) -> Result<Exponential, LawError> {
        Ok(Exponential {
            mean: positive("mean", mean)?,
        })
    }

    #[inline]
    pub(super) fn sample(&self, draw: &mut Draw) -> f64 {
        self.mean * draw.exponential()
    }

    pub(super) fn mean(&self) -> f64 {
        self.mean
    }

    pub(super) fn scv(&self) -> f64 {
        1.0
    }

    pub(super) fn cdf(&self, x: f64) -> Option<f64> {
        Some(if x <= 0.0 { 0.0 } else { -exp_m1(-x / self.mean) })
    }

    pub(super) fn quantile(&self, p: f64) -> Option<f64> {
        Some(-self.mean * ln_1p(-p))
    }

    pub(super) fn min_value(&self) -> f64 {
        0.0
    }
}
