//! Hedging and redundancy: more than one copy of a request is sent and the first answer wins.
//!
//! Sources: J. Dean and L. A. Barroso, The Tail at Scale (2013), hedged requests; K. Gardner, M. Harchol-Balter and others,
//! Redundancy-d: the power of d choices for redundancy (2017).
//!
//! Hedging is valid for independent copies without queueing: P(T > t) = S(t) before the hedge is sent at h, and
//! S(t) S(t - h) after, with S the survival function of one copy. The extra load is S(h).

use super::quadrature::{between, to_infinity};
use super::quantile::quantile;
use super::{NoSteadyState, keeps_up, positive};

/// A call that sends a second copy if no answer has come after a while.
#[derive(Debug, Clone, Copy)]
pub struct Hedged<S> {
    after: f64,
    scale: f64,
    survival: S,
}

impl<S: Fn(f64) -> f64> Hedged<S> {
    /// `survival(t)` = P(one copy takes longer than t); `scale` is any guess of its size; `after` in seconds, above zero.
    pub fn new(after: f64, scale: f64, survival: S) -> Result<Hedged<S>, NoSteadyState> {
        positive(after, "hedging delay")?;
        positive(scale, "scale of the latency")?;
        Ok(Hedged {
            after,
            scale,
            survival,
        })
    }

    /// Fraction of calls that send a second copy, S(h).
    pub fn extra_calls(&self) -> f64 {
        (self.survival)(self.after)
    }

    /// P(T > t).
    pub fn survival(&self, t: f64) -> f64 {
        let first = (self.survival)(t);
        if t < self.after {
            first
        } else {
            first * (self.survival)(t - self.after)
        }
    }

    /// The p-quantile of the latency; None if p is not in [0, 1).
    pub fn quantile(&self, p: f64) -> Option<f64> {
        quantile(p, self.scale, |t| self.survival(t))
    }

    /// Mean latency, integrated numerically to about ten digits for smooth laws.
    pub fn mean(&self) -> f64 {
        let before = between(0.0, self.after, |t| self.survival(t));
        before + to_infinity(self.scale, |t| self.survival(self.after + t))
    }
}

/// Mean sojourn when each request is copied to d of k exponential stations at random and the first completion cancels the rest.
///
/// E\[T\] = sum for i from d to k of 1 / (k mu C(k-1, d-1) / C(i-1, d-1) - k lambda), with lambda per station and
/// independent copies; stable for lambda < mu.
pub fn redundancy_mean_sojourn(
    stations: u32,
    copies: u32,
    arrival_rate_each: f64,
    service_rate: f64,
) -> Result<f64, NoSteadyState> {
    positive(arrival_rate_each, "arrival rate")?;
    positive(service_rate, "service rate")?;
    if copies == 0 || copies > stations || stations > 1_000_000 {
        return Err(NoSteadyState::OutOfRange("number of copies"));
    }
    keeps_up(arrival_rate_each / service_rate)?;
    let k = f64::from(stations);
    // C(k-1, d-1) / C(i-1, d-1), from i = k downwards.
    let (mut ratio, mut sum) = (1.0, 0.0);
    for i in (copies..=stations).rev() {
        sum += 1.0 / (k * service_rate * ratio - k * arrival_rate_each);
        if i > copies {
            ratio *= f64::from(i - 1) / f64::from(i - copies);
        }
    }
    Ok(sum)
}
