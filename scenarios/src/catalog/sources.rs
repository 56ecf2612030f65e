//! Where each figure of the catalogue comes from: the other files hold facts, this one holds what stands behind them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// A publication, page or data set that figures were taken from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Author and title.
    pub title: String,
    /// Address without a scheme; empty for the one source that is nobody's.
    pub url: String,
    /// When it was published or observed: a year, a month or a day, as precise as is known.
    pub date: String,
    /// How the figures were seen.
    pub read: Read,
}

/// How the figures of a source were seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Read {
    /// In the source itself.
    Direct,
    /// In a copy or a quotation of it.
    Copy,
    /// Not at all.
    None,
}

static SOURCES: LazyLock<BTreeMap<String, Source>> =
    LazyLock::new(|| super::shipped("sources.toml", include_str!("data/sources.toml")));

/// The source with this key, as figures name it.
pub fn lookup(key: &str) -> Option<&'static Source> {
    SOURCES.get(key)
}

/// The keys of all sources, in alphabetical order.
pub fn keys() -> impl Iterator<Item = &'static str> {
    SOURCES.keys().map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_says_what_and_when() {
        assert!(keys().count() > 20);
        for key in keys() {
            let source = lookup(key).unwrap();
            assert!(!source.title.is_empty(), "{key}");
            assert_eq!(source.url.is_empty(), source.read == Read::None, "{key}");
            let year: i32 = source.date.get(..4).and_then(|y| y.parse().ok()).unwrap_or(0);
            assert!((2001..=2026).contains(&year), "{key}: {}", source.date);
        }
    }

    #[test]
    fn every_source_is_used() {
        let used: std::collections::BTreeSet<&str> = [
            super::super::latency::source_keys(),
            super::super::availability::source_keys(),
            super::super::prices::source_keys(),
        ]
        .into_iter()
        .flatten()
        .chain([super::super::latency::scott::SOURCE])
        .collect();
        let known: std::collections::BTreeSet<&str> = keys().collect();
        assert_eq!(used, known);
    }
}
