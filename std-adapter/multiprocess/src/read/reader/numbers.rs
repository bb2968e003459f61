//! The numbers of a series: the sum of what all threads of a process counted.

use std::os::unix::fs::FileExt;

use picometer::Kind;
use picometer_epoch::Backoff;

use super::{Content, Corrupt, Worker, read_ranges};
use crate::file::exemplars::PLACE;
use crate::file::layout::{BASES, CELLS, CELLS_HEAD, CHUNK, Head, KEY_STATE, SHARED_SLAB, Where, word};
use crate::file::protocol::{self, Rule};
use crate::file::tags::{self, Tags, total};
use crate::read::native::Native;

/// So many milliseconds observations of a live worker are read again that were under way.
const PATIENCE: u32 = 1_000;
/// More chunks than this no slab has.
const CHUNKS: u64 = 32;
/// Cells of the first chunk; each of the others is twice as large.
const FIRST: u64 = 1_024;
/// What a histogram has besides counts: a sequence, or how many were begun; and a sum.
const HEAD: usize = 2;

/// Where the numbers of a series are, and where its key is.
#[derive(Clone, Copy)]
pub(crate) struct Source {
    pub(crate) key: u32,
    pub(crate) tags: Tags,
    pub(crate) cells: Where,
    /// A [`Where`], or the zero threshold of a table.
    pub(crate) rest: u64,
    pub(crate) created: u64,
    pub(crate) buckets: u32,
}

/// The chunks of all slabs, by their number.
pub(crate) struct Chunks(Vec<Vec<Chunk>>);

struct Chunk {
    slab: u64,
    /// Of the first cell, in bytes.
    start: usize,
    /// Whether nothing was ever counted in it, as in most that are there for threads without a slab.
    is_idle: bool,
}

impl Chunks {
    pub(crate) fn of(file: &Content) -> Result<Self, Corrupt> {
        let mut chunks: Vec<Vec<Chunk>> = (0..CHUNKS).map(|_| Vec::new()).collect();
        file.each(|head, offset, entry| {
            if head.tag == CHUNK {
                let number = word(entry, 1).unwrap_or(u64::MAX);
                let (slab, chunk) = (number >> 32, number & u64::from(u32::MAX));
                let fits = slab <= BASES && chunk < CHUNKS && head.words() as u64 == CELLS_HEAD as u64 + (FIRST << chunk);
                let place = chunks.get_mut(chunk as usize).filter(|_| fits);
                let chunk = Chunk { slab, start: offset as usize + CELLS_HEAD * 8, is_idle: false };
                place.ok_or(Corrupt { offset, what: "a chunk that cannot be" })?.push(chunk);
            }
            Ok(())
        })?;
        // In the order in which the process itself adds them up, so that floats are the same.
        chunks.iter_mut().for_each(|slabs| slabs.sort_by_key(|chunk| chunk.slab));
        let mut chunks = Self(chunks);
        chunks.look(&file.bytes);
        Ok(chunks)
    }

    /// Looks which of them are idle in these bytes of the file.
    pub(crate) fn look(&mut self, bytes: &[u8]) {
        for (number, slabs) in self.0.iter_mut().enumerate() {
            for chunk in slabs {
                let cells = bytes.get(chunk.start..).and_then(|rest| rest.get(..(FIRST as usize * 8) << number)).unwrap_or(&[]);
                chunk.is_idle = words(cells).all(|word| word == 0);
            }
        }
    }
}

/// The numbers of one series after the other.
pub(crate) struct Numbers<'a> {
    worker: &'a Worker,
    /// A second look at a live file, for what has to belong together.
    again: Option<Vec<u8>>,
    pub(crate) cells: Vec<u64>,
    pub(crate) rest: Vec<u64>,
}

impl Drop for Numbers<'_> {
    fn drop(&mut self) {
        if let Some(again) = self.again.take() {
            self.worker.file.second.set(again);
        }
    }
}

impl<'a> Numbers<'a> {
    pub(crate) fn of(worker: &'a Worker) -> Self {
        Self { worker, again: None, cells: Vec::new(), rest: Vec::new() }
    }

    /// The number of a counter in chunks, of which there are many.
    #[inline]
    pub(crate) fn one(&self, source: &Source) -> Option<u64> {
        let (Kind::Counter, Where::Chunks { chunk, offset }, 0) = (source.tags.kind, source.cells, source.rest) else {
            return None;
        };
        let bytes = &self.worker.file.bytes;
        let is_float = source.tags.numbers == tags::Numbers::Float;
        let mut sum = 0;
        for chunk in self.worker.chunks.0.get(chunk)?.iter().filter(|chunk| !chunk.is_idle) {
            let cell = word(bytes, chunk.start / 8 + offset).unwrap_or(0);
            // Of one that was reset not all cells count.
            if is_float && word(bytes, chunk.start / 8 + offset + 1) != Some(0) {
                return None;
            }
            // The bases are the last of the slabs.
            sum = if chunk.slab == BASES { since(sum, cell) } else { plus(source.tags.numbers, sum, cell) };
        }
        Some(sum)
    }

    /// Reads those of a series; whether they are still its own.
    pub(crate) fn read(&mut self, source: &Source) -> Result<bool, &'static str> {
        if matches!(source.tags.numbers, tags::Numbers::Table | tags::Numbers::Merged) {
            self.rest.clear();
            self.cells = self.native(source)?;
            return Ok(self.again.is_none() || self.is_still(source.key));
        }
        let len = match source.tags.kind {
            Kind::Histogram | Kind::GaugeHistogram => HEAD + source.buckets as usize,
            Kind::Summary => HEAD + 1,
            Kind::Gauge => 2,
            Kind::Info => 0,
            _ => 1,
        };
        let mut cells = std::mem::take(&mut self.cells);
        let read = self.sum(source.tags, source.cells, len, &mut cells);
        self.cells = cells;
        read?;
        let mut rest = std::mem::take(&mut self.rest);
        let read = match source.tags.kind {
            Kind::GaugeHistogram => self.sum(source.tags, Where::of(source.rest), len, &mut rest),
            kind => {
                self.exemplars(Where::of(source.rest), if kind == Kind::Histogram { source.buckets as usize } else { 1 }, &mut rest);
                Ok(())
            }
        };
        self.rest = rest;
        read?;
        // What was read behind the first look may be another's already.
        Ok(self.again.is_none() || self.is_still(source.key))
    }

    /// What a native histogram counted, in the words of those that were put together.
    fn native(&mut self, source: &Source) -> Result<Vec<u64>, &'static str> {
        let Where::Entry(at) = source.cells else { return Err("a native histogram that is in chunks") };
        let bytes = &self.worker.file.bytes;
        let cells = bytes.get(at..).filter(|_| at.is_multiple_of(8)).ok_or("the cells of a key are elsewhere")?;
        let head = Head::of(word(cells, 0).unwrap_or(0));
        let raw = cells.get(CELLS_HEAD * 8..head.bytes as usize).filter(|_| head.tag == CELLS).ok_or("a key does not name its cells")?;
        if source.tags.numbers == tags::Numbers::Merged {
            return Ok(words(raw).collect());
        }
        // Counts that are moved just now would be seen twice.
        let settled = settle(self.worker, &mut self.again, Rule::Same, at + CELLS_HEAD * 8, raw, 0);
        let cell = settled.map_or_else(|| words(raw).collect(), |(settled, _)| settled);
        let buckets = source.buckets as usize - 1;
        let native = Native::of_table(&cell, source.tags.per_unit, f64::from_bits(source.rest), buckets);
        Ok(native.ok_or("a table that cannot be")?.words())
    }

    /// The words of so many exemplars; zero for those that are written just now.
    fn exemplars(&mut self, place: Where, count: usize, into: &mut Vec<u64>) {
        into.clear();
        let Where::Entry(at) = place else { return };
        let start = at + CELLS_HEAD * 8;
        for at in (start..).step_by(PLACE * 8).take(count) {
            let Some(raw) = self.worker.file.bytes.get(at..).and_then(|rest| rest.get(..PLACE * 8)) else { return into.clear() };
            match settle(self.worker, &mut self.again, Rule::Sequence, at, raw, 1) {
                Some((settled, true)) => into.extend(settled),
                Some((_, false)) => into.extend([0; PLACE]),
                None => into.extend(words(raw)),
            }
        }
        let head = Head::of(word(&self.worker.file.bytes, at / 8).unwrap_or(0));
        if head.tag != CELLS || head.words() != CELLS_HEAD + into.len() {
            into.clear();
        }
    }

    /// Whether the state of a key is what it was.
    fn is_still(&self, key: u32) -> bool {
        let at = key as usize / 8 + KEY_STATE;
        let mut now = [0; 8];
        let file = &self.worker.file;
        protocol::behind(|| file.file.read_exact_at(&mut now, at as u64 * 8)).is_ok()
            && Some(u64::from_ne_bytes(now)) == word(&file.bytes, at)
    }

    /// Adds up so many words over all threads.
    fn sum(&mut self, tags: Tags, place: Where, len: usize, into: &mut Vec<u64>) -> Result<(), &'static str> {
        let bytes = &self.worker.file.bytes;
        let is_whole = matches!(tags.kind, Kind::Histogram | Kind::GaugeHistogram | Kind::Summary);
        into.clear();
        into.resize(len, 0);
        match place {
            Where::Nowhere if len == 0 => Ok(()),
            Where::Nowhere => Err("a key without cells"),
            Where::Entry(at) => {
                let cells = bytes.get(at..).filter(|_| at.is_multiple_of(8)).ok_or("the cells of a key are elsewhere")?;
                let head = Head::of(word(cells, 0).unwrap_or(0));
                let fits = head.tag == CELLS && head.words() == CELLS_HEAD + len && word(cells, 1) == Some(len as u64);
                let raw = cells.get(CELLS_HEAD * 8..(CELLS_HEAD + len) * 8).filter(|_| fits).ok_or("a key does not name its cells")?;
                // Of a histogram that has more buckets than slabs have room for.
                let settled =
                    if is_whole { settle(self.worker, &mut self.again, Rule::Counted, at + CELLS_HEAD * 8, raw, len) } else { None };
                match settled {
                    Some((settled, _)) => into.copy_from_slice(&settled),
                    None => into.iter_mut().zip(words(raw)).for_each(|(into, word)| *into = word),
                }
                Ok(())
            }
            Where::Chunks { chunk, offset } => {
                let slabs = self.worker.chunks.0.get(chunk).ok_or("a chunk that is not there")?;
                // Behind cells that begin again at a reset stands of which generation they are.
                let has_generation = is_whole || tags.numbers == tags::Numbers::Float;
                let cells = len + usize::from(has_generation);
                if offset + cells > (FIRST << chunk) as usize {
                    return Err("cells behind the end of a chunk");
                }
                let shared = slabs.iter().find(|chunk| has_generation && chunk.slab == SHARED_SLAB);
                let generation = shared.and_then(|chunk| word(bytes, chunk.start / 8 + offset + len)).unwrap_or(0);
                for chunk in slabs.iter().filter(|chunk| !chunk.is_idle) {
                    let at = chunk.start + offset * 8;
                    let raw = bytes.get(at..).and_then(|rest| rest.get(..cells * 8)).ok_or("cells behind the end")?;
                    if chunk.slab == BASES {
                        if !has_generation {
                            into.iter_mut().zip(words(raw)).for_each(|(into, base)| *into = since(*into, base));
                        }
                        continue;
                    }
                    let own = word(raw, len).filter(|_| has_generation).unwrap_or(0);
                    let settled = match (is_whole, own | generation) {
                        (true, _) if chunk.slab == SHARED_SLAB => settle(self.worker, &mut self.again, Rule::Counted, at, raw, len),
                        (true, _) => settle(self.worker, &mut self.again, Rule::Sequence, at, raw, 1),
                        (false, 0) => None,
                        (false, _) => settle(self.worker, &mut self.again, Rule::Same, at, raw, 0),
                    };
                    // What was reset since the first look is taken as it was then, like all the others.
                    let settled = settled.filter(|(settled, _)| !has_generation || settled.last() == Some(&own));
                    let mut all = settled.map_or_else(|| words(raw).collect(), |(settled, _)| settled);
                    let own = if has_generation { all.pop() } else { None };
                    if chunk.slab == SHARED_SLAB || own.is_none_or(|own| own == generation) {
                        add(tags, into, all);
                    }
                }
                Ok(())
            }
        }
    }
}

/// Adds words of one thread: a sequence or nothing, then a float or integers.
fn add(tags: Tags, into: &mut [u64], words: impl IntoIterator<Item = u64>) {
    let float = match tags.kind {
        Kind::Counter => (tags.numbers == tags::Numbers::Float).then_some(0),
        _ => Some(1),
    };
    for (index, (into, word)) in into.iter_mut().zip(words).enumerate() {
        *into = plus(if float == Some(index) { tags::Numbers::Float } else { tags::Numbers::Unsigned }, *into, word);
    }
}

/// The sum of what two threads counted.
#[inline]
fn plus(numbers: tags::Numbers, sum: u64, cell: u64) -> u64 {
    match numbers {
        tags::Numbers::Float => total(f64::from_bits(sum) + f64::from_bits(cell)).to_bits(),
        _ => sum.wrapping_add(cell),
    }
}

/// What was counted since a reset. The base may have been read before the cells were: then it is nothing.
#[inline]
fn since(sum: u64, base: u64) -> u64 {
    (sum.wrapping_sub(base) as i64).max(0) as u64
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.as_chunks::<8>().0.iter().map(|word| u64::from_ne_bytes(*word))
}

/// Observations that were under way, read again, a few times, and whether they are whole now; none where they were, or no worker
/// writes. The rule is for the first `len` words: behind them may stand the generation of now. What is still under way in the end is taken as it is: its count is the sum of its buckets in any case, and only the
/// sum may be ahead of it, by what was observed in that microsecond.
fn settle(worker: &Worker, again: &mut Option<Vec<u8>>, rule: Rule, at: usize, raw: &[u8], len: usize) -> Option<(Vec<u64>, bool)> {
    if !worker.is_live {
        return None;
    }
    let Content { file, values, second, .. } = &worker.file;
    let second = again.get_or_insert_with(|| {
        let mut second = second.take();
        if protocol::behind(|| read_ranges(file, values, &mut second)).is_err() {
            second.clear();
        }
        second
    });
    let next = second.get(at..).and_then(|rest| rest.get(..raw.len()))?;
    // Most often no observation is under way.
    if raw == next && rule.is_whole(words(raw).take(len)) {
        return None;
    }
    let (mut seen, mut next): (Vec<u64>, Vec<u64>) = (words(raw).collect(), words(next).collect());
    let mut buffer = vec![0; raw.len()];
    let mut backoff = Backoff::for_millis(PATIENCE);
    loop {
        if seen == next && rule.is_whole(seen.iter().copied().take(len)) {
            return Some((seen, true));
        }
        if !backoff.snooze() {
            return Some((seen, false));
        }
        std::mem::swap(&mut seen, &mut next);
        protocol::behind(|| file.read_exact_at(&mut buffer, at as u64)).ok()?;
        next = words(&buffer).collect();
    }
}
