//! Impatience: requests in the queue of an M/M/c give up, after a random patience or after a fixed timeout.
//!
//! Sources: C. Palm (1957) for random patience (Erlang A), as in O. Garnett, A. Mandelbaum and M. Reiman, Designing a call center
//! with impatient customers (2002); D. Y. Barrer, Queuing with impatient customers and ordered service (1957), and F. Baccelli
//! and G. Hebuterne, On queues with impatient customers (1981), for a fixed one.
//!
//! Valid for every load, since giving up keeps the queue steady. Requests in service never give up.

use super::birth_death::stationary;
use super::mmc::erlang_b;
use super::one_minus_exp;
use super::quadrature::between;
use super::{MOST_STATES, NoSteadyState, count, positive};
use crate::math::exp;

/// What impatience makes of a station.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Impatient {
    /// Fraction of requests that find all workers busy.
    pub p_wait: f64,
    /// Fraction of requests that give up.
    pub p_abandon: f64,
    /// Mean number waiting.
    pub mean_queue: f64,
    /// Mean time in the queue over all requests, those who give up included.
    pub mean_time_in_queue: f64,
    /// Requests served per second.
    pub throughput: f64,
    /// Busy fraction of worker-time.
    pub utilization: f64,
}

/// M/M/c+M (Erlang A): patience in the queue is exponential with the given mean, in seconds.
pub fn erlang_a(
    arrival_rate: f64,
    service_rate: f64,
    workers: u32,
    mean_patience: f64,
) -> Result<Impatient, NoSteadyState> {
    positive(arrival_rate, "arrival rate")?;
    positive(service_rate, "service rate")?;
    positive(mean_patience, "mean patience")?;
    let c = f64::from(count(workers, "workers")?);
    // From here on departures are more than twice the arrivals, so another 200 states leave out less than 2^-200.
    let last = c + (2.0 * arrival_rate * mean_patience).ceil() + 200.0;
    if last > MOST_STATES as f64 {
        return Err(NoSteadyState::OutOfRange("mean patience"));
    }
    let departures = |n: usize| {
        let n = n as f64;
        c.min(n) * service_rate + (n - c).max(0.0) / mean_patience
    };
    let law = stationary(last as usize, |_| arrival_rate, departures);
    let busy: f64 = law.iter().enumerate().map(|(n, p)| p * c.min(n as f64)).sum();
    let p_wait = law.iter().skip(workers as usize).sum();
    let mean_queue: f64 = law
        .iter()
        .enumerate()
        .map(|(n, p)| p * (n as f64 - c).max(0.0))
        .sum();
    Ok(Impatient {
        p_wait,
        p_abandon: mean_queue / (mean_patience * arrival_rate),
        mean_queue,
        mean_time_in_queue: mean_queue / arrival_rate,
        throughput: busy * service_rate,
        utilization: busy / c,
    })
}

/// M/M/c+D: a request that is not in service `timeout` seconds after its arrival leaves the queue.
///
/// The wait that an arrival would need has density lambda p(c-1) e^(lambda min(x, timeout) - c mu x), x > 0.
pub fn queue_timeout(
    arrival_rate: f64,
    service_rate: f64,
    workers: u32,
    timeout: f64,
) -> Result<Impatient, NoSteadyState> {
    positive(arrival_rate, "arrival rate")?;
    positive(service_rate, "service rate")?;
    positive(timeout, "timeout")?;
    let c = f64::from(count(workers, "workers")?);
    let spare = c * service_rate - arrival_rate;
    // Relative to its value at the end where it is largest, so that no power overflows under overload.
    let top = if spare < 0.0 { spare * timeout } else { 0.0 };
    let idle_share = if workers == 1 {
        1.0
    } else {
        erlang_b(arrival_rate / service_rate, workers - 1)?
    };
    let not_all_busy = exp(top) / (idle_share * arrival_rate);
    let in_time = if spare == 0.0 {
        timeout
    } else {
        one_minus_exp(spare.abs() * timeout) / spare.abs()
    };
    let late = exp(top - spare * timeout) / (c * service_rate);
    let total = not_all_busy + in_time + late;
    let first_moment = between(0.0, timeout, |x| x * exp(top - spare * x));
    let p_abandon = late / total;
    let mean_time_in_queue = first_moment / total + timeout * p_abandon;
    let throughput = arrival_rate * (1.0 - p_abandon);
    Ok(Impatient {
        p_wait: (in_time + late) / total,
        p_abandon,
        mean_queue: arrival_rate * mean_time_in_queue,
        mean_time_in_queue,
        throughput,
        utilization: throughput / (c * service_rate),
    })
}

/// Mean wait of the requests that are served under [`queue_timeout`]; those who leave waited the whole timeout.
pub fn mean_wait_of_served(station: &Impatient, timeout: f64) -> f64 {
    let served = 1.0 - station.p_abandon;
    if served > 0.0 {
        (station.mean_time_in_queue - timeout * station.p_abandon).max(0.0) / served
    } else {
        0.0
    }
}
