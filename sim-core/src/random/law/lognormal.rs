//! The exponential of a normal variable: the usual shape of measured latencies, with a long right tail of any weight.
//!
//! N. L. Johnson, S. Kotz, N. Balakrishnan, "Continuous Univariate Distributions" 1 (Wiley, 2nd ed. 1994), chapter 14:
//! median exp(mu), mean exp(mu + sigma^2/2), scv exp(sigma^2) - 1.

use super::error::{LawError, bearable_scv, positive, within};
use crate::math::{exp, exp_m1, ln, ln_1p, normal_cdf, normal_quantile};
use crate::random::Draw;

/// The 99 % point of the standard normal law.
const Z99: f64 = 2.326_347_874_040_841;

/// Lognormal, by the mean and the standard deviation of its logarithm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lognormal {
    mu: f64,
    sigma: f64,
}

impl Lognormal {
    pub(super) fn from_percentiles(p50: f64, p99: f64) -> Result<Lognormal, LawError> {
        let (p50, p99) = (positive("p50", p50)?, positive("p99", p99)?);
        if p99 < p50 {
            return Err(LawError::OutOfOrder {
                smaller: "p50",
                smaller_value: p50,
                larger: "p99",
                larger_value: p99,
            });
        }
        let law = Lognormal {
            mu: ln(p50),
            sigma: ln(p99 / p50) / Z99,
        };
        bearable_scv(law.scv())?;
        Ok(law)
    }

    pub(super) fn from_mean(mean: f64, scv: f64) -> Result<Lognormal, LawError> {
        let mean = positive("mean", mean)?;
        let variance = ln_1p(bearable_scv(within("scv", scv, 0.0, f64::MAX)?)?);
        Ok(Lognormal {
            mu: ln(mean) - 0.5 * variance,
            sigma: variance.sqrt(),
        })
    }

    /// The mean of the logarithm.
    pub fn mu(&self) -> f64 {
        self.mu
    }

    /// The standard deviation of the logarithm.
    pub fn sigma(&self) -> f64 {
        self.sigma
    }

    #[inline(never)]
    pub(super) fn sample(&self, draw: &mut Draw) -> f64 {
        exp(self.mu + self.sigma * draw.normal())
    }

    pub(super) fn mean(&self) -> f64 {
        exp(self.mu + 0.5 * self.sigma * self.sigma)
    }

    pub(super) fn scv(&self) -> f64 {
        exp_m1(self.sigma * self.sigma)
    }

    pub(super) fn cdf(&self, x: f64) -> Option<f64> {
        Some(if x <= 0.0 {
            0.0
        } else if self.sigma == 0.0 {
            if x >= exp(self.mu) { 1.0 } else { 0.0 }
        } else {
            normal_cdf((ln(x) - self.mu) / self.sigma)
        })
    }

    pub(super) fn quantile(&self, p: f64) -> Option<f64> {
        // Without the shortcut a degenerate law would multiply 0 by infinity at p = 0 and p = 1.
        Some(if self.sigma == 0.0 {
            exp(self.mu)
        } else {
            exp(self.mu + self.sigma * normal_quantile(p))
        })
    }

    pub(super) fn min_value(&self) -> f64 {
        if self.sigma == 0.0 { exp(self.mu) } else { 0.0 }
    }
}
