//! M/M/c: Poisson arrivals, exponential service, c workers, one queue in order of arrival, unlimited room.
//!
//! Sources: A. K. Erlang, Solution of some problems in the theory of probabilities (1917); L. Kleinrock, Queueing Systems
//! vol. 1 (1975), 3.2 to 3.5; D. Gross and C. M. Harris, Fundamentals of Queueing Theory (1985), 2.3.
//!
//! Symbols: lambda arrival rate, mu service rate of one worker, c workers, a = lambda / mu offered load in erlangs,
//! rho = a / c utilization, theta = c mu - lambda. Valid for rho < 1; c = 1 is M/M/1.

use super::one_minus_exp;
use super::quantile::quantile;
use super::{NoSteadyState, count, integer_power, keeps_up, not_negative, positive};
use crate::math::{exp, ln};

/// Erlang B: the fraction of requests refused by c workers without a queue, whatever the law of service (M/G/c/c).
///
/// `offered` is in erlangs (arrival rate * mean service time). B(k) = a B(k-1) / (k + a B(k-1)), B(0) = 1.
pub fn erlang_b(offered: f64, workers: u32) -> Result<f64, NoSteadyState> {
    not_negative(offered, "offered load")?;
    count(workers, "workers")?;
    Ok((1..=workers).fold(1.0, |blocked, k| {
        offered * blocked / (f64::from(k) + offered * blocked)
    }))
}

/// Erlang C: the fraction of requests that must wait for one of c workers; `offered` is in erlangs and below c.
///
/// C = c B / (c - a (1 - B)) with B of [`erlang_b`].
pub fn erlang_c(offered: f64, workers: u32) -> Result<f64, NoSteadyState> {
    let blocked = erlang_b(offered, workers)?;
    let c = f64::from(workers);
    keeps_up(offered / c)?;
    Ok(c * blocked / (c - offered * (1.0 - blocked)))
}

/// The fewest workers with which at most `blocked` of the requests are refused: Erlang B inverted, for 0 < blocked <= 1.
pub fn workers_for_blocking(offered: f64, blocked: f64) -> Result<u32, NoSteadyState> {
    not_negative(offered, "offered load")?;
    positive(blocked, "blocking probability")?;
    let (mut refused, mut workers) = (1.0, 0);
    while refused > blocked {
        workers = count(workers + 1, "workers")?;
        refused = offered * refused / (f64::from(workers) + offered * refused);
    }
    Ok(workers)
}

/// A stable M/M/c station.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mmc {
    arrival_rate: f64,
    service_rate: f64,
    workers: u32,
    p_wait: f64,
}

impl Mmc {
    /// Rates are per second, `service_rate` that of one worker. Fails if the workers can't keep up.
    pub fn new(arrival_rate: f64, service_rate: f64, workers: u32) -> Result<Mmc, NoSteadyState> {
        not_negative(arrival_rate, "arrival rate")?;
        positive(service_rate, "service rate")?;
        let p_wait = erlang_c(arrival_rate / service_rate, workers)?;
        Ok(Mmc {
            arrival_rate,
            service_rate,
            workers,
            p_wait,
        })
    }

    /// rho, the busy fraction of worker-time.
    pub fn utilization(&self) -> f64 {
        self.arrival_rate / (self.service_rate * f64::from(self.workers))
    }

    /// The fraction of requests that find all workers busy (Erlang C).
    pub fn p_wait(&self) -> f64 {
        self.p_wait
    }

    /// theta = c mu - lambda, the rate at which the wait of those who wait decays.
    fn spare_rate(&self) -> f64 {
        self.service_rate * f64::from(self.workers) - self.arrival_rate
    }

    /// E\[W\] = C / theta.
    pub fn mean_wait(&self) -> f64 {
        self.p_wait / self.spare_rate()
    }

    /// E\[T\] = E\[W\] + 1/mu.
    pub fn mean_sojourn(&self) -> f64 {
        self.mean_wait() + 1.0 / self.service_rate
    }

    /// Var\[T\] = C (2 - C) / theta^2 + 1/mu^2.
    pub fn var_sojourn(&self) -> f64 {
        let (theta, mu) = (self.spare_rate(), self.service_rate);
        self.p_wait * (2.0 - self.p_wait) / (theta * theta) + 1.0 / (mu * mu)
    }

    /// Mean number waiting, by Little's law.
    pub fn mean_queue(&self) -> f64 {
        self.arrival_rate * self.mean_wait()
    }

    /// Mean number waiting or in service, by Little's law.
    pub fn mean_in_system(&self) -> f64 {
        self.arrival_rate * self.mean_sojourn()
    }

    /// P(N >= n). At or above c it is C rho^(n-c); below, the probabilities are summed from c downwards.
    pub fn p_at_least(&self, n: u32) -> f64 {
        let rho = self.utilization();
        if n >= self.workers {
            return self.p_wait * integer_power(rho, u64::from(n - self.workers));
        }
        self.below(n).fold(self.p_wait, |sum, (_, p)| sum + p)
    }

    /// P(N = 0).
    pub fn p_empty(&self) -> f64 {
        if self.arrival_rate == 0.0 {
            return 1.0;
        }
        self.below(0).last().map_or(1.0, |(_, p)| p)
    }

    /// Var\[N\].
    pub fn var_in_system(&self) -> f64 {
        let (rho, c, mean) = (self.utilization(), f64::from(self.workers), self.mean_in_system());
        // Given N >= c, the excess over c is geometric.
        let (excess, excess_squared) = (rho / (1.0 - rho), rho * (1.0 + rho) / ((1.0 - rho) * (1.0 - rho)));
        let above = self.p_wait * (c * c + 2.0 * c * excess + excess_squared);
        let below: f64 = self.below(0).map(|(n, p)| n * n * p).sum();
        above + below - mean * mean
    }

    /// (n, P(N = n)) for n from c-1 down to `least`: p(n-1) = p(n) n / a, from p(c) = C (1 - rho).
    fn below(&self, least: u32) -> impl Iterator<Item = (f64, f64)> {
        let offered = self.arrival_rate / self.service_rate;
        let mut p = self.p_wait * (1.0 - self.utilization());
        (least..self.workers).rev().map(move |n| {
            // Without arrivals, all probability sits at 0.
            p = if offered > 0.0 {
                p * (f64::from(n) + 1.0) / offered
            } else {
                f64::from(u8::from(n == 0))
            };
            (f64::from(n), p)
        })
    }

    /// P(W > t) = C e^(-theta t).
    pub fn wait_survival(&self, t: f64) -> f64 {
        self.p_wait * exp(-self.spare_rate() * t)
    }

    /// P(T > t): the wait, if any, plus an exponential service.
    pub fn sojourn_survival(&self, t: f64) -> f64 {
        let (theta, mu) = (self.spare_rate(), self.service_rate);
        // The convolution of two exponentials, written so that nearly equal rates lose no digits.
        let (slow, fast) = if theta < mu { (theta, mu) } else { (mu, theta) };
        let gap = fast - slow;
        let overlap = if gap > 0.0 {
            one_minus_exp(gap * t) / gap
        } else {
            t
        };
        exp(-mu * t) + self.p_wait * mu * exp(-slow * t) * overlap
    }

    /// The p-quantile of the wait, 0 if at least p of the requests don't wait; None if p is not in [0, 1).
    pub fn wait_quantile(&self, p: f64) -> Option<f64> {
        if !(0.0..1.0).contains(&p) {
            return None;
        }
        let tail = 1.0 - p;
        Some(if self.p_wait <= tail {
            0.0
        } else {
            ln(self.p_wait / tail) / self.spare_rate()
        })
    }

    /// The p-quantile of the sojourn; None if p is not in [0, 1).
    pub fn sojourn_quantile(&self, p: f64) -> Option<f64> {
        quantile(p, self.mean_sojourn(), |t| self.sojourn_survival(t))
    }

    /// Limit of n Var(mean of n successive waits) for c = 1: how fast a long-run average of M/M/1 settles.
    ///
    /// rho (2 + 5 rho - 4 rho^2 + rho^3) / (mu^2 (1 - rho)^4): D. J. Daley, The serial correlation coefficients of
    /// waiting times in a stationary single server queue (1968). None unless c = 1.
    pub fn wait_variance_constant(&self) -> Option<f64> {
        let rho = self.utilization();
        let spare = self.service_rate * (1.0 - rho) * (1.0 - rho);
        let top = rho * (2.0 + rho * (5.0 + rho * (rho - 4.0)));
        (self.workers == 1).then(|| top / (spare * spare))
    }

    /// Limit of t Var(average of N over t seconds) for c = 1: 2 rho (1 + rho) / (mu (1 - rho)^4).
    ///
    /// W. Whitt, Planning queueing simulations (1989). None unless c = 1.
    pub fn number_variance_constant(&self) -> Option<f64> {
        let rho = self.utilization();
        let spare = (1.0 - rho) * (1.0 - rho);
        (self.workers == 1).then(|| 2.0 * rho * (1.0 + rho) / (self.service_rate * spare * spare))
    }
}
