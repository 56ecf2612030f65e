//! One broken scenario for every diagnostic, each shown as a person would see it.

#[path = "broken/balancing.rs"]
mod balancing;
#[path = "broken/databases.rs"]
mod databases;
#[path = "broken/externals.rs"]
mod externals;
#[path = "broken/health.rs"]
mod health;
#[path = "broken/shards.rs"]
mod shards;
#[path = "broken/stations.rs"]
mod stations;

use scenarios::diagnostic::Diagnostic;
use scenarios::document::{Choice, Document, Variants};
use scenarios::traces::Files;

/// A few files with something wrong in each, and two good ones.
struct Given;

impl Files for Given {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        match path {
            "good.csv" => Ok(b"at,Tokens\n0,5\n1.5,7\n".to_vec()),
            "unsorted.csv" => Ok(b"at,Tokens\n3,5\n4,6\n3.5,7\n".to_vec()),
            "words.csv" => Ok(b"at,Tokens\n0,5\n1,many\n".to_vec()),
            "bare.txt" => Ok(b"5\n7\n".to_vec()),
            "damaged.csv.gz" => Ok(vec![0x1f, 0x8b, 1, 2, 3]),
            _ => Err("there is no such file".to_owned()),
        }
    }
}

fn shown(problems: &[Diagnostic]) -> String {
    problems.iter().map(Diagnostic::plain).collect()
}

/// All problems of a text, whoever finds them.
fn problems(name: &str, text: &[u8]) -> String {
    let (document, mut found) = Document::parse(name, text, &Given);
    if let Some(document) = document {
        let (points, more) = document.points(&Choice {
            sweep: true,
            ..Choice::default()
        });
        found.extend(more);
        if let Some(point) = points.and_then(|p| p.list.into_iter().next()) {
            found.extend(document.scenario(&point).1);
        }
    }
    shown(&found)
}

/// A scenario without problems, but for the lines that are replaced.
fn with(replaced: &[(&str, &str)]) -> String {
    let mut text = include_str!("data/whole.toml").to_owned();
    for (from, to) in replaced {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    problems("whole.toml", text.as_bytes())
}

/// Shows a list of replacements with what each leads to.
fn table(cases: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (from, to) in cases {
        let problems = with(&[(from, to)]);
        assert!(!problems.is_empty(), "no problem with {to}");
        out.push_str(&format!("--- {to}\n{problems}\n"));
    }
    out
}

#[test]
fn the_whole_scenario_has_no_problem() {
    assert_eq!(with(&[]), "");
}

#[test]
fn files_that_are_no_scenario() {
    let mut out = String::new();
    for (name, text) in [
        ("empty.toml", &b""[..]),
        ("comment.toml", b"# nothing\n"),
        ("binary.toml", b"ELF \xff\xfe"),
        ("syntax.toml", b"[run]\nduration = 5m\ntrials = \n[service.api\n"),
        ("twice.toml", b"[run]\nduration = \"5m\"\nduration = \"6m\"\n"),
        ("wrong.json", b"{ \"run\": { \"duration\": \"5m\", } }"),
        ("top.json", b"[1]"),
        ("unknown.toml", b"[servise.api]\nworkers = 1\n"),
        ("kinds.toml", b"run = 3\nclients = 5\n[service]\napi = 7\n[queue.q]\n[cdn.c]\n[link.l]\n[[fault]]\nat = \"1s\"\n"),
    ] {
        out.push_str(&format!("--- {name}\n{}\n", problems(name, text)));
    }
    insta::assert_snapshot!(out);
}

#[test]
fn run_and_objective() {
    insta::assert_snapshot!(table(&[
        ("duration = \"5m\"", "trials = 2"),
        ("duration = \"5m\"", "duration = 300"),
        ("duration = \"5m\"", "duration = \"5 parsecs\""),
        ("duration = \"5m\"", "duration = \"-5m\""),
        ("duration = \"5m\"", "duration = \"0s\""),
        ("duration = \"5m\"", "duration = \"300y\""),
        ("duration = \"5m\"", "duration = \"99999999999h\""),
        ("duration = \"5m\"", "duration = \"5m\"\nwarm-up = \"6m\""),
        ("duration = \"5m\"", "duration = \"5m\"\nwarmup = \"auto\""),
        ("duration = \"5m\"", "duration = \"5m\"\ntrials = 0"),
        ("duration = \"5m\"", "duration = \"5m\"\ntrials = 2.5"),
        ("duration = \"5m\"", "duration = \"5m\"\nseed = -1"),
        ("duration = \"5m\"", "duration = \"5m\"\nprecision = 0"),
        (
            "duration = \"5m\"",
            "duration = \"5m\"\nprecision = { p99 = \"0%\" }",
        ),
        (
            "duration = \"5m\"",
            "duration = \"5m\"\nprecision = { max-trials = 9 }",
        ),
        (
            "duration = \"5m\"",
            "duration = \"5m\"\nprecision = { p98 = \"5%\" }",
        ),
        ("availability = \"99.9%\"", "availability = 99.9"),
        ("availability = \"99.9%\"", "latency.p98 = \"1s\""),
        ("availability = \"99.9%\"", "cost = \"500/month\""),
    ]));
}

#[test]
fn clients_and_keys() {
    insta::assert_snapshot!(table(&[
        ("calls = \"edge\"", "calls = \"egde\""),
        ("calls = \"edge\"", "calls = \"shoppers\""),
        ("calls = \"edge\"", ""),
        ("rate = \"20/s\"", "rate = 20"),
        ("rate = \"20/s\"", "rate = \"-20/s\""),
        ("rate = \"20/s\"", "rate = \"0/s\""),
        ("rate = \"20/s\"", "rate = \"20ms\""),
        ("rate = \"20/s\"", "users = 5"),
        ("rate = \"20/s\"", "rate = \"20/s\"\nusers = 5"),
        ("rate = \"20/s\"", "arrivals = \"closed\""),
        ("rate = \"20/s\"", "arrivals = \"pased\"\nrate = \"20/s\""),
        ("rate = \"20/s\"", "rate = { base = \"20/s\" }"),
        ("rate = \"20/s\"", "arrivals = { trace = \"missing.csv\" }"),
        ("rate = \"20/s\"", "arrivals = { trace = \"good.csv\" }"),
        (
            "rate = \"20/s\"",
            "arrivals = { trace = \"good.csv\", time = \"att\" }"
        ),
        (
            "rate = \"20/s\"",
            "arrivals = { trace = \"unsorted.csv\", time = \"at\" }"
        ),
        (
            "rate = \"20/s\"",
            "arrivals = { trace = \"damaged.csv.gz\", time = \"at\" }"
        ),
        (
            "mix = { read = 0.9, write = 0.1 }",
            "mix = { raed = 0.9, write = 0.1 }"
        ),
        ("mix = { read = 0.9, write = 0.1 }", "mix = { read = -1 }"),
        (
            "mix = { read = 0.9, write = 0.1 }",
            "mix = { read = 0, write = 0 }"
        ),
        ("mix = { read = 0.9, write = 0.1 }", "mix = \"read\""),
        ("mix = { read = 0.9, write = 0.1 }", ""),
        ("key = \"product\"", "key = \"produkt\""),
        ("key = \"product\"", ""),
        (
            "timeout = \"1s\"",
            "timeout = \"1s\"\nretry = { attempts = 3, backoff = \"exponental(base=1ms, max=2ms)\" }"
        ),
        (
            "timeout = \"1s\"",
            "timeout = \"1s\"\nretry = { attempts = 300, backoff = \"exponential(base=1ms)\" }"
        ),
        (
            "timeout = \"1s\"",
            "timeout = \"1s\"\nretry = { jitter = \"half\", budget = \"110%\" }"
        ),
        (
            "timeout = \"1s\"",
            "timeout = \"1s\"\nretry = { attempts = 2, backoff = \"exponential(base=2s, max=1s)\" }"
        ),
        ("popularity = \"zipf(0.99)\"", "popularity = \"zipf\""),
        ("popularity = \"zipf(0.99)\"", "popularity = \"zipf(99)\""),
        ("popularity = \"zipf(0.99)\"", "popularity = \"zipff(1)\""),
        ("count = 1000", "count = 0"),
        ("count = 1000", "trace = \"missing.txt\""),
        ("[keys.product]", "[keys.shoppers]"),
    ]));
}

#[test]
fn components() {
    insta::assert_snapshot!(table(&[
        ("forward = \"api\"", "forward = \"orders\""),
        ("forward = \"api\"", "forward = \"edge\""),
        ("forward = \"api\"", "forward = \"api\"\nqueue = 5"),
        ("forward = \"api\"", "forward = \"api\"\ncapacity = \"10/s\""),
        ("policy = \"random\"", "policy = \"ramdom\""),
        ("policy = \"random\"", "policy = { power-of-d = { choices = 0 } }"),
        ("policy = \"random\"", "policy = \"power-of-d(2, 3)\""),
        ("instances = 3", "instanses = 3"),
        ("instances = 3", "instances = \"three\""),
        ("instances = 3", "instances = 0"),
        ("instances = 3", "instances = 99999999999"),
        ("instances = 3", "workers = 0"),
        ("instances = 3", "workers = \"unlimted\""),
        ("instances = 3", "instance = \"c7g.xlrge\""),
        ("instances = 3", "contention = { sigma = 2, kapa = 1 }"),
        ("instances = 3", "failures = { mtbf = \"30d\" }"),
        ("instances = 3", "service-time = \"1ms\""),
        ("instances = 3", "zones = 0"),
        ("capacity = \"200 items\"", "capacity = \"4MiB\""),
        (
            "capacity = \"200 items\"",
            "capacity = \"4MiB\"\nitem-size = \"5MiB\""
        ),
        (
            "capacity = \"200 items\"",
            "capacity = \"200 items\"\nitem-size = \"5MiB\""
        ),
        ("capacity = \"200 items\"", "hit-ratio = 1.5"),
        ("capacity = \"200 items\"", "hit-ratio = 0.5\npolicy = \"lru\""),
        ("capacity = \"200 items\"", "capacity = 0\nttl-jitter = \"10%\""),
        ("capacity = \"200 items\"", "ttl = \"1m\"\nttl-jitter = 1"),
        ("capacity = \"200 items\"", "policy = \"mru\""),
        ("capacity = \"200 items\"", "coalesce = \"squid\""),
        ("capacity = \"200 items\"", "ttl = \"1m\"\nearly-renewal = -1"),
        ("capacity = \"200 items\"", "stale-if-error = \"1m\""),
        ("capacity = \"200 items\"", "nodes = \"consistent(points=0)\""),
        (
            "capacity = \"200 items\"",
            "hit-ratio = 0.5\nstrategy = \"write-back\""
        ),
        ("capacity = \"200 items\"", "inside = \"orders\""),
        ("capacity = \"200 items\"", "inside = \"api\"\ninstances = 2"),
        (
            "service-time = { lognormal = { p50 = \"100us\", p99 = \"1ms\" } }",
            "inside = \"spare\"\n\n[service.spare]\nservice-time = \"1ms\""
        ),
        ("capacity = \"200 items\"", "policy = \"slru(segments=0)\""),
        ("capacity = \"200 items\"", "policy = \"s3-fifo(small=120%)\""),
        (
            "capacity = \"200 items\"",
            "capacity = \"4MiB\"\nitem-size = \"lognormal(p50=2KiB)\""
        ),
        (
            "capacity = \"200 items\"",
            "capacity = \"4MiB\"\nitem-size = \"uniform(3KiB, 2KiB)\""
        ),
        ("origin = \"orders\"", "origin = \"order\""),
        ("origin = \"orders\"", "origin = \"api\""),
        ("replicas = 1", "reads-from = \"replicas\""),
        ("replicas = 1", "replicas = 1\nfailover = { detect = \"1s\" }"),
        ("read-time = \"1ms\"", ""),
        (
            "read-time = \"1ms\"",
            "read-time = \"lognormal(p50=9ms, p99=2ms)\""
        ),
        ("read-time = \"1ms\"", "read-time = \"1ms * Tokens\""),
        ("[database.orders]", "[database.api]"),
        ("[database.orders]", "[database.\"my orders\"]"),
        (
            "[database.orders]",
            "[service.spare]\nservice-time = \"1ms\"\n\n[database.orders]"
        ),
        ("rate = \"20/s\"", "rate = \"20000/s\""),
    ]));
}

#[test]
fn plans() {
    let read = "{ get = \"products\" }";
    let cases = [
        "{ git = \"products\" }",
        "{ get = \"orders\" }",
        "{ read = \"products\" }",
        "{ call = \"orders\" }",
        "{ call = \"edge\" }",
        "{ get = \"products\", work = \"1ms\" }",
        "{ get = \"products\", op = \"write\" }",
        "{ timeout = \"1s\" }",
        "{ work = \"1 ms + \" }",
        "{ work = 5 }",
        "{ publish = \"products\" }",
        "{ parallel = [] }",
        "{ parallel = [[{ work = \"1ms\" }]], need = 2 }",
        "{ parallel = [{ work = \"1ms\" }] }",
        "{ choose = [{ weight = 1 }, { do = [] }] }",
        "{ choose = [{ weight = 0, do = [] }] }",
        "\"get products\"",
        "{ wait = \"1ms\", retry = { attempts = 2 } }",
    ];
    insta::assert_snapshot!(table(&cases.map(|to| (read, to))));
}

#[test]
fn traces_and_their_columns() {
    let with_trace = |time: &str, file: &str| {
        let arrivals = format!("arrivals = {{ trace = \"{file}\", time = \"at\" }}");
        with(&[
            ("rate = \"20/s\"", &arrivals),
            ("read-time = \"1ms\"", &format!("read-time = \"{time}\"")),
        ])
    };
    assert_eq!(with_trace("1ms + 1us * Tokens", "good.csv"), "");
    let cases = [
        with_trace("1ms + 1us * Tokns", "good.csv"),
        with_trace("1us * Tokens", "words.csv"),
        with_trace("empirical('bare.txt')", "good.csv"),
        with_trace("mix(0.5: 1us * Tokens, 0.5: 1ms)", "good.csv"),
    ];
    insta::assert_snapshot!(cases.join("\n"));
    assert_eq!(with_trace("empirical('bare.txt', unit=1ms)", "good.csv"), "");
}

/// The problems of the points that are asked for, and of the first of them.
fn asked(text: &str, set: &[&str], vary: &[&str], variants: Option<&[&str]>) -> String {
    let own = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    let (set, vary, names) = (own(set), own(vary), own(variants.unwrap_or_default()));
    let (document, problems) = Document::parse("whole.toml", text.as_bytes(), &Given);
    let document = document.unwrap_or_else(|| panic!("{}", shown(&problems)));
    let variants = if variants.is_some() {
        Variants::Named(&names)
    } else {
        Variants::All
    };
    let (points, mut problems) = document.points(&Choice {
        variants,
        sweep: true,
        vary: &vary,
        set: &set,
    });
    for point in points.iter().flat_map(|p| &p.list) {
        problems.extend(document.scenario(point).1);
    }
    shown(&problems)
}

#[test]
fn overrides_point_to_where_they_were_written() {
    let whole = include_str!("data/whole.toml");
    for good in [
        "service.api.instances=5",
        "service.api.contention.sigma=0.1",
        "slo.latency.p99=1s",
        "service.api.on.read.0.work=lognormal(p50=1ms, p99=2ms)",
        "cache.products.service-time.lognormal.p50=10us",
        "clients.shoppers.mix.read=0.5",
        "name=other",
    ] {
        assert_eq!(asked(whole, &[good], &[], None), "", "{good}");
    }
    let mut out = String::new();
    for bad in [
        "service.api.instances",
        "service.api.instances=",
        "service..instances=1",
        "service=1",
        "service.aip.instances=1",
        "servise.api.instances=1",
        "servers.api.instances=1",
        "cdn.api.edges=1",
        "sweep.x=1",
        "service.api.instances=many",
        "service.api.instanses=1",
        "service.api.instances.most=1",
        "service.api.on.read.7.work=1ms",
        "service.api.on.read.1.work=1ms",
        "clients.shoppers.rate=20",
        "cache.products.service-time.lognormal.p50=10ms",
    ] {
        let problems = asked(whole, &[bad], &[], None);
        assert!(!problems.is_empty(), "{bad}");
        out.push_str(&problems);
        out.push('\n');
    }
    insta::assert_snapshot!(out);
}

#[test]
fn variants_and_sweeps() {
    let with = |more: &str| format!("{}\n{more}\n", include_str!("data/whole.toml"));
    assert_eq!(
        asked(
            &with("[variant.a]\nservice.api.instances = 2\n\"service.api.workers\" = 7"),
            &[],
            &[],
            None
        ),
        ""
    );
    let mut out = String::new();
    for more in [
        "[variant.a]\n\"service.aip.instances\" = 2",
        "[variant.a]\n\"service.api.instances\" = \"two\"",
        "[variant.a]\nservice.api.instanses = 2",
        "[variant]\na = 5",
        "[sweep]\n\"service.api.instances\" = 5",
        "[sweep]\n\"service.api.instances\" = \"1 .. 8\"",
        "[sweep]\n\"service.api.instances\" = []",
        "[sweep]\n\"service.api.instances\" = [1, 0]",
        "[sweep]\n\"service.aip.instances\" = [1, 2]",
        "[sweep]\n\"run.seed\" = \"1 .. 5000 in 5000 steps\"\n\"run.trials\" = [1, 2, 3]",
    ] {
        let problems = asked(&with(more), &[], &[], None);
        assert!(!problems.is_empty(), "{more}");
        out.push_str(&format!("--- {more}\n{problems}\n"));
    }
    out.push_str(&asked(&with("[variant.small]"), &[], &[], Some(&["smal"])));
    out.push_str(&asked(&with(""), &[], &["clients.shoppers.rate=10/s,20ms"], None));
    out.push_str(&asked(&with(""), &[], &["clients.shoppers.rates"], None));
    insta::assert_snapshot!(out);
}

#[test]
fn calls_that_come_back_are_shown() {
    let text = "[run]\nduration = \"1m\"\n[clients.c]\ncalls = \"a\"\nrate = \"1/s\"\n[service.a]\n\
        on.default = [{ call = \"b\" }]\n[service.b]\non.default = [{ parallel = [[{ call = \"lb\" }]] }]\n\
        [balancer.lb]\nforward = \"a\"\n[service.self]\non.default = [{ call = \"self\" }]\n";
    insta::assert_snapshot!(problems("cycle.toml", text.as_bytes()));
}

#[test]
fn json_of_the_same_shape_is_read() {
    let text = "{\"run\": {\"duration\": \"1m\"}, \"clients\": {\"c\": {\"calls\": \"s\", \"rate\": \"1/s\"}},\
                 \"service\": {\"s\": {\"service-time\": {\"exp\": {\"mean\": \"1ms\"}}}}}";
    assert_eq!(problems("small.json", text.as_bytes()), "");
    let text = text.replace("\"1/s\"", "1");
    assert!(problems("small.json", text.as_bytes()).contains("error: clients.c: rate: a rate needs a unit"));
}
