//! Locks on rows: a row that everybody changes is a station of its own.

use sim_core::measure::TrialResult;
use sim_core::model::{
    Access, Apply, Arrivals, Call, Clients, ComponentId, Database, Demand, Follow, Kind, Replication,
    Service, Step, Wait,
};
use sim_core::random::Law;
use sim_core::simulation::{Condition, Outages, simulate};

use super::{WRITE, agrees, all, database, down, of, requests, run, s, scripted, story, sum};
use crate::build::{call, checked, component, constant, exponential, race, workers};

/// Writes that take so long and lock their key, on as many workers as they like.
fn rows(write: Law) -> Database {
    Database {
        locks: true,
        write_time: Demand::of(write),
        ..database(0.0, 0.0)
    }
}

/// Trials of Poisson writes of one key.
fn trials(db: &Database, rate: f64, duration: f64) -> Vec<TrialResult> {
    let mut d = of(db.clone(), duration, vec![]);
    let gap = exponential(1.0 / rate);
    all("writers", WRITE, Arrivals::Renewal { gap }, &mut d);
    let model = checked(d);
    (0..20)
        .map(|trial| simulate(&model, 9, trial, &Condition::default()))
        .collect()
}

fn mean_latency(t: &TrialResult) -> f64 {
    s(requests(t, 0).1.mean().expect("writes"))
}

fn mean_lock_wait(t: &TrialResult) -> f64 {
    s(sum(t).lock_wait.mean().expect("writes"))
}

#[test]
fn a_hot_row_is_m_m_1_and_m_d_1_however_many_workers_there_are() {
    // 80 writes a second of 10 ms: 1 / (mu - lambda), of which all but 10 ms is waiting.
    let runs = trials(&rows(exponential(0.01)), 80.0, 2000.0);
    let of = |f: fn(&TrialResult) -> f64| -> Vec<f64> { runs.iter().map(f).collect() };
    agrees(&of(mean_latency), 0.05, 0.01);
    agrees(&of(mean_lock_wait), 0.04, 0.0125);
    // Constant times wait half as long: s + rho s / (2 (1 - rho)).
    let runs = trials(&rows(constant(0.01)), 80.0, 1000.0);
    let latencies: Vec<f64> = runs.iter().map(mean_latency).collect();
    agrees(&latencies, 0.01 + 0.8 * 0.01 / 0.4, 0.01);
    // Without locks nobody waits.
    let free = Database {
        locks: false,
        ..rows(exponential(0.01))
    };
    let latencies: Vec<f64> = trials(&free, 80.0, 100.0).iter().map(mean_latency).collect();
    agrees(&latencies, 0.01, 0.01);
}

#[test]
fn a_row_stays_locked_while_its_write_waits_for_copies() {
    // 2 ms of work and 8 ms until a replica has it: the same M/D/1, of 10 ms.
    let db = Database {
        replicas: 1,
        replication: Replication {
            follow: Follow::Applied(Apply {
                time: constant(0.0),
                appliers: 1,
                transfer: Some(constant(0.008)),
            }),
            wait: Some(Wait {
                copies: 1,
                applied: false,
                timeout: None,
            }),
        },
        ..rows(constant(0.002))
    };
    let latencies: Vec<f64> = trials(&db, 80.0, 1000.0).iter().map(mean_latency).collect();
    agrees(&latencies, 0.03, 0.01);
}

#[test]
fn no_more_is_written_to_a_row_than_one_after_the_other_and_other_rows_have_their_workers_taken() {
    // 150 writes a second to a row that takes 100: the rest waits, with all of the 20 workers.
    let db = Database {
        station: workers(20),
        ..rows(exponential(0.01))
    };
    let mut d = of(db, 200.0, vec![]);
    let writers = |rate: f64| Arrivals::Renewal {
        gap: exponential(1.0 / rate),
    };
    all("hot", WRITE, writers(150.0), &mut d);
    let others: Vec<(f64, u64)> = (0..100)
        .map(|i| (100.0 + f64::from(i) * 0.5, 1000 + i as u64))
        .collect();
    scripted("others", WRITE, &others, &mut d);
    let t = run(d, Outages::None);
    let served = sum(&t).served as f64 / 200.0;
    assert!((served - 100.0).abs() < 3.0, "{served}");
    // A write to another row, which is locked by nobody, waits for a worker for half of the time that has passed.
    let others = requests(&t, 1).1;
    assert!(s(others.value_at_rank(1).expect("others") as f64) > 30.0);
}

#[test]
fn rows_are_locked_one_by_one_in_the_order_of_the_writes_and_reads_wait_for_none() {
    // 1 s each: the second and third of row 7 wait for those before; row 8 and the reads don't.
    let writes = [(1.0, 7), (1.1, 7), (1.2, 7), (1.3, 8)];
    let t = run(story(rows(constant(1.0)), &writes, &[(1.5, 7)]), Outages::None);
    let rounded = |of: usize| -> Vec<f64> {
        let latency = requests(&t, of).1;
        (1..=latency.count())
            .filter_map(|rank| latency.value_at_rank(rank))
            .map(|ns| (s(ns as f64) * 10.0).round() / 10.0)
            .collect()
    };
    assert_eq!(rounded(0), [1.0, 1.0, 1.9, 2.8]);
    assert_eq!(rounded(1), [0.0]);
}

#[test]
fn a_crash_frees_all_rows() {
    // The first has the row, the second waits for it when the instance goes down at 2 s: both are lost, the third finds it free.
    let writes = [(1.0, 7), (1.5, 7), (4.0, 7)];
    let t = run(story(rows(constant(5.0)), &writes, &[]), down(&[(0, 2.0, 3.0)]));
    let (counts, latency) = requests(&t, 0);
    assert_eq!((counts.error, counts.ok), (2, 1));
    assert!((s(latency.max().expect("a write") as f64) - 5.0).abs() < 0.01);
}

#[test]
fn a_write_whose_caller_gives_up_leaves_the_line() {
    // A write of 10 s that nobody waits for longer than 1 s. The first has the row and ends what it began; the second waits for
    // it and goes, so that the third has the row at 10 s.
    let writes = |at: f64| [(at, 7)];
    let mut d = of(rows(constant(10.0)), 100.0, vec![]);
    let write = Step::Call(Call {
        target: ComponentId(0),
        access: Access::Write,
        timeout: None,
        retry: None,
    });
    let patience = Step::Wait(Demand::of(constant(1.0)));
    let impatient = Service {
        instances: 1,
        plans: vec![crate::build::plan(vec![race(
            vec![vec![write], vec![patience]],
            1,
        )])],
        plan_of: vec![Some(0), Some(0)],
        ..Service::default()
    };
    d.components
        .push(component("impatient", Kind::Service(impatient)));
    for (name, at, to) in [("first", 0.0, 1), ("second", 2.0, 1), ("third", 5.0, 0)] {
        scripted(name, WRITE, &writes(at), &mut d);
        if let Some(clients) = d.clients.last_mut() {
            *clients = Clients {
                call: call(to),
                ..clients.clone()
            };
        }
    }
    let t = run(d, Outages::None);
    let latency = |of: usize| s(requests(&t, of).1.max().expect("an answer") as f64).round();
    assert_eq!([0, 1, 2].map(latency), [1.0, 1.0, 15.0]);
}
