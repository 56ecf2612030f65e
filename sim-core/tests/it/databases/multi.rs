//! Several primaries: which writes conflict, what becomes of them, and what makes all writes wait.

use sim_core::measure::TrialResult;
use sim_core::model::{Apply, Arrivals, Database, FlowControl, Follow, MultiPrimary, Replication};
use sim_core::random::Law;
use sim_core::simulation::{Condition, Outages, simulate};

use super::{WRITE, agrees, all, database, down, of, requests, run, s, story, sum};
use crate::build::{checked, constant, exponential};

/// A line that never gets long enough to pause anybody.
const LONG: FlowControl = FlowControl {
    pause_above: 1_000_000,
    resume_at: 1_000_000,
};

/// So many instances that apply the others' writes in so long, `appliers` at once.
fn primaries(instances: u32, work: f64, (apply, appliers): (f64, u32), multi: MultiPrimary) -> Database {
    Database {
        replicas: instances - 1,
        replication: Replication {
            follow: Follow::Applied(Apply {
                time: constant(apply),
                appliers,
                transfer: None,
            }),
            wait: None,
        },
        multi: Some(Box::new(multi)),
        ..database(0.0, work)
    }
}

fn certified(flow: FlowControl, stall: Option<Law>) -> MultiPrimary {
    MultiPrimary::Certified {
        broadcast: Some(constant(0.01)),
        flow,
        stall,
    }
}

/// A share of the writes of each of 20 trials with Poisson writes of one key.
fn shares(db: &Database, rate: f64, of_trial: fn(&TrialResult) -> u64) -> Vec<f64> {
    let mut d = of(db.clone(), 4000.0, vec![]);
    let gap = exponential(1.0 / rate);
    all("writers", WRITE, Arrivals::Renewal { gap }, &mut d);
    let model = checked(d);
    (0..20)
        .map(|trial| simulate(&model, 9, trial, &Condition::default()))
        .map(|t| of_trial(&t) as f64 / sum(&t).writes as f64)
        .collect()
}

#[test]
fn the_last_writer_takes_the_place_of_what_it_has_not_seen() {
    // A write is lost if the next one comes before it is seen, and to another instance.
    let (rate, lag) = (10.0, 0.05);
    for instances in [2, 3, 5] {
        let db = primaries(instances, 0.0, (lag, 1000), MultiPrimary::LastWriterWins);
        let n = f64::from(instances);
        let exact = (n - 1.0) / n * (1.0 - (-rate * lag).exp());
        agrees(&shares(&db, rate, |t| sum(t).lost_writes), exact, 0.005);
        assert_eq!(shares(&db, rate, |t| requests(t, 0).0.error), [0.0; 20]);
    }
}

#[test]
fn the_first_committer_wins_as_often_as_a_renewal_process_says() {
    // For L = work + broadcast + apply after a write of an instance that wins, those of the others fail, and its own win and renew
    // that. So a cycle is a time 1 / rate in which nobody fails, and a busy period of M/D/infinity with the instance's own part of the
    // rate, (e^x - 1) / (rate / n) with x = rate L / n; the others' share of its writes fails.
    let (rate, lasts) = (20.0, 0.01 + 0.01 + 0.02);
    for instances in [2, 3, 5] {
        let db = primaries(instances, 0.01, (0.02, 1000), certified(LONG, None));
        let n = f64::from(instances);
        let busy = (rate * lasts / n).exp() - 1.0;
        let exact = (n - 1.0) * busy / (1.0 + n * busy);
        agrees(&shares(&db, rate, |t| sum(t).conflicts), exact, 0.005);
        assert_eq!(shares(&db, rate, |t| sum(t).lost_writes), [0.0; 20]);
    }
}

#[test]
fn writes_of_other_keys_and_those_that_are_far_apart_do_not_conflict() {
    let errors = |gap: f64, keys: u64| {
        let db = primaries(2, 1.0, (0.5, 1), certified(LONG, None));
        let writes: Vec<(f64, u64)> = (0..40).map(|i| (i as f64 * gap, i % keys)).collect();
        requests(&run(story(db, &writes, &[]), Outages::None), 0).0.error
    };
    assert_eq!(errors(0.6, 40), 0);
    // Work, broadcast and applying take 1.51 s.
    assert_eq!(errors(1.52, 1), 0);
    assert!(errors(1.4, 1) > 5);
}

#[test]
fn too_much_to_apply_pauses_all_writes() {
    // 20 writes a second, of which each instance applies the other's half in 0.2 s each: without flow control it falls behind.
    let slow = |flow| {
        let db = primaries(2, 0.0, (0.2, 1), certified(flow, None));
        let writes: Vec<(f64, u64)> = (0..400).map(|i| (f64::from(i) * 0.05, i as u64)).collect();
        let t = run(story(db, &writes, &[]), Outages::None);
        assert_eq!(requests(&t, 0).0.ok, 400);
        let latency = requests(&t, 0).1.max().expect("writes");
        (s(sum(&t).lag.max().expect("writes") as f64), s(latency as f64))
    };
    let (lag, latency) = slow(LONG);
    assert!(lag > 15.0 && latency < 0.02, "{lag} {latency}");
    // With it there are never more than five in line, and callers wait instead.
    let (lag, latency) = slow(FlowControl {
        pause_above: 4,
        resume_at: 2,
    });
    assert!(lag <= 5.0 * 0.2 + 1e-3 && latency > 15.0, "{lag} {latency}");
}

#[test]
fn a_lost_member_stalls_writes_and_who_has_no_majority_answers_nobody() {
    // Ten writes a second for 100 s; each loss takes 1 s to be agreed on.
    let failed = |instances, losses: &[(u32, f64, f64)]| {
        let db = primaries(instances, 0.0, (0.0, 1), certified(LONG, Some(constant(1.0))));
        let writes: Vec<(f64, u64)> = (0..1000).map(|i| (f64::from(i) * 0.1 + 0.03, i as u64)).collect();
        let t = run(story(db, &writes, &[]), down(losses));
        let (counts, latency) = requests(&t, 0);
        (counts.error, s(latency.max().expect("writes") as f64))
    };
    let forever = 2000.0;
    let (errors, longest) = failed(3, &[(0, 10.0, 25.0)]);
    assert!(errors == 0 && (longest - 0.98).abs() < 0.01, "{errors} {longest}");
    // One of two is no majority: what comes from 10 s on is answered with an error until the other is back at 25 s.
    assert_eq!(failed(2, &[(0, 10.0, 25.0)]).0, 150);
    // Of five that go one by one two are left that were a majority of three; one of two isn't.
    let one_by_one = [(0, 10.0, forever), (1, 30.0, forever), (2, 50.0, forever)];
    assert_eq!(failed(5, &one_by_one).0, 0);
    let one_more = [&one_by_one[..], &[(3, 70.0, forever)]].concat();
    assert_eq!(failed(5, &one_more).0, 300);
    // Of five that lose three at once two are a minority.
    let at_once = [(0, 50.0, forever), (1, 50.0, forever), (2, 50.0, forever)];
    assert_eq!(failed(5, &at_once).0, 500);
}
