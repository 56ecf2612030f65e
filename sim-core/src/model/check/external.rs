//! What the terms of an external service must satisfy.

use super::super::External;
use super::{Fault, demand};

/// The most parts of the keys that a limit holds for.
const MOST_PREFIXES: u32 = 100_000;

pub(super) fn external(s: &External, columns: usize, faults: &mut Vec<Fault>) {
    for terms in [Some(&s.calls), s.changes.as_ref()].into_iter().flatten() {
        demand(&terms.latency, columns, faults);
        let is_right = |n: f64, least: f64| n >= least && n.is_finite();
        if terms
            .limit
            .is_some_and(|l| !is_right(l.burst, 1.0) || !is_right(l.rate, f64::MIN_POSITIVE))
        {
            faults.push(Fault::Range("limit"));
        }
    }
    if !(1..=MOST_PREFIXES).contains(&s.prefixes) {
        faults.push(Fault::Range("prefixes"));
    }
    if s.split_after.is_some_and(|after| after.is_zero()) {
        faults.push(Fault::Range("split-after"));
    }
    if s.throughput.is_some_and(|t| !(t > 0.0 && t.is_finite())) {
        faults.push(Fault::Range("throughput"));
    }
    if !(0.0..=1.0).contains(&s.availability) {
        faults.push(Fault::Range("availability"));
    }
}
