//! Always the same value: no variability, and no random number is looked at.
//!
//! The D of Kendall's notation (D. G. Kendall, Annals of Mathematical Statistics 24, 1953, 338-354).

use super::error::{LawError, non_negative};
use crate::random::Draw;

/// Always the same value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Constant {
    value: f64,
}

impl Constant {
    pub(super) fn new(value: f64) -> Result<Constant, LawError> {
        Ok(Constant {
            value: non_negative("value", value)?,
        })
    }

    #[inline]
    pub(super) fn sample(&self, _draw: &mut Draw) -> f64 {
        self.value
    }

    pub(super) fn mean(&self) -> f64 {
        self.value
    }

    pub(super) fn scv(&self) -> f64 {
        0.0
    }

    pub(super) fn cdf(&self, x: f64) -> Option<f64> {
        Some(if x >= self.value { 1.0 } else { 0.0 })
    }

    pub(super) fn quantile(&self, _p: f64) -> Option<f64> {
        Some(self.value)
    }

    pub(super) fn min_value(&self) -> f64 {
        self.value
    }
}
