//! The kinds of components and their parameters.

use std::sync::Arc;

use super::{
    Balancing, Cache, CallLimit, Cdn, ComponentId, Database, Dns, External, FailOpen, FailureMode,
    HealthCheck, Machine, OutlierDetection, PassiveCheck, Plan, Retry, Route, Routing, Shards, SlowStart,
    Sticky,
};
use crate::random::{Law, StreamName};
use crate::time::SimDuration;

/// A vertex of the scenario.
#[derive(Clone, Debug)]
pub struct Component {
    /// Opens the component's random streams.
    pub name: StreamName,
    /// Instances are placed in this many zones in turn; at least 1.
    pub zones: u16,
    /// The zone of the first instance, from 0 and below `zones`.
    pub first_zone: u16,
    /// How often an instance crashes and how long its repair takes; none: never.
    pub failures: Option<Failures>,
    /// What it is.
    pub kind: Kind,
}

/// What a component is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Chooses an instance of another component.
    Balancer(Balancer),
    /// Runs call plans.
    Service(Service),
    /// Keeps copies of values by key.
    Cache(Cache),
    /// Keeps the values.
    Database(Database),
    /// Leads callers to one of several components.
    Dns(Dns),
    /// Keeps copies near the clients.
    Cdn(Cdn),
    /// Leads calls to the databases that have a part of the keys each.
    Shards(Shards),
    /// Somebody else runs it.
    External(External),
}

impl Component {
    /// Opens the streams of the view that an instance of a balancer has of the component at a place behind it.
    #[must_use]
    pub fn name_of_view(&self, instance: u32, place: usize) -> StreamName {
        let own = match instance {
            0 => self.name,
            instance => self.name.purpose("instance").index(u64::from(instance)),
        };
        match place {
            0 => own,
            place => own.purpose("view").index(place as u64),
        }
    }

    /// The zone of an instance, from 0.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a remainder below a 16-bit number"
    )]
    pub fn zone(&self, instance: u32) -> u16 {
        ((u64::from(self.first_zone) + u64::from(instance)) % u64::from(self.zones.max(1))) as u16
    }

    /// How many instances it has.
    #[must_use]
    pub fn instances(&self) -> u64 {
        match &self.kind {
            Kind::Dns(_) | Kind::Shards(_) | Kind::External(_) => 1,
            Kind::Balancer(b) => u64::from(b.machine.instances),
            Kind::Service(s) => u64::from(s.instances),
            Kind::Cache(c) => u64::from(c.instances),
            Kind::Database(d) => d.instances(),
            Kind::Cdn(c) => (c.edges.len() + usize::from(c.shield.is_some())) as u64,
        }
    }
}

/// A queue and its workers, of one instance.
#[derive(Clone, Debug, Default)]
pub struct Station {
    /// Calls served at once; none: no limit.
    pub workers: Option<u32>,
    /// Cores that `work` shares; none: as many as workers.
    pub cores: Option<u32>,
    /// Calls that may wait; none: no limit; 0: refused when all workers are busy.
    pub queue: Option<u32>,
    /// What more busy cores cost.
    pub contention: Option<Contention>,
    /// Who is served next.
    pub discipline: Discipline,
    /// Who gets the cores, where there are fewer of them than workers.
    pub core_rule: CoreRule,
}

impl Station {
    /// Whether pieces of work share cores: otherwise every worker has one of its own.
    #[must_use]
    pub fn shares_cores(&self) -> bool {
        let has_fewer = |cores: u32| self.workers.is_none_or(|workers| cores < workers);
        self.contention.is_some() || self.cores.is_some_and(has_fewer)
    }
}

/// The order in which calls that wait for a worker are served. A service once begun goes on.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Discipline {
    /// First come, first served.
    #[default]
    Fifo,
    /// Last come, first served.
    Lifo,
    /// By operation, and in the order of arrival inside a class.
    Priority {
        /// For every operation its class; class 0 goes first.
        class_of: Arc<[u16]>,
    },
    /// The shortest first work first, as drawn at the arrival. Only for services.
    Shortest,
}

/// Who gets the cores that pieces of work share.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum CoreRule {
    /// Everybody the same share: processor sharing.
    #[default]
    Fair,
    /// Shares in proportion to the operation's weight.
    Weighted {
        /// For every operation its weight, above 0.
        weight_of: Arc<[f64]>,
    },
    /// The first class that has anybody takes cores away from the others.
    Priority {
        /// For every operation its class; class 0 goes first.
        class_of: Arc<[u16]>,
    },
    /// The newest piece takes a core away from the oldest.
    Newest,
    /// The piece with the least left to do takes a core away from the one with the most.
    LeastRemaining,
}

/// The Universal Scalability Law (Gunther 1993): n busy cores do the work of `n / (1 + sigma (n-1) + kappa n (n-1))`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contention {
    /// Contention: the share that is serial.
    pub sigma: f64,
    /// Coherency: what each pair of cores costs.
    pub kappa: f64,
}

/// Crashes of each instance, independently: exponential times between repair and crash, exponential repairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failures {
    /// Mean time from being up to the next crash.
    pub mtbf: SimDuration,
    /// Mean time from a crash to being up again.
    pub mttr: SimDuration,
    /// Whether it crashes or hangs.
    pub mode: FailureMode,
}

/// Chooses an instance of the component behind it for every call.
#[derive(Clone, Debug)]
pub struct Balancer {
    /// The components behind it, each once: it chooses from the instances of one of them.
    pub forward: Vec<ComponentId>,
    /// Which one a call goes to, in order; the first route that takes it decides, and a call that none takes is
    /// answered with an error. Empty: there is only one component.
    pub routes: Vec<Route>,
    /// The rule of choice.
    pub policy: Balancing,
    /// Whether calls from one source go to the same instance, whatever the rule says.
    pub sticky: Option<Sticky>,
    /// For each component behind it the weights of its instances, one each in order, at least 1; none, for all or for one:
    /// all have the same.
    pub weights: Vec<Vec<u32>>,
    /// What comes before the choice, and what the policy is told.
    pub routing: Routing,
    /// Active checks of every instance; none: there are none.
    pub health_check: Option<HealthCheck>,
    /// Keeps out who fails too many calls.
    pub passive_check: Option<PassiveCheck>,
    /// Keeps out who does worse than its siblings.
    pub outlier_detection: Option<OutlierDetection>,
    /// When instances that are kept out are chosen all the same.
    pub fail_open: FailOpen,
    /// How the weight of an instance grows that was let in again; none: it has all of it at once.
    pub slow_start: Option<SlowStart>,
    /// How long it waits for an instance; none: as long as its caller.
    pub timeout: Option<SimDuration>,
    /// How many calls each of its instances has out at an instance at most, and what becomes of more; none: any number.
    pub limit: Option<CallLimit>,
    /// What it does itself when a call to an instance failed; none: it hands the failure on.
    pub retry: Option<Retry>,
    /// Whether it then passes over the instances that the call was sent to before.
    pub retries_elsewhere: bool,
    /// A delay that every call takes here, in nanoseconds.
    pub latency: Option<Law>,
    /// What it runs on.
    pub machine: Machine,
}

impl Balancer {
    /// Whether it ever keeps an instance out.
    #[must_use]
    pub fn watches(&self) -> bool {
        self.health_check.is_some() || self.passive_check.is_some() || self.outlier_detection.is_some()
    }

    /// The weights of the instances of the component at a place behind it; none: all have the same.
    #[must_use]
    pub fn weights_of(&self, place: usize) -> &[u32] {
        self.weights.get(place).map_or(&[], Vec::as_slice)
    }

    /// A balancer that does nothing but choose.
    #[must_use]
    pub fn to(forward: ComponentId, policy: Balancing) -> Self {
        Self {
            forward: vec![forward],
            routes: Vec::new(),
            policy,
            sticky: None,
            weights: Vec::new(),
            routing: Routing::default(),
            health_check: None,
            passive_check: None,
            outlier_detection: None,
            fail_open: FailOpen::default(),
            slow_start: None,
            timeout: None,
            limit: None,
            retry: None,
            retries_elsewhere: false,
            latency: None,
            machine: Machine::default(),
        }
    }
}

/// Instances that run call plans.
#[derive(Clone, Debug, Default)]
pub struct Service {
    /// How many there are.
    pub instances: u32,
    /// The queue and workers of each.
    pub station: Station,
    /// The plans.
    pub plans: Vec<Plan>,
    /// For every operation the place of its plan; none: the service doesn't know the operation, and answers Error.
    pub plan_of: Vec<Option<u16>>,
    /// Whether a worker is held only while it works: an event loop goes on with other calls while one waits. Otherwise a
    /// worker is held for the whole call, as by a thread.
    pub is_event_loop: bool,
    /// Whether work stops when its caller's timeout passed; otherwise it goes on for a caller that gave up.
    pub cancel_on_timeout: bool,
    /// How long a call waits in the queue before it leaves, in nanoseconds; none: for ever.
    pub patience: Option<Law>,
    /// Whose connections these are, where this is no service of its own but a pool of connections in each instance of another
    /// one: an instance calls the pool of the same number, without any delay, by [`super::Access::Part`].
    pub pool_of: Option<ComponentId>,
    /// From the repair of an instance to its being ready, in nanoseconds; none: at once.
    pub start_up: Option<Law>,
    /// How an instance works just after it has started; none: as ever.
    pub cold: Option<Cold>,
    /// One instance serves, and when it is down another one takes its place after this time; none: all serve.
    pub takeover: Option<SimDuration>,
    /// When each instance stops for a while; none: never.
    pub pauses: Option<Pauses>,
    /// How many calls fit into an instance; none: any number.
    pub memory: Option<Memory>,
    /// An instance keeps the sessions of those who call it, each until nothing has come from its source for so long; a call
    /// whose session is in another instance, or was lost in a crash, is turned away. None: they are kept elsewhere.
    pub sessions: Option<SimDuration>,
    /// A worker serves so many calls at once; none: one at a time. Only with a queue in order of arrival, threads, and cores that
    /// are not shared.
    pub batch: Option<Batch>,
    /// Workers are started when a call needs one; none: they are always there. Not with batches, an event loop or the shortest
    /// first.
    pub on_demand: Option<OnDemand>,
}

/// The least mean time from one pause of an instance to the next, in nanoseconds: without any the clock would stand still.
pub const LEAST_BETWEEN_PAUSES: f64 = 1e6;

/// Times in which an instance does nothing, and goes on afterwards with what it has, as while garbage is collected.
#[derive(Clone, Debug, PartialEq)]
pub struct Pauses {
    /// From the beginning of the trial, or the end of a pause, to the next one, in nanoseconds.
    pub every: Law,
    /// How long each lasts, in nanoseconds.
    pub lasts: Law,
}

/// Workers that are started when a call needs one and go when they are idle.
#[derive(Clone, Debug, PartialEq)]
pub struct OnDemand {
    /// How long a start takes, in nanoseconds.
    pub set_up: Law,
    /// How long an idle worker stays.
    pub keep_alive: SimDuration,
}

/// Calls that are served together, by the plan of the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The most calls of a batch.
    pub size: u32,
    /// How long the first call of a batch that isn't full waits for others, though a worker is free.
    pub wait: SimDuration,
    /// What every further call adds to the work of the first.
    pub each: SimDuration,
}

/// The time after a start in which caches are empty and code is not compiled yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cold {
    /// How long it lasts.
    pub lasts: SimDuration,
    /// How many times as long work takes, at least 1.
    pub slower: f64,
}

/// The memory of an instance, in calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Calls that fit, those that wait included; at least 1.
    pub calls: u32,
    /// What happens when one more comes: it is refused, or the instance crashes and is ready again after this time.
    pub crashes: Option<SimDuration>,
}
