//! GI/M/1: independent gaps of any law between arrivals, exponential service, one worker in order of arrival.
//!
//! Source: L. Kleinrock, Queueing Systems vol. 1 (1975), 6.4; D. G. Kendall (1953). An arrival finds the worker busy with
//! probability sigma, the root in (0, 1) of sigma = A*(mu (1 - sigma)), A* the Laplace-Stieltjes transform of the gap; the
//! sojourn is then exponential with rate mu (1 - sigma). Valid for rho = lambda / mu < 1.
//!
//! Poisson arrivals dealt round-robin to n workers are n such stations with Erlang-n gaps.

use super::{NoSteadyState, count, keeps_up, positive};
use crate::math::{exp, ln};

/// The law of the gap between arrivals; its mean is one over the arrival rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gaps {
    /// Evenly paced: the gap never varies.
    Deterministic,
    /// The sum of `shape` exponential stages; 1 is Poisson arrivals.
    Erlang {
        /// Number of stages, at least 1.
        shape: u32,
    },
    /// Lognormal with the given squared coefficient of variation, above 0.
    Lognormal {
        /// Var / mean^2.
        scv: f64,
    },
    /// Two exponential phases with balanced means and the given squared coefficient of variation, at least 1.
    Hyperexponential {
        /// Var / mean^2.
        scv: f64,
    },
}

impl Gaps {
    /// E\[e^(-s gap)\] for gaps of the given mean.
    fn transform(self, mean: f64, s: f64) -> f64 {
        match self {
            Gaps::Deterministic => exp(-s * mean),
            Gaps::Erlang { shape } => {
                let k = f64::from(shape);
                exp(-k * ln(1.0 + s * mean / k))
            }
            Gaps::Lognormal { scv } => {
                // With z standard normal: the trapezoid rule converges faster than any power of its step.
                const STEP: f64 = 1.0 / 64.0;
                let variance = ln(1.0 + scv);
                let (median, sigma) = (mean / (1.0 + scv).sqrt(), variance.sqrt());
                let sum: f64 = (-640..=640)
                    .map(|i| {
                        let z = f64::from(i) * STEP;
                        exp(-0.5 * z * z - s * median * exp(sigma * z))
                    })
                    .sum();
                sum * STEP / (2.0 * std::f64::consts::PI).sqrt()
            }
            Gaps::Hyperexponential { scv } => {
                let first = 0.5 * (1.0 + ((scv - 1.0) / (scv + 1.0)).sqrt());
                [first, 1.0 - first]
                    .iter()
                    .map(|p| p * 2.0 * p / (2.0 * p + s * mean))
                    .sum()
            }
        }
    }

    fn check(self) -> Result<(), NoSteadyState> {
        let fine = match self {
            Gaps::Deterministic => true,
            Gaps::Erlang { shape } => count(shape, "shape of gaps").is_ok(),
            Gaps::Lognormal { scv } => scv > 0.0 && scv.is_finite(),
            // The upper bound keeps the probability of the slow phase above zero.
            Gaps::Hyperexponential { scv } => (1.0..1e12).contains(&scv),
        };
        if fine {
            Ok(())
        } else {
            Err(NoSteadyState::OutOfRange("law of gaps"))
        }
    }
}

/// A stable GI/M/1 station.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GiM1 {
    arrival_rate: f64,
    service_rate: f64,
    sigma: f64,
}

impl GiM1 {
    /// Rates are per second.
    pub fn new(arrival_rate: f64, service_rate: f64, gaps: Gaps) -> Result<GiM1, NoSteadyState> {
        positive(arrival_rate, "arrival rate")?;
        positive(service_rate, "service rate")?;
        gaps.check()?;
        keeps_up(arrival_rate / service_rate)?;
        let mean_gap = 1.0 / arrival_rate;
        // A*(mu (1 - sigma)) - sigma is convex, positive at 0, zero at 1: negative between the root and 1.
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..100 {
            let middle = (low + high) / 2.0;
            if gaps.transform(mean_gap, service_rate * (1.0 - middle)) > middle {
                low = middle;
            } else {
                high = middle;
            }
        }
        // The lower end, since it stays below 1 even where rounding hides the root.
        Ok(GiM1 {
            arrival_rate,
            service_rate,
            sigma: low,
        })
    }

    /// rho, the busy fraction of time.
    pub fn utilization(&self) -> f64 {
        self.arrival_rate / self.service_rate
    }

    /// sigma, the fraction of requests that find the worker busy; below rho for steadier arrivals than Poisson.
    pub fn p_wait(&self) -> f64 {
        self.sigma
    }

    fn decay(&self) -> f64 {
        self.service_rate * (1.0 - self.sigma)
    }

    /// E\[W\] = sigma / (mu (1 - sigma)).
    pub fn mean_wait(&self) -> f64 {
        self.sigma / self.decay()
    }

    /// E\[T\] = 1 / (mu (1 - sigma)).
    pub fn mean_sojourn(&self) -> f64 {
        1.0 / self.decay()
    }

    /// Mean number waiting or in service, by Little's law.
    pub fn mean_in_system(&self) -> f64 {
        self.arrival_rate * self.mean_sojourn()
    }

    /// The p-quantile of the wait, 0 if at least p of the requests don't wait; None if p is not in [0, 1).
    pub fn wait_quantile(&self, p: f64) -> Option<f64> {
        if !(0.0..1.0).contains(&p) {
            return None;
        }
        let tail = 1.0 - p;
        Some(if self.sigma <= tail {
            0.0
        } else {
            ln(self.sigma / tail) / self.decay()
        })
    }

    /// The p-quantile of the sojourn, which is exponential; None if p is not in [0, 1).
    pub fn sojourn_quantile(&self, p: f64) -> Option<f64> {
        (0.0..1.0).contains(&p).then(|| -ln(1.0 - p) / self.decay())
    }
}
