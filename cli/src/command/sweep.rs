//! `plimsoll sweep`: every combination of values, as a table, and as charts and data in a folder.

use std::path::{Path, PathBuf};

use reports::{json, table};
use scenarios::results::Results;

use super::plan::{Wanted, needs_objective, plan, simulate, verdict};
use crate::args::{Format, Sweep};
use crate::exit::{Exit, Failure};
use crate::points::Points;
use crate::{file, library, output};

/// Sweeps a scenario, prints the table and writes the files.
///
/// # Errors
/// When the scenario is wrong, nothing varies, or the results can't be written.
pub fn sweep(sweep: &Sweep) -> Result<Exit, Failure> {
    let args = &sweep.run;
    let text = library::open(&args.input.scenario)?;
    let plan = plan(
        &text,
        &args.input,
        Wanted {
            sweep: true,
            base: false,
            vary: &args.vary,
        },
    )?;
    if plan.axes.is_empty() && plan.points.len() < 2 {
        let failure = Failure::wrong(format!("nothing varies in {}", text.name));
        return Err(failure.help(
            "add a [sweep] table to the scenario, or say what varies: --vary \"clients.users.rate=100/s .. 900/s in 5 steps\"",
        ));
    }
    if args.check {
        needs_objective(&plan)?;
    }
    // Standing in for a script, JSON on stdout is all that was asked for, unless a folder was named.
    let folder = match &args.out {
        Some(folder) => Some(folder.clone()),
        None => (!args.json).then(|| library::folder(&text)),
    };
    let points = folder
        .as_deref()
        .map(|f| Points::new(f, sweep.fresh))
        .transpose()?;
    let results = simulate(&plan, &args.effort, points.as_ref())?.results;
    if args.json {
        output::print(&json::document(&results))?;
    } else {
        output::print(&table::sweep(&results, output::style()))?;
    }
    if let Some(folder) = folder {
        let written = list_of(&write(&folder, &results, args.format)?);
        if args.json {
            output::say(&written);
        } else {
            output::print(&written)?;
        }
    }
    verdict(&results, args.check)
}

/// Writes everything that an experiment leaves behind.
///
/// # Errors
/// When a file can't be written.
pub fn write(folder: &Path, results: &Results, format: Format) -> Result<Vec<PathBuf>, Failure> {
    file::write_all(folder, &reports::files(results, format.into()))
}

/// Which files were written, one a line after an empty one.
pub fn list_of(paths: &[PathBuf]) -> String {
    let lines: Vec<String> = paths.iter().map(|p| format!("  {}\n", p.display())).collect();
    format!("\nwritten:\n{}", lines.concat())
}
