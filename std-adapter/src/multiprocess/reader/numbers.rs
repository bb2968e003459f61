//! The numbers of a series: the sum of what all threads of a process counted.

use std::os::unix::fs::FileExt;

use picometer::Kind;

use super::{Content, Corrupt, Worker};
use crate::multiprocess::key::Key;
use crate::multiprocess::layout::{CELLS, CELLS_HEAD, CHUNK, Head, KEY_STATE, KeyEntry, SHARED_SLAB, Where, word};
use crate::multiprocess::protocol;
use crate::shared;

/// How often observations of a live worker are read again that were under way.
const ATTEMPTS: usize = 16;
/// More chunks than this no slab has.
const CHUNKS: u64 = 32;
/// Cells of the first chunk; each of the others is twice as large.
const FIRST: u64 = 1_024;
/// What a histogram has besides counts: a sequence and a sum.
const HEAD: usize = 2;

/// Where the chunks of all slabs are: by their number, the slab and the offset of the first cell in bytes.
pub(super) struct Chunks(Vec<Vec<(u64, usize)>>);

impl Chunks {
    pub(super) fn of(file: &Content) -> Result<Self, Corrupt> {
        let mut chunks = vec![Vec::new(); CHUNKS as usize];
        file.each(|head, offset, entry| {
            if head.tag == CHUNK {
                let number = word(entry, 1).unwrap_or(u64::MAX);
                let (slab, chunk) = (number >> 32, number & u64::from(u32::MAX));
                let fits = slab <= SHARED_SLAB && chunk < CHUNKS && head.words() as u64 == CELLS_HEAD as u64 + (FIRST << chunk);
                let place = chunks.get_mut(chunk as usize).filter(|_| fits);
                place.ok_or(Corrupt { offset, what: "a chunk that cannot be" })?.push((slab, offset as usize + CELLS_HEAD * 8));
            }
            Ok(())
        })?;
        // In the order in which the process itself adds them up, so that floats are the same.
        chunks.iter_mut().for_each(|slabs| slabs.sort_unstable());
        Ok(Self(chunks))
    }
}

/// The numbers of one series after the other.
pub(super) struct Numbers<'a> {
    pub(super) worker: &'a Worker,
    pub(super) chunks: &'a Chunks,
    /// A second look at a live file, for what has to belong together.
    pub(super) again: Option<Vec<u8>>,
    pub(super) cells: Vec<u64>,
    pub(super) rest: Vec<u64>,
}

impl Numbers<'_> {
    /// Reads those of a key; whether they are still its own.
    pub(super) fn read(&mut self, key: &KeyEntry<'_>, text: &Key<'_>, offset: u64) -> Result<bool, &'static str> {
        self.cells.clear();
        self.rest.clear();
        let buckets = text.buckets();
        let len = match key.tags.kind {
            Kind::Histogram | Kind::GaugeHistogram => HEAD + buckets,
            Kind::Summary => HEAD + 1,
            Kind::Gauge => 2,
            Kind::Info => 0,
            _ => 1,
        };
        let mut cells = std::mem::take(&mut self.cells);
        let read = self.sum(key, key.cells, len, &mut cells);
        self.cells = cells;
        read?;
        if key.tags.kind == Kind::GaugeHistogram {
            let mut rest = std::mem::take(&mut self.rest);
            let read = self.sum(key, key.rest, len, &mut rest);
            self.rest = rest;
            read?;
        }
        // What was read behind the first look may be another's already.
        Ok(self.again.is_none() || self.has_state(key, offset))
    }

    fn has_state(&self, _: &KeyEntry<'_>, offset: u64) -> bool {
        let at = offset as usize / 8 + KEY_STATE;
        let mut now = [0; 8];
        let file = &self.worker.file;
        file.file.read_exact_at(&mut now, at as u64 * 8).is_ok() && Some(u64::from_ne_bytes(now)) == word(&file.bytes, at)
    }

    /// Adds up so many words over all threads.
    fn sum(&mut self, key: &KeyEntry<'_>, place: Where, len: usize, into: &mut Vec<u64>) -> Result<(), &'static str> {
        let bytes = &self.worker.file.bytes;
        let whole = matches!(key.tags.kind, Kind::Histogram | Kind::GaugeHistogram | Kind::Summary);
        into.resize(len, 0);
        match place {
            Where::Nowhere if len == 0 => Ok(()),
            Where::Nowhere => Err("a key without cells"),
            Where::Entry(at) => {
                let cells = bytes.get(at..).filter(|_| at.is_multiple_of(8)).ok_or("the cells of a key are elsewhere")?;
                let head = Head::of(word(cells, 0).unwrap_or(0));
                let fits = head.tag == CELLS && head.words() == CELLS_HEAD + len && word(cells, 1) == Some(len as u64);
                let raw = cells.get(CELLS_HEAD * 8..(CELLS_HEAD + len) * 8).filter(|_| fits).ok_or("a key does not name its cells")?;
                into.iter_mut().zip(words(raw)).for_each(|(into, word)| *into = word);
                Ok(())
            }
            Where::Chunks { chunk, offset } => {
                let slabs = self.chunks.0.get(chunk).ok_or("a chunk that is not there")?;
                if offset + len > (FIRST << chunk) as usize {
                    return Err("cells behind the end of a chunk");
                }
                for &(slab, start) in slabs {
                    let at = start + offset * 8;
                    let raw = bytes.get(at..).and_then(|rest| rest.get(..len * 8)).ok_or("cells behind the end")?;
                    if whole && self.worker.is_live {
                        let mut seen: Vec<u64> = words(raw).collect();
                        settle(self.worker, &mut self.again, slab, at, &mut seen);
                        add(key.tags, into, seen);
                    } else {
                        add(key.tags, into, words(raw));
                    }
                }
                Ok(())
            }
        }
    }
}

/// Adds words of one thread: a sequence or nothing, then a float or integers.
fn add(tags: shared::Tags, into: &mut [u64], words: impl IntoIterator<Item = u64>) {
    let float = match tags.kind {
        Kind::Counter => (tags.numbers == shared::Numbers::Float).then_some(0),
        _ => Some(1),
    };
    for (index, (into, word)) in into.iter_mut().zip(words).enumerate() {
        *into = if float == Some(index) { (f64::from_bits(*into) + f64::from_bits(word)).to_bits() } else { into.wrapping_add(word) };
    }
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.as_chunks::<8>().0.iter().map(|word| u64::from_ne_bytes(*word))
}

/// Reads observations again that were under way, a few times. What is still under way then is taken as it is: its count is the
/// sum of its buckets in any case, and only the sum may be ahead of it by what was observed in that microsecond.
fn settle(worker: &Worker, again: &mut Option<Vec<u8>>, slab: u64, at: usize, seen: &mut Vec<u64>) {
    let Content { file, bytes, .. } = &worker.file;
    let is_whole = |first: &[u64], second: &[u64]| match slab {
        SHARED_SLAB => protocol::is_balanced(first, second),
        _ => protocol::is_moment(first, second),
    };
    let second = again.get_or_insert_with(|| {
        let mut second = vec![0; bytes.len()];
        if file.read_exact_at(&mut second, 0).is_err() {
            second.clear();
        }
        second
    });
    let Some(raw) = second.get(at..).and_then(|rest| rest.get(..seen.len() * 8)) else { return };
    let mut next: Vec<u64> = words(raw).collect();
    let mut buffer = vec![0; raw.len()];
    for _ in 0..ATTEMPTS {
        if is_whole(seen, &next) {
            return;
        }
        std::mem::swap(seen, &mut next);
        if file.read_exact_at(&mut buffer, at as u64).is_err() {
            return;
        }
        next = words(&buffer).collect();
    }
}
