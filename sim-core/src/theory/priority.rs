//! Priorities and size-aware order: who waits less, and at whose cost.
//!
//! Sources: A. Cobham, Priority assignment in waiting line problems (1954), as in L. Kleinrock, Queueing Systems vol. 2 (1976), 3;
//! L. E. Schrage and L. W. Miller, The queue M/G/1 with the shortest remaining processing time discipline (1966); T. E.
//! Phipps, Machine repair as a priority waiting-line problem (1956), for shortest job first; M. Harchol-Balter, Performance
//! Modeling and Design of Computer Systems (2013), 31 to 33.
//!
//! Valid for Poisson arrivals of each class, one worker, order of arrival inside a class, and total utilization below 1.

use super::mg1::Mg1;
use super::quadrature::to_infinity;
use super::{NoSteadyState, keeps_up, not_negative, positive};
use crate::math::exp;

/// One class of requests; the first class of a list goes first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PriorityClass {
    /// Arrivals per second.
    pub arrival_rate: f64,
    /// Mean service time in seconds.
    pub mean_service: f64,
    /// Squared coefficient of variation of the service time.
    pub scv: f64,
}

/// Mean times of one class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassTimes {
    /// Mean wait if a service once begun goes on to its end.
    pub wait_nonpreemptive: f64,
    /// Mean sojourn if a service once begun goes on to its end.
    pub sojourn_nonpreemptive: f64,
    /// Mean sojourn if a higher class interrupts, and the work done is kept.
    pub sojourn_preemptive_resume: f64,
}

/// Mean times of each class, highest first. With s(k) the load of classes up to k and R(k) their sum of lambda E\[S^2\] / 2:
/// W(k) = R(all) / ((1 - s(k-1)) (1 - s(k))), and preempting E\[S\] / (1 - s(k-1)) + R(k) / ((1 - s(k-1)) (1 - s(k))).
pub fn classes(classes: &[PriorityClass]) -> Result<Vec<ClassTimes>, NoSteadyState> {
    let mut residuals = Vec::with_capacity(classes.len());
    for class in classes {
        not_negative(class.arrival_rate, "arrival rate")?;
        positive(class.mean_service, "mean service time")?;
        not_negative(class.scv, "scv of service")?;
        let second = class.mean_service * class.mean_service * (1.0 + class.scv);
        residuals.push(class.arrival_rate * second / 2.0);
    }
    keeps_up(classes.iter().map(|c| c.arrival_rate * c.mean_service).sum())?;
    let residual_of_all: f64 = residuals.iter().sum();
    let (mut above, mut residual) = (0.0, 0.0);
    Ok(classes
        .iter()
        .zip(&residuals)
        .map(|(class, own)| {
            let with_own = above + class.arrival_rate * class.mean_service;
            residual += own;
            let spare = (1.0 - above) * (1.0 - with_own);
            let wait = residual_of_all / spare;
            let times = ClassTimes {
                wait_nonpreemptive: wait,
                sojourn_nonpreemptive: wait + class.mean_service,
                sojourn_preemptive_resume: class.mean_service / (1.0 - above) + residual / spare,
            };
            above = with_own;
            times
        })
        .collect())
}

/// Load of the M/M/1 requests no larger than x mean services: rho (1 - e^-x (1 + x)).
fn load_up_to(rho: f64, x: f64) -> f64 {
    rho * (1.0 - exp(-x) * (1.0 + x))
}

/// Mean sojourn of M/M/1 with known sizes if the shortest remaining request always runs, preempting: the least possible.
pub fn srpt_mean_sojourn(arrival_rate: f64, service_rate: f64) -> Result<f64, NoSteadyState> {
    let rho = Mg1::new(arrival_rate, 1.0 / positive(service_rate, "service rate")?, 1.0)?.utilization();
    // Sizes in mean services. A request of size x waits for those that come before it, then runs with interruptions.
    let mean = to_infinity(1.0, |x| {
        let (rest, free) = (exp(-x), 1.0 - load_up_to(rho, x));
        let second = 2.0 - rest * (x * x + 2.0 * x + 2.0) + x * x * rest;
        rest * (rho * second / (2.0 * free * free) + 1.0 / free)
    });
    Ok(mean / service_rate)
}

/// Mean sojourn of M/M/1 with known sizes if the shortest waiting request is next, without preempting.
pub fn sjf_mean_sojourn(arrival_rate: f64, service_rate: f64) -> Result<f64, NoSteadyState> {
    let rho = Mg1::new(arrival_rate, 1.0 / positive(service_rate, "service rate")?, 1.0)?.utilization();
    let wait = to_infinity(1.0, |x| {
        let free = 1.0 - load_up_to(rho, x);
        exp(-x) * rho / (free * free)
    });
    Ok((wait + 1.0) / service_rate)
}
