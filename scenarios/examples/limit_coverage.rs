//! How often does the interval of a limit hold the exact one? On queues whose limit Erlang C gives, near saturation too.
//!
//! `cargo run --release -p scenarios --example limit_coverage [SEEDS [EVENTS [LIMIT]]]` prints the table that the documentation of `scenarios::limit` shows.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use scenarios::document::Document;
use scenarios::limit::{Answer, Effort, Loads, find};
use scenarios::traces::NoFiles;
use sim_core::theory::mmc::Mmc;

/// A queue whose p99 comes to its bound at `limit` requests per second.
struct Queue {
    workers: u32,
    /// Seconds of service, exponential.
    service_s: f64,
    /// Requests per second.
    limit: f64,
    /// Simulated seconds of a trial.
    duration_s: u32,
}

const QUEUES: [Queue; 6] = [
    queue(1, 0.001, 500.0, 60),
    queue(1, 0.001, 800.0, 60),
    queue(1, 0.001, 900.0, 120),
    queue(8, 0.008, 600.0, 60),
    queue(8, 0.008, 900.0, 60),
    queue(8, 0.008, 950.0, 240),
];

const fn queue(workers: u32, service_s: f64, limit: f64, duration_s: u32) -> Queue {
    Queue {
        workers,
        service_s,
        limit,
        duration_s,
    }
}

impl Queue {
    /// The scenario, with the exact p99 at the limit as its objective.
    fn text(&self) -> String {
        let exact = Mmc::new(self.limit, 1.0 / self.service_s, self.workers).expect("a stable queue");
        let p99_ns = exact.sojourn_quantile(0.99).expect("a probability") * 1e9;
        format!(
            "name = \"M/M/{c}\"\n[run]\nduration = \"{d}s\"\n[clients.users]\ncalls = \"api\"\nrate = \"100/s\"\n\
             [service.api]\nworkers = {c}\nservice-time = \"exp({s}ms)\"\n[slo]\nlatency = {{ p99 = \"{p99_ns:.0}ns\" }}\n",
            c = self.workers,
            d = self.duration_s,
            s = self.service_s * 1e3,
        )
    }
}

#[expect(clippy::print_stdout, reason = "printing is what this program is for")]
fn main() {
    let argument = |n| std::env::args().nth(n).and_then(|s| s.parse::<u64>().ok());
    let seeds = argument(1).unwrap_or(100);
    let events = argument(2).unwrap_or(Effort::default().events);
    println!("| queue | limit | held | none | half-width | off by | trials | seconds |");
    println!("|---|--:|--:|--:|--:|--:|--:|--:|");
    let only = argument(3).map(|limit| limit as f64);
    for queue in QUEUES
        .iter()
        .filter(|q| only.is_none_or(|limit| q.limit == limit))
    {
        let text = queue.text();
        let (document, problems) = Document::parse("queue.toml", text.as_bytes(), &NoFiles);
        let document = document.unwrap_or_else(|| panic!("{problems:?}"));
        let vary = "clients.users.rate=200/s..1500/s";
        let loads = Loads::new(&document, None, &[], vary).unwrap_or_else(|p| panic!("{p:?}"));
        let (mut held, mut none, mut width, mut bias, mut trials) = (0, 0, 0.0, 0.0, 0);
        let since = Instant::now();
        for seed in 1..=seeds {
            let effort = Effort {
                seed: Some(seed),
                events,
                ..Effort::default()
            };
            let limit = find(&loads, effort, &(), &AtomicBool::new(false)).expect("a limit to look for");
            trials += limit.curve.points.iter().map(|p| p.trials).max().unwrap_or(0);
            let Answer::UpTo(found) = limit.answer else {
                none += 1;
                eprintln!("seed {seed}: {:?}", limit.answer);
                continue;
            };
            let (low, value, high) = (
                found.low.unwrap_or(0.0),
                found.value.unwrap_or(0.0),
                found.high.unwrap_or(0.0),
            );
            held += u64::from((low..=high).contains(&queue.limit));
            width += (high - low) / 2.0 / queue.limit;
            bias += value / queue.limit - 1.0;
        }
        let given = (seeds - none).max(1) as f64;
        println!(
            "| M/M/{} | {}/s | {:.1} % | {none} | {:.2} % | {:+.2} % | {:.0} | {:.2} |",
            queue.workers,
            queue.limit,
            100.0 * held as f64 / given,
            100.0 * width / given,
            100.0 * bias / given,
            f64::from(trials) / seeds as f64,
            since.elapsed().as_secs_f64() / seeds as f64
        );
    }
}
