//! Gauge histograms: two histograms, of what came and of what went.

use super::{Buckets, Histogram, Total, encode};
use crate::atomic::Uint;
use crate::cell::{Cell, Zeroed};
use crate::desc::Kind;
use crate::encode::{BucketExemplars, SeriesEncoder, Stop};
use crate::tally::Counted;
use crate::value::{Stored, Sum};

/// A distribution as it is now, which shrinks too: the ages of the items in a queue, the sizes of open files.
///
/// Kept as two histograms, of what came and of what went, so it takes twice the memory of one.
///
/// Only OpenMetrics has gauge histograms. Text shows the buckets as a histogram. Count and sum are gauges of their own at the end
/// of the page, and of the moment when they are written.
///
/// ```
/// use picometer::{Desc, GaugeHistogram, Metric, buckets};
///
/// buckets! { FileBytes: u32 = [1_024, 65_536]; }
///
/// static OPEN: Metric<GaugeHistogram<FileBytes, 2>> =
///     Metric::new(&Desc::gauge_histogram("open_file_bytes", "Sizes of open files."));
/// OPEN.insert(700);
/// OPEN.insert(9_000);
/// OPEN.remove(700);
/// assert_eq!(OPEN.count(), 1);
/// ```
pub struct GaugeHistogram<B: Buckets, const N: usize> {
    pub(super) came: Histogram<B, N>,
    pub(super) went: Histogram<B, N>,
}

impl<B: Buckets, const N: usize> GaugeHistogram<B, N> {
    /// A distribution of nothing.
    #[track_caller]
    pub const fn new() -> Self {
        Self { came: Histogram::new(), went: Histogram::new() }
    }

    /// A value joins the distribution.
    #[inline]
    pub fn insert(&self, value: B::Value) {
        self.came.count_in(value);
    }

    /// A value that was inserted leaves it.
    #[inline]
    pub fn remove(&self, value: B::Value) {
        self.went.count_in(value);
    }

    /// How many values are in it.
    pub fn count(&self) -> u64 {
        let now = self.read();
        now.counts.iter().fold(now.beyond.into(), |total, &count| total + u64::from(count))
    }

    pub(crate) fn encode_with(&self, exemplars: Option<&dyn BucketExemplars>, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        encode::<B, N>(&self.read(), exemplars, series)
    }

    pub(crate) fn forget(&self) {
        self.came.forget();
        self.went.forget();
    }

    pub(super) fn read(&self) -> Counted<Total<B>, N> {
        // What went is read first: whatever is in it had come by the time that what came is read.
        let went = self.went.read();
        let mut now = self.came.read();
        now.counts.iter_mut().zip(went.counts).for_each(|(count, went)| *count = left(*count, went));
        now.beyond = left(now.beyond, went.beyond);
        // Two sums of the same values, added up in another order, may differ by what they were rounded.
        let nothing = now.beyond == 0 && now.counts.iter().all(|&count| count == 0);
        now.sum = <<B::Value as Stored>::Sum as Sum<B::Value>>::difference(if nothing { went.sum } else { now.sum }, went.sum);
        now
    }
}

/// How many are left of those that came. Both counts wrap around, the one before the other; more that went than came, which is a
/// mistake of the program, are none.
pub(super) fn left(came: Uint, went: Uint) -> Uint {
    let left = came.wrapping_sub(went);
    if left > Uint::MAX / 2 { 0 } else { left }
}

impl<B: Buckets, const N: usize> Default for GaugeHistogram<B, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<B: Buckets, const N: usize> Zeroed for GaugeHistogram<B, N> {
    const INIT: Self = Self::new();
}

impl<B: Buckets, const N: usize> Cell for GaugeHistogram<B, N> {
    const KIND: Kind = Kind::GaugeHistogram;
    const FAULT: Option<&'static str> = Histogram::<B, N>::FAULT;
    const RESERVED_LABEL: &'static str = "le";

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        self.encode_with(None, series)
    }

    fn restart(&self) {
        self.forget();
    }
}

shown_as!([B: Buckets, const N: usize] GaugeHistogram<B, N>, self => "{} values", self.count());
