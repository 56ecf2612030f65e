//! Envoy's own expectations, and the keys of HAProxy's formula.
//!
//! `tests/data/vectors/envoy_lb.json` and `haproxy.json` say from which version they are. Slow start and outliers are elsewhere.

use serde_json::Value;

use super::super::edf::Schedule;
use super::super::haproxy_least_conn;
use super::super::least_request::{least_of, weight};
use super::super::levels::{Level, Load, loads};
use super::{T, even};

fn expected() -> Value {
    serde_json::from_str(include_str!("../../../../tests/data/vectors/envoy_lb.json")).expect("JSON")
}

fn list(value: &Value) -> Vec<f64> {
    let all = value.as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().map(|v| v.as_f64().expect("a number")).collect()
}

fn places(value: &Value) -> Vec<u32> {
    list(value).into_iter().map(|v| v as u32).collect()
}

#[test]
fn schedules_by_deadline_take_the_expected_turns() {
    for case in expected()["edf"].as_array().expect("cases") {
        let weights = list(&case["weights"]);
        let bias = case["active_request_bias"].as_f64().expect("a bias");
        let all: Vec<u32> = (0u32..).take(weights.len()).collect();
        let mut schedule = Schedule::default();
        for (i, phase) in case["phases"].as_array().expect("phases").iter().enumerate() {
            let factor = list(&phase["slow_start_factor"]);
            let weigh = |active: &[f64], at: u32| {
                let at = at as usize;
                weight(
                    weights[at] * factor.get(at).unwrap_or(&1.0),
                    active[at] as u32,
                    bias,
                )
            };
            let active = list(&phase["active"]);
            if i == 0 || phase["rebuild"] == true {
                let build = match list(&phase["build_active"]) {
                    none if none.is_empty() => active.clone(),
                    build => build,
                };
                schedule.build(&all, |at| weigh(&build, at));
            }
            let expect = places(&phase["expect"]);
            let turns: Vec<u32> = expect
                .iter()
                .map(|_| schedule.turn(|at| weigh(&active, at)))
                .collect();
            assert_eq!(turns, expect, "{}", case["id"]);
        }
    }
}

#[test]
fn a_schedule_follows_weights_that_change() {
    let mut schedule = Schedule::default();
    for phase in expected()["round_robin_weight_changes"]
        .as_array()
        .expect("phases")
    {
        let weights = list(&phase["weights"]);
        let weigh = |at: u32| weights[at as usize];
        if phase["rebuild"] == true {
            let all: Vec<u32> = (0u32..).take(weights.len()).collect();
            schedule.build(&all, weigh);
        }
        let expect = places(&phase["expect"]);
        let turns: Vec<u32> = expect.iter().map(|_| schedule.turn(weigh)).collect();
        assert_eq!(turns, expect, "{weights:?}");
    }
}

#[test]
fn the_least_of_a_few_drawn_is_the_first_of_the_tied() {
    for case in expected()["power_of_n_choices"].as_array().expect("cases") {
        let active = places(&case["active"]);
        let mut backends = even(active.len() as u32);
        for (at, calls) in (0u32..).zip(&active) {
            (0..*calls).for_each(|_| backends.sent(at, T));
        }
        let mut drawn = places(&case["candidate_randoms"])
            .into_iter()
            .map(|n| n as usize % active.len());
        let choices = case["choice_count"].as_u64().expect("a count") as u32;
        let at = least_of(backends.candidates(), choices, || drawn.next().expect("a number"));
        assert_eq!(u64::from(at), case["expect"], "{}", case["id"]);
    }
}

#[test]
fn levels_get_the_expected_load_and_panic_as_expected() {
    let mut left_out = Vec::new();
    for case in expected()["priority_load"].as_array().expect("cases") {
        let count = |level: &Value, what: &str| level[what].as_u64().unwrap_or(0) as u32;
        let levels = case["priorities"].as_array().expect("levels");
        if levels.iter().any(|l| count(l, "degraded") > 0) {
            left_out.push(case["id"].clone());
            continue;
        }
        let percent = |what: &str| case[what].as_u64().expect("percent") as u32;
        let level = |l: &Value| Level {
            all: count(l, "hosts"),
            healthy: count(l, "healthy"),
            excluded: count(l, "excluded"),
            weights: (case["weighted_priority_health"] == true).then(|| {
                let weight = |what: &str| u64::from(count(l, what));
                (
                    weight("healthy_weight"),
                    weight("total_weight") - weight("excluded_weight"),
                )
            }),
        };
        let levels: Vec<Level> = levels.iter().map(level).collect();
        let found = loads(
            percent("overprovisioning_factor"),
            percent("panic_threshold_percent"),
            &levels,
        );
        let expect = &case["expect"];
        let panic = expect["panic"].as_array().expect("panics").iter();
        let expect: Vec<Load> = places(&expect["healthy_load"])
            .into_iter()
            .zip(panic)
            .map(|(percent, panics)| Load {
                percent,
                panics: panics == true,
            })
            .collect();
        assert_eq!(found, expect, "{}", case["id"]);
    }
    // A degraded host answers checks with a header that says so (`x-envoy-degraded`). Here a check learns only whether an
    // instance is up: none is ever degraded.
    assert_eq!(left_out, ["degraded_prevents_panic"]);
}

#[test]
fn haproxys_keys_are_as_its_formula_says() {
    let expected: Value =
        serde_json::from_str(include_str!("../../../../tests/data/vectors/haproxy.json")).expect("JSON");
    for case in expected["leastconn_key"].as_array().expect("cases") {
        let number = |what: &str| case[what].as_u64().expect("a number") as u32;
        let key = haproxy_least_conn::key(number("inflight"), number("eweight"));
        assert_eq!(key, case["expect_key"], "{case}");
        assert_eq!(number("eweight"), 16 * number("weight"));
    }
}
