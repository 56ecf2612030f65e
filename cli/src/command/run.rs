//! `plimsoll run`: every variant once, as tables.

use reports::{json, table};

use super::plan::{Wanted, needs_objective, plan, simulate, verdict};
use super::sweep::{list_of, write};
use super::trace;
use crate::args::Once;
use crate::exit::{Exit, Failure};
use crate::{library, output};

/// Runs a scenario and prints its report.
///
/// # Errors
/// When the scenario is wrong or the results can't be written.
pub fn run(args: &Once) -> Result<Exit, Failure> {
    let Once { run: args, trace } = args;
    let wished = trace::wished(trace)?;
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
    let wished = wished.map(|w| w.of(&plan)).transpose()?;
    let results = simulate(&plan, &args.effort, None)?.results;
    let mut paths = match &args.out {
        Some(folder) => write(folder, &results, args.format)?,
        None => Vec::new(),
    };
    if let Some(wished) = &wished {
        paths.extend(wished.write(&args.effort, &results)?);
    }
    let written = if paths.is_empty() {
        String::new()
    } else {
        list_of(&paths)
    };
    if args.json {
        output::print(&json::document(&results))?;
        output::say_if_any(&written);
    } else {
        output::print(&(table::run(&results, output::style()) + &written))?;
    }
    verdict(&results, args.check)
}
