//! `plimsoll run`: every variant once, as tables.

use reports::{json, table};

use super::plan::{Wanted, needs_objective, plan, simulate, verdict};
use super::sweep::{list_of, write};
use crate::args::Run;
use crate::exit::{Exit, Failure};
use crate::{library, output};

/// Runs a scenario and prints its report.
///
/// # Errors
/// When the scenario is wrong or the results can't be written.
pub fn run(args: &Run) -> Result<Exit, Failure> {
    let text = library::open(&args.input.scenario)?;
    let plan = plan(
        &text,
        &args.input,
        Wanted {
            vary: &args.vary,
            ..Wanted::default()
        },
    )?;
    if args.check {
        needs_objective(&plan)?;
    }
    let results = simulate(&plan, &args.effort, None)?.results;
    let written = match &args.out {
        Some(folder) => list_of(&write(folder, &results, args.format)?),
        None => String::new(),
    };
    if args.json {
        output::print(&json::document(&results))?;
        output::say_if_any(&written);
    } else {
        output::print(&(table::run(&results, output::style()) + &written))?;
    }
    verdict(&results, args.check)
}
