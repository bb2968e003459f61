//! Which cells take durations, and in which numbers.

use std::time::Duration;

use picometer::{Buckets, Quantiles, Scaled, Value};

use super::timer::ObserveDuration;
use crate::cell::exemplar::histogram::HistogramWithExemplars;
use crate::cell::gauge::Gauge;
use crate::cell::histogram::Histogram;
use crate::cell::native::NativeHistogram;
use crate::cell::quantiles::QuantileSummary;
use crate::cell::summary::Summary;

macro_rules! cells {
    ($($cell:ty: $method:ident;)*) => {$(
        impl ObserveDuration for $cell {
            #[inline]
            fn observe_duration(&self, duration: Duration) {
                self.$method(duration.as_secs_f64());
            }
        }
    )*};
}

cells! {
    Histogram: observe;
    HistogramWithExemplars: observe;
    NativeHistogram: observe;
    QuantileSummary: observe;
    Summary: observe;
    Gauge<f64>: set;
    picometer::Gauge<f64>: set;
}

/// A number of seconds, or of ticks of which there are so many in a second.
pub trait Ticks: Value {
    /// Integers round down, and stop at the end of their range.
    fn of(duration: Duration, per_second: u32) -> Self;
}

macro_rules! ticks {
    ($($float:ty),*; $($integer:ty),*) => {
        $(impl Ticks for $float {
            fn of(duration: Duration, per_second: u32) -> Self {
                (duration.as_secs_f64() * f64::from(per_second)) as Self
            }
        })*
        $(impl Ticks for $integer {
            fn of(duration: Duration, per_second: u32) -> Self {
                let ticks = duration.as_nanos().saturating_mul(per_second.into()) / 1_000_000_000;
                Self::try_from(ticks).unwrap_or(Self::MAX)
            }
        })*
    };
}

ticks!(f32, f64; u32, i32, u64, i64);

impl<V: Ticks, const PER_UNIT: u32> Ticks for Scaled<V, PER_UNIT>
where
    Self: Value,
{
    fn of(duration: Duration, per_second: u32) -> Self {
        Self(V::of(duration, per_second.saturating_mul(PER_UNIT)))
    }
}

/// Those of the core, as they stand in statics.
macro_rules! statics {
    ($([$($generics:tt)*] $cell:ty, $per_second:expr;)*) => {$(
        impl<$($generics)*> ObserveDuration for $cell {
            #[inline]
            fn observe_duration(&self, duration: Duration) {
                self.observe(Ticks::of(duration, $per_second));
            }
        }
    )*};
}

statics! {
    [B: Buckets<Value: Ticks>, const N: usize] picometer::Histogram<B, N>, B::PER_UNIT;
    [B: Buckets<Value: Ticks>, const N: usize, const BYTES: usize] picometer::HistogramWithExemplars<B, N, BYTES>, B::PER_UNIT;
    [V: Ticks] picometer::Summary<V>, 1;
    [V: Ticks, const N: usize, const SCHEMA: i8] picometer::NativeHistogram<V, N, SCHEMA>, 1;
    [const E: usize, const BYTES: usize, V: Ticks, const N: usize, const SCHEMA: i8]
        picometer::NativeHistogramWithExemplars<E, BYTES, V, N, SCHEMA>, 1;
    [Q: Quantiles, V: Ticks, const N: usize, const AGES: usize, const SCHEMA: i8]
        picometer::SummaryWithQuantiles<Q, V, N, AGES, SCHEMA>, 1;
}

#[cfg(test)]
mod tests {
    use super::*;
    use picometer::buckets;

    buckets! { Micros: u32 / 1_000_000 = [100, 1_000]; }

    #[test]
    fn durations_are_in_the_ticks_of_the_cell() {
        let took = Duration::from_micros(1_500);
        assert_eq!(u32::of(took, 1_000_000), 1_500);
        assert_eq!(u64::of(took, 1), 0);
        assert_eq!(i32::of(Duration::MAX, 1_000), i32::MAX);
        assert_eq!(f64::of(took, 1), 0.0015);
        assert_eq!(Scaled::<u32, 1_000>::of(took, 1), Scaled(1));

        let histogram = picometer::Histogram::<Micros, 2>::new();
        histogram.observe_duration(Duration::from_micros(900));
        assert_eq!((histogram.count(), histogram.sum().as_f64()), (1, 0.0009));
        let summary = QuantileSummary::default();
        summary.observe_duration(took);
        assert_eq!(summary.count(), 1);
    }
}
