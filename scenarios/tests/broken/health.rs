//! Mistakes about the health of the instances behind a balancer.

use super::table;

#[test]
fn health_of_instances() {
    let policy = "policy = \"random\"";
    let to = |text: &str| format!("{policy}\n{text}");
    let cases = [
        "health-check = \"aws\"",
        "health-check = { alp = { interval = \"10s\" } }",
        "health-check = { alb = { intervall = \"10s\" } }",
        "health-check = { interval = \"0s\", fails = 0 }",
        "health-check = 5",
        "fail-open = \"never\"",
        "health-check = \"alb\"\nfail-open = \"150%\"",
        "passive-check = \"apache\"",
        "passive-check = { max-fails = 0 }",
        "outlier-detection = { consecutive-errors = \"of\", intervall = \"1s\" }",
        "outlier-detection = { envoy = { success-rate = { hosts = 0 } } }",
        "slow-start = \"30s\"",
        "health-check = \"alb\"\nslow-start = \"steep\"",
        "health-check = \"alb\"\nslow-start = { envoy = { aggression = 0 } }",
    ]
    .map(to);
    let mut cases: Vec<(&str, &str)> = cases.iter().map(|c| (policy, c.as_str())).collect();
    let mode = "replicas = 1\nfailures = { mtbf = \"1d\", mttr = \"1m\", mode = \"hang\" }";
    cases.push(("replicas = 1", mode));
    let hash = "policy = \"hash\"\nhealth-check = \"nginx\"\nslow-start = \"30s\"";
    cases.push((policy, hash));
    insta::assert_snapshot!(table(&cases));
}
