//! Any variability, by its shape: scv 1/shape, with a tail that falls off exponentially.
//!
//! Sampling: G. Marsaglia, W. W. Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000) 363-372;
//! it takes one or two pairs of numbers, and shapes below 1 are reached by the power of a uniform (their section 6).

use super::error::{LawError, positive, within};
use crate::math::{gamma_p, ln, pow};
use crate::random::Draw;

/// A proposal is refused with a probability below 0.05: so many refusals in a row do not happen (0.05^64 = 5e-84).
const MOST_PROPOSALS: u32 = 64;

/// Gamma, by mean and shape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gamma {
    shape: f64,
    scale: f64,
}

impl Gamma {
    pub(super) fn new(mean: f64, shape: f64) -> Result<Gamma, LawError> {
        let (mean, shape) = (positive("mean", mean)?, within("shape", shape, 0.01, 1e6)?);
        Ok(Gamma {
            shape,
            scale: mean / shape,
        })
    }

    pub(super) fn scale(&self) -> f64 {
        self.scale
    }

    pub(super) fn sample(&self, draw: &mut Draw) -> f64 {
        if self.shape < 1.0 {
            let boost = pow(draw.uniform(), 1.0 / self.shape);
            self.scale * boost * standard_gamma(self.shape + 1.0, draw)
        } else {
            self.scale * standard_gamma(self.shape, draw)
        }
    }

    pub(super) fn mean(&self) -> f64 {
        self.shape * self.scale
    }

    pub(super) fn scv(&self) -> f64 {
        1.0 / self.shape
    }

    pub(super) fn cdf(&self, x: f64) -> Option<f64> {
        Some(gamma_p(self.shape, x / self.scale))
    }

    /// The inverse has no closed form.
    pub(super) fn quantile(&self, _p: f64) -> Option<f64> {
        None
    }

    pub(super) fn min_value(&self) -> f64 {
        0.0
    }
}

/// A gamma variable of scale 1 and shape at least 1: d v with v = (1 + c z)^3 for a normal z, accepted or refused.
fn standard_gamma(shape: f64, draw: &mut Draw) -> f64 {
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    for _ in 0..MOST_PROPOSALS {
        let z = draw.normal();
        let root = 1.0 + c * z;
        if root <= 0.0 {
            continue;
        }
        let v = root * root * root;
        let u = draw.uniform();
        let z2 = z * z;
        // The first test is cheap and decides nearly always.
        if u < 1.0 - 0.0331 * z2 * z2 || ln(u) < 0.5 * z2 + d * (1.0 - v + ln(v)) {
            return d * v;
        }
    }
    d
}
