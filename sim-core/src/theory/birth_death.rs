//! The stationary law of a birth-death chain, safe from overflow for any load and any number of states.
//!
//! Source: L. Kleinrock, Queueing Systems vol. 1 (1975), 3.1: p(n+1) = p(n) birth(n) / death(n+1).

/// Probabilities of 0..=last, where `birth(n)` is the rate from n to n+1 and `death(n)` the rate from n to n-1.
pub(super) fn stationary(
    last: usize,
    birth: impl Fn(usize) -> f64,
    death: impl Fn(usize) -> f64,
) -> Vec<f64> {
    // Weights are kept below this bound by scaling down all before; what underflows is negligible.
    const BOUND: f64 = 1e250;
    let mut weights = Vec::with_capacity(last + 1);
    let mut weight: f64 = 1.0;
    weights.push(weight);
    for n in 0..last {
        // A ratio this large leaves nothing below it that a sum could show.
        weight *= (birth(n) / death(n + 1)).min(1e50);
        if weight > BOUND {
            weights.iter_mut().for_each(|w| *w /= BOUND);
            weight /= BOUND;
        }
        weights.push(weight);
    }
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|w| *w /= total);
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn geometric_and_heavy_overload() {
        let p = stationary(3, |_| 1.0, |_| 2.0);
        for (n, expected) in [8.0, 4.0, 2.0, 1.0].iter().enumerate() {
            assert!((p[n] - expected / 15.0).abs() < 1e-15);
        }
        let p = stationary(500, |_| 1e10, |_| 1.0);
        assert!((p[500] - 1.0).abs() < 1e-9 && p.iter().all(|w| w.is_finite()));
    }
}
