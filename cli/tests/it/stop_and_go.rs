//! A sweep that is killed or stopped goes on where it was, and ends in the same bytes as one that never was.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::{Ran, SHOP, folder, plimsoll, ran, run};

const POINTS: usize = 12;

/// The shop with so many points that there is time to stop it between them.
fn long() -> tempfile::TempDir {
    let text = SHOP
        .replace(
            "[\"50/s\", \"100/s\", \"200/s\"]",
            "\"50/s .. 600/s in 12 steps\"",
        )
        .replace("duration = \"20s\"", "duration = \"1500s\"");
    folder(&[("shop.toml", text.as_bytes())])
}

/// The points that a sweep has left.
fn points(out: &Path) -> Vec<String> {
    let entries = fs::read_dir(out.join("points")).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .filter(|n| n.ends_with(".point"))
        .collect();
    names.sort();
    names
}

/// Every file beside the points with its content.
fn results(out: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(out).expect("it is there").flatten();
    let mut files: Vec<_> = entries
        .filter(|e| e.path().is_file())
        .map(|e| {
            let content = fs::read(e.path()).expect("it can be read");
            (e.file_name().to_string_lossy().into_owned(), content)
        })
        .collect();
    files.sort();
    files
}

/// Starts a sweep and waits until it has left so many points.
fn started(folder: &Path, out: &str, least: usize) -> Child {
    let mut command = plimsoll(folder, &["sweep", "shop.toml", "--out", out]);
    let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = piped.spawn().expect("the binary starts");
    let since = Instant::now();
    while points(&folder.join(out)).len() < least && since.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

fn sweep(folder: &Path, arguments: &[&str]) -> Ran {
    run(folder, &[&["sweep", "shop.toml"], arguments].concat())
}

#[test]
fn a_sweep_that_is_killed_goes_on_to_the_same_bytes() {
    let folder = long();
    let whole = sweep(folder.path(), &["--out", "whole"]);
    assert_eq!(whole.code, 0, "{}", whole.err);
    let out = folder.path().join("killed");
    let mut last = Vec::new();
    for least in [2, 5] {
        let mut child = started(folder.path(), "killed", least);
        child.kill().expect("it is still running");
        let status = child.wait().expect("it ends");
        assert_eq!(status.code(), None, "killed, not ended");
        let now = points(&out);
        assert!(now.len() >= least && now.len() < POINTS, "{now:?}");
        assert!(last.iter().all(|p| now.contains(p)), "no point is lost again");
        assert!(!out.join("results.json").exists());
        last = now;
    }
    let ended = sweep(folder.path(), &["--out", "killed"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let found = format!("{} of {POINTS} points are there", last.len());
    assert!(ended.err.contains(&found), "{}", ended.err);
    assert_eq!(results(&out), results(&folder.path().join("whole")));
    assert_eq!(
        whole.out.replace("whole/", "killed/"),
        ended.out,
        "the tables as well"
    );
    assert_eq!(points(&out), points(&folder.path().join("whole")));
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_the_results_of_what_is_done() {
    let folder = long();
    let whole = sweep(folder.path(), &["--out", "whole"]);
    assert_eq!(whole.code, 0, "{}", whole.err);
    let child = started(folder.path(), "stopped", 3);
    let interrupt = format!("kill -INT {}", child.id());
    let kill = std::process::Command::new("sh").args(["-c", &interrupt]).status();
    assert!(kill.is_ok_and(|k| k.success()));
    let stopped = ran(child.wait_with_output().expect("it ends"));
    assert_eq!(stopped.code, 130, "{}{}", stopped.out, stopped.err);
    assert!(
        stopped.err.contains("stopped: ")
            && stopped
                .err
                .contains("of 12 points are done, and only they are shown; missing: clients.users.rate = "),
        "{}",
        stopped.err
    );
    let out = folder.path().join("stopped");
    let document = fs::read(out.join("results.json")).expect("it was written");
    let document: serde_json::Value = serde_json::from_slice(&document).expect("it is JSON");
    let done = document["points"].as_array().map_or(0, Vec::len);
    assert!((3..POINTS).contains(&done), "{done}");
    let warnings = document["warnings"].to_string();
    assert!(warnings.contains("missing: clients.users.rate"), "{warnings}");
    let ended = sweep(folder.path(), &["--out", "stopped"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert_eq!(results(&out), results(&folder.path().join("whole")));
}

#[test]
fn trials_are_added_to_what_is_there() {
    let folder = super::shop();
    sweep(folder.path(), &["--out", "at-once", "--trials", "5"]);
    sweep(folder.path(), &["--out", "added", "--trials", "2"]);
    let names = points(&folder.path().join("added"));
    let added = sweep(folder.path(), &["--out", "added", "--trials", "5"]);
    assert!(added.err.contains("3 of 3 points are there"), "{}", added.err);
    let (added, at_once) = (folder.path().join("added"), folder.path().join("at-once"));
    assert_eq!(results(&added), results(&at_once));
    assert_eq!(points(&added), names, "no point has become another");
    for name in names {
        let of = |out: &Path| fs::read(out.join("points").join(&name)).expect("it is there");
        assert_eq!(of(&added), of(&at_once));
    }
}

#[test]
fn another_seed_or_another_scenario_is_noticed_and_never_mixed() {
    let folder = super::shop();
    let out = folder.path().join("out");
    let with = |arguments: &[&str]| sweep(folder.path(), &[&["--out", "out"], arguments].concat());
    assert_eq!(with(&[]).err, "");
    let first = results(&out);
    let other = with(&["--seed", "8"]);
    assert!(
        other
            .err
            .contains("out also has 3 points that are not part of this sweep (seed 7)"),
        "{}",
        other.err
    );
    assert_ne!(results(&out), first);
    let changed = with(&["--set", "service.api.workers=3"]);
    let told =
        "6 points that are not part of this sweep (other values, or the scenario before a change; seed 8)";
    assert!(changed.err.contains(told), "{}", changed.err);
    let again = with(&[]);
    assert!(again.err.contains("3 of 3 points are there"), "{}", again.err);
    assert_eq!(results(&out), first);
    assert_eq!(with(&["--quiet"]).err, "");
    // The same again from the start, although all of it is there.
    let fresh = with(&["--fresh"]);
    assert!(
        fresh.err.contains("with --fresh they are simulated again"),
        "{}",
        fresh.err
    );
    assert_eq!(results(&out), first);
}

#[test]
fn what_is_damaged_is_simulated_again() {
    let folder = super::shop();
    let out = folder.path().join("plimsoll-out/shop");
    sweep(folder.path(), &[]);
    let first = results(&out);
    for (name, content) in points(&out).iter().zip([&b""[..], b"something else", &[0; 5000]]) {
        fs::write(out.join("points").join(name), content).expect("it is ours");
    }
    let again = sweep(folder.path(), &[]);
    assert_eq!(again.code, 0, "{}", again.err);
    assert_eq!(results(&out), first);
}

#[test]
fn a_folder_that_takes_no_points_is_told_before_anything_is_simulated() {
    let folder = super::shop();
    fs::create_dir(folder.path().join("out")).expect("it is ours");
    fs::write(folder.path().join("out/points"), "mine").expect("it is ours");
    let ran = sweep(folder.path(), &["--out", "out"]);
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(
        ran.err.contains("out/points is there already and is no folder"),
        "{}",
        ran.err
    );
    assert_eq!(ran.out, "");
}

/// A limit on the size of files stands in for a full disk: the program is told of it in the same way.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_the_sweep_and_what_is_done_stays() {
    let folder = super::shop();
    sweep(folder.path(), &["--out", "whole"]);
    let first = sweep(
        folder.path(),
        &["--out", "full", "--vary", "clients.users.rate=50/s"],
    );
    assert_eq!(first.code, 0, "{}", first.err);
    let names = points(&folder.path().join("full"));
    assert_eq!(names.len(), 1);
    let program = env!("CARGO_BIN_EXE_plimsoll");
    let limited = format!("trap '' XFSZ; ulimit -f 4; exec '{program}' sweep shop.toml --out full");
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &limited]).current_dir(folder.path());
    let full = ran(shell.output().expect("it starts"));
    assert_eq!(full.code, 4, "{}{}", full.out, full.err);
    assert!(
        full.err.contains(".point can't be written") && full.err.contains("help: "),
        "{}",
        full.err
    );
    assert_eq!(points(&folder.path().join("full")), names);
    let left = fs::read_dir(folder.path().join("full/points")).expect("it is there");
    assert_eq!(left.count(), 1, "nothing half written is left");
    let ended = sweep(folder.path(), &["--out", "full"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let files = results(&folder.path().join("full"));
    assert_eq!(files, results(&folder.path().join("whole")));
}
