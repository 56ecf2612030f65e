//! How the program ends when nothing is wrong with it: done, an objective missed, a system that ran away, a closed pipe.

use std::io::Read;
use std::process::Stdio;

use super::{SHOP, folder, plimsoll, run, shop};

#[test]
fn with_check_a_missed_objective_is_1_and_a_met_one_0() {
    let folder = shop();
    let check = |p99: &str, rate: &str| {
        let (p99, rate) = (
            format!("slo.latency.p99={p99}"),
            format!("clients.users.rate={rate}"),
        );
        run(
            folder.path(),
            &["run", "shop.toml", "--check", "--set", &p99, "--set", &rate],
        )
    };
    let met = check("10s", "100/s");
    assert_eq!(met.code, 0, "{}{}", met.out, met.err);
    let missed = check("1ms", "100/s");
    assert_eq!(missed.code, 1, "{}{}", missed.out, missed.err);
    assert!(missed.err.contains("missed at 1"), "{}", missed.err);
    // Ten requests can't decide a p99.
    let open = check("1s", "0.5/s");
    assert_eq!(open.code, 1, "{}{}", open.out, open.err);
    let text = SHOP.replace("[slo]\nlatency = { p99 = \"250ms\" }", "");
    let without = folder_of(&text);
    let none = run(without.path(), &["run", "shop.toml", "--check"]);
    assert_eq!(none.code, 2, "{}", none.err);
    assert!(none.err.contains("[slo]"), "{}", none.err);
}

fn folder_of(text: &str) -> tempfile::TempDir {
    folder(&[("shop.toml", text.as_bytes())])
}

#[test]
fn a_system_that_runs_away_is_3() {
    let folder = shop();
    let arguments = [
        "run",
        "shop.toml",
        "--trials",
        "1",
        "--set",
        "clients.users.rate=10000000/s",
    ];
    let ran = run(folder.path(), &arguments);
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    assert!(
        ran.err.contains("ran away") && ran.err.contains("help: "),
        "{}",
        ran.err
    );
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let folder = shop();
    for arguments in [&["numbers"][..], &["run", "shop.toml", "--json", "--trials", "1"]] {
        let mut command = plimsoll(folder.path(), arguments);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        drop(child.stdout.take());
        let mut err = String::new();
        child
            .stderr
            .take()
            .expect("it is piped")
            .read_to_string(&mut err)
            .expect("it is text");
        assert_eq!(child.wait().expect("it ends").code(), Some(0), "{err}");
        assert_eq!(err, "", "{arguments:?}");
    }
}

#[test]
fn json_is_one_document_and_nothing_else() {
    let folder = shop();
    for command in ["run", "sweep"] {
        let ran = run(folder.path(), &[command, "shop.toml", "--json"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let document: serde_json::Value = serde_json::from_str(&ran.out).expect("it is JSON");
        assert_eq!(document["schema"], "plimsoll.results/1");
        assert_eq!(document["seed"], 7);
        assert_eq!(
            document["points"].as_array().map(Vec::len),
            Some(if command == "run" { 1 } else { 3 })
        );
        assert_eq!(ran.err, "", "no progress where nobody watches");
    }
    assert!(
        !folder.path().join("plimsoll-out").exists(),
        "a script that reads JSON asked for no files"
    );
}

#[test]
fn a_table_has_no_colours_where_nobody_sees_them() {
    let folder = shop();
    let ran = run(folder.path(), &["run", "shop.toml"]);
    assert!(
        ran.out.contains("latency") && !ran.out.contains('\u{1b}'),
        "{}",
        ran.out
    );
    assert!(ran.out.lines().all(|l| l.chars().count() <= 100), "{}", ran.out);
}

#[test]
fn variants_are_compared() {
    let text = SHOP.replace(
        "[sweep]\n\"clients.users.rate\" = [\"50/s\", \"100/s\", \"200/s\"]",
        "[variant.small]\n\"service.api.instances\" = 1\n[variant.large]\n\"service.api.instances\" = 4\n\
         [variant.twin]\n\"service.api.instances\" = 1",
    );
    let folder = folder_of(&text);
    let arguments = [
        "compare",
        "shop.toml",
        "--json",
        "--trials",
        "5",
        "--set",
        "clients.users.rate=250/s",
    ];
    let ran = run(folder.path(), &arguments);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let document: serde_json::Value = serde_json::from_str(&ran.out).expect("it is JSON");
    assert_eq!(document["schema"], "plimsoll.comparison/1");
    assert_eq!(document["baseline"], "small");
    let verdict = |pair: usize, figure: &str| {
        let measures = document["pairs"][pair]["measures"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        measures
            .iter()
            .find(|m| m["figure"] == figure)
            .map(|m| m["verdict"].clone())
    };
    assert_eq!(verdict(0, "latency_mean_s"), Some("better".into()), "{}", ran.out);
    // The same requests and the same system: the same to the last bit, not only within chance.
    assert_eq!(verdict(1, "latency_mean_s"), Some("same".into()), "{}", ran.out);
    let table = run(folder.path(), &["compare", "shop.toml"]);
    assert!(
        table.out.contains("large against small") && table.out.contains("users mean"),
        "{}",
        table.out
    );
    let one = run(
        folder.path(),
        &["compare", "shop.toml", "shop.toml", "--variant", "small"],
    );
    assert_eq!(one.code, 0, "{}", one.err);
}

#[test]
fn every_shipped_scenario_is_listed_shown_checked_and_run() {
    let folder = folder(&[]);
    let list = run(folder.path(), &["list"]);
    assert_eq!(list.code, 0, "{}", list.err);
    let lines = list.out.lines().take_while(|l| !l.is_empty());
    let names: Vec<&str> = lines.filter_map(|l| l.split(' ').next()).collect();
    assert!(names.len() >= 5, "{names:?}");
    for name in names {
        let shown = run(folder.path(), &["show", name]);
        assert!(
            shown.code == 0 && shown.out.contains("[clients."),
            "{name}: {}",
            shown.err
        );
        let checked = run(folder.path(), &["check", name, "--assumptions"]);
        assert_eq!(checked.code, 0, "{name}: {}", checked.err);
        let short = ["--set", "run.duration=3m", "--set", "run.warm-up=auto"];
        let ran = run(
            folder.path(),
            &[&["run", name, "--trials", "2", "--json"], &short[..]].concat(),
        );
        assert_eq!(ran.code, 0, "{name}: {}", ran.err);
        assert!(
            ran.out.starts_with("{\n  \"schema\": \"plimsoll.results/1\""),
            "{name}: {}",
            ran.out
        );
    }
}
