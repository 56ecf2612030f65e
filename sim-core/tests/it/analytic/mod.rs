//! The engine against exact results: every case of the table that it can express, and a list of those it can't.
//!
//! The rule for an exact value: 40 independent trials, the mean within 3.5 standard errors, and the standard error below 0.5 % of the
//! value (1 % for p99 and variances, 2 % for p99.9) or so many times that as `exceptions` lists. The seed is fixed and nothing is
//! tried twice.

mod delays;
mod disciplines;
mod exceptions;
mod judge;
mod limits;
mod measure;
mod networks;
mod outages;
mod reference;
mod replay;
mod single;
mod stores;
mod supermarket;
mod transient;

use std::sync::OnceLock;

use exceptions::{NOT_EXPRESSIBLE, NOT_MEASURED, SHORT_RUN};
use judge::{Experiment, Judged, hold, run};

use crate::cases::{Case, all};

/// The experiments of a case, if it belongs to the family.
type Of = fn(&Case) -> Option<Vec<Experiment>>;

/// Families of cases, with what their experiments said once they have been made.
static FAMILIES: [(Of, OnceLock<Vec<Judged>>); 8] = [
    (single::of, OnceLock::new()),
    (networks::of, OnceLock::new()),
    (delays::of, OnceLock::new()),
    (stores::of, OnceLock::new()),
    (outages::of, OnceLock::new()),
    (transient::of, OnceLock::new()),
    (disciplines::of, OnceLock::new()),
    (limits::of, OnceLock::new()),
];

fn judged(family: usize) -> &'static [Judged] {
    let (of, judged) = &FAMILIES[family];
    judged.get_or_init(|| {
        let experiments: Vec<Experiment> = all().iter().filter_map(of).flatten().collect();
        assert!(!experiments.is_empty(), "the table has cases for every family");
        run(&experiments)
    })
}

#[test]
fn single_stations() {
    hold(judged(0));
}

#[test]
fn networks_of_stations() {
    hold(judged(1));
}

#[test]
fn delays_without_waiting() {
    hold(judged(2));
}

#[test]
fn hit_ratios_of_caches() {
    hold(judged(3));
}

#[test]
fn crashes_by_chance() {
    hold(judged(4));
}

#[test]
fn systems_that_begin_empty() {
    hold(judged(5));
}

#[test]
fn orders_of_service() {
    hold(judged(6));
}

#[test]
fn rate_limits() {
    hold(judged(7));
}

/// Errors that are too small mean intervals too wide, and too many large ones a bias. Of Student's law with 39 degrees of freedom 5.2 % lie
/// beyond 2.
#[test]
fn share_of_large_deviations() {
    let zs: Vec<f64> = (0..FAMILIES.len())
        .flat_map(|f| judged(f).iter().filter_map(|j| j.z))
        .collect();
    let large = zs.iter().filter(|z| z.abs() > 2.0).count();
    let share = large as f64 / zs.len() as f64;
    println!(
        "{large} of {} values are off by more than two standard errors",
        zs.len()
    );
    assert!(zs.len() > 800, "too few values to tell: {}", zs.len());
    assert!((0.02..=0.08).contains(&share), "{large} of {}", zs.len());
}

#[test]
fn variance_of_long_run_means() {
    for case in all() {
        if case.id.starts_with("asymptotic-variance-") {
            transient::check_variance_constants(&case);
        }
    }
}

#[test]
fn law_of_the_downtime() {
    for case in all() {
        if case.id.starts_with("renewal-") {
            outages::check_downtime_law(&case);
        }
    }
}

#[test]
fn work_that_a_pause_interrupts_goes_on() {
    for case in all() {
        if case.id.starts_with("deterministic-outage-") {
            outages::check_pause(&case);
        }
    }
}

/// Every case is tested or listed, never both, and so is every value of a tested case.
#[test]
fn no_case_is_forgotten() {
    let cases = all();
    let listed = |case: &Case| NOT_EXPRESSIBLE.iter().any(|(name, _)| case.id.starts_with(name));
    for case in &cases {
        let tested: Vec<Experiment> = FAMILIES.iter().filter_map(|(of, _)| of(case)).flatten().collect();
        // These have rules of their own, in tests that go through all of their kind.
        let own = ["asymptotic-variance-", "deterministic-outage-"];
        let has_own_test = case.kind != "exact" || own.iter().any(|name| case.id.starts_with(name));
        if listed(case) {
            assert!(tested.is_empty(), "{} is listed, but tested", case.id);
            continue;
        }
        assert!(
            has_own_test == tested.is_empty(),
            "{} is neither tested nor listed, or both",
            case.id
        );
        if has_own_test {
            continue;
        }
        for (field, values) in case.known() {
            let measured = tested
                .iter()
                .flat_map(|e| &e.measures)
                .filter(|m| m.field == field)
                .count();
            let excused = NOT_MEASURED
                .iter()
                .any(|(name, of, _)| case.id.starts_with(name) && *of == field);
            assert!(
                measured == values.len() || (measured == 0 && excused),
                "{} {field}: {measured} of {} values are measured",
                case.id,
                values.len()
            );
        }
    }
    let is_known = |name: &str| cases.iter().any(|c| c.id.starts_with(name));
    for (name, why) in NOT_EXPRESSIBLE {
        assert!(is_known(name) && !why.is_empty(), "no case begins with {name}");
    }
    for (name, field, _) in NOT_MEASURED {
        let is_used = |c: &Case| c.id.starts_with(name) && c.expected.get(field).is_some();
        assert!(cases.iter().any(is_used), "no case {name} has a value {field}");
    }
    for (why, short) in SHORT_RUN {
        for (name, times) in *short {
            let (id, field) = name.split_once(' ').unwrap_or((name, ""));
            let has = |c: &Case| c.id == id && (field.is_empty() || c.expected.get(field).is_some());
            assert!(cases.iter().any(has), "stale: {name}");
            assert!(*times > 1.0 && !why.is_empty(), "{name} needs no exception");
        }
    }
}
