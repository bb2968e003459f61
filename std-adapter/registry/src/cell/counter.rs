//! Counters.

use std::fmt;
use std::marker::PhantomData;

use picometer::Number;
use picometer::{Cell, Kind, Monotonic, NotGrowth, Scaled, SeriesEncoder, Stop};

use super::FromConfig;
use super::local::{self, Cells, Floats};
use crate::shared::{Numbers, Tags};

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
pub trait CounterValue: Monotonic + sealed::Sealed {}

mod sealed;

impl<V: CounterValue> Counter<V> {
    /// A counter at 0.
    pub fn new() -> Self {
        Self { cells: sealed::Places::new(), value: PhantomData }
    }

    /// Adds 1.
    #[inline]
    pub fn inc(&self) {
        V::ONE.count_in(&self.cells);
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
            amount.count_in(&self.cells);
            Ok(())
        } else {
            Err(NotGrowth)
        }
    }

    /// The count so far. Never less than what was read before, and exact where no thread counts meanwhile.
    #[inline]
    pub fn get(&self) -> V {
        V::read(&self.cells)
    }

    /// Back to 0, as after a restart. Each increment that another thread makes at the same time is forgotten or counts. Reads show
    /// what was counted since the last reset, never more.
    pub fn reset(&self) {
        V::reset(&self.cells);
    }

    /// The key that other processes know it by.
    pub(crate) fn key(&self) -> Option<u32> {
        sealed::Places::cells(&self.cells).key()
    }

    /// Shows this counter, whose name other processes may learn on the way, as `show` does.
    pub(crate) fn show(
        &self,
        rest: impl FnOnce() -> u64,
        series: &mut SeriesEncoder<'_, '_>,
        show: impl FnOnce(&mut SeriesEncoder<'_, '_>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let (numbers, per_unit) = V::NUMBERS;
        sealed::Places::cells(&self.cells).show(Tags::new(Kind::Counter, numbers).per_unit(per_unit), rest, series, show)
    }
}

macro_rules! integer {
    ($($value:ty),*) => {$(
        impl sealed::Sealed for $value {
            type Cells = Cells;

            #[allow(private_interfaces, reason = "sealed")]
            const NUMBERS: (Numbers, u32) = (Numbers::Unsigned, 1);

            #[inline]
            fn of_column(value: u64) -> Self {
                value as $value
            }

            #[inline]
            fn bits_of(cells: &Cells) -> u64 {
                local::integer(cells)
            }

            #[inline]
            fn count_in(self, cells: &Cells) {
                local::add_integer(cells, self.into());
            }

            fn reset(cells: &Cells) {
                local::reset_integer(cells);
            }
        }

        impl CounterValue for $value {}

        impl<const PER_UNIT: u32> sealed::Sealed for Scaled<$value, PER_UNIT> {
            type Cells = Cells;

            #[allow(private_interfaces, reason = "sealed")]
            const NUMBERS: (Numbers, u32) = (Numbers::Unsigned, PER_UNIT);

            #[inline]
            fn of_column(value: u64) -> Self {
                Self(value as $value)
            }

            #[inline]
            fn bits_of(cells: &Cells) -> u64 {
                local::integer(cells)
            }

            #[inline]
            fn count_in(self, cells: &Cells) {
                sealed::Sealed::count_in(self.0, cells);
            }

            fn reset(cells: &Cells) {
                local::reset_integer(cells);
            }
        }

        impl<const PER_UNIT: u32> CounterValue for Scaled<$value, PER_UNIT> {}
    )*};
}

macro_rules! float {
    ($($value:ty),*) => {$(
        impl sealed::Sealed for $value {
            type Cells = Floats;

            #[allow(private_interfaces, reason = "sealed")]
            const NUMBERS: (Numbers, u32) = (Numbers::Float, 1);

            #[inline]
            fn of_column(bits: u64) -> Self {
                (f64::from_bits(bits) as $value).min(<$value>::MAX)
            }

            #[inline]
            fn bits_of(cells: &Floats) -> u64 {
                cells.get().to_bits()
            }

            #[inline]
            fn count_in(self, cells: &Floats) {
                cells.add(self.into());
            }

            fn reset(cells: &Floats) {
                cells.reset();
            }
        }

        impl CounterValue for $value {}
    )*};
}

integer!(u32, u64);
float!(f32, f64);

impl<V: CounterValue> Default for Counter<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: CounterValue> FromConfig for Counter<V> {
    type Config = ();

    #[allow(clippy::declare_interior_mutable_const, reason = "the initial value of statics")]
    const START: Option<Self> = Some(Self { cells: <V::Cells as sealed::Places>::LATER, value: PhantomData });

    fn make((): &()) -> Self {
        Self::new()
    }

    #[inline]
    fn place(&self) -> Option<(u32, u64)> {
        let generation = sealed::Places::generation(&self.cells);
        generation.is_multiple_of(2).then(|| (sealed::Places::cells(&self.cells).column(), generation))
    }

    fn column(places: &[u32], generations: &[u64], is_row: bool, values: &mut [u64]) {
        <V::Cells as sealed::Places>::column(places, generations, is_row, values);
    }

    fn bits(&self) -> u64 {
        V::bits_of(&self.cells)
    }

    #[inline]
    fn number_of(value: u64) -> Option<Number> {
        Some(<V as sealed::Sealed>::of_column(value).number())
    }

    fn removed(&self) {
        sealed::Places::cells(&self.cells).removed();
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
