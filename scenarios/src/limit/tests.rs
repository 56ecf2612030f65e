use std::sync::atomic::{AtomicBool, Ordering};

use sim_core::theory::mmc::Mmc;

use super::*;
use crate::document::Document;
use crate::experiment::{Progress, Watcher};
use crate::traces::NoFiles;

/// A queue with so many workers that serve 1000 requests per second together.
fn queue(workers: u32, rest: &str, slo: &str) -> String {
    format!(
        "name = \"queue\"\n[run]\nduration = \"60s\"\ntrials = 4\n[clients.users]\ncalls = \"api\"\nrate = \"500/s\"\n{rest}\n\
         [service.api]\nworkers = {workers}\nservice-time = \"exp({workers}ms)\"\n[slo]\n{slo}\n"
    )
}

fn with(
    text: &str,
    vary: &str,
    effort: Effort,
    watcher: &dyn Watcher,
    stop: &AtomicBool,
) -> Result<Limit, NoLimit> {
    let (document, problems) = Document::parse("queue.toml", text.as_bytes(), &NoFiles);
    let document = document.unwrap_or_else(|| panic!("{problems:?}"));
    find(
        &Loads::new(&document, None, &[], vary).map_err(NoLimit::Wrong)?,
        effort,
        watcher,
        stop,
    )
}

fn of(text: &str, vary: &str) -> Limit {
    let effort = Effort {
        events: 5_000_000,
        ..Effort::default()
    };
    with(text, vary, effort, &(), &AtomicBool::new(false)).expect("a limit to look for")
}

const RATES: &str = "clients.users.rate=100/s..1400/s";

/// The objective that is exact at this load.
fn exact(workers: u32, load: f64) -> String {
    let queue = Mmc::new(load, 1000.0 / f64::from(workers), workers).expect("a stable queue");
    let p99 = queue.sojourn_quantile(0.99).expect("a probability");
    format!("latency = {{ p99 = \"{:.0}ns\" }}", p99 * 1e9)
}

#[test]
fn the_interval_holds_the_limit_that_erlang_c_gives() {
    let effort = |seed| Effort {
        seed: Some(seed),
        events: 20_000_000,
        ..Effort::default()
    };
    for (workers, truth) in [(1, 800.0), (8, 900.0)] {
        let text = queue(workers, "", &exact(workers, truth));
        let held = (1..=10).filter(|seed| {
            let found = with(&text, RATES, effort(*seed), &(), &AtomicBool::new(false)).expect("a limit");
            let limit = found
                .answer
                .limit()
                .unwrap_or_else(|| panic!("{:?}", found.answer));
            let (low, high) = (limit.low.expect("an end"), limit.high.expect("an end"));
            assert!((high - low) / 2.0 < 0.06 * truth, "seed {seed}: {limit:?}");
            let busiest = found.busiest.expect("a busy component");
            assert_eq!(busiest.component, "api");
            assert!((busiest.utilization * 1000.0 / busiest.load - 1.0).abs() < 0.05);
            (low..=high).contains(&truth)
        });
        // Ten of ten but for chance: fewer than eight of ten has a probability of 1 % at 95 %.
        let held = held.count();
        assert!(held >= 8, "{held} of 10 at {workers} workers");
    }
}

#[test]
fn headroom_is_told_from_where_the_scenario_stands() {
    let found = of(&queue(1, "", &exact(1, 800.0)), RATES);
    assert_eq!(
        (found.stands_at, found.axis.unit.as_deref()),
        (Some(500.0), Some("1/s"))
    );
    let (limit, headroom) = (
        found.answer.limit().expect("a limit"),
        found.headroom.expect("headroom"),
    );
    let share = limit.value.expect("a value") / 500.0 - 1.0;
    assert!((headroom.value.expect("a value") - share).abs() < 1e-12);
    assert!(found.curve.points.iter().any(|p| p.at == [Some(500.0)]));
}

#[test]
fn the_number_of_threads_cannot_be_seen() {
    let text = queue(1, "", &exact(1, 800.0));
    let run = |threads| {
        let effort = Effort {
            threads,
            events: 5_000_000,
            ..Effort::default()
        };
        let found = with(&text, RATES, effort, &(), &AtomicBool::new(false));
        format!("{:?}", found.expect("a limit"))
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn an_objective_may_hold_throughout_or_nowhere() {
    let rates = "clients.users.rate=100/s..200/s";
    let generous = of(&queue(1, "", "latency = { p99 = \"1s\" }"), rates);
    assert_eq!(generous.answer, Answer::Throughout);
    let strict = of(&queue(1, "", "latency = { p99 = \"1ms\" }"), rates);
    assert_eq!(strict.answer, Answer::Nowhere);
    assert!(strict.headroom.is_none() && strict.busiest.is_none());
}

#[test]
fn of_several_bounds_the_first_to_break_is_first() {
    let timeout = "timeout = \"15ms\"";
    let slo = "latency = { p50 = \"5ms\" }\navailability = \"99.9%\"";
    let found = of(&queue(1, timeout, slo), RATES);
    let names: Vec<String> = found.bounds.iter().map(|(b, _)| b.name()).collect();
    assert_eq!(names, ["availability of users", "p50 of users"]);
    let value = |a: &Answer| a.limit().and_then(|l| l.value).unwrap_or_else(|| panic!("{a:?}"));
    let (first, second) = (value(&found.bounds[0].1), value(&found.bounds[1].1));
    // Without the timeout, a median of 5 ms is exact at 861/s and 0.1 % above 15 ms at 539/s; with it, both are later.
    assert!(
        (530.0..700.0).contains(&first) && second > 800.0,
        "{first} {second}"
    );
    assert_eq!(value(&found.answer), first);
}

#[test]
fn a_limit_in_whole_numbers_is_one() {
    let closed = "arrivals = \"closed\"\nusers = 4\nthink = \"exp(100ms)\"";
    let text = queue(1, closed, "latency = { p50 = \"5ms\" }").replace("rate = \"500/s\"\n", "");
    let found = of(&text, "clients.users.users=2..200");
    let limit = found
        .answer
        .limit()
        .unwrap_or_else(|| panic!("{:?}", found.answer));
    for end in [limit.low, limit.value, limit.high] {
        let users = end.expect("an end");
        assert!(
            users.fract() == 0.0 && (60.0..120.0).contains(&users),
            "{limit:?}"
        );
    }
}

#[test]
fn what_is_wrong_is_said() {
    let text = queue(1, "", "latency = { p99 = \"1s\" }");
    let fails = |text: &str, vary: &str| {
        with(text, vary, Effort::default(), &(), &AtomicBool::new(false)).unwrap_err()
    };
    assert!(matches!(
        fails(&text, "clients.users.rat=1/s..2/s"),
        NoLimit::Wrong(_)
    ));
    assert!(matches!(
        fails(&text, "clients.users.rate=1ms..2ms"),
        NoLimit::Wrong(_)
    ));
    assert!(matches!(
        fails(&text, "clients.users.rate=7/s"),
        NoLimit::Wrong(_)
    ));
    let without = text.split("[slo]").next().expect("a text");
    assert!(matches!(fails(without, RATES), NoLimit::NoObjective));
}

/// Stops after some points.
struct Stopper<'a>(&'a AtomicBool, usize);

impl Watcher for Stopper<'_> {
    fn progress(&self, progress: &Progress) {
        if progress.points_done >= self.1 {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

#[test]
fn a_search_that_is_stopped_says_what_it_knows() {
    let text = queue(1, "", &exact(1, 800.0));
    let stop = AtomicBool::new(false);
    let found = with(&text, RATES, Effort::default(), &Stopper(&stop, 10), &stop).expect("some of it");
    assert!(
        found.advice[0].starts_with("the search was stopped"),
        "{:?}",
        found.advice
    );
    let stop = AtomicBool::new(true);
    let nothing = with(&text, RATES, Effort::default(), &(), &stop);
    assert!(matches!(nothing, Err(NoLimit::Stopped)));
}
