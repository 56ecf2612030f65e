//! `plimsoll run --trace FILE`: the way of single requests.

use std::path::PathBuf;

use reports::trace;
use scenarios::experiment::Planned;
use scenarios::recording::{Recording, record};
use scenarios::results::Results;
use sim_core::measure::visits::Sample;

use super::plan::{Plan, options};
use crate::args::{Effort, Trace};
use crate::exit::Failure;
use crate::progress::STOP;
use crate::{file, output};

/// What the file is for.
#[derive(Clone, Copy)]
enum Form {
    Csv,
    Chrome,
}

/// A trace that is asked for.
pub struct Wished {
    path: PathBuf,
    form: Form,
    sample: Sample,
    trial: u32,
}

/// A trace of this point.
pub struct OfPoint<'a> {
    wished: Wished,
    planned: &'a Planned,
}

/// What is asked for, if anything is.
///
/// # Errors
/// When the file's name doesn't say what is to be in it.
pub fn wished(args: &Trace) -> Result<Option<Wished>, Failure> {
    let Some(path) = &args.trace else {
        return Ok(None);
    };
    let form = match path.extension().and_then(|e| e.to_str()) {
        Some("csv") => Form::Csv,
        Some("json") => Form::Chrome,
        _ => {
            let failure = Failure::wrong(format!("{}: a trace is a .csv or a .json file", path.display()));
            return Err(failure
                .help("name it so: --trace requests.csv has rows, --trace requests.json opens in Perfetto"));
        }
    };
    file::try_place(path)?;
    Ok(Some(Wished {
        path: path.clone(),
        form,
        sample: Sample {
            share: args.trace_share,
            most: args.trace_limit as usize,
        },
        trial: args.trace_trial - 1,
    }))
}

impl Wished {
    /// Of the only point of a plan.
    ///
    /// # Errors
    /// When there are several.
    pub fn of(self, plan: &Plan) -> Result<OfPoint<'_>, Failure> {
        match plan.points.as_slice() {
            [planned] => Ok(OfPoint {
                wished: self,
                planned,
            }),
            points => {
                let problem = format!("a trace is of one point, and there are {}", points.len());
                Err(Failure::wrong(problem).help("choose one with --variant NAME, or with --set PATH=VALUE"))
            }
        }
    }
}

impl OfPoint<'_> {
    /// Follows the requests and writes the file; says what is missing in it. Nothing if the run was stopped.
    ///
    /// # Errors
    /// When there is no such trial, or the file can't be written.
    pub fn write(&self, effort: &Effort, results: &Results) -> Result<Option<PathBuf>, Failure> {
        let Self { wished, planned } = self;
        let Some(point) = results.points.first() else {
            return Ok(None);
        };
        if wished.trial >= point.trials {
            let problem = format!("there is no trial {}", wished.trial + 1);
            let help = format!("--trace-trial can be 1 to {}", point.trials);
            return Err(Failure::wrong(problem).help(help));
        }
        let Some(recording) = record(planned, options(effort), wished.trial, wished.sample, &STOP) else {
            return Ok(None);
        };
        let trace = trace::Trace {
            scenario: &planned.scenario.name,
            names: &planned.scenario.names,
            recording: &recording,
        };
        file::write_in_pieces(&wished.path, |out| match wished.form {
            Form::Csv => trace::csv(&trace, out),
            Form::Chrome => trace::chrome(&trace, out),
        })?;
        output::say_if_any(&missing(&recording));
        Ok(Some(wished.path.clone()))
    }
}

/// What is not in the file.
fn missing(recording: &Recording) -> String {
    let mut lines = Vec::new();
    let (kept, left_out) = (recording.visits.visits.len(), recording.visits.left_out);
    if left_out > 0 {
        lines.push(format!(
            "the trace has the first {kept} visits and leaves out {left_out}: choose a lower --trace-share, or a higher --trace-limit"
        ));
    }
    if recording.ran_away {
        let end = recording.end.as_secs_f64();
        lines.push(format!(
            "the trace ends after {end:.3} s, because too many calls were in flight"
        ));
    }
    lines.join("\n")
}
