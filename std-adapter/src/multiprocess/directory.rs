//! All files of a directory, at one moment.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::compact::FOLDED;
use super::disk::SUFFIX;
use super::merge::Merge;
use super::python;
use super::reader::{Corrupt, ReadError, Worker, generation};

/// The process that collects, and does not become a worker by its environment; 0 for none. A child has another number.
static COLLECTING: AtomicU32 = AtomicU32::new(0);

pub(super) fn collected_by(process: u32) {
    COLLECTING.store(process, Ordering::Relaxed);
}

pub(super) fn is_collected_by(process: u32) -> bool {
    COLLECTING.load(Ordering::Relaxed) == process
}

/// A file that may be a worker's.
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) path: PathBuf,
    /// Ours, and not Python's.
    pub(super) is_native: bool,
}

/// What is in a directory, in the order of names; without the file of the dead.
pub(super) fn list(directory: &Path) -> io::Result<Vec<Listed>> {
    let mut listed = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_native = name.ends_with(SUFFIX);
        if (is_native && name != FOLDED) || Path::new(&name).extension() == Some(OsStr::new("db")) {
            listed.push(Listed { name, path: entry.path(), is_native });
        }
    }
    listed.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(listed)
}

/// What was found, and what was wrong.
#[derive(Default)]
pub(super) struct Found {
    pub(super) merge: Merge,
    pub(super) live: Vec<Live>,
    /// How many dead workers' files are not folded.
    pub(super) dead: usize,
    pub(super) faults: Vec<FileError>,
}

/// A live worker.
#[derive(Clone, Copy)]
pub(super) struct Live {
    pub(super) pid: u64,
    pub(super) started: u64,
    pub(super) unshared: u64,
}

/// A file that cannot be read, or only in part.
///
/// ```
/// # use picometer_std::multiprocess::FileError;
/// fn report(error: &FileError) {
///     eprintln!("{error}");
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileError {
    /// Its name.
    pub file: Box<str>,
    /// What is wrong with it; none where the system did not let it be read.
    pub corrupt: Option<Corrupt>,
    /// The same in words.
    pub reason: Box<str>,
}

impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.file, self.reason)
    }
}

impl std::error::Error for FileError {}

impl Found {
    fn fault(&mut self, file: &str, error: ReadError) {
        let (corrupt, reason) = match error {
            // It was removed, or is being made.
            ReadError::Gone | ReadError::Young | ReadError::Abandoned(_) => return,
            ReadError::Corrupt(corrupt) => (Some(corrupt), corrupt.to_string()),
            ReadError::Io(error) => (None, error.to_string()),
        };
        self.faults.push(FileError { file: file.into(), corrupt, reason: reason.into() });
    }
}

/// How often it is read again because dead workers were folded meanwhile.
const ATTEMPTS: usize = 32;

/// Everything in the directory. Folding that goes on meanwhile neither hides a count nor shows it twice: it is read again.
pub(super) fn read(directory: &Path) -> io::Result<Found> {
    read_some(directory, true)
}

/// The same without what Python has.
pub(super) fn read_native(directory: &Path) -> io::Result<Found> {
    read_some(directory, false)
}

fn read_some(directory: &Path, with_python: bool) -> io::Result<Found> {
    let place = directory.join(FOLDED);
    let mut tries = 0;
    loop {
        let mut found = Found::default();
        let mut known = Vec::new();
        let mut before = 0;
        match Worker::read(&place) {
            Ok(folded) => {
                before = folded.generation;
                let Found { merge, .. } = &mut found;
                let read = folded.folded().and_then(|ids| {
                    known = ids;
                    folded.each(|entry| merge.add(FOLDED, false, entry))
                });
                if let Err(corrupt) = read {
                    found.fault(FOLDED, corrupt.into());
                }
            }
            Err(error) => found.fault(FOLDED, error),
        }
        for Listed { name, path, is_native } in list(directory)? {
            if !is_native {
                if !with_python {
                    continue;
                }
                python::read(&path, &name, &mut found.merge).unwrap_or_else(|error| found.fault(&name, error));
                continue;
            }
            match Worker::read(&path) {
                Ok(worker) if known.contains(&worker.id) => {}
                Ok(worker) => {
                    if worker.is_live {
                        found.live.push(Live { pid: worker.pid, started: worker.started, unshared: worker.unshared });
                    } else {
                        found.dead += 1;
                    }
                    let Found { merge, .. } = &mut found;
                    if let Err(corrupt) = worker.each(|entry| merge.add(&name, worker.is_live, entry)) {
                        found.fault(&name, corrupt.into());
                    }
                }
                Err(error) => {
                    found.dead += usize::from(matches!(error, ReadError::Abandoned(_)));
                    found.fault(&name, error);
                }
            }
        }
        tries += 1;
        if generation(&place) == before || tries == ATTEMPTS {
            found.merge.sort();
            return Ok(found);
        }
    }
}
