//! Histograms whose bounds are known when the program runs.

use std::fmt;

use picometer::{BucketExemplars, Cell, HistogramPoint, Kind, PointValue, SeriesEncoder, Stop, Uint};

use super::FromConfig;
use super::buckets::BucketBounds;
use super::local::{LocalTally, with_zeros};
use crate::shared::{Name, Show};

/// Observations counted in buckets.
///
/// Every read is of one moment, however busy the writers are: `count` is the `+Inf` bucket and `sum` belongs to the same
/// observations. Writers never wait. NaN is counted beyond the last bound,
/// infinities in their bucket; both are left out of the sum, which would stay so for ever. A sum beyond what an `f64` holds stays at
/// the end of it. A read waits for observations that are under way on other
/// threads, so it does not belong into a signal handler.
///
/// ```
/// use picometer_std::{BucketBounds, Histogram, Metric, exponential};
///
/// let latency =
///     Metric::<Histogram>::new("request_seconds", "How long requests take.")
///         .buckets(exponential::<8>(0.001, 4.0));
/// latency.observe(0.125);
/// latency.observe(2.5);
/// assert_eq!((latency.count(), latency.sum()), (2, 2.625));
/// ```
pub struct Histogram {
    tally: LocalTally,
    bounds: BucketBounds,
}

impl Histogram {
    /// A histogram of nothing.
    pub fn new(bounds: BucketBounds) -> Self {
        Self { tally: LocalTally::new(bounds.as_slice().len() + 1), bounds }
    }

    /// Counts a value in the bucket of the first bound that is not below it, and adds it to the sum.
    #[inline]
    pub fn observe(&self, value: f64) {
        self.observe_in(value);
    }

    /// The index of the bucket, too.
    #[inline]
    pub(crate) fn observe_in(&self, value: f64) -> usize {
        let bucket = self.bounds.bucket_of(value);
        self.tally.record(bucket, value);
        bucket
    }

    /// How many values were observed.
    pub fn count(&self) -> u64 {
        self.read(|counts, _| all(counts))
    }

    /// Their sum.
    pub fn sum(&self) -> f64 {
        self.read(|_, sum| sum)
    }

    /// Counts of all buckets, the one beyond the bounds included, and the sum.
    pub(crate) fn read<R>(&self, then: impl FnOnce(&[Uint], f64) -> R) -> R {
        with_zeros(self.bounds.as_slice().len() + 1, |counts| {
            let sum = self.tally.read(counts);
            then(counts, sum)
        })
    }

    /// By which other processes know it.
    pub(crate) fn name(&self) -> &Name {
        self.tally.name()
    }

    /// Shows this histogram, whose name other processes may learn on the way, as `show` does.
    pub(crate) fn show(&self, rest: impl FnOnce() -> u64, series: &mut SeriesEncoder<'_, '_>, show: impl Show) -> Result<(), Stop> {
        self.tally.show(Kind::Histogram, rest, series, show)
    }

    /// How many values fell in each bucket, not cumulative; the last lies beyond the bounds.
    pub fn counts(&self) -> Vec<u64> {
        self.read(|counts, _| counts.to_vec())
    }

    /// The upper bounds.
    pub fn bounds(&self) -> &BucketBounds {
        &self.bounds
    }

    /// Forgets all observations, as after a restart.
    pub fn reset(&self) {
        self.tally.reset();
    }
}

impl Default for Histogram {
    /// With the default bounds.
    fn default() -> Self {
        Self::new(BucketBounds::default())
    }
}

impl FromConfig for Histogram {
    type Config = BucketBounds;

    fn make(bounds: &BucketBounds) -> Self {
        Self::new(bounds.clone())
    }

    fn removed(&self) {
        self.name().remove();
    }

    #[allow(private_interfaces, reason = "for cells of this crate")]
    fn observations(&self) -> Option<&LocalTally> {
        Some(&self.tally)
    }

    fn encode_observed(&self, counts: &[u64], sum: f64, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        self.show(|| 0, series, |series| encode(counts, sum, &self.bounds, None, series))
    }
}

impl Cell for Histogram {
    const KIND: Kind = Kind::Histogram;
    const RESERVED_LABEL: &'static str = "le";

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        self.show(|| 0, series, |series| self.read(|counts, sum| encode(counts, sum, &self.bounds, None, series)))
    }

    fn restart(&self) {
        self.reset();
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Histogram").field("count", &self.count()).field("sum", &self.sum()).finish_non_exhaustive()
    }
}

/// How many values are in all buckets.
fn all(counts: &[Uint]) -> u64 {
    counts.iter().fold(0, |total: u64, &count| total.wrapping_add(count))
}

pub(crate) fn encode(
    counts: &[Uint],
    sum: f64,
    bounds: &BucketBounds,
    exemplars: Option<&dyn BucketExemplars>,
    series: &mut SeriesEncoder<'_, '_>,
) -> Result<(), Stop> {
    let Some((&beyond, counts)) = counts.split_last() else { return Ok(()) };
    series.value(PointValue::Histogram(HistogramPoint { counts, beyond, sum: Some(sum.into()), bounds, exemplars }))
}

/// A distribution as it is now, which shrinks too: the ages of the items in a queue, the sizes of open files.
///
/// Kept as two histograms, of what came and of what went, so it takes twice the memory of one.
///
/// ```
/// use picometer_std::{GaugeHistogram, Metric};
///
/// let open = Metric::<GaugeHistogram>::new("open_file_bytes", "Sizes of open files.")
///     .buckets([1_024.0, 65_536.0]);
/// open.insert(700.0);
/// open.insert(9_000.0);
/// open.remove(700.0);
/// assert_eq!(open.count(), 1);
/// ```
pub struct GaugeHistogram {
    came: LocalTally,
    went: LocalTally,
    bounds: BucketBounds,
}

impl GaugeHistogram {
    /// A distribution of nothing.
    pub fn new(bounds: BucketBounds) -> Self {
        let tally = || LocalTally::new(bounds.as_slice().len() + 1);
        Self { came: tally(), went: tally(), bounds }
    }

    /// A value joins the distribution.
    #[inline]
    pub fn insert(&self, value: f64) {
        self.came.record(self.bounds.bucket_of(value), value);
    }

    /// A value that was inserted leaves it.
    #[inline]
    pub fn remove(&self, value: f64) {
        self.went.record(self.bounds.bucket_of(value), value);
    }

    /// How many values are in it.
    pub fn count(&self) -> u64 {
        self.read(|counts, _| all(counts))
    }

    /// Their sum.
    pub fn sum(&self) -> f64 {
        self.read(|_, sum| sum)
    }

    /// The upper bounds.
    pub(crate) fn bounds(&self) -> &BucketBounds {
        &self.bounds
    }

    /// Shows this histogram, whose name other processes may learn on the way, as `show` does.
    pub(crate) fn show(&self, series: &mut SeriesEncoder<'_, '_>, show: impl Show) -> Result<(), Stop> {
        self.came.show(Kind::GaugeHistogram, || self.went.word(), series, show)
    }

    pub(crate) fn read<R>(&self, then: impl FnOnce(&[Uint], f64) -> R) -> R {
        let buckets = self.bounds.as_slice().len() + 1;
        with_zeros(buckets, |went| {
            // What went is read first: whatever is in it had come by the time that what came is read.
            let gone = self.went.read(went);
            with_zeros(buckets, |now| {
                let came = self.came.read(now);
                // More that went than came, which is a mistake of the program, are none.
                now.iter_mut().zip(went).for_each(|(count, went)| *count = count.saturating_sub(*went));
                // Two sums of the same values, added up in another order, may differ by what they were rounded.
                let sum = if now.iter().all(|&count| count == 0) { 0.0 } else { came - gone };
                then(now, sum)
            })
        })
    }
}

impl Drop for GaugeHistogram {
    fn drop(&mut self) {
        self.came.keep_with(&self.went);
    }
}

impl Default for GaugeHistogram {
    /// With the default bounds.
    fn default() -> Self {
        Self::new(BucketBounds::default())
    }
}

impl FromConfig for GaugeHistogram {
    type Config = BucketBounds;

    fn make(bounds: &BucketBounds) -> Self {
        Self::new(bounds.clone())
    }

    fn removed(&self) {
        self.came.name().remove();
    }
}

impl Cell for GaugeHistogram {
    const KIND: Kind = Kind::GaugeHistogram;
    const RESERVED_LABEL: &'static str = "le";

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        self.show(series, |series| self.read(|counts, sum| encode(counts, sum, &self.bounds, None, series)))
    }

    fn restart(&self) {
        self.came.reset();
        self.went.reset();
    }
}

impl fmt::Debug for GaugeHistogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GaugeHistogram").field("count", &self.count()).finish_non_exhaustive()
    }
}
