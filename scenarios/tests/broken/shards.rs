//! Mistakes about how a database is cut.

use super::table;

#[test]
fn shards_of_a_database() {
    let replicas = "replicas = 1";
    let cases = [
        "shards = 0",
        "shards = 4\nsharding = \"rings\"",
        "shards = 4\nsharding = { ring = { points = 0 } }",
        "shards = 4\nsharding = { ring = { point = 10 } }",
        "shards = 4\nscatter = [\"raed\"]",
        "shards = 3\nsplits = [\"1%\", \"10%\"]",
        "shards = 4\nsharding = \"range\"\nsplits = [\"1%\", \"10%\"]",
        "shards = 3\nsharding = \"range\"\nsplits = [\"10%\", \"1%\"]",
        "shards = 3\nsharding = \"range\"\nsplits = [\"10%\", \"100%\"]",
        "shards = 2\nsharding = { time = { newest = \"120%\" } }",
        "shards = 2\nreshard = { at = \"1s\", shards = 3 }",
        "shards = 2\nreshard = { at = \"1s\", shards = 3, data = \"0B\", bandwidth = \"10MB/s\" }",
        "shards = 2\nsharding = \"time\"\nreshard = { at = \"1s\", shards = 3, data = \"1GB\", bandwidth = \"10MB/s\" }",
        "shards = 2\nreshard = { at = \"1s\", shards = 3, data = \"1GB\", bandwidth = \"10MB/s\", sharding = \"time\" }",
        "shards = 2\ntransactions = { operations = [\"wire\"], protocol = \"three-phase-commit\" }",
        "shards = 2\ntransactions = { operations = [], keys = 1, protocol = \"saga\" }",
        "shards = 2\ntransactions = { operations = [\"write\"], protocol = { two-phase-commit = { log = \"0s\" } } }",
        "shards = 2\nsharding = \"time\"\ntransactions = { operations = [\"write\"], protocol = \"saga\" }",
        "shards = 2\ntransactions = { operations = [\"wire\"], protocol = \"saga\" }",
        "shards = 1000\nsharding = \"range\"\nsplits = 5",
    ];
    let mut cases: Vec<(&str, &str)> = cases.iter().map(|c| (replicas, *c)).collect();
    let write = "write-time = \"exp(2ms)\"";
    let fault = "write-time = \"exp(2ms)\"\n[[fault]]\nat = \"1s\"\nfor = \"1s\"\nkind = \"coordinator-crash\"\ntarget = \"orders\"";
    cases.push((write, fault));
    insta::assert_snapshot!(table(&cases));
}
