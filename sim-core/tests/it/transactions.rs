//! Transactions over shards: what their rounds take, who waits for whom, and what others see in between.

use sim_core::measure::{Histogram, TrialResult};
use sim_core::model::{
    Clients, ComponentId, Database, Demand, Description, FaultKind, KeySpace, Keys, Kind, OpId, Protocol,
    ScheduledFault, Sharding, Shards, Transactions,
};
use sim_core::random::{Law, StreamName};
use sim_core::simulation::{Condition, simulate};
use sim_core::time::{SimDuration, SimTime};

use crate::build::{checked, component, constant, description, exponential, poisson, zipf};

const READ: OpId = OpId(0);
const WRITE: OpId = OpId(1);
const TRANSACTION: OpId = OpId(2);
const TWO_PHASES: Protocol = Protocol::TwoPhaseCommit {
    log: SimDuration::from_nanos(1_000_000),
};

fn seconds(s: f64) -> SimDuration {
    SimDuration::from_secs_f64(s)
}

/// Clients that do one thing so often a second.
fn doing(op: OpId, name: &str, rate: f64) -> Clients {
    Clients {
        name: StreamName::new(name),
        mix: vec![(op, 1.0)],
        keys: Some(0),
        ..poisson(rate, 0)
    }
}

/// Four shards without a limit of workers.
fn system(clients: Vec<Clients>, keys: Keys, write: Law, transactions: Transactions) -> Description {
    let way = Kind::Shards(Shards {
        shards: (1..=4).map(ComponentId).collect(),
        used: 4,
        sharding: Sharding::Modulo,
        keys: Some(0),
        scatters: vec![false; 3],
        reshard: None,
        transactions: Some(transactions),
    });
    let shard = |i: u16| {
        let kind = Kind::Database(Database::of(
            Demand::of(constant(0.002)),
            Demand::of(write.clone()),
        ));
        component(&format!("shard {i}"), kind)
    };
    let mut components = vec![component("way", way)];
    components.extend((1..=4).map(shard));
    let mut d = description(400.0, clients, components);
    d.operations_that_write = vec![false, true, true];
    d.key_spaces = vec![KeySpace {
        name: StreamName::new("keys"),
        keys,
    }];
    d
}

fn of(protocol: Protocol, keys: u32, refused: f64) -> Transactions {
    Transactions {
        operations: vec![TRANSACTION],
        keys,
        refused,
        protocol,
    }
}

fn run(d: Description, trial: u64) -> TrialResult {
    simulate(&checked(d), 17, trial, &Condition::default())
}

fn latency(found: &TrialResult, clients: usize) -> Histogram {
    let mut all = Histogram::new();
    found.clients[clients]
        .windows
        .iter()
        .for_each(|w| all.merge(&w.latency));
    all
}

fn quantile(of: &Histogram, p: f64) -> f64 {
    of.quantile(p).expect("data") as f64 / 1e9
}

fn mean(of: &Histogram) -> f64 {
    of.mean().expect("data") / 1e9
}

#[test]
fn a_transaction_takes_its_rounds() {
    let found = |protocol| {
        let clients = vec![doing(TRANSACTION, "movers", 20.0)];
        run(
            system(
                clients,
                zipf(1_000_000, 0.0),
                constant(0.005),
                of(protocol, 2, 0.0),
            ),
            0,
        )
    };
    // Two forced writes and the coordinator's own; three keys of four are on two shards, the others need one write.
    let two_phases = latency(&found(TWO_PHASES), 0);
    assert!((quantile(&two_phases, 0.1) - 0.005).abs() < 1e-5);
    assert!((quantile(&two_phases, 0.9) - 0.011).abs() < 2e-5);
    let share = (mean(&two_phases) - 0.005) / 0.006;
    // Four standard errors of a share of 7,200.
    assert!((share - 0.75).abs() < 0.021, "{share}");
    // One write after the other.
    let saga = latency(&found(Protocol::Saga), 0);
    assert!((quantile(&saga, 0.1) - 0.010).abs() < 2e-5 && (quantile(&saga, 0.9) - 0.010).abs() < 2e-5);
}

#[test]
fn changes_of_one_key_wait_for_each_other_as_for_one_worker() {
    let (mut sum, mut count) = (0.0, 0.0);
    for trial in 0..10 {
        let clients = vec![doing(WRITE, "writers", 25.0)];
        let found = run(
            system(clients, zipf(1, 0.0), exponential(0.02), of(TWO_PHASES, 2, 0.0)),
            trial,
        );
        let all = latency(&found, 0);
        sum += mean(&all) * all.count() as f64;
        count += all.count() as f64;
    }
    // M/M/1 at 0.5: 40 ms. 90,000 sojourn times with a deviation of 40 ms, as good as some 10,000 independent ones.
    assert!((sum / count - 0.04).abs() < 0.0016, "{}", sum / count);
}

#[test]
fn a_saga_undoes_what_it_did_before_a_refusal_and_two_phases_do_not() {
    let writes = |protocol| {
        let clients = vec![doing(TRANSACTION, "movers", 20.0)];
        let found = run(
            system(
                clients,
                zipf(1_000_000, 0.0),
                constant(0.005),
                of(protocol, 3, 0.2),
            ),
            0,
        );
        let whole = found.clients[0].whole;
        assert_eq!(whole.failed(), 0, "a refusal is an answer");
        let asked: u64 = found.components[1..]
            .iter()
            .flat_map(|c| &c.windows)
            .map(|w| w.arrived)
            .sum();
        let offered: u64 = found.clients[0].windows.iter().map(|w| w.counts.offered).sum();
        asked as f64 / offered as f64
    };
    // Refused at the k-th change (0.2 * 0.8^(k-1)): k - 1 changes, each undone; else three changes.
    let known = 0.16 * 2.0 + 0.128 * 4.0 + 0.512 * 3.0;
    let saga = writes(Protocol::Saga);
    // A deviation of 1.2 over 7,200: four standard errors.
    assert!((saga - known).abs() < 0.06, "{saga} and {known}");
    // All prepare, whatever they will say, and half of them commit; one in 16 is on one shard, where nothing is prepared.
    let spread = 1.0 - 1.0 / 16.0;
    let known = spread * (3.0 + 0.512 * 3.0) + 0.512 / 16.0;
    let two_phases = writes(TWO_PHASES);
    assert!((two_phases - known).abs() < 0.08, "{two_phases} and {known}");
}

#[test]
fn others_wait_for_two_phases_and_see_what_a_saga_may_undo() {
    let found = |protocol| {
        let clients = vec![doing(TRANSACTION, "movers", 20.0), doing(READ, "readers", 100.0)];
        run(
            system(clients, zipf(20, 0.0), constant(0.02), of(protocol, 2, 0.1)),
            0,
        )
    };
    let seen = |r: &TrialResult| r.components[0].windows.iter().map(|w| w.open_reads).sum::<u64>() as f64;
    let (two_phases, saga) = (found(TWO_PHASES), found(Protocol::Saga));
    assert_eq!(seen(&two_phases), 0.0);
    // Nine of ten make their first change, which is one of 20 keys, and take 20 ms more to go on or back, 20 times a second. With
    // 650 such reads, four standard errors are 0.0028; waiting for each other adds little.
    let share = seen(&saga) / latency(&saga, 1).count() as f64;
    assert!((share - 0.018).abs() < 0.003, "{share}");
    assert!(
        (quantile(&latency(&saga, 1), 0.999) - 0.002).abs() < 1e-5,
        "nobody waits"
    );
    let waited = quantile(&latency(&two_phases, 1), 0.99);
    assert!(waited > 0.02, "{waited}");
}

#[test]
fn without_the_coordinator_those_who_prepared_are_blocked_until_it_is_back() {
    let found = |protocol| {
        let clients = vec![doing(TRANSACTION, "movers", 50.0), doing(WRITE, "writers", 50.0)];
        let mut d = system(clients, zipf(1000, 0.8), constant(0.02), of(protocol, 2, 0.0));
        d.faults = vec![ScheduledFault {
            at: SimTime::ZERO + seconds(100.0),
            duration: seconds(30.0),
            kind: FaultKind::CoordinatorCrash(ComponentId(0)),
        }];
        run(d, 0)
    };
    let two_phases = found(TWO_PHASES);
    let longest = |r: &TrialResult| quantile(&latency(r, 1), 1.0);
    // Who wants a key of a transaction that had prepared waits for the rest of the 30 seconds; everybody else goes on.
    assert!(
        (20.0..30.5).contains(&longest(&two_phases)),
        "{}",
        longest(&two_phases)
    );
    assert!(quantile(&latency(&two_phases, 1), 0.95) < 1.0);
    assert_eq!(two_phases.clients[1].whole.failed(), 0);
    let saga = found(Protocol::Saga);
    assert!(longest(&saga) < 1.0, "{}", longest(&saga));
    for of in [&two_phases, &saga] {
        // 30 of 400 seconds, and those that were under way.
        let movers = of.clients[0].whole;
        let share = movers.failed() as f64 / movers.offered as f64;
        assert!((share - 0.075).abs() < 0.008, "{share}");
        assert!(movers.in_flight() < 20 && of.clients[1].whole.in_flight() < 20);
    }
}

#[test]
fn no_lock_is_left_behind_by_those_who_die_with_their_coordinator() {
    for protocol in [TWO_PHASES, Protocol::Saga] {
        let clients = vec![doing(TRANSACTION, "movers", 15.0), doing(WRITE, "writers", 30.0)];
        // So few keys that somebody waits for somebody most of the time.
        let mut d = system(clients, zipf(4, 0.0), constant(0.02), of(protocol, 2, 0.0));
        d.faults = (1..=20)
            .map(|i| ScheduledFault {
                at: SimTime::ZERO + seconds(15.0 * f64::from(i)),
                duration: seconds(1.0),
                kind: FaultKind::CoordinatorCrash(ComponentId(0)),
            })
            .collect();
        let found = run(d, 0);
        assert_eq!(found.clients[1].whole.failed(), 0);
        for clients in &found.clients {
            assert!(clients.whole.in_flight() < 10, "{:?}", clients.whole);
        }
    }
}
