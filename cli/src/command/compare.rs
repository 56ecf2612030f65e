//! `plimsoll compare`: is a variant better than the first one, trial by trial on the same requests?

use reports::{json, table};
use scenarios::comparison;

use super::plan::{Plan, Wanted, plan, simulate, verdict};
use crate::args::{Compare, Input};
use crate::exit::{Exit, Failure};
use crate::{library, output};

/// Compares variants, or two scenarios.
///
/// # Errors
/// When a scenario is wrong, or there is nothing to compare.
pub fn compare(args: &Compare) -> Result<Exit, Failure> {
    let plan = match &args.second {
        None => one(&args.input)?,
        Some(second) => two(args, second)?,
    };
    if plan.points.len() < 2 {
        let failure = Failure::wrong(format!(
            "there is nothing to compare: {} has one variant at the most",
            args.input.scenario.display()
        ));
        return Err(failure.help("add [variant.NAME] tables to the scenario, or name a second scenario"));
    }
    if !has_common_clients(&plan) {
        let names: Vec<String> = plan
            .points
            .iter()
            .map(|p| p.scenario.names.clients.join(", "))
            .collect();
        let failure = Failure::wrong("the two have no clients in common, so there is nothing to compare");
        return Err(failure.help(format!(
            "call them the same in both; they are {}",
            names.join(" / ")
        )));
    }
    let found = simulate(&plan, &args.effort, None)?;
    // The first one is what all others are held against: without it there is nothing to say.
    let first_is_missing = found.missing.first() == Some(&0);
    let comparison = comparison::compare(&found.results, args.tolerance).filter(|_| !first_is_missing);
    if let Some(comparison) = comparison {
        let text = match args.json {
            true => json::comparison(&comparison),
            false => table::compare(&comparison, output::style()),
        };
        output::print(&text)?;
    }
    verdict(&found.results, false)
}

/// The variants of one scenario; the first in the file is what the others are held against.
fn one(input: &Input) -> Result<Plan, Failure> {
    plan(&library::open(&input.scenario)?, input, Wanted::default())
}

/// Two scenarios under their files' names, which are variants of each other as far as their names agree.
fn two(args: &Compare, second: &std::path::Path) -> Result<Plan, Failure> {
    let mut all = Plan::default();
    let first = args.input.scenario.as_path();
    let same_stem = first.file_stem() == second.file_stem();
    for scenario in [first, second] {
        let text = library::open(scenario)?;
        let input = Input {
            scenario: scenario.to_owned(),
            set: args.input.set.clone(),
            variant: args.input.variant.clone(),
        };
        let mut plan = plan(&text, &input, Wanted::default())?;
        for point in &mut plan.points {
            let variant = point.variant.take().map(|v| format!(" {v}")).unwrap_or_default();
            // Files of the same name in two folders are told apart by their paths.
            let name = if same_stem {
                text.name.as_str()
            } else {
                text.stem.as_str()
            };
            point.variant = Some(format!("{name}{variant}"));
        }
        all.points.append(&mut plan.points);
    }
    // Paired trials share their seed; the first scenario's counts for both, unless one was given.
    if let Some(seed) = all.points.first().map(|p| p.scenario.seed) {
        all.points.iter_mut().for_each(|p| p.scenario.seed = seed);
    }
    Ok(all)
}

/// Whether every other point has clients that the first one has too.
fn has_common_clients(plan: &Plan) -> bool {
    let clients = |at: usize| &plan.points[at].scenario.names.clients;
    (1..plan.points.len()).all(|other| clients(other).iter().any(|c| clients(0).contains(c)))
}
