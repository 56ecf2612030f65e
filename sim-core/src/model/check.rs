//! What a description must satisfy before the engine may run it.
//!
//! A front end reports most mistakes itself, where it knows the text; this is the gate that nothing passes by.

mod balancing;
mod database;
mod external;
mod geography;
mod shards;

use super::network::MOST_ZONES;
use super::{
    Access, Arrivals, Call, Component, ComponentId, CoreRule, Demand, Description, Discipline, FailOpen,
    FailureMode, Kind, LEAST_BETWEEN_PAUSES, Plan, Retry, Step, Storage,
};

/// The most instances, over all components, that a model may have.
const MOST_INSTANCES: u64 = 1_000_000;
/// The most views of all balancers together: each has a call site of its own.
const MOST_VIEWS: u64 = 20_000;
/// The deepest nesting of plans.
const DEEPEST_PLAN: u32 = 16;

/// One thing that is wrong with a description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The clients (by place) or the component that it concerns.
    pub at: Place,
    /// What is wrong.
    pub fault: Fault,
}

/// Where a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The description as a whole.
    Whole,
    /// A population of clients, by its place.
    Clients(usize),
    /// A component.
    Component(ComponentId),
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The trial lasts no time, or the warm-up is not shorter than the trial.
    NoDuration,
    /// A reference to something that is not there.
    Dangling(&'static str),
    /// Calls that lead back to where they began, in order.
    CallCycle(Vec<ComponentId>),
    /// A number outside its range.
    Range(&'static str),
    /// The target can't be asked for this.
    WrongKind(&'static str),
    /// Plans nested deeper than 16.
    TooDeep,
    /// More than a million instances.
    TooMany,
}

pub(super) fn problems(d: &Description) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut add = |at, fault| found.push(Problem { at, fault });
    let warm_up = match d.warm_up {
        super::WarmUp::Auto => crate::time::SimDuration::ZERO,
        super::WarmUp::For(t) => t,
    };
    if warm_up >= d.duration {
        add(Place::Whole, Fault::NoDuration);
    }
    if d.components.len() > usize::from(u16::MAX) {
        add(Place::Whole, Fault::TooMany);
        return found;
    }
    for (i, clients) in d.clients.iter().enumerate() {
        let mut faults = Vec::new();
        call(d, &clients.call, &mut faults);
        let weights: f64 = clients.mix.iter().map(|m| m.1).sum();
        if clients
            .mix
            .iter()
            .any(|m| m.0.index() >= d.operations_that_write.len() || m.1 < 0.0)
            || !(weights > 0.0 && weights.is_finite())
        {
            faults.push(Fault::Range("mix"));
        }
        if clients.keys.is_some_and(|k| k >= d.key_spaces.len()) {
            faults.push(Fault::Dangling("key space"));
        }
        if clients
            .sources
            .is_some_and(|s| !(1..=super::MOST_SOURCES).contains(&s))
        {
            faults.push(Fault::Range("sources"));
        }
        match &clients.arrivals {
            Arrivals::Renewal { gap } if gap.mean() <= 0.0 => faults.push(Fault::Range("rate")),
            Arrivals::Closed { users: 0, .. } => faults.push(Fault::Range("users")),
            Arrivals::Trace(t) if *t >= d.traces.len() => faults.push(Fault::Dangling("trace")),
            _ => {}
        }
        faults.into_iter().for_each(|f| add(Place::Clients(i), f));
    }
    for trace in &d.traces {
        if trace.columns.iter().any(|c| c.len() != trace.times.len()) || !trace.times.is_sorted() {
            add(Place::Whole, Fault::Range("trace"));
        }
    }
    let columns = d.traces.iter().map(|t| t.columns.len()).max().unwrap_or(0);
    for (i, component) in d.components.iter().enumerate() {
        let mut faults = Vec::new();
        check_component(d, component, columns, &mut faults);
        faults.into_iter().for_each(|f| add(Place::Component(id(i)), f));
    }
    if d.components.iter().map(Component::instances).sum::<u64>() > MOST_INSTANCES {
        add(Place::Whole, Fault::TooMany);
    }
    let views = d.components.iter().map(|c| views(&c.kind)).sum::<u64>();
    if views > MOST_VIEWS || d.components.iter().map(|c| viewed(d, c)).sum::<u64>() > MOST_INSTANCES {
        add(Place::Whole, Fault::TooMany);
    }
    geography::network(d, &mut found);
    if found.is_empty()
        && let Some(cycle) = cycle(d)
    {
        found.push(Problem {
            at: Place::Component(cycle[0]),
            fault: Fault::CallCycle(cycle),
        });
    }
    found
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the number of components was checked against u16::MAX"
)]
fn id(i: usize) -> ComponentId {
    ComponentId(i as u16)
}

/// How many views the instances of a balancer have of what stands behind it.
fn views(kind: &Kind) -> u64 {
    match kind {
        Kind::Balancer(b) => u64::from(b.machine.instances) * b.forward.len() as u64,
        _ => 0,
    }
}

/// How many instances there are in all of a balancer's views.
fn viewed(d: &Description, c: &Component) -> u64 {
    match &c.kind {
        Kind::Balancer(b) => {
            let behind = b.forward.iter().filter_map(|to| d.components.get(to.index()));
            let in_each: u64 = behind.map(Component::instances).sum();
            in_each * u64::from(b.machine.instances)
        }
        _ => 0,
    }
}

fn check_component(d: &Description, c: &Component, columns: usize, faults: &mut Vec<Fault>) {
    if c.zones == 0 || c.zones > MOST_ZONES {
        faults.push(Fault::Range("zones"));
    }
    if c.first_zone >= c.zones.max(1) {
        faults.push(Fault::Range("first-zone"));
    }
    if c.instances() == 0 {
        faults.push(Fault::Range("instances"));
    }
    if c.failures.is_some_and(|f| f.mtbf.as_nanos() == 0) {
        faults.push(Fault::Range("mtbf"));
    }
    let hangs = c.failures.is_some_and(|f| f.mode == FailureMode::Hang);
    if hangs && !matches!(c.kind, Kind::Service(_)) {
        faults.push(Fault::WrongKind("mode"));
    }
    match &c.kind {
        Kind::Balancer(b) => {
            balancing::behind(d, b, faults);
            balancing::machine(&b.machine, faults);
            if b.health_check
                .is_some_and(|h| h.interval.is_zero() || h.timeout.is_zero() || h.fails == 0 || h.passes == 0)
            {
                faults.push(Fault::Range("health-check"));
            }
            if b.passive_check
                .is_some_and(|p| p.max_fails == 0 || p.fail_timeout.is_zero())
            {
                faults.push(Fault::Range("passive-check"));
            }
            if b.outlier_detection
                .is_some_and(|o| o.interval.is_zero() || !(0.0..=1.0).contains(&o.most_ejected))
            {
                faults.push(Fault::Range("outlier-detection"));
            }
            if b.slow_start.is_some_and(|s| s.window.is_zero()) {
                faults.push(Fault::Range("slow-start"));
            }
            if b.retry.as_ref().is_some_and(|r| r.attempts == 0) {
                faults.push(Fault::Range("retry"));
            }
            if matches!(b.fail_open, FailOpen::Below(share) if !(0.0..=1.0).contains(&share)) {
                faults.push(Fault::Range("panic"));
            }
        }
        Kind::Service(s) => {
            station(&s.station, faults);
            order(&s.station, d.operations_that_write.len(), faults);
            if s.cold.is_some_and(|c| !(c.slower >= 1.0 && c.slower.is_finite())) {
                faults.push(Fault::Range("cold"));
            }
            if s.pauses
                .as_ref()
                .is_some_and(|p| p.every.mean() < LEAST_BETWEEN_PAUSES)
            {
                faults.push(Fault::Range("pauses"));
            }
            if let Some(batch) = s.batch {
                let is_plain = s.station.discipline == Discipline::Fifo
                    && !s.station.shares_cores()
                    && s.station.workers.is_some()
                    && !s.is_event_loop;
                if batch.size == 0 || !is_plain {
                    faults.push(Fault::Range("batch"));
                }
            }
            let is_plain =
                s.batch.is_none() && !s.is_event_loop && s.station.discipline != Discipline::Shortest;
            if s.on_demand.is_some() && !is_plain {
                faults.push(Fault::Range("on-demand"));
            }
            if s.memory.is_some_and(|m| m.calls == 0) {
                faults.push(Fault::Range("memory"));
            }
            if s.sessions.is_some_and(|lasts| lasts.is_zero()) {
                faults.push(Fault::Range("sessions"));
            }
            if let Some(owner) = s.pool_of {
                let is_its = |c: &Component| matches!(&c.kind, Kind::Service(o) if o.pool_of.is_none() && o.instances == s.instances);
                if !d.components.get(owner.index()).is_some_and(is_its) {
                    faults.push(Fault::Dangling("pool"));
                }
            }
            if s.plan_of.len() != d.operations_that_write.len()
                || s.plan_of
                    .iter()
                    .flatten()
                    .any(|p| usize::from(*p) >= s.plans.len())
            {
                faults.push(Fault::Dangling("plan"));
            }
            s.plans.iter().for_each(|p| plan(d, p, columns, 0, faults));
        }
        Kind::Cache(s) => {
            station(&s.station, faults);
            store_order(&s.station, d.operations_that_write.len(), faults);
            demand(&s.service_time, columns, faults);
            storage(&s.storage, faults);
            if !(0.0..1.0).contains(&s.freshness.jitter) {
                faults.push(Fault::Range("ttl-jitter"));
            }
            if s.freshness.early.is_some_and(|beta| !(0.0..=1e6).contains(&beta)) {
                faults.push(Fault::Range("early-renewal"));
            }
            if s.nodes.points.is_some_and(|p| !(1..=10_000).contains(&p)) {
                faults.push(Fault::Range("nodes"));
            }
            let is_service = |c: ComponentId| {
                d.components
                    .get(c.index())
                    .is_some_and(|c| matches!(c.kind, Kind::Service(_)))
            };
            if s.inside.is_some_and(|c| !is_service(c)) {
                faults.push(Fault::Dangling("inside"));
            }
            if let Some(origin) = &s.origin {
                call(d, origin, faults);
            }
        }
        Kind::Database(s) => {
            station(&s.station, faults);
            store_order(&s.station, d.operations_that_write.len(), faults);
            demand(&s.read_time, columns, faults);
            demand(&s.write_time, columns, faults);
            database::database(s, faults);
        }
        Kind::Dns(s) => geography::dns(d, s, faults),
        Kind::Shards(s) => shards::shards(d, s, faults),
        Kind::External(s) => external::external(s, columns, faults),
        Kind::Cdn(s) => {
            call(d, &s.origin, faults);
            geography::cdn(d, s, faults);
            storage(&s.storage, faults);
            if !(0.0..1.0).contains(&s.freshness.jitter) {
                faults.push(Fault::Range("ttl-jitter"));
            }
        }
    }
}

/// Whether all shares of a rule of eviction are shares.
fn shares(eviction: &super::Eviction) -> bool {
    use super::Eviction as E;
    let shares = match eviction {
        E::TwoQ { recent, remembered } => [*recent, *remembered],
        E::S3Fifo { small, ghosts } => [*small, *ghosts],
        E::Memcached { hot, warm } => [*hot, *warm],
        E::Lirs { recent: share } | E::WTinyLfu { window: share } => [*share, 0.0],
        _ => [0.0, 0.0],
    };
    shares.iter().all(|s| (0.0..=1.0).contains(s))
}

fn station(s: &super::Station, faults: &mut Vec<Fault>) {
    if s.workers == Some(0) {
        faults.push(Fault::Range("workers"));
    }
    if s.cores == Some(0) {
        faults.push(Fault::Range("cores"));
    }
    if s.contention
        .is_some_and(|c| !(c.sigma >= 0.0 && c.kappa >= 0.0 && (c.sigma + c.kappa).is_finite()))
    {
        faults.push(Fault::Range("contention"));
    }
}

/// Whether the rules of order know every operation, and every weight is one.
fn order(s: &super::Station, ops: usize, faults: &mut Vec<Fault>) {
    let is_short = match (&s.discipline, &s.core_rule) {
        (Discipline::Priority { class_of }, _) if class_of.len() != ops => true,
        (_, CoreRule::Priority { class_of }) => class_of.len() != ops,
        (_, CoreRule::Weighted { weight_of }) => {
            weight_of.len() != ops || weight_of.iter().any(|w| !(*w > 0.0 && w.is_finite()))
        }
        _ => false,
    };
    if is_short {
        faults.push(Fault::Range("discipline"));
    }
}

/// In a store the work is not known at the arrival, and cores are not shared.
fn store_order(s: &super::Station, ops: usize, faults: &mut Vec<Fault>) {
    order(s, ops, faults);
    if s.discipline == Discipline::Shortest || s.core_rule != CoreRule::Fair {
        faults.push(Fault::WrongKind("discipline"));
    }
}

fn demand(t: &Demand, columns: usize, faults: &mut Vec<Fault>) {
    if t.terms.iter().any(|t| usize::from(t.column) >= columns) {
        faults.push(Fault::Dangling("attribute"));
    }
}

fn plan(d: &Description, p: &Plan, columns: usize, depth: u32, faults: &mut Vec<Fault>) {
    if depth > DEEPEST_PLAN {
        faults.push(Fault::TooDeep);
        return;
    }
    for step in &p.steps {
        match step {
            Step::Work(t) | Step::Wait(t) => demand(t, columns, faults),
            Step::Call(c) => call(d, c, faults),
            Step::Parallel(p) => {
                if p.need == 0 || p.need as usize > p.branches.len() {
                    faults.push(Fault::Range("parallel"));
                }
                p.branches
                    .iter()
                    .for_each(|b| plan(d, b, columns, depth + 1, faults));
            }
            Step::Choose(options) => {
                let sum: f64 = options.iter().map(|o| o.0).sum();
                if options.iter().any(|o| o.0.is_nan() || o.0 < 0.0) || !(sum > 0.0 && sum.is_finite()) {
                    faults.push(Fault::Range("choose"));
                }
                options
                    .iter()
                    .for_each(|o| plan(d, &o.1, columns, depth + 1, faults));
            }
        }
    }
}

fn call(d: &Description, c: &Call, faults: &mut Vec<Fault>) {
    let Some(target) = d.components.get(c.target.index()) else {
        faults.push(Fault::Dangling("target"));
        return;
    };
    let fits = match c.access {
        Access::Get | Access::Put => matches!(target.kind, Kind::Cache(_) | Kind::External(_)),
        Access::Read | Access::Write => matches!(target.kind, Kind::Database(_) | Kind::Shards(_)),
        Access::Part(part) => matches!(&target.kind, Kind::Service(s)
            if s.pool_of.is_some() && usize::from(part) < s.plans.len()),
        Access::Same | Access::Op(_) if is_pool(target) => false,
        Access::Same => true,
        Access::Op(op) => op.index() < d.operations_that_write.len(),
    };
    if !fits {
        faults.push(Fault::WrongKind("call"));
    }
    if let Some(Retry { attempts, budget, .. }) = &c.retry
        && (*attempts == 0 || budget.is_some_and(|b| !(b >= 0.0 && b.is_finite())))
    {
        faults.push(Fault::Range("retry"));
    }
}

/// What a cache or an edge keeps.
fn storage(s: &Storage, faults: &mut Vec<Fault>) {
    match s {
        Storage::HitRatio(p) if !(0.0..=1.0).contains(p) => faults.push(Fault::Range("hit-ratio")),
        Storage::Keys {
            capacity: Some(0), ..
        } => faults.push(Fault::Range("capacity")),
        Storage::Keys { eviction, .. } if !shares(eviction) => faults.push(Fault::Range("policy")),
        Storage::Keys { sizes: Some(law), .. } if law.min_value() < 0.0 => {
            faults.push(Fault::Range("item-size"));
        }
        _ => {}
    }
}

/// Whether it is a pool of connections.
fn is_pool(c: &Component) -> bool {
    matches!(&c.kind, Kind::Service(s) if s.pool_of.is_some())
}

/// The components that a component calls.
pub(crate) fn callees(c: &Component) -> Vec<ComponentId> {
    fn of_plan(p: &Plan, out: &mut Vec<ComponentId>) {
        for step in &p.steps {
            match step {
                Step::Work(_) | Step::Wait(_) => {}
                Step::Call(c) => out.push(c.target),
                Step::Parallel(p) => p.branches.iter().for_each(|b| of_plan(b, out)),
                Step::Choose(options) => options.iter().for_each(|o| of_plan(&o.1, out)),
            }
        }
    }
    match &c.kind {
        Kind::Balancer(b) => b.forward.clone(),
        Kind::Cache(s) => s.origin.iter().map(|o| o.target).collect(),
        Kind::Database(_) | Kind::External(_) => Vec::new(),
        Kind::Dns(s) => s.forward.clone(),
        Kind::Cdn(s) => vec![s.origin.target],
        Kind::Shards(s) => s.shards.clone(),
        Kind::Service(s) => {
            let mut out = Vec::new();
            s.plans.iter().for_each(|p| of_plan(p, &mut out));
            out
        }
    }
}

/// The first cycle of calls, found depth first without recursion.
fn cycle(d: &Description) -> Option<Vec<ComponentId>> {
    let next: Vec<Vec<ComponentId>> = d.components.iter().map(callees).collect();
    let mut done = vec![false; next.len()];
    for start in 0..next.len() {
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some(&mut (at, ref mut i)) = path.last_mut() {
            if done[at] || *i == next[at].len() {
                done[at] = true;
                path.pop();
                continue;
            }
            let to = next[at][*i].index();
            *i += 1;
            // A call that holds a connection may ask for another one: its plan lies inside the other's, so that it ends.
            if to == at && is_pool(&d.components[at]) {
                continue;
            }
            if let Some(from) = path.iter().position(|p| p.0 == to) {
                return Some(path[from..].iter().map(|p| id(p.0)).collect());
            }
            path.push((to, 0));
        }
    }
    None
}
