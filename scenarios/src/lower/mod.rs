//! What a scenario means: names become numbers, defaults become values, and what can't be is reported.

mod build;
mod caches;
mod calls;
mod clients;
mod components;
mod cost;
mod databases;
mod discipline;
mod disk;
mod dns;
mod drains;
mod externals;
mod freight;
mod geography;
mod health;
mod life;
mod load;
mod machines;
mod names;
mod plans;
mod pools;
mod private;
mod routes;
mod shards;
mod shares;

use sim_core::model::{Model, Place, Problem};

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::results::Objective;
use crate::scenario::Scenario;
use crate::source::Span;
use crate::spec::ScenarioSpec;
use crate::traces::Files;

/// Trials of a point, where the scenario does not say.
pub const DEFAULT_TRIALS: u32 = 5;
/// Where all randomness begins, where the scenario does not say.
pub const DEFAULT_SEED: u64 = 1;

/// Lowers a scenario; `top` is where problems of the whole are shown. None if anything is wrong: `out` has all of it.
pub fn lower(spec: &ScenarioSpec, top: &Span, files: &dyn Files, out: &mut Diagnostics) -> Option<Scenario> {
    let lowered = build::build(spec, files, out);
    if out.errors() > 0 {
        return None;
    }
    let build::Lowered {
        description,
        names,
        usd_per_hour,
        assumptions,
    } = lowered?;
    let model = match Model::new(description) {
        Ok(model) => model,
        Err(problems) => {
            problems.into_iter().for_each(|p| refused(spec, top, &p, out));
            return None;
        }
    };
    load::check(spec, model.description(), out);
    Some(Scenario {
        name: spec.name.clone().unwrap_or_else(|| "scenario".to_owned()),
        question: spec.question.clone(),
        seed: spec.run.seed.unwrap_or(DEFAULT_SEED),
        trials: spec.run.trials.unwrap_or(DEFAULT_TRIALS),
        precision: spec.run.precision.clone(),
        model,
        names,
        slo: spec.slo.as_ref().map(|slo| Objective {
            latency: slo
                .latency
                .iter()
                .map(|(key, most)| ((*key).to_owned(), *most))
                .collect(),
            availability: slo.availability.as_ref().map(|a| a.value),
            cost_per_month: slo.cost_per_month,
        }),
        usd_per_hour,
        assumptions,
        warnings: out.of(Severity::Warning).map(sentence).collect(),
    })
}

/// Everything that the model refuses should have been seen in the text; what slipped through is said all the same.
fn refused(spec: &ScenarioSpec, top: &Span, problem: &Problem, out: &mut Diagnostics) {
    let at = match problem.at {
        Place::Whole => None,
        Place::Clients(i) => spec.clients.get(i).map(|c| &c.name.span),
        Place::Component(id) => spec.components.get(id.index()).map(|c| &c.name.span),
    };
    let message = format!("this can't be simulated: {:?}", problem.fault);
    out.push(Diagnostic::error(at.unwrap_or(top), message).label("the model refuses it"));
}

/// A diagnostic as one line of a report.
fn sentence(diagnostic: &Diagnostic) -> String {
    let label = if diagnostic.label.is_empty() {
        String::new()
    } else {
        format!(": {}", diagnostic.label)
    };
    format!("{}{label}", diagnostic.message)
}
