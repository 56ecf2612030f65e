//! M/M/c/K: as M/M/c, with room for K requests, in service included; an arrival that finds K is refused.
//!
//! Source: D. Gross and C. M. Harris, Fundamentals of Queueing Theory (1985), 2.4 and 2.5. Birth-death chain on 0..K; an
//! accepted request sees p(n) / (1 - p(K)) and, at n >= c, waits for n - c + 1 completions: Erlang(n - c + 1, c mu).
//! Valid for every load, overload included, since refusals keep it steady. K = c is Erlang's loss system.

use super::birth_death::stationary;
use super::stages::Staged;
use super::{MOST_STATES, NoSteadyState, count, not_negative, positive};

/// An M/M/c/K station.
#[derive(Debug, Clone)]
pub struct Mmck {
    service_rate: f64,
    workers: u32,
    /// P(N = n), n from 0 to K.
    in_system: Vec<f64>,
    accepted: Staged,
}

impl Mmck {
    /// Rates are per second; `room` is K, at least the number of workers.
    pub fn new(arrival_rate: f64, service_rate: f64, workers: u32, room: u32) -> Result<Mmck, NoSteadyState> {
        not_negative(arrival_rate, "arrival rate")?;
        positive(service_rate, "service rate")?;
        count(workers, "workers")?;
        if room < workers || u64::from(room) > MOST_STATES {
            return Err(NoSteadyState::OutOfRange("room"));
        }
        let in_system = stationary(
            room as usize,
            |_| arrival_rate,
            |n| service_rate * f64::from(workers).min(n as f64),
        );
        // Dividing by 1 - p(K) would lose digits under heavy overload; the sum of the others doesn't.
        let others = &in_system[..room as usize];
        let accepted: f64 = others.iter().sum();
        let found: Vec<f64> = others.iter().map(|p| p / accepted).collect();
        let accepted = Staged::new(&found, workers, service_rate);
        Ok(Mmck {
            service_rate,
            workers,
            in_system,
            accepted,
        })
    }

    /// P(N = n) for n from 0 to K.
    pub fn probabilities(&self) -> &[f64] {
        &self.in_system
    }

    /// The fraction of requests refused, p(K).
    pub fn p_block(&self) -> f64 {
        self.in_system[self.in_system.len() - 1]
    }

    /// P(N = 0).
    pub fn p_empty(&self) -> f64 {
        self.in_system[0]
    }

    /// Accepted requests per second.
    pub fn throughput(&self) -> f64 {
        self.busy() * self.service_rate
    }

    /// Mean number of busy workers.
    fn busy(&self) -> f64 {
        let c = f64::from(self.workers);
        self.in_system
            .iter()
            .enumerate()
            .map(|(n, p)| p * c.min(n as f64))
            .sum()
    }

    /// The busy fraction of worker-time.
    pub fn utilization(&self) -> f64 {
        self.busy() / f64::from(self.workers)
    }

    /// Mean number waiting or in service.
    pub fn mean_in_system(&self) -> f64 {
        self.in_system.iter().enumerate().map(|(n, p)| p * n as f64).sum()
    }

    /// Mean number waiting.
    pub fn mean_queue(&self) -> f64 {
        let c = self.workers as usize;
        self.in_system
            .iter()
            .enumerate()
            .skip(c)
            .map(|(n, p)| p * (n - c) as f64)
            .sum()
    }

    /// Fraction of the accepted requests that wait.
    pub fn p_wait(&self) -> f64 {
        self.accepted.wait_survival(0.0)
    }

    /// Mean wait of accepted requests; 0 without arrivals.
    pub fn mean_wait(&self) -> f64 {
        let throughput = self.throughput();
        if throughput > 0.0 {
            self.mean_queue() / throughput
        } else {
            0.0
        }
    }

    /// Mean sojourn of accepted requests.
    pub fn mean_sojourn(&self) -> f64 {
        self.mean_wait() + 1.0 / self.service_rate
    }

    /// P(W > t) of accepted requests.
    pub fn wait_survival(&self, t: f64) -> f64 {
        self.accepted.wait_survival(t)
    }

    /// P(T > t) of accepted requests.
    pub fn sojourn_survival(&self, t: f64) -> f64 {
        self.accepted.sojourn_survival(t)
    }

    /// The p-quantile of the wait of accepted requests; None if p is not in [0, 1).
    pub fn wait_quantile(&self, p: f64) -> Option<f64> {
        self.accepted.wait_quantile(p)
    }

    /// The p-quantile of the sojourn of accepted requests; None if p is not in [0, 1).
    pub fn sojourn_quantile(&self, p: f64) -> Option<f64> {
        self.accepted.sojourn_quantile(p)
    }
}

/// Blocking per class and mean busy slots of a loss system whose classes need different numbers of slots at once.
///
/// Source: J. S. Kaufman, Blocking in a shared resource environment (1981); J. W. Roberts (1981). Each class is
/// (offered load in erlangs, slots that one request holds), the slots at least 1; insensitive to the law of service.
pub fn kaufman_roberts(slots: u32, classes: &[(f64, u32)]) -> Result<(Vec<f64>, f64), NoSteadyState> {
    count(slots, "slots")?;
    for &(offered, each) in classes {
        not_negative(offered, "offered load")?;
        count(each, "slots of a class")?;
    }
    if u64::from(slots).saturating_mul(classes.len() as u64) > 100 * MOST_STATES {
        return Err(NoSteadyState::OutOfRange("number of classes"));
    }
    let top = slots as usize;
    let mut busy = vec![1.0];
    for j in 1..=top {
        let flow: f64 = classes
            .iter()
            .filter(|c| c.1 as usize <= j)
            .map(|c| c.0 * f64::from(c.1) * busy[j - c.1 as usize])
            .sum();
        let weight = flow / j as f64;
        busy.push(weight);
        if weight > 1e250 {
            busy.iter_mut().for_each(|w| *w /= 1e250);
        }
    }
    let total: f64 = busy.iter().sum();
    let blocked = classes
        .iter()
        .map(|c| busy.iter().rev().take(c.1 as usize).sum::<f64>() / total)
        .collect::<Vec<_>>();
    let mean = busy.iter().enumerate().map(|(j, w)| j as f64 * w).sum::<f64>() / total;
    Ok((blocked, mean))
}
