//! The standard normal law: quantile and distribution function to nearly full double precision.
//!
//! Quantile: M. J. Wichura, "Algorithm AS 241: The percentage points of the normal distribution", Applied Statistics 37
//! (1988) 477-484, routine PPND16, relative error about 1e-16. Distribution: W. J. Cody, "Rational Chebyshev
//! approximations for the error function", Mathematics of Computation 23 (1969) 631-637.

use super::{exp, ln, polynomial};
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

/// The value below which a standard normal variable falls with probability `p`, 0 < p < 1.
///
/// Relative error about 1e-15; minus infinity for p = 0, infinity for p = 1, NaN outside.
#[inline]
pub fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        q * polynomial(r, &CENTRE_NUMERATOR) / polynomial(r, &CENTRE_DENOMINATOR)
    } else {
        normal_quantile_tail(p, q)
    }
}

fn normal_quantile_tail(p: f64, q: f64) -> f64 {
    let tail = if q < 0.0 { p } else { 1.0 - p };
    if tail == 0.0 {
        return q * f64::INFINITY;
    }
    // The logarithm of a negative tail is NaN, and so is the answer.
    let r = (-ln(tail)).sqrt();
    let value = if r <= 5.0 {
        polynomial(r - 1.6, &TAIL_NUMERATOR) / polynomial(r - 1.6, &TAIL_DENOMINATOR)
    } else {
        polynomial(r - 5.0, &FAR_NUMERATOR) / polynomial(r - 5.0, &FAR_DENOMINATOR)
    };
    if q < 0.0 { -value } else { value }
}

const CENTRE_NUMERATOR: [f64; 8] = [
    3.387_132_872_796_366_6,
    1.331_416_678_917_843_8e2,
    1.971_590_950_306_551_3e3,
    1.373_169_376_550_946e4,
    4.592_195_393_154_987e4,
    6.726_577_092_700_87e4,
    3.343_057_558_358_813e4,
    2.509_080_928_730_122_7e3,
];
const CENTRE_DENOMINATOR: [f64; 8] = [
    1.0,
    4.231_333_070_160_091e1,
    6.871_870_074_920_579e2,
    5.394_196_021_424_751e3,
    2.121_379_430_158_659_7e4,
    3.930_789_580_009_271e4,
    2.872_908_573_572_194_3e4,
    5.226_495_278_852_854e3,
];
const TAIL_NUMERATOR: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_545,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    2.417_807_251_774_506e-1,
    2.272_384_498_926_918_4e-2,
    7.745_450_142_783_414e-4,
];
const TAIL_DENOMINATOR: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    6.897_673_349_851e-1,
    1.481_039_764_274_800_8e-1,
    1.519_866_656_361_645_7e-2,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_9e-9,
];
const FAR_NUMERATOR: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    2.965_605_718_285_048_7e-1,
    2.653_218_952_657_612_4e-2,
    1.242_660_947_388_078_4e-3,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const FAR_DENOMINATOR: [f64; 8] = [
    1.0,
    5.998_322_065_558_88e-1,
    1.369_298_809_227_358e-1,
    1.487_536_129_085_061_5e-2,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_8e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_8e-15,
];

/// The probability that a standard normal variable is at most `x`, precise in the lower tail too: the relative error is
/// about (4 + x^2) 1e-16, since that of the argument is magnified there.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * erfc(-x * FRAC_1_SQRT_2)
}

/// The complementary error function, 2/sqrt(pi) times the integral of exp(-t^2) from `x` to infinity; relative error
/// about 1e-15.
pub fn erfc(x: f64) -> f64 {
    let y = x.abs();
    if y <= 0.468_75 {
        let z = x * x;
        return 1.0 - x * polynomial(z, &SMALL_NUMERATOR) / polynomial(z, &SMALL_DENOMINATOR);
    }
    let upper = if y <= 4.0 {
        exp_minus_square(y) * polynomial(y, &MIDDLE_NUMERATOR) / polynomial(y, &MIDDLE_DENOMINATOR)
    } else if y < 27.3 {
        let z = 1.0 / (y * y);
        let correction = z * polynomial(z, &LARGE_NUMERATOR) / polynomial(z, &LARGE_DENOMINATOR);
        exp_minus_square(y) * (0.5 * FRAC_2_SQRT_PI - correction) / y
    } else if y.is_nan() {
        y
    } else {
        0.0
    };
    if x < 0.0 { 2.0 - upper } else { upper }
}

/// exp(-y^2) for 0 <= y < 30: the square is split so that its rounding error does not grow with it.
fn exp_minus_square(y: f64) -> f64 {
    let coarse = (y * 16.0) as i64 as f64 / 16.0;
    exp(-coarse * coarse) * exp(-(y - coarse) * (y + coarse))
}

const SMALL_NUMERATOR: [f64; 5] = [
    3.209_377_589_138_469_4e3,
    3.774_852_376_853_02e2,
    1.138_641_541_510_501_6e2,
    3.161_123_743_870_565_5,
    1.857_777_061_846_031_5e-1,
];
const SMALL_DENOMINATOR: [f64; 5] = [
    2.844_236_833_439_171e3,
    1.282_616_526_077_372_3e3,
    2.440_246_379_344_441_6e2,
    2.360_129_095_234_412_2e1,
    1.0,
];
const MIDDLE_NUMERATOR: [f64; 9] = [
    1.230_339_354_797_997_2e3,
    2.051_078_377_826_071_6e3,
    1.712_047_612_634_070_7e3,
    8.819_522_212_417_69e2,
    2.986_351_381_974_001e2,
    6.611_919_063_714_163e1,
    8.883_149_794_388_377,
    5.641_884_969_886_7e-1,
    2.153_115_354_744_038_3e-8,
];
const MIDDLE_DENOMINATOR: [f64; 9] = [
    1.230_339_354_803_749_5e3,
    3.439_367_674_143_721_6e3,
    4.362_619_090_143_247e3,
    3.290_799_235_733_459_7e3,
    1.621_389_574_566_690_3e3,
    5.371_811_018_620_099e2,
    1.176_939_508_913_125e2,
    1.574_492_611_070_983_4e1,
    1.0,
];
const LARGE_NUMERATOR: [f64; 6] = [
    6.587_491_615_298_378e-4,
    1.608_378_514_874_227_5e-2,
    1.257_817_261_112_292_6e-1,
    3.603_448_999_498_044_5e-1,
    3.053_266_349_612_323_6e-1,
    1.631_538_713_730_209_7e-2,
];
const LARGE_DENOMINATOR: [f64; 6] = [
    2.335_204_976_268_691_8e-3,
    6.051_834_131_244_132e-2,
    5.279_051_029_514_285e-1,
    1.872_952_849_923_460_4,
    2.568_520_192_289_822,
    1.0,
];

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{ContinuousCDF, Normal};

    #[test]
    fn quantiles_of_wichura_and_the_tables() {
        // AS 241's own check values, and the usual ones (R 4 qnorm, 16 digits).
        for (p, expect) in [
            (0.25, -0.674_489_750_196_081_7),
            (0.001, -3.090_232_306_167_814),
            (1e-20, -9.262_340_089_798_408),
            (0.5, 0.0),
            (0.975, 1.959_963_984_540_054),
            (0.99, 2.326_347_874_040_841),
        ] {
            assert!(
                (normal_quantile(p) - expect).abs() <= 2e-15 * (1.0 + expect.abs()),
                "{p}"
            );
        }
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
        assert!(
            normal_quantile(1.5).is_nan()
                && normal_quantile(-0.5).is_nan()
                && normal_quantile(f64::NAN).is_nan()
        );
    }

    #[test]
    fn cdf_agrees_with_the_tables_and_with_statrs() {
        // R 4 pnorm, 16 digits.
        for (x, expect) in [
            (-1.0, 0.158_655_253_931_457_05),
            (-2.0, 0.022_750_131_948_179_21),
            (-5.0, 2.866_515_718_791_939e-7),
            (-9.0, 1.128_588_405_953_840_7e-19),
            (1.0, 0.841_344_746_068_542_9),
        ] {
            assert!((normal_cdf(x) / expect - 1.0).abs() < 2e-14, "{x}");
        }
        // The oracle is the coarser one: its erfc is good to 1e-10.
        let oracle = Normal::new(0.0, 1.0).unwrap();
        for i in -900..=900 {
            let x = f64::from(i) / 100.0;
            let (found, expect) = (normal_cdf(x), oracle.cdf(x));
            assert!((found / expect - 1.0).abs() < 2e-10, "{x}: {found} {expect}");
        }
        assert_eq!(normal_cdf(-60.0), 0.0);
        assert_eq!(normal_cdf(60.0), 1.0);
        assert!(normal_cdf(f64::NAN).is_nan());
    }

    #[test]
    fn quantile_and_cdf_are_inverse() {
        for i in 1..4000 {
            let x = -8.0 + f64::from(i) * 0.003;
            let back = normal_quantile(normal_cdf(x));
            assert!((back - x).abs() < 1e-12, "{x} {back}");
        }
    }
}
