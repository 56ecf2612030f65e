//! What a reader sees of a timeline, from one component to more than have a line.

use scenarios::timeline::{Moving, Subject};
use sim_core::stats::Estimate;

use super::super::tests::{check_layout, said};
use super::super::{Format, timeline as drawn};
use super::*;
use crate::fixture;

fn of(results: &Results) -> Picture {
    picture(results, &results.points[0]).expect("a picture")
}

#[test]
fn texts_neither_overlap_nor_leave_the_page() {
    for components in [0, 1, 2, 3, 5, 8, 11] {
        let picture = of(&fixture::with_timeline(components));
        check_layout(&format!("{components} components"), &picture);
    }
}

#[test]
fn it_says_its_course_and_what_is_warm_up() {
    let mut results = fixture::with_timeline(3);
    let text = said(&of(&results));
    for expected in [
        "Steady; warm-up of 3.00 s cut (shaded)",
        "requests per second, at the time at which they arrived",
        "latency of requests that ended well, at the time at which they arrived",
        "objective: p99 at most 100 ms",
        "calls that wait or are served",
        "instances that are up, mean of each window",
        "hit ratio of each window",
        "5 trials, seed 7.",
        "simulated time",
        "60 s",
        "Orange stretches: crash of api from 30.0 s.",
    ] {
        assert!(text.contains(expected), "{expected} is missing in\n{text}");
    }
    assert!(!text.contains("stale"), "nothing but zeros is nothing to see");
    results.points[0].course = Course::Growing(Subject {
        moving: Moving::Calls,
        name: "api".to_owned(),
    });
    assert!(said(&of(&results)).contains("Growing: calls waiting or served at api grow"));
}

#[test]
fn what_has_no_line_is_counted() {
    let text = said(&of(&fixture::with_timeline(11)));
    assert!(
        text.contains("3 more components are only in timeline.csv"),
        "{text}"
    );
}

#[test]
fn a_second_population_has_its_own_lines() {
    let mut results = fixture::with_timeline(2);
    let line = results.points[0].timeline.as_mut().expect("a timeline");
    let (_, users) = line.clients[0].clone();
    line.clients.push(("robots".to_owned(), users));
    let picture = of(&results);
    check_layout("two populations", &picture);
    let text = said(&picture);
    for name in ["users offered", "robots ok", "robots p99", "users mean"] {
        assert!(text.contains(name), "{name}");
    }
}

#[test]
fn gaps_and_nothing_at_all_are_drawn_too() {
    let mut results = fixture::with_timeline(2);
    let line = results.points[0].timeline.as_mut().expect("a timeline");
    let clients = &mut line.clients[0].1;
    clients
        .latency_p99_s
        .iter_mut()
        .step_by(2)
        .for_each(|e| *e = Estimate::default());
    clients.latency_mean_s.windows[5] = Estimate {
        value: Some(f64::NAN),
        low: Some(f64::NEG_INFINITY),
        high: Some(f64::INFINITY),
        need: None,
    };
    assert!(said(&of(&results)).contains("No p99 where a window has fewer"));
    let line = results.points[0].timeline.as_mut().expect("a timeline");
    line.clients.clear();
    line.components.clear();
    assert!(picture(&results, &results.points[0]).is_none());
}

#[test]
fn the_same_point_gives_the_same_bytes() {
    let results = fixture::with_timeline(3);
    for format in [Format::Svg, Format::Png] {
        let twice = [(); 2].map(|()| drawn(&results, &results.points[0], format));
        assert!(twice[0].is_some() && twice[0] == twice[1], "{format:?}");
    }
}
