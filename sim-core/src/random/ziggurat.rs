//! Standard exponential and normal samples from one random number and one multiplication, 98.5 times in 100 and more.
//!
//! G. Marsaglia, W. W. Tsang, "The ziggurat method for generating random variables", Journal of Statistical Software 5(8)
//! (2000), 256 layers, with separate bits for the layer and the position in it (J. A. Doornik, "An improved ziggurat
//! method to generate normal random samples", Oxford, 2005). Unlike an inverse transform it does not grow with the random
//! bits; it stays in step all the same, because a sample takes one index of its stream, and two laws of a family that
//! differ in their scale still get the same standard value.

use super::stream::{Draw, uniform_of};
use crate::math::{exp, ln};

const LAYERS: usize = 256;

/// Where the tail of the exponential density begins (Marsaglia and Tsang, 2000).
const EXPONENTIAL_TAIL: f64 = 7.697_117_470_131_05;
/// Where the tail of the normal density begins, and the area of each layer (the same, for exp(-x^2/2)).
const NORMAL_TAIL: f64 = 3.654_152_885_361_009;
const NORMAL_AREA: f64 = 0.004_928_673_233_974_658;

static EXPONENTIAL: Layers = Layers::of_exponential();
static NORMAL: Layers = Layers::of_normal();

/// The layers from the lowest, which holds the tail, to the top: their widths, and the density at their edges.
struct Layers {
    width: [f64; LAYERS + 1],
    density: [f64; LAYERS + 1],
}

impl Layers {
    const fn of_exponential() -> Layers {
        let area = (EXPONENTIAL_TAIL + 1.0) * exp(-EXPONENTIAL_TAIL);
        let mut layers = Layers {
            width: [0.0; LAYERS + 1],
            density: [1.0; LAYERS + 1],
        };
        // The lowest layer has the area of a box as high as the density at the tail's begin.
        layers.width[0] = EXPONENTIAL_TAIL + 1.0;
        layers.density[0] = exp(-layers.width[0]);
        let mut edge = EXPONENTIAL_TAIL;
        let mut i = 1;
        while i < LAYERS {
            layers.width[i] = edge;
            layers.density[i] = exp(-edge);
            edge = -ln(area / edge + layers.density[i]);
            i += 1;
        }
        layers
    }

    const fn of_normal() -> Layers {
        let mut layers = Layers {
            width: [0.0; LAYERS + 1],
            density: [1.0; LAYERS + 1],
        };
        layers.width[0] = NORMAL_AREA / exp(-0.5 * NORMAL_TAIL * NORMAL_TAIL);
        layers.density[0] = exp(-0.5 * layers.width[0] * layers.width[0]);
        let mut edge = NORMAL_TAIL;
        let mut i = 1;
        while i < LAYERS {
            layers.width[i] = edge;
            layers.density[i] = exp(-0.5 * edge * edge);
            edge = constant_sqrt(-2.0 * ln(NORMAL_AREA / edge + layers.density[i]));
            i += 1;
        }
        layers
    }

    /// A random height within a layer.
    fn height(&self, layer: usize, u: f64) -> f64 {
        self.density[layer + 1] + (self.density[layer] - self.density[layer + 1]) * u
    }
}

/// The square root by Newton's method, since that of the standard library can't be taken at compile time.
const fn constant_sqrt(x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let mut root = 1.0 + x;
    let mut i = 0;
    while i < 64 {
        root = 0.5 * (root + x / root);
        i += 1;
    }
    root
}

impl Draw {
    /// A standard exponential sample: mean 1, never 0 nor infinite.
    #[inline]
    pub fn exponential(&mut self) -> f64 {
        let bits = self.bits();
        let layer = (bits & 0xff) as usize;
        let x = uniform_of(bits) * EXPONENTIAL.width[layer];
        if x < EXPONENTIAL.width[layer + 1] {
            x
        } else {
            exponential_edge(self, layer, x)
        }
    }

    /// A standard normal sample: mean 0, variance 1.
    #[inline]
    pub fn normal(&mut self) -> f64 {
        let bits = self.bits();
        let layer = (bits & 0xff) as usize;
        let x = uniform_of(bits) * NORMAL.width[layer];
        let size = if x < NORMAL.width[layer + 1] {
            x
        } else {
            normal_edge(self, layer, x)
        };
        // Bit 8 is used for nothing else.
        f64::from_bits(size.to_bits() | (bits & 0x100) << 55)
    }
}

/// A proposal outside of the part of its layer that lies below the density as a whole. The chain of a draw runs through
/// all 64-bit numbers, so this ends for certain, in practice at once.
#[cold]
fn exponential_edge(draw: &mut Draw, mut layer: usize, mut x: f64) -> f64 {
    loop {
        if layer == 0 {
            return EXPONENTIAL_TAIL - ln(draw.uniform());
        }
        if EXPONENTIAL.height(layer, draw.uniform()) < exp(-x) {
            return x;
        }
        let bits = draw.bits();
        layer = (bits & 0xff) as usize;
        x = uniform_of(bits) * EXPONENTIAL.width[layer];
        if x < EXPONENTIAL.width[layer + 1] {
            return x;
        }
    }
}

/// The same for the absolute value of a normal sample.
#[cold]
fn normal_edge(draw: &mut Draw, mut layer: usize, mut x: f64) -> f64 {
    loop {
        if layer == 0 {
            return normal_tail(draw);
        }
        if NORMAL.height(layer, draw.uniform()) < exp(-0.5 * x * x) {
            return x;
        }
        let bits = draw.bits();
        layer = (bits & 0xff) as usize;
        x = uniform_of(bits) * NORMAL.width[layer];
        if x < NORMAL.width[layer + 1] {
            return x;
        }
    }
}

/// A normal sample given that it is above [`NORMAL_TAIL`] (G. Marsaglia, Technometrics 6 (1964) 101-102).
fn normal_tail(draw: &mut Draw) -> f64 {
    loop {
        let beyond = -ln(draw.uniform()) / NORMAL_TAIL;
        if -2.0 * ln(draw.uniform()) > beyond * beyond {
            return NORMAL_TAIL + beyond;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{exp_m1, normal_cdf};
    use crate::random::{Stream, StreamName};

    #[test]
    fn the_layers_close_at_the_top_and_have_equal_areas() {
        for (layers, area) in [
            (&EXPONENTIAL, (EXPONENTIAL_TAIL + 1.0) * exp(-EXPONENTIAL_TAIL)),
            (&NORMAL, NORMAL_AREA),
        ] {
            assert!((layers.width[0] * layers.density[1] - area).abs() < 1e-16);
            for i in 1..LAYERS {
                let found = layers.width[i] * (layers.density[i + 1] - layers.density[i]);
                assert!((found - area).abs() < 1e-13, "{i}: {found} {area}");
            }
            assert_eq!((layers.width[LAYERS], layers.density[LAYERS]), (0.0, 1.0));
        }
    }

    /// Chi-square over 1,000 equally likely cells, and over 20 cells of 2^-11, 2^-12... in the tail.
    fn check(what: &str, cdf_of_sample: impl Fn(&mut Draw) -> (f64, f64)) {
        const DRAWS: u32 = 10_000_000;
        let mut stream = Stream::open(3, 0, StreamName::new(what));
        let mut cells = vec![0u32; 1_000];
        let mut tails = [0u32; 10];
        for _ in 0..DRAWS {
            let (below, above) = cdf_of_sample(&mut stream.next());
            cells[((below * 1_000.0) as usize).min(999)] += 1;
            for (i, tail) in tails.iter_mut().enumerate() {
                *tail += u32::from(above < 2f64.powi(-(i as i32) - 11));
            }
        }
        let expect = f64::from(DRAWS) / 1_000.0;
        let chi: f64 = cells
            .iter()
            .map(|n| (f64::from(*n) - expect).powi(2) / expect)
            .sum();
        // 999 degrees of freedom: mean 999, standard deviation 44.7; four of them is one false alarm in 16,000.
        assert!((chi - 999.0).abs() < 4.0 * 44.7, "{what}: {chi}");
        for (i, tail) in tails.into_iter().enumerate() {
            let expect = f64::from(DRAWS) * 2f64.powi(-(i as i32) - 11);
            assert!(
                (f64::from(tail) - expect).abs() < 4.0 * expect.sqrt(),
                "{what}, tail {i}: {tail} against {expect}"
            );
        }
    }

    #[test]
    fn samples_have_their_distribution_and_tails() {
        check("exponential", |draw| {
            let x = draw.exponential();
            (-exp_m1(-x), exp(-x))
        });
        check("normal", |draw| {
            let x = draw.normal();
            (normal_cdf(x), normal_cdf(-x))
        });
        check("normal, lower tail", |draw| {
            let x = draw.normal();
            (normal_cdf(x), normal_cdf(x))
        });
    }

    #[test]
    fn every_sample_is_positive_and_finite() {
        let mut stream = Stream::open(4, 0, StreamName::new("bounds"));
        for _ in 0..1_000_000 {
            let x = stream.next().exponential();
            assert!(x > 0.0 && x < 100.0);
        }
    }
}
