//! Mistakes with object stores and external services.

use super::problems;

const WHOLE: &str = r#"
[run]
duration = "1m"

[clients.users]
calls = "web"
rate = "10/s"

[service.web.on]
default = [{ get = "images" }, { call = "payments" }]

[object-store.images]
size = "200KB"
prefixes = 4

[external.payments]
latency = "300ms"
limit = "100/s"
burst = 10
price = "$0.30"
"#;

#[test]
fn externals() {
    assert_eq!(problems("externals.toml", WHOLE.as_bytes()), "");
    let mut out = String::new();
    for (from, to) in [
        ("latency = \"300ms\"\n", ""),
        ("limit = \"100/s\"\n", ""),
        ("limit = \"100/s\"", "limit = \"0/s\""),
        ("burst = 10", "burst = 0"),
        ("burst = 10", "region = \"us\""),
        ("price = \"$0.30\"", "price = \"0.30\""),
        ("price = \"$0.30\"", "price = \"$0.30/h\""),
        ("prefixes = 4", "prefixes = 1_000_000"),
        ("prefixes = 4", "split-after = \"0s\""),
        ("prefixes = 4", "get-limit = \"1/s\""),
        ("prefixes = 4", "throughput = \"0MB/s\""),
        ("prefixes = 4", "availability = 99.9"),
        ("prefixes = 4", "instance = \"c7g.large\""),
        ("prefixes = 4", "stored = \"40\""),
        ("get = \"images\"", "call = \"images\""),
        ("call = \"payments\"", "get = \"payments\""),
        ("call = \"payments\"", "call = \"paymants\""),
        ("calls = \"web\"", "calls = \"payments\""),
        ("limit = \"100/s\"", "limit = \"9/s\""),
    ] {
        assert!(WHOLE.contains(from), "{from}");
        let found = problems("externals.toml", WHOLE.replacen(from, to, 1).as_bytes());
        assert!(!found.is_empty(), "no problem with {to}");
        out.push_str(&format!("--- {to}\n{found}\n"));
    }
    insta::assert_snapshot!(out);
}
