//! Retries: how many attempts a call makes, how often it succeeds, how long it sleeps and how long it takes.
//!
//! Sources: the truncated geometric law, W. Feller, An Introduction to Probability Theory (1968), VI; the jittered sleeps, M.
//! Brooker, Exponential Backoff and Jitter, AWS Architecture Blog (2015); amplification over layers, Site Reliability
//! Engineering, chapter 22 (Google, 2016).
//!
//! Symbols: q the probability that an attempt fails, r the most retries after the first attempt. Valid for attempts that fail
//! independently: real overload makes q grow with the attempts, which is what the simulation is for.

use super::one_minus_exp;
use super::quadrature::between;
use super::{NoSteadyState, integer_power, not_negative, positive, probability};
use crate::math::ln;

/// P(success) = 1 - q^(r+1).
pub fn p_success(q: f64, retries: u32) -> Result<f64, NoSteadyState> {
    probability(q, "probability of failure")?;
    Ok(if q == 0.0 {
        1.0
    } else {
        one_minus_exp(-ln(q) * (f64::from(retries) + 1.0))
    })
}

/// Mean number of attempts: (1 - q^(r+1)) / (1 - q), or r + 1 if all fail.
pub fn mean_attempts(q: f64, retries: u32) -> Result<f64, NoSteadyState> {
    let success = p_success(q, retries)?;
    Ok(if q == 1.0 {
        f64::from(retries) + 1.0
    } else {
        success / (1.0 - q)
    })
}

/// Attempts at the lowest of `layers` layers for one request, if each layer retries r times and all fail: (r+1)^layers.
pub fn amplification(retries: u32, layers: u32) -> f64 {
    integer_power(f64::from(retries) + 1.0, u64::from(layers))
}

/// How a backoff spreads the exponential sleep v = min(cap, base * 2^i).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jitter {
    /// Sleeps v.
    None,
    /// Sleeps uniformly between 0 and v.
    Full,
    /// Sleeps v/2, and uniformly up to v/2 more.
    Equal,
}

/// Mean and variance of the total sleep over `retries` retries, the first of which has exponent 0.
pub fn backoff_total(base: f64, cap: f64, retries: u32, jitter: Jitter) -> Result<(f64, f64), NoSteadyState> {
    not_negative(base, "base of the backoff")?;
    not_negative(cap, "cap of the backoff")?;
    let (mut sum, mut squares, mut sleep, mut left) = (0.0, 0.0, base, retries);
    while left > 0 && sleep < cap && sleep > 0.0 {
        sum += sleep;
        squares += sleep * sleep;
        sleep *= 2.0;
        left -= 1;
    }
    // From here on each sleep is the cap (or nothing, with a base of 0).
    let flat = if base > 0.0 { cap } else { 0.0 };
    sum += f64::from(left) * flat;
    squares += f64::from(left) * flat * flat;
    Ok(match jitter {
        Jitter::None => (sum, 0.0),
        Jitter::Full => (sum / 2.0, squares / 12.0),
        Jitter::Equal => (sum * 0.75, squares / 48.0),
    })
}

/// Mean total sleep of a call whose attempts fail with probability q: the sleep before retry i happens with probability q^i.
pub fn expected_backoff(
    q: f64,
    base: f64,
    cap: f64,
    retries: u32,
    jitter: Jitter,
) -> Result<f64, NoSteadyState> {
    probability(q, "probability of failure")?;
    not_negative(base, "base of the backoff")?;
    not_negative(cap, "cap of the backoff")?;
    let (mut reached, mut sum, mut sleep, mut left) = (q, 0.0, base, retries);
    while left > 0 && sleep < cap && sleep > 0.0 {
        sum += reached * sleep;
        reached *= q;
        sleep *= 2.0;
        left -= 1;
    }
    // From here on each sleep is the cap (or nothing, with a base of 0): a geometric sum.
    if left > 0 && base > 0.0 {
        sum += cap * reached * mean_attempts(q, left - 1)?;
    }
    Ok(match jitter {
        Jitter::None => sum,
        Jitter::Full => sum / 2.0,
        Jitter::Equal => sum * 0.75,
    })
}

/// A call with a timeout for each try, a fixed wait between tries, and independent latencies without queueing.
#[derive(Debug, Clone, Copy)]
pub struct TimedRetry<S> {
    timeout: f64,
    wait: f64,
    retries: u32,
    survival: S,
}

impl<S: Fn(f64) -> f64> TimedRetry<S> {
    /// `survival(t)` = P(one try takes longer than t); fails if no try can succeed.
    pub fn new(timeout: f64, wait: f64, retries: u32, survival: S) -> Result<TimedRetry<S>, NoSteadyState> {
        positive(timeout, "timeout")?;
        not_negative(wait, "wait between tries")?;
        let late = probability(survival(timeout), "survival function")?;
        positive(1.0 - late, "probability of an answer in time")?;
        Ok(TimedRetry {
            timeout,
            wait,
            retries,
            survival,
        })
    }

    /// Probability that a try times out.
    pub fn p_timeout(&self) -> f64 {
        (self.survival)(self.timeout)
    }

    /// Probability that some try answers in time.
    pub fn p_success(&self) -> f64 {
        1.0 - integer_power(self.p_timeout(), u64::from(self.retries) + 1)
    }

    /// Mean number of tries.
    pub fn mean_attempts(&self) -> f64 {
        self.p_success() / (1.0 - self.p_timeout())
    }

    /// Mean latency of the calls that succeed, waits and timed-out tries included.
    pub fn mean_latency_of_success(&self) -> f64 {
        let q = self.p_timeout();
        let in_time = between(0.0, self.timeout, |t| (self.survival)(t) - q) / (1.0 - q);
        // Given success, the number of failures before it is geometric, cut off after the last retry.
        let all = f64::from(self.retries) + 1.0;
        let lost = integer_power(q, u64::from(self.retries) + 1);
        let failures = q / (1.0 - q) - all * lost / (1.0 - lost);
        in_time + failures * (self.timeout + self.wait)
    }

    /// P(latency > t | success).
    pub fn survival_of_success(&self, t: f64) -> f64 {
        let (q, round) = (self.p_timeout(), self.timeout + self.wait);
        let tries = u64::from(self.retries) + 1;
        let whole = (t / round).floor();
        if whole >= tries as f64 {
            return 0.0;
        }
        let failed = whole as u64;
        let into = (t - whole * round).min(self.timeout);
        let lost = integer_power(q, tries);
        // Still open: those who failed all tries so far and, in the present one, are late or not there yet.
        let open =
            integer_power(q, failed) * ((self.survival)(into) - q) + integer_power(q, failed + 1) - lost;
        open / (1.0 - lost)
    }

    /// The p-quantile of the latency of the calls that succeed; None if p is not in [0, 1).
    pub fn quantile_of_success(&self, p: f64) -> Option<f64> {
        super::quantile::quantile(p, self.timeout, |t| self.survival_of_success(t))
    }
}

/// Mean number of clients who wait to try again, at one exponential worker without a queue (M/M/1 retrial queue).
///
/// rho (rho + lambda / theta) / (1 - rho), each client trying again after Exp(theta), for ever: G. I. Falin and J. G. C.
/// Templeton, Retrial Queues (1997), 1.2. The load counts fresh arrivals only; valid for rho < 1.
pub fn mean_retrying(arrival_rate: f64, service_rate: f64, retry_rate: f64) -> Result<f64, NoSteadyState> {
    not_negative(arrival_rate, "arrival rate")?;
    positive(service_rate, "service rate")?;
    positive(retry_rate, "retry rate")?;
    let rho = super::keeps_up(arrival_rate / service_rate)?;
    Ok(rho * (rho + arrival_rate / retry_rate) / (1.0 - rho))
}
