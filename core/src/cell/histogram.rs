//! Histograms, and gauge histograms.

use core::cmp::Ordering;
use core::marker::PhantomData;

use crate::atomic::Uint;
use crate::cell::{Cell, Zeroed};
use crate::desc::Kind;
use crate::encode::{Bounds, BucketExemplars, HistogramPoint, PointValue, SeriesEncoder, Stop};
use crate::number::Number;
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
                const fn is_finite(bound: $value) -> bool {
                    $finite(bound)
                }
                assert!(!bounds.is_empty(), "a histogram needs a bucket besides +Inf");
                let mut at = 0;
                while at < bounds.len() {
                    assert!(is_finite(bounds[at]), "bucket bounds must be finite; +Inf comes by itself");
                    assert!(at == 0 || bounds[at - 1] < bounds[at], "bucket bounds must rise");
                    at += 1;
                }
                Self(bounds)
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
    ($($(#[$meta:meta])* $vis:vis $name:ident : $value:ident $(/ $per_unit:literal)? = [$($bound:expr),+ $(,)?]);+ $(;)?) => {$(
        $(#[$meta])*
        $vis enum $name {}

        impl $crate::Buckets for $name {
            type Value = $value;
            const BOUNDS: $crate::UpperBounds<$value> = $crate::UpperBounds::<$value>::new(&[$($bound),+]);
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
    pub const fn new() -> Self {
        const { assert!(N == B::BOUNDS.0.len(), "the N of the histogram is not the number of its bounds") };
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
    const RESERVED_LABEL: &'static str = "le";

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        self.encode_with(None, series)
    }

    fn restart(&self) {
        self.forget();
    }
}

shown_as!([B: Buckets, const N: usize] Histogram<B, N>, self => "{} observations, sum {}", self.count(), self.sum().text().as_str());

/// A distribution as it is now, which shrinks too: the ages of the items in a queue, the sizes of open files.
///
/// Kept as two histograms, of what came and of what went, so it takes twice the memory of one.
///
/// Only OpenMetrics has gauge histograms. Text shows the buckets as a histogram, and count and sum as gauges of their own at the
/// end of the page, which are of the moment when they are written.
///
/// ```
/// use picometer::{Desc, GaugeHistogram, Metric, buckets};
///
/// buckets! { FileBytes: u32 = [1_024, 65_536]; }
///
/// static OPEN: Metric<GaugeHistogram<FileBytes, 2>> =
///     Metric::new(&Desc::gauge_histogram("open_file_bytes", "Sizes of open files."));
/// OPEN.insert(700);
/// OPEN.insert(9_000);
/// OPEN.remove(700);
/// assert_eq!(OPEN.count(), 1);
/// ```
pub struct GaugeHistogram<B: Buckets, const N: usize> {
    came: Histogram<B, N>,
    went: Histogram<B, N>,
}

impl<B: Buckets, const N: usize> GaugeHistogram<B, N> {
    /// A distribution of nothing.
    pub const fn new() -> Self {
        Self { came: Histogram::new(), went: Histogram::new() }
    }

    /// A value joins the distribution.
    #[inline]
    pub fn insert(&self, value: B::Value) {
        self.came.count_in(value);
    }

    /// A value that was inserted leaves it.
    #[inline]
    pub fn remove(&self, value: B::Value) {
        self.went.count_in(value);
    }

    /// How many values are in it.
    pub fn count(&self) -> u64 {
        let now = self.read();
        now.counts.iter().fold(now.beyond.into(), |total, &count| total + u64::from(count))
    }

    pub(crate) fn encode_with(&self, exemplars: Option<&dyn BucketExemplars>, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        encode::<B, N>(&self.read(), exemplars, series)
    }

    pub(crate) fn forget(&self) {
        self.came.forget();
        self.went.forget();
    }

    fn read(&self) -> Counted<Total<B>, N> {
        // What went is read first: whatever is in it had come by the time that what came is read.
        let went = self.went.read();
        let mut now = self.came.read();
        now.counts.iter_mut().zip(went.counts).for_each(|(count, went)| *count = left(*count, went));
        now.beyond = left(now.beyond, went.beyond);
        // Two sums of the same values, added up in another order, may differ by what they were rounded.
        let nothing = now.beyond == 0 && now.counts.iter().all(|&count| count == 0);
        now.sum = <<B::Value as Stored>::Sum as Sum<B::Value>>::difference(if nothing { went.sum } else { now.sum }, went.sum);
        now
    }
}

/// How many are left of those that came. Both counts wrap around, the one before the other; more that went than came, which is a
/// mistake of the program, are none.
fn left(came: Uint, went: Uint) -> Uint {
    let left = came.wrapping_sub(went);
    if left > Uint::MAX / 2 { 0 } else { left }
}

impl<B: Buckets, const N: usize> Default for GaugeHistogram<B, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<B: Buckets, const N: usize> Zeroed for GaugeHistogram<B, N> {
    const INIT: Self = Self::new();
}

impl<B: Buckets, const N: usize> Cell for GaugeHistogram<B, N> {
    const KIND: Kind = Kind::GaugeHistogram;
    const RESERVED_LABEL: &'static str = "le";

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        self.encode_with(None, series)
    }

    fn restart(&self) {
        self.forget();
    }
}

shown_as!([B: Buckets, const N: usize] GaugeHistogram<B, N>, self => "{} values", self.count());

#[cfg(test)]
mod tests {
    use super::*;

    buckets! { Small: f64 = [-1.0, 0.0, 2.5]; Many: i32 = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]; }

    #[test]
    fn bounds_are_inclusive() {
        let bucket = Histogram::<Small, 3>::bucket_of;
        assert_eq!([-2.0, -1.0, -0.5, 0.0, 2.5, 2.6, f64::INFINITY, f64::NAN, f64::NEG_INFINITY].map(bucket), [0, 0, 1, 1, 2, 3, 3, 3, 0]);
        let bucket = Histogram::<Many, 18>::bucket_of;
        assert_eq!([i32::MIN, 1, 2, 17, 18, 19, i32::MAX].map(bucket), [0, 0, 1, 16, 17, 18, 18]);
    }

    #[test]
    fn nan_is_counted_beyond_and_left_out_of_the_sum() {
        let histogram = Histogram::<Small, 3>::new();
        histogram.observe(1.5);
        histogram.observe(f64::NAN);
        assert_eq!((histogram.count(), histogram.sum().as_f64()), (2, 1.5));
        assert_eq!(histogram.read().beyond, 1);
    }

    /// Both wrap around, the one before the other.
    #[test]
    fn gauge_histogram_is_right_where_counts_wrap() {
        let now = GaugeHistogram::<Small, 3>::new();
        now.came.tally.counted(&[Uint::MAX - 1, 7, 0], 0);
        now.went.tally.counted(&[Uint::MAX - 1, 4, 0], 0);
        (0..5).for_each(|_| now.insert(-3.0));
        assert_eq!((now.read().counts, now.count()), ([5, 3, 0], 8));
        (0..4).for_each(|_| now.remove(-3.0));
        assert_eq!((now.read().counts, now.count()), ([1, 3, 0], 4));
    }

    #[test]
    fn buckets_begin_again_before_they_wrap() {
        let histogram = Histogram::<Small, 3>::new();
        histogram.tally.counted(&[Uint::MAX / 2 - 18, 2, 3], 4);
        let mut last = histogram.read();
        for _ in 0..20 {
            histogram.observe(2.0);
            let read = histogram.read();
            let (before, after) = (last.counts[2], read.counts[2]);
            // As a server sees it: each series has one more, or all of them are 0 but for this one.
            let restarted = read.counts == [0, 0, 1] && read.beyond == 0;
            assert!(
                restarted || (after == before + 1 && read.counts[..2] == last.counts[..2] && read.beyond == last.beyond),
                "{:?}",
                read.counts
            );
            last = read;
        }
        assert_eq!((last.counts[0], last.counts[1], last.beyond), (0, 0, 0));
        assert!(last.counts[2] > 10 && last.sum == 40.0, "the sum goes on");
    }

    #[test]
    fn a_gauge_histogram_forgets() {
        let now = GaugeHistogram::<Small, 3>::new();
        now.insert(1.0);
        now.insert(2.0);
        now.insert(99.0);
        now.remove(2.0);
        now.remove(99.0);
        let read = now.read();
        assert_eq!((read.counts, read.beyond, read.sum), ([0, 0, 1], 0, 1.0));
    }

    #[test]
    fn nothing_has_no_sum() {
        let now = GaugeHistogram::<Small, 3>::new();
        [0.1, 0.2, 0.3].into_iter().for_each(|value| now.insert(value));
        [0.3, 0.2, 0.1].into_iter().for_each(|value| now.remove(value));
        assert_ne!(0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1, "else this says nothing");
        assert_eq!(now.read().sum, 0.0);
    }

    #[test]
    fn what_is_left_is_right_when_counts_wrap_around() {
        assert_eq!((left(7, 5), left(5, 5)), (2, 0));
        assert_eq!(left(4, Uint::MAX - 5), 10);
        assert_eq!(left(5, 7), 0, "more went than came");
    }

    #[test]
    fn reads_are_consistent_while_observations_go_on() {
        let histogram = Histogram::<Small, 3>::new();
        let done = core::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..crate::tests::MANY {
                    histogram.observe(2.0);
                    // Somebody who never pauses leaves no moment between two observations to a reader on the same core.
                    core::hint::spin_loop();
                }
                done.store(true, core::sync::atomic::Ordering::Relaxed);
            });
            while !done.load(core::sync::atomic::Ordering::Relaxed) {
                let read = histogram.read();
                let counted = read.counts.iter().sum::<crate::Uint>() + read.beyond;
                assert!(read.sum >= 2.0 * counted as f64, "an observation is counted whose value is not in the sum");
            }
        });
        assert_eq!((histogram.count(), histogram.sum().as_f64()), (crate::tests::MANY, 2.0 * crate::tests::MANY as f64));
    }
}
