//! Disks as stations of their own: what their users wait is what theory says of the times in the table of latency numbers.

use std::sync::atomic::AtomicBool;

use scenarios::catalog::latency::lookup;
use scenarios::document::{Choice, Document};
use scenarios::experiment::{Options, Planned, run};
use scenarios::results::Point;
use scenarios::traces::NoFiles;
use sim_core::theory::mg1::Mg1;
use sim_core::theory::mmc::Mmc;

/// A server that does nothing but ask its disk.
fn server(rate: &str, disk: &str, step: &str) -> Point {
    let text = format!(
        "name = \"disk\"\n[run]\nduration = \"30m\"\nwarm-up = \"1m\"\ntrials = 20\nseed = 5\nyear = 2026\n\
         [clients.readers]\ncalls = \"files\"\nrate = \"{rate}\"\n\
         [service.files]\nconcurrency = \"event-loop\"\ndisk = {disk}\non.default = [{step}]\n"
    );
    let (document, problems) = Document::parse("disk.toml", text.as_bytes(), &NoFiles);
    assert!(problems.is_empty(), "{problems:?}");
    let document = document.expect("a document");
    let point = document
        .points(&Choice::default())
        .0
        .expect("a point")
        .list
        .remove(0);
    let (scenario, problems) = document.scenario(&point);
    assert!(problems.is_empty(), "{problems:?}");
    let planned = [Planned {
        variant: None,
        set: vec![],
        at: vec![],
        scenario: scenario.expect("a scenario"),
    }];
    let found = run(&planned, &[], Options::default(), &(), &AtomicBool::new(false));
    found.expect("threads").results.points.remove(0)
}

/// What theory says, in seconds, lies in the 95 % interval, which is no wider than 3 % of it.
fn expect_mean(point: &Point, expected: f64) {
    let mean = &point.clients[0].1.latency_s.mean;
    let (value, low, high) = (
        mean.value.expect("a mean"),
        mean.low.expect("an interval"),
        mean.high.expect("an interval"),
    );
    assert!(
        (low..=high).contains(&expected),
        "{value} ({low} .. {high}) against {expected}"
    );
    assert!(high - low < 0.03 * expected, "too vague: {low} .. {high}");
}

fn seconds(entry: &str) -> f64 {
    lookup(entry).expect("an entry").at(2026).nanos / 1e9
}

#[test]
fn random_reads_wait_for_the_head() {
    let read = seconds("disk-seek") + 65_536.0 * seconds("disk-sequential-read");
    let theory = Mg1::new(60.0, read, 0.0).expect("below capacity");
    let point = server("60/s", "\"hdd\"", "{ disk = \"random-read\", size = \"64KiB\" }");
    expect_mean(&point, theory.mean_sojourn());
}

#[test]
fn sequential_reads_have_all_of_the_throughput() {
    let read = 1_048_576.0 * seconds("disk-sequential-read");
    let theory = Mg1::new(175.0, read, 0.0).expect("below capacity");
    let point = server(
        "175/s",
        "\"hdd\"",
        "{ disk = \"sequential-read\", size = \"1MiB\" }",
    );
    expect_mean(&point, theory.mean_sojourn());
}

#[test]
fn durable_writes_are_as_slow_as_the_table_says() {
    let write = seconds("ssd-fsync") + 8192.0 * seconds("ssd-sequential-write");
    let theory = Mg1::new(2000.0, write, 0.0).expect("below capacity");
    let point = server(
        "2000/s",
        "\"ssd\"",
        "{ disk = \"durable-write\", size = \"8KiB\" }",
    );
    expect_mean(&point, theory.mean_sojourn());
}

#[test]
fn a_disk_that_does_several_operations_at_once_is_a_station_with_as_many_workers() {
    let theory = Mmc::new(600.0, 250.0, 4).expect("below capacity");
    let point = server(
        "600/s",
        "{ kind = \"ssd\", at-once = 4 }",
        "{ disk = \"exp(4ms)\" }",
    );
    expect_mean(&point, theory.mean_sojourn());
    let (name, disk) = &point.components[1];
    assert_eq!((name.as_str(), disk.kind), ("files.disk", "disk"));
}
