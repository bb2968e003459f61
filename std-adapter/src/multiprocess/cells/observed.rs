//! Histograms and summaries that other processes see.

use std::sync::atomic::{AtomicU64, Ordering, fence};

use picometer::{Cell, HistogramPoint, Kind, PointValue, SeriesEncoder, Stop, SummaryPoint};

use super::{Shared, update};
use crate::cell::buckets::BucketBounds;
use crate::multiprocess::layout;
use crate::multiprocess::layout::Tags;

/// Observations counted in buckets, summed over all workers, dead ones too.
///
/// [`observe`](Self::observe) is three atomic additions. A page shows observations of one moment: count and sum belong together.
/// NaN is counted beyond the last bound and left out of the sum.
///
/// ```
/// use picometer_std::multiprocess::Histogram;
/// use picometer_std::Metric;
///
/// let seconds = Metric::<Histogram>::new("request_seconds", "How long requests take.").buckets([0.1, 1.0]);
/// seconds.observe(0.25);
/// assert_eq!((seconds.count(), seconds.sum()), (1, 0.25));
/// ```
pub struct Histogram {
    pub(super) shared: Shared,
    pub(super) bounds: BucketBounds,
}

/// How often a reader of the same process looks for a moment without observations under way.
const ATTEMPTS: usize = 1_000;

/// Counts, then the sum, then how many observations were begun: whoever reads them in this order and finds as many counted as
/// begun has all of each.
fn record(words: &[AtomicU64], bucket: usize, value: f64) {
    let [counts @ .., sum, begun] = words else { return };
    begun.fetch_add(1, Ordering::Relaxed);
    fence(Ordering::Release);
    if !value.is_nan() {
        update::<f64>(sum, |sum| Some(sum + value));
    }
    if let Some(count) = counts.get(bucket).or(counts.last()) {
        count.fetch_add(1, Ordering::Release);
    }
}

fn read(words: &[AtomicU64]) -> (Vec<u64>, f64) {
    let [counts @ .., sum, begun] = words else { return Default::default() };
    let mut tries = 0;
    loop {
        let counted: Vec<u64> = counts.iter().map(|count| count.load(Ordering::Acquire)).collect();
        let total = f64::from_bits(sum.load(Ordering::Acquire));
        tries += 1;
        if counted.iter().fold(0_u64, |all, one| all.wrapping_add(*one)) == begun.load(Ordering::Relaxed) || tries == ATTEMPTS {
            return (counted, total);
        }
        std::hint::spin_loop();
    }
}

impl Histogram {
    /// A histogram of nothing.
    pub fn new(bounds: BucketBounds) -> Self {
        Self { shared: Shared::new(0, &vec![0; bounds.as_slice().len() + 3]), bounds }
    }

    /// Counts a value in the bucket of the first bound that is not below it, and adds it to the sum.
    #[inline]
    pub fn observe(&self, value: f64) {
        record(&self.shared.words, self.bounds.bucket_of(value), value);
    }

    /// How many values this process observed.
    pub fn count(&self) -> u64 {
        read(&self.shared.words).0.iter().fold(0, |all, one| all.wrapping_add(*one))
    }

    /// Their sum.
    pub fn sum(&self) -> f64 {
        read(&self.shared.words).1
    }
}

impl Cell for Histogram {
    const KIND: Kind = Kind::Histogram;
    const RESERVED_LABEL: &'static str = "le";

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        let tags = Tags { kind: layout::number_of(Kind::Histogram), mode: 0, numbers: layout::FLOAT };
        self.shared.named.show(tags, &self.shared.words, series, |series| {
            let (counts, sum) = read(&self.shared.words);
            let Some((&beyond, counts)) = counts.split_last() else { return Ok(()) };
            let point = HistogramPoint { counts, beyond, sum: Some(sum.into()), bounds: &self.bounds, exemplars: None };
            series.value(PointValue::Histogram(point))
        })
    }
}

/// Count and sum of observations, over all workers, dead ones too. NaN is counted, and left out of the sum.
///
/// ```
/// use picometer_std::multiprocess::Summary;
/// use picometer_std::Metric;
///
/// let sizes = Metric::<Summary>::new("request_bytes", "Sizes of requests.");
/// sizes.observe(120.0);
/// assert_eq!((sizes.count(), sizes.sum()), (1, 120.0));
/// ```
pub struct Summary(pub(super) Shared);

impl Summary {
    /// A summary of nothing.
    pub fn new() -> Self {
        Self(Shared::new(0, &[0; 3]))
    }

    /// Counts a value and adds it to the sum.
    #[inline]
    pub fn observe(&self, value: f64) {
        record(&self.0.words, 0, value);
    }

    /// How many values this process observed.
    pub fn count(&self) -> u64 {
        self.read().0
    }

    /// Their sum.
    pub fn sum(&self) -> f64 {
        self.read().1
    }

    fn read(&self) -> (u64, f64) {
        let (counts, sum) = read(&self.0.words);
        (counts.first().copied().unwrap_or(0), sum)
    }
}

impl Cell for Summary {
    const KIND: Kind = Kind::Summary;
    const RESERVED_LABEL: &'static str = "quantile";

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        let tags = Tags { kind: layout::number_of(Kind::Summary), mode: 0, numbers: layout::FLOAT };
        self.0.named.show(tags, &self.0.words, series, |series| {
            let (count, sum) = self.read();
            series.value(PointValue::Summary(SummaryPoint { quantiles: &[], count, sum: sum.into() }))
        })
    }
}
