//! Native histograms: exponential buckets that are there only where something was counted.

pub(crate) mod scale;
pub(crate) mod table;

use crate::cell::{Cell, Zeroed};
use crate::desc::Kind;
use crate::encode::{Exemplar, HistogramPoint, NativeBucket, NativeHistogramPoint, PointValue, SeriesEncoder, Stop};
use crate::number::Number;
use crate::rule::expect;
use crate::value::{Float, Sum, Value};
pub use scale::Scale;
pub use table::{Plan, Read, Slot, State, Table};

/// 2⁻¹²⁸, up to which values count as zero: a bound at every resolution.
pub(crate) const ZERO_THRESHOLD: f64 = 2.938_735_877_055_719e-39;

/// Observations counted in exponential buckets, of which a server makes any quantile, with an error that is known beforehand.
///
/// No bounds are chosen: the buckets lie side by side over the whole range of a double, and those are kept that counted
/// something. `SCHEMA` is the resolution: bounds grow by the factor 2^(2^−`SCHEMA`), at 3, as here, by 9 %.
///
/// | schema | −4 | −2 | 0 | 1 | 2 | 3 | 4 | 5 | 6 | 8 |
/// |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
/// | a bucket's width, in percent of its lower bound | 6553500 | 1500 | 100 | 41 | 19 | 9 | 4.4 | 2.2 | 1.1 | 0.27 |
///
/// There are `N` places of 8 bytes, from 16 on. When more than 7/8 of them are taken, the resolution is halved, as often
/// as it takes; below schema −4, which 75 places serve over the whole range of each sign, the zero bucket is widened. No count is
/// ever lost. Values up to 2⁻¹²⁸ on either side of zero are counted in the zero bucket; NaN is counted, in no bucket, and left out
/// of the sum.
///
/// Goes into protobuf; text formats show `+Inf`, sum and count. Needs 64-bit atomics or feature `critical-section`, and takes
/// 16 bytes of stack a place while it is exposed.
///
/// ```
/// use picometer::{Desc, Metric, NativeHistogram, Scaled};
///
/// /// Observed in microseconds, exposed in seconds.
/// static WAIT: Metric<NativeHistogram<Scaled<u32, 1_000_000>>> =
///     Metric::new(&Desc::histogram("wait_seconds", "How long it waits."));
/// WAIT.observe(Scaled(1_200));
/// WAIT.observe(Scaled(0));
/// assert_eq!(WAIT.count(), 2);
/// assert_eq!(WAIT.sum().text(), "0.0012");
/// ```
pub struct NativeHistogram<V: Value = Float, const N: usize = 64, const SCHEMA: i8 = 3> {
    state: State,
    slots: [Slot; N],
    sum: V::Sum,
}

impl<V: Value, const N: usize, const SCHEMA: i8> NativeHistogram<V, N, SCHEMA> {
    const PLAN: Plan =
        Plan { scale: Scale::new(SCHEMA), zero_threshold: ZERO_THRESHOLD, max_zero_threshold: ZERO_THRESHOLD, limit: (N - N / 8) as u32 };

    /// A histogram of nothing.
    #[track_caller]
    pub const fn new() -> Self {
        // In a constant an error at the caller's place, which a block of constants does not have.
        expect(Self::FAULT);
        Self::of_size()
    }

    const fn of_size() -> Self {
        const { expect(Self::FAULT) };
        Self { state: State::NEW, slots: [const { Slot::FREE }; N], sum: <V::Sum as Sum<V>>::NEW }
    }

    fn table(&self) -> Table<'_> {
        Table { state: &self.state, slots: &self.slots }
    }

    /// Counts a value, and adds it to the sum.
    ///
    /// Three atomic updates, no lock, nothing to wait for, from tasks and interrupts alike; more where the resolution has to be
    /// lowered, which happens eleven times in the life of a histogram at most.
    #[inline]
    pub fn observe(&self, value: V) {
        let (negative, magnitude) = value.magnitude();
        self.table().observe(&Self::PLAN, negative, magnitude, || self.sum.add(value));
    }

    fn read(&self, buckets: &mut [NativeBucket]) -> Read<<V::Sum as Sum<V>>::Total> {
        self.table().read(&Self::PLAN, buckets, || self.sum.total())
    }

    pub(crate) fn forget(&self) {
        self.table().clear();
        self.sum.forget();
    }

    /// How many values were observed.
    pub fn count(&self) -> u64 {
        self.read(&mut [NativeBucket::default(); N]).count
    }

    /// Their sum.
    pub fn sum(&self) -> Number {
        V::sum_number(self.read(&mut [NativeBucket::default(); N]).sum, 1)
    }

    pub(crate) fn encode_with(&self, exemplars: &[Exemplar<'_>], series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        let mut buckets = [NativeBucket::default(); N];
        let read = self.read(&mut buckets);
        show(&read, &buckets, Some(V::sum_number(read.sum, 1)), exemplars, series)
    }

    /// The resolution of now.
    pub fn schema(&self) -> i8 {
        self.read(&mut [NativeBucket::default(); N]).schema
    }
}

impl<V: Value, const N: usize, const SCHEMA: i8> Default for NativeHistogram<V, N, SCHEMA> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: Value, const N: usize, const SCHEMA: i8> Zeroed for NativeHistogram<V, N, SCHEMA> {
    const INIT: Self = Self::new();
}

impl<V: Value, const N: usize, const SCHEMA: i8> Cell for NativeHistogram<V, N, SCHEMA> {
    const KIND: Kind = Kind::Histogram;
    const FAULT: Option<&'static str> = if N < 16 || N > 65_536 {
        Some("a native histogram has from 16 to 65,536 places")
    } else if SCHEMA < scale::LOWEST || SCHEMA > scale::HIGHEST {
        Some("the schema is from -4 to 8")
    } else {
        None
    };
    const RESERVED_LABEL: &'static str = "le";

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        self.encode_with(&[], series)
    }

    fn restart(&self) {
        self.forget();
    }
}

/// Hands what was read to an encoder, without classic buckets.
fn show<T>(
    read: &Read<T>,
    buckets: &[NativeBucket],
    sum: Option<Number>,
    exemplars: &[Exemplar<'_>],
    series: &mut SeriesEncoder<'_, '_>,
) -> Result<(), Stop> {
    let beyond = read.count as crate::atomic::Uint;
    let (positive, negative) = read.sides(buckets);
    series.value(PointValue::NativeHistogram(&NativeHistogramPoint {
        classic: HistogramPoint { counts: &[], beyond, sum, bounds: &[0.0; 0], exemplars: None },
        schema: read.schema,
        zero_threshold: read.zero_threshold,
        zero_count: read.zero_count,
        positive,
        negative,
        exemplars,
    }))
}

shown_as!([V: Value, const N: usize, const SCHEMA: i8] NativeHistogram<V, N, SCHEMA>, self => "{} observations", self.count());

#[cfg(test)]
mod tests;
