//! Outlier detection, slow start and counted failures against Envoy, HAProxy and nginx; the figures are facts in `tests/data`.

use super::max_fails::{Found, MaxFails};
use super::outlier::{Outlier, least_success_rate};
use super::slow_start::{Warming, strength};
use crate::engine::Outcome;
use crate::model::{FailureShare, OutlierDetection, PassiveCheck, SlowStart, SlowStartCurve, SuccessRate};
use crate::time::{SimDuration, SimTime};
use serde_json::Value;

fn facts(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn envoy() -> Value {
    facts(include_str!("../../../tests/data/envoy_outlier.json"))
}

fn seconds(s: f64) -> SimDuration {
    SimDuration::from_secs_f64(s)
}

fn at(s: f64) -> SimTime {
    SimTime::ZERO + seconds(s)
}

fn number(of: &Value, key: &str) -> f64 {
    of[key].as_f64().unwrap_or_else(|| panic!("{key} of {of}"))
}

fn list(of: &Value) -> &[Value] {
    of.as_array().expect("a list")
}

fn rule() -> OutlierDetection {
    OutlierDetection {
        consecutive_errors: Some(5),
        interval: seconds(10.0),
        base: seconds(10.0),
        longest: seconds(300.0),
        most_ejected: 1.0,
        always_one: false,
        success_rate: None,
        failure_share: None,
    }
}

/// Whether five errors in a row ejected an instance.
fn five_errors(outlier: &mut Outlier, instance: u32, now: SimTime) -> bool {
    (0..5).fold(false, |was, _| {
        outlier.came_back(instance, Outcome::Error, now) || was
    })
}

#[test]
fn ejections_grow_longer_and_shorter_again_as_in_envoys_own_test() {
    let facts = envoy();
    let mut outlier = Outlier::new(rule(), 2, 2);
    let mut is_ejected = false;
    for step in list(&facts["outlier"]["ejection_backoff"]["timeline"]) {
        let t = number(step, "t_s");
        // The selection leaves out the interval check of every errors' instant, and the errors at 80 s.
        let checks = if t == 90.0 { vec![80.0, 90.0] } else { vec![t] };
        for t in checks {
            for (_, is_out) in outlier.interval(at(t)).iter().filter(|c| c.0 == 0) {
                is_ejected = *is_out;
            }
            if step["action"] == "five consecutive 5xx" || t == 80.0 {
                is_ejected |= five_errors(&mut outlier, 0, at(t));
            }
        }
        assert_eq!(Value::from(is_ejected), step["expect_ejected"], "{step}");
    }
}

#[test]
fn no_ejection_lasts_longer_than_the_longest() {
    let facts = envoy();
    let durations = list(&facts["outlier"]["max_ejection_time"]["expect_durations_s"]);
    let mut outlier = Outlier::new(rule(), 2, 2);
    let mut now = 0.0;
    for expected in durations {
        assert!(five_errors(&mut outlier, 0, at(now)));
        let mut waited = 0.0;
        loop {
            waited += 10.0;
            if outlier.interval(at(now + waited)).contains(&(0, false)) {
                break;
            }
        }
        assert_eq!(Value::from(waited as u64), *expected);
        now += waited;
    }
}

#[test]
fn the_threshold_of_the_success_rate_is_envoys() {
    let facts = envoy();
    for case in list(&facts["outlier"]["success_rate_threshold"]) {
        let rates: Vec<f64> = list(&case["success_rates"])
            .iter()
            .filter_map(Value::as_f64)
            .collect();
        let least = least_success_rate(&rates, number(case, "stdev_factor"));
        assert!((least - number(case, "expect_threshold")).abs() < 1e-9);
    }
}

#[test]
fn only_so_many_are_ejected_at_once() {
    let facts = envoy();
    for case in list(&facts["outlier"]["max_ejection_percent"]) {
        let count = |key: &str| u32::try_from(case[key].as_u64().expect("a count")).expect("small");
        let rule = OutlierDetection {
            most_ejected: number(case, "max_ejection_percent") / 100.0,
            always_one: case["always_eject_one_host"] == true,
            ..rule()
        };
        let mut outlier = Outlier::new(rule, count("hosts"), count("hosts"));
        let ejected = (0..count("failing"))
            .filter(|i| five_errors(&mut outlier, *i, at(1.0)))
            .count();
        assert_eq!(Value::from(ejected), case["expect_ejected"], "{case}");
    }
}

#[test]
fn who_is_worse_than_the_others_is_ejected_at_the_end_of_the_interval() {
    let calls = |outlier: &mut Outlier, failing: u32| {
        for instance in 0..5 {
            for i in 0..100 {
                let fails = instance == 0 && i % 100 < failing;
                let outcome = if fails { Outcome::Error } else { Outcome::Ok };
                outlier.came_back(instance, outcome, at(1.0));
            }
        }
        outlier.interval(at(10.0))
    };
    let by_rate = OutlierDetection {
        consecutive_errors: None,
        success_rate: Some(SuccessRate {
            deviations: 1.9,
            hosts: 5,
            requests: 100,
        }),
        ..rule()
    };
    assert_eq!(calls(&mut Outlier::new(by_rate, 5, 5), 50), [(0, true)]);
    let too_few = OutlierDetection {
        success_rate: by_rate.success_rate.map(|s| SuccessRate { requests: 101, ..s }),
        ..by_rate
    };
    assert_eq!(calls(&mut Outlier::new(too_few, 5, 5), 50), []);
    let by_share = OutlierDetection {
        success_rate: None,
        failure_share: Some(FailureShare {
            share: 0.85,
            hosts: 5,
            requests: 50,
        }),
        ..by_rate
    };
    assert_eq!(calls(&mut Outlier::new(by_share, 5, 5), 84), []);
    assert_eq!(calls(&mut Outlier::new(by_share, 5, 5), 85), [(0, true)]);
}

#[test]
fn envoys_slow_start_follows_its_formula() {
    for case in list(&envoy()["slow_start_factor"]) {
        let rule = SlowStart {
            window: seconds(number(case, "window_s")),
            curve: SlowStartCurve::Power {
                aggression: number(case, "aggression"),
                least: number(case, "min_weight_percent") / 100.0,
            },
        };
        let found = strength(&rule, seconds(number(case, "seconds_in_slow_start")));
        assert!(
            (found - number(case, "expect_factor")).abs() < 1e-12,
            "{case}: {found}"
        );
    }
}

#[test]
fn haproxys_slow_start_gives_its_sixteenths() {
    let facts = facts(include_str!("../../../tests/data/haproxy_slow_start.json"));
    for case in list(&facts["slow_start_eweight"]) {
        let rule = SlowStart {
            window: seconds(number(case, "slowstart_s")),
            curve: SlowStartCurve::Sixteenths,
        };
        let found = strength(&rule, seconds(number(case, "seconds_since_up")));
        let weight = found * number(case, "full_eweight");
        assert!(
            (weight - number(case, "expect_eweight")).abs() < 1e-9,
            "{case}: {weight}"
        );
    }
}

#[test]
fn the_curves_differ_and_end_at_full_strength() {
    let curves = [
        SlowStartCurve::Linear,
        SlowStartCurve::Sixteenths,
        SlowStartCurve::Power {
            aggression: 2.0,
            least: 0.1,
        },
    ];
    let mut seen: Vec<Vec<u64>> = Vec::new();
    for curve in curves {
        let rule = SlowStart {
            window: seconds(60.0),
            curve,
        };
        let mut warming = Warming::new(rule, 1);
        let (first, mut next) = warming.begin(0, at(5.0));
        let mut strengths = vec![first];
        while let Some((strength, then)) = warming.look(0, next) {
            strengths.push(strength);
            let Some(then) = then else {
                break;
            };
            next = then;
        }
        assert!(
            strengths.is_sorted() && strengths.last() == Some(&1.0),
            "{strengths:?}"
        );
        assert!(next >= at(65.0) && next < at(68.1), "{next}");
        seen.push(strengths.iter().map(|s| s.to_bits()).collect());
    }
    assert!(seen[0] != seen[1] && seen[1] != seen[2] && seen[0] != seen[2]);
}

#[test]
fn an_instance_that_failed_gets_one_call_after_its_pause_and_all_after_its_success() {
    // As recorded from nginx: refused at 0 s with a fail_timeout of 3 s, tried again at 5.5 s, and not before 4 s.
    let rule = PassiveCheck {
        max_fails: 1,
        fail_timeout: seconds(3.0),
    };
    let mut peers = MaxFails::new(rule, 2, 2);
    assert_eq!(peers.sent(0, at(0.0)), Found::Nothing);
    let out = peers.came_back(0, Outcome::Unreachable, at(0.0));
    assert_eq!(out, Found::OutUntil(at(4.0)));
    assert!(!peers.may_be_tried(0, at(3.999)) && peers.may_be_tried(0, at(4.0)));
    // While the one call is out there is no other.
    assert_eq!(peers.sent(0, at(5.5)), Found::OutUntil(at(9.0)));
    assert!(!peers.may_be_tried(0, at(8.5)));
    // An answer that turns the call away is an answer.
    assert_eq!(peers.came_back(0, Outcome::Rejected, at(6.0)), Found::Fine);
    assert!(peers.may_be_tried(0, at(6.0)));
    // A peer without siblings is never kept out.
    let mut alone = MaxFails::new(rule, 1, 1);
    assert_eq!(alone.came_back(0, Outcome::Unreachable, at(0.0)), Found::Nothing);
}
