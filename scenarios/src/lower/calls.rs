//! Who calls whom: cycles, components that nobody reaches, operations that nobody serves.

use std::collections::BTreeSet;

use sim_core::model::{Access, Call, ComponentId, Description, Kind, OpId, Plan, Step, routes_of};

use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean, one_of};
use crate::spec::{KindSpec, ScenarioSpec};

/// The plan that a call does with a connection of a pool, if it is such a call.
pub(super) fn part_of<'d>(d: &'d Description, call: &Call) -> Option<&'d Plan> {
    match (call.access, &d.components.get(call.target.index())?.kind) {
        (Access::Part(part), Kind::Service(pool)) => pool.plans.get(usize::from(part)),
        _ => None,
    }
}

/// Calls `visit` for every call of a plan, however deep; what is done with a connection counts as done by the plan itself.
pub(super) fn each_call<'p>(d: &'p Description, plan: &'p Plan, visit: &mut dyn FnMut(&'p Call)) {
    for step in &plan.steps {
        match step {
            Step::Work(_) | Step::Wait(_) => {}
            Step::Call(call) => match part_of(d, call) {
                Some(part) => each_call(d, part, visit),
                None => visit(call),
            },
            Step::Parallel(parallel) => parallel.branches.iter().for_each(|b| each_call(d, b, visit)),
            Step::Choose(options) => options.iter().for_each(|o| each_call(d, &o.1, visit)),
        }
    }
}

/// The components that a component calls when it serves an operation, with the operation that each is asked for.
pub(super) fn callees(d: &Description, kind: &Kind, op: OpId) -> Vec<(ComponentId, OpId)> {
    match kind {
        Kind::Balancer(b) if b.routes.is_empty() => b.forward.iter().map(|f| (*f, op)).collect(),
        Kind::Balancer(b) => routes_of(&b.routes, op)
            .map(|r| (b.forward[usize::from(r.to)], op))
            .collect(),
        Kind::Cache(c) => c.origin.iter().map(|o| (o.target, op)).collect(),
        // The shards of a database are the database itself.
        Kind::Database(_) | Kind::Shards(_) | Kind::External(_) => Vec::new(),
        Kind::Dns(s) => s.forward.iter().map(|f| (*f, op)).collect(),
        Kind::Cdn(s) => vec![(s.origin.target, op)],
        Kind::Service(s) => {
            let mut out = Vec::new();
            let plan = s
                .plan_of
                .get(op.index())
                .copied()
                .flatten()
                .and_then(|p| s.plans.get(usize::from(p)));
            if let Some(plan) = plan {
                each_call(d, plan, &mut |call| {
                    let asked = if let Access::Op(other) = call.access {
                        other
                    } else {
                        op
                    };
                    if !out.contains(&(call.target, asked)) {
                        out.push((call.target, asked));
                    }
                });
            }
            out
        }
    }
}

/// The components that a component calls for whatever operation.
pub(super) fn all_callees(d: &Description, kind: &Kind) -> Vec<ComponentId> {
    match kind {
        Kind::Service(s) => {
            let mut all = Vec::new();
            s.plans
                .iter()
                .for_each(|p| each_call(d, p, &mut |call| all.push(call.target)));
            all
        }
        Kind::Balancer(b) => b.forward.clone(),
        kind => callees(d, kind, OpId(0)).into_iter().map(|c| c.0).collect(),
    }
}

/// The components and operations that requests of these clients reach.
pub(super) fn reached(d: &Description, clients: usize) -> BTreeSet<(ComponentId, OpId)> {
    let clients = &d.clients[clients];
    let mut reached = BTreeSet::new();
    let mut open: Vec<_> = clients.mix.iter().map(|m| (clients.call.target, m.0)).collect();
    while let Some((component, op)) = open.pop() {
        if let Some(c) = d.components.get(component.index())
            && reached.insert((component, op))
        {
            open.extend(callees(d, &c.kind, op));
        }
    }
    reached
}

/// Reports calls that lead back to where they began. True if there are any.
pub(super) fn cycles(spec: &ScenarioSpec, d: &Description, out: &mut Diagnostics) -> bool {
    let next: Vec<Vec<usize>> = d
        .components
        .iter()
        .take(spec.components.len())
        .map(|c| {
            all_callees(d, &c.kind)
                .into_iter()
                .map(ComponentId::index)
                .collect()
        })
        .collect();
    let name = |i: usize| spec.components[i].name.value.as_str();
    let mut done = vec![false; next.len()];
    let mut found = false;
    for start in 0..next.len() {
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        let mut on_path = vec![false; next.len()];
        on_path[start] = true;
        while let Some(&mut (at, ref mut i)) = path.last_mut() {
            let to = if done[at] {
                None
            } else {
                next[at].get(*i).copied().filter(|to| *to < next.len())
            };
            let Some(to) = to else {
                done[at] = true;
                on_path[at] = false;
                path.pop();
                continue;
            };
            *i += 1;
            if on_path[to] {
                let from = path.iter().position(|p| p.0 == to).unwrap_or(0);
                let names: Vec<&str> = path[from..].iter().map(|p| name(p.0)).chain([name(to)]).collect();
                let problem = Diagnostic::error(
                    &spec.components[to].name.span,
                    "calls lead back to where they began",
                );
                out.push(problem.label(names.join(" -> ")).note("a call would never end"));
                found = true;
            } else if !done[to] {
                on_path[to] = true;
                path.push((to, 0));
            }
        }
    }
    found
}

/// Reports what no request reaches, and operations that reach a service without a plan for them.
pub(super) fn reachability(spec: &ScenarioSpec, d: &Description, ops: &[String], out: &mut Diagnostics) {
    // A call that couldn't be read may be the one that a component gets.
    let all_is_read = out.errors() == 0;
    let mut all = BTreeSet::new();
    for i in 0..d.clients.len() {
        let reached = reached(d, i);
        for (component, op) in &reached {
            if let Kind::Service(s) = &d.components[component.index()].kind
                && s.plan_of.get(op.index()).copied().flatten().is_none()
            {
                unserved(spec, i, component.index(), &ops[op.index()], out);
            }
        }
        all.extend(reached);
    }
    for (i, component) in spec.components.iter().enumerate() {
        let used: Vec<&str> = all
            .iter()
            .filter(|r| r.0.index() == i)
            .filter_map(|r| ops.get(r.1.index()))
            .map(String::as_str)
            .collect();
        if used.is_empty() {
            if all_is_read {
                let problem =
                    Diagnostic::warning(&component.name.span, format!("nobody calls {}", component.path()));
                out.push(problem.label("no request comes here"));
            }
            continue;
        }
        let KindSpec::Service(service) = &component.kind else {
            continue;
        };
        for (op, _) in service
            .plans
            .iter()
            .filter(|p| p.0.value != "default" && !used.contains(&p.0.value.as_str()))
        {
            let path = component.path();
            let problem =
                Diagnostic::warning(&op.span, format!("no request asks {path} for \"{}\"", op.value));
            let label = format!("it is asked for {}", one_of(used.iter().copied()));
            out.push(
                problem
                    .label(label)
                    .maybe_help(did_you_mean(&op.value, used.iter().copied())),
            );
        }
    }
}

fn unserved(spec: &ScenarioSpec, clients: usize, component: usize, op: &str, out: &mut Diagnostics) {
    let KindSpec::Service(service) = &spec.components[component].kind else {
        return;
    };
    let path = spec.components[component].path();
    let names = || service.plans.iter().map(|p| p.0.value.as_str());
    let clients = &spec.clients[clients];
    let written = clients
        .mix
        .iter()
        .find(|m| m.0.value == op)
        .map_or(&clients.name.span, |m| &m.0.span);
    let problem = Diagnostic::error(written, format!("{path} has no plan for \"{op}\""));
    let label = if service.plans.is_empty() {
        "it has no plan at all".into()
    } else {
        format!("it has {}", one_of(names()))
    };
    let help = did_you_mean(op, names()).unwrap_or_else(|| {
        if clients.mix.is_empty() {
            format!(
                "give {path} a plan `on.default`, or clients.{} a mix",
                clients.name.value
            )
        } else {
            format!("give {path} a plan `on.{op}`, or `on.default` for all other operations")
        }
    });
    out.push(problem.label(label).help(help));
}
