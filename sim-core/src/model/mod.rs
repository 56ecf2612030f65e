//! The validated description of a system: what stands where, what it does for a call, and how calls go on.
//!
//! A [`Description`] is plain data with public fields, built by a front end; [`Model::new`] checks it and is the only
//! way to get a [`Model`], so that the engine never meets a dangling reference, a cycle of calls or a negative time.
//! Neither holds text: a component is known by its place in the list and by the hash of its name, which opens its
//! random streams.

mod balancing;
mod cache;
mod cdn;
mod check;
mod clients;
mod component;
mod database;
mod description;
mod dns;
mod external;
mod fault;
mod health;
mod machine;
mod network;
mod plan;
mod routes;
mod sessions;
mod shards;
mod transactions;

pub use balancing::{
    Balancing, CallLimit, ConsistentHash, HashBy, LeastRequest, Levels, MOST_KETAMA_WEIGHT, Routing, Scheme,
    Stale, Subset, ZoneAware, is_prime,
};
pub use cache::{Cache, Coalesce, Eviction, Freshness, Nodes, Storage, Strategy};
pub use cdn::Cdn;
pub(crate) use check::callees;
pub use check::{Fault, Place, Problem};
pub use clients::{Arrivals, Backoff, Clients, Jitter, KeySpace, Keys, Retry, Trace};
pub use component::{
    Balancer, Batch, Cold, Component, Contention, CoreRule, Discipline, Failures, Kind, LEAST_BETWEEN_PAUSES,
    Memory, OnDemand, Pauses, Service, Station,
};
pub use database::{
    Apply, Database, Detect, Failover, FlowControl, Follow, MultiPrimary, Quorum, ReadYourWrites, ReadsFrom,
    Replication, Wait,
};
pub use description::{Description, WarmUp};
pub use dns::{Answers, Dns, EndpointCheck};
pub use external::{External, RateLimit, Terms};
pub use fault::{FaultKind, ScheduledFault};
pub use health::{
    FailOpen, FailureMode, FailureShare, HealthCheck, OutlierDetection, PassiveCheck, SlowStart,
    SlowStartCurve, SuccessRate,
};
pub use machine::{Fee, Handling, Layer, MOST_BALANCERS, Machine};
pub use network::{Crossing, Network, RegionId, Way, crossings};
pub use plan::{Access, Call, Demand, Parallel, Plan, Step, Term};
pub use routes::{Part, Route, routes_of};
pub use sessions::{Sticky, StickyBy};
pub use shards::{Reshard, Sharding, Shards};
pub use transactions::{MOST_TRANSACTION_KEYS, Protocol, Transactions};

/// The most sources that clients can have: each has an address of its own in 10.0.0.0/8.
pub const MOST_SOURCES: u32 = 1 << 24;

/// The place of a component in [`Description::components`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComponentId(pub u16);

/// The place of an operation in the scenario's list of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpId(pub u16);

impl ComponentId {
    /// The index into [`Description::components`].
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl OpId {
    /// The index into the list of operations.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// A description that was checked: every reference resolves, calls make no cycle, every number is in its range.
#[derive(Clone, Debug)]
pub struct Model {
    description: Description,
}

impl Model {
    /// Checks a description.
    ///
    /// # Errors
    /// All problems at once, each with the place it concerns.
    pub fn new(description: Description) -> Result<Self, Vec<Problem>> {
        let problems = check::problems(&description);
        if problems.is_empty() {
            Ok(Self { description })
        } else {
            Err(problems)
        }
    }

    /// What was described.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }
}
