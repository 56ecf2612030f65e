//! Timelines of small systems: nothing is missing in them, and their course has the right name.

use std::sync::atomic::AtomicBool;

use sim_core::model::{Arrivals, Model, Trace, WarmUp};
use sim_core::time::SimDuration;

use super::*;
use crate::experiment::systems::{System, mm1};
use crate::experiment::{Options, Planned, run};
use crate::results::Point;

fn of(planned: Planned, threads: usize) -> Point {
    let options = Options {
        threads,
        timelines: true,
        ..Options::default()
    };
    let found = run(&[planned], &[], options, &(), &AtomicBool::new(false)).expect("threads");
    found.results.points.into_iter().next().expect("a point")
}

/// The same with a fixed warm-up.
fn warmed_up(mut planned: Planned, seconds: f64) -> Planned {
    let mut d = planned.scenario.model.description().clone();
    d.warm_up = WarmUp::For(SimDuration::from_secs_f64(seconds));
    planned.scenario.model = Model::new(d).expect("a valid model");
    planned
}

/// A rate's integral over all steps, and over all windows.
fn counts(timeline: &Timeline, series: &Series) -> [f64; 2] {
    let sum = |edges: &[f64], rates: &[Estimate]| -> f64 {
        let lengths = edges.windows(2).map(|e| e[1] - e[0]);
        lengths.zip(rates).map(|(l, r)| l * r.value.unwrap_or(0.0)).sum()
    };
    [
        sum(&timeline.step_edges_s, &series.steps),
        sum(&timeline.window_edges_s, &series.windows),
    ]
}

#[test]
fn steps_sum_up_to_the_counts_and_the_warm_up_is_part_of_them() {
    let system = System {
        queue: Some(4),
        ..mm1(0.9, 20.0)
    };
    let whole = of(warmed_up(system.planned(3), 0.000_000_1), 1);
    let cut = of(warmed_up(system.planned(3), 5.0), 1);
    let (all, warm) = (&whole.clients[0].1, &cut.clients[0].1);
    let timeline = cut.timeline.expect("it was asked for");
    assert_eq!(timeline.step_edges_s.len(), STEPS + WARM_UP_STEPS + 1);
    assert_eq!(
        (timeline.step_edges_s[0], timeline.step_edges_s[WARM_UP_STEPS]),
        (0.0, 5.0)
    );
    assert_eq!(timeline.step_edges_s.last(), Some(&20.0));
    assert_eq!(timeline.window_edges_s.len(), 41);
    assert_eq!(timeline.warm_up_s, 5.0);
    let users = &timeline.clients[0].1;
    let near = |a: f64, b: u64| (a - b as f64 / 3.0).abs() < 1e-6 * b as f64;
    for (series, count) in [
        (&users.offered_per_s, all.offered),
        (&users.ok_per_s, all.ok),
        (&users.failed_per_s, all.rejected),
    ] {
        assert!(
            counts(&timeline, series).iter().all(|sum| near(*sum, count)),
            "{count}"
        );
    }
    // What the figures have is what comes after the warm-up.
    let after = users.offered_per_s.steps[WARM_UP_STEPS..].iter();
    let after: f64 = after.map(|e| e.value.unwrap_or(0.0) * 15.0 / STEPS as f64).sum();
    assert!(near(after, warm.offered) && warm.offered < all.offered);
}

#[test]
fn levels_and_latencies_are_those_of_the_figures() {
    let point = of(mm1(0.6, 60.0).planned(4), 2);
    let timeline = point.timeline.as_ref().expect("it was asked for");
    let (users, api) = (&timeline.clients[0].1, &timeline.components[0].1);
    assert_eq!(point.course, Course::Steady);
    let mean = |series: &[Estimate]| series.iter().filter_map(|e| e.value).sum::<f64>() / series.len() as f64;
    let figures = &point.components[0].1;
    let utilization = figures.utilization.and_then(|e| e.value).expect("it has workers");
    assert!((mean(api.utilization.as_ref().expect("it has workers")) - utilization).abs() < 0.02);
    // Little's law: calls present are arrivals times latency.
    let latency = point.clients[0].1.latency_s.mean.value.expect("it is steady");
    assert!((mean(&api.calls.steps) / (300.0 * latency) - 1.0).abs() < 0.1);
    assert_eq!(api.instances.as_ref().map(|i| mean(i)), Some(1.0));
    assert!(
        users
            .latency_p99_s
            .iter()
            .all(|e| e.low <= e.value && e.value <= e.high)
    );
    let covers = |e: &Estimate| e.low.zip(e.high).is_some_and(|(l, h)| l <= 300.0 && 300.0 <= h);
    let share = users.offered_per_s.windows.iter().filter(|e| covers(e)).count();
    assert!(
        (27..=32).contains(&share),
        "{share} of 32 intervals of 95 % hold the rate"
    );
}

#[test]
fn a_queue_that_is_offered_too_much_grows() {
    let point = of(mm1(1.3, 20.0).planned(2), 2);
    let timeline = point.timeline.expect("it was asked for");
    let what = point.course.what().expect("it moves");
    assert_eq!(point.course.word(), "growing");
    assert_eq!((what.moving, what.name.as_str()), (Moving::Calls, "api"));
    // Those that arrive last have no answer when the trial ends.
    assert_eq!(timeline.clients[0].1.latency_mean_s.windows[31].value, None);
}

#[test]
fn one_trial_has_values_and_no_intervals() {
    let point = of(mm1(0.5, 20.0).planned(1), 1);
    let timeline = point.timeline.expect("it was asked for");
    let users = &timeline.clients[0].1;
    for e in users.offered_per_s.windows.iter().chain(&users.latency_p50_s) {
        assert!(e.value.is_some() && e.low.is_none() && e.high.is_none(), "{e:?}");
    }
}

#[test]
fn it_is_the_same_on_any_number_of_threads_and_only_there_where_it_was_asked_for() {
    let planned = || mm1(0.7, 10.0).planned(5);
    let (one, three) = (of(planned(), 1), of(planned(), 3));
    assert!(one.timeline.is_some());
    assert_eq!(one.timeline, three.timeline);
    let found = run(
        &[planned()],
        &[],
        Options::default(),
        &(),
        &AtomicBool::new(false),
    )
    .expect("threads");
    assert_eq!(found.results.points[0].timeline, None);
}

/// A queue whose requests arrive as the rate says, per second at a time in seconds, without chance.
fn arriving(rate: impl Fn(f64) -> f64, duration_s: f64) -> Planned {
    let mut planned = mm1(0.2, duration_s).planned(1);
    let mut d = planned.scenario.model.description().clone();
    d.warm_up = WarmUp::For(SimDuration::ZERO);
    let (mut due, mut times) = (0.0, Vec::new());
    for ms in 0..(duration_s * 1e3) as u64 {
        due += rate(ms as f64 / 1e3) / 1e3;
        if due >= 1.0 {
            due -= 1.0;
            times.push(ms * 1_000_000);
        }
    }
    d.traces = vec![Trace {
        times: times.into_iter().collect(),
        columns: vec![],
    }];
    d.clients[0].arrivals = Arrivals::Trace(0);
    planned.scenario.model = Model::new(d).expect("a valid model");
    planned
}

#[test]
fn a_daily_cycle_and_a_slow_drift_are_called_by_their_names() {
    let tide = |t: f64| 100.0 + 60.0 * ((t % 12.0 - 6.0).abs() / 3.0 - 1.0);
    let point = of(arriving(tide, 96.0), 1);
    let Course::Cycling { what, period_s } = &point.course else {
        panic!("a cycle: {:?}", point.course)
    };
    assert_eq!((what.moving, what.name.as_str()), (Moving::Load, "users"));
    assert!((period_s - 12.0).abs() < 0.5, "{period_s}");
    let point = of(arriving(|t| 80.0 + 0.4 * t, 100.0), 1);
    let Course::Drifting { what, change } = &point.course else {
        panic!("a drift: {:?}", point.course)
    };
    assert_eq!(what.moving, Moving::Load);
    assert!((change - 0.4).abs() < 0.05, "{change}");
}
