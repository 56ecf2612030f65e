//! `plimsoll compare`: is a variant better than the first one, trial by trial on the same requests?

use reports::{json, table};
use scenarios::comparison;

use super::plan::{Plan, Wanted, plan, simulate, verdict};
use super::sweep::list_of;
use crate::args::{Compare, Input};
use crate::exit::{Exit, Failure};
use crate::{file, library, output};

/// Compares variants, or two scenarios.
///
/// # Errors
/// When a scenario is wrong, or there is nothing to compare.
pub fn compare(args: &Compare) -> Result<Exit, Failure> {
    let (plan, mut warnings) = match &args.second {
        None => (one(&args.input)?, Vec::new()),
        Some(second) => two(args, second)?,
    };
    if args.effort.seed.is_none() {
        warnings.extend(unpaired(&plan));
    } else {
        // One seed was asked for, and there is one.
        warnings.clear();
    }
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
    let figures = match args.measure.concat() {
        asked if asked.is_empty() => comparison::Figure::USUAL.to_vec(),
        asked => asked,
    };
    let comparison =
        comparison::compare(&found.results, &figures, args.tolerance).filter(|_| !first_is_missing);
    if let Some(mut comparison) = comparison {
        comparison.warnings.splice(0..0, warnings);
        let text = match args.json {
            true => json::comparison(&comparison),
            false => table::compare(&comparison, output::style()),
        };
        output::print(&text)?;
        if let Some(folder) = &args.out {
            let files = reports::comparison_files(&comparison, args.format.into());
            let written = list_of(&file::write_all(folder, &files)?);
            if args.json {
                output::say(&written);
            } else {
                output::print(&written)?;
            }
        }
    }
    verdict(&found.results, false)
}

/// The variants of one scenario; the first in the file is what the others are held against.
fn one(input: &Input) -> Result<Plan, Failure> {
    plan(&library::open(&input.scenario)?, input, Wanted::default())
}

/// Two scenarios under their files' names, which are variants of each other as far as their names agree.
fn two(args: &Compare, second: &std::path::Path) -> Result<(Plan, Vec<String>), Failure> {
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
    let mut warnings = Vec::new();
    if let Some(seed) = all.points.first().map(|p| p.scenario.seed) {
        let other = all.points.iter().find(|p| p.scenario.seed != seed);
        warnings.extend(other.map(|other| {
            format!(
                "both run with seed {seed}, so that they see the same requests; the seed {} of {} counts for nothing here",
                other.scenario.seed,
                second.display()
            )
        }));
        all.points.iter_mut().for_each(|p| p.scenario.seed = seed);
    }
    Ok((all, warnings))
}

/// Variants with a seed of their own don't see the same requests as the first one.
fn unpaired(plan: &Plan) -> Option<String> {
    let seed = plan.points.first()?.scenario.seed;
    let other = plan.points.iter().find(|p| p.scenario.seed != seed)?;
    Some(format!(
        "{} runs with seed {} and the first one with {seed}, so they don't see the same requests, and pairing saves nothing; --seed gives all of them one",
        other.variant.as_deref().unwrap_or("another one"),
        other.scenario.seed,
    ))
}

/// Whether every other point has clients that the first one has too.
fn has_common_clients(plan: &Plan) -> bool {
    let clients = |at: usize| &plan.points[at].scenario.names.clients;
    (1..plan.points.len()).all(|other| clients(other).iter().any(|c| clients(0).contains(c)))
}
