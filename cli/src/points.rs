//! The points of a sweep as files in its folder, so that a later call goes on where this one was ended.
//!
//! `points/KEY.point` holds the trials of one point. The key is made of everything that they depend on, so a file is either of
//! use or belongs to something else, and nothing else has to be written down and kept in step. Files are written whole
//! ([`crate::file`]): whoever is killed leaves the points that are done.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use scenarios::store::{About, PROGRAM, Store, about};

use crate::exit::Failure;
use crate::file;
use crate::progress::Bar;

/// Where in a sweep's folder its points are.
const FOLDER: &str = "points";
/// How their names end.
const ENDING: &str = "point";
/// Bytes that tell what a point belongs to.
const HEADER: u64 = 4096;

/// The points in a sweep's folder.
pub struct Points {
    /// The sweep's folder, as it is shown.
    shown: PathBuf,
    folder: PathBuf,
    is_fresh: bool,
    failure: Mutex<Option<Failure>>,
}

impl Points {
    /// The points in this folder, which is made if it isn't there; `is_fresh`: as if there were none.
    ///
    /// # Errors
    /// When nothing can be written there, which is better known before anything is simulated.
    pub fn new(folder: &Path, is_fresh: bool) -> Result<Self, Failure> {
        let points = folder.join(FOLDER);
        for folder in [folder, &points] {
            file::prepare_folder(folder)?;
        }
        Ok(Self {
            shown: folder.to_owned(),
            folder: points,
            is_fresh,
            failure: Mutex::new(None),
        })
    }

    /// Why a point could not be written.
    pub fn take_failure(&self) -> Option<Failure> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn name(key: &str) -> String {
        format!("{key}.{ENDING}")
    }

    /// What there is to be said about the points that are there.
    fn told(&self, keys: &[String], seed: u64) -> String {
        let names: BTreeSet<String> = keys.iter().map(|k| Self::name(k)).collect();
        let mut found = 0;
        let mut others = Vec::new();
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if names.contains(&*entry.file_name().to_string_lossy()) {
                found += 1;
            } else {
                others.extend(belongs_to(&entry.path()));
            }
        }
        let shown = self.shown.display();
        let mut lines = Vec::new();
        if found > 0 && self.is_fresh {
            lines.push(format!(
                "{shown} has {found} of the {} points; with --fresh they are simulated again",
                names.len()
            ));
        } else if found > 0 {
            lines.push(format!(
                "going on with {shown}: {found} of {} points are there (--fresh simulates them again)",
                names.len()
            ));
        }
        if !others.is_empty() {
            lines.push(format!(
                "{shown} also has {} that {} not part of this sweep ({}): left alone, and not mixed in",
                counted(others.len()),
                if others.len() == 1 { "is" } else { "are" },
                reasons(&others, seed)
            ));
        }
        lines.join("\n")
    }
}

fn counted(points: usize) -> String {
    match points {
        1 => "1 point".to_owned(),
        n => format!("{n} points"),
    }
}

/// What a file belongs to, if it is a point.
fn belongs_to(path: &Path) -> Option<About> {
    let is_point = path.extension().is_some_and(|e| e == ENDING);
    let mut bytes = Vec::new();
    if is_point && path.metadata().is_ok_and(|m| m.is_file()) {
        File::open(path).ok()?.take(HEADER).read_to_end(&mut bytes).ok()?;
    }
    about(&bytes)
}

/// In what other points differ, each difference once.
fn reasons(others: &[About], seed: u64) -> String {
    let version = |program: &str| program.split(' ').next().unwrap_or_default().to_owned();
    let mut reasons = BTreeSet::new();
    for other in others {
        reasons.insert(if version(&other.program) != version(PROGRAM) {
            format!("plimsoll {}", version(&other.program))
        } else if other.program != PROGRAM {
            format!("another build of plimsoll {}", version(PROGRAM))
        } else if other.seed != seed {
            format!("seed {}", other.seed)
        } else {
            "other values, or the scenario before a change".to_owned()
        });
    }
    reasons.into_iter().collect::<Vec<_>>().join("; ")
}

/// The points of a sweep whose user is told about them.
pub struct Told<'a> {
    pub points: &'a Points,
    pub seed: u64,
    pub bar: &'a Bar,
    pub is_quiet: bool,
}

impl Store for Told<'_> {
    fn begin(&self, keys: &[String]) {
        let told = self.points.told(keys, self.seed);
        if !self.is_quiet && !told.is_empty() {
            self.bar.say(&told);
        }
    }

    fn load(&self, key: &str) -> Option<Vec<u8>> {
        if self.points.is_fresh {
            return None;
        }
        file::read_regular(&self.points.folder.join(Points::name(key))).ok()
    }

    fn save(&self, key: &str, bytes: &[u8]) -> Result<(), String> {
        let file = (Points::name(key), bytes.to_vec());
        match file::write_all(&self.points.folder, &[file]) {
            Ok(_) => Ok(()),
            Err(failure) => {
                let reason = failure.message.clone();
                let mut first = self.points.failure.lock().unwrap_or_else(PoisonError::into_inner);
                first.get_or_insert(failure);
                Err(reason)
            }
        }
    }
}
