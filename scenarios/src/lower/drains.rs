//! Instances that are drained: balancers spare them, and after a delay they are down.

use sim_core::model::{Component, ComponentId, Description, FaultKind, Kind, ScheduledFault};
use sim_core::time::SimDuration;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::spec::fault::FaultKindSpec;
use crate::spec::{ComponentSpec, KindSpec, ScenarioSpec};

/// The time that calls have to end, where the scenario does not say: the deregistration delay of AWS's target groups.
const DELAY: SimDuration = SimDuration::from_nanos(300_000_000_000);

/// What follows a drain: the instance goes down when its delay is over, until the drain is.
pub(super) fn cut(drain: &ScheduledFault, delay: Option<SimDuration>) -> Option<ScheduledFault> {
    let FaultKind::Drain { component, instances } = &drain.kind else {
        return None;
    };
    let delay = delay.unwrap_or(DELAY);
    (delay < drain.duration).then(|| ScheduledFault {
        at: drain.at + delay,
        duration: SimDuration::from_nanos(drain.duration.as_nanos() - delay.as_nanos()),
        kind: FaultKind::InstanceCrash {
            component: *component,
            instances: instances.clone(),
        },
    })
}

/// Lists what was taken for granted.
pub(super) fn assumptions(spec: &ScenarioSpec, say: &mut Vec<String>) {
    for (i, fault) in spec.faults.iter().enumerate() {
        if let FaultKindSpec::Drain(target, _, None) = &fault.kind {
            let seconds = DELAY.as_secs_f64();
            say.push(format!(
                "fault.{i}: calls at {} have {seconds} s to end before it goes down",
                target.value
            ));
        }
    }
}

/// Reports drains of what has no balancer in front that could send calls elsewhere.
pub(super) fn without_balancer(spec: &ScenarioSpec, d: &Description, out: &mut Diagnostics) {
    for (i, fault) in spec.faults.iter().enumerate() {
        let FaultKindSpec::Drain(target, ..) = &fault.kind else {
            continue;
        };
        let is_it = |id: &ComponentId| {
            spec.components
                .get(id.index())
                .is_some_and(|c| c.name.value == target.value)
        };
        let leads = |c: &Component| matches!(&c.kind, Kind::Balancer(b) if b.forward.iter().any(is_it));
        // What else is named was reported.
        let is_service =
            |c: &ComponentSpec| matches!(c.kind, KindSpec::Service(_)) && c.name.value == target.value;
        if spec.components.iter().any(is_service) && !d.components.iter().any(leads) {
            let message = format!("fault.{i}: no balancer stands before {}", target.value);
            let problem = Diagnostic::error(&target.span, message);
            out.push(problem.label("nobody would send its calls elsewhere"));
        }
    }
}
