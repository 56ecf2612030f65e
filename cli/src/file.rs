//! Files: read with a limit, written whole or not at all.
//!
//! What is written goes to a temporary file in the same folder, to the disk, and only then to its name: whoever looks
//! finds the old file or the new one, and never half of one, even after a full disk or a power cut.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use scenarios::traces::Files;
use tempfile::NamedTempFile;

use crate::exit::Failure;

/// No scenario is larger: 16 MiB. More is not even read.
const MOST_SCENARIO: u64 = 16 << 20;
/// No file that a scenario names is larger: 1 GiB.
const MOST_NAMED: u64 = 1 << 30;

/// How the names of files begin that are not written to their end yet.
const TEMPORARY: &str = ".plimsoll-";

/// Reads a scenario. It may be a pipe: the user named it.
///
/// # Errors
/// A failure that names the file, what went wrong and what to do.
pub fn read_scenario(path: &Path) -> Result<Vec<u8>, Failure> {
    let shown = path.display();
    let fail = |e: io::Error| {
        let failure = Failure::file(format!("the scenario {shown} can't be read: {}", reason(&e)));
        match e.kind() {
            ErrorKind::PermissionDenied => failure.help(format!("look at its rights: ls -l {shown}")),
            ErrorKind::IsADirectory => failure.help("name a .toml or .json file inside of it"),
            _ => failure,
        }
    };
    if path.is_dir() {
        return Err(fail(ErrorKind::IsADirectory.into()));
    }
    bounded(File::open(path).map_err(fail)?, path).map_err(fail)
}

/// Reads a scenario from the standard input.
///
/// # Errors
/// When it can't be read.
pub fn read_stdin() -> Result<Vec<u8>, Failure> {
    let name = Path::new("(standard input)");
    bounded(io::stdin().lock(), name)
        .map_err(|e| Failure::file(format!("the standard input can't be read: {}", reason(&e))))
}

fn bounded(from: impl Read, path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MOST_SCENARIO + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_SCENARIO {
        let message = format!(
            "{} is larger than 16 MiB, so it is hardly a scenario",
            path.display()
        );
        return Err(io::Error::new(ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// The files that a scenario names, relative to it.
pub struct Beside {
    folder: PathBuf,
    failed: AtomicBool,
}

impl Beside {
    /// The files beside a scenario; the empty folder is the working directory.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            failed: AtomicBool::new(false),
        }
    }

    /// Whether one of them could not be read.
    pub fn failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }
}

impl Files for Beside {
    fn read(&self, relative_path: &str) -> Result<Vec<u8>, String> {
        let path = self.folder.join(relative_path);
        read_regular(&path).map_err(|e| {
            self.failed.store(true, Ordering::Relaxed);
            match e.kind() {
                ErrorKind::NotFound => format!("there is no file {}", path.display()),
                _ => reason(&e),
            }
        })
    }
}

/// Reads a regular file and nothing else: a device or a pipe may have no end.
///
/// # Errors
/// When it is none, is larger than 1 GiB, or can't be read.
pub fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    let about = fs::metadata(path)?;
    if about.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    if !about.is_file() {
        return Err(io::Error::other("it is a device or a pipe, not a file"));
    }
    let too_large = || io::Error::new(ErrorKind::FileTooLarge, "it is larger than 1 GiB");
    if about.len() > MOST_NAMED {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_NAMED + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_NAMED {
        Err(too_large())
    } else {
        Ok(bytes)
    }
}

/// Writes files into a folder, which is made if it isn't there. All of them are on the disk before the first takes its name.
///
/// # Errors
/// A failure that names the path, what went wrong and what to do. Files that were there are as they were.
pub fn write_all(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<Vec<PathBuf>, Failure> {
    make_folder(folder)?;
    let mut written = Vec::new();
    for (name, bytes) in files {
        let path = folder.join(name);
        let fail = |e: &io::Error| not_written(&path, e, "--out");
        if path.is_dir() {
            return Err(fail(&ErrorKind::IsADirectory.into()));
        }
        let temporary = temporary(folder, bytes).map_err(|e| fail(&e))?;
        written.push((temporary, path));
    }
    let mut paths = Vec::new();
    for (temporary, path) in written {
        temporary
            .persist(&path)
            .map_err(|e| not_written(&path, &e.error, "--out"))?;
        paths.push(path);
    }
    // The names themselves are on the disk only when the folder is. Not every file system can do that.
    let _ = File::open(folder).and_then(|f| f.sync_all());
    Ok(paths)
}

/// Writes one file piece by piece, whose folder must be there.
///
/// # Errors
/// A failure that names the path, what went wrong and what to do. A file that was there is as it was.
pub fn write_in_pieces(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let fail = |e: io::Error| not_written(path, &e, "--trace");
    let mut file = beside(path).map_err(fail)?;
    let mut out = io::BufWriter::with_capacity(1 << 16, file.as_file_mut());
    let written = write(&mut out).and_then(|()| out.flush());
    drop(out);
    written.and_then(|()| file.as_file().sync_all()).map_err(fail)?;
    file.persist(path).map_err(|e| fail(e.error))?;
    Ok(())
}

/// Whether a file can be written at this place, which is better known before anything is simulated.
///
/// # Errors
/// When its folder isn't there, or nothing can be written into it.
pub fn try_place(path: &Path) -> Result<(), Failure> {
    beside(path)
        .map(drop)
        .map_err(|e| not_written(path, &e, "--trace"))
}

/// A temporary file in the folder of this one.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    if path.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => temporary(folder, &[]),
        _ => temporary(Path::new("."), &[]),
    }
}

/// Makes a folder, and those above it that aren't there.
///
/// # Errors
/// A failure that names the path, what is in the way and what to do.
fn make_folder(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|e| {
        // An existing file where a folder should be is "not a directory" or "exists", as the system pleases.
        let in_the_way = folder.ancestors().find(|a| a.exists() && !a.is_dir());
        let failure = Failure::file(format!(
            "the folder {} can't be made: {}",
            folder.display(),
            reason(&e)
        ));
        match in_the_way {
            Some(file) => failure.help(format!(
                "{} is there already and is no folder; choose another --out",
                file.display()
            )),
            None => failure.help("choose another folder with --out"),
        }
    })?;
    Ok(())
}

/// Makes a folder in which files can be written, on the disk up to the working directory, and takes away what a killed
/// program left half written there.
///
/// # Errors
/// When it can't be made, or nothing can be written into it.
pub fn prepare_folder(folder: &Path) -> Result<(), Failure> {
    /// Nothing takes longer to be written; what is younger may be under way in another program.
    const LEFT_BEHIND: Duration = Duration::from_secs(3600);
    make_folder(folder)?;
    temporary(folder, &[]).map_err(|e| not_written(folder, &e, "--out"))?;
    for above in folder.ancestors().take(4) {
        let above = if above.as_os_str().is_empty() {
            Path::new(".")
        } else {
            above
        };
        let _ = File::open(above).and_then(|f| f.sync_all());
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let age = entry.metadata().and_then(|m| m.modified()).ok();
        let age = age.and_then(|m| m.elapsed().ok());
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY) && age.is_some_and(|a| a > LEFT_BEHIND)
        {
            // If it can't be taken away, it is in nobody's way either.
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}

fn temporary(folder: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any other new file: the user's umask takes away what it will.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// The failure to write what an option of the command line asks for.
fn not_written(path: &Path, error: &io::Error, option: &str) -> Failure {
    let failure = Failure::file(format!("{} can't be written: {}", path.display(), reason(error)));
    failure.help(match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            format!("make room, or choose another folder with {option}")
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            format!("choose a folder that you may write to, with {option}")
        }
        _ => format!("choose another folder with {option}; what was there before is unchanged"),
    })
}

/// The system's reason without its number, and without the path that `tempfile` adds.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::IsADirectory => "it is a folder, not a file".to_owned(),
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            "a part of the path is a file, not a folder".to_owned()
        }
        ErrorKind::StorageFull => "the disk is full".to_owned(),
        ErrorKind::QuotaExceeded => "the quota is used up".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("it is there").flatten();
        let mut names: Vec<_> = entries
            .map(|e| e.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn files_are_replaced_whole_and_leave_nothing_else() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let write = |text: &str| write_all(folder.path(), &[("a.json".to_owned(), text.into())]);
        assert_eq!(write("first, and longer"), Ok(vec![folder.path().join("a.json")]));
        write("second").expect("it is replaced");
        assert_eq!(
            fs::read(folder.path().join("a.json")).expect("it is there"),
            b"second"
        );
        assert_eq!(names(folder.path()), ["a.json"]);
    }

    #[test]
    fn if_one_file_cannot_be_written_none_is() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("b.csv")).expect("it is ours");
        let files = [("a.json".to_owned(), vec![1]), ("b.csv".to_owned(), vec![2])];
        let failure = write_all(folder.path(), &files).expect_err("b.csv is a folder");
        assert_eq!(failure.exit, crate::exit::Exit::File);
        assert!(
            failure.message.contains("b.csv can't be written: it is a folder"),
            "{failure}"
        );
        assert_eq!(names(folder.path()), ["b.csv"]);
    }

    #[test]
    fn a_scenario_names_files_but_no_devices() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("t.csv"), "1\n").expect("it is ours");
        let beside = Beside::new(folder.path());
        assert_eq!(beside.read("t.csv"), Ok(b"1\n".to_vec()));
        assert!(!beside.failed());
        assert!(beside.read("/dev/zero").is_err_and(|e| e.contains("device")));
        assert!(beside.read(".").is_err_and(|e| e.contains("folder")));
        assert!(beside.failed());
    }
}
