//! Against what the manuals of real systems imply; the figures are facts, collected in `tests/data`.

use super::*;
use crate::model::HealthCheck;
use crate::policy::balancing::Asked;
use crate::random::{Stream, StreamName};
use crate::time::SimDuration;
use serde_json::Value;

fn facts() -> Value {
    serde_json::from_str(include_str!("../../../tests/data/health_checks.json")).expect("JSON")
}

fn seconds(s: f64) -> SimDuration {
    SimDuration::from_secs_f64(s)
}

fn number(of: &Value, key: &str) -> f64 {
    of[key].as_f64().unwrap_or_else(|| panic!("{key} of {of}"))
}

fn rule(of: &Value) -> HealthCheck {
    let count = |key: &str| {
        of[key]
            .as_u64()
            .and_then(|n| u32::try_from(n).ok())
            .expect("a count")
    };
    HealthCheck {
        timeout: seconds(number(of, "timeout_s")),
        ..HealthCheck::every(
            seconds(number(of, "interval_s")),
            count("unhealthy_after"),
            count("healthy_after"),
        )
    }
}

/// Runs the checks of one instance that fails at `from` and is up again at `until`: when it is kept out, and let in again.
fn seen(rule: HealthCheck, trial: u64, failing: Standing, from: SimTime, until: SimTime) -> (f64, f64) {
    let mut active = Active::new(rule, 1, 7, trial, StreamName::new("test"));
    let mut now = active.due().next().expect("one instance");
    let (mut out, mut is_restarted) = (f64::NAN, false);
    loop {
        assert!(now < until + seconds(1e4), "it is never let in again");
        if now >= until && !std::mem::replace(&mut is_restarted, true) {
            now = active.end_waiting(0, until, false).map_or(now, |c| c.next);
            continue;
        }
        let standing = if (from..until).contains(&now) {
            failing
        } else {
            Standing::Up
        };
        let checked = active.look(0, now, standing).expect("the event is due");
        match checked.is_out {
            Some(true) => out = (now - from).as_secs_f64(),
            Some(false) => return (out, (now - until).as_secs_f64()),
            None => {}
        }
        now = checked.next;
    }
}

#[test]
fn failures_are_noticed_in_the_documented_bands_and_at_any_time_in_them() {
    for of in facts()["checks"].as_array().expect("systems") {
        let rule = rule(of);
        let from = SimTime::ZERO + seconds(1000.0);
        let mut phases = Stream::open(1, 0, StreamName::new("phases"));
        for (failing, key) in [(Standing::Down, "refused"), (Standing::Hangs, "hang")] {
            let mut noticed = Vec::new();
            let mut back = Vec::new();
            for trial in 0..2000 {
                let until = from + seconds(1000.0 + 100.0 * phases.uniform());
                let (out, again) = seen(rule, trial, failing, from, until);
                noticed.push(out);
                back.push(again);
            }
            let bands = [
                (noticed, &of["expect_detection_s"][key]),
                (back, &of["expect_recovery_s"]),
            ];
            for (times, band) in bands {
                let (least, most) = (number(band, "min"), number(band, "max"));
                let low = times.iter().copied().fold(f64::INFINITY, f64::min);
                let high = times.iter().copied().fold(0.0, f64::max);
                let of = &of["system"];
                assert!(
                    least - 1e-9 <= low && high <= most + 1e-9,
                    "{of} {key}: {low} to {high}"
                );
                // Checks that wait longer than the interval are rarely between two when the instance is back.
                if rule.timeout > rule.interval && key == "hang" {
                    continue;
                }
                // 2000 uniform times come closer to both ends than a hundredth, but once in 5e8.
                let near = (most - least) / 100.0;
                assert!(
                    low < least + near && high > most - near,
                    "{of} {key}: {low} to {high}"
                );
            }
        }
    }
}

#[test]
fn a_readiness_probe_follows_its_states() {
    let facts = facts();
    let readiness = &facts["probe_sequences"][1];
    let rule = HealthCheck::every(seconds(10.0), 3, 1);
    let mut active = Active::new(rule, 1, 1, 0, StreamName::new("test"));
    let mut now = active.due().next().expect("one instance");
    let mut is_ready = true;
    let states = readiness["states"].as_array().expect("states");
    let expected = readiness["expect_ready"].as_array().expect("readiness");
    for (state, ready) in states.iter().zip(expected) {
        let standing = if state == "ok" {
            Standing::Up
        } else {
            Standing::Down
        };
        let checked = active.look(0, now, standing).expect("the event is due");
        is_ready = checked.is_out.map_or(is_ready, |out| !out);
        assert_eq!(Value::from(is_ready), *ready);
        now = checked.next;
    }
}

#[test]
fn a_liveness_probe_decides_at_its_third_failure() {
    let facts = facts();
    let liveness = &facts["probe_sequences"][0];
    let rule = HealthCheck::every(seconds(number(liveness, "period_s")), 3, 1);
    let mut active = Active::new(rule, 1, 1, 0, StreamName::new("test"));
    let first = active.due().next().expect("one instance");
    // The probes of the table begin at 10 s; here they begin at a random time.
    let shift = first.as_secs_f64() - 10.0;
    let mut now = first;
    let decided = loop {
        let fails = now.as_secs_f64() - shift >= number(liveness, "fails_from_s");
        let standing = if fails { Standing::Down } else { Standing::Up };
        let checked = active.look(0, now, standing).expect("the event is due");
        if checked.is_out == Some(true) {
            break now.as_secs_f64() - shift;
        }
        now = checked.next;
    };
    assert!((decided - number(liveness, "expect_restart_decision_s")).abs() < 1e-6);
}

#[test]
fn instances_are_checked_at_times_of_their_own_and_jitter_makes_intervals_longer() {
    let mut rule = HealthCheck::every(seconds(5.0), 1, 1);
    rule.jitter = seconds(2.0);
    let mut active = Active::new(rule, 50, 1, 0, StreamName::new("test"));
    let mut due: Vec<SimTime> = active.due().collect();
    due.sort();
    due.dedup();
    assert_eq!(due.len(), 50);
    let mut now = active.due().next().expect("an instance");
    let mut sum = 0.0;
    for _ in 0..1000 {
        let next = active.look(0, now, Standing::Up).expect("due").next;
        let gap = (next - now).as_secs_f64();
        assert!((5.0..=7.0).contains(&gap));
        sum += gap;
        now = next;
    }
    // Uniform over 2 s: the mean of 1000 has a standard error of 0.018 s.
    assert!((sum / 1000.0 - 6.0).abs() < 0.06, "{}", sum / 1000.0);
}

/// A health of `n` instances with nothing but its rule for too few.
fn health(n: u32, fail_open: FailOpen) -> (Health, Backends, Calendar) {
    let health = Health {
        forward: 0,
        first: 0,
        active: None,
        max_fails: None,
        outlier: None,
        comparisons: (SimTime::ZERO, SimDuration::ZERO),
        warming: None,
        out: vec![0; n as usize],
        known: n,
        healthy: n,
        fail_open,
        is_open: false,
    };
    (health, Backends::new(vec![0; n as usize], &[]), Calendar::new())
}

fn eligible(backends: &Backends) -> Vec<u32> {
    use crate::model::Balancing;
    let mut choice = crate::policy::balancing::Choice::new(
        Balancing::Random,
        Stream::open(1, 0, StreamName::new("eligible")),
    );
    let asked = || Asked {
        key: 0,
        source: 0,
        zone: 0,
        choices: 0,
    };
    let mut seen: Vec<u32> = (0..200)
        .map(|_| choice.next(backends.candidates(), SimTime::ZERO, asked))
        .collect();
    seen.sort_unstable();
    seen.dedup();
    seen
}

#[test]
fn below_the_panic_threshold_all_are_chosen_from_and_above_it_only_the_healthy() {
    let (mut health, mut backends, mut calendar) = health(4, FailOpen::Below(0.5));
    let mut s = Surroundings {
        now: SimTime::ZERO,
        calendar: &mut calendar,
        backends: &mut backends,
    };
    health.keep_out(0, reason::CHECKS, &mut s);
    health.keep_out(1, reason::CHECKS, &mut s);
    assert_eq!(eligible(s.backends), [2, 3], "half of them is not less than half");
    health.keep_out(3, reason::CHECKS, &mut s);
    assert_eq!(eligible(s.backends), [0, 1, 2, 3]);
    health.let_in(3, reason::CHECKS, &mut s);
    assert_eq!(eligible(s.backends), [2, 3]);
    assert!(!health.has_nobody());
}

#[test]
fn a_balancer_that_never_fails_open_has_nobody_when_all_are_out() {
    let (mut health, mut backends, mut calendar) = health(2, FailOpen::Never);
    let mut s = Surroundings {
        now: SimTime::ZERO,
        calendar: &mut calendar,
        backends: &mut backends,
    };
    health.keep_out(0, reason::CHECKS, &mut s);
    assert!(!health.has_nobody());
    health.keep_out(1, reason::CHECKS, &mut s);
    assert!(health.has_nobody());
    health.let_in(0, reason::CHECKS, &mut s);
    assert_eq!((health.has_nobody(), eligible(s.backends)), (false, vec![0]));
}
