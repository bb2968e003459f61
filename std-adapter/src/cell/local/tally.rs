//! Observations of all threads.

use std::sync::OnceLock;

use super::chunks::Chunks;
use super::space::Cells;
use super::{moment, slab};
use crate::atomic::{AtomicU64, Ordering};
use crate::cell::tally::Tally;

/// More buckets than this are counted in shared cells only: nobody has them, and they would crowd the slabs.
const MOST: u32 = 1_000;

/// In `frozen`, above the count of readers: the cells of the threads do not count any more.
const RETIRED: u64 = 1 << 63;

/// Counts per bucket and the sum, in the slab of each thread; shared ones for threads without a slab, and for the moments in
/// which a reader has frozen the others.
pub(crate) struct LocalTally {
    cells: Option<Cells>,
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
            Some(cells) if self.frozen.load(Ordering::Relaxed) == 0 => match slab::mine().and_then(|slab| own(slab, cells)) {
                Some(cells) => moment::record(cells, bucket, value),
                None => self.record_first(cells, bucket, value),
            },
            _ => self.record_shared(bucket, value),
        }
    }

    #[cold]
    fn record_first(&self, cells: &Cells, bucket: usize, value: f64) {
        match slab::enter(cells.place()).and_then(|slab| own(slab, cells)) {
            Some(cells) => moment::record(cells, bucket, value),
            None => self.record_shared(bucket, value),
        }
    }

    #[cold]
    fn record_shared(&self, bucket: usize, value: f64) {
        self.shared.get_or_init(|| Box::new(Tally::new(self.buckets))).record(bucket, value);
    }

    /// Adds all counts of one moment of each thread to `into`, and returns their sum.
    pub(crate) fn read(&self, into: &mut [u64]) -> f64 {
        let mut sum = 0.0;
        if let Some(cells) = self.cells.as_ref().filter(|_| self.frozen.load(Ordering::Acquire) & RETIRED == 0) {
            for own in slab::all().filter_map(|slab| own(slab, cells)) {
                sum += moment::read(own, &self.frozen, into);
            }
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
    /// what is observed from now on is counted in the shared ones, which takes some times as long.
    pub(crate) fn reset(&self) {
        self.frozen.fetch_or(RETIRED, Ordering::AcqRel);
        if let Some(shared) = self.shared.get() {
            shared.reset();
        }
    }
}

#[inline]
fn own(slab: &'static Chunks, cells: &Cells) -> Option<&'static [AtomicU64]> {
    slab.cells(cells.place(), cells.len())
}
