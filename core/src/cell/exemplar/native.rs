//! Native histograms that keep some exemplars.

use super::kept::{Copied, Kept};
use super::{ExemplarError, check};
use crate::cell::native::NativeHistogram;
use crate::cell::{Cell, Zeroed};
use crate::desc::Kind;
use crate::encode::{Exemplar, SeriesEncoder, Stop};
use crate::number::Number;
use crate::rule::expect;
use crate::time::Timestamp;
use crate::value::{Float, Value};

/// A [`NativeHistogram`] that keeps `E` exemplars, of at most `BYTES` bytes of label names and values and one byte for each of
/// them.
///
/// They are spread over the range: an exemplar takes the place of the last one among values of the same power of two. Powers that are
/// a multiple of `E` apart share a place. Servers take none without a timestamp, so each has one.
///
/// ```
/// use picometer::{Desc, Metric, NativeHistogramWithExemplars, Scaled, Timestamp};
///
/// type Wait = NativeHistogramWithExemplars<4, 32, Scaled<u32, 1_000_000>>;
/// static WAIT: Metric<Wait> =
///     Metric::new(&Desc::histogram("wait_seconds", "How long it waits."));
/// WAIT.observe_with(
///     Scaled(1_200),
///     &[("task", "radio")],
///     Timestamp::from_seconds(1_700_000_000),
/// )
/// .unwrap();
/// WAIT.observe(Scaled(30));
/// assert_eq!(WAIT.histogram().count(), 2);
/// ```
pub struct NativeHistogramWithExemplars<const E: usize, const BYTES: usize, V: Value = Float, const N: usize = 64, const SCHEMA: i8 = 3> {
    histogram: NativeHistogram<V, N, SCHEMA>,
    exemplars: [Kept<V, BYTES>; E],
}

impl<const E: usize, const BYTES: usize, V: Value, const N: usize, const SCHEMA: i8> NativeHistogramWithExemplars<E, BYTES, V, N, SCHEMA> {
    /// A histogram of nothing.
    #[track_caller]
    pub const fn new() -> Self {
        // In a constant an error at the caller's place, which a block of constants does not have.
        expect(Self::FAULT);
        Self::of_size()
    }

    const fn of_size() -> Self {
        const { expect(Self::FAULT) };
        Self { histogram: NativeHistogram::new(), exemplars: [const { Kept::NEW }; E] }
    }

    /// Counts a value; the exemplars stay.
    #[inline]
    pub fn observe(&self, value: V) {
        self.histogram.observe(value);
    }

    /// Counts a value, and points to where it came from. NaN has no exemplar.
    ///
    /// # Errors
    ///
    /// [`ExemplarError`] if the labels are not fit; then nothing is counted.
    pub fn observe_with(&self, value: V, labels: &[(&str, &str)], timestamp: Timestamp) -> Result<(), ExemplarError> {
        check(labels, BYTES)?;
        self.histogram.observe(value);
        let (_, magnitude) = value.magnitude();
        // The exponent: one place for each power of two, in turn.
        let power = (magnitude >> 52) as usize;
        if let Some(kept) = self.exemplars.get(power.checked_rem(E).unwrap_or(0)).filter(|_| magnitude <= 0x7ff << 52) {
            kept.keep(labels, value, Some(timestamp));
        }
        Ok(())
    }

    /// The histogram without its exemplars.
    pub fn histogram(&self) -> &NativeHistogram<V, N, SCHEMA> {
        &self.histogram
    }
}

impl<const E: usize, const BYTES: usize, V: Value, const N: usize, const SCHEMA: i8> Default
    for NativeHistogramWithExemplars<E, BYTES, V, N, SCHEMA>
{
    fn default() -> Self {
        Self::new()
    }
}

impl<const E: usize, const BYTES: usize, V: Value, const N: usize, const SCHEMA: i8> Zeroed
    for NativeHistogramWithExemplars<E, BYTES, V, N, SCHEMA>
{
    const INIT: Self = Self::new();
}

impl<const E: usize, const BYTES: usize, V: Value, const N: usize, const SCHEMA: i8> Cell
    for NativeHistogramWithExemplars<E, BYTES, V, N, SCHEMA>
{
    const KIND: Kind = Kind::Histogram;
    const FAULT: Option<&'static str> =
        if E < 1 || E > 64 { Some("a native histogram keeps from 1 to 64 exemplars") } else { NativeHistogram::<V, N, SCHEMA>::FAULT };
    const RESERVED_LABEL: &'static str = "le";

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        // Read before the buckets, so that what they point to is counted.
        let none = || (Copied { bytes: [0; BYTES], len: 0 }, Number::unsigned(0), None);
        let mut found = self.exemplars.each_ref().map(|_| none());
        let mut len = 0;
        for (labels, value, moment) in self.exemplars.iter().filter_map(|kept| kept.copy(1)) {
            if let (Some(place), Some(_)) = (found.get_mut(len), moment) {
                *place = (labels, value, moment);
                len += 1;
            }
        }
        let exemplars = found.each_ref().map(|(labels, value, moment)| {
            let exemplar = Exemplar::new(labels, *value);
            moment.map_or(exemplar, |moment| exemplar.at(moment))
        });
        self.histogram.encode_with(exemplars.get(..len).unwrap_or(&[]), series)
    }

    fn restart(&self) {
        self.histogram.forget();
        self.exemplars.iter().for_each(Kept::forget);
    }
}

shown_as!(
    [const E: usize, const BYTES: usize, V: Value, const N: usize, const SCHEMA: i8] NativeHistogramWithExemplars<E, BYTES, V, N, SCHEMA>,
    self => self.histogram
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collector::Collector;
    use crate::desc::Desc;
    use crate::encode::{Encoder, Point, PointValue};
    use crate::label::LabelSet;
    use crate::metric::Metric;
    use std::string::{String, ToString};
    use std::vec::Vec;

    struct Seen(Vec<(String, String)>);

    impl Encoder for Seen {
        fn run(&mut self) -> Option<&mut dyn crate::encode::Run> {
            None
        }

        fn begin(&mut self, _: &Desc<'_>) -> Result<bool, Stop> {
            Ok(true)
        }

        fn metric(&mut self, _: &Desc<'_>, _: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
            let PointValue::NativeHistogram(histogram) = &point.value else { panic!("no native histogram") };
            self.0 = histogram.exemplars.iter().map(|one| (one.labels.label(0).unwrap().value.into(), one.value.to_string())).collect();
            Ok(())
        }
    }

    #[test]
    fn exemplars_are_spread_over_the_range() {
        let metric = Metric::<NativeHistogramWithExemplars<4, 16, f64>>::new(const { &Desc::histogram("a", "") });
        let shown = || {
            let mut seen = Seen(Vec::new());
            metric.collect(&mut seen).unwrap();
            seen.0.sort();
            seen.0
        };
        assert!(shown().is_empty());
        let now = Timestamp::from_seconds(7);
        for (name, value) in [("a", 1.0), ("b", 1.5), ("c", 2.5), ("d", 5.0), ("e", f64::NAN), ("f", -5.5)] {
            metric.observe_with(value, &[("id", name)], now).unwrap();
        }
        assert_eq!(shown(), [("b", "1.5"), ("c", "2.5"), ("f", "-5.5")].map(|(name, value)| (name.into(), value.into())));
        assert_eq!(metric.observe_with(1.0, &[("id", "more than sixteen bytes")], now), Err(ExemplarError::NoRoom));
        assert_eq!(metric.histogram().count(), 6);
    }
}
