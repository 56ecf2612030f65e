//! The largest load at which the objective is met, with an interval that knows about noise.
//!
//! This is stochastic root finding by sample average approximation with growing samples (Chen and Schmeiser 2001, "Stochastic
//! root finding via retrospective approximation", IIE Transactions 33; Pasupathy and Kim 2011, "The stochastic root-finding
//! problem", ACM TOMACS 21): with one seed, all loads see the same random numbers, so that a trial's percentile is a nearly smooth function
//! of the load, whose crossing is found with few trials first and with many afterwards. How many that is, a budget of events
//! decides, and never the width of an interval seen so far: near saturation a sample without bursts has narrow intervals and a
//! low percentile, and to stop there would favour such samples (Law 2015, "Simulation Modeling and Analysis", 9.4.1, on sequential stopping).
//! The interval is the set of loads that the figures' own intervals can't tell from the limit (`crossing.rs`); so the limit's
//! interval is as honest near saturation as theirs.
//!
//! # Coverage
//!
//! `cargo run --release -p scenarios --example limit_coverage` counts, over 100 seeds at the default effort, how often the interval holds the
//! exact limit of queues that Erlang C gives; `... -- 100 10000000 900` does so at a tenth of that effort for those whose limit is 900/s:
//!
//! | queue | limit | effort | held | none | half-width | off by | trials |
//! |---|--:|---|--:|--:|--:|--:|--:|
//! | M/M/1 | 500/s | default | 96.0 % | 0 | 1.07 % | +0.03 % | 50 |
//! | M/M/1 | 800/s | default | 97.0 % | 0 | 0.64 % | +0.02 % | 50 |
//! | M/M/1 | 900/s | default | 99.0 % | 0 | 0.41 % | +0.02 % | 50 |
//! | M/M/8 | 600/s | default | 94.9 % | 1 | 4.25 % | +0.24 % | 50 |
//! | M/M/8 | 900/s | default | 100.0 % | 0 | 0.58 % | +0.01 % | 50 |
//! | M/M/8 | 950/s | default | 96.0 % | 0 | 0.48 % | +0.00 % | 23 |
//! | M/M/1 | 900/s | a tenth | 95.0 % | 0 | 2.08 % | +0.23 % | 5 |
//! | M/M/8 | 900/s | a tenth | 92.0 % | 0 | 2.57 % | +0.29 % | 9 |
//! | M/M/8 | 950/s | a tenth | 97.0 % | 0 | 2.60 % | +0.47 % | 5 |
//!
//! Where the curve is flat, as that of M/M/8 at 600/s, whose p99 is nearly that of the service alone, a little latency is worth several
//! percent of load, and so the interval is wide.

mod answer;
mod crossing;
pub mod range;
mod reading;
mod search;
#[cfg(test)]
mod tests;

pub use range::Loads;
pub use search::find;

use sim_core::stats::Estimate;

use crate::diagnostic::Diagnostic;
use crate::objective::Bound;
use crate::results::{Axis, Objective, Results};

/// How much is simulated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effort {
    /// Instead of the scenario's seed.
    pub seed: Option<u64>,
    /// Trials at each load near the limit; as many as the events allow, unless said.
    pub trials: Option<u32>,
    /// Threads; 0: as many as there are processors.
    pub threads: usize,
    /// Events to be spent on the last look at the limit, unless the trials are given; the scenario's own trials are run in any case.
    pub events: u64,
}

impl Default for Effort {
    fn default() -> Self {
        Self {
            seed: None,
            trials: None,
            threads: 0,
            events: 100_000_000,
        }
    }
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Limit {
    /// The path that varies, and the unit of its numbers.
    pub axis: Axis,
    /// The least and the greatest load that were tried.
    pub range: (f64, f64),
    /// What must hold.
    pub objective: Objective,
    /// The largest load at which all of it holds.
    pub answer: Answer,
    /// Every bound of the objective with the load up to which it holds; the one that breaks first is first.
    pub bounds: Vec<(Bound, Answer)>,
    /// What is busiest at the limit.
    pub busiest: Option<Busiest>,
    /// The load at which the scenario stands, where its file says so.
    pub stands_at: Option<f64>,
    /// By what share the load may grow until the limit; negative: it is too high already.
    pub headroom: Option<Estimate>,
    /// All points that were simulated, by load.
    pub curve: Results,
    /// What would give a better answer, and what a reader should know of this one.
    pub advice: Vec<String>,
}

/// Up to which load something holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Up to this load, with its interval.
    UpTo(Estimate),
    /// At all loads that were tried.
    Throughout,
    /// At none of them.
    Nowhere,
    /// It is broken at loads below some at which it holds; it was seen to hold from the first to the second of each pair.
    NotMonotone(Vec<(f64, f64)>),
    /// It can't be told, except perhaps that it holds up to the first load and is broken from the second on.
    Undecided {
        /// It holds at least up to here.
        low: Option<f64>,
        /// It is broken at least from here on.
        high: Option<f64>,
    },
}

/// The component with the highest utilization.
#[derive(Clone, Debug, PartialEq)]
pub struct Busiest {
    /// Its name.
    pub component: String,
    /// Busy worker-time, or core-time, over what is available.
    pub utilization: f64,
    /// The load of the simulated point at which it was, the closest to the limit.
    pub load: f64,
}

/// Why no limit was looked for.
#[derive(Clone, Debug)]
pub enum NoLimit {
    /// The scenario is wrong at a load.
    Wrong(Vec<Diagnostic>),
    /// The scenario has no objective.
    NoObjective,
    /// There are no threads to be had, in the system's words.
    NoThreads(String),
    /// It was stopped before any load was done.
    Stopped,
}

impl Answer {
    /// The limit with its interval, where there is one.
    #[must_use]
    pub fn limit(&self) -> Option<Estimate> {
        match self {
            Self::UpTo(limit) => Some(*limit),
            _ => None,
        }
    }
}
