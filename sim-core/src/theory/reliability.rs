//! Availability: how often a repairable component is up, and how often at least k of n are.
//!
//! Sources: R. E. Barlow and F. Proschan, Mathematical Theory of Reliability (1965); L. Takacs, On certain sojourn time problems
//! in the theory of stochastic processes (1957) for the downtime in an interval; K. S. Trivedi, Probability and Statistics with
//! Reliability, Queuing, and Computer Science Applications (1982), for birth-death models of repair.
//!
//! Symbols: mtbf the mean time up until a failure, mttr the mean time down, both in one unit, here called seconds. The steady
//! values hold for any laws; what depends on time holds for exponential ones.

use super::birth_death::stationary;
use super::fanout::{p_at_least, p_fewer_than};
use super::one_minus_exp;
use super::quantile::quantile;
use super::stages::poisson;
use super::{NoSteadyState, count, not_negative, positive};
use crate::math::exp;

/// One repairable component.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Component {
    mtbf: f64,
    mttr: f64,
}

impl Component {
    /// Mean time up, and mean time down, in the same unit.
    pub fn new(mtbf: f64, mttr: f64) -> Result<Component, NoSteadyState> {
        positive(mtbf, "mtbf")?;
        positive(mttr, "mttr")?;
        Ok(Component { mtbf, mttr })
    }

    /// mtbf / (mtbf + mttr).
    pub fn availability(&self) -> f64 {
        self.mtbf / (self.mtbf + self.mttr)
    }

    /// mttr / (mtbf + mttr), with all its digits.
    pub fn unavailability(&self) -> f64 {
        self.mttr / (self.mtbf + self.mttr)
    }

    /// The rate at which the start is forgotten, 1/mtbf + 1/mttr.
    fn mixing(&self) -> f64 {
        1.0 / self.mtbf + 1.0 / self.mttr
    }

    /// P(up at t | up at 0) = A + (1 - A) e^(-(1/mtbf + 1/mttr) t).
    pub fn availability_at(&self, t: f64) -> f64 {
        self.availability() + self.unavailability() * exp(-self.mixing() * t)
    }

    /// P(no failure within `window` | up at its start).
    pub fn p_no_failure(&self, window: f64) -> f64 {
        exp(-window / self.mtbf)
    }

    /// Mean time down within `window`, up at its start.
    pub fn expected_downtime(&self, window: f64) -> f64 {
        let mixing = self.mixing();
        self.unavailability() * (window - one_minus_exp(mixing * window) / mixing)
    }

    /// Mean number of failures within `window`, up at its start: mean time up / mtbf.
    pub fn expected_failures(&self, window: f64) -> f64 {
        (window - self.expected_downtime(window)) / self.mtbf
    }

    /// Standard deviation of the fraction of `window` that is up, for a window that starts at a random time.
    pub fn sd_of_observed_availability(&self, window: f64) -> f64 {
        let x = self.mixing() * window;
        // 2 A (1 - A) (x - 1 + e^-x) / x^2; for small x the bracket is taken as a series, where it would cancel.
        let shape = if x < 1e-3 {
            0.5 - x / 6.0 + x * x / 24.0
        } else {
            (x - one_minus_exp(x)) / (x * x)
        };
        (2.0 * self.availability() * self.unavailability() * shape).sqrt()
    }

    /// P(time down within `window` > t), up at its start.
    ///
    /// There is more downtime than t if the failures in `window - t` of uptime outnumber the repairs in t of downtime.
    pub fn downtime_survival(&self, window: f64, t: f64) -> f64 {
        if t >= window {
            return 0.0;
        }
        let (first_failure, failures) = poisson((window - t) / self.mtbf);
        let (first_repair, repairs) = poisson(t / self.mttr);
        let mut fewer_repairs = 0.0;
        let mut next = first_repair;
        let mut sum = 0.0;
        for (m, weight) in (first_failure..).zip(&failures) {
            while next < m && next - first_repair < repairs.len() {
                fewer_repairs += repairs[next - first_repair];
                next += 1;
            }
            sum += weight * fewer_repairs;
        }
        sum
    }

    /// The p-quantile of the time down within `window`, up at its start; None if p is not in [0, 1).
    pub fn downtime_quantile(&self, window: f64, p: f64) -> Option<f64> {
        // The expected counts of failures and repairs bound the work of each evaluation.
        if !(window > 0.0 && window / self.mtbf < 1e9 && window / self.mttr < 1e9) {
            return None;
        }
        quantile(p, self.mttr.min(window), |t| self.downtime_survival(window, t))
    }
}

/// Availability of k of n independent components, each up with probability `availability`.
pub fn k_of_n(k: u32, n: u32, availability: f64) -> Result<f64, NoSteadyState> {
    p_at_least(k, n, availability)
}

/// 1 - [`k_of_n`] with all its digits, from the unavailability of one component.
pub fn k_of_n_unavailability(k: u32, n: u32, unavailability: f64) -> Result<f64, NoSteadyState> {
    p_fewer_than(k, n, unavailability)
}

/// n components that fail while up, and are repaired by a limited number of crews, first failed first repaired.
#[derive(Debug, Clone)]
pub struct Repaired {
    mtbf: f64,
    mttr: f64,
    crews: u32,
    /// P(i are down), i from 0 to n.
    down: Vec<f64>,
}

impl Repaired {
    /// Exponential times up and times of repair, in one unit; at least one crew.
    pub fn new(n: u32, mtbf: f64, mttr: f64, crews: u32) -> Result<Repaired, NoSteadyState> {
        count(n, "number of components")?;
        count(crews, "repair crews")?;
        positive(mtbf, "mtbf")?;
        positive(mttr, "mttr")?;
        let down = stationary(
            n as usize,
            |i| (f64::from(n) - i as f64) / mtbf,
            |i| f64::from(crews).min(i as f64) / mttr,
        );
        Ok(Repaired {
            mtbf,
            mttr,
            crews,
            down,
        })
    }

    fn n(&self) -> usize {
        self.down.len() - 1
    }

    /// P(i are down) for i from 0 to n.
    pub fn probabilities_down(&self) -> &[f64] {
        &self.down
    }

    /// P(at least k are up).
    pub fn availability(&self, k: u32) -> f64 {
        self.n()
            .checked_sub(k as usize)
            .map_or(0.0, |most_down| self.down[..=most_down].iter().sum())
    }

    /// P(fewer than k are up), with all its digits.
    pub fn unavailability(&self, k: u32) -> f64 {
        self.n()
            .checked_sub(k as usize)
            .map_or(1.0, |most_down| self.down[most_down + 1..].iter().sum())
    }

    /// Mean number up.
    pub fn mean_up(&self) -> f64 {
        self.down
            .iter()
            .enumerate()
            .map(|(i, p)| p * (self.n() - i) as f64)
            .sum()
    }

    /// Mean time, starting with all up, until fewer than k are up; None if k is 0 or above n.
    ///
    /// The time from i down to i + 1 down is e(i) = (1 + repair(i) e(i-1)) / failure(i).
    pub fn mean_time_to_failure(&self, k: u32) -> Option<f64> {
        let most_down = self.n().checked_sub(k as usize)?;
        if k == 0 {
            return None;
        }
        let (mut step, mut total) = (0.0, 0.0);
        for i in 0..=most_down {
            let failure = (self.n() - i) as f64 / self.mtbf;
            let repair = f64::from(self.crews).min(i as f64) / self.mttr;
            step = (1.0 + repair * step) / failure;
            total += step;
        }
        Some(total)
    }
}

/// Availability of parts that are all needed: the product of theirs.
pub fn in_series(availabilities: &[f64]) -> Result<f64, NoSteadyState> {
    availabilities
        .iter()
        .try_fold(1.0, |all, &a| Ok(all * super::probability(a, "availability")?))
}

/// Time down that an availability allows within `window`, in the window's unit.
pub fn downtime_budget(availability: f64, window: f64) -> Result<f64, NoSteadyState> {
    super::probability(availability, "availability")?;
    Ok((1.0 - availability) * not_negative(window, "window")?)
}
