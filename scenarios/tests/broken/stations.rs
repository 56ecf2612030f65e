//! Mistakes about the order of service, pools, and how instances live.

use super::*;

#[test]
fn disciplines() {
    let cases = [
        "\"fife\"",
        "5",
        "{ priority = { order = [] } }",
        "\"priority\"",
        "{ priority = { order = [\"read\", \"read\"] } }",
        "{ priority = { order = [\"red\"] } }",
        "{ priority = { order = [\"read\"], preemptive = 1 } }",
        "{ sjf = { preemptive = true } }",
        "\"srpt\"\nworkers = 2",
        "{ processor-sharing = { weights = { read = 0 } } }",
        "{ processor-sharing = { weights = [1] } }",
    ];
    let cases = cases.map(|to| format!("instances = 3\ndiscipline = {to}"));
    let cases: Vec<_> = cases.iter().map(|to| ("instances = 3", to.as_str())).collect();
    insta::assert_snapshot!(table(&cases));
}

#[test]
fn pools() {
    let cases = [
        ("pools = 5", "{ read = \"orders\" }"),
        ("pools = { orders = \"hikari\" }", "{ read = \"orders\" }"),
        ("pools = { orders = { size = 0 } }", "{ read = \"orders\" }"),
        ("pools = { orders = { sise = 3 } }", "{ read = \"orders\" }"),
        ("pools = { order = \"hikaricp\" }", "{ read = \"orders\" }"),
        ("pools = { orders = \"pgbouncer\" }", "{ get = \"products\" }"),
        (
            "workers = 2",
            "{ with = \"orders\", do = [{ read = \"orders\" }] }",
        ),
        ("pools = { orders = \"hikaricp\" }", "{ with = \"orders\" }"),
        (
            "pools = { orders = { size = 4 } }\nworkers = 4",
            "{ with = \"orders\", do = [{ read = \"orders\" }, { with = \"orders\", do = [{ write = \"orders\" }] }] }",
        ),
        (
            "pools = { orders = { size = 4 } }\nworkers = \"unlimited\"",
            "{ with = \"orders\", do = [{ parallel = [[{ read = \"orders\" }]] }] }",
        ),
        (
            "pools = { orders = \"hikaricp\" }\nconcurrency = \"event-loop\"",
            "{ with = \"orders\", do = [{ work = \"1ms\" }, { read = \"orders\" }] }",
        ),
    ];
    let mut out = String::new();
    for (pools, step) in cases {
        let problems = with(&[
            ("instances = 3", &format!("instances = 3\n{pools}")),
            ("{ get = \"products\" }", step),
        ]);
        out.push_str(&format!("--- {pools}, {step}\n{problems}\n"));
    }
    insta::assert_snapshot!(out);
}

#[test]
fn lives() {
    let good = "instances = 3\nworkers = 2\nstart-up = \"exp(5s)\"\ncold = { for = \"30s\", slower = 3 }\nqueue-timeout = \"exp(1s)\"
        memory = { size = \"1GiB\", base = \"100MiB\", per-call = \"1MiB\", when-full = \"crash\", restart = \"5s\" }
        batch = { size = 8, wait = \"5ms\", each = \"1ms\" }";
    assert_eq!(with(&[("instances = 3", good)]), "");
    let cases = [
        "cold = { for = \"30s\", slower = 0.5 }",
        "cold = { for = \"30s\" }",
        "start-up = 5",
        "takeover = \"30s\"",
        "mode = \"active-passive\"",
        "mode = \"active-standby\"",
        "memory = { size = \"1GiB\", per-call = \"2GiB\" }",
        "memory = { size = \"1GiB\", per-call = \"1MiB\", restart = \"1s\" }",
        "memory = { size = \"1GiB\", per-call = \"1MiB\" }\nconcurrency = \"event-loop\"",
        "memory = { size = \"1GiB\", per-call = \"1MiB\" }\nworkers = 4\nqueue = 4",
        "batch = { size = 0 }",
        "batch = { wait = \"5ms\" }",
        "batch = { size = 8 }\nworkers = \"unlimited\"",
        "batch = { size = 8 }\ndiscipline = \"lifo\"",
        "queue-timeout = 5",
    ];
    let cases = cases.map(|to| format!("instances = 3\n{to}"));
    let cases: Vec<_> = cases.iter().map(|to| ("instances = 3", to.as_str())).collect();
    insta::assert_snapshot!(table(&cases));
}

#[test]
fn disks() {
    let cases = [
        ("disk = 5", "{ disk = \"exp(1ms)\" }"),
        ("disk = \"sdd\"", "{ disk = \"exp(1ms)\" }"),
        ("disk = { at-once = 2 }", "{ disk = \"exp(1ms)\" }"),
        (
            "disk = { kind = \"ssd\", at-once = 0 }",
            "{ disk = \"exp(1ms)\" }",
        ),
        ("disk = \"ssd\"", "{ disk = \"random-red\", size = \"8KiB\" }"),
        ("disk = \"ssd\"", "{ disk = \"random-read\" }"),
        ("disk = \"ssd\"", "{ disk = \"exp(1ms)\", size = \"8KiB\" }"),
        ("disk = \"ssd\"", "{ get = \"products\" }"),
        ("workers = 2", "{ disk = \"sequential-read\", size = \"1MiB\" }"),
    ];
    let mut out = String::new();
    for (disk, step) in cases {
        let problems = with(&[
            ("instances = 3", &format!("instances = 3\n{disk}")),
            ("{ get = \"products\" }", step),
        ]);
        out.push_str(&format!("--- {disk}, {step}\n{problems}\n"));
    }
    insta::assert_snapshot!(out);
}

#[test]
fn workers_on_demand_and_pauses() {
    let cases = [
        "on-demand = \"1s\"",
        "on-demand = { keep-alive = \"1s\" }",
        "on-demand = { set-up = 5 }",
        "on-demand = { set-up = \"1s\", keep-alive = \"-1s\" }",
        "on-demand = { set-up = \"1s\" }\nconcurrency = \"event-loop\"",
        "on-demand = { set-up = \"1s\" }\ndiscipline = \"sjf\"",
        "pauses = \"50ms\"",
        "pauses = { every = \"10s\" }",
        "pauses = { every = \"exp(1us)\", for = \"50ms\" }",
        // Hardly ever awake, so that the load is more than can be served.
        "pauses = { every = \"10s\", for = \"1h\" }",
    ];
    let cases = cases.map(|to| format!("instances = 3\n{to}"));
    let cases: Vec<_> = cases.iter().map(|to| ("instances = 3", to.as_str())).collect();
    insta::assert_snapshot!(table(&cases));
}
