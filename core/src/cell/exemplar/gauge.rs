//! Gauge histograms that keep an exemplar for each bucket.

use super::kept::Kept;
use super::{ExemplarError, check, exemplar_for_each_bucket};
use crate::cell::histogram::{Buckets, GaugeHistogram, Histogram};
use crate::cell::{Cell, Zeroed};
use crate::desc::Kind;
use crate::encode::{SeriesEncoder, Stop};
use crate::time::Timestamp;

/// A [`GaugeHistogram`] that keeps the last exemplar of each bucket. The label names and values of one, with one byte for each of
/// them, take at most `BYTES` bytes. The exemplar of a bucket is shown while anything is in it.
///
/// ```
/// use picometer::{GaugeHistogramWithExemplars, buckets};
///
/// buckets! { FileBytes: u32 = [1_024, 65_536]; }
///
/// static OPEN: GaugeHistogramWithExemplars<FileBytes, 2, 32> =
///     GaugeHistogramWithExemplars::new();
/// OPEN.insert_with(9_000, &[("file", "log.txt")], None).unwrap();
/// OPEN.insert(700);
/// OPEN.remove(700);
/// assert_eq!(OPEN.histogram().count(), 1);
/// ```
pub struct GaugeHistogramWithExemplars<B: Buckets, const N: usize, const BYTES: usize> {
    histogram: GaugeHistogram<B, N>,
    exemplars: [Kept<B::Value, BYTES>; N],
    beyond: Kept<B::Value, BYTES>,
}

impl<B: Buckets, const N: usize, const BYTES: usize> GaugeHistogramWithExemplars<B, N, BYTES> {
    /// A value joins the distribution; the exemplars stay.
    #[inline]
    pub fn insert(&self, value: B::Value) {
        self.histogram.insert(value);
    }

    /// A value joins the distribution, and points to where it came from.
    ///
    /// # Errors
    ///
    /// [`ExemplarError`] if the labels are not fit; then it does not join.
    pub fn insert_with(&self, value: B::Value, labels: &[(&str, &str)], timestamp: Option<Timestamp>) -> Result<(), ExemplarError> {
        check(labels, BYTES)?;
        self.histogram.insert(value);
        self.kept(Histogram::<B, N>::bucket_of(value)).keep(labels, value, timestamp);
        Ok(())
    }

    /// A value that was inserted leaves it.
    #[inline]
    pub fn remove(&self, value: B::Value) {
        self.histogram.remove(value);
    }
}

exemplar_for_each_bucket!(GaugeHistogramWithExemplars, GaugeHistogram, Kind::GaugeHistogram);

shown_as!([B: Buckets, const N: usize, const BYTES: usize] GaugeHistogramWithExemplars<B, N, BYTES>, self => self.histogram);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buckets;
    use crate::desc::Desc;
    use crate::encode::Format;
    use crate::exposition::Exposition;
    use crate::metric::Metric;
    use std::string::String;

    buckets! { Small: u32 = [1, 2]; }

    #[test]
    fn an_exemplar_stands_with_what_is_there() {
        let open = Metric::<GaugeHistogramWithExemplars<Small, 2, 16>>::new(const { &Desc::gauge_histogram("a", "") });
        assert_eq!(open.insert_with(2, &[("a", "x"), ("a", "x")], None), Err(ExemplarError::Repeated));
        assert_eq!(open.insert_with(2, &[("a", "longer than there is room")], None), Err(ExemplarError::NoRoom));
        open.insert_with(2, &[("a", "x")], None).unwrap();
        let page = || {
            let mut page = String::new();
            Exposition::new(&open, Format::OpenMetrics100)
                .drain(&mut [0; 256], &mut |bytes| page.push_str(core::str::from_utf8(bytes).unwrap()));
            page
        };
        assert!(page().contains("a_bucket{le=\"2.0\"} 1 # {a=\"x\"} 2\na_bucket{le=\"+Inf\"} 1\n"), "{}", page());
        open.remove(2);
        assert!(page().contains("a_bucket{le=\"2.0\"} 0\n"), "{}", page());
    }
}
