//! M/G/infinity: everybody is served at once, so the number present is Poisson whatever the law of service.
//!
//! Sources: L. Takacs, Introduction to the Theory of Queues (1962); for a rate that varies, S. G. Eick, W. A. Massey and W.
//! Whitt, The physics of the M(t)/G/infinity queue (1993). It tells how many workers would be busy if there were enough.

use super::stages::poisson;
use super::{NoSteadyState, not_negative, one_minus_exp, positive};
use crate::math::exp;

/// Requests present when none ever waits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MgInf {
    arrival_rate: f64,
    mean_service: f64,
}

impl MgInf {
    /// Arrivals per second and mean service time in seconds.
    pub fn new(arrival_rate: f64, mean_service: f64) -> Result<MgInf, NoSteadyState> {
        not_negative(arrival_rate, "arrival rate")?;
        positive(mean_service, "mean service time")?;
        // Quantiles go through the numbers that matter, some tens of standard deviations.
        if arrival_rate * mean_service > 1e10 {
            return Err(NoSteadyState::OutOfRange("offered load"));
        }
        Ok(MgInf {
            arrival_rate,
            mean_service,
        })
    }

    /// Mean number present, lambda E\[S\], which is also its variance.
    pub fn mean_in_system(&self) -> f64 {
        self.arrival_rate * self.mean_service
    }

    /// P(nobody is present).
    pub fn p_empty(&self) -> f64 {
        exp(-self.mean_in_system())
    }

    /// The smallest n with P(N <= n) >= p; None if p is not in [0, 1).
    pub fn quantile(&self, p: f64) -> Option<u64> {
        if !(0.0..1.0).contains(&p) {
            return None;
        }
        let (first, weights) = poisson(self.mean_in_system());
        let mut sum = 0.0;
        let below = weights.iter().take_while(|weight| {
            sum += **weight;
            sum < p
        });
        Some((first + below.count()) as u64)
    }

    /// Mean number present t seconds after a start with nobody, for exponential service: (lambda / mu) (1 - e^(-mu t)).
    pub fn mean_after_start(&self, t: f64) -> f64 {
        self.mean_in_system() * one_minus_exp(t / self.mean_service)
    }

    /// Highest mean number present if the rate is a wave lambda + amplitude * sin(2 pi t / period), exponential service.
    ///
    /// E\[S\] (lambda + amplitude / sqrt(1 + (2 pi E\[S\] / period)^2)): services that last long flatten the wave.
    pub fn peak_under_wave(&self, amplitude: f64, period: f64) -> Result<f64, NoSteadyState> {
        positive(period, "period")?;
        if !(0.0..=self.arrival_rate).contains(&amplitude) {
            return Err(NoSteadyState::OutOfRange("amplitude"));
        }
        let turn = 2.0 * std::f64::consts::PI * self.mean_service / period;
        Ok(self.mean_service * (self.arrival_rate + amplitude / (1.0 + turn * turn).sqrt()))
    }
}
