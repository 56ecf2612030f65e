//! Streams that are opened by name, and in which every sample takes exactly one index, however many numbers it needs.
//!
//! A counter-based generator (J. K. Salmon and others, "Parallel random numbers: as easy as 1, 2, 3", SC 2011) made of
//! the mixing function of SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number
//! generators", OOPSLA 2014; the constants are D. Stafford's variant 13). Each stream counts in steps of its own, so two
//! streams that happen to meet do not go on together.

use rand::TryRng;
use std::convert::Infallible;

/// 2^64 divided by the golden ratio, made odd: the usual step of a Weyl sequence.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
const TWO_POW_MINUS_53: f64 = 1.0 / 9_007_199_254_740_992.0;

/// A uniform number from the upper 53 of 64 bits, see [`Draw::uniform`].
#[inline]
pub(super) const fn uniform_of(bits: u64) -> f64 {
    // The conversion from a signed integer is one instruction, from an unsigned one several.
    ((bits >> 11) | 1) as i64 as f64 * TWO_POW_MINUS_53
}

/// Mixes 64 bits, one to one: every output bit depends on every input bit.
#[inline]
const fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A second mixing function, unrelated to the first (the finalizer of A. Appleby's MurmurHash3, 2008).
#[inline]
const fn mix_otherwise(z: u64) -> u64 {
    let z = (z ^ (z >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let z = (z ^ (z >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    z ^ (z >> 33)
}

/// The hash of a stream's name; the text itself never reaches the engine.
///
/// `StreamName::new("api").purpose("service-time").index(3)`: the order of the steps matters, and a purpose and a number
/// never stand for the same stream. The value is the same in every build and on every platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamName(u64);

impl StreamName {
    /// The name of what owns the stream, say a component's.
    pub const fn new(owner: &str) -> StreamName {
        StreamName(mix(hash_text(owner)))
    }

    /// The stream of this owner for one purpose, say "service-time".
    pub const fn purpose(self, purpose: &str) -> StreamName {
        StreamName(mix(mix(self.0.wrapping_add(GOLDEN)) ^ hash_text(purpose)))
    }

    /// A numbered stream below this one, say that of one instance.
    pub const fn index(self, index: u64) -> StreamName {
        StreamName(mix(
            mix_otherwise(self.0.wrapping_add(GOLDEN)).wrapping_add(mix(index))
        ))
    }

    /// The hash itself.
    pub const fn value(self) -> u64 {
        self.0
    }
}

/// FNV-1a, 64 bits (G. Fowler, L. C. Noll, K.-P. Vo, 1991).
const fn hash_text(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        i += 1;
    }
    hash
}

/// A stream of random samples: sample i is a pure function of (seed, trial, name, i).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    key: u64,
    step: u64,
    position: u64,
}

impl Stream {
    /// The stream of this name in this trial, at its first sample.
    pub const fn open(seed: u64, trial: u64, name: StreamName) -> Stream {
        let of_seed = mix(seed.wrapping_add(GOLDEN));
        let of_trial = mix(of_seed ^ mix_otherwise(trial.wrapping_add(GOLDEN)));
        let key = mix(of_trial.wrapping_add(name.0));
        Stream {
            key,
            step: odd_step(mix_otherwise(key.wrapping_add(GOLDEN))),
            position: 0,
        }
    }

    /// The same stream at its sample number `position`, in constant time.
    pub const fn at(self, position: u64) -> Stream {
        Stream { position, ..self }
    }

    /// How many samples have been taken.
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// The generator of the next sample; takes one index of the stream, whatever is drawn from it.
    #[inline]
    #[expect(
        clippy::should_implement_trait,
        reason = "a stream never ends, so an Option would say too little"
    )]
    pub fn next(&mut self) -> Draw {
        let base = self.key.wrapping_add(self.position.wrapping_mul(self.step));
        self.position = self.position.wrapping_add(1);
        Draw::new(base)
    }

    /// The next sample as a uniform number, see [`Draw::uniform`].
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        self.next().uniform()
    }

    /// The next sample as a whole number below `n`, see [`Draw::below`].
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        self.next().below(n)
    }
}

/// An odd step whose binary digits change often enough, as Steele, Lea and Flood ask (2014, section 4.4).
const fn odd_step(hash: u64) -> u64 {
    let step = hash | 1;
    if (step ^ (step >> 1)).count_ones() < 24 {
        step ^ 0xaaaa_aaaa_aaaa_aaaa
    } else {
        step
    }
}

/// The random numbers of one sample, as many as it needs.
///
/// The first is the stream's own; any further ones come from a chain that starts from a second hash, so they never
/// coincide with the first numbers of other samples. It is a generator for the `rand` crates too.
#[derive(Debug, Clone)]
pub struct Draw {
    base: u64,
    taken: u64,
}

impl Draw {
    /// The sample that belongs to these 64 bits, which need not be random: a counter will do.
    #[inline]
    pub const fn new(base: u64) -> Draw {
        Draw { base, taken: 0 }
    }

    /// The next 64 random bits of this sample.
    #[inline]
    pub const fn bits(&mut self) -> u64 {
        let taken = self.taken;
        self.taken += 1;
        // Most samples need one number only: the start of the chain is not worked out before it is needed.
        if taken == 0 {
            mix(self.base)
        } else {
            mix(mix_otherwise(self.base).wrapping_add(taken.wrapping_mul(GOLDEN)))
        }
    }

    /// A uniform number strictly between 0 and 1: an odd multiple of 2^-53, so that 0 and 1 are impossible, the mean is
    /// exactly 1/2, and 1 - u is as likely as u.
    #[inline]
    pub const fn uniform(&mut self) -> f64 {
        uniform_of(self.bits())
    }

    /// A whole number from 0 to n - 1, or 0 when n is 0.
    ///
    /// The high half of a 128-bit product (D. Lemire, "Fast random integer generation in an interval", ACM TOMACS 29,
    /// 2019) without its rejection: a value's probability is off by less than 2^-64, which is 2^-32 of itself for n up to
    /// 2^32. It grows with the random bits, so that it is an inverse transform too.
    #[inline]
    pub const fn below(&mut self, n: u64) -> u64 {
        ((self.bits() as u128 * n as u128) >> 64) as u64
    }

    /// True with the given probability (never for 0 or less and NaN, always for 1 and more).
    #[inline]
    pub fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }
}

impl TryRng for Draw {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.bits() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.bits())
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        for chunk in destination.chunks_mut(8) {
            chunk.copy_from_slice(&self.bits().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn stream() -> Stream {
        Stream::open(7, 3, StreamName::new("api").purpose("service-time"))
    }

    #[test]
    fn a_sample_depends_on_its_index_only() {
        let mut once = stream();
        let one_each: Vec<u64> = (0..100).map(|_| once.next().bits()).collect();
        let mut greedy = stream();
        let many_each: Vec<u64> = (0..100)
            .map(|i| {
                let mut draw = greedy.next();
                let first = draw.bits();
                (0..i).for_each(|_| _ = draw.bits());
                first
            })
            .collect();
        assert_eq!(one_each, many_each);
        assert_eq!(greedy.position(), 100);
        assert_eq!(stream().at(99).next().bits(), one_each[99]);
    }

    #[test]
    fn every_part_of_the_address_matters() {
        let name = StreamName::new("api");
        let mut firsts = HashSet::new();
        let mut names = vec![
            name,
            StreamName::new("apj"),
            StreamName::new(""),
            StreamName::new("api/x"),
        ];
        names.extend([
            name.purpose("x"),
            name.purpose(""),
            name.purpose("x").purpose("y"),
            name.purpose("y").purpose("x"),
        ]);
        names.extend(
            (0..100).flat_map(|i| [name.index(i), name.purpose("x").index(i), name.index(i).index(0)]),
        );
        for seed in 0..4 {
            for trial in 0..4 {
                firsts.extend(names.iter().map(|n| Stream::open(seed, trial, *n).next().bits()));
            }
        }
        assert_eq!(firsts.len(), 16 * names.len());
    }

    #[test]
    fn uniform_stays_inside_and_below_stays_below() {
        // Bases whose first bits are all ones and all zeros do exist, but the extremes are easier shown on the formula.
        assert_eq!(
            (u64::MAX >> 11 | 1) as f64 * TWO_POW_MINUS_53,
            1.0 - TWO_POW_MINUS_53
        );
        let mut s = stream();
        for _ in 0..100_000 {
            let u = s.uniform();
            assert!(u > 0.0 && u < 1.0);
            assert!(s.below(10) < 10);
        }
        assert_eq!(s.below(0), 0);
        assert_eq!(s.below(1), 0);
        assert!(!s.next().chance(0.0) && s.next().chance(1.0) && !s.next().chance(f64::NAN));
    }

    /// Chi-square of the joint cells of pairs of uniforms, 256 x 256 cells.
    fn pair_chi_square(pairs: impl Iterator<Item = (u64, u64)>) -> f64 {
        let mut cells = vec![0u32; 65_536];
        let mut total = 0.0;
        for (a, b) in pairs {
            cells[(a >> 56 << 8 | b >> 56) as usize] += 1;
            total += 1.0;
        }
        let expected = total / 65_536.0;
        cells
            .iter()
            .map(|&n| (f64::from(n) - expected).powi(2) / expected)
            .sum()
    }

    #[test]
    fn neighbours_are_independent_in_every_direction() {
        // 65,535 degrees of freedom: mean 65,535, standard deviation 362; bounds at 4 of them (p = 6e-5, both sides).
        let n = 2_000_000;
        let check = |what: &str, chi: f64| assert!((chi - 65_535.0).abs() < 4.0 * 362.0, "{what}: {chi}");
        let bits = |name: StreamName, trial: u64, i: u64| Stream::open(1, trial, name).at(i).next().bits();
        let name = StreamName::new("api");
        check(
            "successive samples",
            pair_chi_square((0..n).map(|i| (bits(name, 0, i), bits(name, 0, i + 1)))),
        );
        check(
            "successive trials",
            pair_chi_square((0..n).map(|t| (bits(name, t, 0), bits(name, t + 1, 0)))),
        );
        check(
            "numbered streams",
            pair_chi_square((0..n).map(|i| (bits(name.index(i), 0, 0), bits(name.index(i + 1), 0, 0)))),
        );
        let mut s = stream();
        let mut two = || {
            let mut draw = s.next();
            (draw.bits(), draw.bits())
        };
        check("inside a sample", pair_chi_square((0..n).map(|_| two())));
        let mut s = stream();
        let mut low = || {
            let (a, b) = (s.next().bits(), s.next().bits());
            (a << 48, b << 48)
        };
        check("low bits", pair_chi_square((0..n).map(|_| low())));
    }

    #[test]
    fn rand_traits_read_the_same_bits() {
        use rand::Rng;
        let (mut a, mut b) = (Draw::new(1), Draw::new(1));
        let mut bytes = [0; 12];
        a.fill_bytes(&mut bytes);
        assert_eq!(bytes[..8], b.next_u64().to_le_bytes());
        assert_eq!(bytes[8..], b.bits().to_le_bytes()[..4]);
        assert_eq!(u64::from(a.next_u32()), b.bits() >> 32);
    }
}
