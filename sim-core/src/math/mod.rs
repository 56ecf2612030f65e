//! The only door to transcendental functions: the same bits on every platform, in every build.
//!
//! Everything here is made of `+ - * /`, `sqrt`, comparisons and bit operations, which IEEE 754 (2019) defines to the
//! last bit. The standard library calls the platform's C library instead, and those differ in the last place.
//! Multiply-add is not used: it rounds once where the hardware has it, and is slow where it does not.

mod elementary;
mod gamma;
mod normal;

pub use elementary::{exp, exp_m1, ln, ln_1p, pow};
pub use gamma::{gamma_p, ln_gamma};
pub use normal::{erfc, normal_cdf, normal_quantile};

/// A polynomial by Horner's rule, coefficients from the constant term upwards.
#[inline]
fn polynomial<const N: usize>(x: f64, coefficients: &[f64; N]) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

#[cfg(test)]
mod golden {
    use super::*;
    use crate::random::Fingerprint;

    /// Arguments spread over a function's range, made of exact operations only.
    fn fingerprint(f: impl Fn(f64) -> f64, low: f64, high: f64) -> u64 {
        let mut print = Fingerprint::default();
        for i in 0..10_000 {
            print.add(f(low + (high - low) * (f64::from(i) + 0.37) / 10_000.0));
        }
        print.value()
    }

    #[test]
    fn every_function_gives_the_same_bits_in_every_build() {
        let table: [(&str, u64, u64); 10] = [
            ("ln near one", fingerprint(ln, 0.0, 2.0), 0xc16b514c15eb4646),
            ("ln", fingerprint(ln, 0.0, 1e12), 0xd6269cf1a0444a46),
            ("exp", fingerprint(exp, -745.0, 709.0), 0x4b7b1cb99d29e1e1),
            ("ln_1p", fingerprint(ln_1p, -0.999, 1.0), 0x3ffcecd125c7a25f),
            ("exp_m1", fingerprint(exp_m1, -2.0, 2.0), 0x8ae6cde19369f25e),
            (
                "pow",
                fingerprint(|x| pow(x, -1.3), 0.0, 50.0),
                0x31fc78f2b74e78e4,
            ),
            ("ln_gamma", fingerprint(ln_gamma, 0.0, 40.0), 0xa9aa692f9d0c1014),
            (
                "gamma_p",
                fingerprint(|x| gamma_p(3.7, x), 0.0, 20.0),
                0x169491db3968f3c7,
            ),
            (
                "normal_quantile",
                fingerprint(normal_quantile, 0.0, 1.0),
                0x42b36c7540f509ba,
            ),
            (
                "normal_cdf",
                fingerprint(normal_cdf, -9.0, 9.0),
                0x13ed9ba88e36a64a,
            ),
        ];
        for (name, found, expect) in table {
            assert_eq!(
                format!("{name}: {found:#018x}"),
                format!("{name}: {expect:#018x}")
            );
        }
    }
}
