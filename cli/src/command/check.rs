//! `plimsoll check`: every problem of a scenario, its variants and its sweep, without simulating anything.

use super::plan::{Plan, Wanted, plan};
use crate::args::Check;
use crate::exit::{Exit, Failure};
use crate::{library, output, render};

/// Checks a scenario.
///
/// # Errors
/// When anything is wrong with it.
pub fn check(args: &Check) -> Result<Exit, Failure> {
    let text = library::open(&args.input.scenario)?;
    let plan = plan(
        &text,
        &args.input,
        Wanted {
            sweep: true,
            base: true,
            vary: &[],
        },
    )?;
    if !plan.warnings.is_empty() {
        output::say(&render::diagnostics(&plan.warnings, output::stderr_style()));
    }
    let mut report = format!("{}: nothing is wrong{}\n", text.name, extent(&plan));
    if args.assumptions {
        report.push_str(&assumptions(&plan));
    }
    output::print(&report)?;
    Ok(Exit::Done)
}

/// What was looked at, where it is more than one point.
fn extent(plan: &Plan) -> String {
    match plan.points.len() {
        1 => String::new(),
        n => format!(" at any of {n} points"),
    }
}

/// What all points assume, each once.
fn assumptions(plan: &Plan) -> String {
    let mut all: Vec<&str> = Vec::new();
    for assumption in plan.points.iter().flat_map(|p| &p.scenario.assumptions) {
        if !all.contains(&assumption.as_str()) {
            all.push(assumption);
        }
    }
    if all.is_empty() {
        return "nothing is assumed: the scenario says it all\n".to_owned();
    }
    let lines: Vec<String> = all.iter().map(|a| format!("  {a}\n")).collect();
    format!(
        "assumed, because the scenario doesn't say it:\n{}",
        lines.concat()
    )
}
