//! Folds what dead workers left into one file, so that a scrape costs as much as there are live workers.
//!
//! The file `folded.pico` has the sums and the identities of the files that are in them. It is made beside it, forced to the
//! disk, and renamed into its place; then the files are removed. Readers pass over files whose identity is in the list;
//! so wherever this stops, every count is there once.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use picometer::Kind;
use rustix::fs::{FlockOperation, flock};

use super::copies::{Originals, Verdict};
use super::listing::{FOLDED, Listed, list};
use super::merge::{Family, Merge, Value};
use super::reader::{ReadError, Worker};
use crate::file::key::{self, About};
use crate::file::layout::{self, HEADER_BYTES, KeyParts, MAGIC, header};
use crate::file::open;
use crate::file::protocol;
use crate::file::tags::{Numbers, Tags};

const FRESH: &str = "folded.new";
const LOCK: &str = "folding.lock";

/// Folds all dead workers; how many. None where another process folds.
pub(crate) fn fold(directory: &Path) -> io::Result<Option<usize>> {
    let lock = open::open_lock(&directory.join(LOCK))?;
    if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
        return Ok(None);
    }
    let place = directory.join(FOLDED);
    let mut merge = Merge::default();
    let (mut known, mut generation) = (Vec::new(), 0);
    match Worker::read(&place) {
        Ok(before) => {
            known = before.folded().map_err(invalid)?;
            generation = before.generation;
            before.each(|entry| merge.add(FOLDED, false, entry).map(drop)).map_err(invalid)?;
        }
        Err(ReadError::Gone) => {}
        Err(ReadError::Io(error)) => return Err(error),
        Err(ReadError::Corrupt(corrupt)) => return Err(invalid(corrupt)),
        Err(ReadError::Young | ReadError::Abandoned(_)) => return Err(invalid("half written")),
    }
    let (mut ids, mut gone, mut count, mut is_unread) = (Vec::new(), Vec::new(), 0, false);
    let mut originals = Originals::default();
    let mut listed: VecDeque<_> = list(directory)?.into_iter().filter(|listed| listed.is_native).collect();
    while let Some(one) = listed.pop_front() {
        // Its lock is held in part until the end, so that it stays what it is; a worker that died writes no more.
        let worker = match Worker::read(&one.path) {
            Ok(worker) => worker,
            Err(ReadError::Abandoned(file)) => {
                // Locked: a worker that is making it sees that it is gone, and makes another.
                fs::remove_file(&one.path)?;
                drop(file);
                continue;
            }
            Err(error) => {
                is_unread |= matches!(error, ReadError::Io(_));
                continue;
            }
        };
        match originals.see(&one, &worker) {
            Verdict::Original => {}
            Verdict::Later => {
                listed.push_back(Listed { is_last: true, ..one });
                continue;
            }
            Verdict::Copy => continue,
        }
        let Listed { name, path, .. } = one;
        if known.contains(&worker.id) {
            // Its sums are there already; the process that folded it ended before it removed the file.
            ids.push(worker.id);
            if !worker.is_live {
                gone.push(path);
            }
            continue;
        }
        if worker.is_live {
            continue;
        }
        // First by itself: of a file that is wrong, or does not go with the others, nothing is taken and nothing is lost.
        if worker.each(|entry| Merge::default().add(&name, false, entry).map(drop)).is_err() || merge.differs(&worker) {
            continue;
        }
        worker.each(|entry| merge.add(&name, false, entry).map(drop)).map_err(invalid)?;
        ids.push(worker.id);
        gone.push(path);
        count += 1;
    }
    merge.sort();
    if is_unread {
        // A file that is unreadable now may be among the known ones. It is not added again when it is readable.
        known.retain(|id| !ids.contains(id));
        ids.append(&mut known);
    }
    if count > 0 {
        write(directory, &merge, &ids, generation + 1)?;
    }
    for path in gone {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(Some(count))
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

fn write(directory: &Path, merge: &Merge, ids: &[u64], generation: u64) -> io::Result<()> {
    let mut words = vec![0; header::WORDS];
    words.extend(layout::folded_entry(ids));
    for family in merge.sorted() {
        entries(family, &mut words);
    }
    let used = words.len() as u64 * 8;
    if used > u64::from(u32::MAX) {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let values = [(header::MAGIC, MAGIC), (header::USED, used.max(HEADER_BYTES)), (header::GENERATION, generation)];
    for (index, value) in values {
        if let Some(word) = words.get_mut(index) {
            *word = value;
        }
    }
    let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    let checksum = layout::header_checksum(0, 0, 0, generation, bytes.get(HEADER_BYTES as usize..).unwrap_or(&[]));
    if let Some(place) = bytes.get_mut(header::CHECKSUM * 8..).and_then(|rest| rest.first_chunk_mut()) {
        *place = checksum.to_ne_bytes();
    }
    let fresh = directory.join(FRESH);
    let mut file = open::replace(&fresh)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    fs::rename(fresh, directory.join(FOLDED))?;
    // Not before the new name is on the disk are the old ones taken off it.
    File::open(directory)?.sync_all()
}

fn entries(family: &Family, words: &mut Vec<u64>) {
    let shape = match family.kind {
        Kind::Histogram => key::shape_of_bounds(&family.bounds),
        _ => key::shape_of_states(&family.states),
    };
    for series in family.sorted() {
        let (numbers, per_unit, cells) = match &series.value {
            Value::Counter(sum) => {
                let (numbers, per_unit, bits) = sum.parts();
                (numbers, per_unit, vec![bits])
            }
            Value::Gauge(sum, moment) => {
                let (numbers, per_unit, bits) = sum.parts();
                (numbers, per_unit, vec![bits, *moment])
            }
            Value::Histogram(counts, sum) if family.kind == Kind::Histogram => {
                (Numbers::Float, 1, [0, sum.to_bits()].into_iter().chain(counts.iter().copied()).collect())
            }
            Value::Native(native) => (Numbers::Merged, 1, native.words()),
            Value::Summary(count, sum) => (Numbers::Float, 1, vec![0, sum.to_bits(), *count]),
            // Of live workers alone.
            Value::Histogram(..) | Value::Info | Value::States(_) => continue,
        };
        let place = words.len() as u64 * 8;
        words.extend(layout::cells_head(cells.len()));
        words.extend(cells);
        let labels = series.labels.iter().map(|(name, value)| (&**name, &**value));
        let about = About { help: &family.help, unit: &family.unit, utf8: family.utf8 };
        let text = key::text(&key::identity(&family.name, labels), &shape, &about);
        let tags = Tags { kind: family.kind, mode: family.mode.number(), numbers, per_unit };
        let parts = KeyParts { tags, cells: place, pid: series.pid, created: series.created, rest: 0, text: &text };
        words.extend(layout::key_entry(layout::key_words(&text), protocol::live(0), &parts));
    }
}
