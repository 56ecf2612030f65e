//! How often does a comparison see what isn't there, and how soon does it find what is?
//!
//! Scenarios are compared with themselves under another seed: no figure differs but by chance, so Holm's procedure promises a
//! "better" or "worse" anywhere in the table in at most 5 of 100 comparisons. Then a variant whose work is 5 % faster is
//! compared, under common random numbers and under seeds of its own (Law 2015, 11.2).
//!
//! `cargo run --release -p scenarios --example compare_coverage -- 400`

use std::sync::atomic::AtomicBool;

use scenarios::comparison::{Comparison, Figure, compare};
use scenarios::document::{Document, Point};
use scenarios::experiment::{Options, Planned, run};
use scenarios::traces::NoFiles;
use sim_core::stats::paired::Verdict;

/// One station with one worker, at 70 % of its capacity: an M/M/1 queue.
pub const QUEUE: &str = r#"
name = "one queue"
[run]
duration = "30s"
warm-up = "2s"
trials = 5
[clients.users]
calls = "api"
rate = "140/s"
[service.api]
workers = 1
service-time = "exp(5ms)"
"#;

/// A shop: two kinds of clients, a balancer, a cache before a database, few places to wait, and instances that fail.
pub const SHOP: &str = r#"
name = "shop"
[run]
duration = "20s"
warm-up = "2s"
trials = 5
[clients.users]
calls = "edge"
rate = "200/s"
timeout = "150ms"
[clients.robots]
calls = "edge"
rate = "60/s"
[balancer.edge]
forward = "api"
policy = "random"
health-check = { interval = "5s", fails = 2, passes = 2 }
[service.api]
instances = 2
instance = "c7g.large"
workers = 4
queue = 3
service-time = "lognormal(p50=12ms, p99=90ms)"
failures = { mtbf = "30d", mttr = "10m" }
"#;

/// What a comparison of two variants is made of: changes, each `path=value`, and the seed.
type Side<'a> = (&'a [String], u64);

/// A scenario under two sets of changes and two seeds, compared.
pub fn compared(text: &str, sides: [Side<'_>; 2], tolerance: f64) -> Comparison {
    let (document, _) = Document::parse("coverage.toml", text.as_bytes(), &NoFiles);
    let document = document.expect("a scenario without mistakes");
    let planned = sides.map(|(set, seed)| {
        let choice = scenarios::document::Choice {
            set,
            ..Default::default()
        };
        let points = document.points(&choice).0.expect("changes without mistakes");
        let point: &Point = points.list.first().expect("the scenario as it is");
        let (scenario, problems) = document.scenario(point);
        let mut scenario = scenario.unwrap_or_else(|| panic!("{problems:?}"));
        scenario.seed = seed;
        Planned {
            variant: Some(format!("seed {seed}")),
            set: Vec::new(),
            at: Vec::new(),
            scenario,
        }
    });
    let found = run(&planned, &[], Options::default(), &(), &AtomicBool::new(false)).expect("threads");
    compare(&found.results, &Figure::USUAL, tolerance).expect("two points")
}

/// The figures that are said to be better or worse.
pub fn told(comparison: &Comparison) -> Vec<Figure> {
    let measures = comparison.pairs.iter().flat_map(|p| &p.measures);
    measures
        .filter(|m| matches!(m.verdict, Verdict::Better | Verdict::Worse))
        .map(|m| m.figure)
        .collect()
}

/// Of so many comparisons of a scenario with itself under another seed, those that say better or worse of any figure.
pub fn false_alarms(text: &str, set: &[String], pairs: u64, tolerance: f64) -> Vec<Vec<Figure>> {
    (0..pairs)
        .map(|pair| {
            told(&compared(
                text,
                [(set, 2 * pair + 1), (set, 2 * pair + 2)],
                tolerance,
            ))
        })
        .filter(|figures| !figures.is_empty())
        .collect()
}

/// Of so many comparisons with a variant, those that find its mean latency better, and the geometric mean of the factor by which pairing
/// divided the variance of that difference.
pub fn found(text: &str, faster: &[String], comparisons: u64, is_paired: bool) -> (u64, f64) {
    let (mut found, mut logarithms) = (0, 0.0);
    for number in 1..=comparisons {
        let seed = if is_paired { number } else { number + comparisons };
        let comparison = compared(text, [(&[], number), (faster, seed)], 0.0);
        let measures = &comparison.pairs[0].measures;
        let mean = measures.iter().find(|m| m.figure == Figure::Mean);
        let mean = mean.expect("there are clients");
        found += u64::from(mean.verdict == Verdict::Better);
        let left = 1.0 - mean.paired.and_then(|p| p.variance_saved).unwrap_or_default();
        logarithms += -left.ln();
    }
    (found, (logarithms / comparisons as f64).exp())
}

#[cfg_attr(test, expect(dead_code, reason = "the test asks for fewer comparisons"))]
fn main() {
    let pairs: u64 = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(100);
    println!("{pairs} comparisons with itself under another seed, all figures together:");
    for (name, text) in [("M/M/1 at 70 %", QUEUE), ("shop", SHOP)] {
        for trials in [2, 5, 10] {
            let set = [format!("run.trials={trials}")];
            for tolerance in [0.0, 0.01] {
                let alarms = false_alarms(text, &set, pairs, tolerance);
                let rate = 100.0 * alarms.len() as f64 / pairs as f64;
                println!(
                    "  {name}, {trials} trials, tolerance {tolerance}: {rate:.1} of 100 say better or worse; {:?}",
                    count(&alarms)
                );
            }
        }
    }
    println!("a variant whose service is 5 % faster:");
    let faster = ["service.api.service-time=exp(4.75ms)".to_owned()];
    for (is_paired, how) in [(true, "the same seed"), (false, "seeds of their own")] {
        for trials in [3, 5, 10] {
            let text = QUEUE.replace("trials = 5", &format!("trials = {trials}"));
            let (found, factor) = found(&text, &faster, pairs.min(50), is_paired);
            println!(
                "  {how}, {trials} trials: found in {found} of {}, variance divided by {factor:.1}",
                pairs.min(50)
            );
        }
    }
}

/// How often each figure was named.
fn count(alarms: &[Vec<Figure>]) -> Vec<(&'static str, usize)> {
    let mut counts: Vec<(&'static str, usize)> = Vec::new();
    for name in alarms.iter().flatten().map(|f| f.name()) {
        match counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    counts
}
