//! Latencies as formulas of the year, where the tables of `latency.toml` are single observations.
//!
//! Colin Scott, *Interactive latencies* (github.com/colin-scott/interactive_latencies, MIT licence, read 2026): growth
//! laws anchored at a few known figures. They are extrapolations, valid for 1990 to 2030. The original mixes the
//! exponents 1/3 and 0.33, and 1/4.5 and 0.22, so a quantity misses its own anchor slightly; this follows its code.

use std::ops::RangeInclusive;

use serde::Deserialize;

/// Key of the source of all formulas.
pub const SOURCE: &str = "scott";

/// The years for which the formulas were made.
pub const YEARS: RangeInclusive<i32> = 1990..=2030;

/// What a formula exists for. The last word says what it is per, where it is not one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    /// L1 cache reference: three cycles.
    L1,
    /// Mispredicted branch: ten cycles.
    Branch,
    /// L2 cache reference: thirteen cycles.
    L2,
    /// Lock and unlock: fifty cycles.
    Mutex,
    /// Compressing 1 KB: six thousand cycles.
    Snappy,
    /// Main memory reference: 7 % less a year until 2000, then constant.
    Memory,
    /// One byte through the network card: bandwidth doubles every two years.
    Nic,
    /// One byte read from memory: bandwidth doubles every three years.
    MemoryRead,
    /// Random read from an SSD: twenty times faster every four and a half years until 2014, then constant.
    SsdRandomRead,
    /// One byte read from an SSD: bandwidth doubles every three years.
    SsdRead,
    /// Disk seek: halves every ten years.
    DiskSeek,
    /// One byte read from a disk: bandwidth doubles every two years until 2002, then every five.
    DiskRead,
    /// Round trip in a datacenter: constant.
    Datacenter,
    /// California to the Netherlands and back: constant.
    CaNetherlands,
}

/// The formula's value in nanoseconds (per operation, or per byte), or nothing outside [`YEARS`].
///
/// The value is rounded to six significant digits, so that it doesn't depend on the last bit of a platform's `exp2`.
pub fn nanos(quantity: Quantity, year: i32) -> Option<f64> {
    if !YEARS.contains(&year) {
        return None;
    }
    let cycles = |count: f64| count * cycle_nanos(year);
    let value = match quantity {
        Quantity::L1 => cycles(3.0),
        Quantity::Branch => cycles(10.0),
        Quantity::L2 => cycles(13.0),
        Quantity::Mutex => cycles(50.0),
        Quantity::Snappy => cycles(6000.0),
        Quantity::Memory => 100.0 * 0.93_f64.powi(year.min(2000) - 2000),
        Quantity::Nic => 1.0 / (0.125 * doublings(year, 2003, 2.0)),
        Quantity::MemoryRead => 1.0 / (4.0 * (index(year) / 3.0 - 0.33 * index(2001)).exp2()),
        Quantity::SsdRandomRead if year <= 2014 => 2e4 * 20_f64.powf(0.22 * index(2012) - index(year) / 4.5),
        Quantity::SsdRandomRead => 16_000.0,
        Quantity::SsdRead => 1.0 / (3.0 * (index(year) / 3.0 - 0.33 * index(2012)).exp2()),
        Quantity::DiskSeek => 1e7 / doublings(year, 2000, 10.0),
        Quantity::DiskRead if year <= 2002 => 1.0 / (0.1 * doublings(year, 2002, 2.0)),
        Quantity::DiskRead => 1.0 / (0.1 * doublings(year, 2002, 5.0)),
        Quantity::Datacenter => 500_000.0,
        Quantity::CaNetherlands => 150_000_000.0,
    };
    Some(six_digits(value))
}

/// One processor cycle: the clock doubled every two years until 2005 and has stood at 3 GHz since.
fn cycle_nanos(year: i32) -> f64 {
    1.0 / (3.0 * doublings(year.min(2005), 2005, 2.0))
}

/// How often something that doubles every `every` years has multiplied since `anchor`.
fn doublings(year: i32, anchor: i32, every: f64) -> f64 {
    (f64::from(year - anchor) / every).exp2()
}

/// Years since 1982, the zero of the original's bandwidth formulas.
fn index(year: i32) -> f64 {
    f64::from(year - 1982)
}

fn six_digits(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values computed independently from the original's code, in ns; sizes as it states them (2 KB, 1 MB).
    #[test]
    fn agrees_with_the_original() {
        use Quantity::*;
        let cases: [(Quantity, f64, [f64; 5]); 14] = [
            // quantity, bytes, values of 1990, 2002, 2010, 2020, 2026
            (L1, 1.0, [181.019, 2.82843, 1.0, 1.0, 1.0]),
            (Branch, 1.0, [603.398, 9.42809, 3.33333, 3.33333, 3.33333]),
            (L2, 1.0, [784.417, 12.2565, 4.33333, 4.33333, 4.33333]),
            (Mutex, 1.0, [3016.99, 47.1405, 16.6667, 16.6667, 16.6667]),
            (Memory, 1.0, [206.619, 100.0, 100.0, 100.0, 100.0]),
            (Snappy, 1.0, [362039.0, 5656.85, 2000.0, 2000.0, 2000.0]),
            (Nic, 2000.0, [1448150.0, 22627.4, 1414.21, 44.1942, 5.52427]),
            (
                SsdRandomRead,
                1.0,
                [37573900000.0, 12748900.0, 62019.8, 16000.0, 16000.0],
            ),
            (MemoryRead, 1e6, [3038450.0, 189903.0, 29907.8, 2967.23, 741.808]),
            (Datacenter, 1.0, [5e5; 5]),
            (SsdRead, 1e6, [50156700.0, 3134790.0, 493699.0, 48981.2, 12245.3]),
            (DiskSeek, 1.0, [2e7, 8705510.0, 5e6, 2.5e6, 1649380.0]),
            (DiskRead, 1e6, [6.4e8, 1e7, 3298770.0, 824692.0, 358968.0]),
            (CaNetherlands, 1.0, [1.5e8; 5]),
        ];
        for (quantity, bytes, values) in cases {
            for (year, expected) in [1990, 2002, 2010, 2020, 2026].into_iter().zip(values) {
                let got = nanos(quantity, year).unwrap() * bytes;
                assert!(
                    (got / expected - 1.0).abs() < 1e-5,
                    "{quantity:?} {year}: {got} for {expected}"
                );
            }
        }
    }

    #[test]
    fn says_nothing_outside_its_years() {
        assert_eq!(nanos(Quantity::L1, 1989), None);
        assert_eq!(nanos(Quantity::L1, 2031), None);
        assert_eq!(nanos(Quantity::L1, 2030), Some(1.0));
    }
}
