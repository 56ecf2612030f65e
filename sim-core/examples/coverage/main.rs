//! How often do 95 % intervals hold the truth? On queues and caches whose exact answers are known, near saturation too.
//!
//! `cargo run --release -p sim-core --example coverage` prints the first table that the documentation of `sim_core::stats` shows, and
//! `... --example coverage -- 400 1e5 1,5,20,100` that of short runs. What follows are words of the names that are wanted: `others` are
//! queues by which no constant was chosen.

mod caches;
mod judge;
mod others;
mod queues;

use caches::CACHES;
use judge::Tally;
use others::OTHERS;
use queues::QUEUES;

/// The first seed: no constant of the statistics was chosen by those that follow.
const FIRST: u64 = 10_000;

fn main() {
    let argument = |n| std::env::args().nth(n);
    let seeds: u64 = argument(1).and_then(|text| text.parse().ok()).unwrap_or(400);
    let requests: f64 = argument(2).and_then(|text| text.parse().ok()).unwrap_or(1e6);
    let splits = argument(3).unwrap_or("1,5,20".to_owned());
    let splits: Vec<u64> = splits.split(',').filter_map(|text| text.parse().ok()).collect();
    let wanted = argument(4).unwrap_or_default();
    let is_wanted = |name: &str| name.contains(&wanted);
    let seeds = FIRST..FIRST + seeds;
    println!("| queue | trials | mean | p50 | p99 | p99.9 | queue | ok, hits |");
    println!("|---|--:|--:|--:|--:|--:|--:|--:|");
    let row = |name: &str, trials: u64, cells: &[(&str, Tally)]| {
        let cell = |column: &str| {
            let found = cells.iter().find(|(measure, _)| *measure == column);
            found.map_or(String::new(), |(_, tally)| tally.cell())
        };
        let columns = ["mean", "p50", "p99", "p99.9", "queue", "ok"].map(cell);
        println!("| {name} | {trials} | {} |", columns.join(" | "));
    };
    let others = OTHERS
        .iter()
        .filter(|queue| wanted == "others" || !wanted.is_empty() && is_wanted(queue.name));
    for queue in QUEUES.iter().filter(|queue| is_wanted(queue.name)).chain(others) {
        for &trials in &splits {
            let tallies = judge::measure(queue, trials, requests, seeds.clone());
            let names: Vec<(String, Tally)> = tallies.into_iter().map(|(m, t)| (m.name(), t)).collect();
            let cells: Vec<(&str, Tally)> = names.iter().map(|(name, t)| (name.as_str(), *t)).collect();
            row(queue.name, trials, &cells);
        }
    }
    for cache in CACHES.iter().filter(|cache| is_wanted(cache.name)) {
        for &trials in &splits {
            let tally = cache.measure(trials, requests, seeds.clone());
            row(cache.name, trials, &[("ok", tally)]);
        }
    }
}
