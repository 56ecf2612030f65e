//! Every mistake has its exit code, its place, and a message that says what to do.

use super::{SHOP, folder, run, shop};

/// A change to the shop makes a mistake: `check` and `run` end with 2 and say all of `expect`, and nothing on stdout.
fn mistake(from: &str, to: &str, expect: &[&str]) {
    assert!(SHOP.contains(from), "{from}");
    let text = SHOP.replacen(from, to, 1);
    let folder = folder(&[("shop.toml", text.as_bytes())]);
    for command in ["check", "run"] {
        let ran = run(folder.path(), &[command, "shop.toml"]);
        assert_eq!(ran.code, 2, "{command}: {}", ran.err);
        assert_eq!(ran.out, "", "{command}");
        for words in expect {
            assert!(
                ran.err.contains(words),
                "{command} doesn't say {words:?}:\n{}",
                ran.err
            );
        }
    }
}

#[test]
fn an_unknown_key() {
    mistake(
        "instances = 2",
        "instanses = 2",
        &[
            "shop.toml:22:1",
            "^^^^^^^^^",
            "did you mean \"instances\"?",
            "1 error",
        ],
    );
}

#[test]
fn a_misspelt_name() {
    mistake(
        "forward = \"api\"",
        "forward = \"apy\"",
        &["shop.toml:18:12", "apy", "did you mean \"api\"?"],
    );
}

#[test]
fn a_bare_number_for_a_duration() {
    mistake(
        "duration = \"20s\"",
        "duration = 20",
        &["shop.toml:6:12", "20", "s"],
    );
}

#[test]
fn a_negative_rate() {
    mistake(
        "rate = \"100/s\"",
        "rate = \"-100/s\"",
        &["shop.toml:15:", "-100/s"],
    );
}

#[test]
fn a_probability_over_one() {
    let slo = "latency = { p99 = \"250ms\" }";
    mistake(slo, "availability = 1.5", &["shop.toml:11:16", "1.5"]);
}

#[test]
fn a_cycle_of_calls() {
    let service = "service-time = \"exp(5ms)\"";
    mistake(
        service,
        "on = { default = [{ call = \"edge\" }] }",
        &["edge", "api"],
    );
}

#[test]
fn a_component_nobody_calls() {
    let text = format!("{SHOP}\n[service.lonely]\nservice-time = \"1ms\"\n");
    let folder = folder(&[("shop.toml", text.as_bytes())]);
    let ran = run(folder.path(), &["check", "shop.toml"]);
    assert!(
        ran.err.contains("lonely") && ran.err.contains("shop.toml:"),
        "{}",
        ran.err
    );
}

#[test]
fn a_sweep_path_that_leads_nowhere() {
    let folder = shop();
    let ran = run(
        folder.path(),
        &["sweep", "shop.toml", "--vary", "service.apy.instances=1,2"],
    );
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(
        ran.err.contains("service.apy") && ran.err.contains("--vary"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("did you mean"), "{}", ran.err);
    let text = SHOP.replace("\"clients.users.rate\" =", "\"clients.user.rate\" =");
    let folder = self::folder(&[("shop.toml", text.as_bytes())]);
    for command in ["check", "sweep"] {
        let ran = run(folder.path(), &[command, "shop.toml"]);
        assert_eq!(ran.code, 2, "{}", ran.err);
        assert!(
            ran.err.contains("shop.toml:27:") && ran.err.contains("did you mean"),
            "{}",
            ran.err
        );
    }
}

#[test]
fn a_percentile_below_a_lower_one() {
    mistake(
        "exp(5ms)",
        "lognormal(p50=5ms, p99=2ms)",
        &["shop.toml:24:", "p99"],
    );
}

#[test]
fn nothing_at_all() {
    let folder = folder(&[("empty.toml", b"")]);
    let ran = run(folder.path(), &["check", "empty.toml"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(
        ran.err.contains("empty.toml") && ran.err.contains("clients"),
        "{}",
        ran.err
    );
}

#[test]
fn binary_garbage() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xfe\x1b[31m".repeat(50);
    let folder = folder(&[("a.toml", &png), ("a.json", &png)]);
    for name in ["a.toml", "a.json"] {
        let ran = run(folder.path(), &["check", name]);
        assert_eq!(ran.code, 2, "{}", ran.err);
        assert!(ran.err.contains("this is not text"), "{}", ran.err);
        assert!(
            !ran.err.contains('\u{1b}') && !ran.err.contains('\0'),
            "{:?}",
            ran.err
        );
    }
}

#[test]
fn all_at_once() {
    let text = SHOP
        .replace("instances = 2", "instanses = 2")
        .replace("\"20s\"", "20")
        .replace("rate = \"100/s\"", "rate = \"-1/s\"");
    let folder = folder(&[("shop.toml", text.as_bytes())]);
    let ran = run(folder.path(), &["check", "shop.toml"]);
    assert!(ran.err.contains("3 errors"), "{}", ran.err);
}

#[test]
fn no_such_file() {
    let folder = shop();
    for name in ["shopp.toml", "nowhere/shop.toml", "no-such-scenario"] {
        let ran = run(folder.path(), &["run", name]);
        assert_eq!(ran.code, 4, "{}", ran.err);
        assert!(
            ran.err.contains(name) && ran.err.contains("help: "),
            "{}",
            ran.err
        );
    }
    let ran = run(folder.path(), &["run", "."]);
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(ran.err.contains("folder"), "{}", ran.err);
}

#[test]
fn a_trace_with_a_broken_line_or_none() {
    let text = SHOP
        .replace("rate = \"100/s\"", "arrivals = { trace = \"t.csv\" }")
        .replace("[sweep]", "")
        .replace("\"clients.users.rate\" = [\"50/s\", \"100/s\", \"200/s\"]", "");
    let folder = folder(&[("shop.toml", text.as_bytes()), ("t.csv", b"0.5\n1.0\nsoon\n")]);
    let ran = run(folder.path(), &["run", "shop.toml"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(
        ran.err.contains("t.csv, line 3") && ran.err.contains("soon"),
        "{}",
        ran.err
    );
    std::fs::remove_file(folder.path().join("t.csv")).expect("it was there");
    let ran = run(folder.path(), &["run", "shop.toml"]);
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(
        ran.err.contains("t.csv") && ran.err.contains("shop.toml:15:"),
        "{}",
        ran.err
    );
}

#[test]
fn wrong_arguments() {
    let folder = shop();
    let wrong: [&[&str]; 9] = [
        &[],
        &["rum", "shop.toml"],
        &["run"],
        &["run", "shop.toml", "--trials", "0"],
        &["run", "shop.toml", "--set", "service.api.instances"],
        &["run", "shop.toml", "--set", "service.api.instanses=2"],
        &["run", "shop.toml", "--variant", "big"],
        &["compare", "shop.toml"],
        &["numbers", "latencies"],
    ];
    for arguments in wrong {
        let ran = run(folder.path(), arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.err);
        assert!(
            ran.out.is_empty() && !ran.err.is_empty(),
            "{arguments:?}: {}",
            ran.out
        );
    }
}
