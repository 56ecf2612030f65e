//! How often each key is asked for: Zipf's law over ranks, from perfectly even (exponent 0) to very skewed.
//!
//! The key of rank r (from 0) has a probability proportional to (r+1)^-s. Few keys are drawn from an exact table by the
//! alias method (A. J. Walker, ACM TOMS 3 (1977) 253-256, built as by M. D. Vose, IEEE TSE 17 (1991) 972-975); many by
//! rejection-inversion (W. Hörmann, G. Derflinger, "Rejection-inversion to generate variates from monotone discrete
//! distributions", ACM TOMACS 6 (1996) 169-184). Both take constant time, and the memory is bounded.

use super::Draw;
use crate::math::{exp, exp_m1, ln, ln_1p, pow};
use std::fmt;
use std::sync::Arc;

/// Up to here the probabilities are tabulated (12 bytes a key).
const MOST_TABULATED: u64 = 1 << 16;
const MOST_KEYS: u64 = 1 << 40;
const LARGEST_EXPONENT: f64 = 10.0;

/// Why keys can't be this popular.
#[derive(Debug, Clone, PartialEq)]
pub enum PopularityError {
    /// There are no keys, or more than 2^40.
    Keys(u64),
    /// The exponent is NaN, negative or above 10.
    Exponent(f64),
}

impl fmt::Display for PopularityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PopularityError::Keys(keys) => write!(
                f,
                "the number of keys is {keys}, but must be between 1 and {MOST_KEYS}"
            ),
            PopularityError::Exponent(s) => {
                write!(
                    f,
                    "the exponent is {s}, but must be between 0 and {LARGEST_EXPONENT}"
                )
            }
        }
    }
}

impl std::error::Error for PopularityError {}

/// Zipf's law over a number of keys, which are known by their rank: 0 is the most popular.
#[derive(Debug, Clone, PartialEq)]
pub struct Popularity {
    keys: u64,
    exponent: f64,
    /// The sum of (r+1)^-s over all ranks.
    total: f64,
    method: Method,
}

#[derive(Debug, Clone, PartialEq)]
enum Method {
    Even,
    Table(Arc<[Cell]>),
    Rejection(Rejection),
}

/// A cell of the alias table: its own rank below the threshold, the other rank above.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cell {
    threshold: u64,
    other: u32,
}

impl Popularity {
    /// Every key equally popular.
    pub fn even(keys: u64) -> Result<Popularity, PopularityError> {
        Popularity::zipf(keys, 0.0)
    }

    /// The key of rank r has a probability proportional to (r+1)^-`exponent`; between 1 and 2^40 keys, exponent 0 to 10.
    pub fn zipf(keys: u64, exponent: f64) -> Result<Popularity, PopularityError> {
        if !(1..=MOST_KEYS).contains(&keys) {
            return Err(PopularityError::Keys(keys));
        }
        if !(0.0..=LARGEST_EXPONENT).contains(&exponent) {
            return Err(PopularityError::Exponent(exponent));
        }
        let total = harmonic(keys, exponent);
        let method = if exponent == 0.0 {
            Method::Even
        } else if keys <= MOST_TABULATED {
            Method::Table(alias_table(keys, exponent, total))
        } else {
            Method::Rejection(Rejection::new(keys, exponent))
        };
        Ok(Popularity {
            keys,
            exponent,
            total,
            method,
        })
    }

    /// The rank of one key, from 0 (the most popular) to `keys() - 1`.
    #[inline]
    pub fn sample(&self, draw: &mut Draw) -> u64 {
        match &self.method {
            Method::Even => draw.below(self.keys),
            Method::Table(cells) => {
                // The high half of the product picks the cell, the low half is what is left of the randomness.
                let product = u128::from(draw.bits()) * cells.len() as u128;
                let rank = (product >> 64) as u64;
                let cell = cells[rank as usize];
                if (product as u64) < cell.threshold {
                    rank
                } else {
                    u64::from(cell.other)
                }
            }
            Method::Rejection(rejection) => rejection.sample(draw),
        }
    }

    /// How many keys there are.
    pub fn keys(&self) -> u64 {
        self.keys
    }

    /// The exponent: 0 for even popularity.
    pub fn exponent(&self) -> f64 {
        self.exponent
    }

    /// The probability of the key of this rank; 0 beyond the last.
    pub fn probability(&self, rank: u64) -> f64 {
        if rank < self.keys {
            weight(rank + 1, self.exponent) / self.total
        } else {
            0.0
        }
    }

    /// The share of the requests that goes to the `count` most popular keys: the hit ratio of a perfect cache of them.
    pub fn share_of_top(&self, count: u64) -> f64 {
        if count >= self.keys {
            1.0
        } else {
            harmonic(count, self.exponent) / self.total
        }
    }
}

fn weight(k: u64, s: f64) -> f64 {
    pow(k as f64, -s)
}

/// The generalised harmonic number: the sum of k^-s for k from 1 to n.
///
/// Beyond the first thousand terms by the Euler-Maclaurin formula (NIST DLMF 2.10.1), whose rest is below 1e-15 of the sum.
fn harmonic(n: u64, s: f64) -> f64 {
    const DIRECT: u64 = 1_024;
    if s == 0.0 {
        return n as f64;
    }
    // From the smallest term up, so that they are not lost beside the large ones.
    let head: f64 = (1..=n.min(DIRECT)).rev().map(|k| weight(k, s)).sum();
    if n <= DIRECT {
        return head;
    }
    let (m, n) = (DIRECT as f64, n as f64);
    let log_span = ln(n / m);
    let rate = 1.0 - s;
    let integral = pow(m, rate)
        * if rate == 0.0 {
            log_span
        } else {
            exp_m1(rate * log_span) / rate
        };
    let difference = |power: f64| pow(n, -power) - pow(m, -power);
    head + integral + difference(s) / 2.0 - s / 12.0 * difference(s + 1.0)
        + s * (s + 1.0) * (s + 2.0) / 720.0 * difference(s + 3.0)
}

fn alias_table(keys: u64, exponent: f64, total: f64) -> Arc<[Cell]> {
    const TWO_POW_64: f64 = 18_446_744_073_709_551_616.0;
    // What each key needs, in units of a cell; keys that need less than a cell share theirs with one that needs more.
    let mut need: Vec<f64> = (1..=keys)
        .map(|k| weight(k, exponent) / total * keys as f64)
        .collect();
    let mut cells: Vec<Cell> = (0..keys as u32)
        .map(|rank| Cell {
            threshold: u64::MAX,
            other: rank,
        })
        .collect();
    let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..need.len()).partition(|&i| need[i] < 1.0);
    while let (Some(&giver), Some(taker)) = (large.last(), small.pop()) {
        cells[taker] = Cell {
            threshold: (need[taker] * TWO_POW_64) as u64,
            other: giver as u32,
        };
        need[giver] -= 1.0 - need[taker];
        if need[giver] < 1.0 {
            large.pop();
            small.push(giver);
        }
    }
    // What is left over needs a whole cell but for rounding, which is what it has from the start.
    cells.into()
}

/// Rejection-inversion: the area under x^-s is inverted, and what sticks out of the steps is refused.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Rejection {
    keys: f64,
    exponent: f64,
    area_at_first: f64,
    area_at_last: f64,
    /// A value this close below its rank is accepted without looking.
    surely: f64,
}

/// At least three proposals in four are accepted: so many refusals in a row do not happen (4^-100).
const MOST_PROPOSALS: u32 = 100;

impl Rejection {
    fn new(keys: u64, exponent: f64) -> Rejection {
        let keys = keys as f64;
        let mut new = Rejection {
            keys,
            exponent,
            area_at_first: 0.0,
            area_at_last: 0.0,
            surely: 0.0,
        };
        new.area_at_first = new.area(1.5) - 1.0;
        new.area_at_last = new.area(keys + 0.5);
        new.surely = 2.0 - new.area_inverse(new.area(2.5) - new.height(2.0));
        new
    }

    fn height(&self, x: f64) -> f64 {
        exp(-self.exponent * ln(x))
    }

    /// The integral of x^-s from 1 to x.
    fn area(&self, x: f64) -> f64 {
        let log = ln(x);
        log * exp_m1_over((1.0 - self.exponent) * log)
    }

    fn area_inverse(&self, area: f64) -> f64 {
        // Rounding may lead below -1, where the logarithm ends.
        let t = (area * (1.0 - self.exponent)).max(-1.0);
        exp(area * ln_1p_over(t))
    }

    fn sample(&self, draw: &mut Draw) -> u64 {
        for _ in 0..MOST_PROPOSALS {
            let area = self.area_at_last + draw.uniform() * (self.area_at_first - self.area_at_last);
            let x = self.area_inverse(area);
            let k = ((x + 0.5) as u64 as f64).clamp(1.0, self.keys);
            if k - x <= self.surely || area >= self.area(k + 0.5) - self.height(k) {
                return k as u64 - 1;
            }
        }
        0
    }
}

/// (exp(x) - 1) / x, also at 0.
fn exp_m1_over(x: f64) -> f64 {
    if x.abs() > 1e-8 {
        exp_m1(x) / x
    } else {
        1.0 + x / 2.0
    }
}

/// ln(1 + x) / x, also at 0.
fn ln_1p_over(x: f64) -> f64 {
    if x.abs() > 1e-8 {
        ln_1p(x) / x
    } else {
        1.0 - x / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Stream, StreamName};
    use statrs::distribution::{ChiSquared, ContinuousCDF};

    /// Chi-square at 0.1 % over classes of ranks: single ones at the head, doubling ones in the tail.
    fn check(keys: u64, exponent: f64) {
        const DRAWS: u32 = 400_000;
        let law = Popularity::zipf(keys, exponent).unwrap();
        let mut bounds: Vec<u64> = (1..64).take_while(|b| *b < keys).collect();
        bounds.extend((0..60).map(|i| 64 << i).take_while(|b| *b < keys));
        bounds.push(keys);
        let mut found = vec![0u32; bounds.len()];
        let mut stream = Stream::open(1, 0, StreamName::new("keys").index(keys));
        for _ in 0..DRAWS {
            let rank = law.sample(&mut stream.next());
            assert!(rank < keys);
            found[bounds.partition_point(|b| *b <= rank)] += 1;
        }
        let (mut chi, mut freedom, mut done, mut merged, mut merged_expect) = (0.0, -1.0, 0.0, 0.0, 0.0);
        for (bound, count) in bounds.iter().zip(found) {
            let share = law.share_of_top(*bound);
            merged_expect += (share - done) * f64::from(DRAWS);
            merged += f64::from(count);
            done = share;
            if merged_expect >= 20.0 {
                chi += (merged - merged_expect).powi(2) / merged_expect;
                freedom += 1.0;
                (merged, merged_expect) = (0.0, 0.0);
            }
        }
        assert!((merged - merged_expect).abs() < 40.0, "the rest of the tail");
        if freedom > 0.0 {
            let limit = ChiSquared::new(freedom).unwrap().inverse_cdf(0.999);
            assert!(
                chi < limit,
                "{keys} keys, exponent {exponent}: {chi} > {limit} at {freedom}"
            );
        }
    }

    #[test]
    fn sampled_ranks_have_their_probabilities() {
        for keys in [
            1,
            2,
            10,
            1_000,
            65_536,
            65_537,
            1_000_000,
            1_000_000_000,
            MOST_KEYS,
        ] {
            for exponent in [0.0, 0.5, 0.8, 0.99, 1.0, 1.01, 1.2, 2.0, 10.0] {
                check(keys, exponent);
            }
        }
    }

    #[test]
    fn the_table_holds_the_exact_probabilities() {
        for (keys, exponent) in [(7, 1.0), (1_000, 0.9), (65_536, 1.2)] {
            let law = Popularity::zipf(keys, exponent).unwrap();
            let Method::Table(cells) = &law.method else {
                unreachable!("few keys are tabulated")
            };
            let mut mass = vec![0.0; keys as usize];
            for (rank, cell) in cells.iter().enumerate() {
                let own = if cell.other as usize == rank {
                    1.0
                } else {
                    cell.threshold as f64 / 2f64.powi(64)
                };
                mass[rank] += own / keys as f64;
                mass[cell.other as usize] += (1.0 - own) / keys as f64;
            }
            for (rank, mass) in mass.iter().enumerate() {
                assert!((mass - law.probability(rank as u64)).abs() < 1e-13, "{rank}");
            }
        }
    }

    #[test]
    fn probabilities_sum_to_one_and_shares_agree() {
        for keys in [1, 1_024, 1_025, 100_000] {
            for exponent in [0.0, 0.7, 1.0, 1.5] {
                let law = Popularity::zipf(keys, exponent).unwrap();
                let mut sum = 0.0;
                for rank in 0..keys {
                    sum += law.probability(rank);
                    if rank % 9_999 == 0 {
                        assert!((sum - law.share_of_top(rank + 1)).abs() < 1e-11);
                    }
                }
                assert!((sum - 1.0).abs() < 1e-11, "{keys} {exponent}: {sum}");
                assert_eq!(law.probability(keys), 0.0);
            }
        }
        // H(10^9, 1) = ln(10^9) + Euler's constant + 1/(2 10^9).
        assert!((harmonic(1_000_000_000, 1.0) - 21.300_481_502_347_944).abs() < 1e-13);
        // zeta(2) less the tail 1/n.
        assert!(
            (harmonic(1 << 40, 2.0) - (std::f64::consts::PI.powi(2) / 6.0 - 2f64.powi(-40))).abs() < 1e-14
        );
    }

    #[test]
    fn hostile_parameters_are_refused() {
        for (keys, exponent) in [
            (0, 1.0),
            (MOST_KEYS + 1, 1.0),
            (5, -0.1),
            (5, f64::NAN),
            (5, 11.0),
        ] {
            assert!(Popularity::zipf(keys, exponent).is_err(), "{keys} {exponent}");
        }
        assert_eq!(
            Popularity::even(0).unwrap_err().to_string(),
            "the number of keys is 0, but must be between 1 and 1099511627776"
        );
    }
}
