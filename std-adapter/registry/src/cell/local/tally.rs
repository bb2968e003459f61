//! Observations of all threads.

use std::sync::OnceLock;

use picometer::{Kind, SeriesEncoder, Stop};

use super::chunks::Chunks;
use super::space::Cells;
use super::{moment, overflow, slab};
use crate::atomic::{AtomicU64, Ordering};
use crate::cell::tally::Tally;
use crate::epoch::once;
use crate::shared::{Numbers, Tags};

/// More buckets than this are counted in shared cells only: nobody has them, and they would crowd the slabs.
const MOST: u32 = 1_000;

/// In `frozen`, above the count of readers: the cells of the threads do not count any more.
const RETIRED: u64 = 1 << 63;

/// Counts per bucket and the sum, in the slab of each thread; shared ones for threads without a slab, and for the moments in
/// which a reader has frozen the others.
pub(crate) struct LocalTally {
    cells: Option<Cells<u32>>,
    frozen: AtomicU64,
    buckets: usize,
    shared: OnceLock<Box<Tally>>,
}

impl LocalTally {
    /// Of `buckets` buckets, the one beyond the last bound included.
    pub(crate) fn new(buckets: usize) -> Self {
        let cells = u32::try_from(buckets).ok().filter(|&buckets| buckets <= MOST).map(|buckets| Cells::new(buckets + 2));
        Self { cells, frozen: AtomicU64::new(0), buckets, shared: OnceLock::new() }
    }

    /// Counts an observation in a bucket. NaN is left out of the sum, which would stay NaN for ever.
    #[inline]
    pub(crate) fn record(&self, bucket: usize, value: f64) {
        match &self.cells {
            Some(cells) if self.frozen.load(Ordering::Relaxed) == 0 => match own(slab::mine(), cells) {
                Some(cells) => moment::record(cells, bucket, value),
                None => self.record_first(cells, bucket, value),
            },
            _ => self.record_shared(bucket, value),
        }
    }

    #[cold]
    fn record_first(&self, cells: &Cells<u32>, bucket: usize, value: f64) {
        match slab::enter(cells.place()).and_then(|slab| own(slab, cells)) {
            Some(cells) => moment::record(cells, bucket, value),
            None => self.record_shared(bucket, value),
        }
    }

    #[cold]
    fn record_shared(&self, bucket: usize, value: f64) {
        match self.seen_elsewhere() {
            Some(cells) => overflow::record(cells, bucket, value),
            None => once(&self.shared, || Box::new(Tally::new(self.buckets))).record(bucket, value),
        }
    }

    /// The shared cells that other processes read, if they do.
    fn seen_elsewhere(&self) -> Option<&'static [AtomicU64]> {
        let cells = self.cells.as_ref().filter(|cells| cells.is_shared())?;
        slab::shared_cells(cells.range())
    }

    /// Adds all counts of one moment of each thread to `into`, and returns their sum.
    pub(crate) fn read(&self, into: &mut [u64]) -> f64 {
        let mut sum = 0.0;
        if let Some(cells) = self.cells.as_ref().filter(|_| self.frozen.load(Ordering::Acquire) & RETIRED == 0) {
            for (own, is_left) in slab::own_cells(cells.range()) {
                sum += moment::read(own, &self.frozen, is_left, into);
            }
        }
        if let Some(cells) = self.seen_elsewhere() {
            sum += overflow::read(cells, into).0;
        }
        if let Some(shared) = self.shared.get() {
            let mut place = into.iter_mut();
            sum += shared.read(|count| {
                if let Some(place) = place.next() {
                    *place = place.wrapping_add(count);
                }
            });
        }
        sum
    }

    /// Forgets everything that was observed until now. The cells of other threads cannot be made zero, so they are given up, and
    /// what is observed from now on is counted in the shared ones, which takes some times as long. Where other processes see
    /// them it is taken away instead, which an infinite sum does not bear.
    pub(crate) fn reset(&self) {
        if let Some(shared) = self.seen_elsewhere() {
            let mut counts = vec![0; self.buckets];
            let sum = self.read(&mut counts);
            return overflow::take_away(shared, &counts, sum);
        }
        self.frozen.fetch_or(RETIRED, Ordering::AcqRel);
        if let Some(shared) = self.shared.get() {
            shared.reset();
        }
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

#[inline]
fn own(slab: &'static Chunks, cells: &Cells<u32>) -> Option<&'static [AtomicU64]> {
    slab.cells(cells.range())
}
