use std::collections::BTreeSet;

use super::*;
use crate::catalog::sources;

#[test]
fn every_figure_is_positive_sourced_and_in_order() {
    for entry in entries() {
        assert!(!entry.figures.is_empty(), "{}", entry.name);
        for figure in &entry.figures {
            let nanos = figure.nanos();
            assert!(nanos.is_finite() && nanos > 0.0, "{}: {nanos}", entry.name);
            // One way of writing a figure at a time, and rates only where rates are meant.
            assert!(
                figure.ns.is_some() != figure.gib_per_s.is_some(),
                "{}",
                entry.name
            );
            let is_rate = figure.bytes.is_some() || figure.gib_per_s.is_some();
            assert_eq!(is_rate, entry.kind == Kind::PerByte, "{}", entry.name);
            assert!(figure.p99_ratio.is_none_or(|ratio| ratio > 1.0), "{}", entry.name);
            let source = sources::lookup(&figure.source);
            assert!(source.is_some(), "{}: no source {}", entry.name, figure.source);
        }
        assert!(
            entry.figures.is_sorted_by(|a, b| a.year < b.year),
            "{}: years in order",
            entry.name
        );
    }
    assert!(sources::lookup(scott::SOURCE).is_some());
}

#[test]
fn names_are_unique_and_can_be_written_in_ops() {
    let all: Vec<&str> = names().collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    for name in all {
        assert!(name.starts_with(|c: char| c.is_ascii_lowercase()), "{name}");
        assert!(
            name.chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
            "{name}"
        );
        assert!(lookup(name).is_some(), "{name}");
    }
}

#[test]
fn names_that_scenarios_rely_on_exist() {
    let time = [
        "datacenter-round-trip",
        "ssd-random-read",
        "memory-reference",
        "disk-seek",
        "mutex-lock",
    ];
    let per_byte = [
        "memory-sequential-read",
        "ssd-sequential-read",
        "disk-sequential-read",
        "network-send",
    ];
    for name in time {
        assert_eq!(lookup(name).map(|entry| entry.kind), Some(Kind::Time), "{name}");
    }
    for name in per_byte {
        assert_eq!(
            lookup(name).map(|entry| entry.kind),
            Some(Kind::PerByte),
            "{name}"
        );
    }
    assert!(lookup("flux-capacitor").is_none());
}

#[test]
fn a_year_takes_the_newest_figure_that_existed() {
    let round_trip = lookup("datacenter-round-trip").unwrap();
    let cases = [
        (2030, 250_000.0, 2026, "napkin"),
        (DEFAULT_YEAR, 250_000.0, 2026, "napkin"),
        (2025, 500_000.0, 2012, "gist2012"),
        (2009, 500_000.0, 2009, "dean2009"),
    ];
    for (year, nanos, year_used, source) in cases {
        let figure = round_trip.at(year);
        assert_eq!(
            (figure.nanos, figure.year_used, figure.source),
            (nanos, year_used, source),
            "{year}"
        );
        assert_eq!(figure.basis, Basis::Published);
    }
}

#[test]
fn before_the_first_figure_the_formula_or_the_oldest_figure_stands_in() {
    let seek = lookup("disk-seek").unwrap().at(1990);
    assert_eq!(
        (seek.nanos, seek.basis, seek.source),
        (2e7, Basis::Formula, "scott")
    );
    let ancient = lookup("disk-seek").unwrap().at(1970);
    assert_eq!(
        (ancient.nanos, ancient.basis, ancient.year_used),
        (8e6, Basis::Oldest, 2001)
    );
    let syscall = lookup("syscall").unwrap().at(2001);
    assert_eq!((syscall.basis, syscall.year_used), (Basis::Oldest, 2026));
}

#[test]
fn rates_come_out_per_byte() {
    let memory = lookup("memory-sequential-read").unwrap();
    // 1 MB in 250 us is 0.25 ns a byte; 20 GiB/s is 1 / 21.47483648 ns.
    assert_eq!(memory.at(2012).nanos, 0.25);
    assert!((memory.at(2026).nanos - 0.046_566_128_7).abs() < 1e-10);
}

#[test]
fn only_percentiles_of_single_operations_make_a_spread() {
    let spread: Vec<&str> = entries()
        .iter()
        .filter(|entry| entry.published().any(|figure| figure.p99_ratio.is_some()))
        .map(|entry| entry.name.as_str())
        .collect();
    assert_eq!(spread, ["http-page-under-load"]);
}

#[test]
fn nearer_is_faster() {
    let chain = [
        "l1-reference",
        "l2-reference",
        "memory-reference",
        "syscall",
        "context-switch",
        "ssd-random-read",
        "datacenter-round-trip",
        "disk-seek",
        "cross-region-round-trip",
        "ca-netherlands-round-trip",
    ];
    let nanos: Vec<f64> = chain
        .iter()
        .map(|name| lookup(name).unwrap().at(DEFAULT_YEAR).nanos)
        .collect();
    assert!(nanos.is_sorted_by(|a, b| a < b), "{nanos:?}");
}
