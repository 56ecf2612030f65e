//! The example scenarios: what is simulated lowers to models, and what is not says so where it stands.

use std::path::PathBuf;

use scenarios::diagnostic::{Diagnostic, Severity};
use scenarios::document::{Choice, Document, Point, Variants};
use scenarios::scenario::Scenario;
use scenarios::traces::Files;
use sim_core::model::{Arrivals, Kind};

/// The files under tests/data.
struct Data;

fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

impl Files for Data {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        std::fs::read(data(path)).map_err(|e| e.to_string())
    }
}

fn plain(problems: &[Diagnostic]) -> String {
    problems
        .iter()
        .map(Diagnostic::plain)
        .collect::<Vec<_>>()
        .join("\n")
}

fn open(name: &str) -> Document<'static> {
    let bytes = Data.read(name).expect("the file is there");
    let (document, problems) = Document::parse(name, &bytes, &Data);
    assert!(problems.is_empty(), "{}", plain(&problems));
    document.expect("a document without problems")
}

/// Every point of a file, with its sweep, as a scenario; and the first point's warnings.
fn all(name: &str) -> Vec<(Point, Scenario)> {
    let document = open(name);
    let (points, problems) = document.points(&Choice {
        sweep: true,
        ..Choice::default()
    });
    let points = points.unwrap_or_else(|| panic!("{}", plain(&problems)));
    let lowered = points.list.into_iter().map(|point| {
        let (scenario, problems) = document.scenario(&point);
        let scenario = scenario.unwrap_or_else(|| panic!("{}", plain(&problems)));
        (point, scenario)
    });
    lowered.collect()
}

#[test]
fn what_is_simulated_lowers_at_every_point() {
    let sizes = [
        "mm1.toml",
        "closed-loop.toml",
        "three-tier.toml",
        "scale-up-or-out.toml",
        "token-replay.toml",
        "two-regions.toml",
    ]
    .map(|name| all(name).len());
    assert_eq!(sizes, [1, 8, 64, 42, 5, 1]);
}

#[test]
fn points_are_in_order_and_differ() {
    let points = all("scale-up-or-out.toml");
    let shown: Vec<_> = points
        .iter()
        .map(|(p, _)| (p.variant.as_deref(), p.set[0].1.as_str(), p.at[0]))
        .collect();
    assert_eq!(shown[0], (Some("small"), "500/s", Some(500.0)));
    assert_eq!(shown[1], (Some("small"), "1000/s", Some(1000.0)));
    assert_eq!(shown[14], (Some("scale-up"), "500/s", Some(500.0)));
    assert_eq!(shown[41], (Some("scale-out"), "7000/s", Some(7000.0)));
    let instances = |s: &Scenario| match &s.model.description().components[1].kind {
        Kind::Service(service) => (service.instances, service.station.cores),
        _ => (0, None),
    };
    assert_eq!(
        [0, 14, 41].map(|i| instances(&points[i].1)),
        [(1, Some(4)), (1, Some(32)), (8, Some(4))]
    );
}

#[test]
fn a_trace_comes_out_exactly() {
    let (_, scenario) = all("token-replay.toml").remove(0);
    let model = scenario.model.description();
    assert!(matches!(model.clients[0].arrivals, Arrivals::Trace(0)));
    assert_eq!(model.traces[0].times[..3], [0, 3_123_456_700, 6_246_913_400]);
    assert_eq!(model.traces[0].times.len(), 20);
    assert_eq!(model.traces[0].columns[1][..2], [5.0, 8.0]);
}

#[test]
fn assumptions_and_prices_of_the_web_shop() {
    let document = open("three-tier.toml");
    let (points, _) = document.points(&Choice {
        variants: Variants::Base,
        ..Choice::default()
    });
    let (scenario, problems) = document.scenario(&points.expect("one point").list[0]);
    let scenario = scenario.unwrap_or_else(|| panic!("{}", plain(&problems)));
    insta::assert_snapshot!(format!(
        "{:#?}\n{:#?}\n{:?}\n{:#?}",
        scenario.assumptions, scenario.warnings, scenario.usd_per_hour, scenario.slo
    ));
}

#[test]
fn what_is_not_simulated_says_so() {
    let mut shown = String::new();
    for name in ["black-friday.toml", "retry-storm.toml"] {
        let document = open(name);
        let (points, problems) = document.points(&Choice::default());
        let points = points.unwrap_or_else(|| panic!("{}", plain(&problems)));
        for point in &points.list {
            let (scenario, problems) = document.scenario(point);
            if scenario.is_some() && problems.is_empty() {
                continue;
            }
            assert!(scenario.is_none());
            assert!(problems.iter().any(|p| p.severity == Severity::Error));
            shown.push_str(&format!("--- {name} {:?}\n{}\n", point.variant, plain(&problems)));
        }
    }
    insta::assert_snapshot!(shown);
}
