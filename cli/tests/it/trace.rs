//! `run --trace`: the way of single requests, beside results that stay as they are.

use std::fs;

use super::{folder, run, shop};

/// One queue, which is computed without events where nobody follows its requests.
const QUEUE: &str = r#"
[run]
duration = "20s"
trials = 2
[clients.users]
calls = "queue"
rate = "100/s"
[service.queue]
service-time = "exp(5ms)"
[variant.one]
[variant.two]
"service.queue.workers" = 2
"#;

#[test]
fn the_results_are_the_same_bytes_with_and_without_a_trace() {
    let folder = folder(&[
        ("shop.toml", super::SHOP.as_bytes()),
        ("queue.toml", QUEUE.as_bytes()),
    ]);
    for scenario in [&["shop.toml"][..], &["queue.toml", "--variant", "one"]] {
        let plain = [&["run", "--json", "--quiet"], scenario].concat();
        let without = run(folder.path(), &plain);
        assert_eq!(without.code, 0, "{}", without.err);
        for more in [
            &["--trace", "t.csv"][..],
            &["--trace", "t.json", "--trace-share", "1%"],
            &["--trace", "t.csv", "--trace-trial", "2", "--trace-limit", "10"],
        ] {
            let with = run(folder.path(), &[&plain, more].concat());
            assert_eq!((with.code, &with.out), (0, &without.out), "{}", with.err);
            assert!(with.err.contains(more[1]), "{}", with.err);
            assert_eq!(with.err.contains("leaves out"), more.contains(&"--trace-limit"));
        }
    }
}

#[test]
fn requests_of_two_variants_and_of_two_runs_match() {
    let folder = folder(&[("queue.toml", QUEUE.as_bytes())]);
    let trace = |variant: &str, more: &[&str]| {
        let plain = ["run", "queue.toml", "--variant", variant, "--trace", "t.csv"];
        let ran = run(folder.path(), &[&plain, more].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(ran.out.contains("  t.csv\n"), "{}", ran.out);
        fs::read_to_string(folder.path().join("t.csv")).expect("it was written")
    };
    let arrivals = |rows: &str| -> Vec<String> {
        let of_clients = rows.lines().filter(|l| l.contains(",users,0,"));
        of_clients.map(|l| l.split(',').take(8).collect()).collect()
    };
    let (one, two) = (trace("one", &[]), trace("two", &["--trace-share", "10%"]));
    assert_eq!(one, trace("one", &["--threads", "1"]));
    let (one, two) = (arrivals(&one), arrivals(&two));
    assert!(
        one.len() > 1500 && two.len() > 100 && two.len() < 300,
        "{} {}",
        one.len(),
        two.len()
    );
    assert!(
        two.iter().all(|r| one.contains(r)),
        "another system, the same requests"
    );
}

#[test]
fn what_a_trace_cannot_be() {
    let folder = shop();
    for (arguments, code, words) in [
        (&["--trace", "t.txt"][..], 2, ".csv or a .json"),
        (&["--trace", "none/t.csv"], 4, "--trace"),
        (&["--trace", "shop.csv", "--vary", "run.seed=1,2"], 2, "one point"),
        (&["--trace", "t.csv", "--trace-trial", "3"], 2, "1 to 2"),
        (&["--trace-share", "1%"], 2, "--trace"),
        (&["--trace", "t.csv", "--trace-share", "2"], 2, "share"),
    ] {
        let ran = run(folder.path(), &[&["run", "shop.toml"], arguments].concat());
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(words), "{arguments:?}: {}", ran.err);
    }
    assert!(!folder.path().join("t.csv").exists());
}
