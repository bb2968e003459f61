//! Counters and histograms that keep an exemplar in fixed memory.

mod error;
pub(crate) mod gauge;
mod kept;
#[cfg(all(feature = "protobuf", any(target_has_atomic = "64", feature = "critical-section")))]
pub(crate) mod native;

pub use error::{ExemplarError, check};
use kept::Kept;

use crate::atomic::Uint;
use crate::cell::counter::Counter;
use crate::cell::histogram::{Buckets, Histogram};
use crate::cell::{Cell, Zeroed};
use crate::desc::Kind;
use crate::encode::{PointValue, SeriesEncoder, Stop};
use crate::time::Timestamp;
use crate::value::Monotonic;

/// What cells with an exemplar for each bucket have in common: the fields `histogram`, `exemplars` and `beyond`.
macro_rules! exemplar_for_each_bucket {
    ($Cell:ident, $Histogram:ident, $kind:expr) => {
        impl<B: Buckets, const N: usize, const BYTES: usize> $Cell<B, N, BYTES> {
            /// A distribution of nothing.
            #[track_caller]
            pub const fn new() -> Self {
                Self { histogram: $Histogram::new(), exemplars: [const { Kept::NEW }; N], beyond: Kept::NEW }
            }

            /// The distribution without its exemplars.
            pub fn histogram(&self) -> &$Histogram<B, N> {
                &self.histogram
            }

            fn kept(&self, bucket: usize) -> &Kept<B::Value, BYTES> {
                self.exemplars.get(bucket).unwrap_or(&self.beyond)
            }
        }

        impl<B: Buckets, const N: usize, const BYTES: usize> $crate::encode::BucketExemplars for $Cell<B, N, BYTES> {
            fn show(&self, bucket: usize, see: &mut dyn FnMut(&$crate::encode::Exemplar<'_>)) {
                self.kept(bucket).show(B::PER_UNIT, see);
            }
        }

        impl<B: Buckets, const N: usize, const BYTES: usize> Default for $Cell<B, N, BYTES> {
            fn default() -> Self {
                Self::new()
            }
        }

        impl<B: Buckets, const N: usize, const BYTES: usize> Zeroed for $Cell<B, N, BYTES> {
            const INIT: Self = Self::new();
        }

        impl<B: Buckets, const N: usize, const BYTES: usize> Cell for $Cell<B, N, BYTES> {
            const KIND: Kind = $kind;
            const FAULT: Option<&'static str> = $Histogram::<B, N>::FAULT;
            const RESERVED_LABEL: &'static str = "le";

            fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
                self.histogram.encode_with(Some(self), series)
            }

            fn restart(&self) {
                self.histogram.forget();
                self.exemplars.iter().chain([&self.beyond]).for_each(Kept::forget);
            }
        }
    };
}
use exemplar_for_each_bucket;

/// A [`Counter`] whose last increment may carry an exemplar. Its label names and values, with one byte for each of them, take at
/// most `BYTES` bytes.
///
/// ```
/// use picometer::{CounterWithExemplar, Desc, Metric};
///
/// static ERRORS: Metric<CounterWithExemplar<48>> =
///     Metric::new(&Desc::counter("errors_total", "Errors."));
/// ERRORS.inc_with(&[("trace_id", "KOO5S4vxi0o")], None).unwrap();
/// ERRORS.inc();
/// assert_eq!(ERRORS.get(), 2);
/// ```
pub struct CounterWithExemplar<const BYTES: usize, V: Monotonic = Uint> {
    counter: Counter<V>,
    exemplar: Kept<V, BYTES>,
}

impl<const BYTES: usize, V: Monotonic> CounterWithExemplar<BYTES, V> {
    /// A counter at 0 without an exemplar.
    pub const fn new() -> Self {
        Self { counter: Counter::new(), exemplar: Kept::NEW }
    }

    /// Adds 1; the exemplar stays.
    #[inline]
    pub fn inc(&self) {
        self.counter.inc();
    }

    /// Adds an amount; the exemplar stays. A negative amount or NaN adds nothing.
    #[inline]
    pub fn inc_by(&self, amount: V) {
        self.counter.inc_by(amount);
    }

    /// Adds 1, and points to where it came from.
    ///
    /// # Errors
    ///
    /// [`ExemplarError`] if the labels are not fit; then nothing is counted.
    pub fn inc_with(&self, labels: &[(&str, &str)], timestamp: Option<Timestamp>) -> Result<(), ExemplarError> {
        self.inc_by_with(V::ONE, labels, timestamp)
    }

    /// Adds an amount, and points to where it came from.
    ///
    /// # Errors
    ///
    /// [`ExemplarError`] if the amount is negative or NaN or the labels are not fit; then nothing is counted.
    pub fn inc_by_with(&self, amount: V, labels: &[(&str, &str)], timestamp: Option<Timestamp>) -> Result<(), ExemplarError> {
        check(labels, BYTES)?;
        self.counter.try_inc_by(amount).map_err(|_| ExemplarError::NotGrowth)?;
        self.exemplar.keep(labels, amount, timestamp);
        Ok(())
    }

    /// The count so far.
    pub fn get(&self) -> V {
        self.counter.get()
    }
}

impl<const BYTES: usize, V: Monotonic> Default for CounterWithExemplar<BYTES, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const BYTES: usize, V: Monotonic> Zeroed for CounterWithExemplar<BYTES, V> {
    const INIT: Self = Self::new();
}

impl<const BYTES: usize, V: Monotonic> Cell for CounterWithExemplar<BYTES, V> {
    const KIND: Kind = Kind::Counter;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        let value = self.get().number();
        let mut result = None;
        self.exemplar.show(1, &mut |exemplar| {
            result = Some(series.value(PointValue::Number { value, exemplar: Some(exemplar) }));
        });
        result.unwrap_or_else(|| series.number(value))
    }

    fn restart(&self) {
        self.counter.restart();
        self.exemplar.forget();
    }
}

shown_as!([const BYTES: usize, V: Monotonic] CounterWithExemplar<BYTES, V>, self => self.counter);

/// A [`Histogram`] that keeps the last exemplar of each bucket. The label names and values of one, with one byte for each of
/// them, take at most `BYTES` bytes.
///
/// ```
/// use picometer::{HistogramWithExemplars, buckets};
///
/// buckets! { Latency: u32 / 1_000_000 = [1_000, 10_000]; }
///
/// static LATENCY: HistogramWithExemplars<Latency, 2, 48> =
///     HistogramWithExemplars::new();
/// LATENCY.observe_with(4_200, &[("trace_id", "KOO5S4vxi0o")], None).unwrap();
/// LATENCY.observe(700);
/// assert_eq!(LATENCY.histogram().count(), 2);
/// ```
pub struct HistogramWithExemplars<B: Buckets, const N: usize, const BYTES: usize> {
    histogram: Histogram<B, N>,
    exemplars: [Kept<B::Value, BYTES>; N],
    beyond: Kept<B::Value, BYTES>,
}

impl<B: Buckets, const N: usize, const BYTES: usize> HistogramWithExemplars<B, N, BYTES> {
    /// Counts a value; the exemplars stay.
    #[inline]
    pub fn observe(&self, value: B::Value) {
        self.histogram.observe(value);
    }

    /// Counts a value, and points to where it came from.
    ///
    /// # Errors
    ///
    /// [`ExemplarError`] if the labels are not fit; then nothing is counted.
    pub fn observe_with(&self, value: B::Value, labels: &[(&str, &str)], timestamp: Option<Timestamp>) -> Result<(), ExemplarError> {
        check(labels, BYTES)?;
        self.histogram.observe(value);
        self.kept(Histogram::<B, N>::bucket_of(value)).keep(labels, value, timestamp);
        Ok(())
    }
}

exemplar_for_each_bucket!(HistogramWithExemplars, Histogram, Kind::Histogram);

shown_as!([B: Buckets, const N: usize, const BYTES: usize] HistogramWithExemplars<B, N, BYTES>, self => self.histogram);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::LabelError;
    use std::string::{String, ToString};
    use std::vec::Vec;

    fn shown<const BYTES: usize>(counter: &CounterWithExemplar<BYTES>) -> Option<(Vec<String>, String, Option<Timestamp>)> {
        let mut found = None;
        counter.exemplar.show(1, &mut |exemplar| {
            let labels = (0..).map_while(|index| exemplar.labels.label(index)).map(|label| std::format!("{}={}", label.name, label.value));
            found = Some((labels.collect(), exemplar.value.to_string(), exemplar.timestamp()));
        });
        found
    }

    #[test]
    fn the_last_exemplar_is_kept() {
        let counter = CounterWithExemplar::<32>::new();
        assert_eq!(shown(&counter), None);
        counter.inc_by_with(3, &[("a", "é\"\n"), ("b", "")], None).unwrap();
        assert_eq!(shown(&counter), Some((std::vec!["a=é\"\n".into(), "b=".into()], "3".into(), None)));
        let moment = Timestamp::from_millis(-1_500);
        counter.inc_with(&[], Some(moment)).unwrap();
        assert_eq!(shown(&counter), Some((Vec::new(), "1".into(), Some(moment))));
    }

    #[test]
    fn what_is_not_fit_counts_nothing() {
        let counter = CounterWithExemplar::<256>::new();
        let long = "x".repeat(128);
        let refused = [
            (std::vec![("a", long.as_str())], ExemplarError::TooLong),
            (std::vec![("", "x")], ExemplarError::Label(LabelError::Empty)),
            (std::vec![("__a", "x")], ExemplarError::Label(LabelError::Reserved)),
            (std::vec![("a b", "x")], ExemplarError::Label(LabelError::BadName)),
            (std::vec![("a", "x"), ("a", "y")], ExemplarError::Repeated),
        ];
        for (labels, error) in refused {
            assert_eq!(counter.inc_with(&labels, None), Err(error));
            assert!(!error.to_string().is_empty());
        }
        assert_eq!((counter.get(), shown(&counter)), (0, None));
        assert_eq!(counter.inc_with(&[("a", long.get(1..).unwrap())], None), Ok(()));
        // 128 characters of two bytes are within the limit of the format, and beyond this cell.
        let wide = "é".repeat(127);
        assert_eq!(counter.inc_with(&[("a", &wide)], None), Err(ExemplarError::NoRoom));
        let wider = "😱".repeat(100);
        assert_eq!(CounterWithExemplar::<1024>::new().inc_with(&[("a", &wider)], None), Err(ExemplarError::NoRoom));
        let floats = CounterWithExemplar::<16, f64>::new();
        assert_eq!(floats.inc_by_with(-1.0, &[], None), Err(ExemplarError::NotGrowth));
        assert_eq!(floats.get(), 0.0);
    }
}
