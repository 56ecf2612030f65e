//! `plimsoll show`: a scenario that comes with the program, as it was written.

use crate::exit::{Exit, Failure};
use crate::{library, output};

/// Prints the file.
///
/// # Errors
/// When there is no scenario of that name, or it can't be written.
pub fn show(name: &str) -> Result<Exit, Failure> {
    output::print(library::shipped(name)?.text)?;
    Ok(Exit::Done)
}
