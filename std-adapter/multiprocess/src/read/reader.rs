//! Reads files of workers. Nothing in them is believed: every length is checked, and what is wrong costs the file alone.
//!
//! Files are read and not mapped, so that one that is cut while it is read is an error and no signal. How it comes that what is
//! read belongs together is told in `protocol`.

mod numbers;

use std::cell::Cell;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use crate::file::key::Key;
use crate::file::layout::{CELLS, CHUNK, FOLDED, HEADER_BYTES, Head, KEY, KeyEntry, MAGIC, header, header_checksum, word};
use crate::file::open;
use crate::file::protocol::{self, Seen};
use crate::file::tags::Tags;
pub(crate) use numbers::Source;
use numbers::{Chunks, Numbers};

/// Larger files are not workers'.
const MOST: u64 = 1 << 30;

/// What is wrong with a file.
///
/// ```
/// # use picometer_std::multiprocess::FileError;
/// fn place(error: &FileError) -> Option<u64> {
///     error.corrupt.map(|corrupt| corrupt.offset)
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
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

picometer::__speaks!(Corrupt);
impl std::error::Error for Corrupt {}

/// Why there is nothing of a file.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// Gone meanwhile.
    Gone,
    /// Being made just now.
    Young,
    /// Its worker died before it had a header. The lock is held as long as the file is open.
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
pub(crate) struct Worker {
    file: Content,
    chunks: Chunks,
    pub(crate) id: u64,
    pub(crate) pid: u64,
    pub(crate) started: u64,
    pub(crate) unshared: u64,
    pub(crate) generation: u64,
    pub(crate) is_live: bool,
}

/// One series, as a file has it.
pub(crate) struct Entry<'a> {
    pub(crate) source: Source,
    pub(crate) tags: Tags,
    pub(crate) pid: u64,
    pub(crate) key: Key<'a>,
    pub(crate) created: u64,
    pub(crate) cells: &'a [u64],
    /// What left a gauge histogram; exemplars.
    pub(crate) rest: &'a [u64],
}

/// Opens a file that is one, whatever lies at the path.
pub(crate) fn open(path: &Path) -> Result<File, ReadError> {
    open::open(path, OpenOptions::new().read(true))?.ok_or(Corrupt { offset: 0, what: "not a regular file" }.into())
}

/// How often the file of the dead was folded; 0 where there is none.
pub(crate) fn generation(path: &Path) -> u64 {
    let mut head = [0; HEADER_BYTES as usize];
    let read = open(path).ok().and_then(|file| file.read_exact_at(&mut head, 0).ok());
    read.and_then(|()| word(&head, header::GENERATION)).unwrap_or(0)
}

impl Worker {
    pub(crate) fn read(path: &Path) -> Result<Self, ReadError> {
        let file = open(path)?;
        let mut head = [0; HEADER_BYTES as usize];
        let is_live = flock(&file, FlockOperation::NonBlockingLockShared).is_err();
        let Seen { all: bytes, around } = protocol::read(
            || {
                let len = file.read_at(&mut head, 0)?;
                check(&file, is_live, &head, len)?;
                Ok(word(&head, header::CHANGES).unwrap_or(0))
            },
            || snapshot(&file),
        )?;
        let number = |index| word(&bytes, index).unwrap_or(0);
        let (id, pid, started) = (number(header::ID), number(header::PID), number(header::STARTED));
        let (unshared, generation) = (number(header::UNSHARED), number(header::GENERATION));
        // The entries of a worker change while they are read; its keys have checksums of their own.
        let entries = if id == 0 { bytes.get(HEADER_BYTES as usize..).unwrap_or(&[]) } else { &[] };
        // Those who make files of anything get behind it.
        if !cfg!(fuzzing) && header_checksum(id, pid, started, generation, entries) != number(header::CHECKSUM) {
            let what = if id == 0 { "the contents are not what was written" } else { "the header is not what was written" };
            return Err(Corrupt { offset: header::CHECKSUM as u64 * 8, what }.into());
        }
        let mut file = Content { file, bytes, around, values: Vec::new(), second: Cell::default() };
        let chunks = Chunks::of(&file)?;
        file.values = file.ranges()?;
        file.second = Cell::new(vec![0; file.bytes.len()]);
        Ok(Self { file, chunks, id, pid, started, unshared, generation, is_live })
    }

    /// Reads the numbers again. None where there is more that is new: keys, or whether its worker lives.
    pub(crate) fn refresh(&mut self) -> Option<()> {
        let Self { file: Content { file, bytes, around: None, values, .. }, is_live: true, .. } = self else { return None };
        flock(&*file, FlockOperation::NonBlockingLockShared).is_err().then_some(())?;
        let mut head = [0; HEADER_BYTES as usize];
        let mut same = |bytes: &[u8]| {
            file.read_exact_at(&mut head, 0).ok()?;
            [header::USED, header::CHANGES].into_iter().all(|at| word(&head, at) == word(bytes, at)).then_some(())
        };
        same(bytes)?;
        protocol::behind(|| read_ranges(file, values, bytes)).ok()?;
        protocol::behind(|| same(bytes))?;
        self.unshared = word(&head, header::UNSHARED).unwrap_or(0);
        self.chunks.look(&self.file.bytes);
        Some(())
    }

    /// Calls `see` with the numbers that are at these places now.
    pub(crate) fn each_again(&self, places: impl Iterator<Item = Source>, mut see: impl FnMut(&Source, &[u64], &[u64])) -> Option<()> {
        let mut numbers = Numbers::of(self);
        for source in places {
            match numbers.one(&source) {
                Some(number) => see(&source, &[number], &[]),
                None => {
                    numbers.read(&source).ok()?.then_some(())?;
                    see(&source, &numbers.cells, &numbers.rest);
                }
            }
        }
        Some(())
    }

    /// How long it is.
    pub(crate) fn bytes(&self) -> usize {
        self.file.bytes.len()
    }

    /// The identities of the files that were folded into this one.
    pub(crate) fn folded(&self) -> Result<Vec<u64>, Corrupt> {
        let mut ids = Vec::new();
        self.file.each(|head, _, entry| {
            if head.tag == FOLDED {
                let (words, _) = entry.as_chunks::<8>();
                ids.extend(words.iter().skip(2).map(|word| u64::from_ne_bytes(*word)));
            }
            Ok(())
        })?;
        Ok(ids)
    }

    /// Calls `see` with every series that is there.
    pub(crate) fn each(&self, mut see: impl FnMut(&Entry<'_>) -> Result<(), &'static str>) -> Result<(), Corrupt> {
        let mut numbers = Numbers::of(self);
        self.file.each(|head, offset, entry| {
            if head.tag != KEY || !KeyEntry::is_live(entry) || !self.file.is_still(offset, entry) {
                return Ok(());
            }
            let wrong = |what| Corrupt { offset, what };
            let key = KeyEntry::of(entry).ok_or(wrong("a key is not what was written"))?;
            let whole = Key::of(key.text).ok_or(wrong("the parts of a key do not fit it"))?;
            let KeyEntry { tags, cells, rest, created, .. } = key;
            let source = Source { key: offset as u32, tags, cells, rest, created, buckets: whole.buckets() as u32 };
            if !numbers.read(&source).map_err(wrong)? {
                return Ok(());
            }
            let pid = if key.pid == 0 { self.pid } else { key.pid };
            let Numbers { cells, rest, .. } = &numbers;
            see(&Entry { source, tags, pid, key: whole, created: key.created, cells, rest }).map_err(wrong)
        })
    }
}

/// What is wrong with a header.
fn check(file: &File, is_live: bool, head: &[u8], len: usize) -> Result<(), ReadError> {
    match word(head, header::MAGIC).unwrap_or(0) {
        0 if is_live => return Err(ReadError::Young),
        0 if len == 0 || len == head.len() => return Err(ReadError::Abandoned(file.try_clone()?)),
        _ if len < head.len() => return Err(Corrupt { offset: len as u64, what: "the file ends within its header" }.into()),
        MAGIC => {}
        magic if magic.swap_bytes() == MAGIC => {
            return Err(Corrupt { offset: 0, what: "written by a machine of the other byte order" }.into());
        }
        _ => return Err(Corrupt { offset: 0, what: "not a file of a worker, or of another version" }.into()),
    }
    Ok(())
}

/// Everything that was written, at one look.
fn snapshot(file: &File) -> Result<Vec<u8>, ReadError> {
    let wrong = |what| Corrupt { offset: header::USED as u64 * 8, what };
    let mut used = [0; 8];
    file.read_exact_at(&mut used, header::USED as u64 * 8)?;
    let used = u64::from_ne_bytes(used);
    if !(HEADER_BYTES..=MOST).contains(&used) || !used.is_multiple_of(8) {
        return Err(wrong("an impossible length").into());
    }
    if used > file.metadata()?.len() {
        return Err(wrong("longer than the file").into());
    }
    // What was written before `used` is read behind it.
    let mut bytes = vec![0; used as usize];
    protocol::behind(|| file.read_exact_at(&mut bytes, 0)).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => wrong("longer than the file").into(),
        _ => ReadError::Io(error),
    })?;
    Ok(bytes)
}

/// The bytes of a file, and those of the looks before and behind where keys changed meanwhile.
struct Content {
    file: File,
    bytes: Vec<u8>,
    around: Option<(Vec<u8>, Vec<u8>)>,
    /// Where numbers are, in bytes.
    values: Vec<Range<usize>>,
    /// Memory for a second look.
    second: Cell<Vec<u8>>,
}

/// Reads these parts of a file to where they are in it.
fn read_ranges(file: &File, ranges: &[Range<usize>], into: &mut [u8]) -> io::Result<()> {
    ranges.iter().try_for_each(|range| match into.get_mut(range.clone()) {
        Some(into) => file.read_exact_at(into, range.start as u64),
        None => Ok(()),
    })
}

impl Content {
    /// Whether a key stayed what it is while all was read.
    fn is_still(&self, offset: u64, entry: &[u8]) -> bool {
        let is_same = |then: &Vec<u8>| then.get(offset as usize..).is_some_and(|then| then.starts_with(entry));
        self.around.as_ref().is_none_or(|(before, behind)| is_same(before) && is_same(behind))
    }

    /// Where numbers are. What is not far apart is read at once.
    fn ranges(&self) -> Result<Vec<Range<usize>>, Corrupt> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        self.each(|head, offset, entry| {
            let (start, end) = (offset as usize, offset as usize + entry.len());
            match ranges.last_mut() {
                _ if !matches!(head.tag, CELLS | CHUNK) => {}
                Some(last) if start - last.end < 4_096 => last.end = end,
                _ => ranges.push(start..end),
            }
            Ok(())
        })?;
        Ok(ranges)
    }

    fn each(&self, mut see: impl FnMut(Head, u64, &[u8]) -> Result<(), Corrupt>) -> Result<(), Corrupt> {
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
