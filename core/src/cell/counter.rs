//! Counters.

use crate::atomic::Uint;
use crate::cell::{Cell, Zeroed};
use crate::desc::Kind;
use crate::encode::{SeriesEncoder, Stop};
use crate::number::Number;
use crate::value::Monotonic;

/// A number that only goes up. Starts at 0.
///
/// Counts in [`Uint`](crate::Uint) unless told otherwise: `Counter<u32>`, `Counter<f64>`, `Counter<Scaled<u32, 1_000_000>>`.
/// Integers wrap around at their end, which a server takes for a restart; a `u32` that wraps more than once between two scrapes
/// loses counts.
///
/// ```
/// use picometer::Counter;
///
/// static FRAMES: Counter = Counter::new();
/// FRAMES.inc();
/// FRAMES.inc_by(2);
/// assert_eq!(FRAMES.get(), 3);
/// ```
pub struct Counter<V: Monotonic = Uint>(V::Atomic);

impl<V: Monotonic> Counter<V> {
    /// A counter at 0.
    pub const fn new() -> Self {
        Self(V::NEW)
    }

    /// Adds 1.
    #[inline]
    pub fn inc(&self) {
        V::ONE.add_to(&self.0);
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
            amount.add_to(&self.0);
            Ok(())
        } else {
            Err(NotGrowth)
        }
    }

    /// The count so far.
    pub fn get(&self) -> V {
        V::load(&self.0)
    }

    /// Back to 0, as after a restart.
    pub fn reset(&self) {
        V::ZERO.store(&self.0);
    }
}

/// Error returned by [`Counter::try_inc_by`]: counters only go up.
///
/// ```
/// use picometer::{Counter, NotGrowth};
///
/// let joules = Counter::<f64>::new();
/// assert_eq!(joules.try_inc_by(-1.0), Err(NotGrowth));
/// assert_eq!(joules.get(), 0.0);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NotGrowth;

impl core::fmt::Display for NotGrowth {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("a counter grows by finite amounts from 0 on: use a gauge for what also falls")
    }
}

__speaks!(NotGrowth);
impl core::error::Error for NotGrowth {}

impl<V: Monotonic> Default for Counter<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: Monotonic> Zeroed for Counter<V> {
    const INIT: Self = Self::new();
}

impl<V: Monotonic> Cell for Counter<V> {
    const KIND: Kind = Kind::Counter;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        series.number(self.get().number())
    }

    #[inline]
    fn number(&self) -> Option<Number> {
        Some(self.get().number())
    }

    fn restart(&self) {
        self.reset();
    }
}

shown_as!([V: Monotonic] Counter<V>, self => self.get().number());

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Scaled;

    #[test]
    fn integers_wrap_around() {
        let counter = Counter::<u32>::new();
        counter.inc_by(u32::MAX);
        counter.inc_by(3);
        assert_eq!(counter.get(), 2);
        counter.reset();
        assert_eq!(counter.get(), 0);
    }

    #[test]
    fn a_refused_amount_changes_nothing() {
        let counter = Counter::<f64>::new();
        counter.inc_by(1.5);
        counter.inc_by(-1.0);
        counter.inc_by(f64::NAN);
        assert_eq!(counter.get(), 1.5);
        assert_eq!(counter.try_inc_by(f64::NAN), Err(NotGrowth));
        assert_eq!(counter.try_inc_by(0.0), Ok(()));
    }

    #[test]
    fn one_of_a_scaled_counter_is_one_unit() {
        let counter = Counter::<Scaled<u32, 1_000>>::new();
        counter.inc();
        assert_eq!(counter.get(), Scaled(1_000));
    }

    #[test]
    fn a_counter_is_as_large_as_its_value() {
        assert_eq!(size_of::<Counter<u32>>(), 4);
        assert_eq!(size_of::<Counter<u64>>(), 8);
    }
}
