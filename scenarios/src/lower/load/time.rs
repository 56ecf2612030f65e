//! How long calls work and hold a worker, on average and at least.

use sim_core::model::{Call, ComponentId, Database, Demand, Kind, OpId, Plan, Step};

use super::flow::{Ask, Asked, Flow};
use crate::lower::calls;

impl<'a> Flow<'a> {
    /// The mean of a time in seconds.
    fn mean(&self, time: &Demand) -> f64 {
        let column = |c: u16| self.column_means.get(usize::from(c)).copied().unwrap_or(0.0);
        let terms: f64 = time
            .terms
            .iter()
            .map(|t| t.per_unit.mean() * column(t.column))
            .sum();
        (time.base.mean() + terms) / 1e9
    }

    fn plan_of(&self, id: ComponentId, op: OpId) -> Option<&Plan> {
        match &self.d.components[id.index()].kind {
            Kind::Service(s) => s.plan_of[op.index()].and_then(|p| s.plans.get(usize::from(p))),
            _ => None,
        }
    }

    /// The database that a component is, or that each of its shards is.
    pub fn database(&self, id: ComponentId) -> Option<&'a Database> {
        match &self.d.components.get(id.index())?.kind {
            Kind::Database(db) => Some(db),
            Kind::Shards(s) => match &self.d.components.get(s.shards.first()?.index())?.kind {
                Kind::Database(db) => Some(db),
                _ => None,
            },
            _ => None,
        }
    }

    /// Seconds of a core that a call takes.
    pub fn work(&self, id: ComponentId, (op, ask): Asked) -> f64 {
        match &self.d.components[id.index()].kind {
            Kind::Balancer(b) => b.machine.handling.as_ref().map_or(0.0, |h| h.time.mean() / 1e9),
            Kind::Dns(_) | Kind::Cdn(_) | Kind::External(_) => 0.0,
            Kind::Cache(c) => self.mean(&c.service_time),
            Kind::Database(_) | Kind::Shards(_) => self.database(id).map_or(0.0, |db| {
                self.mean(if ask == Ask::Write {
                    &db.write_time
                } else {
                    &db.read_time
                })
            }),
            Kind::Service(s) => {
                let size = s.batch.map_or(1.0, |b| f64::from(b.size));
                self.plan_of(id, op).map_or(0.0, |p| self.plan_work(p) / size)
            }
        }
    }

    fn plan_work(&self, plan: &Plan) -> f64 {
        let of = |step: &Step| match step {
            Step::Work(time) => self.mean(time),
            Step::Wait(_) | Step::Call(_) => 0.0,
            // Branches that nobody waits for may be given up before they did their work.
            Step::Parallel(p) if (p.need as usize) < p.branches.len() => 0.0,
            Step::Parallel(p) => p.branches.iter().map(|b| self.plan_work(b)).sum(),
            Step::Choose(options) => {
                let total: f64 = options.iter().map(|o| o.0).sum();
                options
                    .iter()
                    .map(|(weight, plan)| self.plan_work(plan) * weight / total)
                    .sum()
            }
        };
        plan.steps.iter().map(of).sum()
    }

    /// Seconds that a call holds a worker at least: no waiting anywhere.
    pub fn held(&mut self, id: ComponentId, asked: Asked) -> f64 {
        if let Some(known) = self.held.get(&(id, asked)) {
            return *known;
        }
        let d = self.d;
        let held = match &d.components[id.index()].kind {
            // A cache's worker is free while the origin is asked, whoever asks it.
            Kind::Balancer(_)
            | Kind::Cache(_)
            | Kind::Database(_)
            | Kind::Dns(_)
            | Kind::Cdn(_)
            | Kind::Shards(_) => self.work(id, asked),
            Kind::External(e) => match e.terms(asked.1 == Ask::Put) {
                // Nobody knows how many it refuses, at once.
                terms if terms.limit.is_some() => 0.0,
                terms => self.mean(&terms.latency),
            },
            // How full batches are is known only when they are run; a full one is the best there is.
            Kind::Service(s) if s.batch.is_some() => {
                let size = s.batch.map_or(1.0, |b| f64::from(b.size));
                self.plan_of(id, asked.0)
                    .cloned()
                    .map_or(0.0, |p| self.plan_held(&p, asked.0) / size)
            }
            Kind::Service(s) if s.is_event_loop => self.work(id, asked),
            Kind::Service(s) => {
                let plan = s.plan_of[asked.0.index()].and_then(|p| s.plans.get(usize::from(p)));
                plan.map_or(0.0, |p| self.plan_held(p, asked.0))
            }
        };
        self.held.insert((id, asked), held);
        held
    }

    fn plan_held(&mut self, plan: &Plan, op: OpId) -> f64 {
        let mut held = 0.0;
        for step in &plan.steps {
            held += match step {
                Step::Work(time) | Step::Wait(time) => self.mean(time),
                Step::Call(call) => self.answer(call, op),
                // The longest of all branches takes at least as long as the longest mean; the first of some, who knows.
                Step::Parallel(p) if p.need as usize == p.branches.len() => p
                    .branches
                    .iter()
                    .map(|b| self.plan_held(b, op))
                    .fold(0.0, f64::max),
                Step::Parallel(_) => 0.0,
                Step::Choose(options) => {
                    let total: f64 = options.iter().map(|o| o.0).sum();
                    options
                        .iter()
                        .map(|(weight, plan)| self.plan_held(plan, op) * weight / total)
                        .sum()
                }
            };
        }
        held
    }

    /// Seconds until a call is answered at least. A timeout may cut any of it, so nothing is certain with one.
    fn answer(&mut self, call: &Call, op: OpId) -> f64 {
        if call.timeout.is_some() {
            return 0.0;
        }
        let d = self.d;
        if let Some(part) = calls::part_of(d, call) {
            return self.plan_held(part, op);
        }
        let asked = self.asked(call, op);
        // Behind balancers, whoever is the quickest.
        let mut least = f64::INFINITY;
        let mut open = vec![call.target];
        while let Some(id) = open.pop() {
            if let Kind::Balancer(_) = &d.components[id.index()].kind {
                let next = calls::callees(d, &d.components[id.index()].kind, asked.0);
                open.extend(next.into_iter().map(|c| c.0));
                continue;
            }
            let miss = match &d.components[id.index()].kind {
                Kind::Cache(c) if asked.1 == Ask::Get => c.origin.as_ref().map_or(0.0, |origin| {
                    self.misses[id.index()] * self.answer(origin, asked.0)
                }),
                _ => 0.0,
            };
            least = least.min(self.held(id, asked) + miss);
        }
        if least.is_finite() { least } else { 0.0 }
    }
}
