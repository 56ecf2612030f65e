//! `plimsoll reference`: everything that a scenario can say, on one page.

use crate::exit::{Exit, Failure};
use crate::output;

/// Prints the page.
///
/// # Errors
/// When it can't be written.
pub fn reference() -> Result<Exit, Failure> {
    output::print(&scenarios::reference::markdown())?;
    Ok(Exit::Done)
}
