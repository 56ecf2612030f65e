//! The Universal Scalability Law: throughput against size, limited by contention and by keeping state coherent.
//!
//! Source: N. J. Gunther, Guerrilla Capacity Planning (2007), 4 to 6: X(N) = gamma N / (1 + alpha (N - 1) + beta N (N - 1)), with
//! alpha the serial fraction, beta the cost of coherence between each pair, gamma the throughput of one. Valid for N >= 1.
//! beta = 0 is Amdahl's law.

use super::{NoSteadyState, not_negative, positive};

/// The three coefficients.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usl {
    alpha: f64,
    beta: f64,
    gamma: f64,
}

impl Usl {
    /// alpha in [0, 1], beta at least 0, gamma above 0 in requests per second.
    pub fn new(alpha: f64, beta: f64, gamma: f64) -> Result<Usl, NoSteadyState> {
        super::probability(alpha, "contention alpha")?;
        not_negative(beta, "coherence beta")?;
        positive(gamma, "throughput of one")?;
        Ok(Usl { alpha, beta, gamma })
    }

    /// X(N), in requests per second.
    pub fn throughput(&self, size: f64) -> f64 {
        self.gamma * size * self.efficiency(size)
    }

    /// X(N) / (N X(1)): the part of a worker's speed that is left when N work.
    pub fn efficiency(&self, size: f64) -> f64 {
        1.0 / (1.0 + self.alpha * (size - 1.0) + self.beta * size * (size - 1.0))
    }

    /// The size of most throughput, sqrt((1 - alpha) / beta), at least 1; None if more is always better.
    pub fn peak_size(&self) -> Option<f64> {
        (self.beta > 0.0).then(|| ((1.0 - self.alpha) / self.beta).sqrt().max(1.0))
    }

    /// The most throughput at any size: that of the peak, or gamma / alpha if there is none; None if it grows for ever.
    pub fn limit(&self) -> Option<f64> {
        match self.peak_size() {
            Some(size) => Some(self.throughput(size)),
            None => (self.alpha > 0.0).then(|| self.gamma / self.alpha),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published fits of the R package usl (Moeding and Gunther), its vignette and tests.
    #[test]
    fn published_fits() {
        let raytracer = Usl::new(0.057771, 0.0, 21.848843).unwrap();
        assert!((raytracer.throughput(96.0) - 323.3).abs() < 0.1);
        assert!((raytracer.throughput(128.0) - 335.5).abs() < 0.1);
        assert!((raytracer.limit().unwrap() - 378.0).abs() < 0.5);
        assert_eq!(raytracer.peak_size(), None);
        let specsdm91 = Usl::new(0.0277285, 0.0001044, 89.9952384).unwrap();
        assert!((specsdm91.peak_size().unwrap() - 96.51956).abs() < 0.05);
        assert!((specsdm91.limit().unwrap() - 1884.0).abs() < 1.0);
    }

    #[test]
    fn one_is_gamma_and_linear_has_no_limit() {
        let linear = Usl::new(0.0, 0.0, 5.0).unwrap();
        assert_eq!(linear.throughput(1.0), 5.0);
        assert_eq!(linear.throughput(40.0), 200.0);
        assert_eq!(linear.limit(), None);
        assert!(Usl::new(f64::NAN, 0.0, 1.0).is_err());
    }
}
