//! Counts of durations by size, to three significant digits, in memory that depends on their spread and not on
//! their number.
//!
//! Log-linear buckets as in HdrHistogram (Tene 2012, hdrhistogram.org): every octave is divided into 512 equal
//! buckets, so that a bucket's width is at most 1/512 of its values and its midpoint is within 1/1024 (0.098 %) of
//! each of them. What differs: the bucket is found from the exponent by two shifts, there is no range to configure
//! (all of u64 is covered, exactly below 1024), and an octave's counters exist only once a value has fallen in it.

const BITS: u32 = 9;
/// Buckets in an octave.
const WIDTH: usize = 1 << BITS;
/// Octave 0 holds 0..512, octave 1 holds 512..1024, octave `o` holds `2^(o+8)..2^(o+9)`.
const OCTAVES: usize = 56;

type Octave = [u32; WIDTH];

/// A histogram of nanoseconds (any `u64`): three significant digits, exact count, sum, minimum and maximum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    count: u64,
    sum: u128,
    min: u64,
    max: u64,
    octaves: [Option<Box<Octave>>; OCTAVES],
}

/// A bucket that holds values: `count` values from `low` to `high`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// The least value that falls in the bucket, in nanoseconds.
    pub low: u64,
    /// The greatest value that falls in the bucket, in nanoseconds.
    pub high: u64,
    /// How many values fell in it.
    pub count: u32,
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

/// The octave and the place in it of a value.
#[inline]
fn place(value: u64) -> (usize, usize) {
    // With bit 8 set, everything below 512 has exponent 8, which makes octave 0 a case like the others.
    let exponent = 63 - (value | (1 << (BITS - 1))).leading_zeros();
    let shift = exponent.saturating_sub(BITS);
    ((exponent + 1 - BITS) as usize, (value >> shift) as usize % WIDTH)
}

/// The least and the greatest value of a bucket.
fn bounds(octave: usize, place: usize) -> (u64, u64) {
    if octave == 0 {
        return (place as u64, place as u64);
    }
    let shift = octave - 1;
    let low = ((WIDTH + place) as u64) << shift;
    (low, low + ((1 << shift) - 1))
}

impl Histogram {
    /// An empty histogram, which allocates nothing yet.
    pub fn new() -> Self {
        Self {
            count: 0,
            sum: 0,
            min: u64::MAX,
            max: 0,
            octaves: [const { None }; OCTAVES],
        }
    }

    /// Counts one value, in nanoseconds.
    #[inline]
    pub fn record(&mut self, value: u64) {
        self.count += 1;
        self.sum += u128::from(value);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        let (octave, place) = place(value);
        match &mut self.octaves[octave] {
            Some(counts) => counts[place] = counts[place].saturating_add(1),
            vacant => first_of_octave(vacant, place),
        }
    }

    /// Adds all values of another histogram. The result is the same in whichever order histograms are merged.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        for (mine, theirs) in self.octaves.iter_mut().zip(&other.octaves) {
            match (mine, theirs) {
                (_, None) => {}
                (Some(mine), Some(theirs)) => {
                    for (a, b) in mine.iter_mut().zip(theirs.iter()) {
                        *a = a.saturating_add(*b);
                    }
                }
                (vacant, Some(theirs)) => *vacant = Some(theirs.clone()),
            }
        }
    }

    /// How many values were recorded.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The exact sum of all values, in nanoseconds.
    pub fn sum(&self) -> u128 {
        self.sum
    }

    /// The exact mean, in nanoseconds; `None` when empty.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }

    /// The least value, exactly; `None` when empty.
    pub fn min(&self) -> Option<u64> {
        (self.count > 0).then_some(self.min)
    }

    /// The greatest value, exactly; `None` when empty.
    pub fn max(&self) -> Option<u64> {
        (self.count > 0).then_some(self.max)
    }

    /// The value at a rank, 1 being the least, within 0.1 %: the middle of its bucket, but never outside
    /// of what was recorded. Ranks beyond the ends mean the ends; `None` when empty.
    pub fn value_at_rank(&self, rank: u64) -> Option<u64> {
        if self.count == 0 {
            return None;
        }
        if rank <= 1 {
            return Some(self.min);
        }
        if rank >= self.count {
            return Some(self.max);
        }
        let mut seen = 0;
        for (octave, counts) in self.octaves.iter().enumerate() {
            let Some(counts) = counts else { continue };
            let inside = total(&counts[..]);
            if seen + inside < rank {
                seen += inside;
                continue;
            }
            for (place, &count) in counts.iter().enumerate() {
                seen += u64::from(count);
                if seen >= rank {
                    let (low, high) = bounds(octave, place);
                    return Some((low + (high - low) / 2).clamp(self.min, self.max));
                }
            }
        }
        // Only counters that have saturated can leave a rank unfound, and then it lies among the last.
        Some(self.max)
    }

    /// The quantile by nearest rank: the least value that at least a fraction `p` (0 to 1) of the values do not
    /// exceed, rank `ceil(p n)` (Hyndman and Fan 1996, "Sample Quantiles in Statistical Packages", definition 1).
    /// Within 0.1 %; `None` when empty or when `p` is not a number.
    pub fn quantile(&self, p: f64) -> Option<u64> {
        if p.is_nan() {
            return None;
        }
        self.value_at_rank(nearest_rank(p, self.count))
    }

    /// How many values exceed `x`. Values in the same bucket as `x` are too close to tell and count as not above it.
    pub fn count_above(&self, x: u64) -> u64 {
        if x >= self.max {
            return 0;
        }
        let (octave, place) = place(x);
        let near = self.octaves[octave]
            .as_ref()
            .map_or(0, |counts| total(&counts[place + 1..]));
        near + self.octaves[octave + 1..]
            .iter()
            .flatten()
            .map(|counts| total(&counts[..]))
            .sum::<u64>()
    }

    /// How many values do not exceed `x`: all that [`count_above`](Self::count_above) leaves.
    pub fn count_at_or_below(&self, x: u64) -> u64 {
        // Counters that have saturated hold less than was recorded, never more.
        self.count - self.count_above(x)
    }

    /// The buckets that hold values, in ascending order.
    pub fn buckets(&self) -> impl Iterator<Item = Bucket> + '_ {
        self.octaves.iter().enumerate().flat_map(|(octave, counts)| {
            let counts = counts.as_deref().map_or(&[][..], |counts| &counts[..]);
            counts
                .iter()
                .enumerate()
                .filter(|(_, count)| **count > 0)
                .map(move |(place, &count)| {
                    let (low, high) = bounds(octave, place);
                    Bucket { low, high, count }
                })
        })
    }
}

impl Histogram {
    /// The number of a bucket, counted from the one that holds 0.
    #[must_use]
    pub fn number_of(bucket: &Bucket) -> u16 {
        let (octave, place) = place(bucket.low);
        // There are 56 * 512 buckets.
        (octave * WIDTH + place) as u16
    }

    /// A histogram from what another one told: its least and greatest value, its sum, and its buckets, ascending, each as its
    /// number and count. The same as the original, as long as no counter of that one had saturated; `None` where the parts
    /// don't belong together.
    pub fn restore(
        min: u64,
        max: u64,
        sum: u128,
        buckets: impl IntoIterator<Item = (u16, u32)>,
    ) -> Option<Self> {
        let mut histogram = Self {
            sum,
            min,
            max,
            ..Self::new()
        };
        let mut ends = None;
        for (number, count) in buckets {
            let (octave, place) = (usize::from(number) / WIDTH, usize::from(number) % WIDTH);
            let ascends = ends.is_none_or(|(_, last)| last < number);
            if octave >= OCTAVES || count == 0 || count == u32::MAX || !ascends {
                return None;
            }
            ends = Some((ends.map_or(number, |(first, _)| first), number));
            histogram.count += u64::from(count);
            histogram.octaves[octave].get_or_insert_with(|| Box::new([0; WIDTH]))[place] = count;
        }
        let number = |value: u64| {
            let (octave, place) = place(value);
            (octave * WIDTH + place) as u16
        };
        let Some(ends) = ends else {
            return (sum == 0 && min == u64::MAX && max == 0).then_some(histogram);
        };
        let count = u128::from(histogram.count);
        let fits = ends == (number(min), number(max))
            && min <= max
            && (count * u128::from(min)..=count * u128::from(max)).contains(&sum);
        fits.then_some(histogram)
    }
}

/// Out of line, so that `record` stays small enough to be inlined everywhere.
#[cold]
#[inline(never)]
fn first_of_octave(vacant: &mut Option<Box<Octave>>, place: usize) {
    let mut counts = Box::new([0; WIDTH]);
    counts[place] = 1;
    *vacant = Some(counts);
}

fn total(counts: &[u32]) -> u64 {
    counts.iter().map(|&count| u64::from(count)).sum()
}

/// `ceil(p n)`, forgiving the rounding of `p` itself: the 7th of 100 values is the 0.07 quantile, although the
/// product is a little more than 7 in binary.
fn nearest_rank(p: f64, n: u64) -> u64 {
    (p * n as f64 * (1.0 - 2.0 * f64::EPSILON)).ceil() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filled(values: &[u64]) -> Histogram {
        let mut histogram = Histogram::new();
        for &value in values {
            histogram.record(value);
        }
        histogram
    }

    /// All of u64, every octave equally often.
    fn any_duration() -> impl Strategy<Value = u64> {
        (0u32..64, any::<u64>()).prop_map(|(shift, value)| value >> shift)
    }

    #[test]
    fn buckets_tile_all_of_u64() {
        let mut next = 0u64;
        for octave in 0..OCTAVES {
            for index in 0..WIDTH {
                let (low, high) = bounds(octave, index);
                assert_eq!(low, next);
                assert_eq!(place(low), (octave, index));
                assert_eq!(place(high), (octave, index));
                assert!((high - low) as f64 / 2.0 <= low as f64 / 1024.0);
                next = high.wrapping_add(1);
            }
        }
        assert_eq!(next, 0, "the last bucket ends at u64::MAX");
    }

    #[test]
    fn an_empty_histogram_has_no_values() {
        let empty = Histogram::new();
        assert_eq!((empty.min(), empty.max(), empty.mean()), (None, None, None));
        assert_eq!(
            (
                empty.quantile(0.5),
                empty.count_above(0),
                empty.count_at_or_below(7)
            ),
            (None, 0, 0)
        );
        assert_eq!(empty.buckets().count(), 0);
    }

    #[test]
    fn nearest_rank_as_the_textbook_has_it() {
        let hundred = filled(&(1..=100).collect::<Vec<_>>());
        for (p, expected) in [
            (0.0, 1),
            (0.07, 7),
            (0.5, 50),
            (0.501, 51),
            (0.99, 99),
            (0.999, 100),
            (1.0, 100),
        ] {
            assert_eq!(hundred.quantile(p), Some(expected), "p = {p}");
        }
        assert_eq!(hundred.quantile(f64::NAN), None);
        assert_eq!(
            (hundred.quantile(-1.0), hundred.quantile(2.0)),
            (Some(1), Some(100))
        );
    }

    #[test]
    fn counters_saturate_and_the_rest_stays_exact() {
        let mut histogram = filled(&[5, 5, 9]);
        if let Some(counts) = &mut histogram.octaves[0] {
            counts[5] = u32::MAX;
        }
        histogram.record(5);
        histogram.merge(&filled(&[5]));
        let first = histogram.buckets().next();
        assert_eq!(
            first,
            Some(Bucket {
                low: 5,
                high: 5,
                count: u32::MAX
            })
        );
        assert_eq!((histogram.count(), histogram.sum()), (5, 29));
    }

    #[test]
    fn memory_follows_the_spread_and_not_the_number() {
        let mut histogram = Histogram::new();
        for i in 0..100_000u64 {
            histogram.record(1_000_000 + i % 48_000);
        }
        assert_eq!(histogram.octaves.iter().flatten().count(), 1);
    }

    proptest! {
        #[test]
        fn agrees_with_sorted_values(mut values in prop::collection::vec(any_duration(), 1..300), p in 0.0f64..=1.0) {
            let histogram = filled(&values);
            values.sort_unstable();
            let n = values.len();
            prop_assert_eq!(histogram.count(), n as u64);
            prop_assert_eq!(histogram.min(), Some(values[0]));
            prop_assert_eq!(histogram.max(), Some(values[n - 1]));
            prop_assert_eq!(histogram.sum(), values.iter().map(|&v| u128::from(v)).sum::<u128>());
            let exact = values[((p * n as f64).ceil() as usize).max(1) - 1];
            let found = histogram.quantile(p).unwrap_or_default();
            prop_assert!(found.abs_diff(exact) as f64 <= exact as f64 / 1024.0, "{} for {}", found, exact);
            if exact < 1024 {
                prop_assert_eq!(found, exact);
            }
        }

        #[test]
        fn counts_above_and_below_split_the_values(
            values in prop::collection::vec(any_duration(), 0..300),
            x in any_duration(),
        ) {
            let histogram = filled(&values);
            let (octave, index) = place(x);
            let high = bounds(octave, index).1;
            let above = values.iter().filter(|&&value| value > high).count() as u64;
            prop_assert_eq!(histogram.count_above(x), above);
            prop_assert_eq!(histogram.count_at_or_below(x), values.len() as u64 - above);
        }

        #[test]
        fn what_was_told_can_be_restored(values in prop::collection::vec(any_duration(), 0..300), wrong in 0usize..300) {
            let histogram = filled(&values);
            let parts: Vec<(u16, u32)> = histogram.buckets().map(|b| (Histogram::number_of(&b), b.count)).collect();
            let (min, max, sum) = (histogram.min, histogram.max, histogram.sum);
            prop_assert_eq!(Histogram::restore(min, max, sum, parts.clone()), Some(histogram));
            if let Some(place) = wrong.checked_rem(parts.len()) {
                let with = |part: (u16, u32)| {
                    let mut parts = parts.clone();
                    parts[place] = part;
                    Histogram::restore(min, max, sum, parts)
                };
                prop_assert_eq!(with((parts[place].0, 0)), None);
                prop_assert_eq!(with((u16::MAX, 1)), None);
                prop_assert_eq!(Histogram::restore(min, max, sum, parts.iter().rev().chain(&parts).copied()), None);
                prop_assert_eq!(Histogram::restore(max, min.wrapping_sub(1), sum, parts.clone()), None);
                prop_assert_eq!(Histogram::restore(min, max, u128::MAX, parts.clone()), None);
            }
        }

        #[test]
        fn merging_is_recording_everything_into_one(
            a in prop::collection::vec(any_duration(), 0..200),
            b in prop::collection::vec(any_duration(), 0..200),
        ) {
            let mut merged = filled(&a);
            merged.merge(&filled(&b));
            let mut swapped = filled(&b);
            swapped.merge(&filled(&a));
            prop_assert_eq!(&merged, &swapped);
            prop_assert_eq!(&merged, &filled(&[a, b].concat()));
            let counted: u64 = merged.buckets().map(|bucket| u64::from(bucket.count)).sum();
            prop_assert_eq!(counted, merged.count());
            let ascending: Vec<Bucket> = merged.buckets().collect();
            prop_assert!(ascending.windows(2).all(|pair| pair[0].high < pair[1].low));
        }
    }
}
