//! The commands. Each reads its scenario, does its work, prints its results, and says how it ended.

mod check;
mod compare;
mod limit;
mod list;
mod numbers;
mod plan;
mod reference;
mod run;
mod show;
mod sweep;
mod trace;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};
use crate::exit::{Exit, Failure};
use crate::output;

/// Reads the arguments and does what they say.
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version go to stdout, complaints to stderr; a closed pipe is no error in either.
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Wrong.into()
            } else {
                Exit::Done.into()
            };
        }
    };
    match dispatch(&args.command) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            if !failure.message.is_empty() {
                output::say(&failure.to_string());
            }
            failure.exit.into()
        }
    }
}

fn dispatch(command: &Command) -> Result<Exit, Failure> {
    match command {
        Command::Run(args) => run::run(args),
        Command::Sweep(args) => sweep::sweep(args),
        Command::Compare(args) => compare::compare(args),
        Command::Limit(args) => limit::limit(args),
        Command::Check(args) => check::check(args),
        Command::List => list::list(),
        Command::Show { name } => show::show(name),
        Command::Reference => reference::reference(),
        Command::Numbers(args) => numbers::numbers(args),
    }
}
