//! How instances start, which of them serve, and how many calls they hold: values, defaults and contradictions.

use sim_core::model::{Cold, Discipline, LEAST_BETWEEN_PAUSES, Memory, OnDemand, Pauses, Service};
use sim_core::time::SimDuration;

use super::components::Lowering;
use crate::diagnostic::Diagnostic;
use crate::spec::KindSpec;
use crate::spec::service::ServiceSpec;

/// Until an instance is back that ran out of memory, where nothing is said.
const RESTART: SimDuration = SimDuration::from_nanos(10_000_000_000);

impl Lowering<'_, '_> {
    /// Writes it into the service.
    pub(super) fn life(&mut self, s: &ServiceSpec, name: &str, path: &str, service: &mut Service) {
        let life = &s.life;
        service.start_up = life.start_up.as_ref().and_then(|e| self.laws.law(e, self.out));
        service.cold = life.cold.map(|(lasts, slower)| Cold { lasts, slower });
        if let Some(memory) = &life.memory {
            if service.is_event_loop {
                let problem = Diagnostic::error(&memory.span, format!("{path}: memory of an event loop"));
                let label = "only calls that hold or await a worker are counted, and here they let it go";
                self.out
                    .push(problem.label(label).help("limit the calls with `queue`"));
            }
            let m = &memory.value;
            let restart = m.restart.unwrap_or(RESTART);
            if m.crashes && m.restart.is_none() {
                self.assume(path, "memory.restart = \"10s\"");
            }
            service.memory = Some(Memory {
                calls: m.calls,
                crashes: m.crashes.then_some(restart),
            });
            let limit = service.station.workers.zip(service.station.queue);
            if limit.is_some_and(|(w, q)| w.saturating_add(q) <= m.calls) {
                let message = format!("{path}: the memory holds {} calls", m.calls);
                let problem = Diagnostic::warning(&memory.span, message);
                self.out
                    .push(problem.label("no more than that ever come in: `workers` and `queue` allow fewer"));
            }
        }
        if let Some(batch) = &life.batch {
            let is_plain = service.station.discipline == Discipline::Fifo
                && !service.station.shares_cores()
                && service.station.workers.is_some()
                && !service.is_event_loop;
            if !is_plain {
                let problem = Diagnostic::error(
                    &batch.span,
                    format!("{path}: these calls can't be served in batches"),
                );
                let label = "a batch needs a limited number of threads with a core each, and a queue in order of arrival";
                self.out.push(
                    problem
                        .label(label)
                        .help("remove `discipline`, `contention` and `concurrency`, and set `workers`"),
                );
            }
            service.batch = Some(batch.value);
        }
        if let Some(on_demand) = &life.on_demand {
            let is_by_size = service.station.discipline == Discipline::Shortest;
            if service.is_event_loop || is_by_size || service.batch.is_some() {
                let message = format!("{path}: these workers can't be started on demand");
                let problem = Diagnostic::error(&on_demand.span, message);
                let label = "not those of an event loop, with batches, or with the shortest work first";
                self.out
                    .push(problem.label(label).help("remove one of the two keys"));
            }
            let (set_up, keep_alive) = &on_demand.value;
            if keep_alive.is_none() {
                self.assume(path, "on-demand.keep-alive = \"0s\"");
            }
            service.on_demand = self.laws.law(set_up, self.out).map(|set_up| OnDemand {
                set_up,
                keep_alive: keep_alive.unwrap_or_default(),
            });
        }
        if let Some((every, lasts)) = &life.pauses {
            let between = self.laws.law(every, self.out);
            if between
                .as_ref()
                .is_some_and(|law| law.mean() < LEAST_BETWEEN_PAUSES)
            {
                let problem =
                    Diagnostic::error(&every.span, format!("{path}: the pauses are too close together"));
                self.out
                    .push(problem.label("expected at least 1ms from one to the next, on average"));
            }
            let lasts = self.laws.law(lasts, self.out);
            self.assume(
                path,
                "pauses: what takes no work, such as passing on an answer, isn't held up",
            );
            service.pauses = between.zip(lasts).map(|(every, lasts)| Pauses { every, lasts });
        }
        let Some(standby) = &life.standby else {
            return;
        };
        service.takeover = Some(life.takeover.as_ref().map_or_else(
            || {
                self.assume(path, "takeover: at once");
                SimDuration::ZERO
            },
            |t| t.value,
        ));
        if service.instances < 2 {
            let problem = Diagnostic::error(&standby.span, format!("{path}: nobody stands by"));
            self.out.push(
                problem
                    .label("expected at least two instances")
                    .help("add `instances = 2`"),
            );
        }
        for component in &self.spec.components {
            if let KindSpec::Balancer(b) = &component.kind
                && b.targets().any(|f| f.value == name)
            {
                let message = format!(
                    "{path}: {} would send calls to those that stand by",
                    component.path()
                );
                let problem = Diagnostic::error(&standby.span, message);
                let help = "let callers call it directly: the instance that serves is found by itself";
                self.out.push(problem.label("nobody chooses here").help(help));
            }
        }
    }
}
