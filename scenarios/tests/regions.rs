//! The example of two regions, as it stands: what users see while one of them is dark, against what arithmetic says.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use scenarios::diagnostic::Diagnostic;
use scenarios::document::{Choice, Document};
use scenarios::experiment::{Options, Planned, run};
use scenarios::results::{ClientFigures, Results, State, Verdict};
use scenarios::traces::NoFiles;

fn plain(problems: &[Diagnostic]) -> String {
    problems.iter().map(Diagnostic::plain).collect()
}

fn results(trials: u32, set: &[String]) -> Results {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/two-regions.toml");
    let bytes = std::fs::read(path).expect("the example");
    let (document, problems) = Document::parse("two-regions.toml", &bytes, &NoFiles);
    assert!(problems.is_empty(), "{}", plain(&problems));
    let document = document.expect("a document");
    let choice = Choice {
        set,
        ..Choice::default()
    };
    let point = document.points(&choice).0.expect("a point").list.remove(0);
    let (scenario, problems) = document.scenario(&point);
    assert!(problems.is_empty(), "{}", plain(&problems));
    let planned = [Planned {
        variant: None,
        set: vec![],
        at: vec![],
        scenario: scenario.expect("a scenario"),
    }];
    let options = Options {
        trials: Some(trials),
        ..Options::default()
    };
    run(&planned, &[], options, &(), &AtomicBool::new(false))
        .expect("threads")
        .results
}

fn of<'r>(results: &'r Results, name: &str) -> &'r ClientFigures {
    let found = results.points[0].clients.iter().find(|c| c.0 == name);
    &found.expect("these clients").1
}

#[test]
fn while_one_region_is_dark_its_users_lose_what_the_edge_does_not_have() {
    let trials = 5;
    let results = results(trials, &[]);
    let point = &results.points[0];
    assert_eq!(point.state, State::Steady);
    let (americans, europeans) = (of(&results, "americans"), of(&results, "europeans"));
    // All of the 28 minutes after the warm-up count, the outage too.
    let offered = 1500.0 * 28.0 * 60.0 * f64::from(trials);
    assert!(
        (americans.offered as f64 / offered - 1.0).abs() < 0.002,
        "{}",
        americans.offered
    );
    // At the edge 95 % of the 70 % static ones have their answer. The other 33.5 % go to the dark region for 20 to 30 s of checks
    // that fail, 4 s that the last of them waits, and then the rest of a TTL of 60 s, or 30 s on average.
    let lost = americans.timeout as f64 / f64::from(trials) / (1500.0 * (0.3 + 0.7 * 0.05));
    // Of a trial: checks 2.9 s, the mean of 100 resolvers' rests 1.7 s; 3.4 s of both, over the root of the trials.
    assert!(
        (lost - 59.0).abs() < 3.5 * 3.4 / f64::from(trials).sqrt(),
        "{lost} s"
    );
    assert_eq!(americans.rejected + americans.error + americans.unreachable, 0);
    let availability = americans.availability;
    let (low, high) = (availability.low.expect("low"), availability.high.expect("high"));
    assert!(
        low < 0.9883 && 0.9883 < high && high - low < 0.004,
        "{low} to {high}"
    );
    // Europeans lose what was at the shield, or at the first region, when the lights went out: some dozens of requests.
    let lost = europeans.timeout as f64 / f64::from(trials);
    assert!(
        lost < 30.0 && europeans.availability.value.expect("a value") > 0.9999,
        "{lost}"
    );
    // Who is led across the ocean pays for it in the tail, and nobody in the median, which the edge answers.
    let p = |e: sim_core::stats::Estimate| e.value.expect("a percentile") * 1e3;
    assert!(p(americans.latency_s.p50) < 2.0 && p(europeans.latency_s.p50) < 2.0);
    assert!(
        (60.0..150.0).contains(&p(americans.latency_s.p95)),
        "{}",
        p(americans.latency_s.p95)
    );
    assert!(
        point.warnings.iter().any(|w| w.contains("the run has faults")),
        "{:?}",
        point.warnings
    );
    assert_eq!(point.slo, Some(Verdict::No), "99.95 % are not kept");
    let hit_ratio = point
        .components
        .iter()
        .find(|c| c.0 == "cdn")
        .and_then(|c| c.1.hit_ratio);
    assert!((hit_ratio.and_then(|h| h.value).expect("a ratio") - 0.95).abs() < 0.001);
}

#[test]
fn a_shorter_ttl_loses_less() {
    let short = ["run.duration=16m", "balancer.www.ttl=10s"].map(str::to_owned);
    let lost = |r: &Results| of(r, "americans").timeout as f64 / (1500.0 * 0.335);
    let with = lost(&results(1, &short));
    assert!(
        (29.0..45.0).contains(&with),
        "{with} s of 24 to 34 s of detection and 5 s of answers that are kept"
    );
}
