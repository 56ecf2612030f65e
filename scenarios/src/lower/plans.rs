//! Call plans: steps with names to steps with numbers.

use sim_core::model::{Access, Call, Parallel, Plan, Step};
use sim_core::random::StreamName;

use super::names::Index;
use crate::diagnostic::Diagnostics;
use crate::expression::Laws;
use crate::source::Spanned;
use crate::spec::plan::{CallSpec, StepSpec, Verb};

/// Lowers a plan. Steps that can't be lowered were reported and are left out.
pub(super) fn plan(
    steps: &[StepSpec],
    name: StreamName,
    what: &str,
    index: &Index<'_>,
    laws: &mut Laws<'_>,
    out: &mut Diagnostics,
) -> Plan {
    let nested = |steps: &[StepSpec], laws: &mut Laws<'_>, out: &mut Diagnostics| {
        plan(steps, name, what, index, laws, out)
    };
    let lowered = steps.iter().filter_map(|step| match step {
        StepSpec::Work(time) => laws.demand(time, out).map(Step::Work),
        StepSpec::Wait(time) => laws.demand(time, out).map(Step::Wait),
        StepSpec::Call(spec) => call(spec, what, index, out).map(Step::Call),
        StepSpec::Parallel(branches, need) => {
            let branches = branches.iter().map(|b| nested(b, laws, out)).collect();
            Some(Step::Parallel(Parallel {
                branches,
                need: *need,
            }))
        }
        StepSpec::Choose(options) => Some(Step::Choose(
            options
                .iter()
                .map(|(weight, steps)| (*weight, nested(steps, laws, out)))
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
        Verb::Call(None) => ("call", Access::Same, &["service", "balancer", "cdn"]),
        Verb::Call(Some(op)) => (
            "call",
            Access::Op(index.op(&op.value)),
            &["service", "balancer", "cdn"],
        ),
        Verb::Get => ("get", Access::Get, &["cache"]),
        Verb::Put => ("put", Access::Put, &["cache"]),
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
            StepSpec::Work(_) | StepSpec::Wait(_) => {}
            StepSpec::Call(CallSpec {
                verb: Verb::Call(Some(op)),
                ..
            }) => into.push(op),
            StepSpec::Call(_) => {}
            StepSpec::Parallel(branches, _) => branches.iter().for_each(|b| named_ops(b, into)),
            StepSpec::Choose(options) => options.iter().for_each(|o| named_ops(&o.1, into)),
        }
    }
}
