//! Prints requests per CPU second of the engine and of the bare loop on the three standard workloads, and their ratio.
//!
//! `cargo run --release -p sim-core --example throughput -- 3000000`

#[path = "../benches/workloads/mod.rs"]
mod workloads;

use std::time::Instant;

use sim_core::measure::Histogram;
use sim_core::simulation::{Condition, simulate};

fn timed<T>(run: impl FnOnce() -> T) -> (T, f64) {
    let began = Instant::now();
    let result = run();
    (result, began.elapsed().as_secs_f64())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let requests: f64 = std::env::args()
        .nth(1)
        .and_then(|a| a.parse().ok())
        .unwrap_or(2e6);
    let n = requests as u64;
    let cases = [
        ("M/M/1", workloads::mmc(requests, 1, 0.8)),
        ("M/M/64", workloads::mmc(requests, 64, 0.9)),
        ("web", workloads::web(requests)),
    ];
    for (name, model) in &cases {
        let (mut engine, mut bare) = (Vec::new(), Vec::new());
        let mut line = String::new();
        for _ in 0..5 {
            let (result, seconds) = timed(|| simulate(model, 1, 0, &Condition::default()));
            engine.push(result.clients[0].whole.offered as f64 / seconds / 1e6);
            let mut latency = Histogram::new();
            result.clients[0]
                .windows
                .iter()
                .for_each(|w| latency.merge(&w.latency));
            let (hand, seconds) = timed(|| match *name {
                "M/M/1" => workloads::bare::mmc(n, 1, 0.8),
                "M/M/64" => workloads::bare::mmc(n, 64, 0.9),
                _ => workloads::bare::web(n).0,
            });
            bare.push(requests / seconds / 1e6);
            let p = |h: &Histogram, q| h.quantile(q).unwrap_or(0) as f64 / 1e6;
            line = format!(
                "mean {:.3} / {:.3} ms, p99 {:.2} / {:.2} ms, events {}",
                latency.mean().unwrap_or(0.0) / 1e6,
                hand.mean().unwrap_or(0.0) / 1e6,
                p(&latency, 0.99),
                p(&hand, 0.99),
                result.events
            );
        }
        let (engine, bare) = (median(engine), median(bare));
        println!(
            "{name:7} engine {engine:6.2} M/s, bare loop {bare:6.2} M/s, ratio {:.2}; {line}",
            engine / bare
        );
    }
}
