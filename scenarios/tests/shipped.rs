//! The scenarios that come with the program: read without a mistake, run and conserve at every variant, and still find what
//! they found.

#[path = "../examples/uploads.rs"]
mod uploads;

use std::fmt::Write;
use std::sync::atomic::AtomicBool;

use scenarios::catalog::shipped::{Shipped, list, lookup};
use scenarios::diagnostic::{Diagnostic, Severity};
use scenarios::document::{Choice, Document, Points};
use scenarios::experiment::{Options, Planned, run};
use scenarios::results::{ClientFigures, Point};

/// What makes a run short, written as on the command line. One with faults is run to its end: they are what it is about.
fn shortened(shipped: &Shipped) -> Vec<String> {
    let all = ["run.trials=2", "run.duration=10s", "run.warm-up=1s"];
    let count = if shipped.text.contains("[[fault]]") {
        1
    } else {
        all.len()
    };
    all[..count].iter().map(|s| (*s).to_owned()).collect()
}

fn plain(problems: &[Diagnostic]) -> String {
    problems
        .iter()
        .map(Diagnostic::plain)
        .collect::<Vec<_>>()
        .join("\n")
}

fn open(shipped: &Shipped) -> Document<'_> {
    let name = format!("{}.toml", shipped.name);
    let (document, problems) = Document::parse(&name, shipped.text.as_bytes(), shipped);
    assert!(problems.is_empty(), "{}", plain(&problems));
    document.expect("a document without problems")
}

fn points(document: &Document<'_>, sweep: bool, set: &[String]) -> Points {
    let (points, problems) = document.points(&Choice {
        sweep,
        set,
        ..Choice::default()
    });
    assert!(problems.is_empty(), "{}", plain(&problems));
    points.expect("points without problems")
}

/// All variants of a scenario, run for a short time.
fn short(shipped: &Shipped) -> Vec<Point> {
    let document = open(shipped);
    let list = points(&document, false, &shortened(shipped)).list;
    let planned = list.into_iter().map(|point| {
        let (scenario, problems) = document.scenario(&point);
        let scenario = scenario.unwrap_or_else(|| panic!("{}", plain(&problems)));
        Planned {
            variant: point.variant,
            set: point.set,
            at: point.at,
            scenario,
        }
    });
    let planned: Vec<Planned> = planned.collect();
    let found = run(&planned, &[], Options::default(), &(), &AtomicBool::new(false)).expect("threads");
    found.results.points
}

#[test]
fn they_are_read_without_a_mistake_at_every_point() {
    for shipped in list() {
        let document = open(shipped);
        // One of them is there to show what this warning is about.
        let meant =
            |d: &Diagnostic| d.severity == Severity::Warning && d.message.contains("can lock each other up");
        for point in points(&document, false, &[]).list {
            let (scenario, problems) = document.scenario(&point);
            assert!(
                scenario.is_some() && problems.iter().all(meant),
                "{}",
                plain(&problems)
            );
        }
        for point in points(&document, true, &[]).list {
            let (scenario, problems) = document.scenario(&point);
            assert!(scenario.is_some(), "{}", plain(&problems));
            // Far up in a sweep a system may be overloaded; that is what the sweep is for.
            let labels = ["overloaded", "calls that are refused fail at once"];
            let fine = |d: &Diagnostic| d.severity == Severity::Warning && labels.contains(&d.label.as_str());
            assert!(
                problems.iter().all(|d| fine(d) || meant(d)),
                "{}",
                plain(&problems)
            );
        }
    }
}

#[test]
fn they_run_and_conserve_and_find_what_they_found() {
    let mut text = String::new();
    for shipped in list() {
        writeln!(text, "{}: {}", shipped.name, shipped.title).expect("a string takes any text");
        for point in short(shipped) {
            for (name, client) in &point.clients {
                let ends = client.ok + client.timeout + client.rejected + client.error + client.unreachable;
                assert_eq!(client.offered, ends + client.in_flight, "{} {name}", shipped.name);
                assert!(client.ok > 0, "{} {name}", shipped.name);
                let variant = point.variant.as_deref().unwrap_or("as it is");
                writeln!(text, "  {variant}, {name}: {}", golden(client)).expect("a string takes any text");
            }
        }
    }
    insta::assert_snapshot!(text);
}

/// A few figures, rounded so that only a change of the model changes them.
fn golden(c: &ClientFigures) -> String {
    let ms = |e: sim_core::stats::Estimate| {
        e.value
            .map_or("none".to_owned(), |v| format!("{:.1} ms", v * 1e3))
    };
    let lost = c.availability.value.map_or("none".to_owned(), |v| {
        format!("{:.1} of a million", (1.0 - v) * 1e6)
    });
    let (mean, p99) = (ms(c.latency_s.mean), ms(c.latency_s.p99));
    format!("{} requests, mean {mean}, p99 {p99}, lost {lost}", c.offered)
}

#[test]
fn the_recorded_uploads_are_those_of_the_example() {
    let bytes = lookup("trace-replay")
        .and_then(|s| s.files.first())
        .expect("it has a trace")
        .1;
    let again = uploads::csv();
    assert!(
        bytes == again.as_bytes(),
        "cargo run -p scenarios --example uploads > scenarios/src/catalog/shipped/uploads.csv"
    );
}
