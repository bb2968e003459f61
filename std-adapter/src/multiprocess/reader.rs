//! Reads files of workers. Nothing in them is believed: every length is checked, and what is wrong costs the file alone.
//!
//! Files are read and not mapped, so that one that is cut while it is read is an error and no signal.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{Ordering, fence};

use rustix::fs::{FlockOperation, OFlags, flock};

use super::layout::{self, CELLS, CELLS_HEAD, FOLDED, HEADER_BYTES, Head, KEY, KeyEntry, LIVE, MAGIC, Tags, header, word};

/// Larger files are not workers'.
const MOST: u64 = 1 << 30;
/// How often numbers of a live worker are read again that did not fit each other.
const ATTEMPTS: usize = 16;

/// What is wrong with a file.
///
/// ```
/// use picometer_std::multiprocess::Corrupt;
///
/// let corrupt = Corrupt { offset: 128, what: "an entry is longer than the file" };
/// assert_eq!(corrupt.to_string(), "at byte 128: an entry is longer than the file");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt {
    /// Where, in bytes from the start of the file.
    pub offset: u64,
    /// What.
    pub what: &'static str,
}

impl fmt::Display for Corrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: {}", self.offset, self.what)
    }
}

impl std::error::Error for Corrupt {}

/// Why there is nothing of a file.
#[derive(Debug)]
pub(super) enum ReadError {
    /// Gone meanwhile.
    Gone,
    /// Being made just now.
    Young,
    /// Whoever made it died before it had a header. The lock is held as long as the file is open.
    Abandoned(File),
    Io(io::Error),
    Corrupt(Corrupt),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { Self::Gone } else { Self::Io(error) }
    }
}

impl From<Corrupt> for ReadError {
    fn from(corrupt: Corrupt) -> Self {
        Self::Corrupt(corrupt)
    }
}

/// A file of one moment.
pub(super) struct Worker {
    file: File,
    bytes: Vec<u8>,
    pub(super) id: u64,
    pub(super) pid: u64,
    pub(super) started: u64,
    pub(super) unshared: u64,
    pub(super) generation: u64,
    pub(super) is_live: bool,
}

/// One series, as a file has it.
pub(super) struct Entry<'a> {
    pub(super) tags: Tags,
    pub(super) pid: u64,
    pub(super) text: &'a [u8],
    pub(super) created: u64,
    pub(super) cells: &'a [u64],
}

/// Opens a file that is one, whatever lies at the path.
pub(super) fn open(path: &Path) -> Result<File, ReadError> {
    let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(Corrupt { offset: 0, what: "not a regular file" }.into()) }
}

/// How often the file of the dead was folded; 0 where there is none.
pub(super) fn generation(path: &Path) -> u64 {
    let mut head = [0; HEADER_BYTES as usize];
    let read = open(path).ok().and_then(|file| file.read_exact_at(&mut head, 0).ok());
    read.and_then(|()| word(&head, header::GENERATION)).unwrap_or(0)
}

impl Worker {
    pub(super) fn read(path: &Path) -> Result<Self, ReadError> {
        let file = open(path)?;
        let mut head = [0; HEADER_BYTES as usize];
        let is_live = flock(&file, FlockOperation::NonBlockingLockShared).is_err();
        let len = file.read_at(&mut head, 0)?;
        let number = |index| word(&head, index).unwrap_or(0);
        match number(header::MAGIC) {
            0 if is_live => return Err(ReadError::Young),
            0 if len == 0 || len == head.len() => return Err(ReadError::Abandoned(file)),
            _ if len < head.len() => return Err(Corrupt { offset: len as u64, what: "the file ends within its header" }.into()),
            MAGIC => {}
            magic if magic.swap_bytes() == MAGIC => {
                return Err(Corrupt { offset: 0, what: "written by a machine of the other byte order" }.into());
            }
            _ => return Err(Corrupt { offset: 0, what: "not a file of a worker, or of another version" }.into()),
        }
        let used = number(header::USED);
        if !(HEADER_BYTES..=MOST).contains(&used) || !used.is_multiple_of(8) {
            return Err(Corrupt { offset: header::USED as u64 * 8, what: "an impossible length" }.into());
        }
        if used > file.metadata()?.len() {
            return Err(Corrupt { offset: header::USED as u64 * 8, what: "longer than the file" }.into());
        }
        // What was written before `used` is read behind it.
        fence(Ordering::Acquire);
        let mut bytes = vec![0; used as usize];
        file.read_exact_at(&mut bytes, 0).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => Corrupt { offset: header::USED as u64 * 8, what: "longer than the file" }.into(),
            _ => ReadError::Io(error),
        })?;
        let (id, pid, started) = (number(header::ID), number(header::PID), number(header::STARTED));
        let (unshared, generation) = (number(header::UNSHARED), number(header::GENERATION));
        Ok(Self { file, bytes, id, pid, started, unshared, generation, is_live })
    }

    /// The identities of the files that were folded into this one.
    pub(super) fn folded(&self) -> Result<Vec<u64>, Corrupt> {
        let mut ids = Vec::new();
        self.each_raw(|head, _, entry| {
            if head.tag == FOLDED {
                let (words, _) = entry.as_chunks::<8>();
                ids.extend(words.iter().skip(2).map(|word| u64::from_ne_bytes(*word)));
            }
            Ok(())
        })?;
        Ok(ids)
    }

    /// Calls `see` with every series that is there.
    pub(super) fn each(&self, mut see: impl FnMut(&Entry<'_>) -> Result<(), &'static str>) -> Result<(), Corrupt> {
        let mut numbers = Vec::new();
        self.each_raw(|head, offset, entry| {
            if head.tag != KEY {
                return Ok(());
            }
            let wrong = |what| Corrupt { offset, what };
            let key = KeyEntry::of(entry).ok_or(wrong("a key is not what was written"))?;
            if key.state != LIVE {
                return Ok(());
            }
            // Cells come before their name.
            let cells =
                self.bytes.get(..offset as usize).and_then(|before| before.get(key.cells..)).filter(|_| key.cells.is_multiple_of(8));
            let cells = cells.ok_or(wrong("the cells of a key are elsewhere"))?;
            let own = Head::of(word(cells, 0).unwrap_or(0));
            let count = word(cells, 1).unwrap_or(0);
            let fits = own.tag == CELLS && count.checked_add(CELLS_HEAD as u64).is_some_and(|words| words == own.words() as u64);
            let raw = cells.get(CELLS_HEAD * 8..own.bytes as usize).filter(|_| fits).ok_or(wrong("a key does not name cells"))?;
            let created = word(cells, 2).unwrap_or(0);
            numbers.clear();
            numbers.extend(raw.as_chunks::<8>().0.iter().map(|word| u64::from_ne_bytes(*word)));
            let tags = Tags { kind: head.kind, mode: head.mode, numbers: head.numbers };
            if self.is_live && head.kind >= layout::number_of(picometer::Kind::Histogram) {
                self.settle(tags, key.cells + CELLS_HEAD * 8, &mut numbers);
            }
            let pid = if key.pid == 0 { self.pid } else { key.pid };
            see(&Entry { tags, pid, text: key.text, created, cells: &numbers }).map_err(wrong)
        })
    }

    /// Reads observations again until as many were counted as were begun.
    fn settle(&self, tags: Tags, offset: usize, numbers: &mut [u64]) {
        use picometer::Kind;
        if ![Kind::Histogram, Kind::Summary].map(layout::number_of).contains(&tags.kind) {
            return;
        }
        let mut bytes = Vec::new();
        for _ in 0..ATTEMPTS {
            let [counts @ .., _, begun] = &*numbers else { return };
            if counts.iter().fold(0_u64, |all, one| all.wrapping_add(*one)) == *begun {
                return;
            }
            bytes.resize(numbers.len() * 8, 0);
            if self.file.read_exact_at(&mut bytes, offset as u64).is_err() {
                return;
            }
            numbers.iter_mut().zip(bytes.as_chunks::<8>().0).for_each(|(number, word)| *number = u64::from_ne_bytes(*word));
        }
    }

    fn each_raw(&self, mut see: impl FnMut(Head, u64, &[u8]) -> Result<(), Corrupt>) -> Result<(), Corrupt> {
        let mut offset = HEADER_BYTES as usize;
        while let Some(first) = word(&self.bytes, offset / 8) {
            let head = Head::of(first);
            let wrong = |what| Corrupt { offset: offset as u64, what };
            if head.bytes < 16 || !head.bytes.is_multiple_of(8) {
                return Err(wrong("an entry of an impossible length"));
            }
            let entry = self.bytes.get(offset..).and_then(|rest| rest.get(..head.bytes as usize));
            see(head, offset as u64, entry.ok_or(wrong("an entry is longer than the file"))?)?;
            offset += head.bytes as usize;
        }
        Ok(())
    }
}
