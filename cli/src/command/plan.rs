//! From a scenario's text to the points that are to be simulated, and from them to results.

use std::sync::atomic::Ordering;

use scenarios::diagnostic::{Diagnostic, Severity};
use scenarios::document::{Choice, Document, Variants};
use scenarios::experiment::{self, Found, Options, Planned};
use scenarios::gathered::shape;
use scenarios::results::{Axis, Results, State, Verdict};

use crate::args::{Effort, Input};
use crate::exit::{Exit, Failure, SEED};
use crate::library::Text;
use crate::points::{Points, Told};
use crate::progress::{Bar, STOP, listen_for_ctrl_c};
use crate::{output, render};

/// Points with more errors than this altogether are not looked at any further.
const ENOUGH: usize = 50;

/// What is to be simulated.
#[derive(Default)]
pub struct Plan {
    /// The points, in order.
    pub points: Vec<Planned>,
    /// What varies.
    pub axes: Vec<Axis>,
    /// What is doubtful about them, each problem once.
    pub warnings: Vec<Diagnostic>,
    /// Whether points keep their timelines.
    pub timelines: bool,
}

/// Which points are wanted, besides what the input says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// Whether the scenario's own `[sweep]` counts.
    pub sweep: bool,
    /// Whether the scenario without its `[sweep]` is looked at too: `run` uses the values that a sweep replaces.
    pub base: bool,
    /// The words of each `--vary`.
    pub vary: &'a [String],
}

/// Reads a scenario and makes its points.
///
/// # Errors
/// When anything is wrong with it; all of it has been said then.
pub fn plan(text: &Text, input: &Input, wanted: Wanted<'_>) -> Result<Plan, Failure> {
    let mut problems = Vec::new();
    let plan = try_plan(text, input, wanted, &mut problems);
    match plan {
        Some(plan) => Ok(Plan {
            warnings: problems,
            ..plan
        }),
        None => {
            output::say(&render::diagnostics(&problems, output::stderr_style()));
            // A file that can't be read is no mistake in the scenario that names it.
            let exit = if text.files.failed() {
                Exit::File
            } else {
                Exit::Wrong
            };
            Err(Failure::said(exit))
        }
    }
}

fn try_plan(text: &Text, input: &Input, wanted: Wanted<'_>, problems: &mut Vec<Diagnostic>) -> Option<Plan> {
    let (document, found) = Document::parse(&text.name, &text.bytes, &text.files);
    extend(problems, found);
    let document = document?;
    let choice = Choice {
        variants: if input.variant.is_empty() {
            Variants::All
        } else {
            Variants::Named(&input.variant)
        },
        sweep: wanted.sweep,
        vary: wanted.vary,
        set: &input.set,
    };
    let (points, found) = document.points(&choice);
    extend(problems, found);
    let Some(points) = points else {
        // What is wrong with the scenario itself is said too, in the same breath; but a scenario with variants may be
        // complete only with one of them.
        if document.variants().is_empty() {
            extend(problems, document.scenario(&Default::default()).1);
        }
        return None;
    };
    if wanted.base && wanted.sweep {
        let base = Choice {
            sweep: false,
            ..choice
        };
        for point in document.points(&base).0.into_iter().flat_map(|p| p.list) {
            extend(problems, document.scenario(&point).1);
        }
    }
    let mut planned = Vec::new();
    let mut errors = count_errors(problems);
    for point in points.list {
        let (scenario, found) = document.scenario(&point);
        extend(problems, found);
        match scenario {
            Some(scenario) => {
                planned.push(Planned {
                    variant: point.variant,
                    set: point.set,
                    at: point.at,
                    scenario,
                });
            }
            None => errors = count_errors(problems).max(1),
        }
        if errors >= ENOUGH {
            break;
        }
    }
    let axes = points
        .axes
        .into_iter()
        .map(|(path, unit)| Axis { path, unit })
        .collect();
    (errors == 0).then_some(Plan {
        points: planned,
        axes,
        ..Plan::default()
    })
}

fn count_errors(problems: &[Diagnostic]) -> usize {
    problems.iter().filter(|p| p.severity == Severity::Error).count()
}

/// Refuses `--check` before anything is simulated, where there is nothing to check against.
///
/// # Errors
/// When the scenario has no objective.
pub fn needs_objective(plan: &Plan) -> Result<(), Failure> {
    if plan.points.iter().any(|p| p.scenario.slo.is_some()) {
        return Ok(());
    }
    let failure = Failure::wrong("--check needs an objective, and the scenario has none");
    Err(failure.help("add one: [slo] with latency = { p99 = \"250ms\" } or availability = \"99.9%\""))
}

/// Adds what wasn't said yet: most problems are the same at every point.
fn extend(problems: &mut Vec<Diagnostic>, more: Vec<Diagnostic>) {
    for problem in more {
        let is_known = |known: &Diagnostic| {
            // A warning at the same place with other figures is the same for a reader: the load of another point.
            *known == problem
                || known.severity == Severity::Warning
                    && known.primary == problem.primary
                    && shape(&known.message) == shape(&problem.message)
        };
        if !problems.iter().any(is_known) {
            problems.push(problem);
        }
    }
}

/// Simulates the points, with progress on the terminal; Ctrl-C ends it with the points that are done. With a folder, it goes
/// on with the points that are in it, and leaves there what it does.
///
/// # Errors
/// When there are no threads to be had, or a point can't be written.
pub fn simulate(plan: &Plan, effort: &Effort, points: Option<&Points>) -> Result<Found, Failure> {
    listen_for_ctrl_c();
    let seed = effort.seed.or(plan.points.first().map(|p| p.scenario.seed));
    if let Some(seed) = seed {
        let _ = SEED.set(seed);
    }
    let options = Options {
        timelines: plan.timelines,
        ..options(effort)
    };
    let bar = Bar::new(plan.points.len(), effort.quiet);
    let store = points.map(|points| Told {
        points,
        seed: seed.unwrap_or_default(),
        bar: &bar,
        is_quiet: effort.quiet,
    });
    let (points_of, axes) = (&plan.points, &plan.axes);
    let found = match &store {
        Some(store) => experiment::run_kept(store, points_of, axes, options, &bar, &STOP),
        None => experiment::run(points_of, axes, options, &bar, &STOP),
    };
    bar.clear();
    let mut found = found
        .map_err(|e| Failure::wrong(format!("the threads can't be started: {e}")).help("try --threads 1"))?;
    if let Some(reason) = &found.unsaved {
        let done = found.results.points.len();
        let failure = points.and_then(Points::take_failure);
        let failure = failure.unwrap_or_else(|| Failure::file(reason.as_str()));
        output::say(&format!(
            "stopped: {done} of {} points are done; those that were written stay, and the same command goes on with them",
            plan.points.len()
        ));
        return Err(failure);
    }
    if !found.missing.is_empty() {
        let told = stopped(plan, &found);
        output::say(&told);
        found.results.warnings.push(told);
    }
    Ok(found)
}

/// How much is simulated, for an experiment.
pub fn options(effort: &Effort) -> Options {
    Options {
        seed: effort.seed,
        trials: effort.trials,
        threads: effort.threads.map_or(0, usize::from),
        ..Options::default()
    }
}

/// Which points are missing, the first few by their names.
fn stopped(plan: &Plan, found: &Found) -> String {
    const NAMED: usize = 5;
    let name = |i: &usize| {
        let point = &plan.points[*i];
        let set = point.set.iter().map(|(path, value)| format!("{path} = {value}"));
        let words: Vec<String> = point.variant.iter().cloned().chain(set).collect();
        words.join(", ")
    };
    let mut names: Vec<String> = found.missing.iter().take(NAMED).map(name).collect();
    names.retain(|n| !n.is_empty());
    let more = found.missing.len().saturating_sub(NAMED);
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    let missing = if names.is_empty() {
        String::new()
    } else {
        format!("; missing: {}", names.join("; "))
    };
    format!(
        "stopped: {} of {} points are done, and only they are shown{missing}",
        found.results.points.len(),
        plan.points.len()
    )
}

/// How a command with these results ends.
pub fn verdict(results: &Results, check: bool) -> Result<Exit, Failure> {
    if STOP.load(Ordering::SeqCst) {
        return Ok(Exit::Interrupted);
    }
    let count =
        |is: &dyn Fn(&scenarios::results::Point) -> bool| results.points.iter().filter(|p| is(p)).count();
    if count(&|p| p.state == State::RanAway) > 0 {
        let failure =
            Failure::wrong("the simulated system ran away: a budget of events or of calls in flight was hit");
        let failure = failure.help("is more offered than it can serve, or do retries feed on themselves? a shorter run.duration also helps");
        return Err(Failure {
            exit: Exit::RanAway,
            ..failure
        });
    }
    let (missed, open) = (
        count(&|p| p.slo == Some(Verdict::No)),
        count(&|p| matches!(p.slo, None | Some(Verdict::CannotTell))),
    );
    if check && missed + open > 0 {
        let all = results.points.len();
        output::say(&format!(
            "the objective is missed at {missed} and can't be decided at {open} of {all} points"
        ));
        return Ok(Exit::Objective);
    }
    Ok(Exit::Done)
}
