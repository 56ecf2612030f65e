//! The command line of plimsoll: the only crate that reads files, arguments, the terminal and the clock.

mod args;
mod command;
mod exit;
mod file;
mod library;
mod output;
mod points;
mod progress;
mod render;

use std::process::ExitCode;

fn main() -> ExitCode {
    exit::report_bugs();
    command::main()
}
