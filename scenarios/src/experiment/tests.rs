use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::systems::{System, mm1};
use super::*;
use crate::precision::MOST_TRIALS;
use crate::results::State;

fn on(threads: usize, points: &[Planned]) -> Found {
    let options = Options {
        threads,
        ..Options::default()
    };
    run(points, &[], options, &(), &AtomicBool::new(false)).expect("threads")
}

fn one(system: &System, trials: u32) -> Point {
    let mut found = on(2, &[system.planned(trials)]);
    assert_eq!(found.missing, Vec::<usize>::new());
    found.results.points.remove(0)
}

#[test]
fn the_number_of_threads_cannot_be_seen_in_the_results() {
    let balanced = System {
        instances: 3,
        rate: 600.0,
        queue: Some(50),
        timeout_s: Some(0.1),
        check: Some((1.0, 2)),
        failures: Some((1e6, 600.0)),
        ..mm1(0.5, 5.0)
    };
    let mut precise = mm1(0.7, 5.0).planned(2);
    precise.scenario.precision = Some(Precision::of_p99(0.1));
    let points = [
        mm1(0.5, 5.0).planned(3),
        balanced.planned(3),
        precise,
        mm1(1.3, 5.0).planned(3),
    ];
    let alone = format!("{:?}", on(1, &points));
    assert!(!alone.contains("missing: [0"));
    for threads in [2, 7] {
        assert_eq!(format!("{:?}", on(threads, &points)), alone, "{threads} threads");
    }
}

#[test]
fn every_request_is_counted_once() {
    for (utilization, timeout_s) in [(0.6, None), (0.9, Some(0.02)), (1.2, Some(0.5))] {
        let system = System {
            queue: Some(30),
            timeout_s,
            ..mm1(utilization, 20.0)
        };
        let point = one(&system, 3);
        let c = &point.clients[0].1;
        assert_eq!(
            c.offered,
            c.ok + c.timeout + c.rejected + c.error + c.unreachable + c.in_flight
        );
        assert!(c.ok > 1000, "{}", c.ok);
        let share = c.ok as f64 / (c.offered - c.in_flight) as f64;
        assert!((c.availability.value.unwrap() - share).abs() < 1e-12);
    }
}

#[test]
fn a_queue_in_balance_against_theory() {
    let point = one(&mm1(0.8, 300.0), 5);
    assert_eq!(point.state, State::Steady, "{:?}", point.warnings);
    let client = &point.clients[0].1;
    // M/M/1: latency is exponential with mean s / (1 - rho).
    let mean_s = 0.002 / 0.2;
    for (found, expect) in [
        (client.latency_s.mean, mean_s),
        (client.latency_s.p99, mean_s * 100_f64.ln()),
        (client.goodput_per_s, 400.0),
        (point.components[0].1.utilization.unwrap(), 0.8),
        (point.components[0].1.queue_length.unwrap(), 3.2),
        (point.components[0].1.waiting_mean_s.unwrap(), 0.8 * mean_s),
        (point.components[0].1.instances.unwrap(), 1.0),
        (client.attempts_per_request, 1.0),
    ] {
        let (low, high) = (found.low.unwrap(), found.high.unwrap());
        assert!(low <= expect && expect <= high, "{found:?} {expect}");
        assert!(found.relative_half_width().unwrap() < 0.1, "{found:?}");
    }
}

#[test]
fn a_queue_that_grows_is_overloaded_and_a_busy_one_is_not() {
    for duration in [20.0, 100.0] {
        for utilization in [1.05, 1.2, 3.0] {
            let point = one(&mm1(utilization, duration), 3);
            let expect = State::Overloaded {
                component: Some("api".to_owned()),
            };
            assert_eq!(point.state, expect, "{utilization} for {duration} s");
            assert_eq!(point.clients[0].1.latency_s.p50.value, None);
            assert!(
                point.warnings[0].starts_with("api is offered more"),
                "{:?}",
                point.warnings
            );
        }
    }
    for seed in 1..=10 {
        let mut planned = mm1(0.9, 60.0).planned(3);
        planned.scenario.seed = seed;
        let point = on(2, &[planned]).results.points.remove(0);
        assert_eq!(point.state, State::Steady, "seed {seed}: {:?}", point.warnings);
        assert!(point.clients[0].1.latency_s.p50.value.is_some());
    }
}

#[test]
fn a_queue_that_refuses_has_a_steady_state_whatever_is_offered() {
    let point = one(
        &System {
            queue: Some(10),
            ..mm1(1.5, 60.0)
        },
        3,
    );
    assert_eq!(point.state, State::Steady);
    let client = &point.clients[0].1;
    // M/M/1/K with 11 places: p_K = (1 - rho) rho^K / (1 - rho^(K + 1)).
    let blocked = 0.5 * 1.5_f64.powi(11) / (1.5_f64.powi(12) - 1.0);
    let lost = client.lost_to_overload;
    assert!(
        lost.low.unwrap() <= blocked && blocked <= lost.high.unwrap(),
        "{lost:?} {blocked}"
    );
    assert!(lost.relative_half_width().unwrap() < 0.05);
    assert!(client.latency_s.p99.value.is_some());
}

#[test]
fn a_wished_precision_adds_trials_until_it_is_reached() {
    let mut planned = mm1(0.8, 20.0).planned(3);
    planned.scenario.precision = Some(Precision::of_p99(0.08));
    let point = on(2, &[planned]).results.points.remove(0);
    assert!(point.trials > 3, "{}", point.trials);
    let width = point.clients[0].1.latency_s.p99.relative_half_width().unwrap();
    assert!(
        width <= 0.08 || point.trials == MOST_TRIALS,
        "{width} with {}",
        point.trials
    );
}

/// Counts, and stops after some events.
struct Stopper<'a> {
    stop: &'a AtomicBool,
    calls: AtomicUsize,
    after: usize,
}

impl Watcher for Stopper<'_> {
    fn progress(&self, progress: &Progress) {
        assert!(progress.points_done <= progress.points);
        if progress.points_done >= self.after {
            self.stop.store(true, Ordering::Relaxed);
        }
        self.calls.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn an_experiment_that_is_stopped_keeps_the_points_that_are_done() {
    let points: Vec<Planned> = (0..20).map(|_| mm1(0.5, 5.0).planned(2)).collect();
    let stop = AtomicBool::new(false);
    let watcher = Stopper {
        stop: &stop,
        calls: AtomicUsize::new(0),
        after: 3,
    };
    let options = Options {
        threads: 2,
        ..Options::default()
    };
    let found = run(&points, &[], options, &watcher, &stop).expect("threads");
    assert_eq!(found.results.points.len() + found.missing.len(), 20);
    assert!(
        (3..=6).contains(&found.results.points.len()),
        "{}",
        found.results.points.len()
    );
    assert!(watcher.calls.load(Ordering::Relaxed) >= 3);
}

#[test]
fn nothing_to_run_finds_nothing() {
    let found = on(1, &[]);
    assert!(found.results.points.is_empty() && found.missing.is_empty());
}

#[test]
fn seed_and_trials_can_be_given_from_outside() {
    let planned = [mm1(0.5, 2.0).planned(3)];
    let with = |seed, trials| {
        let options = Options {
            seed,
            trials,
            threads: 1,
            ..Options::default()
        };
        run(&planned, &[], options, &(), &AtomicBool::new(false))
            .expect("threads")
            .results
    };
    let (plain, other) = (with(None, None), with(Some(2), Some(4)));
    assert_eq!((plain.seed, plain.trials, plain.points[0].trials), (1, 3, 3));
    assert_eq!((other.seed, other.trials, other.points[0].trials), (2, 4, 4));
    assert_ne!(
        plain.points[0].clients[0].1.offered * 4 / 3,
        other.points[0].clients[0].1.offered
    );
}

#[test]
fn a_trial_that_takes_more_than_its_budget_ran_away() {
    let budget = Budget {
        in_flight: 100,
        ..Budget::default()
    };
    let options = Options::default();
    // A balancer and a timeout, so that the trial goes event by event, and more events than a chunk, after which the budget
    // is looked at.
    let system = System {
        timeout_s: Some(1000.0),
        check: Some((1.0, 2)),
        ..mm1(1.5, 2000.0)
    };
    let planned = [system.planned(1)];
    let mut found =
        run_within(budget, &planned, &[], options, &(), &AtomicBool::new(false)).expect("threads");
    let point = found.results.points.remove(0);
    assert_eq!(point.state, State::RanAway);
    assert_eq!(point.clients[0].1.latency_s.p50.value, None);
    assert!(point.warnings[0].contains("budget"), "{:?}", point.warnings);
}
