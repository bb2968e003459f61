//! Histograms, and gauge histograms.

mod gauge;
pub mod rules;

pub use gauge::GaugeHistogram;
use rules::Fault;

use core::cmp::Ordering;
use core::marker::PhantomData;

use crate::cell::{Cell, Zeroed};
use crate::desc::Kind;
use crate::encode::{Bounds, BucketExemplars, HistogramPoint, PointValue, SeriesEncoder, Stop};
use crate::number::Number;
use crate::rule::{Sentence, expect};
use crate::tally::{Counted, Tally};
use crate::value::{Stored, Sum, Value};

/// The buckets of a histogram: what is observed, in which unit, and the upper bounds. Made by [`buckets!`](crate::buckets).
///
/// ```
/// use picometer::{Buckets, UpperBounds};
///
/// /// Observed in microseconds, exposed in seconds.
/// enum TransferSeconds {}
///
/// impl Buckets for TransferSeconds {
///     type Value = u32;
///     const BOUNDS: UpperBounds<u32> = UpperBounds::<u32>::new(&[100, 250, 1_000]);
///     const PER_UNIT: u32 = 1_000_000;
/// }
/// ```
pub trait Buckets: 'static {
    /// What is observed.
    type Value: Value;
    /// The upper bounds, inclusive, in ticks; `+Inf` comes by itself.
    const BOUNDS: UpperBounds<Self::Value>;
    /// How many ticks make the unit that is exposed: 1,000,000 where microseconds are observed and seconds shown.
    const PER_UNIT: u32 = 1;
}

/// Upper bounds that are known to rise. Made in constants, where a mistake is a compile error.
///
/// ```
/// use picometer::UpperBounds;
///
/// const SIZES: UpperBounds<u32> = UpperBounds::<u32>::new(&[64, 512, 1_514]);
/// assert_eq!(SIZES.as_slice().len(), 3);
/// ```
/// ```compile_fail
/// const BAD: picometer::UpperBounds<f32> = picometer::UpperBounds::<f32>::new(&[0.1, 0.1]);
/// ```
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct UpperBounds<V: 'static>(&'static [V]);

impl<V> UpperBounds<V> {
    /// The bounds.
    pub const fn as_slice(self) -> &'static [V] {
        self.0
    }
}

macro_rules! upper_bounds {
    ($($value:ty: $finite:expr),*) => {$(
        impl UpperBounds<$value> {
            /// Checks bounds.
            ///
            /// # Panics
            ///
            /// If there are none, if they do not rise, or if one is not finite; in a constant that is a compile error.
            pub const fn new(bounds: &'static [$value]) -> Self {
                match Self::fault(bounds) {
                    None => Self(bounds),
                    Some(fault) => panic!("{}", fault.message()),
                }
            }

            /// The rule that bounds break.
            #[doc(hidden)]
            pub const fn fault(bounds: &[$value]) -> Option<Fault> {
                const fn is_finite(bound: $value) -> bool {
                    $finite(bound)
                }
                if bounds.is_empty() {
                    return Some(Fault::Empty);
                }
                let mut at = 0;
                while at < bounds.len() {
                    if !is_finite(bounds[at]) {
                        return Some(Fault::NotFinite);
                    }
                    if at > 0 && bounds[at - 1] >= bounds[at] {
                        return Some(Fault::NotRising);
                    }
                    at += 1;
                }
                None
            }
        }
    )*};
}

upper_bounds!(u32: integer, u64: integer, i32: integer, i64: integer, f32: f32::is_finite, f64: f64::is_finite);

const fn integer<T: Copy>(_: T) -> bool {
    true
}

/// Declares the buckets of a histogram: what is observed, how many ticks make a unit, and the upper bounds.
///
/// ```
/// use picometer::{Desc, Histogram, Metric, buckets};
///
/// buckets! {
///     /// Microseconds, exposed as seconds.
///     pub TransferSeconds: u32 / 1_000_000 = [100, 250, 500, 1_000, 2_500, 5_000];
///     pub FrameBytes: u32 = [64, 512, 1_514];
/// }
///
/// static SECONDS: Metric<Histogram<TransferSeconds, 6>> =
///     Metric::new(&Desc::histogram("transfer_seconds", "How long transfers take."));
/// SECONDS.observe(1_200);
/// ```
///
/// Bounds that do not rise do not compile:
///
/// ```compile_fail
/// picometer::buckets! { Bad: u32 = [10, 5]; }
/// ```
#[macro_export]
macro_rules! buckets {
    ($($(#[$meta:meta])* $vis:vis $name:ident : $value:ident $(/ $per_unit:literal)? = $bounds:tt);+ $(;)?) => {$(
        // In front of the type, so that it is the first error.
        const _: () = {
            use $crate::__private::bounds;
            const FAULT: ::core::option::Option<bounds::Fault> = $crate::UpperBounds::<$value>::fault(&$bounds);
            bounds::not_empty::<$value, _, { bounds::keep(FAULT, bounds::Fault::Empty) }>($bounds);
            bounds::finite::<$value, _, { bounds::keep(FAULT, bounds::Fault::NotFinite) }>($bounds);
            bounds::rising::<$value, _, { bounds::keep(FAULT, bounds::Fault::NotRising) }>($bounds);
        };

        $(#[$meta])*
        $vis enum $name {}

        impl $crate::Buckets for $name {
            type Value = $value;
            const BOUNDS: $crate::UpperBounds<$value> = $crate::UpperBounds::<$value>::new(&$bounds);
            $(const PER_UNIT: u32 = $per_unit;)?
        }

        const _: $crate::UpperBounds<$value> = <$name as $crate::Buckets>::BOUNDS;
    )+};
}

/// Observations counted in buckets; `N` is the number of bounds.
///
/// Counts and sum always belong to the same observations, also when a scrape comes in the middle of one: see
/// [`observe`](Self::observe). `count` is the `+Inf` bucket, so the two cannot differ.
///
/// ```
/// use picometer::{Histogram, buckets};
///
/// buckets! { WaitSeconds: u32 / 1_000 = [5, 50, 500]; }
///
/// static WAIT: Histogram<WaitSeconds, 3> = Histogram::new();
/// WAIT.observe(7);
/// WAIT.observe(1_900);
/// assert_eq!(WAIT.count(), 2);
/// assert_eq!(WAIT.sum().text(), "1.907");
/// ```
///
/// A wrong `N` does not compile:
///
/// ```compile_fail
/// picometer::buckets! { WaitSeconds: u32 = [5, 50, 500]; }
/// static WAIT: picometer::Histogram<WaitSeconds, 4> = picometer::Histogram::new();
/// ```
pub struct Histogram<B: Buckets, const N: usize> {
    tally: Tally<N>,
    sum: <B::Value as Stored>::Sum,
}

type Total<B> = <<<B as Buckets>::Value as Stored>::Sum as Sum<<B as Buckets>::Value>>::Total;

impl<B: Buckets, const N: usize> Histogram<B, N> {
    /// A histogram of nothing.
    #[track_caller]
    pub const fn new() -> Self {
        // In a constant an error at the caller's place, which a block of constants does not have.
        expect(Self::FAULT);
        Self::of_length()
    }

    const RIGHT: &'static Sentence = &Sentence::new("the N of the histogram is not the number of its bounds: write ", B::BOUNDS.0.len());

    const fn of_length() -> Self {
        const { expect(Self::FAULT) };
        Self { tally: Tally::new(), sum: <<B::Value as Stored>::Sum as Sum<B::Value>>::NEW }
    }

    /// Counts a value in the bucket of the first bound that is not below it, and adds it to the sum.
    ///
    /// Three relaxed atomic additions, no lock, nothing to wait for: from tasks and interrupts alike. A scrape that meets an
    /// observation half-way reads again; only one that *interrupted* it cannot, and shows a sum that has the value already. NaN
    /// is counted beyond the last bound, and infinities in their bucket; both are left out of the sum.
    ///
    /// On a 32-bit target the buckets begin again at 0 when they have counted 2³¹ values in all. A server takes that for a restart, so
    /// that `rate` and `increase` of buckets and count are right, but for what was observed since the scrape before. The sum has 64
    /// bits and goes on.
    #[inline]
    pub fn observe(&self, value: B::Value) {
        self.tally.make_room();
        self.count_in(value);
    }

    /// The same with buckets that wrap around each by itself.
    #[inline]
    fn count_in(&self, value: B::Value) {
        self.tally.record(Self::find(value, |bucket| self.tally.bucket(bucket)), || self.sum.add(value));
    }

    /// The index of a value's bucket.
    #[inline]
    pub(crate) fn bucket_of(value: B::Value) -> usize {
        Self::find(value, |bucket| bucket)
    }

    /// What `of` has for the bucket of a value. It is asked in each branch, where the index is a constant.
    #[inline(always)]
    fn find<T>(value: B::Value, of: impl Fn(usize) -> T) -> T {
        let bounds = B::BOUNDS.0;
        if N > 16 {
            let within = |bound: &B::Value| matches!(value.partial_cmp(bound), Some(Ordering::Less | Ordering::Equal));
            return of(bounds.partition_point(|bound| !within(bound)));
        }
        // The bounds are constants here, two instructions each on a Cortex-M3; in a loop they were six. A NaN is not at or below any.
        macro_rules! each {
            ($($at:literal)*) => {$(
                match bounds.get($at) {
                    Some(&bound) if value <= bound => return of($at),
                    Some(_) => {}
                    None => return of(N),
                }
            )*};
        }
        each!(0 1 2 3 4 5 6 7);
        of(bounds.iter().skip(8).position(|&bound| value <= bound).map_or(N, |further| 8 + further))
    }

    /// How many values were observed.
    pub fn count(&self) -> u64 {
        let read = self.read();
        read.counts.iter().fold(read.beyond.into(), |total, &count| total + u64::from(count))
    }

    /// Their sum, in the exposed unit.
    pub fn sum(&self) -> Number {
        B::Value::sum_number(self.read().sum, B::PER_UNIT)
    }

    fn read(&self) -> Counted<Total<B>, N> {
        self.tally.read(|| self.sum.total())
    }

    pub(crate) fn forget(&self) {
        self.tally.forget(|| self.sum.forget());
    }

    pub(crate) fn encode_with(&self, exemplars: Option<&dyn BucketExemplars>, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        encode::<B, N>(&self.read(), exemplars, series)
    }
}

fn encode<B: Buckets, const N: usize>(
    read: &Counted<Total<B>, N>,
    exemplars: Option<&dyn BucketExemplars>,
    series: &mut SeriesEncoder<'_, '_>,
) -> Result<(), Stop> {
    let sum = Some(B::Value::sum_number(read.sum, B::PER_UNIT));
    let bounds = &BoundsOf::<B>::NEW;
    series.value(PointValue::Histogram(HistogramPoint { counts: &read.counts, beyond: read.beyond, sum, bounds, exemplars }))
}

struct BoundsOf<B>(PhantomData<B>);

impl<B> BoundsOf<B> {
    const NEW: Self = Self(PhantomData);
}

impl<B: Buckets> Bounds for BoundsOf<B> {
    fn bound(&self, index: usize) -> Option<Number> {
        B::BOUNDS.0.get(index).map(|bound| bound.scaled_number(B::PER_UNIT))
    }
}

impl<B: Buckets, const N: usize> Default for Histogram<B, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<B: Buckets, const N: usize> Zeroed for Histogram<B, N> {
    const INIT: Self = Self::new();
}

impl<B: Buckets, const N: usize> Cell for Histogram<B, N> {
    const KIND: Kind = Kind::Histogram;
    const FAULT: Option<&'static str> = if N == B::BOUNDS.0.len() { None } else { Some(Self::RIGHT.as_str()) };
    const RESERVED_LABEL: &'static str = "le";

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        self.encode_with(None, series)
    }

    fn restart(&self) {
        self.forget();
    }
}

shown_as!([B: Buckets, const N: usize] Histogram<B, N>, self => "{} observations, sum {}", self.count(), self.sum().text().as_str());

#[cfg(test)]
mod tests;
