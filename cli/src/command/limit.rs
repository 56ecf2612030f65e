//! `plimsoll limit`: the largest load at which the objective is met.

use std::sync::atomic::Ordering;

use reports::{json, table};
use scenarios::diagnostic::Diagnostic;
use scenarios::document::Document;
use scenarios::limit::{Answer, Effort, Limit, Loads, NoLimit, find};

use super::sweep::list_of;
use crate::args;
use crate::exit::{Exit, Failure, SEED};
use crate::progress::{Bar, STOP, listen_for_ctrl_c};
use crate::{file, library, output, render};

/// Searches the limit and prints it with the curve around it.
///
/// # Errors
/// When the scenario or the range is wrong, the scenario has no objective, or the results can't be written.
pub fn limit(args: &args::Limit) -> Result<Exit, Failure> {
    let text = library::open(&args.input.scenario)?;
    let wrong = |problems: &[Diagnostic]| {
        output::say(&render::diagnostics(problems, output::stderr_style()));
        Failure::said(if text.files.failed() {
            Exit::File
        } else {
            Exit::Wrong
        })
    };
    let (document, problems) = Document::parse(&text.name, &text.bytes, &text.files);
    let Some(document) = document else {
        return Err(wrong(&problems));
    };
    if args.input.variant.len() > 1 {
        return Err(Failure::wrong("a limit is looked for in one variant").help("name one with --variant"));
    }
    let variant = args.input.variant.first().map(String::as_str);
    let loads = Loads::new(&document, variant, &args.input.set, &args.vary).map_err(|p| wrong(&p))?;
    listen_for_ctrl_c();
    if let Some(seed) = args.effort.seed {
        let _ = SEED.set(seed);
    }
    let effort = Effort {
        seed: args.effort.seed,
        trials: args.effort.trials,
        threads: args.effort.threads.map_or(0, usize::from),
        ..Effort::default()
    };
    let bar = Bar::new(1, args.effort.quiet);
    let found = find(&loads, effort, &bar, &STOP);
    bar.clear();
    let found = found.map_err(|no| match no {
        NoLimit::Wrong(problems) => wrong(&problems),
        NoLimit::NoObjective => Failure::wrong("there is no objective to look for the limit of")
            .help("add one: [slo] with latency = { p99 = \"250ms\" } or availability = \"99.9%\""),
        NoLimit::NoThreads(reason) => {
            Failure::wrong(format!("the threads can't be started: {reason}")).help("try --threads 1")
        }
        NoLimit::Stopped => Failure::said(Exit::Interrupted),
    })?;
    print(args, &found)?;
    Ok(match found.answer {
        _ if STOP.load(Ordering::SeqCst) => Exit::Interrupted,
        Answer::UpTo(_) | Answer::Throughout => Exit::Done,
        _ if args.check => Exit::Objective,
        _ => Exit::Done,
    })
}

fn print(args: &args::Limit, found: &Limit) -> Result<(), Failure> {
    let document = json::limit(found);
    if args.json {
        output::print(&document)?;
    } else {
        output::print(&table::limit(found, output::style()))?;
    }
    if let Some(folder) = &args.out {
        let mut files = reports::files(&found.curve, args.format.into());
        files.extend(reports::limit_files(found, args.format.into()));
        let written = list_of(&file::write_all(folder, &files)?);
        if args.json {
            output::say(&written);
        } else {
            output::print(&written)?;
        }
    }
    Ok(())
}
