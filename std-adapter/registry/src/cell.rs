//! Cells that are made when the program runs.

pub(crate) mod buckets;
pub(crate) mod callback;
pub(crate) mod config;
pub(crate) mod counter;
pub(crate) mod created;
pub(crate) mod exemplar;
pub(crate) mod gauge;
pub(crate) mod histogram;
pub(crate) mod info;
mod local;
pub(crate) mod native;
pub(crate) mod quantiles;
mod queues;
mod search;
pub(crate) mod states;
mod stored;
pub(crate) mod summary;
pub(crate) mod total;

pub(crate) use local::{COLUMN, LocalTally, MANY, Observations, are_many, column, fold_ended};

use std::time::{SystemTime, UNIX_EPOCH};

use picometer::{Cell, Number, SeriesEncoder, Stop, Timestamp, Zeroed};

use crate::desc::MetricError;

/// A [`Cell`] that a [`Metric`](crate::Metric) or a [`Family`](crate::Family) makes, from a configuration that all series share.
///
/// Every cell that starts at nothing is one, with `()`. Implement it for a type of your own to have families of it.
///
/// ```
/// use picometer_std::{BucketBounds, Histogram, FromConfig};
///
/// let histogram = Histogram::make(&BucketBounds::new([0.1, 1.0])?);
/// histogram.observe(0.5);
/// # Ok::<(), picometer_std::BucketError>(())
/// ```
#[doc(alias("Make"))]
pub trait FromConfig: Cell + Sized + 'static {
    /// What it is made from.
    type Config: Clone + Default + Send + Sync + 'static;

    /// A cell at its start.
    fn make(config: &Self::Config) -> Self;

    /// Whether cells can be made of this.
    ///
    /// # Errors
    ///
    /// What is wrong with it; [`Registry::register`](crate::Registry::register) passes it on.
    fn check(_: &Self::Config) -> Result<(), MetricError> {
        Ok(())
    }

    /// The cell at its start, of types that need nothing made for it: a static is one at once.
    #[doc(hidden)]
    #[allow(clippy::declare_interior_mutable_const, reason = "the initial value of statics")]
    const START: Option<Self> = None;

    /// Where its number is among those that a page reads in columns, for counters; and of which generation.
    #[doc(hidden)]
    fn place(&self) -> Option<(u32, u64)> {
        None
    }

    /// Reads the numbers of cells at such places, of such generations. The places may be a row.
    #[doc(hidden)]
    fn column(_: &[u32], _: &[u64], _: bool, _: &mut [u64]) {}

    /// What such a read gives of this cell by itself.
    #[doc(hidden)]
    fn bits(&self) -> u64 {
        0
    }

    /// The number of a cell with a [`place`](Self::place), from what was read there.
    #[doc(hidden)]
    fn number_of(_: u64) -> Option<Number> {
        None
    }

    /// Its observations, if a page may read those of many cells at once.
    #[doc(hidden)]
    #[allow(private_interfaces, reason = "for cells of this crate")]
    fn observations(&self) -> Option<&LocalTally> {
        None
    }

    /// Encodes it, of which these observations were read so: how many in each bucket, and their sum.
    #[doc(hidden)]
    fn encode_observed(&self, _: &[u64], _: f64, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        self.encode(series)
    }

    /// Whether it has a value without a function that reads one.
    #[doc(hidden)]
    const HAS_VALUE: bool = true;

    /// The series was taken off the pages: other processes are not to see it either.
    #[doc(hidden)]
    fn removed(&self) {}
}

impl<C: Zeroed + 'static> FromConfig for C {
    type Config = ();

    fn make((): &()) -> Self {
        C::INIT
    }
}

/// The moment by the clock of the system; none where that stands before the epoch.
pub(crate) fn now() -> Option<Timestamp> {
    let passed = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp::new(i64::try_from(passed.as_secs()).ok()?, passed.subsec_nanos()))
}
