//! Puts the description together: components first, for their expressions name the columns that traces must have.

use std::collections::BTreeSet;

use sim_core::model::{Component, Demand, Description, Kind, Plan, Route, Step, WarmUp};
use sim_core::time::SimDuration;

use super::caches;
use super::calls;
use super::clients;
use super::components::Lowering;
use super::databases;
use super::drains;
use super::freight;
use super::geography::{self, Regions};
use super::machines;
use super::names::Index;
use super::plans;
use super::routes;
use super::shards;
use crate::catalog::latency::DEFAULT_YEAR;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::expression::Laws;
use crate::scenario::Names;
use crate::spec::clients::ArrivalsSpec;
use crate::spec::{KindSpec, ScenarioSpec};
use crate::traces::Files;

/// A description and what belongs to it.
pub(super) struct Lowered {
    pub description: Description,
    pub names: Names,
    pub usd_per_hour: Vec<Option<f64>>,
    pub assumptions: Vec<String>,
}

/// Operations that are taken to change data by their name, when they reach a store without a plan's word on it.
const WRITES: &[&str] = &["write", "put", "update", "insert", "delete"];

/// Lowers everything. None if a part is missing, which was reported.
pub(super) fn build(spec: &ScenarioSpec, files: &dyn Files, out: &mut Diagnostics) -> Option<Lowered> {
    let mut called = Vec::new();
    for component in &spec.components {
        if let KindSpec::Service(s) = &component.kind {
            s.plans.iter().for_each(|p| plans::named_ops(&p.1, &mut called));
        }
    }
    let index = Index::new(spec, &called, out);
    let regions = Regions::new(spec, out);
    let mut laws = Laws::new(spec.run.year.unwrap_or(DEFAULT_YEAR), files);
    let mut assumptions = run_assumptions(spec);
    let mut usd_per_hour = Vec::new();
    let (mut pools, mut sharded) = (Vec::new(), Vec::new());
    let components: Vec<Option<Component>> = {
        let (laws, assumptions, usd_per_hour) = (&mut laws, &mut assumptions, &mut usd_per_hour);
        let mut lowering = Lowering {
            spec,
            index: &index,
            laws,
            usd_per_hour,
            assumptions,
            pools: &mut pools,
            sharded: &mut sharded,
            out,
        };
        spec.components
            .iter()
            .map(|c| lowering.component(c, &regions))
            .collect()
    };
    geography::assumptions(spec, &regions, &mut assumptions);
    drains::assumptions(spec, &mut assumptions);
    machines::assumptions(spec, &mut assumptions);
    let mut network = geography::network(spec, &regions, &mut laws, out);
    freight::sizes(spec, &index, &mut network, &mut assumptions, out);
    let faults = geography::faults(spec, &regions, &index, &mut laws, out);
    let lowered = clients::lower(spec, &index, &mut laws, files, &mut assumptions, out);
    let components: Option<Vec<Component>> = components.into_iter().collect();
    let (mut components, lowered) = (components?, lowered?);
    let mut component_names: Vec<String> = spec.components.iter().map(|c| c.name.value.clone()).collect();
    for (name, pool) in pools.into_iter().flatten() {
        component_names.push(name);
        components.push(pool);
        usd_per_hour.push(None);
    }
    let mut description = Description {
        duration: spec.run.duration.as_ref().map_or(SimDuration::ZERO, |d| d.value),
        warm_up: spec.run.warm_up.as_ref().map_or(WarmUp::Auto, |w| w.value),
        operations_that_write: writes(spec, &index),
        key_spaces: lowered.key_spaces,
        traces: lowered.traces,
        clients: lowered.clients,
        components,
        network,
        faults,
    };
    shards::add(
        sharded,
        spec,
        &mut description,
        &mut component_names,
        &mut usd_per_hour,
        &mut assumptions,
    );
    geography::missing_ways(spec, &regions, &description, out);
    geography::missing_instances(spec, &description, out);
    drains::without_balancer(spec, &description, out);
    databases::connections(spec, out);
    if !calls::cycles(spec, &description, out) {
        calls::reachability(spec, &description, &index.ops, out);
        routes::gaps(spec, &description, &index.ops, out);
        machines::unknown(spec, &description, out);
        machines::idle(spec, &description, out);
        requirements(spec, &description, &laws, &lowered.columns, out);
        caches::insiders(spec, &description, out);
        caches::foresight(spec, &description, &mut assumptions);
    }
    assumptions.append(&mut laws.assumptions);
    let names = Names {
        clients: spec.clients.iter().map(|c| c.name.value.clone()).collect(),
        components: component_names,
        operations: index.ops.clone(),
    };
    Some(Lowered {
        description,
        names,
        usd_per_hour,
        assumptions,
    })
}

fn run_assumptions(spec: &ScenarioSpec) -> Vec<String> {
    let mut all = Vec::new();
    let mut say = |when: bool, what: String| all.extend(when.then_some(what));
    let run = &spec.run;
    say(
        run.warm_up.is_none(),
        "run: warm-up = \"auto\" (MSER-5 decides what is cut)".into(),
    );
    say(
        run.trials.is_none(),
        format!("run: trials = {}", super::DEFAULT_TRIALS),
    );
    say(run.seed.is_none(), format!("run: seed = {}", super::DEFAULT_SEED));
    match &spec.network {
        None => say(
            true,
            "no [network]: links are ideal, a message takes no time".into(),
        ),
        Some(network) => {
            say(
                network.same_zone.is_none(),
                "network: no delay within a zone".into(),
            );
            say(
                network.cross_zone.is_none(),
                "network: no delay between zones".into(),
            );
            say(
                spec.clients.iter().all(|c| c.region.is_none()),
                "clients reach their first component without delay".into(),
            );
        }
    }
    all
}

/// For every operation whether it changes data.
pub(super) fn writes(spec: &ScenarioSpec, index: &Index<'_>) -> Vec<bool> {
    let mut writes = Vec::new();
    for op in &index.ops {
        let said = spec
            .clients
            .iter()
            .any(|c| c.writes.iter().any(|w| w.value == *op));
        writes.push(said || WRITES.contains(&op.as_str()));
    }
    writes
}

/// Reports requests that lack what a component on their way needs: a key, or an attribute of their trace.
fn requirements(
    spec: &ScenarioSpec,
    d: &Description,
    laws: &Laws<'_>,
    columns: &[Option<clients::Columns>],
    out: &mut Diagnostics,
) {
    let needed: Vec<BTreeSet<usize>> = d.components.iter().map(|c| columns_of(d, &c.kind)).collect();
    for (i, clients) in spec.clients.iter().enumerate() {
        let reached: BTreeSet<usize> = calls::reached(d, i).into_iter().map(|r| r.0.index()).collect();
        for component in reached {
            let path = spec.components[component].path();
            if clients::asked_keys(clients, spec).is_none() && sees_keys(&d.components[component].kind) {
                let message = format!(
                    "requests of clients.{} have no key, and {path} needs one",
                    clients.name.value
                );
                let problem = Diagnostic::error(&clients.name.span, message);
                let help = "declare [keys.NAME] with a count and a popularity, and give the clients `key = \"NAME\"`";
                out.push(problem.label("expected `key = \"...\"` in this table").help(help));
            }
            if clients.sources.is_none()
                && !matches!(clients.arrivals, Some(ArrivalsSpec::Closed { .. }))
                && sees_sources(&d.components[component].kind)
            {
                let message = format!(
                    "requests of clients.{} come from nowhere, and {path} tells them apart by where they come from",
                    clients.name.value
                );
                let problem = Diagnostic::error(&clients.name.span, message);
                let help = "`sources` is the number of distinct addresses that requests come from";
                let label = "expected, for example, `sources = 10_000` in this table";
                out.push(problem.label(label).help(help));
            }
            for column in &needed[component] {
                let Some((name, span)) = laws.columns.get(*column) else {
                    continue;
                };
                if let Some(problem) = clients::lacks(clients, columns[i].as_ref(), *column, name, span) {
                    out.push(problem);
                }
            }
        }
    }
}

/// Whether a component does different things with different keys.
fn sees_keys(kind: &Kind) -> bool {
    match kind {
        Kind::Cache(c) => matches!(c.storage, sim_core::model::Storage::Keys { .. }),
        Kind::Database(d) => d.read_your_writes.is_some() || d.locks || d.multi.is_some(),
        Kind::Shards(s) => s.scatters.contains(&false),
        Kind::Balancer(b) => b.policy.sees_keys() || b.routes.iter().any(Route::sees_keys),
        Kind::Cdn(c) => matches!(c.storage, sim_core::model::Storage::Keys { .. }),
        Kind::Service(_) | Kind::Dns(_) | Kind::External(_) => false,
    }
}

/// Whether a component does different things with requests from different places.
fn sees_sources(kind: &Kind) -> bool {
    match kind {
        Kind::Balancer(b) => {
            b.policy.sees_sources() || b.sticky.is_some() || b.routes.iter().any(Route::sees_sources)
        }
        Kind::Service(s) => s.sessions.is_some(),
        Kind::Cdn(c) => c.is_private,
        _ => false,
    }
}

/// The columns that a component's times depend on.
fn columns_of(d: &Description, kind: &Kind) -> BTreeSet<usize> {
    fn of_plan(d: &Description, plan: &Plan, add: &mut dyn FnMut(&Demand)) {
        for step in &plan.steps {
            match step {
                Step::Work(time) | Step::Wait(time) => add(time),
                Step::Call(call) => calls::part_of(d, call)
                    .into_iter()
                    .for_each(|p| of_plan(d, p, add)),
                Step::Parallel(p) => p.branches.iter().for_each(|b| of_plan(d, b, add)),
                Step::Choose(options) => options.iter().for_each(|o| of_plan(d, &o.1, add)),
            }
        }
    }
    let mut columns = BTreeSet::new();
    let mut add = |time: &Demand| columns.extend(time.terms.iter().map(|t| usize::from(t.column)));
    match kind {
        Kind::Balancer(_) | Kind::Dns(_) | Kind::Cdn(_) => {}
        // All shards are alike.
        Kind::Shards(s) => s
            .shards
            .first()
            .and_then(|id| d.components.get(id.index()))
            .into_iter()
            .for_each(|c| columns.extend(columns_of(d, &c.kind))),
        Kind::Service(s) => s.plans.iter().for_each(|p| of_plan(d, p, &mut add)),
        Kind::Cache(c) => add(&c.service_time),
        Kind::Database(d) => {
            add(&d.read_time);
            add(&d.write_time);
        }
        Kind::External(e) => [false, true].iter().for_each(|c| add(&e.terms(*c).latency)),
    }
    columns
}
