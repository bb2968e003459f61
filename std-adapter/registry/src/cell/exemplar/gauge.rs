//! Gauge histograms that keep an exemplar for each bucket.

use std::fmt;

use picometer::__private::check_exemplar;
use picometer::{Cell, ExemplarError, Kind, SeriesEncoder, Stop};

use super::Places;
use super::histogram::{BucketsWithExemplars, Counted};
use crate::cell::FromConfig;
use crate::cell::histogram::{GaugeHistogram, encode};

/// A [`GaugeHistogram`] of which every bucket points to a value in it: a request, a file.
///
/// Takes the current trace by itself when a value joins, if there is a [source](crate::exemplar), as
/// [`HistogramWithExemplars`](crate::HistogramWithExemplars) does. The exemplar of a bucket is shown while anything is in that.
///
/// ```
/// use picometer_std::{GaugeHistogramWithExemplars, Metric};
///
/// let open = Metric::<GaugeHistogramWithExemplars>::new(
///     "open_file_bytes",
///     "Sizes of open files.",
/// )
/// .buckets([1_024.0, 65_536.0]);
/// open.insert_with(9_000.0, &[("file", "log.txt")])?;
/// open.insert(700.0);
/// open.remove(700.0);
/// assert_eq!(open.count(), 1);
/// # Ok::<(), picometer_std::ExemplarError>(())
/// ```
pub struct GaugeHistogramWithExemplars {
    histogram: GaugeHistogram,
    exemplars: Places,
}

impl GaugeHistogramWithExemplars {
    /// A distribution of nothing.
    pub fn new(config: BucketsWithExemplars) -> Self {
        let exemplars = Places::new(config.bounds.as_slice().len() + 1, config.sampling);
        Self { histogram: GaugeHistogram::new(config.bounds), exemplars }
    }

    /// A value joins the distribution.
    #[inline]
    pub fn insert(&self, value: f64) {
        self.histogram.insert(value);
        if !value.is_nan() {
            self.exemplars.sample(self.histogram.bounds().bucket_of(value), || value.into());
        }
    }

    /// A value joins the distribution, and points to where it came from, now. Where the bucket's last exemplar is being read at this
    /// moment, it stays.
    ///
    /// # Errors
    ///
    /// [`ExemplarError`] if the labels are not fit, which have at most 128 characters in all; then it does not join.
    pub fn insert_with(&self, value: f64, labels: &[(&str, &str)]) -> Result<(), ExemplarError> {
        check_exemplar(labels, usize::MAX)?;
        self.histogram.insert(value);
        if !value.is_nan() {
            self.exemplars.keep(self.histogram.bounds().bucket_of(value), labels, value.into());
        }
        Ok(())
    }

    /// A value that was inserted leaves it.
    #[inline]
    pub fn remove(&self, value: f64) {
        self.histogram.remove(value);
    }

    /// How many values are in it.
    pub fn count(&self) -> u64 {
        self.histogram.count()
    }

    /// Their sum.
    pub fn sum(&self) -> f64 {
        self.histogram.sum()
    }
}

impl Default for GaugeHistogramWithExemplars {
    /// With the default bounds, and the source of the process.
    fn default() -> Self {
        Self::new(BucketsWithExemplars::default())
    }
}

impl FromConfig for GaugeHistogramWithExemplars {
    type Config = BucketsWithExemplars;

    fn make(config: &BucketsWithExemplars) -> Self {
        Self::new(config.clone())
    }

    fn removed(&self) {
        self.histogram.removed();
    }
}

impl Cell for GaugeHistogramWithExemplars {
    const KIND: Kind = Kind::GaugeHistogram;
    const RESERVED_LABEL: &'static str = "le";

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        // Workers share the counts. The word that says where a histogram has its exemplars says here where those are that left.
        self.histogram.show(series, |series| {
            self.histogram.read(|counts, sum| {
                let counted = Counted { counts, exemplars: &self.exemplars };
                encode(counts, sum, self.histogram.bounds(), Some(&counted), series)
            })
        })
    }

    fn restart(&self) {
        self.histogram.restart();
        self.exemplars.clear();
    }
}

impl fmt::Debug for GaugeHistogramWithExemplars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GaugeHistogramWithExemplars").field("count", &self.count()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Metric;
    use crate::exemplar::SpanContext;

    #[test]
    fn exemplars_stand_with_what_is_there() {
        let open = Metric::<GaugeHistogramWithExemplars>::new("a", "").buckets([1.0, 2.0]).exemplars(|| SpanContext::new(1, 2));
        let page = || crate::tests::page(&open, picometer::Format::OpenMetrics100);
        assert_eq!(open.insert_with(2.0, &[("id", &"x".repeat(127))]), Err(ExemplarError::TooLong));
        open.insert(0.5);
        open.insert_with(2.0, &[("id", "x")]).unwrap();
        assert!(page().contains("a_bucket{le=\"1.0\"} 1 # {trace_id=\"00000000000000000000000000000001\""), "{}", page());
        assert!(page().contains("a_bucket{le=\"2.0\"} 2 # {id=\"x\"} 2.0 "), "{}", page());
        open.remove(2.0);
        assert!(page().contains("a_bucket{le=\"2.0\"} 1\n"), "{}", page());
    }
}
