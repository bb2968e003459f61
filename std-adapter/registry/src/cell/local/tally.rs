//! Observations of all threads.

use picometer::{Kind, SeriesEncoder, Stop};

use super::chunks::{Chunks, Range};
use super::moment::{self, GENERATION, HEAD, generation_of};
use super::places::Cells;
use super::together::Together;
use super::{homes, lease, own_float, shards, slab};
use crate::atomic::{AtomicU32, AtomicU64, Backoff, Mutex, Ordering, fence};
use crate::cell::total::Sum;
use crate::shared::{self, Name, Numbers, Show, Tags, Words};

/// More buckets than this are counted in shared cells only: they are rare, and would crowd the slabs.
const MOST: u32 = 1_000;

/// So many milliseconds a read begins again beside resets.
const PATIENCE: u32 = 1_000;

/// Resets, one at a time.
static RESETS: Mutex<()> = Mutex::new(());

/// Counts per bucket and the sum, in the slab of each thread. Threads without a slab, and those that a reader has frozen, observe in
/// the shard of a processor, one at a time; and where that is taken, too, all together.
pub(crate) struct LocalTally {
    cells: Where,
    /// The generation of now, and how many readers have frozen the cells of threads; see `moment`.
    word: AtomicU64,
    /// Twice how often the cells were reset; odd while they are.
    resets: AtomicU32,
}

enum Where {
    /// For each thread those of `moment`, and of which generation they are.
    Threads(Cells<u32>),
    /// Those of `together`.
    Together(Many),
}

/// More cells than slabs have room for: where other processes see them in the file, else on the heap.
struct Many {
    words: Words<[AtomicU64]>,
    own: Option<[Box<[AtomicU64]>; 2]>,
    turn: Mutex<()>,
}

impl Many {
    fn new(cells: usize) -> Self {
        let words = Words::many(cells);
        let own = || [(); 2].map(|()| (0..cells).map(|_| AtomicU64::new(0)).collect());
        let own = if words.get().is_none() { Some(own()) } else { None };
        Self { words, own, turn: Mutex::new(()) }
    }

    fn together(&self) -> Together<'_> {
        match &self.own {
            Some([first, second]) => Together::new(first, Some(second), &self.turn),
            None => Together::new(self.words.get().unwrap_or(&[]), None, &self.turn),
        }
    }
}

/// Where the cells of threads are, of which generation, and how often they were reset before they are read.
#[derive(Clone, Copy)]
pub(super) struct Column {
    pub(super) range: Range<u32>,
    pub(super) generation: u64,
    pub(super) resets: u32,
}

impl LocalTally {
    /// Of `buckets` buckets, the one beyond the last bound included.
    pub(crate) fn new(buckets: usize) -> Self {
        let cells = match u32::try_from(buckets) {
            Ok(buckets @ 0..=MOST) => Where::Threads(Cells::new(buckets + HEAD + 1)),
            _ => Where::Together(Many::new(buckets + HEAD as usize)),
        };
        Self { cells, word: AtomicU64::new(0), resets: AtomicU32::new(0) }
    }

    /// Counts an observation in a bucket. NaN and infinities are left out of the sum, which would stay so for ever.
    #[inline]
    pub(crate) fn record(&self, bucket: usize, value: f64) {
        if let Where::Threads(cells) = &self.cells
            && let Some((generation, cells)) = own(slab::mine(), cells)
            && generation.load(Ordering::Relaxed) == self.word.load(Ordering::Relaxed)
        {
            return moment::record(cells, bucket, value);
        }
        self.record_elsewhere(bucket, value);
    }

    /// A thread without a slab is here each time.
    #[inline(never)]
    fn record_elsewhere(&self, bucket: usize, value: f64) {
        match &self.cells {
            Where::Together(many) => many.together().record(bucket, value),
            Where::Threads(cells) => {
                let generation = moment::unfrozen(&self.word);
                let claimed = |shard| claimed(shard, &self.word, bucket, value);
                if generation.is_none() || !shards::lent_cells(&cells.range()).is_some_and(claimed) {
                    self.record_first(cells, generation, bucket, value);
                }
            }
        }
    }

    /// Where this thread has no cells yet, or of another generation, or they are frozen or claimed.
    #[cold]
    fn record_first(&self, cells: &Cells<u32>, now: Option<u64>, bucket: usize, value: f64) {
        let range = cells.range();
        if let Some(now) = now
            && let Some((generation, mine)) = lease::enter(cells.place()).and_then(|slab| own(slab, cells))
        {
            if generation.load(Ordering::Relaxed) != now {
                if let Some(seen) = self.seen_elsewhere() {
                    publish(seen, now);
                }
                moment::renew(generation, mine, now);
            }
            return moment::record(mine, bucket, value);
        }
        // Other processes know nothing of shards.
        let may_claim = now.is_some() && !cells.is_shared();
        if may_claim && shards::claimable(&range).any(|shard| claimed(shard, &self.word, bucket, value)) {
            return;
        }
        if let Some(together) = shards::make_together(&range) {
            together.record(bucket, value);
        }
    }

    /// What says the generation of now, if other processes read the cells.
    fn seen_elsewhere(&self) -> Option<&'static AtomicU64> {
        let cells = self.threads().filter(|cells| cells.is_shared())?;
        shards::shared_cells(&cells.range())?.last()
    }

    fn threads(&self) -> Option<&Cells<u32>> {
        match &self.cells {
            Where::Threads(cells) => Some(cells),
            Where::Together(_) => None,
        }
    }

    /// Where its cells are, for a read of many at once; unless it is being reset, or has no cells of threads.
    pub(super) fn column(&self) -> Option<Column> {
        // Acquire, both: as in `read` and `read_once`.
        let resets = self.resets.load(Ordering::Acquire);
        let generation = generation_of(self.word.load(Ordering::Acquire));
        let range = self.threads().filter(|_| resets.is_multiple_of(2))?.range();
        Some(Column { range, generation, resets })
    }

    /// Whether it was not reset since then. Asked behind an acquire fence that is behind the read.
    pub(super) fn is_since(&self, resets: u32) -> bool {
        self.resets.load(Ordering::Relaxed) == resets
    }

    /// Adds all counts of one moment of each thread to `into`, and returns their sum.
    pub(crate) fn read(&self, into: &mut [u64]) -> f64 {
        let mut backoff = Backoff::for_millis(PATIENCE);
        loop {
            // Acquire: pairs with the release that ends a reset.
            let resets = self.resets.load(Ordering::Acquire);
            let sum = self.read_once(into);
            // What was loaded is older than the count of resets that is loaded now.
            fence(Ordering::Acquire);
            let is_whole = resets.is_multiple_of(2) && self.resets.load(Ordering::Relaxed) == resets;
            // A reset that does not end is interrupted by the signal handler that reads.
            if is_whole || !backoff.snooze() {
                return sum;
            }
            into.fill(0);
        }
    }

    fn read_once(&self, into: &mut [u64]) -> f64 {
        let cells = match &self.cells {
            Where::Threads(cells) => cells,
            Where::Together(many) => return many.together().read(into),
        };
        let generation = generation_of(self.word.load(Ordering::Acquire));
        let sum = self.read_threads(cells, generation, into);
        if homes::is_plain(cells.place()) {
            return sum.value();
        }
        let range = cells.range();
        let shards = shards::shards().filter_map(|shard| shard.cells(&range)?.split_last());
        let sum = shards.fold(sum, |sum, (own, shard)| sum.plus(moment::read(own, shard, generation, &self.word, moment::claimant, into)));
        // Last: where threads found their cells frozen, they go on in those now.
        shards::together(&range).map_or(sum, |together| sum.plus(together.read(into))).value()
    }

    fn read_threads(&self, cells: &Cells<u32>, generation: u64, into: &mut [u64]) -> Sum {
        let range = cells.range();
        slab::whole(cells.place(), |step, has_moved| {
            into.fill(0);
            let folded = has_moved.then(|| slab::folded(&range, 1, step)).flatten();
            let but = folded.as_ref().and_then(|folded| folded.moved);
            let folded = folded.filter(|folded| own_float::is_of(folded.cells, generation)).map_or(Sum::default(), |folded| {
                let counts = folded.cells.get(HEAD as usize..).unwrap_or(&[]);
                into.iter_mut().zip(counts).for_each(|(into, count)| *into = count.load(Ordering::Relaxed));
                folded.sum
            });
            slab::fetch(&range);
            slab::own_cells(&range, but).fold(folded, |sum, (own, owner)| match own.split_last() {
                Some((own, cells)) => sum.plus(moment::read(own, cells, generation, &self.word, |_| owner(), into)),
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
            if let Some(generation) = seen {
                publish(generation, generation_of(word.wrapping_add(GENERATION)));
            }
            let together = match &self.cells {
                Where::Together(many) => Some(many.together()),
                Where::Threads(cells) => shards::together(&cells.range()),
            };
            together.into_iter().for_each(|together| together.reset());
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
        show: impl Show,
    ) -> Result<(), Stop> {
        let tags = Tags::new(kind, Numbers::Float);
        match &self.cells {
            Where::Threads(cells) => cells.show(tags, rest, series, show),
            Where::Together(many) => many.words.show(tags, rest, series, show),
        }
    }

    /// The observations `others` are shown by the key of these: where other processes see it, both stay when they are dropped.
    pub(crate) fn keep_with(&self, others: &Self) {
        if self.name().is_seen() {
            others.name().name_by_another();
        }
    }

    /// By which other processes know the cells.
    pub(crate) fn name(&self) -> &Name {
        match &self.cells {
            Where::Threads(cells) => cells.name(),
            Where::Together(many) => many.words.name(),
        }
    }

    /// Where the cells are, for other processes.
    pub(crate) fn word(&self) -> u64 {
        match &self.cells {
            Where::Threads(cells) if cells.is_shared() => cells.word(),
            Where::Threads(_) => 0,
            Where::Together(many) => many.words.word(),
        }
    }
}

/// Observes in the cells of a shard, unless another thread has claimed them.
fn claimed(shard: &[AtomicU64], word: &AtomicU64, bucket: usize, value: f64) -> bool {
    shard.split_last().is_some_and(|(own, shard)| moment::record_claimed(own, shard, word, bucket, value))
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

#[cfg(test)]
mod tests;
