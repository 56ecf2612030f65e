//! Databases, request by request and against theory.

mod failover;
mod locks;
mod multi;
mod pbs;
mod quorum;
mod replication;

use sim_core::measure::{ComponentWindow, Counts, Histogram, TrialResult};
use sim_core::model::{
    Arrivals, Clients, ComponentId, Database, Demand, Description, KeySpace, Keys, Kind, OpId, Trace, WarmUp,
};
use sim_core::random::StreamName;
use sim_core::simulation::{Condition, Outage, Outages, simulate};
use sim_core::time::{SimDuration, SimTime};

use crate::build::{call, checked, clients, component, constant, description, zipf};

const READ: OpId = OpId(0);
const WRITE: OpId = OpId(1);

fn seconds(s: f64) -> SimDuration {
    SimDuration::from_secs_f64(s)
}

/// A database that takes so many seconds for a read and for a write.
fn database(read: f64, write: f64) -> Database {
    let [read, write] = [read, write].map(|time| Demand::of(constant(time)));
    Database::of(read, write)
}

fn of(database: Database, duration: f64, clients: Vec<Clients>) -> Description {
    let component = component("database", Kind::Database(database));
    let mut d = description(duration, clients, vec![component]);
    d.operations_that_write = vec![false, true];
    d
}

/// Clients of the only component that all do one thing, with the key 0.
fn all(name: &str, op: OpId, arrivals: Arrivals, d: &mut Description) {
    if d.key_spaces.is_empty() {
        d.key_spaces.push(KeySpace {
            name: StreamName::new("one"),
            keys: zipf(1, 1.0),
        });
    }
    d.clients.push(Clients {
        name: StreamName::new(name),
        mix: vec![(op, 1.0)],
        keys: Some(0),
        ..clients(arrivals, call(0))
    });
}

/// Requests at given seconds for given keys, as clients with a trace of their own.
fn scripted(name: &str, op: OpId, asks: &[(f64, u64)], d: &mut Description) {
    d.warm_up = WarmUp::Auto;
    let keys: Vec<u64> = asks.iter().map(|a| a.1).collect();
    d.key_spaces.push(KeySpace {
        name: StreamName::new(name).purpose("keys"),
        keys: Keys::Recorded(keys.into()),
    });
    d.traces.push(Trace {
        times: asks.iter().map(|a| seconds(a.0).as_nanos()).collect(),
        columns: vec![],
    });
    d.clients.push(Clients {
        name: StreamName::new(name),
        mix: vec![(op, 1.0)],
        keys: Some(d.key_spaces.len() - 1),
        ..clients(Arrivals::Trace(d.traces.len() - 1), call(0))
    });
}

/// Writes and then reads at given seconds for given keys.
fn story(database: Database, writes: &[(f64, u64)], reads: &[(f64, u64)]) -> Description {
    let mut d = of(database, 1000.0, vec![]);
    scripted("writers", WRITE, writes, &mut d);
    scripted("readers", READ, reads, &mut d);
    d
}

fn run(d: Description, outages: Outages) -> TrialResult {
    let condition = Condition {
        outages,
        ..Condition::default()
    };
    simulate(&checked(d), 1, 0, &condition)
}

/// Instances that are down between two moments.
fn down(times: &[(u32, f64, f64)]) -> Outages {
    let outage = |(instance, from, until): &(u32, f64, f64)| Outage {
        component: ComponentId(0),
        instance: *instance,
        from: SimTime::from_secs_f64(*from),
        until: SimTime::from_secs_f64(*until),
    };
    Outages::Given(times.iter().map(outage).collect())
}

/// What the database did in the measured part.
fn sum(t: &TrialResult) -> ComponentWindow {
    let mut all = ComponentWindow::default();
    t.components[0].windows.iter().for_each(|w| all.add(w));
    all
}

/// What became of the requests of clients, and their latency.
fn requests(t: &TrialResult, of: usize) -> (Counts, Histogram) {
    let mut latency = Histogram::new();
    t.clients[of]
        .windows
        .iter()
        .for_each(|w| latency.merge(&w.latency));
    (t.clients[of].whole, latency)
}

/// Seconds of nanoseconds.
fn s(ns: f64) -> f64 {
    ns / 1e9
}

/// Asserts that the mean of independent trials is within 3.5 standard errors of `exact`, and those within `within` of it.
fn agrees(values: &[f64], exact: f64, within: f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let error = (variance / n).sqrt();
    assert!(error <= within * exact, "too vague: {error} of {exact}");
    assert!(
        (mean - exact).abs() <= 3.5 * error,
        "{mean} instead of {exact}, standard error {error}"
    );
}
