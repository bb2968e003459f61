//! Observations of all threads.

use std::sync::OnceLock;

use picometer::{Kind, SeriesEncoder, Stop};

use super::chunks::Chunks;
use super::moment::{self, GENERATION, generation_of};
use super::space::Cells;
use super::{overflow, shards, single, slab};
use crate::atomic::{AtomicU32, AtomicU64, Mutex, Ordering, fence, yield_now};
use crate::cell::tally::Tally;
use crate::cell::total::Sum;
use crate::epoch::once;
use crate::shared::{self, Numbers, Tags};

/// A sequence and a sum.
const HEAD: u32 = 2;
/// More buckets than this are counted in shared cells only: they are rare, and would crowd the slabs.
const MOST: u32 = 1_000;

/// Resets, one at a time.
static RESETS: Mutex<()> = Mutex::new(());

/// Counts per bucket and the sum, in the slab of each thread; shared ones for threads without a slab, and for the moments in
/// which a reader has frozen the others.
pub(crate) struct LocalTally {
    /// For each thread a sequence, a sum, the counts, and of which generation they are.
    cells: Option<Cells<u32>>,
    /// The generation of now, and how many readers have frozen the cells of threads; see `moment`.
    word: AtomicU64,
    /// Twice how often the cells were reset; odd while they are.
    resets: AtomicU32,
    buckets: u32,
    /// For each processor, for threads without a slab and frozen ones.
    shared: OnceLock<Box<[OnceLock<Tally>]>>,
}

impl LocalTally {
    /// Of `buckets` buckets, the one beyond the last bound included.
    pub(crate) fn new(buckets: usize) -> Self {
        // As many bounds as that are in no memory.
        let buckets = u32::try_from(buckets).unwrap_or(u32::MAX);
        let cells = (buckets <= MOST).then(|| Cells::new(buckets + HEAD + 1));
        Self { cells, word: AtomicU64::new(0), resets: AtomicU32::new(0), buckets, shared: OnceLock::new() }
    }

    /// Counts an observation in a bucket. NaN and infinities are left out of the sum, which would stay so for ever.
    #[inline]
    pub(crate) fn record(&self, bucket: usize, value: f64) {
        if let Some(cells) = &self.cells
            && let Some((generation, cells)) = own(slab::mine(), cells)
            && generation.load(Ordering::Relaxed) == self.word.load(Ordering::Relaxed)
        {
            return moment::record(cells, bucket, value);
        }
        self.record_slowly(bucket, value);
    }

    /// Where this thread has no cells yet, or of another generation, or they are frozen.
    #[cold]
    fn record_slowly(&self, bucket: usize, value: f64) {
        let word = self.word.load(Ordering::Relaxed);
        let cells = self.cells.as_ref().filter(|_| word == generation_of(word));
        match cells.and_then(|cells| slab::enter(cells.place()).and_then(|slab| own(slab, cells))) {
            Some((generation, cells)) => {
                if generation.load(Ordering::Relaxed) != word {
                    if let Some((seen, _)) = self.seen_elsewhere() {
                        publish(seen, word);
                    }
                    moment::renew(generation, cells, word);
                }
                moment::record(cells, bucket, value);
            }
            None => self.record_shared(bucket, value),
        }
    }

    #[cold]
    fn record_shared(&self, bucket: usize, value: f64) {
        match self.seen_elsewhere() {
            Some((_, cells)) => overflow::record(cells, bucket, value),
            None => {
                let shards = once(&self.shared, || (0..shards::shard_count()).map(|_| OnceLock::new()).collect());
                if let Some(shard) = shards.get(shards::shard_number()) {
                    once(shard, || Tally::new(self.buckets as usize)).record(bucket, value);
                }
            }
        }
    }

    /// The shards that there is anything in.
    fn shards(&self) -> impl Iterator<Item = &Tally> {
        self.shared.get().into_iter().flat_map(|shards| shards.iter().filter_map(OnceLock::get))
    }

    /// The shared cells that other processes read, if they do: the generation of now, and as threads have them.
    fn seen_elsewhere(&self) -> Option<(&'static AtomicU64, &'static [AtomicU64])> {
        let cells = self.cells.as_ref().filter(|cells| cells.is_shared())?;
        shards::shared_cells(&cells.range())?.split_last()
    }

    /// Adds all counts of one moment of each thread to `into`, and returns their sum.
    pub(crate) fn read(&self, into: &mut [u64]) -> f64 {
        loop {
            // Acquire: pairs with the release that ends a reset.
            let resets = self.resets.load(Ordering::Acquire);
            let sum = self.read_once(into);
            // What was loaded is older than the count of resets that is loaded now.
            fence(Ordering::Acquire);
            if resets.is_multiple_of(2) && self.resets.load(Ordering::Relaxed) == resets {
                return sum;
            }
            into.fill(0);
            yield_now();
        }
    }

    fn read_once(&self, into: &mut [u64]) -> f64 {
        let mut sum = self.read_threads(into);
        if let Some((_, shared)) = self.seen_elsewhere() {
            sum = sum.plus(overflow::read(shared, into).0);
        }
        self.shards().fold(sum, |sum, shard| sum.plus(read_shared(shard, into))).value()
    }

    fn read_threads(&self, into: &mut [u64]) -> Sum {
        let Some(cells) = &self.cells else { return Sum::default() };
        let (range, generation) = (cells.range(), generation_of(self.word.load(Ordering::Acquire)));
        slab::whole(cells.place(), |step, has_moved| {
            into.fill(0);
            let folded = has_moved.then(|| slab::folded(&range, 1, step)).flatten();
            let but = folded.as_ref().and_then(|folded| folded.moved);
            let folded = folded.filter(|folded| single::is_of(folded.cells, generation)).map_or(Sum::default(), |folded| {
                let counts = folded.cells.get(HEAD as usize..).unwrap_or(&[]);
                into.iter_mut().zip(counts).for_each(|(into, count)| *into = count.load(Ordering::Relaxed));
                folded.sum
            });
            slab::own_cells(&range, but).fold(folded, |sum, (own, is_left)| match own.split_last() {
                Some((own, cells)) => sum.plus(moment::read(own, cells, generation, &self.word, is_left, into)),
                None => sum,
            })
        })
    }

    /// Forgets everything that was observed until now. What is observed meanwhile is forgotten or counts. The cells of other
    /// threads cannot be made zero, so that another generation of them begins.
    pub(crate) fn reset(&self) {
        let seen = self.seen_elsewhere();
        let reset = || {
            let _one_at_a_time = RESETS.lock();
            self.resets.fetch_add(1, Ordering::Relaxed);
            // A reader that sees anything of what follows sees that there is a reset, too.
            fence(Ordering::Release);
            let word = self.word.fetch_add(GENERATION, Ordering::AcqRel);
            if let Some((generation, shared)) = seen {
                publish(generation, generation_of(word.wrapping_add(GENERATION)));
                overflow::reset(shared);
            }
            self.shards().for_each(Tally::reset);
            self.resets.fetch_add(1, Ordering::Release);
        };
        if seen.is_some() { shared::changing(reset) } else { reset() }
    }

    /// Shows the cell whose observations these are; with those that left it, if it has such.
    pub(crate) fn show(
        &self,
        kind: Kind,
        rest: impl FnOnce() -> u64,
        series: &mut SeriesEncoder<'_, '_>,
        show: impl FnOnce(&mut SeriesEncoder<'_, '_>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        match &self.cells {
            Some(cells) => cells.show(Tags::new(kind, Numbers::Float), rest, series, show),
            None => show(series),
        }
    }

    /// The series was taken off the pages.
    pub(crate) fn removed(&self) {
        if let Some(cells) = &self.cells {
            cells.removed();
        }
    }

    /// The key that other processes know the cells by.
    pub(crate) fn key(&self) -> Option<u32> {
        self.cells.as_ref()?.key()
    }

    /// Where the cells are, for other processes.
    pub(crate) fn word(&self) -> u64 {
        self.cells.as_ref().filter(|cells| cells.is_shared()).map_or(0, Cells::word)
    }
}

/// What says of which generation the cells of a slab are, and the cells.
#[inline]
fn own(slab: &'static Chunks, cells: &Cells<u32>) -> Option<(&'static AtomicU64, &'static [AtomicU64])> {
    slab.cells(&cells.range())?.split_last()
}

/// Tells other processes the generation of now, also in the file of a child of `fork`, which begins with zeros.
fn publish(seen: &AtomicU64, generation: u64) {
    // Release: pairs with the acquire of readers. It only rises.
    seen.fetch_max(generation, Ordering::Release);
}

fn read_shared(shared: &Tally, into: &mut [u64]) -> f64 {
    let mut place = into.iter_mut();
    shared.read(|count| {
        if let Some(place) = place.next() {
            *place = place.wrapping_add(count);
        }
    })
}
