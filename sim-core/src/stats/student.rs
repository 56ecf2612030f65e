//! Student's t distribution for whole degrees of freedom, by nothing but `+ - * /` and the square root, so that an
//! interval has the same bits on every platform.
//!
//! The two-sided tail is the regularized incomplete beta function `I_x(v/2, 1/2)` at `x = v / (v + t^2)` (Abramowitz
//! and Stegun 1964, 26.7.1); its continued fraction (26.5.8) is evaluated by Lentz's method as in Press et al.,
//! "Numerical Recipes", 6.4. Because both parameters are multiples of 1/2, the factor before the fraction needs no
//! logarithm: powers are repeated products and the complete beta function follows from `B(a+1, 1/2) = B(a, 1/2) a / (a + 1/2)`.

/// Degrees of freedom above which the distribution is taken to be normal to within 0.02 % of its quantiles.
const MOST_DEGREES: u32 = 4096;

/// The probability that the absolute value of a t variable exceeds `|t|`: a two-sided p-value. At least 1 degree of
/// freedom is assumed.
pub fn two_sided_tail(t: f64, degrees: u32) -> f64 {
    let degrees = degrees.clamp(1, MOST_DEGREES);
    let v = f64::from(degrees);
    let square = t * t;
    if square.is_nan() {
        return f64::NAN;
    }
    if square.is_infinite() {
        return 0.0;
    }
    let (x, y) = (v / (v + square), square / (v + square));
    if x == 0.0 || y == 0.0 {
        return if x == 0.0 { 0.0 } else { 1.0 };
    }
    let (a, b) = (0.5 * v, 0.5);
    // x^a (1-x)^b / B(a, b), x^a being the v-th power of the root of x.
    let front = power(x.sqrt(), degrees) * y.sqrt() / complete_beta(degrees);
    if x < (a + 1.0) / (a + b + 2.0) {
        front * continued_fraction(a, b, x) / a
    } else {
        1.0 - front * continued_fraction(b, a, y) / b
    }
}

/// The t for which a fraction `confidence` of the distribution lies between `-t` and `t`: 0.95 gives the 97.5 %
/// quantile. `confidence` is clamped to 0..1 (both excluded), degrees of freedom to at least 1.
pub fn critical(confidence: f64, degrees: u32) -> f64 {
    let tail = (1.0 - confidence).clamp(1e-15, 1.0 - 1e-15);
    let (mut low, mut high) = (0.0, 1.0);
    while two_sided_tail(high, degrees) > tail && high < 1e15 {
        low = high;
        high *= 2.0;
    }
    for _ in 0..64 {
        let middle = 0.5 * (low + high);
        if two_sided_tail(middle, degrees) > tail {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// B(degrees/2, 1/2), from B(1/2, 1/2) = pi or B(1, 1/2) = 2.
fn complete_beta(degrees: u32) -> f64 {
    let odd = degrees % 2 == 1;
    let (mut a, mut beta) = if odd {
        (0.5, std::f64::consts::PI)
    } else {
        (1.0, 2.0)
    };
    for _ in 0..(degrees - 1) / 2 {
        beta *= a / (a + 0.5);
        a += 1.0;
    }
    beta
}

/// `base^exponent` by repeated squaring; the standard `powi` doesn't promise the same bits everywhere.
fn power(mut base: f64, mut exponent: u32) -> f64 {
    let mut product = 1.0;
    while exponent > 0 {
        if exponent % 2 == 1 {
            product *= base;
        }
        base *= base;
        exponent /= 2;
    }
    product
}

/// The continued fraction of the incomplete beta function, for x below its mean.
fn continued_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for step in 1..=500 {
        let m = f64::from(step);
        for term in [
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        ] {
            d = 1.0 / away_from_zero(1.0 + term * d);
            c = away_from_zero(1.0 + term / c);
            fraction *= d * c;
        }
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    fraction
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{ContinuousCDF, StudentsT};

    #[test]
    fn agrees_with_statrs() {
        for degrees in [1, 2, 3, 4, 5, 7, 10, 19, 30, 31, 99, 640, 3199] {
            let oracle = StudentsT::new(0.0, 1.0, f64::from(degrees)).expect("valid parameters");
            for t in [0.01, 0.3, 1.0, 2.0, 2.5, 6.0, 30.0] {
                let (ours, theirs) = (two_sided_tail(t, degrees), 2.0 * oracle.cdf(-t));
                assert!(
                    (ours - theirs).abs() < 1e-11 + 1e-9 * theirs,
                    "{degrees} {t}: {ours} {theirs}"
                );
            }
            for confidence in [0.5, 0.9, 0.95, 0.99, 0.9999] {
                let tail = 2.0 * oracle.cdf(-critical(confidence, degrees));
                assert!(
                    (tail - (1.0 - confidence)).abs() < 1e-9,
                    "{degrees} {confidence}: {tail}"
                );
            }
        }
    }

    #[test]
    fn agrees_with_the_printed_table() {
        // Abramowitz and Stegun 1964, table 26.10, A(t|v) = 0.95.
        for (degrees, printed) in [
            (1, 12.706),
            (2, 4.303),
            (5, 2.571),
            (10, 2.228),
            (30, 2.042),
            (120, 1.980),
        ] {
            assert!((critical(0.95, degrees) - printed).abs() < 5e-4, "{degrees}");
        }
    }

    #[test]
    fn extremes_are_bounded() {
        assert_eq!(two_sided_tail(0.0, 5), 1.0);
        assert_eq!(two_sided_tail(f64::INFINITY, 5), 0.0);
        assert!(two_sided_tail(f64::NAN, 5).is_nan());
        assert!(critical(1.0, 1).is_finite() && critical(0.0, 0) >= 0.0);
        assert!((critical(0.95, u32::MAX) - 1.96).abs() < 1e-3);
    }
}
