//! Mistakes about policies, weights and sources.

use super::*;

#[test]
fn balancing() {
    let policy = "policy = \"random\"";
    insta::assert_snapshot!(table(&[
        (policy, "policy = { power-of-d = { choices = 0 } }"),
        (policy, "weights = [1, 2]"),
        (policy, "weights = [1, 0, 1]"),
        (policy, "weights = [1, \"two\", 1]"),
        (policy, "weights = 3"),
        (policy, "policy = \"ip-hash\""),
        (policy, "policy = { least-outstanding = { ties = \"ngnix\" } }"),
        (
            policy,
            "policy = { power-of-d = { choices = 2, replacement = \"maybe\" } }"
        ),
        (policy, "policy = { peak-ewma = { decay = 10 } }"),
        (policy, "policy = { consistent-hash = { table-size = 7 } }"),
        (
            policy,
            "policy = { consistent-hash = { scheme = \"maglev\", table-size = 65536 } }"
        ),
        (
            policy,
            "policy = { consistent-hash = { scheme = \"ring\", min-size = 99, max-size = 9 } }"
        ),
        (
            policy,
            "policy = \"consistent-hash\"\nweights = [1, 50_000, 50_000]"
        ),
        (policy, "priorities = [0, 1]"),
        (policy, "priorities = [0, 0, 2]"),
        (policy, "overprovisioning = 2"),
        (policy, "priorities = [0, 0, 1]\noverprovisioning = 0.5"),
        (policy, "panic-threshold = \"50%\""),
        (policy, "health-check = \"alb\"\npanic-threshold = 50"),
        (
            policy,
            "health-check = \"alb\"\nfail-open = \"never\"\npanic-threshold = \"40%\""
        ),
        (policy, "backups = 3"),
        (policy, "backups = 1\npriorities = [0, 0, 1]"),
        (
            policy,
            "backups = 1\npassive-check = \"nginx\"\nfail-open = \"50%\""
        ),
        (policy, "retry-elsewhere = true"),
        (policy, "policy = { weighted-round-robin = { max-fails = 1 } }"),
        (policy, "zone-aware = \"yes\""),
        (policy, "stale = \"0s\""),
        (policy, "stale = { evry = \"1s\" }"),
        (
            "key = \"product\"\ntimeout",
            "key = \"product\"\nsources = 0\ntimeout"
        ),
        (
            "rate = \"20/s\"",
            "arrivals = \"closed\"\nusers = 5\nsources = 100",
        ),
    ]));
}

#[test]
fn routes() {
    let forward = "forward = \"api\"";
    insta::assert_snapshot!(table(&[
        (forward, ""),
        (forward, "forward = \"api\"\nroutes = [{ to = \"api\" }]"),
        (forward, "forward = [\"api\", \"api\"]"),
        (forward, "routes = []"),
        (forward, "routes = [{ op = \"write\" }, { to = \"api\" }]"),
        (
            forward,
            "routes = [{ op = \"wirte\", to = \"api\" }, { to = \"api\" }]"
        ),
        (
            forward,
            "routes = [{ share = \"5%\", to = \"apo\" }, { to = \"api\" }]"
        ),
        (
            forward,
            "routes = [{ share = \"5%\", keys = \"5%\", to = \"api\" }, { to = \"api\" }]"
        ),
        (
            forward,
            "routes = [{ share = 5, to = \"api\" }, { to = \"api\" }]"
        ),
        (forward, "routes = [{ op = \"write\", to = \"api\" }]"),
        (
            forward,
            "routes = [{ to = \"api\" }, { op = \"write\", to = \"api\" }]"
        ),
        (
            forward,
            "routes = [{ sources = \"5%\", to = \"api\" }, { to = \"api\" }]"
        ),
        (
            forward,
            "routes = [{ op = \"write\", to = \"inner\" }, { to = \"api\" }]\nweights = [1, 2, 3]\n[balancer.inner]\nforward = \"api\""
        ),
        (
            forward,
            "routes = [{ op = \"write\", to = \"inner\" }, { to = \"api\" }]\nweights = { api = [1, 2], iner = [1] }\n[balancer.inner]\nforward = \"api\""
        ),
        (
            forward,
            "routes = [{ op = \"write\", to = \"inner\" }, { to = \"api\" }]\nbackups = { api = 3 }\n[balancer.inner]\nforward = \"api\""
        ),
        (
            forward,
            "routes = [{ op = \"write\", to = \"edge\" }, { to = \"api\" }]"
        ),
    ]));
}

#[test]
fn stickiness_sessions_and_drains() {
    let forward = "forward = \"api\"";
    let instances = "instances = 3";
    let drain = |target: &str| {
        format!("[[fault]]\nkind = \"drain\"\nat = \"1m\"\nfor = \"1m\"\n{target}\n[balancer.edge]")
    };
    let [api, fourth, nobody, orders, late, alone] = [
        "target = \"api\"\ndelay = \"soon\"",
        "target = \"api\"\ninstances = [4]",
        "instances = [1]",
        "target = \"orders\"",
        "target = \"api\"\nfactor = 2",
        "target = \"other\"\n[service.other]\nservice-time = \"1ms\"",
    ]
    .map(drain);
    insta::assert_snapshot!(table(&[
        (forward, "forward = \"api\"\nsticky = \"cookie\""),
        (forward, "forward = \"api\"\nsticky = { by = \"cokie\" }"),
        (
            forward,
            "forward = \"api\"\nsticky = { by = \"cookie\", lasts = \"0s\" }"
        ),
        (
            forward,
            "forward = \"api\"\nsticky = { by = \"cookie\", lasts = \"1d\" }"
        ),
        (instances, "instances = 3\nsessions = \"30m\""),
        (instances, "instances = 3\nsessions = 30"),
        ("[balancer.edge]", &api),
        ("[balancer.edge]", &fourth),
        ("[balancer.edge]", &nobody),
        ("[balancer.edge]", &orders),
        ("[balancer.edge]", &late),
        ("[balancer.edge]", &alone),
    ]));
}

#[test]
fn machines() {
    let policy = "policy = \"random\"";
    let nlb = "machine = \"nlb\"";
    insta::assert_snapshot!(table(&[
        (policy, "machine = \"alp\""),
        (policy, "machine = { ngnix = { workers = 2 } }"),
        (policy, "machine = { nginx = { threads = 2 } }"),
        (policy, "machine = { work = \"fast\" }"),
        (policy, "machine = { connections = 0 }"),
        (policy, "machine = { layer = \"L5\" }"),
        (policy, "machine = { idle-timeout = 60 }"),
        (policy, "machine = { price = \"$1/h\" }"),
        (policy, "machine = { work = \"30us\" }\ncapacity = \"500/s\""),
        (policy, "machine = \"alb\"\nqueue = 5"),
        (policy, "instances = 0"),
        (policy, "convergence = \"5s\""),
        (policy, "instances = 2\nconvergence = 5"),
        (
            policy,
            "failures = { mtbf = \"30d\", mttr = \"10m\", mode = \"hang\" }"
        ),
        (policy, &format!("{nlb}\nretry = {{ attempts = 2 }}")),
        (policy, &format!("{nlb}\npolicy = \"hash\"")),
        (
            policy,
            &format!("{nlb}\nsticky = {{ by = \"cookie\", lasts = \"1h\" }}")
        ),
        (
            "forward = \"api\"",
            &format!("{nlb}\nroutes = [{{ op = \"write\", to = \"api\" }}, {{ to = \"api\" }}]"),
        ),
    ]));
    let many = with(&[
        (policy, "policy = \"random\"\ninstances = 1000"),
        ("instances = 3", "instances = 5000"),
    ]);
    insta::assert_snapshot!(many);
}

#[test]
fn max_connections() {
    let policy = "policy = \"random\"";
    let limit = |text: &str| format!("max-connections = {text}");
    let cases = [
        "0",
        "\"many\"",
        "{ least = 2 }",
        "{ each = 10, least = 2 }",
        "{ each = 10, full-at = 20 }",
        "{ each = 10, least = 20, full-at = 20 }",
        "{ each = 10, timeout = 5 }",
        "{ each = 10, queue = \"none\" }",
    ];
    let texts: Vec<String> = cases.iter().map(|c| limit(c)).collect();
    let rows: Vec<(&str, &str)> = texts.iter().map(|t| (policy, t.as_str())).collect();
    insta::assert_snapshot!(table(&rows));
    let idle = with(&[
        (policy, "policy = \"random\"\nmax-connections = 3"),
        ("instances = 3", "instances = 3\nworkers = 4"),
    ]);
    insta::assert_snapshot!(idle);
}

#[test]
fn subsets() {
    let policy = "policy = \"random\"";
    insta::assert_snapshot!(table(&[
        (policy, "subset = 0"),
        (policy, "subset = \"some\""),
        (policy, "subset = { random = { sise = 2 } }"),
        (policy, "subset = { random = { size = 0 } }"),
        (policy, "subset = 2"),
    ]));
}
