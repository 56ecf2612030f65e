//! A power law between two bounds: sizes of files and of jobs, where few large ones make up most of the work.
//!
//! M. E. Crovella, M. Harchol-Balter, C. D. Murta, "Task assignment in a distributed system: improving performance by
//! unbalancing load" (SIGMETRICS 1998): density alpha L^alpha x^(-alpha-1) / (1 - (L/H)^alpha) on L <= x <= H.

use super::error::{LawError, bearable_scv, positive, within};
use crate::math::{exp, exp_m1, ln};
use crate::random::Draw;

/// Pareto between two bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoundedPareto {
    min: f64,
    max: f64,
    alpha: f64,
    /// ln(max / min).
    ln_span: f64,
    /// The probability that the unbounded law would stay below max.
    mass: f64,
}

impl BoundedPareto {
    pub(super) fn new(min: f64, alpha: f64, max: f64) -> Result<BoundedPareto, LawError> {
        let (min, max) = (positive("min", min)?, positive("max", max)?);
        let alpha = within("alpha", alpha, 1e-3, 100.0)?;
        if max <= min {
            return Err(LawError::OutOfOrder {
                smaller: "min",
                smaller_value: min,
                larger: "max",
                larger_value: max,
            });
        }
        let ln_span = ln(max / min);
        let law = BoundedPareto {
            min,
            max,
            alpha,
            ln_span,
            mass: -exp_m1(-alpha * ln_span),
        };
        bearable_scv(law.scv())?;
        Ok(law)
    }

    /// The k-th moment over min^k: the ratio of the integrals of x^(k-alpha-1) and x^(-alpha-1) from 1 to max/min.
    fn moment(&self, k: f64) -> f64 {
        integral(self.alpha - k, self.ln_span) / integral(self.alpha, self.ln_span)
    }

    pub(super) fn sample(&self, draw: &mut Draw) -> f64 {
        // 1 - u is as uniform as u, and makes the sample grow with it.
        self.at(draw.uniform())
    }

    fn at(&self, p: f64) -> f64 {
        (self.min * exp(-ln(1.0 - p * self.mass) / self.alpha)).clamp(self.min, self.max)
    }

    pub(super) fn mean(&self) -> f64 {
        self.min * self.moment(1.0)
    }

    pub(super) fn scv(&self) -> f64 {
        let mean = self.moment(1.0);
        let scv = self.moment(2.0) / (mean * mean) - 1.0;
        // Not `max`, which would turn the NaN of two infinite moments into a valid-looking 0.
        if scv < 0.0 { 0.0 } else { scv }
    }

    pub(super) fn cdf(&self, x: f64) -> Option<f64> {
        Some(if x >= self.max {
            1.0
        } else if x <= self.min {
            0.0
        } else {
            -exp_m1(-self.alpha * ln(x / self.min)) / self.mass
        })
    }

    pub(super) fn quantile(&self, p: f64) -> Option<f64> {
        Some(self.at(p))
    }

    pub(super) fn min_value(&self) -> f64 {
        self.min
    }
}

/// The integral of exp(-rate t) from 0 to `length`.
fn integral(rate: f64, length: f64) -> f64 {
    if rate == 0.0 {
        length
    } else {
        -exp_m1(-rate * length) / rate
    }
}
