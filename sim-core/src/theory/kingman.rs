//! G/G/c: the mean wait from two moments of gaps and service. These are approximations and bounds, not truth.
//!
//! Sources: J. F. C. Kingman, The single server queue in heavy traffic (1961) and Some inequalities for the queue GI/G/1
//! (1962); A. O. Allen, Probability, Statistics, and Queueing Theory (1978), after Cunneen; H. Sakasegawa, An approximation
//! formula (1977).
//!
//! Symbols: scv_gap and scv_service the squared coefficients of variation, rho = lambda E\[S\] / c. Exact in the limit of rho = 1;
//! for even gaps (D/M/1) the mean wait comes out 18 % too long at rho = 0.8, and twice as long as the truth at 0.5. Valid for rho < 1.

use super::mmc::Mmc;
use super::{NoSteadyState, not_negative, positive};
use crate::math::{exp, ln};

/// A G/G/c station known by its moments.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ggc {
    like: Mmc,
    arrival_rate: f64,
    mean_service: f64,
    workers: u32,
    scv_gap: f64,
    scv_service: f64,
}

impl Ggc {
    /// Arrivals per second, mean service time in seconds, workers, and both squared coefficients of variation.
    pub fn new(
        arrival_rate: f64,
        mean_service: f64,
        workers: u32,
        scv_gap: f64,
        scv_service: f64,
    ) -> Result<Ggc, NoSteadyState> {
        positive(mean_service, "mean service time")?;
        not_negative(scv_gap, "scv of gaps")?;
        not_negative(scv_service, "scv of service")?;
        let like = Mmc::new(arrival_rate, 1.0 / mean_service, workers)?;
        Ok(Ggc {
            like,
            arrival_rate,
            mean_service,
            workers,
            scv_gap,
            scv_service,
        })
    }

    /// rho, which is exact.
    pub fn utilization(&self) -> f64 {
        self.like.utilization()
    }

    /// (scv_gap + scv_service) / 2: how much longer the wait is than that of M/M/c.
    pub fn variability(&self) -> f64 {
        (self.scv_gap + self.scv_service) / 2.0
    }

    /// Approximate mean wait, Allen and Cunneen: that of M/M/c times the variability. With one worker it is Kingman's.
    ///
    /// Exact for M/M/c and M/G/1.
    pub fn mean_wait_allen_cunneen(&self) -> f64 {
        self.like.mean_wait() * self.variability()
    }

    /// Approximate mean wait, Sakasegawa: variability * rho^(sqrt(2 (c + 1)) - 1) / (c (1 - rho)) * E\[S\].
    pub fn mean_wait_sakasegawa(&self) -> f64 {
        let (rho, c) = (self.utilization(), f64::from(self.workers));
        if rho == 0.0 {
            return 0.0;
        }
        let power = exp(((2.0 * (c + 1.0)).sqrt() - 1.0) * ln(rho));
        self.variability() * power / (c * (1.0 - rho)) * self.mean_service
    }

    /// Kingman's upper bound of the mean wait with one worker: lambda (Var\[gap\] + Var\[S\]) / (2 (1 - rho)).
    ///
    /// None unless there is one worker and arrivals come at all.
    pub fn mean_wait_upper_bound(&self) -> Option<f64> {
        if self.workers != 1 || self.arrival_rate == 0.0 {
            return None;
        }
        let var_gap = self.scv_gap / (self.arrival_rate * self.arrival_rate);
        let var_service = self.scv_service * self.mean_service * self.mean_service;
        Some(self.arrival_rate * (var_gap + var_service) / (2.0 * (1.0 - self.utilization())))
    }
}

#[cfg(test)]
mod tests {
    use super::super::gim1::{Gaps, GiM1};
    use super::super::mg1::Mg1;
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a / b - 1.0).abs() < 1e-12
    }

    #[test]
    fn exact_where_it_should_be() {
        let mmc = Mmc::new(7.2, 1.0, 8).unwrap();
        assert!(close(
            Ggc::new(7.2, 1.0, 8, 1.0, 1.0).unwrap().mean_wait_allen_cunneen(),
            mmc.mean_wait()
        ));
        let mg1 = Mg1::new(0.8, 1.0, 4.0).unwrap();
        let approximate = Ggc::new(0.8, 1.0, 1, 1.0, 4.0).unwrap();
        assert!(close(approximate.mean_wait_allen_cunneen(), mg1.mean_wait()));
        assert!(close(approximate.mean_wait_sakasegawa(), mg1.mean_wait()));
        assert!(approximate.mean_wait_upper_bound().unwrap() > mg1.mean_wait());
    }

    #[test]
    fn even_gaps_are_overestimated_less_and_less_towards_saturation() {
        let mut before = f64::INFINITY;
        for rho in [0.5, 0.8, 0.9, 0.99, 0.999] {
            let exact = GiM1::new(rho, 1.0, Gaps::Deterministic).unwrap().mean_wait();
            let g = Ggc::new(rho, 1.0, 1, 0.0, 1.0).unwrap();
            let excess = g.mean_wait_allen_cunneen() / exact - 1.0;
            assert!(
                excess > 0.0 && excess < before,
                "rho = {rho}: {excess} after {before}"
            );
            assert!(g.mean_wait_upper_bound().unwrap() > exact);
            before = excess;
        }
        assert!(
            before < 0.001,
            "heavy traffic is the limit in which Kingman is exact: {before}"
        );
    }

    #[test]
    fn sakasegawa_is_close_to_erlang_c_for_many_workers() {
        let exact = Mmc::new(95.0, 1.0, 100).unwrap().mean_wait();
        let g = Ggc::new(95.0, 1.0, 100, 1.0, 1.0).unwrap();
        assert!((g.mean_wait_sakasegawa() / exact - 1.0).abs() < 0.05);
    }

    #[test]
    fn refuses_overload() {
        assert_eq!(
            Ggc::new(2.0, 1.0, 2, 1.0, 1.0),
            Err(NoSteadyState::Overloaded { utilization: 1.0 })
        );
    }
}
