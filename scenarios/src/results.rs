//! What an experiment found: for every point the clients', components', cost's and objective's figures with intervals.
//!
//! Names stand here again, beside the figures that the engine measured without them. Times are in seconds, money in USD,
//! ratios are fractions; every figure is an [`Estimate`], which has no value where the data can't support one.

use sim_core::stats::Estimate;

use crate::timeline::{Course, Timeline};

/// Everything that a run, a sweep or a comparison found.
#[derive(Clone, Debug)]
pub struct Results {
    /// The scenario's name.
    pub scenario: String,
    /// The question that the scenario asks, if it has one.
    pub question: Option<String>,
    /// The seed of all trials.
    pub seed: u64,
    /// Trials asked for at each point (a point may have more, see [`Point::trials`]).
    pub trials: u32,
    /// The program's version.
    pub version: String,
    /// What was assumed because the scenario doesn't say it.
    pub assumptions: Vec<String>,
    /// What a reader should know before believing the figures.
    pub warnings: Vec<String>,
    /// The objective, if the scenario has one.
    pub slo: Option<Objective>,
    /// The paths that vary, in the order of the sweep, with the unit of their values where they are quantities.
    pub axes: Vec<Axis>,
    /// One entry per point, variants outermost, the last axis fastest.
    pub points: Vec<Point>,
}

/// A path that varies.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The path, such as `clients.users.rate`.
    pub path: String,
    /// What its numbers count: `1/s` for a rate, `s` for a time, empty for a count; none where values aren't numbers.
    pub unit: Option<String>,
}

/// What must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// Percentile (such as `p99`) and the most seconds it may take, for the clients' latency.
    pub latency: Vec<(String, f64)>,
    /// The least share of requests that end well.
    pub availability: Option<f64>,
    /// The most USD a month.
    pub cost_per_month: Option<f64>,
}

/// One combination of variant and sweep values.
#[derive(Clone, Debug)]
pub struct Point {
    /// The variant's name, if there are variants.
    pub variant: Option<String>,
    /// What was set, path and value as they were written.
    pub set: Vec<(String, String)>,
    /// For every axis the value as a number in the axis's unit, where it is one.
    pub at: Vec<Option<f64>>,
    /// Trials that were run.
    pub trials: u32,
    /// The clients, in the order of the scenario.
    pub clients: Vec<(String, ClientFigures)>,
    /// The components, in the order of the scenario.
    pub components: Vec<(String, ComponentFigures)>,
    /// What it costs, when anything has a price.
    pub cost: Option<Cost>,
    /// Whether the objective is met.
    pub slo: Option<Verdict>,
    /// Whether the point has a steady state.
    pub state: State,
    /// The warm-up that was cut, in seconds, the longest of all trials.
    pub warm_up_s: f64,
    /// What a reader should know about this point.
    pub warnings: Vec<String>,
    /// Events that were handled, over all trials.
    pub events: u64,
    /// What each trial says by itself, for comparisons.
    pub per_trial: Vec<OfTrial>,
    /// How it goes on after the warm-up.
    pub course: Course,
    /// What happened when, where it was asked for.
    pub timeline: Option<Timeline>,
}

/// What one trial says by itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OfTrial {
    /// Of each population of clients, in the scenario's order.
    pub clients: Vec<ClientTrial>,
    /// Of each component, in the scenario's order.
    pub components: Vec<ComponentTrial>,
}

/// What one trial says of one component; only what its kind has.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ComponentTrial {
    /// Busy worker-time over available worker-time.
    pub utilization: Option<f64>,
    /// Calls that wait, averaged over time.
    pub queue_length: Option<f64>,
    /// Look-ups in a cache.
    pub look_ups: u64,
    /// The share of them that found their value.
    pub hit_ratio: Option<f64>,
    /// Reads that may have been old.
    pub reads: u64,
    /// The share of them that were.
    pub stale_reads: Option<f64>,
    /// Mean time from a write to its being seen on a replica, in seconds.
    pub lag_mean_s: Option<f64>,
}

/// What one trial says of one population of clients, failures that are too rare to be seen in it left out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClientTrial {
    /// Requests that had an end after the warm-up.
    pub ended: u64,
    /// Seconds that were measured.
    pub time_s: f64,
    /// Mean latency of requests that ended well, in seconds.
    pub mean_s: Option<f64>,
    /// Their median latency, in seconds.
    pub p50_s: Option<f64>,
    /// Their 90th percentile, in seconds; as of each percentile, none from so few that fewer than ten are beyond it.
    pub p90_s: Option<f64>,
    /// Their 95th percentile, in seconds.
    pub p95_s: Option<f64>,
    /// Their 99th percentile, in seconds.
    pub p99_s: Option<f64>,
    /// Their 99.9th percentile, in seconds.
    pub p99_9_s: Option<f64>,
    /// Requests that ended well, per second.
    pub goodput_per_s: Option<f64>,
    /// The share of requests that had an end and not a good one.
    pub lost: Option<f64>,
}

/// Whether the figures describe a steady state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// They do.
    Steady,
    /// More was offered than the named component can serve: its queue grows as long as the run lasts,
    /// so latencies would only measure how long the run was.
    Overloaded {
        /// The component that can't keep up, where it is known.
        component: Option<String>,
    },
    /// The run hit its budget of events or calls in flight.
    RanAway,
}

/// The figures of one population of clients.
#[derive(Clone, Debug, Default)]
pub struct ClientFigures {
    /// Requests that arrived after the warm-up, over all trials.
    pub offered: u64,
    /// Of them, answered well.
    pub ok: u64,
    /// Of them, given up by the client.
    pub timeout: u64,
    /// Of them, refused.
    pub rejected: u64,
    /// Of them, answered with an error or lost in a crash.
    pub error: u64,
    /// Of them, sent to an instance that was down.
    pub unreachable: u64,
    /// Of them, without an end when the trial ended.
    pub in_flight: u64,
    /// Latency of requests that ended well, in seconds.
    pub latency_s: Latency,
    /// Requests that ended well, per second.
    pub goodput_per_s: Estimate,
    /// Ok answers over valid requests, failures of instances included.
    pub availability: Estimate,
    /// The share of requests lost while every instance is up (overload, timeouts); where failures are so frequent that they
    /// happen by chance in the trials, or are given, what they cost as well.
    pub lost_to_overload: Estimate,
    /// The share of requests lost because instances fail, averaged over all time; no value where that can't be told apart, or
    /// where the point has no steady state.
    pub lost_to_failures: Estimate,
    /// Attempts per request, retries included.
    pub attempts_per_request: Estimate,
}

/// The latency of requests that ended well, in seconds.
#[derive(Clone, Debug, Default)]
pub struct Latency {
    /// Mean.
    pub mean: Estimate,
    /// Median.
    pub p50: Estimate,
    /// 90th percentile.
    pub p90: Estimate,
    /// 95th percentile.
    pub p95: Estimate,
    /// 99th percentile.
    pub p99: Estimate,
    /// 99.9th percentile.
    pub p99_9: Estimate,
}

/// The figures of one component; only those that its kind has.
#[derive(Clone, Debug, Default)]
pub struct ComponentFigures {
    /// What it is: balancer, service, cache, database.
    pub kind: &'static str,
    /// The sharded database that it is a part of, by its place among the components.
    pub shard_of: Option<usize>,
    /// Busy worker-time over available worker-time.
    pub utilization: Option<Estimate>,
    /// Busy core-time over available core-time, where cores are shared.
    pub core_utilization: Option<Estimate>,
    /// Calls that wait, averaged over time.
    pub queue_length: Option<Estimate>,
    /// Mean waiting time in seconds.
    pub waiting_mean_s: Option<Estimate>,
    /// 99th percentile of the waiting time in seconds.
    pub waiting_p99_s: Option<Estimate>,
    /// Instances that are up, averaged over time.
    pub instances: Option<Estimate>,
    /// Look-ups that found their value, over all.
    pub hit_ratio: Option<Estimate>,
    /// Reads that missed an earlier write, over all reads.
    pub stale_reads: Option<Estimate>,
    /// From a write to its being seen on a replica, in seconds: mean over writes and replicas.
    pub lag_mean_s: Option<Estimate>,
    /// Its 99th percentile in seconds.
    pub lag_p99_s: Option<Estimate>,
    /// How long writes wait for the lock of their key, in seconds: mean over the writes, where they lock theirs.
    pub lock_wait_mean_s: Option<Estimate>,
    /// Its 99th percentile in seconds.
    pub lock_wait_p99_s: Option<Estimate>,
    /// Reads of what a transaction under way had changed and may undo, over all reads, where there are transactions.
    pub open_reads: Option<Estimate>,
    /// Of the changes that a cache answered before its origin had them, the share that the origin never got; of the writes that a
    /// database answered, the share that a failover lost, or that a later writer took the place of unseen.
    pub lost_writes: Option<Estimate>,
    /// Writes that were refused for another one was first, over all writes, where all instances of a database take them.
    pub conflicts: Option<Estimate>,
    /// Calls refused, over calls that arrived.
    pub rejected: Option<Estimate>,
    /// Calls served for callers that had given up, over calls served.
    pub wasted: Option<Estimate>,
}

/// What a point costs.
#[derive(Clone, Debug, Default)]
pub struct Cost {
    /// A month of 730 hours.
    pub usd_per_month: Estimate,
    /// A million requests that ended well.
    pub usd_per_million_ok: Estimate,
}

/// Whether the objective is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every bound holds, their intervals included.
    Yes,
    /// At least one bound is broken, its interval included.
    No,
    /// An interval reaches over its bound, or a figure is missing.
    CannotTell,
}

impl Verdict {
    /// The word of the contract: `yes`, `no`, `cannot tell`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::CannotTell => "cannot tell",
        }
    }
}
