//! `plimsoll run`: every variant once, as tables.

use reports::{json, table};

use super::plan::{Wanted, needs_objective, plan, simulate, verdict};
use super::sweep::list_of;
use super::trace;
use crate::args::Once;
use crate::exit::{Exit, Failure};
use crate::{file, library, output};

/// More points than this keep no timelines: each is half a megabyte, and a picture of its own.
const MOST_TIMELINES: usize = 16;

/// Runs a scenario and prints its report.
///
/// # Errors
/// When the scenario is wrong or the results can't be written.
pub fn run(args: &Once) -> Result<Exit, Failure> {
    let Once { run: args, trace } = args;
    let wished = trace::wished(trace)?;
    let text = library::open(&args.input.scenario)?;
    let mut plan = plan(
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
    // A document or a folder is the place for what happened when.
    let is_kept = args.json || args.out.is_some();
    plan.timelines = is_kept && plan.points.len() <= MOST_TIMELINES;
    if is_kept && !plan.timelines {
        output::say(&format!(
            "no timelines: up to {MOST_TIMELINES} points keep theirs, and there are {}",
            plan.points.len()
        ));
    }
    let wished = wished.map(|w| w.of(&plan)).transpose()?;
    let results = simulate(&plan, &args.effort, None)?.results;
    let mut paths = match &args.out {
        Some(folder) => {
            let mut files = reports::files(&results, args.format.into());
            files.extend(reports::timeline_files(&results));
            file::write_all(folder, &files)?
        }
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
