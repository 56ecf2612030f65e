//! One broken scenario for every diagnostic about places, names that lead there, and faults.

use scenarios::diagnostic::Diagnostic;
use scenarios::document::{Choice, Document};
use scenarios::traces::NoFiles;

/// All problems of a text, whoever finds them.
fn problems(name: &str, text: &[u8]) -> String {
    let (document, mut found) = Document::parse(name, text, &NoFiles);
    if let Some(document) = document {
        let (points, more) = document.points(&Choice::default());
        found.extend(more);
        if let Some(point) = points.and_then(|p| p.list.into_iter().next()) {
            found.extend(document.scenario(&point).1);
        }
    }
    found.iter().map(Diagnostic::plain).collect()
}

/// Two regions without problems, but for the lines that are replaced.
const PLACES: &str = r#"[run]
duration = "10m"

[network]
cross-zone = "500us"
"us <-> eu" = "40ms"
"users -> us" = "10ms"
"us -> users" = "12ms"
"users <-> eu" = { latency = "30ms" }

[clients.people]
region = "users"
calls = "cdn"
rate = "100/s"
mix = { static = 0.7, api = 0.3 }

[cdn.cdn]
edges = ["users"]
cacheable = ["static"]
hit-ratio = 0.9
shield = "eu"
origin = "www"

[balancer.www]
kind = "dns"
policy = "weighted"
weights = { web-us = 3, web-eu = 1 }
ttl = "60s"
forward = ["web-us", "web-eu"]
health-check = { interval = "10s" }

[service.web-us]
region = "us"
zones = 3
instances = 3
service-time = "5ms"

[service.web-eu]
region = "eu"
zones = 3
instances = 3
service-time = "5ms"

[[fault]]
at = "2m"
for = "1m"
kind = "region-outage"
region = "us"
"#;

#[test]
fn places_names_and_faults() {
    assert_eq!(problems("places.toml", PLACES.as_bytes()), "");
    let fault = "kind = \"region-outage\"\nregion = \"us\"";
    let mut out = String::new();
    for (from, to) in [
        ("\"us <-> eu\" = \"40ms\"\n", ""),
        ("\"users -> us\" = \"10ms\"\n", ""),
        ("\"us <-> eu\" = \"40ms\"", "\"us <-> eu\" = 40"),
        ("\"us <-> eu\" = \"40ms\"", "\"us <-> eu <-> asia\" = \"40ms\""),
        (
            "\"us <-> eu\" = \"40ms\"",
            "\"us <-> eu\" = \"40ms\"\n\"us -> eu\" = \"30ms\"",
        ),
        (
            "\"us <-> eu\" = \"40ms\"",
            "\"us <-> eu\" = \"40ms\"\n\"us <-> erope\" = \"30ms\"",
        ),
        ("{ latency = \"30ms\" }", "{ latency = \"30ms\", latancy = 3 }"),
        (
            "{ latency = \"30ms\" }",
            "{ latency = \"30ms\", loss = \"95%\", bandwidth = \"1GB\", price = \"0.02/GB\" }",
        ),
        ("[service.web-us]\nregion = \"us\"", "[service.web-us]"),
        ("edges = [\"users\"]", "edges = []"),
        ("edges = [\"users\"]\n", ""),
        ("edges = [\"users\"]", "edges = [\"users\"]\nprivate = true"),
        ("shield = \"eu\"", "shield-hit-ratio = 0.5"),
        ("origin = \"www\"", "origin = \"cdn\""),
        ("cacheable = [\"static\"]", "cacheable = [\"statik\"]"),
        ("hit-ratio = 0.9", "capacity = \"4GiB\""),
        ("hit-ratio = 0.9\n", ""),
        (
            "hit-ratio = 0.9",
            "hit-ratio = 0.9\nttl = \"1m\"\nkeys = \"page\"",
        ),
        ("hit-ratio = 0.9", "capacity = \"9 items\"\nkeys = \"page\""),
        (
            "hit-ratio = 0.9",
            "hit-ratio = 0.9\ncoalesce = true\nconditional = true",
        ),
        (
            "hit-ratio = 0.9",
            "capacity = \"9 items\"\ncoalesce = \"apache\"\nstale-while-revalidate = \"10s\"",
        ),
        (
            "hit-ratio = 0.9",
            "ttl = \"1m\"\nttl-jitter = 1\nshield-hit-ratio = 0.5",
        ),
        ("kind = \"dns\"", "kind = \"dsn\""),
        ("kind = \"dns\"", "kind = \"anycast\""),
        ("ttl = \"60s\"\n", ""),
        (
            "forward = [\"web-us\", \"web-eu\"]",
            "forward = [\"web-us\", \"web-us\", \"www\"]",
        ),
        ("weights = { web-us = 3, web-eu = 1 }\n", ""),
        (
            "weights = { web-us = 3, web-eu = 1 }",
            "weights = { web-us = 0, web-ru = 0 }",
        ),
        ("weights = { web-us = 3, web-eu = 1 }", "weights = 3"),
        ("interval = \"10s\"", "interval = \"10s\", timeout = \"11s\""),
        ("at = \"2m\"", "at = \"20m\""),
        (fault, "kind = \"region-outage\"\nregion = \"uss\""),
        (fault, "kind = \"region-outage\""),
        (fault, "kind = \"region-outage\"\nregion = \"us\"\nzone = 1"),
        (fault, "kind = \"zone-outage\""),
        (fault, "kind = \"zone-outage\"\nzone = 4"),
        (fault, "kind = \"instance-crash\"\ntarget = \"www\""),
        (
            fault,
            "kind = \"instance-crash\"\ntarget = \"web-us\"\ninstances = [4]",
        ),
        (
            fault,
            "kind = \"instance-crash\"\ntarget = \"web-us\"\ninstances = [\"first\"]",
        ),
        (fault, "kind = \"partition\"\nbetween = [\"us\"]"),
        (fault, "kind = \"latency\"\nbetween = [\"us\", \"eu\"]"),
        (fault, "kind = \"slow\"\ntarget = \"web-us\""),
        (fault, "kind = \"slow\"\ntarget = \"www\"\nfactor = 4.0"),
        (fault, "kind = \"slow\"\ntarget = \"web-us\"\nfactor = 0"),
        (fault, "kind = \"earthquake\""),
        ("[[fault]]", "[fault]"),
    ] {
        assert!(PLACES.contains(from), "{from}");
        let found = problems("places.toml", PLACES.replacen(from, to, 1).as_bytes());
        assert!(!found.is_empty(), "no problem with {to}");
        out.push_str(&format!("--- {to}\n{found}\n"));
    }
    insta::assert_snapshot!(out);
}

const BROWSERS: &str = r#"
[run]
duration = "1m"

[network]
"users <-> site" = "40ms"

[keys.page]
count = 100

[clients.people]
region = "users"
calls = "browsers"
rate = "10/s"
key = "page"
sources = 10

[cdn.browsers]
private = true
capacity = "9 items"
origin = "web"

[service.web]
region = "site"
service-time = "5ms"
"#;

#[test]
fn caches_of_browsers() {
    assert_eq!(problems("browsers.toml", BROWSERS.as_bytes()), "");
    let mut out = String::new();
    for (from, to) in [
        ("region = \"users\"\n", ""),
        ("rate = \"10/s\"", "rate = \"10/s\"\nconnections = \"per-call\""),
        ("capacity = \"9 items\"\n", ""),
    ] {
        assert!(BROWSERS.contains(from), "{from}");
        let found = problems("browsers.toml", BROWSERS.replacen(from, to, 1).as_bytes());
        assert!(!found.is_empty(), "no problem with {to}");
        out.push_str(&format!("--- {to}\n{found}\n"));
    }
    insta::assert_snapshot!(out);
}
