//! How the program ends: its exit codes, a failure as a message for a person, and what is said when it is our fault.
//!
//! The codes are a contract that scripts rely on; the README lists them.

use std::fmt;
use std::panic::PanicHookInfo;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::output;

/// What the program tells the shell. Our own bugs end it with 101, the code of a panic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything was done.
    Done,
    /// With `--check`: an objective is missed or can't be decided.
    Objective,
    /// The scenario or the arguments are wrong.
    Wrong,
    /// The simulated system ran away: a budget of events or calls in flight was hit.
    RanAway,
    /// A file could not be read or written.
    File,
    /// Ctrl-C: what was done until then is shown.
    Interrupted,
}

impl Exit {
    /// The number of the contract.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Objective => 1,
            Self::Wrong => 2,
            Self::RanAway => 3,
            Self::File => 4,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command could not do what it was asked, in words for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What the shell is told.
    pub exit: Exit,
    /// What is wrong, with the place; empty when it was said already.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Failure {
    /// The arguments are wrong.
    pub fn wrong(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Wrong,
            message: message.into(),
            help: None,
        }
    }

    /// A file could not be read or written.
    pub fn file(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::File,
            message: message.into(),
            help: None,
        }
    }

    /// What is wrong was said already, as diagnostics.
    pub fn said(exit: Exit) -> Self {
        Self {
            exit,
            message: String::new(),
            help: None,
        }
    }

    /// Adds what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

/// The seed that a run uses, once it is known: a bug report needs it.
pub static SEED: OnceLock<u64> = OnceLock::new();

/// From now on a bug is reported with all that is needed to see it again.
pub fn report_bugs() {
    static REPORTED: AtomicBool = AtomicBool::new(false);
    std::panic::set_hook(Box::new(|info| {
        // Several threads may meet the same bug; one report is enough.
        if !REPORTED.swap(true, Ordering::SeqCst) {
            let arguments: Vec<String> = std::env::args_os()
                .map(|a| a.to_string_lossy().into_owned())
                .collect();
            output::say(&bug_report(&cause(info), &arguments, SEED.get().copied()));
        }
    }));
}

fn cause(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    match info.location() {
        Some(place) => format!("{message} ({}:{})", place.file(), place.line()),
        None => message.to_owned(),
    }
}

/// What a user can send us: what happened, which version, and the one command that shows it again.
fn bug_report(cause: &str, arguments: &[String], seed: Option<u64>) -> String {
    let mut command: Vec<String> = vec!["plimsoll".to_owned()];
    command.extend(arguments.iter().skip(1).map(|a| quoted(a)));
    let is_given = arguments
        .iter()
        .any(|a| a == "--seed" || a.starts_with("--seed="));
    if let Some(seed) = seed.filter(|_| !is_given) {
        command.push(format!("--seed {seed}"));
    }
    let seed = seed.map_or_else(|| "not known yet".to_owned(), |s| s.to_string());
    format!(
        "error: this is a bug in plimsoll, not in your scenario\n  what: {cause}\n  version: {}\n  seed: {seed}\n  \
         to see it again: {}\n  help: please report these lines, together with the scenario",
        env!("CARGO_PKG_VERSION"),
        command.join(" ")
    )
}

/// An argument as a shell takes it.
fn quoted(argument: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !argument.is_empty() && argument.chars().all(is_plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bug_comes_with_the_command_that_shows_it_again() {
        let arguments = [
            "/usr/bin/plimsoll",
            "run",
            "my shop.toml",
            "--set",
            "run.duration=10s",
        ]
        .map(str::to_owned);
        let report = bug_report("index out of bounds (engine.rs:7)", &arguments, Some(7));
        assert!(
            report.contains("plimsoll run 'my shop.toml' --set run.duration=10s --seed 7\n"),
            "{report}"
        );
        assert!(
            report.contains(env!("CARGO_PKG_VERSION")) && report.contains("engine.rs:7"),
            "{report}"
        );
        let seeded = ["plimsoll", "run", "a.toml", "--seed=3"].map(str::to_owned);
        assert!(bug_report("x", &seeded, Some(3)).contains("plimsoll run a.toml --seed=3\n"));
    }

    #[test]
    fn an_argument_survives_the_shell() {
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
