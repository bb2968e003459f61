//! All files of a directory, at one moment.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::compact::FOLDED;
use super::disk::SUFFIX;
use super::merge::{Added, Merge};
use super::python;
use super::reader::{Corrupt, ReadError, Source, Worker, generation};

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

/// Files that were read, and where each of their series went.
pub(super) struct Known(Vec<File>);

struct File {
    name: String,
    worker: Worker,
    /// Where numbers are, and what they were added to.
    keys: Vec<(Source, Added)>,
}

impl Known {
    /// Reads their numbers again. None where anything else is new; then all has to be read.
    pub(super) fn refresh(&mut self, directory: &Path, found: &mut Found) -> Option<()> {
        let place = directory.join(FOLDED);
        let Self(files) = self;
        let workers = files.iter().map(|file| &file.name).filter(|name| **name != FOLDED);
        workers.eq(list(directory).ok()?.iter().map(|listed| &listed.name)).then_some(())?;
        let before = files.iter().find(|file| file.name == FOLDED).map_or(0, |file| file.worker.generation);
        found.merge.age();
        for file in &mut *files {
            // What is folded changes as a whole.
            if file.name != FOLDED {
                file.worker.refresh()?;
            }
            let mut keys = file.keys.iter().map(|(_, added)| *added);
            let see = |tags, cells: &[u64], rest: &[u64]| {
                if let Some(added) = keys.next() {
                    found.merge.add_again(added, tags, cells, rest);
                }
            };
            file.worker.each_again(file.keys.iter().map(|(source, _)| *source), see)?;
        }
        let live = files.iter().map(|file| &file.worker).filter(|worker| worker.is_live);
        found.live = live.map(|worker| Live { pid: worker.pid, started: worker.started, unshared: worker.unshared }).collect();
        (generation(&place) == before).then_some(())
    }
}

/// Everything in the directory. Folding that goes on meanwhile neither hides a count nor shows it twice: it is read again.
pub(super) fn read(directory: &Path) -> io::Result<(Found, Option<Known>)> {
    read_some(directory, true)
}

/// The same without what Python has.
pub(super) fn read_native(directory: &Path) -> io::Result<Found> {
    Ok(read_some(directory, false)?.0)
}

fn read_some(directory: &Path, with_python: bool) -> io::Result<(Found, Option<Known>)> {
    let place = directory.join(FOLDED);
    let mut tries = 0;
    loop {
        let mut found = Found::default();
        let (mut files, mut ids, mut is_simple) = (Vec::new(), Vec::new(), true);
        let mut before = 0;
        match Worker::read(&place) {
            Ok(folded) => {
                before = folded.generation;
                match folded.folded() {
                    Ok(known) => ids = known,
                    Err(corrupt) => found.fault(FOLDED, corrupt.into()),
                }
                files.push(found.add(FOLDED.into(), folded));
            }
            Err(error) => found.fault(FOLDED, error),
        }
        for Listed { name, path, is_native } in list(directory)? {
            if !is_native {
                if with_python {
                    is_simple = false;
                    python::read(&path, &name, &mut found.merge).unwrap_or_else(|error| found.fault(&name, error));
                }
                continue;
            }
            match Worker::read(&path) {
                Ok(worker) if ids.contains(&worker.id) => is_simple = false,
                Ok(worker) => {
                    if worker.is_live {
                        found.live.push(Live { pid: worker.pid, started: worker.started, unshared: worker.unshared });
                    } else {
                        found.dead += 1;
                    }
                    files.push(found.add(name, worker));
                }
                Err(error) => {
                    is_simple = false;
                    found.dead += usize::from(matches!(error, ReadError::Abandoned(_)));
                    found.fault(&name, error);
                }
            }
        }
        tries += 1;
        if generation(&place) == before || tries == ATTEMPTS {
            found.merge.sort();
            is_simple &= found.dead == 0 && found.faults.is_empty() && found.merge.conflicts.is_empty();
            return Ok((found, is_simple.then_some(Known(files))));
        }
    }
}

impl Found {
    /// Adds what is in a file.
    fn add(&mut self, name: String, worker: Worker) -> File {
        let mut keys = Vec::new();
        let read = worker.each(|entry| {
            let added = self.merge.add(&name, worker.is_live, entry)?;
            keys.extend(added.map(|added| (entry.source, added)));
            Ok(())
        });
        if let Err(corrupt) = read {
            self.fault(&name, corrupt.into());
        }
        File { name, worker, keys }
    }
}
