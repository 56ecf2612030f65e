//! Simulated time: whole nanoseconds since the start of a trial, with arithmetic that saturates instead of wrapping.
//!
//! Integers keep the order of events exact: a float clock loses its nanoseconds after a few simulated months, and the
//! same sum taken in another order gives another time. A `u64` of nanoseconds lasts 584 years.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Sub, SubAssign};

const NANOS_PER_SEC: f64 = 1e9;

/// An instant of simulated time: nanoseconds since the start of the trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SimTime(u64);

/// A length of simulated time in nanoseconds; never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SimDuration(u64);

/// Rounds a float to the nearest integer, ties to even; NaN and negatives become 0, too large values `u64::MAX`.
#[inline]
fn round_to_u64(x: f64) -> u64 {
    // Adding 2^52 leaves the integer part in the low bits of the mantissa, rounded by the addition itself.
    const SHIFT: f64 = 4_503_599_627_370_496.0;
    const HALF_OF_SHIFT: f64 = SHIFT / 2.0;
    if (0.0..HALF_OF_SHIFT).contains(&x) {
        (x + SHIFT).to_bits() - SHIFT.to_bits()
    } else {
        x.round_ties_even() as u64
    }
}

impl SimTime {
    /// The start of a trial.
    pub const ZERO: SimTime = SimTime(0);
    /// Later than everything: 584 years.
    pub const MAX: SimTime = SimTime(u64::MAX);

    /// The instant `nanos` nanoseconds after the start.
    #[inline]
    pub const fn from_nanos(nanos: u64) -> SimTime {
        SimTime(nanos)
    }

    /// The instant `secs` seconds after the start, to the nearest nanosecond; NaN and negatives give [`SimTime::ZERO`],
    /// too large values [`SimTime::MAX`].
    pub fn from_secs_f64(secs: f64) -> SimTime {
        SimTime(round_to_u64(secs * NANOS_PER_SEC))
    }

    /// Nanoseconds since the start.
    #[inline]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Seconds since the start, rounded to a double.
    #[inline]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / NANOS_PER_SEC
    }

    /// The time since `earlier`, zero if `earlier` is in fact later.
    #[inline]
    pub const fn saturating_since(self, earlier: SimTime) -> SimDuration {
        SimDuration(self.0.saturating_sub(earlier.0))
    }
}

impl SimDuration {
    /// No time at all.
    pub const ZERO: SimDuration = SimDuration(0);
    /// The longest duration: 584 years.
    pub const MAX: SimDuration = SimDuration(u64::MAX);

    /// A duration of `nanos` nanoseconds.
    #[inline]
    pub const fn from_nanos(nanos: u64) -> SimDuration {
        SimDuration(nanos)
    }

    /// A duration of `nanos` nanoseconds to the nearest whole one (ties to even); NaN and negatives give
    /// [`SimDuration::ZERO`], too large values [`SimDuration::MAX`]. This is how a drawn value becomes time.
    #[inline]
    pub fn from_f64_nanos(nanos: f64) -> SimDuration {
        SimDuration(round_to_u64(nanos))
    }

    /// A duration of `secs` seconds to the nearest nanosecond; NaN and negatives give [`SimDuration::ZERO`], too large
    /// values [`SimDuration::MAX`].
    pub fn from_secs_f64(secs: f64) -> SimDuration {
        SimDuration(round_to_u64(secs * NANOS_PER_SEC))
    }

    /// The whole nanoseconds.
    #[inline]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Nanoseconds as a double (exact below 2^53, about 104 days).
    #[inline]
    pub fn as_f64_nanos(self) -> f64 {
        self.0 as f64
    }

    /// Seconds, rounded to a double.
    #[inline]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / NANOS_PER_SEC
    }

    /// Is this no time at all?
    #[inline]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// This duration times a factor, to the nearest nanosecond; a NaN or negative factor gives [`SimDuration::ZERO`].
    #[inline]
    pub fn scaled(self, factor: f64) -> SimDuration {
        SimDuration::from_f64_nanos(self.as_f64_nanos() * factor)
    }
}

impl Add<SimDuration> for SimTime {
    type Output = SimTime;
    #[inline]
    fn add(self, rhs: SimDuration) -> SimTime {
        SimTime(self.0.saturating_add(rhs.0))
    }
}

impl AddAssign<SimDuration> for SimTime {
    #[inline]
    fn add_assign(&mut self, rhs: SimDuration) {
        *self = *self + rhs;
    }
}

impl Sub<SimDuration> for SimTime {
    type Output = SimTime;
    #[inline]
    fn sub(self, rhs: SimDuration) -> SimTime {
        SimTime(self.0.saturating_sub(rhs.0))
    }
}

impl Sub for SimTime {
    type Output = SimDuration;
    /// The time from `rhs` to `self`; the caller owes the order, and a wrong one is caught in debug builds and is zero
    /// in release builds.
    #[inline]
    fn sub(self, rhs: SimTime) -> SimDuration {
        debug_assert!(rhs <= self, "{rhs:?} is later than {self:?}");
        self.saturating_since(rhs)
    }
}

impl Add for SimDuration {
    type Output = SimDuration;
    #[inline]
    fn add(self, rhs: SimDuration) -> SimDuration {
        SimDuration(self.0.saturating_add(rhs.0))
    }
}

impl AddAssign for SimDuration {
    #[inline]
    fn add_assign(&mut self, rhs: SimDuration) {
        *self = *self + rhs;
    }
}

impl Sub for SimDuration {
    type Output = SimDuration;
    /// The difference, zero if `rhs` is the longer one.
    #[inline]
    fn sub(self, rhs: SimDuration) -> SimDuration {
        SimDuration(self.0.saturating_sub(rhs.0))
    }
}

impl SubAssign for SimDuration {
    #[inline]
    fn sub_assign(&mut self, rhs: SimDuration) {
        *self = *self - rhs;
    }
}

impl Mul<u64> for SimDuration {
    type Output = SimDuration;
    #[inline]
    fn mul(self, rhs: u64) -> SimDuration {
        SimDuration(self.0.saturating_mul(rhs))
    }
}

impl Sum for SimDuration {
    fn sum<I: Iterator<Item = SimDuration>>(durations: I) -> SimDuration {
        durations.fold(SimDuration::ZERO, Add::add)
    }
}

/// Writes nanoseconds exactly, in the largest of ns, us, ms and s that is not larger than the value.
fn write_nanos(nanos: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (unit, name, digits) = match nanos {
        0 => return f.pad("0s"),
        1..1_000 => (1, "ns", 0),
        1_000..1_000_000 => (1_000, "us", 3),
        1_000_000..1_000_000_000 => (1_000_000, "ms", 6),
        _ => (1_000_000_000, "s", 9),
    };
    let (whole, rest) = (nanos / unit, nanos % unit);
    if rest == 0 {
        f.pad(&format!("{whole}{name}"))
    } else {
        let fraction = format!("{rest:0digits$}");
        f.pad(&format!("{whole}.{}{name}", fraction.trim_end_matches('0')))
    }
}

impl fmt::Display for SimTime {
    /// Exact, in ns, us, ms or s: `1.5ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_nanos(self.0, f)
    }
}

impl fmt::Display for SimDuration {
    /// Exact, in ns, us, ms or s: `1.5ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_nanos(self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn floats_become_the_nearest_nanosecond() {
        let nanos = |x| SimDuration::from_f64_nanos(x).as_nanos();
        let two_51 = 2_251_799_813_685_248.0;
        for (x, expect) in [
            (0.0, 0),
            (-0.0, 0),
            (0.499_999_999_999_999_94, 0),
            (0.5, 0),
            (0.51, 1),
            (1.5, 2),
            (2.5, 2),
            (two_51 - 0.25, 2_251_799_813_685_248),
            (two_51 + 0.5, 2_251_799_813_685_248),
            (two_51 + 1.5, 2_251_799_813_685_250),
            (4_503_599_627_370_497.0, 4_503_599_627_370_497),
            (9_007_199_254_740_991.0, 9_007_199_254_740_991),
            (1e30, u64::MAX),
            (f64::INFINITY, u64::MAX),
            (f64::NAN, 0),
            (-1.0, 0),
            (f64::NEG_INFINITY, 0),
        ] {
            assert_eq!(nanos(x), expect, "{x}");
        }
        assert_eq!(SimTime::from_secs_f64(1.5).as_nanos(), 1_500_000_000);
        assert_eq!(SimTime::from_secs_f64(f64::NAN), SimTime::ZERO);
    }

    #[test]
    fn arithmetic_saturates() {
        let second = SimDuration::from_nanos(1_000_000_000);
        assert_eq!(SimTime::MAX + second, SimTime::MAX);
        assert_eq!(SimTime::ZERO - second, SimTime::ZERO);
        assert_eq!(SimDuration::ZERO - second, SimDuration::ZERO);
        assert_eq!(second * u64::MAX, SimDuration::MAX);
        assert_eq!(SimTime::ZERO.saturating_since(SimTime::MAX), SimDuration::ZERO);
        assert_eq!(
            [second, SimDuration::MAX].into_iter().sum::<SimDuration>(),
            SimDuration::MAX
        );
        assert_eq!(second.scaled(0.25).as_nanos(), 250_000_000);
    }

    #[test]
    fn display_is_exact_and_short() {
        let shown = |nanos| SimDuration::from_nanos(nanos).to_string();
        assert_eq!(shown(0), "0s");
        assert_eq!(shown(999), "999ns");
        assert_eq!(shown(1_500), "1.5us");
        assert_eq!(shown(1_500_000), "1.5ms");
        assert_eq!(shown(1_000_001), "1.000001ms");
        assert_eq!(shown(3_600_000_000_000), "3600s");
        assert_eq!(format!("{:>6}", SimTime::from_nanos(20_000)), "  20us");
    }

    proptest! {
        #[test]
        fn adding_then_subtracting_gives_the_duration_back(start in 0..u64::MAX / 2, span in 0..u64::MAX / 2) {
            let (start, span) = (SimTime::from_nanos(start), SimDuration::from_nanos(span));
            prop_assert_eq!((start + span) - start, span);
            prop_assert_eq!((start + span) - span, start);
        }

        #[test]
        fn rounding_is_never_off_by_more_than_a_half(x in 0.0..1e18) {
            let back = SimDuration::from_f64_nanos(x).as_f64_nanos();
            prop_assert!((back - x).abs() <= 0.5);
        }
    }
}
