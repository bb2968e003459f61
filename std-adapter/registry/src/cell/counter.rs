//! Counters.

use std::fmt;
use std::marker::PhantomData;

use picometer::{Cell, Kind, Monotonic, NotGrowth, Number, Scaled, SeriesEncoder, Stop};

use super::FromConfig;
use crate::shared::{Name, Show, Tags};
use sealed::Places;

/// A number that only goes up. Starts at 0.
///
/// Every thread counts in a place of its own. So an increment is a load, an addition and a store, however many threads count at
/// once; a read adds the places up. That takes eight bytes for each thread that counts, and a read visits each.
/// [`core::Counter`](picometer::Counter) is a single shared atomic: for very many counters that few threads touch, or one that is
/// incremented from signal handlers.
///
/// Counts in `u64` unless told otherwise: `Counter<f64>`, `Counter<Scaled<u64, 1_000_000>>`. Integers wrap around at their end;
/// floats stay at theirs.
///
/// An increment does not belong into a signal handler: the first one of a thread takes memory, and one that interrupts another can
/// be lost. A read does: it takes no lock.
///
/// ```
/// use picometer_std::Counter;
///
/// let frames: Counter = Counter::new();
/// std::thread::scope(|scope| {
///     scope.spawn(|| frames.inc());
///     frames.inc_by(2);
/// });
/// assert_eq!(frames.get(), 3);
/// ```
#[doc(alias("IntCounter"))]
pub struct Counter<V: CounterValue = u64> {
    cells: V::Cells,
    value: PhantomData<fn() -> V>,
}

/// What a [`Counter`] counts in: `u32`, `u64`, `f32`, `f64`, or one of the unsigned integers [`Scaled`].
///
/// ```
/// let joules = picometer_std::Counter::<f64>::new();
/// joules.inc_by(0.5);
/// assert_eq!(joules.get(), 0.5);
/// ```
#[doc(alias("Tallied"))]
#[diagnostic::on_unimplemented(
    message = "a counter cannot count in `{Self}`",
    note = "counters only go up: count in u32, u64, f32, f64 or a `Scaled` unsigned integer"
)]
pub trait CounterValue: Monotonic + sealed::Counted {}

mod sealed;

impl<V: CounterValue> Counter<V> {
    /// A counter at 0.
    pub fn new() -> Self {
        Self { cells: V::Cells::new(), value: PhantomData }
    }

    /// Adds 1.
    #[inline]
    pub fn inc(&self) {
        self.cells.add(V::ONE.amount());
    }

    /// Adds an amount. A negative amount, infinity or NaN adds nothing; see [`try_inc_by`](Self::try_inc_by).
    ///
    /// Counts of integers take unsigned amounts, so that `inc_by(-1)` does not compile. The largest value, which the compiler may
    /// suggest in its place, wraps around to one less. What also falls is a [`Gauge`](crate::Gauge).
    #[inline]
    pub fn inc_by(&self, amount: V) {
        let _ = self.try_inc_by(amount);
    }

    /// Adds an amount.
    ///
    /// # Errors
    ///
    /// [`NotGrowth`] if the amount is negative, infinite or NaN; the counter is left as it was.
    #[inline]
    pub fn try_inc_by(&self, amount: V) -> Result<(), NotGrowth> {
        if amount.is_growth() {
            self.cells.add(amount.amount());
            Ok(())
        } else {
            Err(NotGrowth)
        }
    }

    /// The count so far. Never less than what was read before, and exact where no thread counts meanwhile.
    #[inline]
    pub fn get(&self) -> V {
        V::counted(self.cells.bits())
    }

    /// Back to 0, as after a restart. Each increment that another thread makes at the same time is forgotten or counts. Reads show
    /// what was counted since the last reset, never more.
    pub fn reset(&self) {
        self.cells.reset();
    }

    /// By which other processes know it.
    pub(crate) fn name(&self) -> &Name {
        self.cells.cells().name()
    }

    /// Shows this counter, whose name other processes may learn on the way, as `show` does.
    pub(crate) fn show(&self, rest: impl FnOnce() -> u64, series: &mut SeriesEncoder<'_, '_>, show: impl Show) -> Result<(), Stop> {
        let (numbers, per_unit) = V::NUMBERS;
        self.cells.cells().show(Tags::new(Kind::Counter, numbers).per_unit(per_unit), rest, series, show)
    }
}

// One by one, so that the compiler names this trait where another type is tried.
impl CounterValue for u32 {}
impl CounterValue for u64 {}
impl CounterValue for f32 {}
impl CounterValue for f64 {}
impl<const PER_UNIT: u32> CounterValue for Scaled<u32, PER_UNIT> {}
impl<const PER_UNIT: u32> CounterValue for Scaled<u64, PER_UNIT> {}

impl<V: CounterValue> Default for Counter<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: CounterValue> FromConfig for Counter<V> {
    type Config = ();

    #[allow(clippy::declare_interior_mutable_const, reason = "the initial value of statics")]
    const START: Option<Self> = Some(Self { cells: V::Cells::LATER, value: PhantomData });

    fn make((): &()) -> Self {
        Self::new()
    }

    #[inline]
    fn place(&self) -> Option<(u32, u64)> {
        let generation = self.cells.generation();
        generation.is_multiple_of(2).then(|| (self.cells.cells().column(), generation))
    }

    fn column(places: &[u32], generations: &[u64], is_row: bool, values: &mut [u64]) {
        V::Cells::column(places, generations, is_row, values);
    }

    fn bits(&self) -> u64 {
        self.cells.bits()
    }

    #[inline]
    fn number_of(value: u64) -> Option<Number> {
        Some(V::counted(value).number())
    }

    fn removed(&self) {
        self.name().remove();
    }
}

impl<V: CounterValue> Cell for Counter<V> {
    const KIND: Kind = Kind::Counter;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        self.show(|| 0, series, |series| series.number(self.get().number()))
    }

    #[inline]
    fn number(&self) -> Option<Number> {
        Some(self.get().number())
    }

    fn restart(&self) {
        self.reset();
    }
}

impl<V: CounterValue> fmt::Debug for Counter<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Counter").field(&self.get().number()).finish()
    }
}

#[cfg(test)]
mod tests;
