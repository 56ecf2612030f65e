//! The house rules that a compiler doesn't know: names, sizes, marks that must not stay, and who may use whom.

use std::fs;
use std::path::{Path, PathBuf};

const CRATES: [&str; 4] = ["sim-core", "scenarios", "reports", "cli"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All Rust files below a folder, with their text, in the order of their paths.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for path in entries.map(|e| e.expect("an entry that can be read").path()) {
            if path.is_dir() && path.file_name().is_none_or(|name| name != "target") {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).expect("sources are text");
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

fn all() -> Vec<(PathBuf, String)> {
    CRATES.iter().flat_map(|c| sources(&root().join(c))).collect()
}

/// Fails with every problem at once.
fn none(problems: Vec<String>) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

/// The lines of a file in which one of these words stands, as problems.
fn lines_with(files: &[(PathBuf, String)], words: &[String]) -> Vec<String> {
    let mut problems = Vec::new();
    for (path, text) in files {
        for (i, line) in text.lines().enumerate() {
            problems.extend(
                words
                    .iter()
                    .filter(|w| line.contains(*w))
                    .map(|w| format!("{}:{}: {w}", path.display(), i + 1)),
            );
        }
    }
    problems
}

#[test]
fn there_is_something_to_check() {
    for name in CRATES {
        assert!(!sources(&root().join(name).join("src")).is_empty(), "{name}");
    }
}

#[test]
fn no_file_is_longer_than_500_lines() {
    let long = |(path, text): (PathBuf, String)| {
        let lines = text.lines().count();
        (lines > 500).then(|| format!("{}: {lines} lines", path.display()))
    };
    none(all().into_iter().filter_map(long).collect());
}

#[test]
fn no_file_has_a_name_that_says_nothing() {
    let vague = [
        "util", "utils", "common", "types", "helper", "helpers", "imp", "misc",
    ];
    let says_nothing = |path: &PathBuf| path.file_stem().is_some_and(|s| vague.iter().any(|v| s == *v));
    none(
        all()
            .into_iter()
            .filter(|f| says_nothing(&f.0))
            .map(|f| f.0.display().to_string())
            .collect(),
    );
}

#[test]
fn every_file_says_first_what_it_is() {
    let silent = |(path, text): &(PathBuf, String)| {
        let line = text
            .lines()
            .next()
            .and_then(|l| l.strip_prefix("//! "))
            .unwrap_or_default();
        (line.len() < 15).then(|| path.display().to_string())
    };
    let sources: Vec<_> = CRATES
        .iter()
        .flat_map(|c| sources(&root().join(c).join("src")))
        .collect();
    none(
        sources
            .iter()
            .filter(|f| !f.0.ends_with("tests.rs"))
            .filter_map(silent)
            .collect(),
    );
}

#[test]
fn every_member_of_a_policy_family_says_how_it_differs() {
    for family in [
        "policy/balancing",
        "policy/eviction",
        "policy/sharding",
        "random/law",
        "theory",
    ] {
        let members = sources(&root().join("sim-core/src").join(family));
        assert!(members.len() > 1, "{family}");
        let mut first: Vec<&str> = members.iter().filter_map(|f| f.1.lines().next()).collect();
        let count = first.len();
        first.sort_unstable();
        first.dedup();
        assert_eq!(
            first.len(),
            count,
            "two files of {family} begin with the same sentence"
        );
    }
}

#[test]
fn nothing_is_left_undone_or_silenced() {
    // Put together, so that this file does not find itself.
    let marks = [
        ["#[all", "ow("],
        ["#![all", "ow("],
        ["#[ign", "ore"],
        ["should_p", "anic"],
        ["TO", "DO"],
        ["FIX", "ME"],
    ];
    let calls = [["todo", "!("], ["unimplemented", "!("], ["dbg", "!("]];
    let words: Vec<String> = marks.iter().chain(&calls).map(|w| w.concat()).collect();
    none(lines_with(&all(), &words));
}

#[test]
fn sim_core_knows_no_file_no_thread_no_clock_no_environment_and_prints_nothing() {
    let words = [
        "std::fs",
        "std::io",
        "std::net",
        "std::thread",
        "std::env",
        "std::process",
        "Instant",
        "SystemTime",
        "println!",
        "print!(",
        "eprint",
        "rayon",
        "static mut",
        "thread_local",
    ];
    none(lines_with(
        &sources(&root().join("sim-core/src")),
        &words.map(str::to_owned),
    ));
}

#[test]
fn reports_touch_no_file_and_only_the_cli_reads_arguments_and_the_clock() {
    let words = [
        "std::fs",
        "std::env::",
        "std::process",
        "Instant::now",
        "SystemTime",
        "println!",
        "eprint",
    ];
    let words = words.map(str::to_owned);
    none(lines_with(&sources(&root().join("reports/src")), &words));
    let scenarios = sources(&root().join("scenarios/src"));
    // Tests may look at the folder that they stand in.
    let outside_tests: Vec<_> = scenarios
        .into_iter()
        .filter(|f| !f.0.ends_with("tests.rs"))
        .map(|(path, text)| {
            (
                path,
                text.split("#[cfg(test)]\nmod tests {")
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
            )
        })
        .collect();
    none(lines_with(&outside_tests, &words));
}

#[test]
fn all_concurrency_is_in_the_experiment() {
    let words = ["rayon::", "std::thread", "mpsc", "spawn("].map(str::to_owned);
    let elsewhere = |f: &(PathBuf, String)| !f.0.to_string_lossy().contains("/experiment");
    let files = [
        sources(&root().join("scenarios/src")),
        sources(&root().join("reports/src")),
    ]
    .concat();
    let files: Vec<_> = files.into_iter().filter(elsewhere).collect();
    none(lines_with(&files, &words));
}

#[test]
fn the_engine_knows_no_text() {
    let words = ["String", "format!", "to_owned()", "to_string()"].map(str::to_owned);
    for part in ["engine", "component", "policy", "station"] {
        none(lines_with(
            &sources(&root().join("sim-core/src").join(part)),
            &words,
        ));
    }
}

#[test]
fn no_component_refers_to_another() {
    let folder = root().join("sim-core/src/component");
    // A component may be a folder: its files are one.
    let stem = |path: &Path| {
        let below = path.strip_prefix(&folder).expect("below the folder");
        let first = below.components().next().expect("a file").as_os_str();
        first.to_string_lossy().trim_end_matches(".rs").to_owned()
    };
    // What all of them are made of.
    let shared = ["mod", "branches", "demand", "fetching", "kept", "program"];
    let files: Vec<_> = sources(&folder)
        .into_iter()
        .filter(|f| !shared.contains(&stem(&f.0).as_str()))
        .collect();
    assert!(files.len() >= 5);
    for file in &files {
        let others = files.iter().filter(|o| stem(&o.0) != stem(&file.0));
        let words: Vec<String> = others
            .flat_map(|o| ["super", "component"].map(|m| format!("{m}::{}", stem(&o.0))))
            .collect();
        none(lines_with(std::slice::from_ref(file), &words));
    }
}

#[test]
fn each_crate_uses_only_those_before_it() {
    for (i, name) in CRATES.iter().enumerate() {
        let text = fs::read_to_string(root().join(name).join("Cargo.toml")).expect("every crate has one");
        for later in &CRATES[i..] {
            let uses = text.lines().any(|line| {
                let key = line.split(['=', '.', ' ']).next().unwrap_or_default();
                key == *later || (*later == "cli" && key == "plimsoll")
            });
            assert!(!uses, "{name} must not use {later}");
        }
    }
}
