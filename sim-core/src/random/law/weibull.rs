//! A hazard that falls (shape below 1) or grows (above 1) with age, as lifetimes of disks and machines show.
//!
//! W. Weibull, "A statistical distribution function of wide applicability", Journal of Applied Mechanics 18 (1951)
//! 293-297; sampled as a power of an exponential value.

use super::error::{LawError, positive, within};
use crate::math::{exp, exp_m1, ln_1p, ln_gamma, pow};
use crate::random::Draw;

/// Weibull, by scale and shape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weibull {
    scale: f64,
    shape: f64,
}

impl Weibull {
    pub(super) fn new(scale: f64, shape: f64) -> Result<Weibull, LawError> {
        Ok(Weibull {
            scale: positive("scale", scale)?,
            shape: possible_shape(shape)?,
        })
    }

    pub(super) fn from_mean(mean: f64, shape: f64) -> Result<Weibull, LawError> {
        let (mean, shape) = (positive("mean", mean)?, possible_shape(shape)?);
        Ok(Weibull {
            scale: mean / exp(ln_gamma(1.0 + 1.0 / shape)),
            shape,
        })
    }

    pub(super) fn sample(&self, draw: &mut Draw) -> f64 {
        self.scale * pow(draw.exponential(), 1.0 / self.shape)
    }

    pub(super) fn mean(&self) -> f64 {
        self.scale * exp(ln_gamma(1.0 + 1.0 / self.shape))
    }

    pub(super) fn scv(&self) -> f64 {
        exp_m1(ln_gamma(1.0 + 2.0 / self.shape) - 2.0 * ln_gamma(1.0 + 1.0 / self.shape))
    }

    pub(super) fn cdf(&self, x: f64) -> Option<f64> {
        Some(if x <= 0.0 {
            0.0
        } else {
            -exp_m1(-pow(x / self.scale, self.shape))
        })
    }

    pub(super) fn quantile(&self, p: f64) -> Option<f64> {
        Some(self.scale * pow(-ln_1p(-p), 1.0 / self.shape))
    }

    pub(super) fn min_value(&self) -> f64 {
        0.0
    }
}

/// Shapes whose scv is between about 1e-6 and 2e5.
fn possible_shape(shape: f64) -> Result<f64, LawError> {
    within("shape", shape, 0.1, 1_000.0)
}
