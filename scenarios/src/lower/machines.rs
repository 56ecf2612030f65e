//! What a balancer runs on: its workers, limits and fee, with what was left to the machine's own figures listed.

use sim_core::model::{CallLimit, Description, Fee, Handling, Kind, Layer, Machine};
use sim_core::random::Law;
use sim_core::time::SimDuration;

use super::components::Lowering;
use super::cost;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::quantity::rounded;
use crate::spec::balancer::BalancerSpec;
use crate::spec::fault::{FaultKindSpec, FaultSpec};
use crate::spec::machine::MachineSpec;
use crate::spec::station::Limit;
use crate::spec::{KindSpec, ScenarioSpec};

/// The most instances that all instances of a balancer can see together.
const MOST_SEEN: u64 = 1_000_000;
/// The most components that they can see together.
const MOST_VIEWS: u64 = 20_000;
/// For how long callers keep the address of a balancer that AWS runs: the TTL of its name (Elastic Load Balancing guide, "How Elastic
/// Load Balancing works").
const TTL_OF_MANAGED: SimDuration = SimDuration::from_nanos(60_000_000_000);
/// For how long they keep that of another one, where nothing is said: assumed.
const CONVERGENCE: SimDuration = SimDuration::from_nanos(30_000_000_000);

/// Until who calls one of several instances has noticed that it is down.
fn convergence(b: &BalancerSpec) -> SimDuration {
    let is_managed = b.machine.as_ref().is_some_and(MachineSpec::is_managed);
    let usual = if is_managed { TTL_OF_MANAGED } else { CONVERGENCE };
    b.convergence.unwrap_or(usual)
}

/// Lists what was taken for granted about instances that may go down.
pub(super) fn assumptions(spec: &ScenarioSpec, say: &mut Vec<String>) {
    let is_outage = |f: &FaultSpec| matches!(f.kind, FaultKindSpec::ZoneOutage(..));
    let has_outage = spec.faults.iter().any(is_outage);
    for component in &spec.components {
        let KindSpec::Balancer(b) = &component.kind else {
            continue;
        };
        let path = component.path();
        let crashes = |f: &FaultSpec| match &f.kind {
            FaultKindSpec::InstanceCrash(target, _) => target.value == component.name.value,
            FaultKindSpec::ZoneOutage(..) => !b.spans_zones(),
            _ => false,
        };
        if has_outage {
            say.push(match &component.placement.zones {
                _ if b.spans_zones() => {
                    format!("{path}: spans all zones, so a zone-outage takes none of it down")
                }
                Some(zones) if zones.value > 1 => {
                    format!(
                        "{path}: its instances stand in {} zones in turn, and go down with them",
                        zones.value
                    )
                }
                _ => format!("{path}: all of it stands in zone 1, and goes down with it"),
            });
        }
        if component.placement.failures.is_none() && !spec.faults.iter().any(crashes) {
            continue;
        }
        if b.instances.as_ref().is_some_and(|i| i.value > 1) {
            say.push(format!(
                "{path}: an instance that is down refuses what comes to it; who called it turns to the others after {}, and comes back as long after it is up again; who tries again asks the next one at once",
                convergence(b)
            ));
        }
        say.push(format!(
            "{path}: calls that an instance led on before it went down are answered all the same"
        ));
    }
}

/// Reports instances that no instance of a balancer knows, whatever chance brings.
pub(super) fn unknown(spec: &ScenarioSpec, d: &Description, out: &mut Diagnostics) {
    for (component, of) in spec.components.iter().zip(&d.components) {
        let (KindSpec::Balancer(written), Kind::Balancer(b)) = (&component.kind, &of.kind) else {
            continue;
        };
        let (Some(subset), Some(at)) = (b.routing.subset, &written.subset_span) else {
            continue;
        };
        let known = u64::from(subset.size) * u64::from(b.machine.instances);
        for to in &b.forward {
            let behind = d.components[to.index()].instances();
            if known < behind {
                let message = format!(
                    "{}: at least {} of {behind} instances are known to nobody, and get no calls",
                    component.path(),
                    behind - known
                );
                let label = format!("{} times {} are {known}", b.machine.instances, subset.size);
                out.push(Diagnostic::warning(at, message).label(label));
            }
        }
    }
}

/// Warns of workers that never get a call, for balancers keep them all waiting.
pub(super) fn idle(spec: &ScenarioSpec, d: &Description, out: &mut Diagnostics) {
    for (component, of) in spec.components.iter().zip(&d.components) {
        let (KindSpec::Balancer(written), Kind::Balancer(b)) = (&component.kind, &of.kind) else {
            continue;
        };
        let Some(limit) = &written.limit else {
            continue;
        };
        let there = u64::from(limit.value.most) * u64::from(b.machine.instances);
        for to in &b.forward {
            if let Kind::Service(s) = &d.components[to.index()].kind
                && let Some(workers) = s.station.workers.filter(|w| there < u64::from(*w))
            {
                let message = format!(
                    "{}: {} of {workers} workers never get a call",
                    component.path(),
                    u64::from(workers) - there
                );
                let name = spec.components[to.index()].path();
                let label = format!("with this at most {there} calls are at an instance of {name}");
                out.push(Diagnostic::warning(&limit.span, message).label(label));
            }
        }
    }
}

impl Lowering<'_, '_> {
    /// What a balancer runs on; `own` is its type of instance.
    pub(super) fn machine(
        &mut self,
        b: &BalancerSpec,
        path: &str,
        own: Option<&cost::Machine>,
    ) -> Option<Machine> {
        let written = b.machine.as_ref();
        let preset = written.and_then(|m| m.preset);
        if let Some((member, _)) = preset {
            self.assume(
                path,
                &format!("machine = \"{}\" ({})", member.name, member.source),
            );
        }
        let workers = self.workers(b, path, own);
        let queue = match &b.queue {
            Some(Limit::At(n)) => Some(n.value),
            _ => None,
        };
        let handling = match b.capacity {
            Some(capacity) => Law::constant(1e9 / capacity).ok().map(|time| Handling {
                workers: 1,
                time,
                queue,
            }),
            None => self
                .work(written, b.latency.is_some(), path)
                .map(|time| Handling { workers, time, queue }),
        };
        let most_calls = match written.and_then(|m| m.connections.as_ref()) {
            Some(Limit::At(n)) => Some(n.value),
            Some(Limit::Unlimited) => None,
            None => {
                preset.and_then(|(_, p)| p.calls.or(p.calls_of_worker.map(|c| c.saturating_mul(workers))))
            }
        };
        let of_preset = preset.map_or(String::new(), |(_, p)| format!(" ({})", p.calls_from));
        if let (Some(calls), Some(None)) = (most_calls, written.map(|m| m.connections.as_ref())) {
            self.assume(
                path,
                &format!("connections = {calls}: at most so many calls under way{of_preset}"),
            );
        }
        let keeps = SimDuration::from_secs_f64(preset.map_or(60, |(_, p)| p.idle_s) as f64);
        let keeps = written.and_then(|m| m.idle).unwrap_or(keeps);
        let layer = written.map_or(Layer::L7, MachineSpec::layer);
        if layer == Layer::L4 {
            let what = format!(
                "L4: all calls of a source go to the same instance until none has come for {keeps}; a call without a source is a connection of its own"
            );
            self.assume(path, &what);
        }
        let fee = written.and_then(|m| m.fee.or(preset.and_then(|(_, p)| p.fee())));
        if let Some(fee) = &fee {
            self.assume(path, &priced(fee));
        }
        let instances = b.instances.as_ref().map_or(1, |i| i.value);
        if instances > 1 {
            self.assume(
                path,
                "each instance knows only of the calls that it sent itself; a source, or an instance of a service, always uses the same one, other calls come to any",
            );
        }
        self.is_seen(b, path)?;
        Some(Machine {
            instances,
            spans_zones: b.spans_zones(),
            convergence: (instances > 1).then(|| convergence(b)),
            layer,
            handling,
            most_calls,
            keeps,
            fee,
        })
    }

    /// The calls out at each instance behind a balancer, and what waits there.
    pub(super) fn limit(&mut self, b: &BalancerSpec, path: &str) -> Option<CallLimit> {
        let limit = b.limit.as_ref()?.value;
        if limit.timeout.is_none() {
            self.assume(
                path,
                "a call waits for a connection as long as its caller does, and leaves its line with it",
            );
        }
        if b.retry.is_some() {
            self.assume(path, "a call that is tried again goes to the end of the line");
        }
        Some(limit)
    }

    /// Calls that an instance works on at once.
    fn workers(&mut self, b: &BalancerSpec, path: &str, own: Option<&cost::Machine>) -> u32 {
        let Some(written) = &b.machine else {
            return 1;
        };
        written.workers.unwrap_or_else(|| {
            let vcpu = own.and_then(|m| m.vcpu).unwrap_or(1);
            if written.has_work() && b.capacity.is_none() {
                self.assume(path, &format!("workers = {vcpu}"));
            }
            vcpu
        })
    }

    /// What a call takes of a worker.
    fn work(&mut self, written: Option<&MachineSpec>, has_latency: bool, path: &str) -> Option<Law> {
        let written = written?;
        if let Some(work) = &written.work {
            return self.law(Some(&work.value));
        }
        let (_, preset) = written.preset.as_ref()?;
        if preset.work_us <= 0.0 {
            if !has_latency {
                self.assume(path, preset.speed_from);
            }
            return None;
        }
        self.assume(
            path,
            &format!("work = {}us ({})", preset.work_us, preset.speed_from),
        );
        Law::constant(preset.work_us * 1e3).ok()
    }

    /// Whether what the instances can see together is not too much.
    fn is_seen(&mut self, b: &BalancerSpec, path: &str) -> Option<()> {
        let Some(instances) = b.instances.as_ref().filter(|i| i.value > 1) else {
            return Some(());
        };
        let all = &self.spec.components;
        let behind = b
            .targets()
            .filter_map(|name| all.iter().find(|c| c.name.value == name.value));
        let (mut views, mut seen) = (0, 0);
        for component in behind {
            views += 1;
            seen += match &component.kind {
                KindSpec::Service(s) => s.instances.as_ref().map_or(1, |i| u64::from(i.value)),
                KindSpec::Balancer(b) => b.instances.as_ref().map_or(1, |i| u64::from(i.value)),
                _ => 1,
            };
        }
        let count = u64::from(instances.value);
        if count * seen <= MOST_SEEN && count * views <= MOST_VIEWS {
            return Some(());
        }
        let message = format!("{path}: each of {count} instances would watch {seen} others");
        let problem = Diagnostic::error(&instances.span, message);
        let most = (MOST_SEEN / seen.max(1)).min(MOST_VIEWS / views.max(1));
        self.out
            .push(problem.label(format!("expected at most {most} of them")));
        None
    }
}

/// A fee in words.
fn priced(fee: &Fee) -> String {
    let mut units = vec![format!("{} GB/h of answers", fee.bytes_per_hour / 1e9)];
    for (of, what) in [
        (fee.new_per_s, "new connections/s"),
        (fee.open, "open connections"),
        (fee.rules_per_s, "routes looked at/s"),
    ] {
        if of.is_finite() {
            units.push(format!("{of} {what}"));
        }
    }
    format!(
        "costs ${} for an hour of a unit, which is {}, whichever takes most",
        rounded(fee.unit as f64 * 1e-12, 6),
        units.join(", ")
    )
}
