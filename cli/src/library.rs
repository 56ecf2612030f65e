//! Which scenario is meant: a file, one that comes with the program, or the standard input.

use std::path::{Path, PathBuf};

use scenarios::catalog::shipped;
use scenarios::diagnostic::did_you_mean;
use scenarios::traces::Files;

use crate::exit::Failure;
use crate::file::{self, Beside};

/// A scenario's text and where it is from.
pub struct Text {
    /// What diagnostics call it.
    pub name: String,
    /// What stands in it.
    pub bytes: Vec<u8>,
    /// The files that it names.
    pub files: Named,
    /// A name for the folder of its results.
    pub stem: String,
}

/// The files that a scenario names.
pub enum Named {
    /// They are beside it.
    Beside(Beside),
    /// They came with it.
    Shipped(&'static shipped::Shipped),
}

impl Named {
    /// Whether one of them could not be read.
    pub fn failed(&self) -> bool {
        match self {
            Self::Beside(beside) => beside.failed(),
            Self::Shipped(_) => false,
        }
    }
}

impl Files for Named {
    fn read(&self, relative_path: &str) -> Result<Vec<u8>, String> {
        match self {
            Self::Beside(beside) => beside.read(relative_path),
            Self::Shipped(shipped) => shipped.read(relative_path),
        }
    }
}

/// Finds a scenario. A file goes before a shipped scenario of the same name.
///
/// # Errors
/// When there is none, or it can't be read.
pub fn open(scenario: &Path) -> Result<Text, Failure> {
    if scenario.as_os_str() == "-" {
        return Ok(Text {
            name: "(standard input)".to_owned(),
            bytes: file::read_stdin()?,
            files: Named::Beside(Beside::new(Path::new(""))),
            stem: "standard-input".to_owned(),
        });
    }
    let name = scenario.to_string_lossy();
    // A folder of that name is no scenario, and a link that leads nowhere is a file that can't be read.
    let is_file = scenario.symlink_metadata().is_ok_and(|about| !about.is_dir());
    if !is_file && let Some(shipped) = shipped::lookup(&name) {
        return Ok(Text {
            name: format!("{}.toml", shipped.name),
            bytes: shipped.text.as_bytes().to_vec(),
            files: Named::Shipped(shipped),
            stem: shipped.name.to_owned(),
        });
    }
    if scenario.symlink_metadata().is_err() {
        return Err(not_found(scenario));
    }
    Ok(Text {
        bytes: file::read_scenario(scenario)?,
        files: Named::Beside(Beside::new(scenario.parent().unwrap_or(Path::new("")))),
        stem: scenario
            .file_stem()
            .map_or_else(|| "scenario".to_owned(), |s| s.to_string_lossy().into_owned()),
        name: name.into_owned(),
    })
}

/// The folder of a sweep that wasn't given one.
pub fn folder(text: &Text) -> PathBuf {
    Path::new("plimsoll-out").join(&text.stem)
}

/// A shipped scenario by its name.
///
/// # Errors
/// When there is none.
pub fn shipped(name: &str) -> Result<&'static shipped::Shipped, Failure> {
    shipped::lookup(name).ok_or_else(|| {
        let failure = Failure::wrong(format!("no scenario called \"{name}\" comes with plimsoll"));
        let near = did_you_mean(name, shipped::names());
        failure.help(near.unwrap_or_else(|| "`plimsoll list` shows those that do".to_owned()))
    })
}

/// The failure of a name that is neither a file nor a shipped scenario.
fn not_found(scenario: &Path) -> Failure {
    let name = scenario.to_string_lossy();
    let failure = Failure::file(format!(
        "there is no file \"{name}\", and no scenario of that name comes with plimsoll"
    ));
    let known = shipped::names().map(str::to_owned).chain(neighbours(scenario));
    let known: Vec<String> = known.collect();
    let near = did_you_mean(&name, known.iter().map(String::as_str));
    failure.help(near.unwrap_or_else(|| "`plimsoll list` shows the scenarios that do".to_owned()))
}

/// The scenarios in the folder where one was looked for, as they would be named.
fn neighbours(scenario: &Path) -> Vec<String> {
    /// A folder may be large, and this is only for a hint.
    const MOST: usize = 1000;
    let parent = scenario.parent().unwrap_or(Path::new(""));
    let folder = if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    };
    let entries = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .take(MOST)
        .flatten();
    let paths = entries.map(|e| parent.join(e.file_name()));
    let is_scenario = |p: &PathBuf| p.extension().is_some_and(|e| e == "toml" || e == "json");
    let mut names: Vec<String> = paths
        .filter(is_scenario)
        .map(|p| p.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
