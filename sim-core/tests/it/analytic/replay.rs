//! Replays of recorded requests: no chance, so every nanosecond and every hit has to be right.
//!
//! The recorded traces lie beside the workspace and not in it; where they are absent, a made-up trace with many ties is replayed
//! against the recursions written here, which is done in any case.

use std::io::Read;
use std::path::{Path, PathBuf};

use sim_core::measure::{Histogram, TrialResult};
use sim_core::model::{
    Arrivals, Balancing, Component, Demand, Eviction, Keys, Kind, RateLimit, Station, Step, Term, Trace,
    WarmUp,
};
use sim_core::random::{Law, Stream, StreamName};
use sim_core::simulation::{Condition, simulate};

use crate::build::{balancer, cache, call, checked, clients, description, keyed, service, workers};
use crate::cases::{Case, all, number};
use crate::external::limited;

/// How requests are dealt to `c` workers.
#[derive(Clone, Copy)]
enum Rule {
    /// One queue.
    Fifo,
    /// One queue with room for so many in all.
    Capped(u32),
    /// One queue, which a request leaves that has waited for so long.
    Patient(u64),
    RoundRobin,
    Shortest,
}

/// Arrivals and services, in nanoseconds.
struct Requests {
    times: Vec<u64>,
    services: Vec<u64>,
    trace: Trace,
    demand: Demand,
}

/// Waits of the served, and sojourns; who was refused, or left.
#[derive(Default)]
struct Outcome {
    waits: Vec<u64>,
    sojourns: Vec<u64>,
    refused: u64,
}

/// The recursions: every worker is a time at which it is free (Kiefer and Wolfowitz 1955), every server of its own queue
/// a list of departures (Lindley 1952).
fn reference(requests: &Requests, c: usize, rule: Rule) -> Outcome {
    let mut free = vec![0u64; c];
    let mut leave: Vec<Vec<u64>> = vec![Vec::new(); c];
    let mut out = Outcome::default();
    for (i, (at, service)) in requests.times.iter().zip(&requests.services).enumerate() {
        // Whoever leaves at the instant of an arrival has left.
        leave.iter_mut().for_each(|l| l.retain(|t| t > at));
        let present: usize = leave.iter().map(Vec::len).sum();
        let by = |key: &dyn Fn(usize) -> u64| (0..c).min_by_key(|s| (key(*s), *s)).expect("a server");
        let server = match rule {
            Rule::Capped(most) if present >= most as usize => {
                out.refused += 1;
                continue;
            }
            Rule::Fifo | Rule::Capped(_) | Rule::Patient(_) => by(&|s| free[s]),
            Rule::RoundRobin => i % c,
            Rule::Shortest => by(&|s| leave[s].len() as u64),
        };
        let start = free[server].max(*at);
        if matches!(rule, Rule::Patient(most) if start - at > most) {
            out.refused += 1;
            continue;
        }
        free[server] = start + service;
        leave[server].push(start + service);
        out.waits.push(start - at);
        out.sojourns.push(start + service - at);
    }
    out
}

/// The engine's account of the same: latencies, waits, and how many failed.
fn replay(requests: &Requests, c: u32, rule: Rule) -> (Histogram, Histogram, u64) {
    let steps = vec![Step::Work(requests.demand.clone())];
    let one = |n, station: Station| service("servers", n, station, steps.clone());
    let components: Vec<Component> = match rule {
        Rule::Fifo => vec![one(1, workers(c))],
        Rule::Capped(most) => vec![one(
            1,
            Station {
                queue: Some(most - c),
                ..workers(c)
            },
        )],
        Rule::Patient(most) => {
            let mut servers = one(1, workers(c));
            if let Kind::Service(service) = &mut servers.kind {
                service.patience = Some(Law::constant(most as f64).expect("a time"));
            }
            vec![servers]
        }
        Rule::RoundRobin => vec![one(c, workers(1)), balancer("balancer", 0, Balancing::RoundRobin)],
        Rule::Shortest => vec![
            one(c, workers(1)),
            balancer("balancer", 0, Balancing::LeastOutstanding),
        ],
    };
    let entry = components.len() as u16 - 1;
    let last = requests.times.last().expect("requests");
    let end = last + requests.services.iter().sum::<u64>() + 1;
    let mut d = description(
        end as f64 / 1e9,
        vec![clients(Arrivals::Trace(0), call(entry))],
        components,
    );
    d.warm_up = WarmUp::Auto;
    d.traces = vec![requests.trace.clone()];
    let t: TrialResult = simulate(&checked(d), 1, 0, &Condition::default());
    let (mut sojourns, mut waits) = (Histogram::new(), Histogram::new());
    let windows = &t.clients[0].windows;
    windows.iter().for_each(|w| sojourns.merge(&w.latency));
    let windows = &t.components[0].windows;
    windows.iter().for_each(|w| waits.merge(&w.waiting));
    (sojourns, waits, t.clients[0].whole.failed())
}

fn sum(values: &[u64]) -> u128 {
    values.iter().map(|v| u128::from(*v)).sum()
}

fn check_same(ours: &Histogram, theirs: &[u64], what: &str) {
    assert_eq!(ours.count(), theirs.len() as u64, "{what}: count");
    assert_eq!(ours.sum(), sum(theirs), "{what}: sum");
    assert_eq!(ours.max(), theirs.iter().copied().max(), "{what}: maximum");
    let positive = theirs.iter().filter(|w| **w > 0).count() as u64;
    assert_eq!(ours.count_above(0), positive, "{what}: how many are not zero");
}

/// Times and sizes in multiples of 10 ms, so that departures and arrivals often coincide.
fn made_up() -> Requests {
    const TICK: u64 = 10_000_000;
    let mut stream = Stream::open(5, 0, StreamName::new("made-up"));
    let mut at = 0;
    let mut times = Vec::new();
    let mut sizes = Vec::new();
    for _ in 0..3_000 {
        times.push(at);
        at += stream.below(8) * TICK;
        sizes.push(1 + stream.below(22));
    }
    Requests {
        services: sizes.iter().map(|s| s * TICK).collect(),
        trace: Trace {
            times: times.clone().into(),
            columns: vec![sizes.iter().map(|s| *s as f64).collect()],
        },
        times,
        demand: Demand {
            base: Law::constant(0.0).expect("nothing"),
            terms: vec![term(TICK as f64, 0)],
        },
    }
}

fn term(nanos: f64, column: u16) -> Term {
    Term {
        per_unit: Law::constant(nanos).expect("a time"),
        column,
    }
}

#[test]
fn replays_a_made_up_trace_to_the_nanosecond() {
    let requests = made_up();
    for (c, rule) in [
        (4, Rule::Fifo),
        (3, Rule::Capped(9)),
        (3, Rule::Patient(205_000_000)),
        (4, Rule::RoundRobin),
        (4, Rule::Shortest),
    ] {
        let known = reference(&requests, c as usize, rule);
        let (sojourns, waits, refused) = replay(&requests, c, rule);
        assert_eq!(refused, known.refused);
        check_same(&waits, &known.waits, "waits");
        check_same(&sojourns, &known.sojourns, "sojourns");
    }
}

/// A recorded trace, uncompressed, if it is there.
fn recorded(name: &str) -> Option<String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    let path: PathBuf = workspace.join("../shared/data/traces").join(name);
    let file = std::fs::File::open(path).ok()?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(file)
        .read_to_string(&mut text)
        .ok()?;
    Some(text)
}

/// Nanoseconds since midnight of `2023-11-16 18:17:03.9799600`; the trace doesn't last for a day.
fn time_of_day(stamp: &str) -> u64 {
    let clock = stamp.split(' ').nth(1).expect("a time of day");
    let part = |from: usize| clock[from..from + 2].parse::<u64>().expect("two digits");
    let fraction: u64 = clock[9..].parse().expect("seven digits");
    let seconds = part(0) * 3_600 + part(3) * 60 + part(6);
    seconds * 1_000_000_000 + fraction * 10_u64.pow(9 - (clock.len() as u32 - 9))
}

fn llm_requests(text: &str) -> Requests {
    let rows: Vec<Vec<&str>> = text
        .lines()
        .skip(1)
        .map(|l| l.trim().split(',').collect())
        .collect();
    let zero = time_of_day(rows[0][0]);
    let times: Vec<u64> = rows.iter().map(|r| time_of_day(r[0]) - zero).collect();
    let column = |i: usize| -> Vec<u64> { rows.iter().map(|r| r[i].parse().expect("a count")).collect() };
    let (context, generated) = (column(1), column(2));
    let of = |list: &[u64]| list.iter().map(|v| *v as f64).collect();
    Requests {
        services: context
            .iter()
            .zip(&generated)
            .map(|(c, g)| 20_000_000 + 50_000 * c + 20_000_000 * g)
            .collect(),
        trace: Trace {
            times: times.clone().into(),
            columns: vec![of(&context), of(&generated)],
        },
        times,
        demand: Demand {
            base: Law::constant(20_000_000.0).expect("a time"),
            terms: vec![term(50_000.0, 0), term(20_000_000.0, 1)],
        },
    }
}

/// Holds a histogram to the values of a case that begin with `prefix`: to the digit, quantiles to the width of a bucket.
fn check_known(case: &Case, prefix: &str, of: &Histogram) -> usize {
    let mut checked = 0;
    for (field, known) in case.known() {
        let Some(name) = field.strip_prefix(prefix) else {
            continue;
        };
        let known = known[0];
        let p = |p: f64| of.quantile(p).map_or(f64::NAN, |q| q as f64);
        let (ours, slack) = match name {
            "sum_ns" => (of.sum() as f64, 0.0),
            "max_ns" => (of.max().map_or(f64::NAN, |m| m as f64), 0.0),
            "positive" => (of.count_above(0) as f64, 0.0),
            // Printed with twelve digits.
            "mean_ns" => (of.mean().unwrap_or(f64::NAN), known * 1e-11),
            "p50_ns" => (p(0.5), known / 1024.0),
            "p90_ns" => (p(0.9), known / 1024.0),
            "p99_ns" => (p(0.99), known / 1024.0),
            "p99_9_ns" => (p(0.999), known / 1024.0),
            _ => panic!("{}: {field} is unknown", case.id),
        };
        assert!(
            (ours - known).abs() <= slack,
            "{} {field}: {ours} and not {known}",
            case.id
        );
        checked += 1;
    }
    checked
}

#[test]
fn replays_recorded_requests_to_the_nanosecond() {
    let Some(text) = recorded("azure-llm-2023-code.csv.gz") else {
        println!("skipped: there are no recorded traces beside the workspace");
        return;
    };
    let requests = llm_requests(&text);
    let mut replayed = 0;
    for case in all() {
        let Some(kind) = case.id.strip_prefix("replay-azure-llm-2023-code-") else {
            continue;
        };
        let rule = match kind.split('-').next() {
            Some("fifo") => Rule::Fifo,
            Some("rr") => Rule::RoundRobin,
            Some("jsq") => Rule::Shortest,
            Some("cap") => Rule::Capped(case.count("cap")),
            Some("timeout") => Rule::Patient(number(&case.params, "tau_ns") as u64),
            _ => continue,
        };
        let (sojourns, waits, refused) = replay(&requests, case.count("c"), rule);
        let lost = ["refused", "timed_out"].map(|field| case.expected[field].as_u64());
        if let Some(known) = lost.into_iter().flatten().next() {
            assert_eq!(refused, known, "{}", case.id);
            assert_eq!(
                waits.count() as f64,
                number(&case.expected, "served"),
                "{}",
                case.id
            );
        }
        let wait = match rule {
            Rule::Patient(_) => "wait_of_served_",
            _ => "wait_",
        };
        let values = check_known(&case, wait, &waits) + check_known(&case, "sojourn_", &sojourns);
        assert!(values >= 8, "{}: {values} values", case.id);
        replayed += 1;
    }
    assert_eq!(replayed, 7);
}

/// Calls that a token bucket refuses of those that come at these times.
fn refused(times: &[u64], limit: RateLimit) -> u64 {
    let end = times.last().expect("requests") + 1;
    let mut d = description(
        end as f64 / 1e9,
        vec![clients(Arrivals::Trace(0), call(0))],
        vec![limited(limit)],
    );
    d.warm_up = WarmUp::Auto;
    d.traces = vec![Trace {
        times: times.into(),
        columns: vec![],
    }];
    let t = simulate(&checked(d), 1, 0, &Condition::default());
    t.clients[0].whole.rejected
}

#[test]
fn a_token_bucket_refuses_whom_integers_refuse() {
    const TOKEN: u64 = 1_000_000_000;
    let reference = |times: &[u64], rate: u64, bucket: u64| {
        let (mut level, mut last, mut refused) = (bucket * TOKEN, 0, 0);
        for at in times {
            level = (level + (at - last) * rate).min(bucket * TOKEN);
            last = *at;
            match level.checked_sub(TOKEN) {
                Some(rest) => level = rest,
                None => refused += 1,
            }
        }
        refused
    };
    let limit = |rate: u64, bucket: u64| RateLimit {
        rate: rate as f64,
        burst: bucket as f64,
    };
    let times = made_up().times;
    for (rate, bucket) in [(7, 1), (20, 5), (27, 40)] {
        let known = reference(&times, rate, bucket);
        assert!(known > 0);
        assert_eq!(refused(&times, limit(rate, bucket)), known, "{rate}/s, {bucket}");
    }
    let case = all()
        .into_iter()
        .find(|c| c.id == "replay-azure-llm-2023-code-token-bucket")
        .expect("a case");
    let Some(text) = recorded("azure-llm-2023-code.csv.gz") else {
        println!("skipped: there are no recorded traces beside the workspace");
        return;
    };
    let (rate, bucket) = (
        u64::from(case.count("refill_per_s")),
        u64::from(case.count("bucket")),
    );
    let ours = refused(&llm_requests(&text).times, limit(rate, bucket));
    assert_eq!(ours as f64, number(&case.expected, "rejected"));
}

/// Hits of a replay of keys.
fn hits(keys: &[u64], eviction: Eviction, capacity: u64) -> u64 {
    let cache = cache("cache", eviction, Some(capacity), None);
    let seconds = keys.len() as f64 + 2.0;
    let mut d = keyed(seconds, 1.0, Keys::Recorded(keys.into()), cache);
    d.clients[0].arrivals = Arrivals::Renewal {
        gap: Law::constant(1e9).expect("a gap"),
    };
    d.warm_up = WarmUp::Auto;
    let t = simulate(&checked(d), 1, 0, &Condition::default());
    let counted: u64 = t.components[0].windows.iter().map(|w| w.hits + w.misses).sum();
    assert_eq!(counted, keys.len() as u64, "every key is asked for once");
    t.components[0].windows.iter().map(|w| w.hits).sum()
}

#[test]
fn replays_recorded_keys_to_the_last_hit() {
    let keys = crate::eviction::traces::keys("web07");
    for case in all() {
        if !case.id.starts_with("cache-cache2k-") {
            continue;
        }
        for (field, eviction) in [("hits_lru", Eviction::Lru), ("hits_fifo", Eviction::Fifo)] {
            let ours = hits(&keys, eviction, u64::from(case.count("C")));
            assert_eq!(ours as f64, number(&case.expected, field), "{} {field}", case.id);
        }
    }
}

/// A list of keys against the plainest cache there is: a list in the order of leaving.
#[test]
fn replays_made_up_keys_to_the_last_hit() {
    let mut stream = Stream::open(6, 0, StreamName::new("made-up"));
    let keys: Vec<u64> = (0..5_000)
        .map(|_| stream.below(40).min(stream.below(40)))
        .collect();
    for (eviction, moves) in [(Eviction::Lru, true), (Eviction::Fifo, false)] {
        let mut kept: Vec<u64> = Vec::new();
        let mut known = 0;
        for key in &keys {
            let at = kept.iter().position(|k| k == key);
            known += u64::from(at.is_some());
            if let Some(at) = at.filter(|_| moves) {
                kept.remove(at);
            }
            if at.is_none() || moves {
                kept.push(*key);
            }
            if kept.len() > 12 {
                kept.remove(0);
            }
        }
        assert_eq!(hits(&keys, eviction, 12), known, "{eviction:?}");
    }
}
