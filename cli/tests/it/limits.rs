use super::*;

fn limited(folder: &Path, more: &[&str]) -> Ran {
    let basic = [
        "limit",
        "shop.toml",
        "--vary",
        "clients.users.rate=50/s..900/s",
        "--set",
        "run.duration=10s",
    ];
    ran(plimsoll(folder, &[&basic, more].concat())
        .output()
        .expect("the program"))
}

#[test]
fn a_limit_is_found_printed_and_written() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("shop.toml"), SHOP).expect("a file");
    let tight = ["--set", "slo.latency={ p99 = \"40ms\" }", "--trials", "4"];
    let plain = limited(folder.path(), &[&tight[..], &["--out", "there"]].concat());
    assert_eq!(plain.code, 0, "{}", plain.err);
    assert!(
        plain
            .out
            .contains("the objective is met up to clients.users.rate = "),
        "{}",
        plain.out
    );
    assert!(plain.out.contains("headroom from 100/s: "), "{}", plain.out);
    for name in ["limit.json", "results.csv", "limit.svg"] {
        assert!(folder.path().join("there").join(name).exists(), "{name}");
    }
    let json = limited(folder.path(), &[&tight[..], &["--json", "--check"]].concat());
    assert_eq!(json.code, 0, "{}", json.err);
    assert!(
        json.out.contains("\"schema\": \"plimsoll.limit/1\""),
        "{}",
        json.out
    );
    let again = limited(
        folder.path(),
        &[&tight[..], &["--json", "--threads", "1"]].concat(),
    );
    assert_eq!(again.out, json.out);
}

#[test]
fn a_scenario_beyond_its_limit_ends_with_1_when_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("shop.toml"), SHOP).expect("a file");
    let beyond = ["--set", "slo.latency={ p99 = \"1ms\" }", "--trials", "2"];
    assert_eq!(limited(folder.path(), &beyond).code, 0);
    assert_eq!(
        limited(folder.path(), &[&beyond[..], &["--check"]].concat()).code,
        1
    );
    let wrong = ["limit", "shop.toml", "--vary", "clients.users.rate=50/s"];
    let wrong = ran(plimsoll(folder.path(), &wrong).output().expect("the program"));
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("this is not a range"), "{}", wrong.err);
}
