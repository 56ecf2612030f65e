//! Mean rates of calls, from the clients through mixes and plans.

use std::collections::BTreeMap;

use sim_core::model::{
    Access, Answers, Arrivals, Balancer, Call, ComponentId, Description, Dns, Follow, Keys, Kind, Machine,
    OpId, Part, Plan, ReadsFrom, Route, Step, routes_of,
};

use super::{busiest, least_misses};
use crate::lower::calls;

/// What a call asks of a store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ask {
    Op,
    Get,
    Put,
    Read,
    Write,
}

/// An operation and what is asked for.
pub(super) type Asked = (OpId, Ask);

/// Rates at every component, and what was learned on the way.
pub(super) struct Flow<'a> {
    pub d: &'a Description,
    /// For every column the smallest mean of all traces.
    pub column_means: Vec<f64>,
    /// Calls per second that come to each component.
    rates: Vec<BTreeMap<Asked, f64>>,
    /// The least share of a cache's look-ups that miss.
    pub misses: Vec<f64>,
    /// Seconds that a call holds a worker at least, where that is known.
    pub held: BTreeMap<(ComponentId, Asked), f64>,
}

impl<'a> Flow<'a> {
    /// The rates that clients send to their first components.
    pub fn new(d: &'a Description) -> Self {
        let columns = d.traces.iter().map(|t| t.columns.len()).max().unwrap_or(0);
        let mean = |column: usize| {
            let columns = d.traces.iter().filter_map(|t| t.columns.get(column));
            columns
                .map(|c| c.iter().sum::<f64>() / c.len() as f64)
                .fold(f64::INFINITY, f64::min)
        };
        let mut flow = Self {
            d,
            column_means: (0..columns).map(mean).collect(),
            rates: vec![BTreeMap::new(); d.components.len()],
            misses: d.components.iter().map(|c| least_misses(d, c)).collect(),
            held: BTreeMap::new(),
        };
        for clients in &d.clients {
            let rate = match &clients.arrivals {
                Arrivals::Renewal { gap } => 1e9 / gap.mean(),
                // A closed loop slows down with its answers: it can't overload anything for ever.
                Arrivals::Closed { .. } => 0.0,
                Arrivals::Trace(t) => {
                    // A trace that ends early leaves time to catch up, and one that is cut off counts up to there.
                    let all = d.duration.as_nanos().max(1);
                    let times = &d.traces[*t].times;
                    times.partition_point(|at| *at <= all) as f64 * 1e9 / all as f64
                }
            };
            let total: f64 = clients.mix.iter().map(|m| m.1).sum();
            for (op, weight) in &clients.mix {
                flow.add(&clients.call, *op, rate * weight / total);
            }
        }
        flow
    }

    /// Calls per second that come to a component.
    pub fn offered(&self, id: ComponentId) -> f64 {
        self.rates[id.index()].values().sum()
    }

    /// What comes to a component, and how often a second.
    pub fn calls(&self, id: ComponentId) -> impl Iterator<Item = (Asked, f64)> {
        self.rates[id.index()].iter().map(|(asked, rate)| (*asked, *rate))
    }

    /// Components so that every caller comes before those it calls.
    pub fn callers_first(&self) -> Vec<ComponentId> {
        let mut order = Vec::new();
        let mut state = vec![0_u8; self.d.components.len()];
        let ids = (0..self.d.components.len())
            .filter_map(|i| u16::try_from(i).ok())
            .map(ComponentId);
        for start in ids {
            let mut open = vec![start];
            while let Some(at) = open.last().copied() {
                let i = at.index();
                if state[i] == 0 {
                    state[i] = 1;
                    let callees = calls::all_callees(self.d, &self.d.components[i].kind);
                    open.extend(callees.into_iter().filter(|c| state[c.index()] == 0));
                    continue;
                }
                if state[i] == 1 {
                    state[i] = 2;
                    order.push(at);
                }
                open.pop();
            }
        }
        order.reverse();
        order
    }

    /// What a call asks its target for, when the caller serves this operation.
    pub fn asked(&self, call: &Call, op: OpId) -> Asked {
        let writes = self.d.operations_that_write[op.index()];
        match (call.access, &self.d.components[call.target.index()].kind) {
            (Access::Op(other), _) => (other, Ask::Op),
            (Access::Same | Access::Read, Kind::Shards(s))
                if s.transactions
                    .as_ref()
                    .is_some_and(|t| t.operations.contains(&op)) =>
            {
                (op, Ask::Write)
            }
            (Access::Get, _) => (op, Ask::Get),
            (Access::Put, _) => (op, Ask::Put),
            (Access::Read, _) => (op, Ask::Read),
            (Access::Write, _) => (op, Ask::Write),
            (Access::Same, Kind::Database(_) | Kind::Shards(_)) => {
                (op, if writes { Ask::Write } else { Ask::Read })
            }
            (Access::Same, Kind::Cache(_) | Kind::External(_)) => {
                (op, if writes { Ask::Put } else { Ask::Get })
            }
            (Access::Same | Access::Part(_), _) => (op, Ask::Op),
        }
    }

    fn add(&mut self, call: &Call, op: OpId, rate: f64) {
        let asked = self.asked(call, op);
        *self.rates[call.target.index()].entry(asked).or_insert(0.0) += rate;
    }

    /// Sends on what comes to a component, times the share that it can serve.
    pub fn pass_on(&mut self, id: ComponentId, share: f64) {
        let d = self.d;
        for ((op, ask), rate) in self.rates[id.index()].clone() {
            let rate = rate * share;
            match &d.components[id.index()].kind {
                Kind::Balancer(b) => {
                    for (to, share) in least_parts(b, op) {
                        *self.rates[to.index()].entry((op, ask)).or_insert(0.0) += rate * share;
                    }
                }
                Kind::Database(_) | Kind::Shards(_) | Kind::External(_) => {}
                Kind::Dns(dns) => {
                    for (endpoint, share) in dns.forward.iter().zip(least_shares(dns)) {
                        *self.rates[endpoint.index()].entry((op, ask)).or_insert(0.0) += rate * share;
                    }
                }
                Kind::Cdn(cdn) => {
                    let passes = if cdn.cacheable[op.index()] {
                        self.misses[id.index()] * (1.0 - cdn.shield_hit_ratio)
                    } else {
                        1.0
                    };
                    self.add(&cdn.origin, op, rate * passes);
                }
                Kind::Cache(c) => {
                    if let Some(origin) = &c.origin {
                        let rate = if ask == Ask::Put {
                            rate
                        } else {
                            rate * self.misses[id.index()]
                        };
                        let ask = match (&d.components[origin.target.index()].kind, ask) {
                            (Kind::Database(_) | Kind::Shards(_), Ask::Put) => Ask::Write,
                            (Kind::Database(_) | Kind::Shards(_), _) => Ask::Read,
                            (_, ask) => ask,
                        };
                        *self.rates[origin.target.index()].entry((op, ask)).or_insert(0.0) += rate;
                    }
                }
                Kind::Service(s) => {
                    let plan = s.plan_of[op.index()].and_then(|p| s.plans.get(usize::from(p)));
                    plan.into_iter().for_each(|plan| self.pass_plan(plan, op, rate));
                }
            }
        }
    }

    fn pass_plan(&mut self, plan: &Plan, op: OpId, rate: f64) {
        for step in &plan.steps {
            match step {
                Step::Work(_) | Step::Wait(_) => {}
                Step::Call(call) => match calls::part_of(self.d, call) {
                    Some(part) => self.pass_plan(part, op, rate),
                    None => self.add(call, op, rate),
                },
                Step::Parallel(p) => p.branches.iter().for_each(|b| self.pass_plan(b, op, rate)),
                Step::Choose(options) => {
                    let total: f64 = options.iter().map(|o| o.0).sum();
                    options
                        .iter()
                        .for_each(|(weight, plan)| self.pass_plan(plan, op, rate * weight / total));
                }
            }
        }
    }

    /// The utilization of a component's busiest resource, and whether it refuses what it can't serve.
    pub fn utilization(&mut self, id: ComponentId) -> (f64, bool) {
        let d = self.d;
        let calls: Vec<(Asked, f64)> = self.calls(id).collect();
        let (mut held, mut worked, mut written) = (0.0, 0.0, 0.0);
        for (asked, rate) in &calls {
            let rate = rate * copies(&d.components[id.index()].kind, asked.0);
            let work = rate * self.work(id, *asked);
            held += rate * self.held(id, *asked);
            worked += work;
            written += if asked.1 == Ask::Write { work } else { 0.0 };
        }
        match &d.components[id.index()].kind {
            Kind::Balancer(b) => {
                let Machine {
                    instances,
                    handling,
                    most_calls,
                    ..
                } = &b.machine;
                let workers = handling.as_ref().map_or(1, |h| h.workers);
                let refuses = handling.as_ref().is_some_and(|h| h.queue.is_some()) || most_calls.is_some();
                (worked / f64::from(*instances) / f64::from(workers), refuses)
            }
            Kind::Dns(_) | Kind::Cdn(_) => (0.0, false),
            Kind::External(e) => {
                let share = |is_change| {
                    let is_such = |a: &Asked| e.changes.is_none() || (a.1 == Ask::Put) == is_change;
                    let rate: f64 = calls.iter().filter(|c| is_such(&c.0)).map(|c| c.1).sum();
                    e.most(is_change).map_or(0.0, |most| rate / most)
                };
                (share(false).max(share(true)), true)
            }
            Kind::Service(s) => {
                let serving = if s.takeover.is_some() { 1 } else { s.instances };
                // The part of the time in which an instance doesn't pause.
                let awake = s.pauses.as_ref().map_or(1.0, |p| {
                    let (every, lasts) = (p.every.mean(), p.lasts.mean());
                    every / (every + lasts)
                });
                (
                    busiest(&s.station, held, worked, f64::from(serving) * awake),
                    s.station.queue.is_some() || s.memory.is_some(),
                )
            }
            Kind::Cache(c) => (
                busiest(&c.station, held, worked, f64::from(c.instances)),
                c.station.queue.is_some(),
            ),
            // The fullest shard has at least its even part.
            Kind::Shards(_) | Kind::Database(_) => {
                let Some(db) = self.database(id) else {
                    return (0.0, false);
                };
                let count = match &d.components[id.index()].kind {
                    Kind::Shards(s) => s.shards.len() as f64,
                    _ => 1.0,
                };
                let (read, replicas) = (worked - written, f64::from(db.replicas));
                let (primary, replica) = match db.reads_from {
                    // Every instance has its part in every call.
                    _ if db.quorum.is_some() => (worked, 0.0),
                    // Writes are spread over all; what the others apply takes no workers.
                    _ if db.multi.is_some() => (worked / (replicas + 1.0), 0.0),
                    ReadsFrom::Primary => (worked, 0.0),
                    ReadsFrom::Replicas => (written, read / replicas.max(1.0)),
                    ReadsFrom::Any => (written + read / (replicas + 1.0), read / (replicas + 1.0)),
                };
                let most = primary.max(replica);
                (
                    busiest(&db.station, most, most, count),
                    db.station.queue.is_some(),
                )
            }
        }
    }
}

/// How many calls of a component one call of it becomes.
fn copies(kind: &Kind, op: OpId) -> f64 {
    match kind {
        Kind::Shards(s) if s.scatters.get(op.index()).copied().unwrap_or(false) => s.shards.len() as f64,
        _ => 1.0,
    }
}

impl Flow<'_> {
    /// The utilization of the appliers of a database's replicas; none where replicas have no queue of their own.
    pub fn applying(&self, id: ComponentId) -> Option<f64> {
        let db = self.database(id)?;
        let Follow::Applied(apply) = &db.replication.follow else {
            return None;
        };
        let kind = &self.d.components[id.index()].kind;
        let shards = match kind {
            Kind::Shards(s) => s.shards.len() as f64,
            _ => 1.0,
        };
        let rate: f64 = self.writes(id).map(|(op, rate)| rate * copies(kind, op)).sum();
        // Of several primaries each applies what the others have written.
        let replicas = f64::from(db.replicas);
        let part = if db.multi.is_some() {
            replicas / (replicas + 1.0)
        } else {
            1.0
        };
        Some(rate * part / shards * apply.time.mean() / 1e9 / f64::from(apply.appliers))
    }

    /// The share of the time for which the most popular row of a database is locked; none where writes lock nothing, or it is not
    /// certain which row that is.
    pub fn locking(&self, id: ComponentId) -> Option<f64> {
        let [keys] = self.d.key_spaces.as_slice() else {
            return None;
        };
        let db = self.database(id).filter(|db| db.locks)?;
        // Several primaries lock each for itself.
        let places = db.multi.as_ref().map_or(1.0, |_| f64::from(db.replicas) + 1.0);
        let Keys::Drawn(popularity) = &keys.keys else {
            return None;
        };
        let held: f64 = self
            .writes(id)
            .map(|(op, rate)| rate * self.work(id, (op, Ask::Write)))
            .sum();
        Some(held / places * popularity.share_of_top(1))
    }

    /// The writes that come to a component, by operation, and how many a second.
    fn writes(&self, id: ComponentId) -> impl Iterator<Item = (OpId, f64)> {
        let all = self.rates[id.index()].iter();
        all.filter(|((_, ask), _)| *ask == Ask::Write)
            .map(|((op, _), rate)| (*op, *rate))
    }
}

/// The share of an operation's calls that a balancer sends to each component at least. How many calls come for a share of
/// the keys or from a share of the sources is not certain.
fn least_parts(b: &Balancer, op: OpId) -> Vec<(ComponentId, f64)> {
    if b.routes.is_empty() {
        return b.forward.iter().map(|to| (*to, 1.0)).collect();
    }
    let mut left = 1.0;
    let part = |route: &Route| {
        let share = match route.part {
            Part::All => 1.0,
            Part::Calls(share) => share,
            Part::Keys(_) | Part::Sources(_) => {
                left = 0.0;
                0.0
            }
        };
        let taken = left * share;
        left -= taken;
        (b.forward[usize::from(route.to)], taken)
    };
    routes_of(&b.routes, op).map(part).collect()
}

/// The share of the calls that a name leads to each component at least, while all are healthy. Where that hangs on the
/// callers' places, nothing is certain.
fn least_shares(dns: &Dns) -> Vec<f64> {
    let count = dns.forward.len();
    match &dns.policy {
        _ if count == 1 => vec![1.0],
        Answers::RoundRobin => vec![1.0 / count as f64; count],
        Answers::Weighted(weights) => {
            let total: f64 = weights.iter().sum();
            weights.iter().map(|w| w / total).collect()
        }
        Answers::Failover => (0..count).map(|i| if i == 0 { 1.0 } else { 0.0 }).collect(),
        Answers::Nearest | Answers::Latency => vec![0.0; count],
    }
}
