//! Mistakes about databases.

use super::*;

#[test]
fn replication() {
    let cases = [
        "replication = { mode = \"semisync\" }",
        "replication = { mode = \"sync\", copies = 2 }",
        "replication = { mode = \"async\", copies = 1 }",
        "replication = { mode = \"sync\", timeout = \"1s\" }",
        "replication = { mode = \"semi-sync\", timeout = \"0s\" }",
        "replication = { mode = \"sync\", acknowledge = \"seen\" }",
        "replication = { lag = \"1s\", apply = \"1ms\" }",
        "replication = { lag = \"1s\", transfer = \"1ms\" }",
        "replication = { appliers = 4 }",
        "replication = { apply = \"1ms\", appliers = 0 }",
        "replication = { apply = \"exp(600ms)\" }",
        "read-your-writes = \"primary\"",
        "reads-from = \"any\"\nread-your-writes = \"sticky(0s)\"",
        "reads-from = \"any\"\nread-your-writes = \"stick\"",
    ];
    let cases = cases.map(|to| format!("replicas = 1\n{to}"));
    let mut cases: Vec<_> = cases.iter().map(|to| ("replicas = 1", to.as_str())).collect();
    cases.push(("replicas = 1", "replication = { mode = \"sync\" }"));
    insta::assert_snapshot!(table(&cases));
}

#[test]
fn failover_and_quorums() {
    let cases = [
        "failover = \"patronny\"",
        "failover = { patroni = { tll = \"30s\" } }",
        "failover = { mha = { interval = \"0s\" } }",
        "failover = { detect = \"10s\", promote = \"lots\" }",
        "failover = { elect = \"1s\" }",
        "quorum = { read = 3 }",
        "quorum = { read = 1, reply = 5 }",
        "quorum = { read = 1, write = 2 }\nreads-from = \"any\"",
        "quorum = 2",
        "quorum = { read = 1 }\nlocks = true",
        "locks = \"rows\"",
        "connections = 0",
        "multi-primary = \"galeria\"",
        "multi-primary = { galera = { fc-factor = 2 } }",
        "multi-primary = \"galera\"\nfailover = \"mha\"",
        "multi-primary = \"galera\"\nreplication = { mode = \"sync\" }",
        "multi-primary = \"galera\"\nreplication = { lag = \"1s\" }",
        "multi-primary = \"last-writer-wins\"\nread-your-writes = \"primary\"",
    ];
    let cases = cases.map(|to| format!("replicas = 1\n{to}"));
    let mut cases: Vec<_> = cases.iter().map(|to| ("replicas = 1", to.as_str())).collect();
    cases.push(("replicas = 1", "multi-primary = \"galera\""));
    insta::assert_snapshot!(table(&cases));
}

#[test]
fn rows_that_are_too_hot_and_pools_that_are_too_large() {
    let replaced = [
        (
            "replicas = 1",
            "replicas = 1\nlocks = true\nworkers = 1000\nconnections = 14",
        ),
        ("exp(2ms)", "exp(600ms)"),
        ("{ get = \"products\" }", "{ write = \"orders\" }"),
        (
            "instances = 3",
            "instances = 3\nworkers = 1000\npools = { orders = { size = 10 } }",
        ),
    ];
    insta::assert_snapshot!(with(&replaced));
}
