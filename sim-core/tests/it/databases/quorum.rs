//! Quorums against what PBS computes, and what happens to them when replicas are down.
//!
//! Rows of `quorum_pbs.json`: 4 million samples of a write and a read that follows its answer after a time.

use std::sync::LazyLock;

use serde_json::Value;
use sim_core::model::{Access, Call, Database, Demand, Kind, Quorum, Station};
use sim_core::random::{Law, StreamName};
use sim_core::simulation::{Condition, simulate};

use super::{WRITE, down, requests, run, story, sum};
use crate::build::{checked, component, constant, description, poisson, service_of, wait, zipf};
use crate::cases::number;
use sim_core::model::{ComponentId, KeySpace, Step};

static ROWS: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../data/quorum_pbs.json")).expect("rows"));

/// Requests of one row and one time between write and read.
const SAMPLES: f64 = 80_000.0;

fn ms(law: Result<Law, sim_core::random::LawError>) -> Law {
    law.expect("a law")
}

/// A share of Pareto(xm, alpha), else exponential with this rate per ms.
fn fit(share: f64, xm: f64, alpha: f64, rate: f64) -> Law {
    // So far out that nobody ever gets there: an hour.
    let pareto = ms(Law::bounded_pareto(xm * 1e6, alpha, 3.6e12));
    let exponential = ms(Law::exponential(1e6 / rate));
    ms(Law::mixture(vec![(share, pareto), (1.0 - share, exponential)]))
}

/// The laws of a write's way, and of the three other ways.
fn fits(model: &str) -> [Law; 2] {
    let ssd = fit(0.9122, 0.235, 10.0, 1.66);
    match model {
        "LNKD-SSD" => [ssd.clone(), ssd],
        "LNKD-DISK" => [fit(0.38, 1.05, 1.51, 0.183), ssd],
        "YMMR" => [fit(0.939, 3.0, 3.35, 0.0028), fit(0.982, 1.5, 3.8, 0.0217)],
        other => panic!("no fit is called {other}"),
    }
}

fn quorum(n: u32, read: u16, write: u16, times: [Law; 2], reply: Option<Law>) -> Database {
    let [of_write, of_read] = times.map(Demand::of);
    Database {
        replicas: n - 1,
        station: Station::default(),
        quorum: Some(Box::new(Quorum { read, write, reply })),
        ..Database::of(of_read, of_write)
    }
}

/// The share of consistent reads `t` seconds after a write's answer.
fn consistent(row: &Value, t: f64) -> f64 {
    let [of_write, other] = fits(row["model"].as_str().expect("a model"));
    let [n, r, w] = ["N", "R", "W"].map(|key| number(row, key));
    let db = quorum(
        n as u32,
        r as u16,
        w as u16,
        [of_write, other.clone()],
        Some(other),
    );
    let asks = |access| {
        Step::Call(Call {
            target: ComponentId(1),
            access,
            timeout: None,
            retry: None,
        })
    };
    let steps = vec![asks(Access::Write), wait(constant(t)), asks(Access::Read)];
    let service = service_of("caller", 1, Station::default(), vec![Some(steps)]);
    let mut clients = poisson(SAMPLES / 100.0, 0);
    clients.keys = Some(0);
    let mut d = description(
        111.0,
        vec![clients],
        vec![service, component("store", Kind::Database(db))],
    );
    // So many keys that two requests hardly ever meet.
    d.key_spaces.push(KeySpace {
        name: StreamName::new("keys"),
        keys: zipf(1 << 40, 0.0),
    });
    let trial = simulate(&checked(d), 42, 0, &Condition::default());
    let all = trial.components[1].windows.iter();
    let (stale, reads) = all.fold((0, 0), |sum, w| (sum.0 + w.stale_reads, sum.1 + w.reads));
    assert!(reads as f64 > 0.9 * SAMPLES, "{reads}");
    1.0 - stale as f64 / reads as f64
}

#[test]
fn reads_are_as_consistent_as_pbs_computes() {
    let (mut rows, mut far) = (0, 0);
    for row in ROWS["results"].as_array().expect("rows") {
        for (key, t) in [("t0", 0.0), ("t1ms", 1e-3), ("t10ms", 10e-3)] {
            let expect = number(&row["p_consistent"], key);
            let found = consistent(row, t);
            // Four million samples there, fewer here, and five digits.
            let error = (expect * (1.0 - expect) * (1.0 / SAMPLES + 1.0 / 4e6))
                .sqrt()
                .max(5e-6);
            let z = (found - expect) / error;
            let name = &row["model"];
            assert!(
                z.abs() < 4.0,
                "{name} N={} R={} W={} {key}: {found} instead of {expect}",
                row["N"],
                row["R"],
                row["W"]
            );
            rows += 1;
            far += usize::from(z.abs() > 2.0);
        }
    }
    assert!(
        rows == 36 && far <= 4,
        "{far} of {rows} are more than two standard errors off"
    );
}

#[test]
fn a_call_takes_as_long_as_the_kth_reply() {
    for row in ROWS["results"].as_array().expect("rows") {
        let [of_write, other] = fits(row["model"].as_str().expect("a model"));
        let [n, r, w] = ["N", "R", "W"].map(|key| number(row, key));
        for (op, what) in [(super::READ, "read"), (WRITE, "write")] {
            let db = quorum(
                n as u32,
                r as u16,
                w as u16,
                [of_write.clone(), other.clone()],
                Some(other.clone()),
            );
            let mut d = super::of(db, 111.0, vec![]);
            super::all("callers", op, poisson(2000.0, 0).arrivals, &mut d);
            let t = simulate(&checked(d), 7, 0, &Condition::default());
            let latency = requests(&t, 0).1;
            let close = |p: f64, key: &str, within: f64| {
                let expect = number(row, &format!("{what}_latency_{key}_ms"));
                let found = latency.quantile(p).expect("calls") as f64 / 1e6;
                assert!(
                    (found / expect - 1.0).abs() < within,
                    "{row}: {what} {key} {found}"
                );
            };
            close(0.5, "median", 0.03);
            // 200 calls are beyond it here: more than the file's 5 % where the tail is that of YMMR's writes.
            close(
                0.999,
                "99_9",
                if expect_is_heavy(row, what) { 0.12 } else { 0.05 },
            );
        }
    }
}

/// Whether the tail is that of an exponential 50 times as slow as the rest.
fn expect_is_heavy(row: &Value, what: &str) -> bool {
    row["model"] == "YMMR" || row["model"] == "LNKD-DISK" && what == "write"
}

#[test]
fn strict_quorums_see_every_write_and_partial_ones_do_not() {
    for case in ROWS["strict_quorum"].as_array().expect("cases") {
        let [n, r, w] = ["N", "R", "W"].map(|key| number(case, key));
        let row = serde_json::json!({ "model": "LNKD-DISK", "N": n, "R": r, "W": w });
        let overlaps = case["expect_overlap"].as_bool().expect("a verdict");
        assert_eq!(consistent(&row, 0.0) == 1.0, overlaps, "{case}");
    }
}

#[test]
fn replicas_that_are_down_are_missed_and_then_told_what_they_missed() {
    let half = |read, write| quorum(3, read, write, [constant(0.1), constant(0.1)], None);
    // With one of three down two replies are still there, and three are not.
    let writes = [(1.0, 7), (20.0, 7)];
    let reads = [(0.5, 7), (12.0, 7), (31.0, 7)];
    let t = |db: Database| run(story(db, &writes, &reads), down(&[(2, 10.0, 30.0)]));
    let (two, three) = (t(half(2, 2)), t(half(3, 3)));
    assert_eq!((requests(&two, 0).0.error, requests(&two, 1).0.error), (0, 0));
    assert_eq!((requests(&three, 0).0.error, requests(&three, 1).0.error), (1, 1));
    // Any of them may answer at 31 s: the one that was down knows by then.
    let one = t(half(1, 1));
    assert_eq!((sum(&one).stale_reads, sum(&one).reads), (0, 3));
    let all_down = run(
        story(half(1, 1), &writes, &[]),
        down(&[(0, 0.5, 2.0), (1, 0.5, 2.0), (2, 0.5, 2.0)]),
    );
    assert_eq!(requests(&all_down, 0).0.unreachable, 1);
}

#[test]
fn a_reply_that_comes_while_the_answer_is_on_its_way_changes_nothing() {
    // Replies come after 0 s and 1 s from the coordinator's zone and the other, and the answer takes 1 s to another zone.
    let db = quorum(2, 1, 1, [constant(0.1), constant(0.1)], None);
    let mut store = component("store", Kind::Database(db));
    store.zones = 2;
    let steps = vec![Step::Call(Call {
        target: ComponentId(1),
        access: Access::Write,
        timeout: None,
        retry: None,
    })];
    let caller = service_of("caller", 1, Station::default(), vec![Some(steps)]);
    let mut d = description(200.0, vec![poisson(1.0, 0)], vec![caller, store]);
    d.network.cross_zone = Some(constant(0.5));
    let trial = simulate(&checked(d), 1, 0, &Condition::default());
    let counts = trial.clients[0].whole;
    assert_eq!(counts.failed(), 0);
    assert!(counts.ok > 150, "{counts:?}");
}
