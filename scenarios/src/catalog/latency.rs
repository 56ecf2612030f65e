//! How long an operation takes: the numbers every programmer should know, by year, for `ops(...)` and for people.
//!
//! Observations are rows of `data/latency.toml`, each with its source: Norvig 2001, Dean 2009, Boner 2012, Eskildsen's
//! napkin-math of 2026 and single measurements between. Nearly all are one typical value, and then the catalogue claims
//! no spread: `ops` makes a constant of them. Only a figure whose source has percentiles of single operations carries
//! [`Figure::p99_ratio`]; a spread between machines is not one.

use std::sync::LazyLock;

use serde::Deserialize;

pub mod scott;

/// The year that a scenario means when it doesn't say.
pub const DEFAULT_YEAR: i32 = 2026;

/// One operation whose duration is known, under the name that `ops(...)` uses.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Name in kebab case.
    pub name: String,
    /// Other names for the same thing.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Which part of a system does it.
    pub category: Category,
    /// What is done, in a few words.
    pub what: String,
    /// Whether the figures are times of one operation or of one byte.
    #[serde(default)]
    pub kind: Kind,
    /// What else to know before using the figures.
    pub note: Option<String>,
    scott: Option<scott::Quantity>,
    figures: Vec<Observation>,
}

/// Which part of a system an operation belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// The processor and its caches.
    Cpu,
    /// Main memory.
    Memory,
    /// The operating system.
    Os,
    /// Disks.
    Storage,
    /// The network, near and far.
    Network,
    /// Programs that answer.
    Service,
    /// Stores of objects behind HTTP.
    ObjectStore,
}

impl Category {
    /// All categories, in the order in which they are shown.
    pub const ALL: [Category; 7] = [
        Category::Cpu,
        Category::Memory,
        Category::Os,
        Category::Storage,
        Category::Network,
        Category::Service,
        Category::ObjectStore,
    ];

    /// Heading for people.
    pub fn title(self) -> &'static str {
        match self {
            Category::Cpu => "Processor",
            Category::Memory => "Memory",
            Category::Os => "Operating system",
            Category::Storage => "Storage",
            Category::Network => "Network",
            Category::Service => "Services",
            Category::ObjectStore => "Object stores",
        }
    }
}

/// What an entry's figures are per, and so how `ops(...)` multiplies them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Nanoseconds per operation: written with a count, `3 ssd-random-read`.
    #[default]
    Time,
    /// Nanoseconds per byte: written with an amount of bytes, `64KiB memory-sequential-read`.
    PerByte,
}

/// A row of the data file: `ns`, or `ns` for `bytes`, or `gib_per_s`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Observation {
    year: i32,
    ns: Option<f64>,
    bytes: Option<f64>,
    gib_per_s: Option<f64>,
    p99_ratio: Option<f64>,
    #[serde(default = "typical")]
    statistic: String,
    source: String,
    #[serde(default = "yes")]
    verified: bool,
}

fn typical() -> String {
    "typical".to_owned()
}

fn yes() -> bool {
    true
}

impl Observation {
    fn nanos(&self) -> f64 {
        const GIB: f64 = (1_u64 << 30) as f64;
        match (self.ns, self.gib_per_s) {
            (Some(ns), _) => ns / self.bytes.unwrap_or(1.0),
            (None, Some(rate)) => 1e9 / (rate * GIB),
            (None, None) => f64::NAN,
        }
    }
}

/// How the figure of a year was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The newest published figure that is not from after the year.
    Published,
    /// Nothing so old is published: Colin Scott's formula for the year.
    Formula,
    /// Nothing so old is published and there is no formula: the oldest figure there is.
    Oldest,
}

/// What an operation costs in some year.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// What `nanos` is per.
    pub kind: Kind,
    /// Nanoseconds per operation or per byte, see `kind`; always positive.
    pub nanos: f64,
    /// p99 / p50 of single operations, if the source has both: `nanos` is then the p50. Without it the source gives one
    /// value, and a constant is all that can be drawn from it.
    pub p99_ratio: Option<f64>,
    /// What the value is in its source: "typical", "mean", "p90", ...
    pub statistic: &'static str,
    /// Key into [`super::sources`].
    pub source: &'static str,
    /// The year that the figure is from; with a formula, the year it was asked for.
    pub year_used: i32,
    /// How the figure was found.
    pub basis: Basis,
    /// False if nobody saw the figure in its source.
    pub verified: bool,
    /// What else to know before using it.
    pub note: Option<&'static str>,
}

impl Entry {
    /// The figure to use for `year`: the newest published one that is not from after it.
    ///
    /// Before the first published figure it is Colin Scott's formula, where there is one, else the oldest figure.
    pub fn at(&'static self, year: i32) -> Figure {
        let newest = self.figures.iter().rev().find(|figure| figure.year <= year);
        match (newest, self.formula_at(year)) {
            (Some(observation), _) => self.figure(observation, Basis::Published),
            (None, Some(figure)) => figure,
            (None, None) => self.figure(&self.figures[0], Basis::Oldest),
        }
    }

    /// What Colin Scott's formula gives for `year`, if he has one for this entry and that year.
    pub fn formula_at(&'static self, year: i32) -> Option<Figure> {
        Some(Figure {
            kind: self.kind,
            nanos: scott::nanos(self.scott?, year)?,
            p99_ratio: None,
            statistic: "formula",
            source: scott::SOURCE,
            year_used: year,
            basis: Basis::Formula,
            verified: true,
            note: self.note.as_deref(),
        })
    }

    /// All published figures, oldest first.
    pub fn published(&'static self) -> impl Iterator<Item = Figure> {
        self.figures
            .iter()
            .map(|observation| self.figure(observation, Basis::Published))
    }

    fn figure(&'static self, observation: &'static Observation, basis: Basis) -> Figure {
        Figure {
            kind: self.kind,
            nanos: observation.nanos(),
            p99_ratio: observation.p99_ratio,
            statistic: &observation.statistic,
            source: &observation.source,
            year_used: observation.year,
            basis,
            verified: observation.verified,
            note: self.note.as_deref(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    entry: Vec<Entry>,
}

static ENTRIES: LazyLock<Vec<Entry>> =
    LazyLock::new(|| super::shipped::<File>("latency.toml", include_str!("data/latency.toml")).entry);

/// All entries, by category, in the order of the data file.
pub fn entries() -> &'static [Entry] {
    &ENTRIES
}

/// The entry with this name or alias.
pub fn lookup(name: &str) -> Option<&'static Entry> {
    ENTRIES
        .iter()
        .find(|entry| entry.name == name || entry.aliases.iter().any(|alias| alias == name))
}

/// All names and aliases, for "did you mean".
pub fn names() -> impl Iterator<Item = &'static str> {
    ENTRIES
        .iter()
        .flat_map(|entry| std::iter::once(&entry.name).chain(&entry.aliases))
        .map(String::as_str)
}

#[cfg(test)]
pub(super) fn source_keys() -> Vec<&'static str> {
    ENTRIES
        .iter()
        .flat_map(|entry| &entry.figures)
        .map(|figure| figure.source.as_str())
        .collect()
}

#[cfg(test)]
mod tests;
