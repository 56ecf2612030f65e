//! Files are written whole or not at all, and a place that can't be written says so.

use std::fs;

use super::{plimsoll, ran, run, shop};

#[test]
fn a_sweep_leaves_its_results() {
    let folder = shop();
    let ran = run(folder.path(), &["sweep", "shop.toml", "--trials", "2"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let results = folder.path().join("plimsoll-out/shop");
    for name in ["results.json", "results.csv", "p99.svg"] {
        assert!(
            ran.out.contains(&format!("plimsoll-out/shop/{name}")),
            "{}",
            ran.out
        );
        assert!(
            fs::metadata(results.join(name)).is_ok_and(|m| m.len() > 0),
            "{name}"
        );
    }
    // Nothing temporary is left, and doing it again replaces it by the same bytes.
    let before = fs::read(results.join("results.json")).expect("it was written");
    run(
        folder.path(),
        &["sweep", "shop.toml", "--trials", "2", "--threads", "1"],
    );
    assert_eq!(
        fs::read(results.join("results.json")).expect("it is still there"),
        before
    );
    let names = fs::read_dir(&results)
        .expect("it is there")
        .flatten()
        .map(|e| e.file_name());
    assert!(names.into_iter().all(|n| !n.to_string_lossy().starts_with('.')));
}

#[test]
fn a_run_leaves_its_timeline_the_same_on_any_number_of_threads() {
    let folder = shop();
    let of = |out: &str, threads: &str| -> Vec<Vec<u8>> {
        let ran = run(
            folder.path(),
            &["run", "shop.toml", "--out", out, "--threads", threads],
        );
        assert_eq!(ran.code, 0, "{}", ran.err);
        let names = ["timeline.csv", "timeline.svg", "timeline.png", "results.json"];
        names
            .map(|n| fs::read(folder.path().join(out).join(n)).expect(n))
            .into()
    };
    let one = of("one", "1");
    assert!(one == of("two", "2"));
    let table = String::from_utf8_lossy(&one[0]);
    let header = table.lines().next().unwrap_or_default();
    assert!(
        header.starts_with("variant,from_s,to_s,window,warm_up,users.offered_per_s,users.offered_per_s_low"),
        "{header}"
    );
    assert_eq!(table.lines().count(), 1 + 640);
    assert!(String::from_utf8_lossy(&one[3]).contains("\"timeline\""));
    // A sweep has no timelines, and many points of a run neither.
    run(
        folder.path(),
        &["sweep", "shop.toml", "--out", "swept", "--trials", "1"],
    );
    assert!(!folder.path().join("swept/timeline.csv").exists());
    let many = "clients.users.rate=10/s .. 26/s in 17 steps";
    let ran = run(
        folder.path(),
        &[
            "run",
            "shop.toml",
            "--vary",
            many,
            "--out",
            "many",
            "--set",
            "run.duration=2s",
        ],
    );
    assert!(ran.err.contains("no timelines: up to 16 points"), "{}", ran.err);
    assert!(!folder.path().join("many/timeline.csv").exists());
}

#[test]
fn several_points_have_a_timeline_each() {
    let folder = shop();
    let ran = run(
        folder.path(),
        &[
            "run",
            "shop.toml",
            "--vary",
            "service.api.instances=2,3",
            "--out",
            "out",
            "--trials",
            "1",
        ],
    );
    assert_eq!(ran.code, 0, "{}", ran.err);
    for name in ["timeline-1.svg", "timeline-2.png", "timeline.csv"] {
        assert!(folder.path().join("out").join(name).exists(), "{name}");
    }
}

#[test]
fn an_output_folder_that_cannot_be() {
    let folder = shop();
    for out in ["shop.toml", "shop.toml/deeper"] {
        let ran = run(
            folder.path(),
            &["run", "shop.toml", "--trials", "1", "--out", out],
        );
        assert_eq!(ran.code, 4, "{}", ran.err);
        assert!(ran.err.contains(out) && ran.err.contains("--out"), "{}", ran.err);
    }
    assert_eq!(
        fs::read_to_string(folder.path().join("shop.toml")).expect("it is as it was"),
        super::SHOP
    );
}

#[test]
fn a_file_in_the_way_stays_as_it_was() {
    let folder = shop();
    let out = folder.path().join("out");
    fs::create_dir_all(out.join("results.csv")).expect("it is ours");
    fs::write(out.join("results.json"), "mine").expect("it is ours");
    let ran = run(
        folder.path(),
        &["run", "shop.toml", "--trials", "1", "--out", "out"],
    );
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(ran.err.contains("results.csv"), "{}", ran.err);
    assert_eq!(
        fs::read_to_string(out.join("results.json")).expect("it is there"),
        "mine"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_the_standard_output() {
    let folder = shop();
    for arguments in [
        &["run", "shop.toml", "--json", "--trials", "1"][..],
        &["numbers"],
        &["check", "shop.toml"],
    ] {
        let full = fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .expect("linux has it");
        let ran = ran(plimsoll(folder.path(), arguments)
            .stdout(full)
            .output()
            .expect("it starts"));
        assert_eq!(ran.code, 4, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains("standard output"), "{}", ran.err);
    }
    let ran = run(
        folder.path(),
        &["run", "shop.toml", "--trials", "1", "--out", "/dev/full"],
    );
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(ran.err.contains("/dev/full"), "{}", ran.err);
}

#[test]
fn a_scenario_from_the_standard_input() {
    let folder = shop();
    let scenario = fs::File::open(folder.path().join("shop.toml")).expect("it is there");
    let arguments = ["run", "-", "--trials", "1", "--set", "run.duration=10s"];
    let ran = ran(plimsoll(folder.path(), &arguments)
        .stdin(scenario)
        .output()
        .expect("it starts"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.starts_with("shop\n"), "{}", ran.out);
}
