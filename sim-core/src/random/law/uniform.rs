//! Equally likely anywhere between two bounds; scv at most 1/3.
//!
//! Inverse transform low + u (high - low).

use super::error::{LawError, non_negative};
use crate::random::Draw;

/// Uniform between two bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Uniform {
    low: f64,
    high: f64,
}

impl Uniform {
    pub(super) fn new(low: f64, high: f64) -> Result<Uniform, LawError> {
        let (low, high) = (non_negative("low", low)?, non_negative("high", high)?);
        if high < low {
            return Err(LawError::OutOfOrder {
                smaller: "low",
                smaller_value: low,
                larger: "high",
                larger_value: high,
            });
        }
        Ok(Uniform { low, high })
    }

    pub(super) fn sample(&self, draw: &mut Draw) -> f64 {
        // The product may round up past the upper bound when the bounds are close.
        (self.low + draw.uniform() * (self.high - self.low)).min(self.high)
    }

    pub(super) fn mean(&self) -> f64 {
        0.5 * (self.low + self.high)
    }

    pub(super) fn scv(&self) -> f64 {
        if self.high == self.low {
            return 0.0;
        }
        let relative_width = (self.high - self.low) / self.mean();
        relative_width * relative_width / 12.0
    }

    pub(super) fn cdf(&self, x: f64) -> Option<f64> {
        Some(if x >= self.high {
            1.0
        } else if x <= self.low {
            0.0
        } else {
            (x - self.low) / (self.high - self.low)
        })
    }

    pub(super) fn quantile(&self, p: f64) -> Option<f64> {
        Some((self.low + p * (self.high - self.low)).min(self.high))
    }

    pub(super) fn min_value(&self) -> f64 {
        self.low
    }
}
