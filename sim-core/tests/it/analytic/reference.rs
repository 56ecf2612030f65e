//! Where no formula is known: simulations by others with their half-widths, limits that finite systems stay above, bounds.

use sim_core::model::Balancing;

use super::judge::{Experiment, Judged, experiment, run};
use super::measure::{Measure, What, latency, seconds};
use super::networks::{balanced, forked};
use crate::cases::{Case, all, number};

/// The 95 % point of Student's law with 39 degrees of freedom.
const T_39: f64 = 2.023;

fn sojourn(expected: f64) -> Measure {
    Measure {
        field: "mean_sojourn".to_owned(),
        place: 0,
        expected,
        what: What::Value(Box::new(|t| seconds(&latency(t, 0)))),
    }
}

fn of(case: &Case, n: u32, requests: f64) -> Experiment {
    let d = case.params["d"].as_u64();
    let rate = case.number("lam");
    let m = match d {
        Some(d) => {
            let rate = rate * f64::from(n);
            let choices = d as u32;
            balanced(requests / rate, rate, n, Balancing::PowerOfD { choices })
        }
        None => forked(rate, n, requests),
    };
    experiment(case, m, vec![sojourn(1.0)])
}

fn cases_of(kind: &str) -> Vec<Case> {
    all().into_iter().filter(|c| c.kind == kind).collect()
}

/// Ours and theirs have overlapping intervals, and ours is not wide.
#[test]
fn agrees_with_reference_simulations() {
    let cases = cases_of("reference_simulation");
    let requests = |c: &Case| match (c.params["d"].as_u64(), c.number("lam")) {
        (Some(_), load) if load > 0.95 => 400_000.0,
        (Some(_), _) => 100_000.0,
        _ => 60_000.0,
    };
    let experiments: Vec<_> = cases.iter().map(|c| of(c, c.count("n"), requests(c))).collect();
    for (case, ours) in cases.iter().zip(run(&experiments)) {
        let (theirs, half_width) = if case.params["d"].is_null() {
            ("mean_sojourn", "half_width_95")
        } else {
            ("mean_sojourn_distinct_choices", "half_width_95_distinct")
        };
        let theirs = number(&case.expected, theirs);
        let off = (ours.mean - theirs).abs();
        let reach = T_39 * ours.error + number(&case.expected, half_width);
        println!("{}: {} against {theirs}, {off} of {reach}", case.id, ours.mean);
        assert!(
            off <= reach,
            "{}: {} and {theirs} do not overlap",
            case.id,
            ours.mean
        );
        // At a load of 0.99 a narrower interval takes minutes; the published one is about as wide as a third of ours.
        let most = if case.number("lam") > 0.95 { 0.02 } else { 0.005 };
        assert!(
            ours.error < most * ours.mean,
            "{}: too vague, {}",
            case.id,
            ours.error
        );
    }
}

/// With 100 servers the mean is above the limit for infinitely many, by no more than a few per cent; with one choice it is
/// that of M/M/1 for any number.
#[test]
fn stays_above_the_supermarket_limit() {
    let cases: Vec<_> = cases_of("asymptotic")
        .into_iter()
        .filter(|c| c.number("d") > 1.0 || c.number("lam") < 0.99)
        .collect();
    let experiments: Vec<_> = cases
        .iter()
        .map(|c| {
            let load = c.number("lam");
            let n = if c.number("d") == 1.0 { 20 } else { 100 };
            of(c, n, (8_000.0 / (1.0 - load)).min(200_000.0))
        })
        .collect();
    for (case, ours) in cases.iter().zip(run(&experiments)) {
        let Judged { mean, error, .. } = ours;
        let limit = number(&case.expected, "mean_sojourn");
        println!("{}: {mean} +- {error} over a limit of {limit}", case.id);
        assert!(
            mean > limit - 3.5 * error,
            "{}: {mean} is below the limit {limit}",
            case.id
        );
        // At most 15 % above, which the largest load comes near (5.94 against 5.43 and 4.43 against 3.86 in the published
        // table for 100 servers).
        let most = if case.number("d") == 1.0 {
            limit
        } else {
            1.16 * limit
        };
        assert!(
            mean < most + 3.5 * error,
            "{}: {mean} is far above {limit}",
            case.id
        );
        assert!(error < 0.02 * mean, "{}: too vague, {error}", case.id);
    }
}

/// The approximation of Nelson and Tantawi is reported, the bounds of the same cases are held.
#[test]
fn forks_within_their_bounds() {
    let cases = cases_of("approximation");
    let experiments: Vec<_> = cases.iter().map(|c| of(c, c.count("n"), 30_000.0)).collect();
    for (case, ours) in cases.iter().zip(run(&experiments)) {
        let known = |name: &str| number(&case.expected, name);
        println!(
            "{}: the approximation is {:+.2} % off",
            case.id,
            100.0 * (known("mean_sojourn_nelson_tantawi") / ours.mean - 1.0)
        );
        assert!(
            known("lower_bound") < ours.mean && ours.mean < known("upper_bound"),
            "{}: {} is outside of its bounds",
            case.id,
            ours.mean
        );
    }
}
