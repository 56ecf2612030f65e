//! M/D/1: Poisson arrivals, constant service, one worker; the whole law of the wait, without cancellation.
//!
//! Sources: A. K. Erlang (1909) and C. D. Crommelin (1932) for the law; their alternating sum loses all digits at high load, so
//! near the origin it is written with positive terms only, after G. J. Franx, A simple solution for the M/D/c waiting
//! time distribution (2001), and further out as the exponential it has become: H. Cramer's constant for the tail, as in
//! S. Asmussen, Applied Probability and Queues (2003), XIII.5. The two agree to the last digits where they meet.
//!
//! Symbols: lambda arrival rate, D service time, rho = lambda D. Valid for rho < 1.

use super::NoSteadyState;
use super::mg1::Mg1;
use super::one_minus_exp;
use super::quantile::quantile;
use super::stages::poisson;
use crate::math::{exp, ln};

/// Service times after which the law is its exponential tail: all other terms are then below the last digit.
const NEAR: usize = 64;

/// A stable M/D/1 station in order of arrival.
#[derive(Debug, Clone)]
pub struct Md1 {
    arrival_rate: f64,
    service: f64,
    means: Mg1,
    /// Index k: P(N <= k) after a departure, hence at any time.
    at_most: Vec<f64>,
    /// The tail is `tail_weight` * e^(-`tail_rate` t).
    tail_rate: f64,
    tail_weight: f64,
}

impl Md1 {
    /// Arrivals per second and the constant service time in seconds.
    pub fn new(arrival_rate: f64, service: f64) -> Result<Md1, NoSteadyState> {
        let means = Mg1::new(arrival_rate, service, 0.0)?;
        let rho = means.utilization();
        let (x, spare) = tail_root(rho);
        let tail_weight = (1.0 - rho) / spare;
        let at_most = number_at_most(rho);
        Ok(Md1 {
            arrival_rate,
            service,
            means,
            at_most,
            tail_rate: x / service,
            tail_weight,
        })
    }

    /// The means, those of M/G/1 with scv 0.
    pub fn means(&self) -> &Mg1 {
        &self.means
    }

    /// P(W > t).
    pub fn wait_survival(&self, t: f64) -> f64 {
        if self.arrival_rate == 0.0 {
            return 0.0;
        }
        let whole = (t / self.service).floor();
        if whole >= NEAR as f64 {
            return self.tail_weight * exp(-self.tail_rate * t);
        }
        // P(W <= t) = sum over j < k of P(N <= k - j) P(j arrivals in kD - t), with (k-1) D <= t < kD.
        let k = whole as usize + 1;
        let (first, weights) = poisson(self.arrival_rate * (k as f64 * self.service - t));
        let below: f64 = (first..k)
            .zip(&weights)
            .map(|(j, weight)| weight * self.at_most[k - j])
            .sum();
        1.0 - below
    }

    /// The p-quantile of the wait; None if p is not in [0, 1).
    pub fn wait_quantile(&self, p: f64) -> Option<f64> {
        quantile(p, self.service, |t| self.wait_survival(t))
    }

    /// The p-quantile of the sojourn, the wait plus the constant service; None if p is not in [0, 1).
    pub fn sojourn_quantile(&self, p: f64) -> Option<f64> {
        Some(self.wait_quantile(p)? + self.service)
    }
}

/// The positive root x of rho (e^x - 1) = x, and rho + x - 1, which the weight of the tail divides by.
fn tail_root(rho: f64) -> (f64, f64) {
    if rho == 0.0 {
        return (f64::INFINITY, f64::INFINITY);
    }
    let excess = |x: f64| -rho * one_minus_exp(-x) - x;
    // The difference is least at -ln(rho), and grows from there on.
    let mut low = -ln(rho);
    let mut high = 2.0 * low;
    while excess(high) < 0.0 {
        low = high;
        high += 1.0;
    }
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        if excess(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    (high, rho + high - 1.0)
}

/// P(N <= k) for k up to [`NEAR`], by balancing the flow across each level, which has positive terms only.
///
/// p(n) a(0) = p(0) P(A >= n) + sum over i < n of p(i) P(A >= n + 1 - i), with A the arrivals in one service.
fn number_at_most(rho: f64) -> Vec<f64> {
    let (_, arrivals) = poisson(rho);
    let mut at_least = arrivals;
    at_least.resize(at_least.len().max(NEAR + 2), 0.0);
    let none = at_least[0];
    for a in (0..at_least.len() - 1).rev() {
        at_least[a] += at_least[a + 1];
    }
    let mut p = vec![1.0 - rho];
    for n in 1..=NEAR {
        let inflow: f64 = (1..n).map(|i| p[i] * at_least[n + 1 - i]).sum();
        p.push((p[0] * at_least[n] + inflow) / none);
    }
    let mut sum = 0.0;
    p.iter()
        .map(|p| {
            sum += p;
            sum
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_meets_the_tail() {
        for rho in [0.3, 0.6, 0.9, 0.98, 0.999] {
            let station = Md1::new(rho, 1.0).unwrap();
            for t in [40.3, 50.0, 63.9] {
                let tail = station.tail_weight * exp(-station.tail_rate * t);
                let gap = (station.wait_survival(t) - tail).abs();
                assert!(gap < 1e-12, "rho = {rho}, t = {t}: apart by {gap}");
            }
        }
    }

    #[test]
    fn no_arrivals_no_wait() {
        assert_eq!(Md1::new(0.0, 2.0).unwrap().wait_quantile(0.999), Some(0.0));
    }
}
