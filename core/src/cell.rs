//! Cells: an atomic, or a few, that turn into a point.

pub(crate) mod callback;
pub(crate) mod counter;
pub(crate) mod exemplar;
pub(crate) mod gauge;
pub(crate) mod histogram;
pub(crate) mod info;
#[cfg(all(feature = "protobuf", any(target_has_atomic = "64", feature = "critical-section")))]
pub(crate) mod native;
#[cfg(all(feature = "protobuf", any(target_has_atomic = "64", feature = "critical-section")))]
pub(crate) mod quantiles;
pub(crate) mod state_set;
pub(crate) mod summary;

use crate::desc::Kind;
use crate::encode::{SeriesEncoder, Stop};
use crate::number::Number;

/// The value of one metric: what a [`Metric`](crate::Metric) names and a [`Family`](crate::Family) keeps per label combination.
///
/// ```
/// use picometer::{Cell, Counter, Kind, Zeroed};
///
/// static BOOTS: Counter = Counter::INIT;
/// assert_eq!(<Counter as Cell>::KIND, Kind::Counter);
/// BOOTS.inc();
/// ```
pub trait Cell: Send + Sync {
    /// The type of family that this cell is the value of.
    const KIND: Kind;
    /// The label that samples of this cell have besides those of the metric: `le`, `quantile`, or none.
    const RESERVED_LABEL: &'static str = "";
    /// What is wrong with the constants of the type: so what is made of such cells says it at the place of its caller.
    #[doc(hidden)]
    const FAULT: Option<&'static str> = None;

    /// Hands the value of now to an encoder.
    ///
    /// # Errors
    ///
    /// [`Stop`], and only if the encoder said so.
    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop>;

    /// The number of now, of cells that hand an encoder a number and nothing else; then it may be taken this way, many in a row.
    #[inline]
    fn number(&self) -> Option<Number> {
        None
    }

    /// Goes back to where the cell started: for tests, through `Registry::reset` of `picometer-std`. Cells that only read a value
    /// have nothing to go back to, and need not implement it.
    ///
    /// What is counted by other threads at the same time may be forgotten, whole or in part.
    fn restart(&self) {}
}

/// A [`Cell`] of any type: collectors have one copy of their code for all cells.
pub(crate) trait AnyCell {
    fn encode_any(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop>;

    /// Firmware has no tests that share a process, and saves the entry of each table.
    #[cfg(not(target_os = "none"))]
    fn restart_any(&self);
}

impl<C: Cell> AnyCell for C {
    fn encode_any(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        self.encode(series)
    }

    #[cfg(not(target_os = "none"))]
    fn restart_any(&self) {
        self.restart();
    }
}

/// A cell that starts at nothing, so that a family can make one for each of its series.
///
/// ```
/// use picometer::{Gauge, Zeroed};
///
/// static LEVELS: [Gauge; 4] = [const { Gauge::INIT }; 4];
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no value to start with",
    label = "in `metrics!`, write `.read(function)` behind the name of a callback"
)]
pub trait Zeroed: Cell + Sized {
    /// The cell at its start.
    #[allow(clippy::declare_interior_mutable_const, reason = "the initial value of statics")]
    const INIT: Self;
}
