//! Waiting behind others: the time until k completions have happened, then one's own service.
//!
//! All workers are busy while anyone waits, so completions come as a Poisson process and the wait is Erlang. The mixture
//! over what an arrival finds is summed by uniformization: A. Jensen, Markoff chains as an aid in the study of
//! Markoff processes (1953). All terms are positive, so nothing cancels.

use super::integer_power;
use super::quantile::quantile;

/// Poisson probabilities that matter (relative to the largest, above 1e-40): the first count, then one a count.
pub(super) fn poisson(mean: f64) -> (usize, Vec<f64>) {
    const NEGLIGIBLE: f64 = 1e-40;
    let mode = mean.floor();
    let mut below = Vec::new();
    let (mut weight, mut n) = (1.0, mode);
    while n >= 1.0 {
        weight *= n / mean;
        n -= 1.0;
        if weight < NEGLIGIBLE {
            n += 1.0;
            break;
        }
        below.push(weight);
    }
    let first = n as usize;
    below.reverse();
    let mut weights = below;
    weights.push(1.0);
    (weight, n) = (1.0, mode);
    loop {
        n += 1.0;
        weight *= mean / n;
        if weight < NEGLIGIBLE {
            break;
        }
        weights.push(weight);
    }
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|w| *w /= total);
    (first, weights)
}

/// The wait and the sojourn of a request that finds a random number of others before a station of c workers.
#[derive(Debug, Clone)]
pub(super) struct Staged {
    /// Completions per second while all workers are busy: c * service rate.
    completion_rate: f64,
    /// Probability that a given busy worker is not the one that completes: 1 - 1/c.
    others_first: f64,
    /// Index m: probability that the wait is not over after m completions.
    waiting: Vec<f64>,
    /// Index m: probability that the sojourn is not over after m events of the uniformized chain.
    present: Vec<f64>,
    /// The part of the last `present` that is in service, all of it once nobody waits.
    last_present: f64,
}

impl Staged {
    /// `found[n]` is the probability that an arrival finds n others; it is served in order of arrival.
    pub(super) fn new(found: &[f64], workers: u32, service_rate: f64) -> Staged {
        let c = workers as usize;
        let at_once: f64 = found.iter().take(c).sum();
        let behind = found.get(c..).unwrap_or(&[]);
        let others_first = 1.0 - 1.0 / f64::from(workers);
        let mut waiting: Vec<f64> = behind.to_vec();
        for m in (0..waiting.len().saturating_sub(1)).rev() {
            waiting[m] += waiting[m + 1];
        }
        let mut in_service = at_once;
        let mut present = Vec::with_capacity(behind.len() + 1);
        for (still, starts) in waiting.iter().zip(behind) {
            present.push(still + in_service);
            in_service = in_service * others_first + starts;
        }
        present.push(in_service);
        Staged {
            completion_rate: f64::from(workers) * service_rate,
            others_first,
            waiting,
            present,
            last_present: in_service,
        }
    }

    /// P(W > t).
    pub(super) fn wait_survival(&self, t: f64) -> f64 {
        let (first, weights) = poisson(self.completion_rate * t);
        let waiting = self.waiting.get(first..).unwrap_or(&[]);
        waiting
            .iter()
            .zip(&weights)
            .map(|(still, weight)| still * weight)
            .sum()
    }

    /// P(T > t).
    pub(super) fn sojourn_survival(&self, t: f64) -> f64 {
        let (first, weights) = poisson(self.completion_rate * t);
        // Past the last known index only the request's own service is left, which each event ends with probability 1/c.
        let known = self.present.len();
        let mut beyond =
            self.last_present * integer_power(self.others_first, first.saturating_sub(known) as u64);
        let mut sum = 0.0;
        for (m, weight) in (first..).zip(&weights) {
            let present = if m < known {
                self.present[m]
            } else {
                beyond *= self.others_first;
                beyond
            };
            sum += weight * present;
        }
        sum
    }

    /// The p-quantile of the wait; None if p is not in [0, 1).
    pub(super) fn wait_quantile(&self, p: f64) -> Option<f64> {
        quantile(p, 1.0 / self.completion_rate, |t| self.wait_survival(t))
    }

    /// The p-quantile of the sojourn; None if p is not in [0, 1).
    pub(super) fn sojourn_quantile(&self, p: f64) -> Option<f64> {
        quantile(p, 1.0 / self.completion_rate, |t| self.sojourn_survival(t))
    }
}
