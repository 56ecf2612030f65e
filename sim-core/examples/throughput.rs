//! Prints requests per CPU second of the engine and of the bare loop on the three standard workloads, and their ratio.
//!
//! `cargo run --release -p sim-core --example throughput -- 3000000`

#[path = "../benches/workloads/mod.rs"]
mod workloads;

use std::time::Instant;

use sim_core::measure::Histogram;
use sim_core::simulation::{Condition, Simulation, simulate};

fn timed<T>(run: impl FnOnce() -> T) -> (T, f64) {
    let began = Instant::now();
    let result = run();
    (result, began.elapsed().as_secs_f64())
}

/// Millions of requests per second of five runs, the median.
fn rate(requests: f64, mut run: impl FnMut()) -> f64 {
    let mut rates: Vec<f64> = (0..5).map(|_| requests / timed(&mut run).1 / 1e6).collect();
    rates.sort_by(f64::total_cmp);
    rates[2]
}

fn main() {
    let requests: f64 = std::env::args()
        .nth(1)
        .and_then(|a| a.parse().ok())
        .unwrap_or(2e6);
    let n = requests as u64;
    let condition = Condition::default();
    let cases = [
        ("M/M/1", workloads::mmc(requests, 1, 0.8)),
        ("M/M/64", workloads::mmc(requests, 64, 0.9)),
        ("web", workloads::web(requests)),
    ];
    println!("millions of requests per second (share of the bare loop)");
    for (name, model) in &cases {
        let bare = |n| match *name {
            "M/M/1" => workloads::bare::mmc(n, 1, 0.8),
            "M/M/64" => workloads::bare::mmc(n, 64, 0.9),
            _ => workloads::bare::web(n).0,
        };
        let hand = bare(n);
        let mut latency = Histogram::new();
        let result = simulate(model, 1, 0, &condition);
        result.clients[0]
            .windows
            .iter()
            .for_each(|w| latency.merge(&w.latency));
        let loop_rate = rate(requests, || drop(std::hint::black_box(bare(n))));
        let engine = rate(requests, || {
            drop(std::hint::black_box(simulate(model, 1, 0, &condition)))
        });
        let events = rate(requests, || {
            let mut simulation = Simulation::by_events(model, 1, 0, &condition);
            while simulation.advance(1 << 20) {}
            drop(std::hint::black_box(simulation.finish()));
        });
        let p99 = |h: &Histogram| h.quantile(0.99).unwrap_or(0) as f64 / 1e6;
        println!(
            "{name:7} bare loop {loop_rate:6.2}; engine {engine:6.2} ({:.2}), event by event {events:6.2} ({:.2}); p99 {:.2} and {:.2} ms",
            engine / loop_rate,
            events / loop_rate,
            p99(&latency),
            p99(&hand)
        );
    }
}
