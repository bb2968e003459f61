//! Counters and histograms that keep an exemplar in fixed memory.

pub(crate) mod gauge;
#[cfg(all(feature = "protobuf", any(target_has_atomic = "64", feature = "critical-section")))]
pub(crate) mod native;

use crate::atomic::Uint;
use crate::atomic::{AtomicU8, AtomicU32, Ordering};
use crate::cell::counter::Counter;
use crate::cell::histogram::{Buckets, Histogram};
use crate::cell::{Cell, Zeroed};
use crate::desc::Kind;
use crate::encode::{BucketExemplars, Exemplar, PointValue, SeriesEncoder, Stop};
use crate::label::{Label, LabelError, LabelSet};
use crate::number::Number;
use crate::sequence::Sequence;
use crate::time::Timestamp;
use crate::value::{Countable, Value};

/// A [`Counter`] whose last increment may carry an exemplar, of at most `BYTES` bytes of label names and values and one byte
/// for each of them.
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
pub struct CounterWithExemplar<const BYTES: usize, V: Countable = Uint> {
    counter: Counter<V>,
    exemplar: Kept<V, BYTES>,
}

impl<const BYTES: usize, V: Countable> CounterWithExemplar<BYTES, V> {
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

impl<const BYTES: usize, V: Countable> Default for CounterWithExemplar<BYTES, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const BYTES: usize, V: Countable> Zeroed for CounterWithExemplar<BYTES, V> {
    const INIT: Self = Self::new();
}

impl<const BYTES: usize, V: Countable> Cell for CounterWithExemplar<BYTES, V> {
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

shown_as!([const BYTES: usize, V: Countable] CounterWithExemplar<BYTES, V>, self => self.counter);

/// A [`Histogram`] that keeps the last exemplar of each bucket, of at most `BYTES` bytes of label names and values and one byte
/// for each of them.
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
    /// A histogram of nothing.
    #[track_caller]
    pub const fn new() -> Self {
        Self { histogram: Histogram::new(), exemplars: [const { Kept::NEW }; N], beyond: Kept::NEW }
    }

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

    /// The histogram without its exemplars.
    pub fn histogram(&self) -> &Histogram<B, N> {
        &self.histogram
    }

    fn kept(&self, bucket: usize) -> &Kept<B::Value, BYTES> {
        self.exemplars.get(bucket).unwrap_or(&self.beyond)
    }
}

impl<B: Buckets, const N: usize, const BYTES: usize> BucketExemplars for HistogramWithExemplars<B, N, BYTES> {
    fn show(&self, bucket: usize, see: &mut dyn FnMut(&Exemplar<'_>)) {
        self.kept(bucket).show(B::PER_UNIT, see);
    }
}

impl<B: Buckets, const N: usize, const BYTES: usize> Default for HistogramWithExemplars<B, N, BYTES> {
    fn default() -> Self {
        Self::new()
    }
}

impl<B: Buckets, const N: usize, const BYTES: usize> Zeroed for HistogramWithExemplars<B, N, BYTES> {
    const INIT: Self = Self::new();
}

impl<B: Buckets, const N: usize, const BYTES: usize> Cell for HistogramWithExemplars<B, N, BYTES> {
    const KIND: Kind = Kind::Histogram;
    const RESERVED_LABEL: &'static str = "le";

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        self.histogram.encode_with(Some(self), series)
    }

    fn restart(&self) {
        self.histogram.forget();
        self.exemplars.iter().chain([&self.beyond]).for_each(Kept::forget);
    }
}

shown_as!([B: Buckets, const N: usize, const BYTES: usize] HistogramWithExemplars<B, N, BYTES>, self => self.histogram);

/// Error returned by [`CounterWithExemplar::inc_with`] and [`HistogramWithExemplars::observe_with`]. Nothing was counted.
///
/// ```
/// use picometer::{CounterWithExemplar, ExemplarError};
///
/// let counter = CounterWithExemplar::<16>::new();
/// assert_eq!(
///     counter.inc_with(&[("trace_id", "KOO5S4vxi0o")], None),
///     Err(ExemplarError::NoRoom)
/// );
/// assert_eq!(counter.get(), 0);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ExemplarError {
    /// More than 128 characters in all names and values together.
    TooLong,
    /// More bytes than this cell can keep.
    NoRoom,
    /// A label name that is empty, reserved or not in the legacy character set.
    Label(LabelError),
    /// A label name twice.
    Repeated,
    /// The amount is negative or NaN.
    NotGrowth,
}

impl core::fmt::Display for ExemplarError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::TooLong => f.write_str("the labels of an exemplar have at most 128 characters in all: shorten them"),
            Self::NoRoom => f.write_str("the labels of the exemplar do not fit the bytes that its metric keeps: enlarge `BYTES`"),
            Self::Label(error) => write!(f, "a label of the exemplar: {error}"),
            Self::Repeated => f.write_str("a label of the exemplar is given twice: leave one out"),
            Self::NotGrowth => f.write_str("a counter grows by finite amounts from 0 on: use a gauge for what also falls"),
        }
    }
}

__speaks!(ExemplarError);
impl core::error::Error for ExemplarError {}

/// Whether labels are fit for an exemplar that keeps `room` bytes.
#[doc(hidden)]
#[allow(clippy::missing_errors_doc, reason = "not for the public")]
pub fn check(labels: &[(&str, &str)], room: usize) -> Result<(), ExemplarError> {
    let (mut characters, mut bytes, mut countable) = (0, 0, true);
    for (index, &(name, value)) in labels.iter().enumerate() {
        Label::try_new(name, value).map_err(ExemplarError::Label)?;
        if labels.iter().take(index).any(|&(before, _)| before == name) {
            return Err(ExemplarError::Repeated);
        }
        characters += name.chars().count() + value.chars().count();
        bytes += name.len() + value.len() + 2;
        countable &= name.len().max(value.len()) <= usize::from(u8::MAX);
    }
    match () {
        () if characters > 128 => Err(ExemplarError::TooLong),
        () if bytes > room || !countable => Err(ExemplarError::NoRoom),
        () => Ok(()),
    }
}

/// The length of the labels of an exemplar that was forgotten.
const NONE: u32 = u32::MAX;

/// One exemplar. A writer that meets another one leaves its own out; a reader that meets one, or was overtaken by one, shows none.
struct Kept<V: Value, const BYTES: usize> {
    sequence: Sequence,
    value: V::Atomic,
    seconds: [AtomicU32; 2],
    /// `u32::MAX` for no timestamp.
    nanos: AtomicU32,
    /// Names and values in turn, each behind its length.
    bytes: [AtomicU8; BYTES],
    len: AtomicU32,
}

impl<V: Value, const BYTES: usize> Kept<V, BYTES> {
    #[allow(clippy::declare_interior_mutable_const, reason = "the initial value of statics")]
    const NEW: Self = Self {
        sequence: Sequence::new(),
        value: V::NEW,
        seconds: [const { AtomicU32::new(0) }; 2],
        nanos: AtomicU32::new(0),
        bytes: [const { AtomicU8::new(0) }; BYTES],
        len: AtomicU32::new(0),
    };

    fn keep(&self, labels: &[(&str, &str)], value: V, timestamp: Option<Timestamp>) {
        self.sequence.write(|| {
            let parts = labels.iter().flat_map(|&(name, value)| [name, value]);
            let bytes = parts.flat_map(|part| [part.len() as u8].into_iter().chain(part.bytes()));
            let mut len = 0;
            for (place, byte) in self.bytes.iter().zip(bytes) {
                place.store(byte, Ordering::Relaxed);
                len += 1;
            }
            self.len.store(len, Ordering::Relaxed);
            value.store(&self.value);
            let (seconds, nanos) = timestamp.map_or((0, u32::MAX), |moment| (moment.seconds(), moment.nanos()));
            let [high, low] = &self.seconds;
            high.store((seconds >> 32) as u32, Ordering::Relaxed);
            low.store(seconds as u32, Ordering::Relaxed);
            self.nanos.store(nanos, Ordering::Relaxed);
        });
    }

    /// Keeps none.
    fn forget(&self) {
        self.sequence.write(|| self.len.store(NONE, Ordering::Relaxed));
    }

    /// Calls `see` with the exemplar, if one exists and none is being written; its value is in units of `1 / per_unit`.
    fn show(&self, per_unit: u32, see: &mut dyn FnMut(&Exemplar<'_>)) {
        let Some((labels, value, moment)) = self.copy(per_unit) else { return };
        let exemplar = Exemplar::new(&labels, value);
        see(&moment.map_or(exemplar, |moment| exemplar.at(moment)));
    }

    /// The exemplar, if one exists and none is being written.
    #[inline]
    fn copy(&self, per_unit: u32) -> Option<(Copied<BYTES>, Number, Option<Timestamp>)> {
        let found = self.sequence.read(|| {
            let bytes = self.bytes.each_ref().map(|byte| byte.load(Ordering::Relaxed));
            let labels = Copied { bytes, len: self.len.load(Ordering::Relaxed) as usize };
            let [high, low] = self.seconds.each_ref().map(|half| half.load(Ordering::Relaxed));
            (labels, V::load(&self.value), high, low, self.nanos.load(Ordering::Relaxed))
        });
        let (labels, value, high, low, nanos) = found.filter(|(labels, ..)| labels.len != NONE as usize)?;
        let seconds = (u64::from(high) << 32 | u64::from(low)) as i64;
        let value = if per_unit == 1 { value.number() } else { value.scaled_number(per_unit) };
        Some((labels, value, (nanos != u32::MAX).then(|| Timestamp::new(seconds, nanos))))
    }
}

/// The labels of an exemplar as they were read.
struct Copied<const BYTES: usize> {
    bytes: [u8; BYTES],
    len: usize,
}

impl<const BYTES: usize> LabelSet for Copied<BYTES> {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        let mut rest = self.bytes.get(..self.len)?;
        let mut part = || {
            let (&len, behind) = rest.split_first()?;
            let (part, behind) = behind.split_at_checked(usize::from(len))?;
            rest = behind;
            core::str::from_utf8(part).ok()
        };
        for _ in 0..index {
            part()?;
            part()?;
        }
        Some(Label { name: part()?, value: part()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
