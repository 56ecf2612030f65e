//! Call plans: steps with names to steps with numbers.

use sim_core::model::{Access, Call, ComponentId, Parallel, Plan, Step};
use sim_core::random::StreamName;

use super::names::Index;
use super::pools::Pools;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::expression::Laws;
use crate::source::Spanned;
use crate::spec::plan::{CallSpec, StepSpec, Verb};

/// What `call` is for.
const CALLED: &[&str] = &["service", "balancer", "cdn", "external"];

/// Lowers a plan. Steps that can't be lowered were reported and are left out.
pub(super) fn plan(
    steps: &[StepSpec],
    name: StreamName,
    what: &str,
    index: &Index<'_>,
    laws: &mut Laws<'_>,
    pools: &mut Pools,
    out: &mut Diagnostics,
) -> Plan {
    let nested = |steps: &[StepSpec], laws: &mut Laws<'_>, pools: &mut Pools, out: &mut Diagnostics| {
        plan(steps, name, what, index, laws, pools, out)
    };
    let lowered = steps.iter().filter_map(|step| match step {
        StepSpec::Work(time) => laws.demand(time, out).map(Step::Work),
        StepSpec::Wait(time) => laws.demand(time, out).map(Step::Wait),
        StepSpec::Disk(spec) => {
            let Some(disk) = &pools.disk else {
                let problem = Diagnostic::error(spec.span(), format!("{what}: there is no disk"));
                out.push(problem.label("expected `disk = \"ssd\"` or \"hdd\" in this service"));
                return None;
            };
            let time = laws.demand(&spec.time(disk.kind), out)?;
            pools.disk.as_mut()?.step(time)
        }
        StepSpec::Call(spec) => {
            let to = &spec.target.value;
            let call = call(spec, what, index, out)?;
            if !pools.has(to) || pools.is_inside(to) {
                return Some(Step::Call(call));
            }
            pools.enter(to);
            let inner = Call {
                timeout: None,
                retry: None,
                ..call.clone()
            };
            pools.leave(to, vec![Step::Call(inner)], call)
        }
        StepSpec::With(to, steps) => {
            if !pools.has(&to.value) {
                let problem = Diagnostic::error(
                    &to.span,
                    format!("{what}: there are no connections to {}", to.value),
                );
                out.push(problem.label("expected a component in `pools` of this service"));
                return None;
            }
            pools.enter(&to.value);
            let inner = nested(steps, laws, pools, out);
            let outer = Call {
                target: ComponentId(0),
                access: Access::Same,
                timeout: None,
                retry: None,
            };
            pools.leave(&to.value, inner.steps, outer)
        }
        StepSpec::Parallel(branches, need, cancel) => {
            let inside = pools.branch();
            let branches = branches.iter().map(|b| nested(b, laws, pools, out)).collect();
            pools.back(inside);
            Some(Step::Parallel(Parallel {
                branches,
                need: *need,
                cancel: *cancel,
            }))
        }
        StepSpec::Choose(options) => Some(Step::Choose(
            options
                .iter()
                .map(|(weight, steps)| (*weight, nested(steps, laws, pools, out)))
                .collect(),
        )),
    });
    Plan {
        name,
        steps: lowered.collect(),
    }
}

fn call(spec: &CallSpec, what: &str, index: &Index<'_>, out: &mut Diagnostics) -> Option<Call> {
    let (word, access, kinds): (_, _, &[&'static str]) = match &spec.verb {
        Verb::Call(None) => ("call", Access::Same, CALLED),
        Verb::Call(Some(op)) => ("call", Access::Op(index.op(&op.value)), CALLED),
        Verb::Get => ("get", Access::Get, &["cache", "object-store"]),
        Verb::Put => ("put", Access::Put, &["cache", "object-store"]),
        Verb::Read => ("read", Access::Read, &["database"]),
        Verb::Write => ("write", Access::Write, &["database"]),
    };
    let target = index.component(&spec.target, kinds, &format!("{what}: {word}"), out)?;
    Some(Call {
        target,
        access,
        timeout: spec.timeout,
        retry: spec.retry.clone(),
    })
}

/// The operations that calls of a plan name.
pub(super) fn named_ops<'s>(steps: &'s [StepSpec], into: &mut Vec<&'s Spanned<String>>) {
    for step in steps {
        match step {
            StepSpec::Work(_) | StepSpec::Wait(_) | StepSpec::Disk(_) => {}
            StepSpec::Call(CallSpec {
                verb: Verb::Call(Some(op)),
                ..
            }) => into.push(op),
            StepSpec::Call(_) => {}
            StepSpec::Parallel(branches, ..) => branches.iter().for_each(|b| named_ops(b, into)),
            StepSpec::With(_, steps) => named_ops(steps, into),
            StepSpec::Choose(options) => options.iter().for_each(|o| named_ops(&o.1, into)),
        }
    }
}
