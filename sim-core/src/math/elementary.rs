//! Logarithm, exponential and power, within one unit in the last place for `ln` and `exp`.
//!
//! They can be evaluated at compile time too. Sources: W. J. Cody, W. Waite, "Software Manual for the Elementary Functions" (Prentice-Hall, 1980) for the two-part
//! ln 2; the minimax coefficients of the logarithm are those of FDLIBM 5.3, e_log.c (Sun Microsystems, 1993); W. Kahan's
//! corrections for `ln(1+x)` and `exp(x)-1` are in N. J. Higham, "Accuracy and Stability of Numerical Algorithms"
//! (SIAM, 2nd ed. 2002), section 1.14.1.

use std::f64::consts::LOG2_E;

/// ln 2 in two parts: the first ends in 21 zero bits, so that its product with an exponent is exact.
const LN2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
const LN2_LOW: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);
const TWO_POW_54: f64 = 18_014_398_509_481_984.0;

/// The natural logarithm, within 1 ulp; `ln(0)` is minus infinity, and the logarithm of a negative number is NaN.
#[inline]
pub const fn ln(x: f64) -> f64 {
    // One comparison sends zero, subnormal, negative, infinite and NaN arguments away.
    const SMALLEST_NORMAL: u64 = 0x0010_0000_0000_0000;
    const INFINITY: u64 = 0x7ff0_0000_0000_0000;
    let bits = x.to_bits();
    if bits.wrapping_sub(SMALLEST_NORMAL) >= INFINITY - SMALLEST_NORMAL {
        ln_rare(x)
    } else {
        ln_normal(bits, 0)
    }
}

#[cold]
const fn ln_rare(x: f64) -> f64 {
    if x == 0.0 {
        f64::NEG_INFINITY
    } else if x < 0.0 {
        f64::NAN
    } else if x.is_finite() {
        ln_normal((x * TWO_POW_54).to_bits(), -54)
    } else {
        x
    }
}

/// ln of a normal positive number times 2^`shift`.
#[inline]
const fn ln_normal(bits: u64, shift: i64) -> f64 {
    // x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)): f is then exact, and k = 0 all around x = 1.
    const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
    let offset = bits.wrapping_sub(SQRT_HALF) as i64;
    let k = (offset >> 52) + shift;
    let f = f64::from_bits((offset as u64 & 0x000f_ffff_ffff_ffff) + SQRT_HALF) - 1.0;

    // ln(1+f) = 2 atanh(s) with s = f/(2+f); the series in s^2 is split into even and odd terms to run side by side.
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let odd = w * (0.399_999_999_994_094_2 + w * (0.222_221_984_321_497_84 + w * 0.153_138_376_992_093_73));
    let even = z
        * (0.666_666_666_666_673_5
            + w * (0.285_714_287_436_623_9 + w * (0.181_835_721_616_180_5 + w * 0.147_981_986_051_165_86)));
    let half_square = 0.5 * f * f;
    let k = k as f64;
    k * LN2_HIGH - ((half_square - (s * (half_square + odd + even) + k * LN2_LOW)) - f)
}

/// e to the power x, within 1 ulp; overflows to infinity above 709.78 and underflows to 0 below -745.13.
#[inline]
pub const fn exp(x: f64) -> f64 {
    // The rounding trick below needs |x| to be moderate; within these bounds the scale is a normal number too.
    if x > -708.0 && x < 709.0 {
        let (y, k) = exp_reduced(x);
        y * f64::from_bits(((k + 1023) as u64) << 52)
    } else {
        exp_rare(x)
    }
}

#[cold]
const fn exp_rare(x: f64) -> f64 {
    if x > 709.782_712_893_384 {
        f64::INFINITY
    } else if x < -745.133_219_101_941_2 {
        0.0
    } else if x.is_nan() {
        x
    } else {
        // Two steps, since 2^k itself may lie outside of the normal numbers.
        let (y, k) = exp_reduced(x);
        let half = k / 2;
        y * f64::from_bits(((half + 1023) as u64) << 52) * f64::from_bits(((k - half + 1023) as u64) << 52)
    }
}

/// exp(x) = y 2^k with y in about [0.7, 1.42].
#[inline]
const fn exp_reduced(x: f64) -> (f64, i64) {
    // Adding 1.5 * 2^52 rounds to the nearest integer and leaves it in the low bits.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    let rounded = x * LOG2_E + ROUND;
    let k = rounded.to_bits() as i32 as i64;
    let k_float = rounded - ROUND;
    let r = (x - k_float * LN2_HIGH) - k_float * LN2_LOW;

    // Taylor's series to r^13: with |r| <= ln(2)/2 the rest is below 1e-17. Pairs, then pairs of pairs (Estrin), because
    // a chain of twelve dependent multiplications would take three times as long.
    let r2 = r * r;
    let r4 = r2 * r2;
    let a = (1.0 / 2.0 + r * (1.0 / 6.0)) + r2 * (1.0 / 24.0 + r * (1.0 / 120.0));
    let b = (1.0 / 720.0 + r * (1.0 / 5_040.0)) + r2 * (1.0 / 40_320.0 + r * (1.0 / 362_880.0));
    let c = (1.0 / 3_628_800.0 + r * (1.0 / 39_916_800.0))
        + r2 * (1.0 / 479_001_600.0 + r * (1.0 / 6_227_020_800.0));
    (1.0 + (r + r2 * (a + r4 * (b + r4 * c))), k)
}

/// ln(1 + x) without cancellation near 0, within 3 ulp.
#[inline]
pub fn ln_1p(x: f64) -> f64 {
    let u = 1.0 + x;
    if u == 1.0 || u == f64::INFINITY {
        x
    } else {
        ln(u) * (x / (u - 1.0))
    }
}

/// exp(x) - 1 without cancellation near 0, within 5 ulp.
#[inline]
pub fn exp_m1(x: f64) -> f64 {
    let u = exp(x);
    let less_one = u - 1.0;
    if u == 1.0 {
        x
    } else if less_one == -1.0 || u == f64::INFINITY {
        less_one
    } else {
        less_one * (x / ln(u))
    }
}

/// x to the power y for x >= 0, NaN for negative x unless y is 0, 1 or 2.
///
/// Computed as exp(y ln x): the relative error is about (1 + |y ln x|) ulp, which is below 1e-13 for every result
/// between 1e-200 and 1e200.
#[inline]
pub fn pow(x: f64, y: f64) -> f64 {
    if y == 0.0 {
        1.0
    } else if y == 1.0 {
        x
    } else if y == 2.0 {
        x * x
    } else if x == 1.0 {
        1.0
    } else {
        exp(y * ln(x))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The distance in representable numbers.
    fn ulps(a: f64, b: f64) -> u64 {
        if a == b {
            0
        } else {
            (a.to_bits() as i64).abs_diff(b.to_bits() as i64)
        }
    }

    fn worst(f: impl Fn(f64) -> f64, reference: impl Fn(f64) -> f64, low: f64, high: f64) -> u64 {
        let steps = 200_000;
        let at = |i: i32| low + (high - low) * (f64::from(i) + 0.31) / f64::from(steps);
        (0..steps)
            .map(|i| ulps(f(at(i)), reference(at(i))))
            .max()
            .unwrap()
    }

    #[test]
    fn ln_and_exp_are_within_two_ulps_of_the_platform() {
        // The platform itself is within one.
        assert!(worst(ln, f64::ln, 0.0, 4.0) <= 2);
        assert!(worst(ln, f64::ln, 0.9, 1.1) <= 2);
        assert!(worst(|x| ln(f64::exp(x)), |x| f64::ln(f64::exp(x)), -708.0, 709.0) <= 2);
        assert!(worst(exp, f64::exp, -0.4, 0.4) <= 2);
        assert!(worst(exp, f64::exp, -744.0, 709.7) <= 2);
    }

    #[test]
    fn relatives_are_close() {
        assert!(worst(ln_1p, f64::ln_1p, -0.9, 1e-3) <= 4);
        assert!(worst(ln_1p, f64::ln_1p, -1e-9, 1e-9) <= 4);
        assert!(worst(exp_m1, f64::exp_m1, -1e-9, 1e-9) <= 6);
        assert!(worst(exp_m1, f64::exp_m1, -3.0, 3.0) <= 6);
        for y in [-2.5, -1.0, 0.3, 1.7, 10.0] {
            assert!(
                worst(|x| pow(x, y), |x| f64::powf(x, y), 1e-3, 100.0) <= 80,
                "{y}"
            );
        }
    }

    #[test]
    fn edges() {
        let near = |a: f64, b: f64, most| {
            assert!(ulps(a, b) <= most || (a.is_nan() && b.is_nan()), "{a} is not {b}");
        };
        let same = |a, b| near(a, b, 1);
        for x in [
            0.0,
            -0.0,
            1.0,
            -1.0,
            5e-324,
            1e-310,
            f64::MIN_POSITIVE,
            f64::MAX,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
        ] {
            same(ln(x), f64::ln(x));
            same(exp(x), f64::exp(x));
            near(ln_1p(x), f64::ln_1p(x), 3);
            near(exp_m1(x), f64::exp_m1(x), 5);
        }
        for x in [
            -745.2, -745.1, -740.0, -708.5, -708.0, 709.0, 709.78, 709.79, 1e300,
        ] {
            same(exp(x), f64::exp(x));
        }
        assert_eq!(ln(1.0).to_bits(), 0.0f64.to_bits());
        assert_eq!(exp(0.0), 1.0);
        for y in [0.0, 1.0, 2.0, 0.5, -0.5] {
            same(pow(0.0, y), f64::powf(0.0, y));
            same(pow(f64::INFINITY, y), f64::powf(f64::INFINITY, y));
            same(pow(4.0, y), f64::powf(4.0, y));
        }
        assert!(pow(-2.0, 0.5).is_nan());
    }
}
