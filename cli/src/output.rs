//! The terminal: results go to stdout, everything else to stderr, and a reader that went away is no error.

use std::io::{self, ErrorKind, IsTerminal, Write};

use console::Term;
use reports::table::Style;

use crate::exit::Failure;

/// Columns where the terminal doesn't say, or there is none.
const WIDTH: usize = 100;

/// Prints results.
///
/// # Errors
/// When they can't be written: a full disk, for one. A closed pipe is no error: whoever reads has seen enough.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let failure = Failure::file(format!(
                "the results can't be written to the standard output: {error}"
            ));
            Err(failure.help("make room there, or send the output to another place"))
        }
        _ => Ok(()),
    }
}

/// Says something to the person at the terminal, with a line end. There is nobody to tell if that fails.
pub fn say(text: &str) {
    let mut out = io::stderr().lock();
    let _ = out.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        let _ = out.write_all(b"\n");
    }
}

/// Says something, if there is something to say.
pub fn say_if_any(text: &str) {
    if !text.is_empty() {
        say(text);
    }
}

/// How tables on stdout are drawn.
pub fn style() -> Style {
    let width = if io::stdout().is_terminal() {
        columns(&Term::stdout())
    } else {
        WIDTH
    };
    Style {
        width,
        colour: io::stdout().is_terminal() && colours_are_welcome(),
    }
}

/// How wide stderr is, and whether it takes colours.
pub fn stderr_style() -> Style {
    let width = if io::stderr().is_terminal() {
        columns(&Term::stderr())
    } else {
        WIDTH
    };
    Style {
        width,
        colour: io::stderr().is_terminal() && colours_are_welcome(),
    }
}

fn columns(terminal: &Term) -> usize {
    terminal
        .size_checked()
        .map_or(WIDTH, |(_, columns)| usize::from(columns))
}

/// See no-color.org; a dumb terminal would print the codes.
fn colours_are_welcome() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    !is_set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|t| t != "dumb")
}
