//! A name in front of several components: who asks gets one of them, and keeps the answer for a while.

use super::ComponentId;
use crate::time::SimDuration;

/// Leads each caller to one of several components. It isn't on the path of calls: its answers are.
#[derive(Clone, Debug)]
pub struct Dns {
    /// The components that it may answer with.
    pub forward: Vec<ComponentId>,
    /// Which of them an answer names.
    pub policy: Answers,
    /// For how long an answer is kept by who got it, whether what it names is alive or not; zero: never.
    pub ttl: SimDuration,
    /// Resolvers among which the callers of one population in one region are divided evenly; at least 1.
    pub resolvers: u32,
    /// Who is left out of the answers; none: nobody, ever.
    pub check: Option<EndpointCheck>,
    /// From a verdict of the checks until it is acted on; what routers need to agree on a route, for anycast.
    pub convergence: SimDuration,
}

/// Which component an answer names.
#[derive(Clone, Debug, PartialEq)]
pub enum Answers {
    /// The healthy ones in turn, from one question to the next.
    RoundRobin,
    /// A healthy one at random, by these weights, one for each component.
    Weighted(Vec<f64>),
    /// The first healthy one.
    Failover,
    /// The healthy one that is nearest to the caller by the table of delays.
    Nearest,
    /// The healthy one with the least delay as it is now, with what disturbs the ways there.
    Latency,
}

/// Active checks of the components behind a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointCheck {
    /// Between two checks.
    pub interval: SimDuration,
    /// Failed checks in a row that take a component out of the answers.
    pub fails: u32,
    /// Passed checks in a row that bring it back.
    pub passes: u32,
    /// How long a check waits for an answer where there is only silence.
    pub timeout: SimDuration,
}
