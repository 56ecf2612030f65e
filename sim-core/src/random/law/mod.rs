//! Probability laws of non-negative values: each knows its mean and its variability, and draws from a single sample.
//!
//! A law is unit-free; where it describes a duration, its unit is the nanosecond. Variability is the squared coefficient
//! of variation (scv), the variance over the squared mean: 0 for a constant, 1 for an exponential law. Two laws of one
//! family that share a stream get the same standard value, scaled by their parameters (common random numbers: A. M. Law,
//! "Simulation Modeling and Analysis", 5th ed. 2015, section 11.2).

mod bounded_pareto;
#[cfg(test)]
mod conformance;
mod constant;
mod empirical;
mod erlang;
mod error;
mod exponential;
mod gamma;
mod hyperexponential;
mod lognormal;
mod mixture;
mod sum;
mod uniform;
mod weibull;

use super::Draw;
use crate::time::SimDuration;
pub use bounded_pareto::BoundedPareto;
pub use constant::Constant;
pub use empirical::Empirical;
pub use erlang::Erlang;
pub use error::LawError;
pub use exponential::Exponential;
pub use gamma::Gamma;
pub use hyperexponential::Hyperexponential;
pub use lognormal::Lognormal;
pub use mixture::Mixture;
use rand::Rng;
use rand::distr::Distribution;
pub use sum::Sum;
pub use uniform::Uniform;
pub use weibull::Weibull;

/// A probability law of non-negative values.
///
/// Every member is valid by construction: its parameters, mean and variability are finite.
#[derive(Debug, Clone, PartialEq)]
#[repr(u8)]
pub enum Law {
    /// Always the same value.
    Constant(Constant),
    /// Memoryless.
    Exponential(Exponential),
    /// Equally likely anywhere between two bounds.
    Uniform(Uniform),
    /// The exponential of a normal variable.
    Lognormal(Lognormal),
    /// A sum of k equal exponential phases.
    Erlang(Erlang),
    /// One of two exponential phases.
    Hyperexponential(Hyperexponential),
    /// Gamma, by mean and shape.
    Gamma(Gamma),
    /// Weibull, by scale and shape.
    Weibull(Weibull),
    /// A power law cut off on both sides.
    BoundedPareto(BoundedPareto),
    /// Recorded values, each equally likely.
    Empirical(Empirical),
    /// One of several laws, chosen by weight.
    Mixture(Mixture),
    /// The sum of one value of each of several laws.
    Sum(Sum),
}

/// Calls a method of whichever member this is.
macro_rules! of_member {
    ($law:expr, $member:ident => $call:expr) => {
        match $law {
            Law::Constant($member) => $call,
            Law::Exponential($member) => $call,
            Law::Uniform($member) => $call,
            Law::Lognormal($member) => $call,
            Law::Erlang($member) => $call,
            Law::Hyperexponential($member) => $call,
            Law::Gamma($member) => $call,
            Law::Weibull($member) => $call,
            Law::BoundedPareto($member) => $call,
            Law::Empirical($member) => $call,
            Law::Mixture($member) => $call,
            Law::Sum($member) => $call,
        }
    };
}

impl Law {
    /// Always `value` >= 0.
    pub fn constant(value: f64) -> Result<Law, LawError> {
        Constant::new(value).map(Law::Constant)
    }

    /// Exponential with this mean > 0.
    pub fn exponential(mean: f64) -> Result<Law, LawError> {
        Exponential::new(mean).map(Law::Exponential)
    }

    /// Uniform from `low` >= 0 to `high` >= `low`.
    pub fn uniform(low: f64, high: f64) -> Result<Law, LawError> {
        Uniform::new(low, high).map(Law::Uniform)
    }

    /// Lognormal with this median and 99th percentile, 0 < `p50` <= `p99`.
    pub fn lognormal(p50: f64, p99: f64) -> Result<Law, LawError> {
        Lognormal::from_percentiles(p50, p99).map(Law::Lognormal)
    }

    /// Lognormal with this mean > 0 and squared coefficient of variation >= 0.
    pub fn lognormal_with_mean(mean: f64, scv: f64) -> Result<Law, LawError> {
        Lognormal::from_mean(mean, scv).map(Law::Lognormal)
    }

    /// Erlang with `k` >= 1 phases and this mean > 0 of the whole.
    pub fn erlang(k: u32, mean: f64) -> Result<Law, LawError> {
        Erlang::new(k, mean).map(Law::Erlang)
    }

    /// Hyperexponential of two phases with balanced means, with this mean > 0 and `scv` >= 1.
    pub fn hyperexponential(mean: f64, scv: f64) -> Result<Law, LawError> {
        Hyperexponential::new(mean, scv).map(Law::Hyperexponential)
    }

    /// Gamma with this mean > 0 and shape; its scv is 1 / shape.
    pub fn gamma(mean: f64, shape: f64) -> Result<Law, LawError> {
        Gamma::new(mean, shape).map(Law::Gamma)
    }

    /// Weibull with this scale > 0 (its 63.2 % point) and shape.
    pub fn weibull(scale: f64, shape: f64) -> Result<Law, LawError> {
        Weibull::new(scale, shape).map(Law::Weibull)
    }

    /// Weibull with this mean > 0 and shape.
    pub fn weibull_with_mean(mean: f64, shape: f64) -> Result<Law, LawError> {
        Weibull::from_mean(mean, shape).map(Law::Weibull)
    }

    /// Pareto with exponent `alpha` between `min` > 0 and `max` > `min`.
    pub fn bounded_pareto(min: f64, alpha: f64, max: f64) -> Result<Law, LawError> {
        BoundedPareto::new(min, alpha, max).map(Law::BoundedPareto)
    }

    /// Each of these values equally likely, in any order, at least one, none negative.
    pub fn empirical(values: Vec<f64>) -> Result<Law, LawError> {
        Empirical::new(values).map(Law::Empirical)
    }

    /// One of these laws, with a probability proportional to its weight >= 0.
    pub fn mixture(parts: Vec<(f64, Law)>) -> Result<Law, LawError> {
        Mixture::new(parts).map(Law::Mixture)
    }

    /// The sum of one independent value of each of these laws.
    pub fn sum(parts: Vec<Law>) -> Result<Law, LawError> {
        Sum::new(parts).map(Law::Sum)
    }

    /// One value, made of as many numbers of the draw as it takes.
    #[inline(always)]
    pub fn sample(&self, draw: &mut Draw) -> f64 {
        match self {
            Law::Constant(law) => law.sample(draw),
            Law::Exponential(law) => law.sample(draw),
            // The others are called rather than inlined, to keep the callers of this small.
            Law::Lognormal(law) => law.sample(draw),
            other => other.sample_other(draw),
        }
    }

    #[inline(never)]
    fn sample_other(&self, draw: &mut Draw) -> f64 {
        of_member!(self, law => law.sample(draw))
    }

    /// One value as a duration: nanoseconds, rounded to the nearest.
    #[inline]
    pub fn sample_duration(&self, draw: &mut Draw) -> SimDuration {
        SimDuration::from_f64_nanos(self.sample(draw))
    }

    /// The expected value.
    pub fn mean(&self) -> f64 {
        of_member!(self, law => law.mean())
    }

    /// The squared coefficient of variation: variance / mean^2, and 0 if the mean is 0.
    pub fn scv(&self) -> f64 {
        of_member!(self, law => law.scv())
    }

    /// The variance: scv times the squared mean.
    pub fn variance(&self) -> f64 {
        self.scv() * self.mean() * self.mean()
    }

    /// The probability of a value of at most `x`, where a formula for it is known.
    pub fn cdf(&self, x: f64) -> Option<f64> {
        of_member!(self, law => law.cdf(x))
    }

    /// The value that is not exceeded with probability `p`, where a formula for it is known; None too if `p` is not
    /// within 0..=1. It may be infinite for p = 1.
    pub fn quantile(&self, p: f64) -> Option<f64> {
        if (0.0..=1.0).contains(&p) {
            of_member!(self, law => law.quantile(p))
        } else {
            None
        }
    }

    /// The largest value that no sample is below.
    pub fn min_value(&self) -> f64 {
        of_member!(self, law => law.min_value())
    }

    /// Is every sample the same?
    pub fn is_constant(&self) -> bool {
        self.scv() == 0.0
    }

    /// How many laws are nested in each other here: 1 for a simple one.
    fn depth(&self) -> usize {
        match self {
            Law::Mixture(mixture) => mixture.depth(),
            Law::Sum(sum) => sum.depth(),
            _ => 1,
        }
    }
}

impl Distribution<f64> for Law {
    /// One value from any generator of the `rand` crates: 64 of its bits become a [`Draw`].
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        self.sample(&mut Draw::new(rng.next_u64()))
    }
}
