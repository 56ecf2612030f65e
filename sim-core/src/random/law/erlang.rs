//! A sum of k equal exponential phases: more regular than exponential, scv 1/k.
//!
//! A. K. Erlang (1917); sampled as -ln of a product of uniforms (L. Devroye, 1986, IX.3), for many phases as a gamma law.

use super::error::{LawError, positive, within};
use super::gamma::Gamma;
use crate::math::ln;
use crate::random::Draw;

/// Up to here a product of uniforms is faster than a gamma sample.
const FEW_PHASES: u32 = 16;
/// So many uniforms of at least 2^-53 can be multiplied before the product could leave the normal numbers.
const FACTORS: u32 = 16;

/// Erlang, by its number of phases and its mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Erlang {
    k: u32,
    gamma: Gamma,
}

impl Erlang {
    pub(super) fn new(k: u32, mean: f64) -> Result<Erlang, LawError> {
        let mean = positive("mean", mean)?;
        let shape = within("k", f64::from(k), 1.0, 1e6)?;
        Ok(Erlang {
            k,
            gamma: Gamma::new(mean, shape)?,
        })
    }

    pub(super) fn sample(&self, draw: &mut Draw) -> f64 {
        const { assert!(FEW_PHASES <= FACTORS) };
        if self.k > FEW_PHASES {
            return self.gamma.sample(draw);
        }
        let product = (1..self.k).fold(draw.uniform(), |product, _| product * draw.uniform());
        -self.gamma.scale() * ln(product)
    }

    pub(super) fn mean(&self) -> f64 {
        self.gamma.mean()
    }

    pub(super) fn scv(&self) -> f64 {
        self.gamma.scv()
    }

    pub(super) fn cdf(&self, x: f64) -> Option<f64> {
        self.gamma.cdf(x)
    }

    pub(super) fn quantile(&self, p: f64) -> Option<f64> {
        self.gamma.quantile(p)
    }

    pub(super) fn min_value(&self) -> f64 {
        0.0
    }
}
