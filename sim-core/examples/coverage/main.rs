//! How often do 95 % intervals hold the truth? On queues whose exact answers are known, near saturation too.
//!
//! `cargo run --release -p sim-core --example coverage [SEEDS [REQUESTS]]` prints the table that the documentation of `sim_core::stats` shows.

mod judge;
mod queues;

use queues::QUEUES;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let seeds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(400);
    let requests = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1e6);
    println!(
        "{:20} {:>6} {:8} {:>8} {:>10} {:>6} {:>10}",
        "queue", "trials", "measure", "covered", "low/high", "none", "half-width"
    );
    for queue in &QUEUES {
        for trials in [1, 5, 20] {
            for (measure, tally) in judge::measure(queue, trials, requests, seeds) {
                println!("{:20} {trials:>6} {:8} {tally}", queue.name, measure.name());
            }
        }
    }
}
