//! What a balancer is as a machine: how many there are, what a call takes of one, what it holds, and what it costs.

use crate::random::Law;
use crate::time::SimDuration;

/// The most instances of a balancer.
pub const MOST_BALANCERS: u32 = 1000;

/// The machines that a balancer runs on. By default a single one that nothing takes any time of.
#[derive(Clone, Debug)]
pub struct Machine {
    /// How many there are, each with a view of its own of what stands behind; from 1 to [`MOST_BALANCERS`].
    pub instances: u32,
    /// Whether they span all zones, so that no outage of a zone takes any of them down; otherwise they stand in the component's
    /// zones in turn.
    pub spans_zones: bool,
    /// Until who calls one that went down turns to the others, and until it is called again when it has come back. None: who
    /// calls goes on with it.
    pub convergence: Option<SimDuration>,
    /// What it leads: calls, or connections with all the calls that come over them.
    pub layer: Layer,
    /// What letting a call through takes; none: nothing.
    pub handling: Option<Handling>,
    /// Calls that one instance has under way at most: one more is refused. None: any number.
    pub most_calls: Option<u32>,
    /// How long a source's connection is kept on which nothing comes. Calls from nowhere have a connection each.
    pub keeps: SimDuration,
    /// What is paid for what passes through; none: nothing.
    pub fee: Option<Fee>,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            instances: 1,
            spans_zones: true,
            convergence: None,
            layer: Layer::L7,
            handling: None,
            most_calls: None,
            keeps: SimDuration::ZERO,
            fee: None,
        }
    }
}

/// The layer of the network that a balancer understands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layer {
    /// It leads connections: whatever comes over one goes where the first call went.
    L4,
    /// It leads every call by itself.
    #[default]
    L7,
}

/// A station that calls pass on their way through an instance.
#[derive(Clone, Debug)]
pub struct Handling {
    /// Calls worked on at once, at least 1.
    pub workers: u32,
    /// How long each takes, in nanoseconds.
    pub time: Law,
    /// Calls that may wait for it; none: no limit.
    pub queue: Option<u32>,
}

/// A price by the unit, of which the amount that counts is the largest of four (AWS Elastic Load Balancing, "pricing").
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fee {
    /// What an hour of a unit costs, in 10^-12 USD.
    pub unit: u64,
    /// New connections per second that are one unit; infinite: they don't count. So with the others.
    pub new_per_s: f64,
    /// Connections open at once that are one unit.
    pub open: f64,
    /// Bytes of answers in an hour that are one unit.
    pub bytes_per_hour: f64,
    /// Routes looked at per second that are one unit.
    pub rules_per_s: f64,
    /// Routes of each call that don't count.
    pub free_rules: u32,
}
