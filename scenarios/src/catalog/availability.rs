//! What fails, how often, and for how long: promises of providers, failure rates of parts, times of repair.
//!
//! A promise is a threshold for credits, not an observed availability. Failures come in bursts (Ford et al. 2010, Jiang
//! et al. 2008), so arithmetic with independent failures is optimistic; the facts that say by how much are rows here too.

use std::sync::LazyLock;

use serde::Deserialize;

/// Seconds of a day.
pub const DAY_S: f64 = 86_400.0;
/// Seconds of a year of 365 days, the one that tables of nines use.
pub const YEAR_S: f64 = 365.0 * DAY_S;

/// The availabilities that a table of nines shows, from one nine to six.
pub const NINES: [f64; 10] = [
    0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999, 0.99995, 0.99999, 0.999999,
];

/// Seconds that a system of this availability (a fraction) is down in a window of `window_s` seconds.
pub fn downtime_s(availability: f64, window_s: f64) -> f64 {
    (1.0 - availability) * window_s
}

/// Availability of a part that fails `per_year` times a year of being up and takes `repair_s` seconds to come back.
///
/// MTBF / (MTBF + MTTR), the long-run fraction of time up of an alternating renewal process (Ross, *Introduction to
/// Probability Models*, section 7.5).
pub fn from_failures(per_year: f64, repair_s: f64) -> f64 {
    1.0 / (1.0 + per_year * repair_s / YEAR_S)
}

/// The availability below which a provider pays.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    /// Name in kebab case.
    pub name: String,
    /// What is promised.
    pub what: String,
    /// A fraction of time or of requests, in (0, 1].
    pub availability: f64,
    /// Key into [`super::sources`].
    pub source: String,
    /// False if nobody looked it up.
    #[serde(default = "yes")]
    pub verified: bool,
}

/// How often a part fails.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Name in kebab case.
    pub name: String,
    /// What fails.
    pub what: String,
    /// Failures a year of one such part, from low to high.
    pub per_year: [f64; 2],
    /// Seconds until it is back, from low to high, where the source says.
    pub repair_s: Option<[f64; 2]>,
    /// Key into [`super::sources`].
    pub source: String,
    /// How the figure was reached, or what else to know.
    pub note: Option<String>,
}

/// How long it takes to come back.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repair {
    /// Name in kebab case.
    pub name: String,
    /// What happens in that time.
    pub what: String,
    /// Seconds, from low to high.
    pub seconds: [f64; 2],
    /// Key into [`super::sources`].
    pub source: String,
    /// False if nobody looked it up.
    #[serde(default = "yes")]
    pub verified: bool,
}

/// Something observed about failures that is no rate of a part.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Name in kebab case.
    pub name: String,
    /// What was observed.
    pub what: String,
    /// The figure, from low to high.
    pub value: [f64; 2],
    /// What the figure is of.
    pub unit: String,
    /// Key into [`super::sources`].
    pub source: String,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    promise: Vec<Promise>,
    part: Vec<Part>,
    repair: Vec<Repair>,
    fact: Vec<Fact>,
}

static FILE: LazyLock<File> =
    LazyLock::new(|| super::shipped("availability.toml", include_str!("data/availability.toml")));

/// All promises of providers.
pub fn promises() -> &'static [Promise] {
    &FILE.promise
}

/// All failure rates.
pub fn parts() -> &'static [Part] {
    &FILE.part
}

/// All times of repair that belong to no failure rate.
pub fn repairs() -> &'static [Repair] {
    &FILE.repair
}

/// All other observations.
pub fn facts() -> &'static [Fact] {
    &FILE.fact
}

#[cfg(test)]
pub(super) fn source_keys() -> Vec<&'static str> {
    let promises = promises().iter().map(|row| &row.source);
    let parts = parts().iter().map(|row| &row.source);
    let repairs = repairs().iter().map(|row| &row.source);
    let facts = facts().iter().map(|row| &row.source);
    promises
        .chain(parts)
        .chain(repairs)
        .chain(facts)
        .map(String::as_str)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::catalog::sources::{self, Read};

    fn close(got: f64, expected: f64) {
        assert!((got / expected - 1.0).abs() < 1e-9, "{got} for {expected}");
    }

    #[test]
    fn nines_are_arithmetic() {
        // Availability, then seconds down in a year, in 30 days, in a week, in a day.
        let cases = [
            (0.9, 3_153_600.0, 259_200.0, 60_480.0, 8_640.0),
            (0.995, 157_680.0, 12_960.0, 3_024.0, 432.0),
            (0.999, 31_536.0, 2_592.0, 604.8, 86.4),
            (0.99995, 1_576.8, 129.6, 30.24, 4.32),
            (0.999999, 31.536, 2.592, 0.6048, 0.0864),
        ];
        for (availability, year, month, week, day) in cases {
            close(downtime_s(availability, YEAR_S), year);
            close(downtime_s(availability, 30.0 * DAY_S), month);
            close(downtime_s(availability, 7.0 * DAY_S), week);
            close(downtime_s(availability, DAY_S), day);
        }
        assert!(NINES.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn crashes_and_repairs_make_an_availability() {
        // Two crashes a year of ten minutes each: 1 - 1200 / 31536000 to first order.
        assert!((from_failures(2.0, 600.0) - 0.999_961_948_2).abs() < 2e-9);
        assert_eq!(from_failures(0.0, 600.0), 1.0);
        assert_eq!(from_failures(1.0, YEAR_S), 0.5);
    }

    #[test]
    fn every_row_is_sane_and_sourced() {
        for row in promises() {
            assert!(row.availability > 0.0 && row.availability <= 1.0, "{}", row.name);
            let read = sources::lookup(&row.source).map(|source| source.read);
            assert_eq!(row.verified, read != Some(Read::None), "{}", row.name);
        }
        for row in repairs() {
            let [low, high] = row.seconds;
            assert!(0.0 < low && low <= high, "{}", row.name);
            let read = sources::lookup(&row.source).map(|source| source.read);
            assert_eq!(row.verified, read != Some(Read::None), "{}", row.name);
        }
        for row in parts() {
            let [low, high] = row.per_year;
            assert!(0.0 < low && low <= high, "{}", row.name);
            assert!(
                row.repair_s.is_none_or(|[low, high]| 0.0 < low && low <= high),
                "{}",
                row.name
            );
        }
        for row in facts() {
            let [low, high] = row.value;
            assert!(0.0 < low && low <= high, "{}", row.name);
        }
        for key in source_keys() {
            assert!(sources::lookup(key).is_some(), "{key}");
        }
    }

    #[test]
    fn names_are_unique_in_their_table() {
        fn check<'a>(names: impl Iterator<Item = &'a String>) {
            let names: Vec<_> = names.collect();
            assert!(!names.is_empty());
            assert_eq!(
                names.iter().collect::<BTreeSet<_>>().len(),
                names.len(),
                "{names:?}"
            );
        }
        check(promises().iter().map(|row| &row.name));
        check(parts().iter().map(|row| &row.name));
        check(repairs().iter().map(|row| &row.name));
        check(facts().iter().map(|row| &row.name));
    }

    #[test]
    fn the_yearly_disk_rate_is_its_failures_over_its_drive_days() {
        let disk = parts().iter().find(|row| row.name == "disk").unwrap();
        assert!((disk.per_year[0] - 4317.0 / (115_638_676.0 / 365.0)).abs() < 5e-5);
    }
}
