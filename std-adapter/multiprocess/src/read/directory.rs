//! All files of a directory, at one moment.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::Path;

use super::copies::{Originals, Verdict};
use super::listing::{FOLDED, Listed, list};
use super::merge::{Added, Merge};
use super::python::db;
use super::reader::{Corrupt, ReadError, Source, Worker, generation};
use crate::file::disk::is_name_of;

/// What was found, and what was wrong.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) merge: Merge,
    pub(crate) live: Vec<Live>,
    /// How many dead workers' files are not folded.
    pub(crate) dead: usize,
    pub(crate) faults: Vec<FileError>,
}

/// A live worker.
#[derive(Clone, Copy)]
pub(crate) struct Live {
    pub(crate) pid: u64,
    pub(crate) started: u64,
    pub(crate) unshared: u64,
}

impl Live {
    fn of(worker: &Worker) -> Self {
        Self { pid: worker.pid, started: worker.started, unshared: worker.unshared }
    }
}

/// A file that cannot be read, or only in part.
///
/// ```
/// # use picometer_std::multiprocess::FileError;
/// fn report(error: &FileError) {
///     eprintln!("{error}");
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileError {
    /// Its name.
    pub file: Box<str>,
    /// What is wrong with it; none where the system did not let it be read, or it is a copy of another file.
    pub corrupt: Option<Corrupt>,
    /// The same in words.
    pub reason: Box<str>,
}

impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.file, self.reason)
    }
}

picometer::__speaks!(FileError);
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

/// Of so many files descriptors are kept, and so many bytes; where there are more, everything is read for each page.
const MOST_FILES: usize = 256;
const MOST_BYTES: usize = 64 << 20;

/// Files that were read, and where each of their series went. All of them could be read, and agree.
pub(crate) struct Known {
    files: Vec<File>,
    /// Of the files that are folded.
    ids: Vec<u64>,
}

struct File {
    name: String,
    worker: Worker,
    /// Where numbers are, and what they were added to.
    keys: Vec<(Source, Added)>,
}

impl Known {
    /// Reads numbers again, and whole files where there is more that is new. None where a worker died, a file is wrong, or files
    /// do not agree; then everything has to be read.
    pub(crate) fn refresh(&mut self, directory: &Path, found: &mut Found) -> Option<()> {
        let place = directory.join(FOLDED);
        let listed = list(directory).ok()?;
        let before = generation(&place);
        found.merge.age();
        found.live.clear();
        let mut old: HashMap<String, File> = self.files.drain(..).map(|file| (file.name.clone(), file)).collect();
        if before > 0 {
            let file = match old.remove(FOLDED).filter(|file| file.worker.generation == before) {
                // It changes as a whole.
                Some(file) => found.add_again(file)?,
                None => {
                    let folded = Worker::read(&place).ok()?;
                    self.ids = folded.folded().ok()?;
                    found.add(FOLDED.into(), folded)
                }
            };
            self.files.push(file);
        }
        for Listed { name, path, is_native, .. } in listed {
            is_native.then_some(())?;
            let mut known = old.remove(&name);
            let file = match known.take_if(|file| file.worker.refresh().is_some()) {
                Some(file) => found.add_again(file)?,
                None => {
                    let is_own = |worker: &Worker| is_name_of(&name, worker.pid, worker.id) && !self.ids.contains(&worker.id);
                    let worker = Worker::read(&path).ok().filter(|worker| worker.is_live && is_own(worker))?;
                    found.add(name, worker)
                }
            };
            found.live.push(Live::of(&file.worker));
            self.files.push(file);
        }
        found.merge.sort();
        let agree = is_little(&self.files) && found.faults.is_empty() && found.merge.conflicts.is_empty() && !found.merge.is_mostly_old();
        (agree && generation(&place) == before).then_some(())
    }
}

/// Everything in the directory. Folding that goes on meanwhile neither hides a count nor shows it twice: it is read again.
pub(crate) fn read(directory: &Path) -> io::Result<(Found, Option<Known>)> {
    read_some(directory, true)
}

/// The same without what Python has.
pub(crate) fn read_native(directory: &Path) -> io::Result<Found> {
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
                keep(&mut files, found.add(FOLDED.into(), folded), &mut is_simple);
            }
            Err(error) => found.fault(FOLDED, error),
        }
        let mut originals = Originals::default();
        let mut listed: VecDeque<_> = list(directory)?.into();
        while let Some(one) = listed.pop_front() {
            let Listed { name, path, .. } = &one;
            if !one.is_native {
                if with_python {
                    is_simple = false;
                    db::read(path, name, &mut found.merge).unwrap_or_else(|error| found.fault(name, error));
                }
                continue;
            }
            match Worker::read(path) {
                Ok(worker) => match originals.see(&one, &worker) {
                    Verdict::Later => listed.push_back(Listed { is_last: true, ..one }),
                    Verdict::Copy => {
                        is_simple = false;
                        let reason = "a copy of another file, which is counted".into();
                        found.faults.push(FileError { file: one.name.into(), corrupt: None, reason });
                    }
                    Verdict::Original if ids.contains(&worker.id) => is_simple = false,
                    Verdict::Original => {
                        if worker.is_live {
                            found.live.push(Live::of(&worker));
                        } else {
                            found.dead += 1;
                        }
                        keep(&mut files, found.add(one.name, worker), &mut is_simple);
                    }
                },
                Err(error) => {
                    is_simple = false;
                    found.dead += usize::from(matches!(error, ReadError::Abandoned(_)));
                    found.fault(name, error);
                }
            }
        }
        tries += 1;
        if generation(&place) == before || tries == ATTEMPTS {
            found.merge.sort();
            is_simple &= found.dead == 0 && found.faults.is_empty() && found.merge.conflicts.is_empty();
            return Ok((found, is_simple.then_some(Known { files, ids })));
        }
    }
}

fn is_little(files: &[File]) -> bool {
    files.len() <= MOST_FILES && files.iter().map(|file| file.worker.bytes()).sum::<usize>() <= MOST_BYTES
}

/// Keeps a file open, unless there are too many.
fn keep(files: &mut Vec<File>, file: File, is_simple: &mut bool) {
    if *is_simple {
        files.push(file);
        *is_simple = is_little(files);
    }
    if !*is_simple {
        files.clear();
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

    /// Adds what a file has now of what was added before.
    fn add_again(&mut self, file: File) -> Option<File> {
        let mut keys = file.keys.iter().map(|(_, added)| *added);
        let see = |source: &Source, cells: &[u64], rest: &[u64]| {
            if let Some(added) = keys.next() {
                self.merge.add_again(added, source, cells, rest);
            }
        };
        file.worker.each_again(file.keys.iter().map(|(source, _)| *source), see)?;
        Some(file)
    }
}
