//! `plimsoll list`: the scenarios that come with the program, with their questions.

use scenarios::catalog::shipped;

use crate::exit::{Exit, Failure};
use crate::output;

/// Prints the list.
///
/// # Errors
/// When it can't be written.
pub fn list() -> Result<Exit, Failure> {
    let width = shipped::names().map(str::len).max().unwrap_or(0);
    let mut text = String::new();
    for scenario in shipped::list() {
        text.push_str(&format!("{:<width$}  {}\n", scenario.name, scenario.question));
    }
    text.push_str(
        "\n`plimsoll run NAME` simulates one; `plimsoll show NAME > my.toml` is a start for your own\n",
    );
    output::print(&text)?;
    Ok(Exit::Done)
}
