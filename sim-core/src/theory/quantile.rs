//! Quantiles of any law on the positive line, by bisection of its survival function.
//!
//! The survival function P(T > t) is used rather than the distribution function, since it keeps its digits in the tail.

/// The smallest t with P(T > t) <= 1 - p, to about the last digit; `scale` is any guess of the size of the answer.
/// None if p is not in [0, 1), or if the tail never gets that thin.
pub(super) fn quantile(p: f64, scale: f64, survival: impl Fn(f64) -> f64) -> Option<f64> {
    let sensible = (0.0..1.0).contains(&p) && scale > 0.0 && scale.is_finite();
    if !sensible {
        return None;
    }
    let tail = 1.0 - p;
    if survival(0.0) <= tail {
        return Some(0.0);
    }
    let (mut low, mut high) = (0.0, scale);
    while survival(high) > tail {
        low = high;
        high *= 2.0;
        if high > 1e300 {
            return None;
        }
    }
    // A survival function that never falls to 1 - p above zero would halve for a thousand steps; 200 is plenty.
    for _ in 0..200 {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if survival(middle) > tail {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_quantiles_and_refusals() {
        let survival = |t: f64| (-3.0 * t).exp();
        for p in [0.1, 0.5, 0.99, 0.999_999] {
            let expected = -(1.0_f64 - p).ln() / 3.0;
            let got = quantile(p, 1.0, survival).unwrap();
            assert!(
                (got / expected - 1.0).abs() < 1e-13,
                "p = {p}: {got} and {expected}"
            );
        }
        assert_eq!(quantile(0.0, 1.0, survival), Some(0.0));
        assert_eq!(quantile(1.0, 1.0, survival), None);
        assert_eq!(quantile(f64::NAN, 1.0, survival), None);
        assert_eq!(quantile(0.5, 1.0, |_| 1.0), None);
    }
}
