//! Summaries: count and sum.

use crate::cell::{Cell, Zeroed};
use crate::desc::Kind;
use crate::encode::{PointValue, SeriesEncoder, Stop, SummaryPoint};
use crate::number::Number;
use crate::tally::Tally;
use crate::value::{Float, Sum, Value};

/// Count and sum of observations, which divided give their mean. No quantiles.
///
/// Observes a [`Float`](crate::Float) unless told otherwise. Integers are summed in 64 bits. Count and sum always belong to the
/// same observations, also when a scrape comes in the middle of one. NaN and infinities are
/// counted, and left out of the sum.
///
/// ```
/// use picometer::Summary;
///
/// static REQUEST_BYTES: Summary<u32> = Summary::new();
/// REQUEST_BYTES.observe(120);
/// REQUEST_BYTES.observe(380);
/// assert_eq!(REQUEST_BYTES.count(), 2);
/// assert_eq!(REQUEST_BYTES.sum().as_u64(), Some(500));
/// ```
pub struct Summary<V: Value = Float> {
    tally: Tally<0>,
    sum: V::Sum,
}

impl<V: Value> Summary<V> {
    /// A summary of nothing.
    pub const fn new() -> Self {
        Self { tally: Tally::new(), sum: <V::Sum as Sum<V>>::NEW }
    }

    /// Counts a value and adds it to the sum.
    ///
    /// On a 32-bit target the count begins again at 0 after 2³² values, which a server takes for a restart. The sum has 64 bits and goes
    /// on; `rate` and `increase` of either are right, but for what was observed since the scrape before.
    #[inline]
    pub fn observe(&self, value: V) {
        self.tally.record(self.tally.bucket(0), || self.sum.add(value));
    }

    /// How many values were observed.
    pub fn count(&self) -> u64 {
        self.read().0
    }

    /// Their sum.
    pub fn sum(&self) -> Number {
        self.read().1
    }

    pub(crate) fn forget(&self) {
        self.tally.forget(|| Sum::<V>::forget(&self.sum));
    }

    pub(crate) fn read(&self) -> (u64, Number) {
        let read = self.tally.read(|| self.sum.total());
        (read.beyond.into(), V::sum_number(read.sum, 1))
    }
}

impl<V: Value> Default for Summary<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: Value> Zeroed for Summary<V> {
    const INIT: Self = Self::new();
}

impl<V: Value> Cell for Summary<V> {
    const KIND: Kind = Kind::Summary;
    const RESERVED_LABEL: &'static str = "quantile";

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        let (count, sum) = self.read();
        series.value(PointValue::Summary(SummaryPoint { quantiles: &[], count, sum }))
    }

    fn restart(&self) {
        self.forget();
    }
}

shown_as!([V: Value] Summary<V>, self => "{} observations, sum {}", self.count(), self.sum().text().as_str());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_wider_than_values() {
        let summary = Summary::<u32>::new();
        summary.observe(u32::MAX);
        summary.observe(u32::MAX);
        assert_eq!(summary.sum().as_u64(), Some(2 * u64::from(u32::MAX)));
        let summary = Summary::<i32>::new();
        summary.observe(i32::MIN);
        summary.observe(i32::MIN);
        assert_eq!(summary.sum().text(), "-4294967296");
    }

    #[test]
    fn nan_is_counted_and_left_out_of_the_sum() {
        let summary = Summary::<f64>::new();
        summary.observe(1.5);
        summary.observe(f64::NAN);
        assert_eq!((summary.count(), summary.sum().as_f64()), (2, 1.5));
    }
}
