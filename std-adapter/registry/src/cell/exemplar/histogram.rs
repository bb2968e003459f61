//! Histograms that keep an exemplar for each bucket.

use std::fmt;

use picometer::__private::check_exemplar;
use picometer::{BucketExemplars, Cell, Exemplar, ExemplarError, Kind, SeriesEncoder, Stop, Uint};

use super::Places;
use crate::cell::FromConfig;
use crate::cell::buckets::{BucketBounds, HasBuckets};
use crate::cell::histogram::{Histogram, encode};
use crate::exemplar::{ExemplarSampling, HasExemplars, SpanContext};

/// A [`Histogram`] of which every bucket points to an observation in it: a trace, a request.
///
/// Takes the current trace by itself if there is a [source](crate::exemplar), once in some seconds for each bucket. An observation
/// in between costs a look at a coarse clock more than that of a histogram, about 4 ns. Outside of any span the source is asked each
/// time. OpenMetrics and protobuf show the exemplars; text 0.0.4 has none. NaN has no exemplar.
///
/// ```
/// use picometer_std::exemplar::SpanContext;
/// use picometer_std::{HistogramWithExemplars, Metric};
///
/// let latency = Metric::<HistogramWithExemplars>::new(
///     "request_seconds",
///     "How long requests take.",
/// )
/// .buckets([0.1, 1.0])
/// .exemplars(|| {
///     SpanContext::new(0x4bf92f3577b34da6a3ce929d0e0e4736, 0x00f067aa0ba902b7)
/// });
/// latency.observe(0.125);
/// latency.observe_with(2.5, &[("request", "KOO5S4vxi0o")])?;
/// assert_eq!((latency.count(), latency.sum()), (2, 2.625));
/// # Ok::<(), picometer_std::ExemplarError>(())
/// ```
pub struct HistogramWithExemplars {
    histogram: Histogram,
    exemplars: Places,
}

impl HistogramWithExemplars {
    /// A histogram of nothing.
    pub fn new(config: BucketsWithExemplars) -> Self {
        let exemplars = Places::new(config.bounds.as_slice().len() + 1, config.sampling);
        Self { histogram: Histogram::new(config.bounds), exemplars }
    }

    /// Counts a value in the bucket of the first bound that is not below it, and adds it to the sum.
    #[inline]
    pub fn observe(&self, value: f64) {
        let bucket = self.histogram.observe_in(value);
        if !value.is_nan() {
            self.exemplars.sample(bucket, || value.into());
        }
    }

    /// Counts a value. If an exemplar is due, it points to `span`, which need not be current any more; the source is not asked.
    ///
    /// For what ends outside of its span, as the body of a response does.
    #[inline]
    pub fn observe_in_span(&self, value: f64, span: Option<SpanContext>) {
        let bucket = self.histogram.observe_in(value);
        if !value.is_nan() {
            self.exemplars.sample_span(bucket, || value.into(), span);
        }
    }

    /// Counts a value, and points to where it came from, now. Where the bucket's last exemplar is being read at this moment, it
    /// stays.
    ///
    /// # Errors
    ///
    /// [`ExemplarError`] if the labels are not fit, which have at most 128 characters in all; then nothing is counted.
    pub fn observe_with(&self, value: f64, labels: &[(&str, &str)]) -> Result<(), ExemplarError> {
        check_exemplar(labels, usize::MAX)?;
        let bucket = self.histogram.observe_in(value);
        if !value.is_nan() {
            self.exemplars.keep(bucket, labels, value.into());
        }
        Ok(())
    }

    /// How many values were observed.
    pub fn count(&self) -> u64 {
        self.histogram.count()
    }

    /// Their sum.
    pub fn sum(&self) -> f64 {
        self.histogram.sum()
    }

    /// The histogram without its exemplars.
    pub fn histogram(&self) -> &Histogram {
        &self.histogram
    }

    /// Forgets all observations and exemplars, as after a restart.
    pub fn reset(&self) {
        self.histogram.reset();
        self.exemplars.clear();
    }
}

/// What a [`HistogramWithExemplars`] is made from.
///
/// ```
/// use picometer_std::exemplar::ExemplarSampling;
/// use picometer_std::{BucketBounds, BucketsWithExemplars, HistogramWithExemplars};
///
/// let config = BucketsWithExemplars {
///     bounds: BucketBounds::new([0.1, 1.0])?,
///     sampling: ExemplarSampling::off(),
/// };
/// HistogramWithExemplars::new(config).observe(0.5);
/// # Ok::<(), picometer_std::BucketError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct BucketsWithExemplars {
    /// The upper bounds.
    pub bounds: BucketBounds,
    /// From where exemplars come by themselves.
    pub sampling: ExemplarSampling,
}

impl HasBuckets for BucketsWithExemplars {
    fn set_buckets(&mut self, bounds: BucketBounds) {
        self.bounds = bounds;
    }
}

impl HasExemplars for BucketsWithExemplars {
    fn set_exemplars(&mut self, sampling: ExemplarSampling) {
        self.sampling = sampling;
    }
}

/// Exemplars of the buckets that are shown: one that came behind the counts is left for the next page.
pub(super) struct Counted<'a> {
    pub(super) counts: &'a [Uint],
    pub(super) exemplars: &'a Places,
}

impl BucketExemplars for Counted<'_> {
    fn show(&self, bucket: usize, see: &mut dyn FnMut(&Exemplar<'_>)) {
        if self.counts.get(bucket).is_some_and(|&count| count > 0) {
            self.exemplars.show(bucket, see);
        }
    }
}

impl Default for HistogramWithExemplars {
    /// With the default bounds, and the source of the process.
    fn default() -> Self {
        Self::new(BucketsWithExemplars::default())
    }
}

impl FromConfig for HistogramWithExemplars {
    type Config = BucketsWithExemplars;

    fn make(config: &BucketsWithExemplars) -> Self {
        Self::new(config.clone())
    }

    fn removed(&self) {
        self.histogram.name().remove();
        self.exemplars.removed();
    }
}

impl Cell for HistogramWithExemplars {
    const KIND: Kind = Kind::Histogram;
    const RESERVED_LABEL: &'static str = "le";

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        let show = |series: &mut SeriesEncoder<'_, '_>| {
            self.histogram.read(|counts, sum| {
                let exemplars = Counted { counts, exemplars: &self.exemplars };
                encode(counts, sum, self.histogram.bounds(), Some(&exemplars), series)
            })
        };
        self.histogram.show(|| self.exemplars.shared.word(), series, show)?;
        self.exemplars.attach(self.histogram.name(), series);
        Ok(())
    }

    fn restart(&self) {
        self.reset();
    }
}

impl fmt::Debug for HistogramWithExemplars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HistogramWithExemplars").field("histogram", &self.histogram).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Family, Metric};

    fn page(metric: &impl picometer::Collector) -> String {
        crate::tests::page(metric, picometer::Format::OpenMetrics100)
    }

    #[test]
    fn every_bucket_has_its_own() {
        let metric = Metric::<HistogramWithExemplars>::new("a", "").buckets([0.5, 1.0]);
        metric.observe(0.25);
        metric.observe_with(0.75, &[("id", "x")]).unwrap();
        metric.observe_with(7.5, &[("id", "y")]).unwrap();
        metric.observe_with(f64::NAN, &[("id", "z")]).unwrap();
        let text = page(&metric);
        for line in ["a_bucket{le=\"0.5\"} 1\n", "a_bucket{le=\"1.0\"} 2 # {id=\"x\"} 0.75 1", "a_bucket{le=\"+Inf\"} 4 # {id=\"y\"} 7.5 1"]
        {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert_eq!(metric.observe_with(0.75, &[("", "x")]), Err(ExemplarError::Label(picometer::LabelError::Empty)));
        assert_eq!((metric.count(), metric.sum()), (4, 8.5));
        metric.reset();
        metric.observe(0.75);
        assert!(!page(&metric).contains("id="), "{}", page(&metric));
    }

    #[test]
    fn bounds_and_source_come_in_either_order() {
        let source = || SpanContext::new(1, 2);
        let first = Family::<HistogramWithExemplars, 1>::new("a", "", ["b"]).buckets([0.5]).exemplars(source);
        let second = Family::<HistogramWithExemplars, 1>::new("a", "", ["b"]).exemplars(source).buckets([0.5]);
        let third = Metric::<HistogramWithExemplars>::new("a", "").exemplars(source).buckets([0.5]);
        first.with(["c"]).observe(0.25);
        second.with(["c"]).observe(0.25);
        third.observe(0.25);
        let span = "# {trace_id=\"00000000000000000000000000000001\",span_id=\"0000000000000002\"} 0.25";
        for text in [page(&first), page(&second), page(&third)] {
            assert!(text.contains("le=\"0.5\"} 1 #") && text.contains(span), "{text}");
        }
    }
}
