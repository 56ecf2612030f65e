//! Little's law: mean number in = rate through * mean time in, for every stable system, any boundary, any laws.
//!
//! Source: J. D. C. Little, A proof for the queuing formula L = lambda W (1961); S. Stidham (1974) for sample paths.

/// L = lambda W: mean number in the system, from requests per second and mean seconds in it.
pub fn mean_in_system(rate: f64, mean_time: f64) -> f64 {
    rate * mean_time
}

/// W = L / lambda; None without arrivals.
pub fn mean_time(rate: f64, mean_in_system: f64) -> Option<f64> {
    (rate > 0.0).then(|| mean_in_system / rate)
}

/// |L - lambda W| relative to the larger side, 0 if both are 0: how far three measured numbers break the law.
///
/// Over a finite run the law holds up to the requests in the system at its two ends.
pub fn discrepancy(rate: f64, mean_time: f64, mean_in_system: f64) -> f64 {
    let product = rate * mean_time;
    let larger = product.abs().max(mean_in_system.abs());
    if larger == 0.0 {
        0.0
    } else {
        (product - mean_in_system).abs() / larger
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_sides_of_one_law() {
        assert_eq!(mean_in_system(200.0, 0.05), 10.0);
        assert_eq!(mean_time(200.0, 10.0), Some(0.05));
        assert_eq!(mean_time(0.0, 0.0), None);
        assert_eq!(discrepancy(200.0, 0.05, 10.0), 0.0);
        assert!((discrepancy(200.0, 0.05, 8.0) - 0.2).abs() < 1e-15);
        assert_eq!(discrepancy(0.0, 0.0, 0.0), 0.0);
    }
}
