//! A small system's requests, as rows and as bars.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use scenarios::document::{Document, Point};
use scenarios::experiment::{Options, Planned};
use scenarios::recording::{Recording, record};
use serde_json::Value;
use sim_core::measure::visits::Sample;

use super::{COLUMNS, Trace, chrome, csv};

const SHOP: &str = r#"
name = "shop"
[run]
duration = "2s"
trials = 1
seed = 5
[clients.shoppers]
calls = "edge"
rate = "300/s"
mix = { browse = 9, buy = 1 }
timeout = "30ms"
retry = { attempts = 2, backoff = "constant(1ms)" }
key = "products"
[keys.products]
count = 50
[balancer.edge]
forward = "app"
[service.app]
instances = 2
workers = 2
on.default = [{ work = "exp(8ms)" }, { get = "copies" }]
[cache.copies]
capacity = "20 items"
origin = "store"
[database.store]
read-time = "exp(2ms)"
write-time = "1ms"
"#;

struct NoFiles;

impl scenarios::traces::Files for NoFiles {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        Err(format!("there is no {path}"))
    }
}

fn shop() -> Planned {
    let (document, problems) = Document::parse("shop.toml", SHOP.as_bytes(), &NoFiles);
    let (scenario, more) = document.expect("TOML").scenario(&Point::default());
    assert!(problems.is_empty(), "{problems:?}");
    Planned {
        variant: None,
        set: Vec::new(),
        at: Vec::new(),
        scenario: scenario.unwrap_or_else(|| panic!("{more:?}")),
    }
}

fn recording(planned: &Planned, share: f64, most: usize) -> Recording {
    let stop = AtomicBool::new(false);
    record(planned, Options::default(), 0, Sample { share, most }, &stop).expect("it is not stopped")
}

/// The rows and the picture.
fn written(planned: &Planned, recording: &Recording) -> (String, Value) {
    let trace = Trace {
        scenario: &planned.scenario.name,
        names: &planned.scenario.names,
        recording,
    };
    let (mut rows, mut picture) = (Vec::new(), Vec::new());
    csv(&trace, &mut rows).expect("memory");
    chrome(&trace, &mut picture).expect("memory");
    (
        String::from_utf8(rows).expect("text"),
        serde_json::from_slice(&picture).expect("JSON"),
    )
}

#[test]
fn rows_of_the_first_requests() {
    let planned = shop();
    let few = recording(&planned, 1.0, 12);
    assert!(few.visits.left_out > 1000);
    let (rows, _) = written(&planned, &few);
    insta::assert_snapshot!(rows);
}

#[test]
fn every_row_has_a_field_for_every_column() {
    let planned = shop();
    let (rows, _) = written(&planned, &recording(&planned, 1.0, usize::MAX));
    let mut lines = rows.lines();
    assert_eq!(
        lines.next(),
        Some("client,request,op,key,attempt,component,instance,arrived_s,started_s,ended_s,outcome")
    );
    assert!(lines.all(|l| l.split(',').count() == COLUMNS.split(',').count()));
    for word in ["timeout", "rejected", ",buy,", "shoppers,0,", ",2,app,1,"] {
        let is_there = rows.contains(word);
        assert_eq!(is_there, word != "rejected", "{word}");
    }
}

#[test]
fn a_sample_has_the_same_rows_of_fewer_requests() {
    let planned = shop();
    let (all, _) = written(&planned, &recording(&planned, 1.0, usize::MAX));
    let (some, _) = written(&planned, &recording(&planned, 0.1, usize::MAX));
    let of = |row: &str| row.split(',').nth(1).map(str::to_owned);
    let chosen: Vec<_> = some.lines().skip(1).map(of).collect();
    assert!(chosen.len() > 100);
    let expected: Vec<&str> = all.lines().skip(1).filter(|l| chosen.contains(&of(l))).collect();
    assert_eq!(some.lines().skip(1).collect::<Vec<_>>(), expected);
}

/// In thousandths of a microsecond.
fn time(event: &Value, name: &str) -> i64 {
    let micros = event[name]
        .as_f64()
        .unwrap_or_else(|| panic!("{name} of {event}"));
    (micros * 1000.0).round() as i64
}

#[test]
fn the_picture_is_one_that_a_trace_viewer_can_draw() {
    let planned = shop();
    let (rows, picture) = written(&planned, &recording(&planned, 1.0, usize::MAX));
    assert_eq!(picture["displayTimeUnit"], "ms");
    assert_eq!(picture["otherData"]["scenario"], "shop");
    let events = picture["traceEvents"].as_array().expect("a list");
    let of = |phase: &str| -> Vec<&Value> { events.iter().filter(|e| e["ph"] == phase).collect() };
    let track = |e: &Value| (e["pid"].as_u64(), e["tid"].as_u64());
    assert_eq!(
        events.len(),
        ["M", "X", "s", "f"].map(|p| of(p).len()).iter().sum::<usize>()
    );

    // Processes are clients and components, threads their instances.
    let names = |what: &str| -> Vec<&Value> {
        let named = of("M").into_iter().filter(|e| e["name"] == what);
        named.map(|e| &e["args"]["name"]).collect()
    };
    assert_eq!(
        names("process_name"),
        ["shoppers", "edge", "app", "copies", "store"]
    );
    for name in ["shoppers 0", "app 0", "app 0 (2)", "app 1", "store 0"] {
        assert!(names("thread_name").iter().any(|n| *n == name), "{name}");
    }
    let named: Vec<_> = of("M")
        .iter()
        .filter(|e| e["name"] == "thread_name")
        .map(|e| track(e))
        .collect();

    // Bars of one thread nest: the wait in its visit, and nothing else overlaps.
    let mut threads: BTreeMap<_, Vec<(i64, i64)>> = BTreeMap::new();
    for bar in of("X") {
        assert!(bar["name"].is_string() && bar["cat"].is_string() && named.contains(&track(bar)));
        let (from, length) = (time(bar, "ts"), time(bar, "dur"));
        assert!(from >= 0 && length >= 0);
        let bars = threads.entry(track(bar)).or_default();
        if bar["cat"] == "waiting" {
            let visit = bars.last().expect("a wait is in a visit");
            assert!(from == visit.0 && from + length <= visit.1);
        } else {
            assert!(bars.last().is_none_or(|last| last.1 <= from), "bars overlap");
            bars.push((from, from + length));
        }
    }
    let visits: usize = threads.values().map(Vec::len).sum();
    assert_eq!(visits, rows.lines().count() - 1);

    // Arrows lead from a bar to the beginning of another one.
    let (tails, heads) = (of("s"), of("f"));
    assert!(tails.len() > visits / 2);
    for (tail, head) in tails.into_iter().zip(heads) {
        assert_eq!(
            (&tail["id"], &tail["ts"], "e"),
            (&head["id"], &head["ts"], head["bp"].as_str().unwrap_or(""))
        );
        let at = time(tail, "ts");
        assert!(threads[&track(tail)].iter().any(|b| b.0 <= at && at < b.1));
        assert!(threads[&track(head)].iter().any(|b| b.0 == at));
    }
}
