//! Balancing over n alike exponential stations: what choosing better is worth, from random to one central queue.
//!
//! Sources: M. Mitzenmacher, The power of two choices in randomized load balancing (2001), and N. D. Vvedenskaya, R. L.
//! Dobrushin and F. I. Karpelevich (1996), for the limit of many stations; round-robin gives each station Erlang-n gaps, D. G.
//! Kendall (1953); a random split of a Poisson process is Poisson.
//!
//! Symbols: lambda the arrival rate of all stations together, mu the service rate of each. Valid for lambda < n mu.

use super::gim1::{Gaps, GiM1};
use super::mmc::Mmc;
use super::{NoSteadyState, count, keeps_up, positive};
use crate::math::{exp, ln};

/// Each station as seen by requests that pick one at random.
pub fn random_split(stations: u32, arrival_rate: f64, service_rate: f64) -> Result<Mmc, NoSteadyState> {
    count(stations, "stations")?;
    Mmc::new(arrival_rate / f64::from(stations), service_rate, 1)
}

/// Each station as seen by requests that are dealt in turn.
pub fn round_robin(stations: u32, arrival_rate: f64, service_rate: f64) -> Result<GiM1, NoSteadyState> {
    count(stations, "stations")?;
    GiM1::new(
        arrival_rate / f64::from(stations),
        service_rate,
        Gaps::Erlang { shape: stations },
    )
}

/// All stations as workers of one queue, which no balancer can beat without knowing sizes.
pub fn central_queue(stations: u32, arrival_rate: f64, service_rate: f64) -> Result<Mmc, NoSteadyState> {
    Mmc::new(arrival_rate, service_rate, stations)
}

/// Power of d choices in the limit of infinitely many stations; finitely many wait a little longer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PowerOfChoices {
    choices: u32,
    utilization: f64,
    service_rate: f64,
}

impl PowerOfChoices {
    /// `arrival_rate` per station; each request joins the shortest of `choices` stations picked at random.
    pub fn new(choices: u32, arrival_rate: f64, service_rate: f64) -> Result<PowerOfChoices, NoSteadyState> {
        count(choices, "choices")?;
        positive(arrival_rate, "arrival rate")?;
        positive(service_rate, "service rate")?;
        let utilization = keeps_up(positive(arrival_rate / service_rate, "utilization")?)?;
        Ok(PowerOfChoices {
            choices,
            utilization,
            service_rate,
        })
    }

    /// Fraction of stations with at least i requests: rho^((d^i - 1) / (d - 1)), or rho^i for one choice.
    pub fn fraction_with_at_least(&self, i: u32) -> f64 {
        let d = f64::from(self.choices);
        let exponent = if self.choices == 1 {
            f64::from(i)
        } else {
            // Beyond 64 steps even two choices leave nothing that an f64 could hold.
            (0..i.min(64)).fold(0.0, |exponent, _| d * exponent + 1.0)
        };
        exp(exponent * ln(self.utilization))
    }

    /// E\[T\] = 1/mu * sum over i >= 1 of rho^((d^i - d) / (d - 1)).
    pub fn mean_sojourn(&self) -> f64 {
        if self.choices == 1 {
            return 1.0 / (self.service_rate * (1.0 - self.utilization));
        }
        // The exponents grow by a factor of d, so that 64 terms are more than enough for any rho below 1.
        let (mut exponent, mut sum) = (0.0, 0.0);
        for _ in 0..64 {
            sum += exp(exponent * ln(self.utilization));
            exponent = f64::from(self.choices) * (exponent + 1.0);
        }
        sum / self.service_rate
    }
}
