//! The intervals of `sim_core::stats` hold the truth as often as they say, near saturation too, or say that they can't tell.
//!
//! A reduced and fixed form of `cargo run --release -p sim-core --example coverage`: 120 seeds. Of 120 honest 95 % intervals fewer than 108
//! hold the truth in 1 of 100 cases, and the seeds are fixed, so that a failure is a change and not bad luck.

#[path = "../../examples/coverage/caches.rs"]
mod caches;
#[path = "../../examples/coverage/judge.rs"]
mod judge;
#[path = "../../examples/coverage/queues.rs"]
mod queues;

use caches::CACHES;
use judge::{Measure, Tally};
use queues::{QUEUES, Queue};

const SEEDS: u32 = 120;

/// Fails unless the interval of a measure is given in at least `given` of the runs, holds in 90 % of these, and is narrow.
fn check(queue: &Queue, tallies: &[(Measure, Tally)], wanted: Measure, given: u32, half_width: f64) {
    let found = tallies.iter().find(|(measure, _)| *measure == wanted);
    let (measure, tally) = found.expect("the measure is judged");
    let name = format!("{} of {}", measure.name(), queue.name);
    assert!(tally.given() >= given, "{name} is given too seldom: {tally}");
    assert!(tally.coverage() >= 0.90, "{name} is held too seldom: {tally}");
    assert!(
        tally.widths / f64::from(tally.given()) <= half_width,
        "{name} is too vague: {tally}"
    );
}

#[test]
fn a_moderately_busy_queue_has_mean_and_percentiles() {
    let queue = &QUEUES[1];
    let tallies = judge::measure(queue, 5, 1e5, 0..u64::from(SEEDS));
    check(queue, &tallies, Measure::MeanLatency, SEEDS - 10, 0.09);
    check(queue, &tallies, Measure::MeanQueue, SEEDS - 10, 0.11);
    check(queue, &tallies, Measure::Latency(0.5), SEEDS - 10, 0.07);
    check(queue, &tallies, Measure::Latency(0.99), SEEDS - 20, 0.27);
}

#[test]
fn a_nearly_saturated_queue_has_a_mean_and_knows_what_it_does_not_know() {
    let queue = &QUEUES[2];
    let tallies = judge::measure(queue, 5, 2e5, 0..u64::from(SEEDS));
    check(queue, &tallies, Measure::MeanLatency, SEEDS - 40, 0.4);
    check(queue, &tallies, Measure::MeanQueue, SEEDS - 40, 0.4);
    let p999 = tallies
        .iter()
        .find(|(measure, _)| *measure == Measure::Latency(0.999));
    assert!(
        p999.is_some_and(|(_, tally)| tally.given() <= SEEDS / 20),
        "two bursts don't make a p99.9: {p999:?}"
    );
}

#[test]
fn a_full_waiting_room_has_an_availability() {
    let queue = &QUEUES[5];
    let tallies = judge::measure(queue, 1, 1e5, 0..u64::from(SEEDS));
    check(queue, &tallies, Measure::Availability, SEEDS - 10, 0.01);
    check(queue, &tallies, Measure::MeanLatency, SEEDS - 10, 0.1);
    check(queue, &tallies, Measure::Latency(0.99), SEEDS / 2, 0.1);
}

#[test]
fn a_cache_has_a_hit_ratio() {
    for cache in &CACHES {
        let tally = cache.measure(5, 1e5, 0..u64::from(SEEDS));
        assert!(
            tally.given() == SEEDS && tally.coverage() >= 0.90,
            "{}: {tally}",
            cache.name
        );
        assert!(
            tally.widths / f64::from(SEEDS) <= 0.014,
            "{} is too vague: {tally}",
            cache.name
        );
    }
}

#[test]
fn trials_as_short_as_their_memory_hold_the_truth_or_say_that_they_are_too_short() {
    // 20 trials of 5000 requests are three or four times as long as the memory of the queue; 100 of 1000 aren't even that.
    let short = judge::measure(&QUEUES[2], 20, 1e5, 0..u64::from(SEEDS));
    check(&QUEUES[2], &short, Measure::MeanLatency, SEEDS / 2, 0.6);
    check(&QUEUES[2], &short, Measure::MeanQueue, SEEDS / 2, 0.6);
    for (measure, tally) in judge::measure(&QUEUES[2], 100, 1e5, 0..u64::from(SEEDS)) {
        assert!(tally.given() <= SEEDS / 20, "{}: {tally}", measure.name());
    }
}
