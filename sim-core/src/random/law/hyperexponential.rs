//! One of two exponential phases, mostly the short one: more variable than exponential, scv 1 and above.
//!
//! Two phases are fitted to mean and scv by balanced means, p1 m1 = p2 m2 (W. Whitt, "Approximating a point process by a
//! renewal process I", Operations Research 30 (1982) 125-147, equation 3.7).

use super::error::{LawError, bearable_scv, positive};
use crate::math::exp_m1;
use crate::random::Draw;

/// Hyperexponential of two phases, by mean and scv.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hyperexponential {
    mean: f64,
    scv: f64,
    chance_of_long: f64,
    short_mean: f64,
    long_mean: f64,
}

impl Hyperexponential {
    pub(super) fn new(mean: f64, scv: f64) -> Result<Hyperexponential, LawError> {
        let mean = positive("mean", mean)?;
        if scv.is_nan() || scv < 1.0 {
            return Err(LawError::OutOfRange {
                parameter: "scv",
                value: scv,
                low: 1.0,
                high: f64::INFINITY,
            });
        }
        let scv = bearable_scv(scv)?;
        // (1 - sqrt((scv-1)/(scv+1))) / 2, written without the difference, which would cancel for a large scv.
        let root = ((scv - 1.0) / (scv + 1.0)).sqrt();
        let chance_of_long = 1.0 / ((scv + 1.0) * (1.0 + root));
        let short_mean = 0.5 * mean / (1.0 - chance_of_long);
        let long_mean = 0.5 * mean / chance_of_long;
        Ok(Hyperexponential {
            mean,
            scv,
            chance_of_long,
            short_mean,
            long_mean,
        })
    }

    pub(super) fn sample(&self, draw: &mut Draw) -> f64 {
        let mean = if draw.chance(self.chance_of_long) {
            self.long_mean
        } else {
            self.short_mean
        };
        mean * draw.exponential()
    }

    pub(super) fn mean(&self) -> f64 {
        self.mean
    }

    pub(super) fn scv(&self) -> f64 {
        self.scv
    }

    pub(super) fn cdf(&self, x: f64) -> Option<f64> {
        if x <= 0.0 {
            return Some(0.0);
        }
        let short = (1.0 - self.chance_of_long) * exp_m1(-x / self.short_mean);
        Some(-short - self.chance_of_long * exp_m1(-x / self.long_mean))
    }

    /// The inverse has no closed form.
    pub(super) fn quantile(&self, _p: f64) -> Option<f64> {
        None
    }

    pub(super) fn min_value(&self) -> f64 {
        0.0
    }
}
