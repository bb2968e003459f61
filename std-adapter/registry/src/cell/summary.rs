//! Summaries: count and sum.

use std::fmt;

use picometer::{Cell, Kind, PointValue, SeriesEncoder, Stop, SummaryPoint};

use super::FromConfig;
use super::local::LocalTally;

/// Count and sum of observations, which divided give their mean. No quantiles.
///
/// Count and sum always belong to the same observations. NaN and infinities are counted, and left out of the sum.
///
/// ```
/// use picometer_std::{Metric, Summary};
///
/// let sizes = Metric::<Summary>::new("request_bytes", "Sizes of requests.");
/// sizes.observe(120.0);
/// sizes.observe(380.0);
/// assert_eq!((sizes.count(), sizes.sum()), (2, 500.0));
/// ```
pub struct Summary(LocalTally);

impl Summary {
    /// A summary of nothing.
    pub fn new() -> Self {
        Self(LocalTally::new(1))
    }

    /// Counts a value and adds it to the sum.
    #[inline]
    pub fn observe(&self, value: f64) {
        self.0.record(0, value);
    }

    /// How many values were observed.
    pub fn count(&self) -> u64 {
        self.read().0
    }

    /// Their sum.
    pub fn sum(&self) -> f64 {
        self.read().1
    }

    /// Forgets all observations, as after a restart.
    pub fn reset(&self) {
        self.0.reset();
    }

    fn read(&self) -> (u64, f64) {
        let mut count = [0];
        let sum = self.0.read(&mut count);
        let [count] = count;
        (count, sum)
    }
}

impl Default for Summary {
    fn default() -> Self {
        Self::new()
    }
}

impl FromConfig for Summary {
    type Config = ();

    fn make((): &()) -> Self {
        Self::new()
    }

    fn removed(&self) {
        self.0.name().remove();
    }
}

impl Cell for Summary {
    const KIND: Kind = Kind::Summary;
    const RESERVED_LABEL: &'static str = "quantile";

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        self.0.show(
            Kind::Summary,
            || 0,
            series,
            |series| {
                let (count, sum) = self.read();
                series.value(PointValue::Summary(SummaryPoint { quantiles: &[], count, sum: sum.into() }))
            },
        )
    }

    fn restart(&self) {
        self.reset();
    }
}

impl fmt::Debug for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, sum) = self.read();
        f.debug_struct("Summary").field("count", &count).field("sum", &sum).finish()
    }
}
