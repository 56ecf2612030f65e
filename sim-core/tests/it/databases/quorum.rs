//! Quorums against what PBS computes, and what happens to them when replicas are down.
//!
//! The exact numbers are those of [`super::pbs`], which holds them to the rows of `quorum_pbs.json`.

use sim_core::model::{Access, Call, Database, Demand, Kind, Quorum, Station};
use sim_core::random::{Law, LawError, StreamName};
use sim_core::simulation::{Condition, simulate};

use super::pbs::{self, Fit};
use super::{WRITE, down, requests, run, story, sum};
use crate::build::{checked, component, constant, description, poisson, service_of, wait, zipf};
use sim_core::model::{ComponentId, KeySpace, Step};

/// Requests of one row and one time between write and read.
const SAMPLES: f64 = 80_000.0;

fn law(fit: &Fit) -> Law {
    let law = |law: Result<Law, LawError>| law.expect("a law");
    // So far out that nobody ever gets there: an hour.
    let pareto = law(Law::bounded_pareto(fit.min * 1e6, fit.alpha, 3.6e12));
    let exponential = law(Law::exponential(1e6 / fit.rate));
    law(Law::mixture(vec![
        (fit.share, pareto),
        (1.0 - fit.share, exponential),
    ]))
}

/// A store whose copies take as long as these ways say.
fn fitted([n, r, w]: [u32; 3], [of_write, other]: [Fit; 2]) -> Database {
    let (write, back) = (law(&of_write), law(&other));
    quorum(n, r as u16, w as u16, [write, back.clone()], Some(back))
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

/// The share of stale reads `t` seconds after a write's answer.
fn stale(copies: [u32; 3], fits: [Fit; 2], t: f64) -> f64 {
    let db = fitted(copies, fits);
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
    stale as f64 / reads as f64
}

#[test]
fn reads_are_as_consistent_as_pbs_computes() {
    let (mut rows, mut far) = (0, 0);
    for row in pbs::rows() {
        let (copies, fits) = (row.copies, row.fits);
        let times = [0.0, 1.0, 10.0];
        for (t, exact) in times.into_iter().zip(pbs::stale(copies, &fits, times)) {
            let found = stale(copies, fits, t * 1e-3);
            // Never stale is never, and not nearly.
            let error = (exact * (1.0 - exact) / SAMPLES).sqrt().max(1e-9);
            let z = (found - exact) / error;
            assert!(z.abs() < 3.5, "{row}, {t} ms: {found} instead of {exact}");
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
    let (mut rows, mut far) = (0, 0);
    for row in pbs::rows() {
        let ([n, r, w], [of_write, other]) = (row.copies, row.fits);
        for (op, k, there) in [(super::READ, r, other), (WRITE, w, of_write)] {
            let mut d = super::of(fitted(row.copies, row.fits), 111.0, vec![]);
            super::all("callers", op, poisson(4000.0, 0).arrivals, &mut d);
            let t = simulate(&checked(d), 7, 0, &Condition::default());
            let latency = requests(&t, 0).1;
            for p in [0.5, 0.999] {
                let exact = pbs::kth_quantile([n, k], &there, &other, p);
                // As many are beyond it as chance says: at p99.9 400 of 400,000, 5 % more or less. A bucket is a 1024th wide.
                let n = latency.count() as f64;
                let beyond = |x: f64| latency.count_above((x * 1e6) as u64) as f64 / n;
                let [most, least] = [-1.0, 1.0].map(|d| beyond(exact * (1.0 + d / 1024.0)));
                let z = (1.0 - p - (1.0 - p).clamp(least, most)) / (p * (1.0 - p) / n).sqrt();
                assert!(n > 390_000.0 && z.abs() < 3.5, "{row}, {k} of {n}, {p}: {z}");
                rows += 1;
                far += usize::from(z.abs() > 2.0);
            }
        }
    }
    assert!(
        rows == 48 && far <= 6,
        "{far} of {rows} are more than two standard errors off"
    );
}

#[test]
fn strict_quorums_see_every_write_and_partial_ones_do_not() {
    for case in pbs::FILE["strict_quorum"].as_array().expect("cases") {
        let overlaps = case["expect_overlap"].as_bool().expect("a verdict");
        let share = stale(pbs::copies(case), pbs::fits("LNKD-DISK"), 0.0);
        assert_eq!(share == 0.0, overlaps, "{case}");
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
