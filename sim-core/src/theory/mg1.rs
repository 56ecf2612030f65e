//! M/G/1: Poisson arrivals, any law of service, one worker: means from the first two moments of service alone.
//!
//! Sources: Pollaczek (1930) and Khinchine (1932) for order of arrival, as in L. Kleinrock, Queueing Systems vol. 1 (1975),
//! 5.6; processor sharing and LCFS with preemptive resume: vol. 2 (1976), 4.4, and M. Harchol-Balter, Performance
//! Modeling and Design of Computer Systems (2013), 30 and 32.
//!
//! Symbols: lambda arrival rate, E\[S\] mean service time, scv = Var\[S\] / E\[S\]^2, rho = lambda E\[S\]. Valid for rho < 1.

use super::{NoSteadyState, integer_power, keeps_up, not_negative, positive, probability};

/// A stable M/G/1 station.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mg1 {
    arrival_rate: f64,
    mean_service: f64,
    scv: f64,
}

impl Mg1 {
    /// Arrivals per second, mean service time in seconds, and squared coefficient of variation of the service time.
    pub fn new(arrival_rate: f64, mean_service: f64, scv: f64) -> Result<Mg1, NoSteadyState> {
        not_negative(arrival_rate, "arrival rate")?;
        positive(mean_service, "mean service time")?;
        not_negative(scv, "scv of service")?;
        keeps_up(arrival_rate * mean_service)?;
        Ok(Mg1 {
            arrival_rate,
            mean_service,
            scv,
        })
    }

    /// As [`Mg1::new`], from E\[S\] and E\[S^2\].
    pub fn from_moments(arrival_rate: f64, mean: f64, second_moment: f64) -> Result<Mg1, NoSteadyState> {
        positive(mean, "mean service time")?;
        // Rounding may put the scv of a constant a little below zero.
        let scv = second_moment / (mean * mean) - 1.0;
        Mg1::new(arrival_rate, mean, if scv > -1e-9 { scv.max(0.0) } else { scv })
    }

    /// A worker that fails while it serves (rate `failure_rate`), is repaired, then goes on where it stopped.
    ///
    /// The time to complete a service C has E\[C\] = E\[S\] (1 + xi r) and E\[C^2\] = (1 + xi r)^2 E\[S^2\] + E\[S\] xi E\[R^2\]:
    /// B. Avi-Itzhak and P. Naor, Some queuing problems with the service station subject to breakdown (1963).
    pub fn with_breakdowns(
        self,
        failure_rate: f64,
        mean_repair: f64,
        scv_repair: f64,
    ) -> Result<Mg1, NoSteadyState> {
        not_negative(failure_rate, "failure rate")?;
        not_negative(mean_repair, "mean repair time")?;
        not_negative(scv_repair, "scv of repair")?;
        let stretch = 1.0 + failure_rate * mean_repair;
        let repair_second = mean_repair * mean_repair * (1.0 + scv_repair);
        let second =
            stretch * stretch * self.second_moment() + self.mean_service * failure_rate * repair_second;
        Mg1::from_moments(self.arrival_rate, self.mean_service * stretch, second)
    }

    /// E\[S^2\].
    pub fn second_moment(&self) -> f64 {
        self.mean_service * self.mean_service * (1.0 + self.scv)
    }

    /// rho, the busy fraction of time, which is also the fraction of requests that wait.
    pub fn utilization(&self) -> f64 {
        self.arrival_rate * self.mean_service
    }

    /// E\[W\] = lambda E\[S^2\] / (2 (1 - rho)), in any order that doesn't look at sizes and doesn't preempt.
    pub fn mean_wait(&self) -> f64 {
        self.arrival_rate * self.second_moment() / (2.0 * (1.0 - self.utilization()))
    }

    /// E\[T\] = E\[W\] + E\[S\].
    pub fn mean_sojourn(&self) -> f64 {
        self.mean_wait() + self.mean_service
    }

    /// Mean number waiting, by Little's law.
    pub fn mean_queue(&self) -> f64 {
        self.arrival_rate * self.mean_wait()
    }

    /// Mean number waiting or in service, by Little's law.
    pub fn mean_in_system(&self) -> f64 {
        self.arrival_rate * self.mean_sojourn()
    }

    /// Mean sojourn under processor sharing, or LCFS with preemptive resume: E\[S\] / (1 - rho), whatever the scv.
    pub fn shared_mean_sojourn(&self) -> f64 {
        self.mean_service / (1.0 - self.utilization())
    }

    /// Mean sojourn of a request of the given size (seconds of service) under processor sharing: size / (1 - rho).
    pub fn shared_mean_sojourn_of_size(&self, size: f64) -> f64 {
        size / (1.0 - self.utilization())
    }

    /// Mean of sojourn / size under processor sharing, the same for every size: 1 / (1 - rho).
    pub fn shared_mean_slowdown(&self) -> f64 {
        1.0 / (1.0 - self.utilization())
    }

    /// Mean number in the system under processor sharing or LCFS with preemptive resume.
    pub fn shared_mean_in_system(&self) -> f64 {
        self.arrival_rate * self.shared_mean_sojourn()
    }

    /// P(N >= n) under processor sharing or LCFS with preemptive resume: rho^n, whatever the scv.
    pub fn shared_p_at_least(&self, n: u32) -> f64 {
        integer_power(self.utilization(), u64::from(n))
    }
}

/// Variance of the sojourn of M/M/1 under processor sharing: (2 + rho) / ((2 - rho) (mu - lambda)^2).
///
/// E. G. Coffman, R. R. Muntz and H. Trotter, Waiting time distributions for processor-sharing systems (1970).
pub fn mm1_shared_var_sojourn(arrival_rate: f64, service_rate: f64) -> Result<f64, NoSteadyState> {
    let station = Mg1::new(arrival_rate, 1.0 / positive(service_rate, "service rate")?, 1.0)?;
    let (rho, mean) = (station.utilization(), station.shared_mean_sojourn());
    Ok((2.0 + rho) / (2.0 - rho) * mean * mean)
}

/// Mean number in an M/M/1 whose requests come in batches: lambda_b (E\[X\] + E\[X^2\]) / (2 (mu - lambda_b E\[X\])).
///
/// Source: Gross and Harris (1985), 3.1. `batch_rate` batches per second, X requests each, `service_rate` per request.
pub fn batch_arrivals_mean_in_system(
    batch_rate: f64,
    mean_batch: f64,
    second_moment_of_batch: f64,
    service_rate: f64,
) -> Result<f64, NoSteadyState> {
    not_negative(batch_rate, "batch rate")?;
    positive(mean_batch, "mean batch")?;
    positive(second_moment_of_batch, "second moment of the batch")?;
    positive(service_rate, "service rate")?;
    keeps_up(batch_rate * mean_batch / service_rate)?;
    Ok(batch_rate * (mean_batch + second_moment_of_batch) / (2.0 * (service_rate - batch_rate * mean_batch)))
}

/// Mean sojourn of an M/M/1 that is switched off when empty and needs an exponential setup to start again.
///
/// E\[T\] = 1/(mu - lambda) + 1/alpha: P. D. Welch (1964); Harchol-Balter (2013), 27.
pub fn setup_mean_sojourn(
    arrival_rate: f64,
    service_rate: f64,
    mean_setup: f64,
) -> Result<f64, NoSteadyState> {
    not_negative(arrival_rate, "arrival rate")?;
    positive(service_rate, "service rate")?;
    not_negative(mean_setup, "mean setup time")?;
    keeps_up(arrival_rate / service_rate)?;
    Ok(1.0 / (service_rate - arrival_rate) + mean_setup)
}

/// Mean number in an M/M/1 whose worker fails and is repaired at all times, idle too, and resumes its work.
///
/// lambda ((xi + eta)^2 + mu xi) / ((xi + eta) (mu eta - lambda (xi + eta))): H. White and L. S. Christie, Queuing with
/// preemptive priorities or with breakdown (1958); failure rate xi, repair rate eta.
pub fn breakdown_mean_in_system(
    arrival_rate: f64,
    service_rate: f64,
    failure_rate: f64,
    repair_rate: f64,
) -> Result<f64, NoSteadyState> {
    not_negative(arrival_rate, "arrival rate")?;
    positive(service_rate, "service rate")?;
    not_negative(failure_rate, "failure rate")?;
    positive(repair_rate, "repair rate")?;
    let (sum, capacity) = (failure_rate + repair_rate, service_rate * repair_rate);
    keeps_up(arrival_rate * sum / capacity)?;
    Ok(arrival_rate * (sum * sum + service_rate * failure_rate) / (sum * (capacity - arrival_rate * sum)))
}

/// P(no request present) of the station of [`breakdown_mean_in_system`]: (A - rho) (1 + xi / (lambda + eta)).
///
/// Up and empty is what availability A leaves beside the work; down and empty are failures since, without arrivals.
pub fn breakdown_p_empty(
    arrival_rate: f64,
    service_rate: f64,
    failure_rate: f64,
    repair_rate: f64,
) -> Result<f64, NoSteadyState> {
    breakdown_mean_in_system(arrival_rate, service_rate, failure_rate, repair_rate)?;
    let up_and_empty = repair_rate / (failure_rate + repair_rate) - arrival_rate / service_rate;
    Ok(up_and_empty * (1.0 + failure_rate / (arrival_rate + repair_rate)))
}

/// The arrival rate that a feedback loop makes of fresh arrivals: lambda / (1 - q) if each finish repeats with probability q.
pub fn with_feedback(arrival_rate: f64, repeat_probability: f64) -> Result<f64, NoSteadyState> {
    not_negative(arrival_rate, "arrival rate")?;
    keeps_up(probability(repeat_probability, "probability of a repeat")?)?;
    Ok(arrival_rate / (1.0 - repeat_probability))
}
