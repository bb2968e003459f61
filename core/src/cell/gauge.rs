//! Gauges, and values of which nothing more is known.

use crate::cell::{Cell, Zeroed};
use crate::desc::Kind;
use crate::encode::{SeriesEncoder, Stop};
use crate::number::Number;
use crate::value::{Float, Value};

/// A number that goes up and down. Starts at 0.
///
/// Holds a [`Float`](crate::Float) unless told otherwise: `Gauge<i32>`, `Gauge<Scaled<i32, 1_000>>`. Integers stop at the ends of
/// their range.
///
/// ```
/// use picometer::Gauge;
///
/// static TEMPERATURE: Gauge = Gauge::new();
/// static HIGHEST: Gauge = Gauge::new();
/// TEMPERATURE.set(21.5);
/// HIGHEST.inc_to(TEMPERATURE.get());
/// TEMPERATURE.dec();
/// HIGHEST.inc_to(TEMPERATURE.get());
/// assert_eq!((TEMPERATURE.get(), HIGHEST.get()), (20.5, 21.5));
/// ```
pub struct Gauge<V: Value = Float>(V::Atomic);

impl<V: Value> Gauge<V> {
    /// A gauge at 0.
    pub const fn new() -> Self {
        Self(V::NEW)
    }

    /// Takes a value.
    #[inline]
    pub fn set(&self, value: V) {
        value.store(&self.0);
    }

    /// Adds 1.
    #[inline]
    pub fn inc(&self) {
        self.inc_by(V::ONE);
    }

    /// Subtracts 1.
    #[inline]
    pub fn dec(&self) {
        self.dec_by(V::ONE);
    }

    /// Adds an amount.
    #[inline]
    pub fn inc_by(&self, amount: V) {
        amount.raise(&self.0);
    }

    /// Subtracts an amount.
    #[inline]
    pub fn dec_by(&self, amount: V) {
        amount.lower(&self.0);
    }

    /// Raises the value to `least`, if it is lower. NaN raises nothing.
    #[inline]
    #[doc(alias("set_max"))]
    pub fn inc_to(&self, least: V) {
        V::update(&self.0, |value| (value < least).then_some(least));
    }

    /// Lowers the value to `most`, if it is higher. NaN lowers nothing.
    #[inline]
    #[doc(alias("set_min"))]
    pub fn dec_to(&self, most: V) {
        V::update(&self.0, |value| (value > most).then_some(most));
    }

    /// The value.
    pub fn get(&self) -> V {
        V::load(&self.0)
    }
}

impl<V: Value> Default for Gauge<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: Value> Zeroed for Gauge<V> {
    const INIT: Self = Self::new();
}

impl<V: Value> Cell for Gauge<V> {
    const KIND: Kind = Kind::Gauge;

    fn restart(&self) {
        self.set(V::ZERO);
    }

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        series.number(self.get().number())
    }

    #[inline]
    fn number(&self) -> Option<Number> {
        Some(self.get().number())
    }
}

shown_as!([V: Value] Gauge<V>, self => self.get().number());

/// A value of unknown type, for numbers that come from elsewhere: `untyped` in text 0.0.4, `unknown` in OpenMetrics.
///
/// ```
/// use picometer::{Desc, Metric, Unknown};
///
/// static RAW: Metric<Unknown> =
///     Metric::new(&Desc::unknown("sensor_raw", "What the sensor says."));
/// RAW.set(7.0);
/// ```
pub struct Unknown<V: Value = Float>(Gauge<V>);

impl<V: Value> Unknown<V> {
    /// A value of 0.
    pub const fn new() -> Self {
        Self(Gauge::new())
    }

    /// Takes a value.
    pub fn set(&self, value: V) {
        self.0.set(value);
    }

    /// The value.
    pub fn get(&self) -> V {
        self.0.get()
    }
}

impl<V: Value> Default for Unknown<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: Value> Zeroed for Unknown<V> {
    const INIT: Self = Self::new();
}

impl<V: Value> Cell for Unknown<V> {
    const KIND: Kind = Kind::Unknown;

    fn restart(&self) {
        self.set(V::ZERO);
    }

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        self.0.encode(series)
    }

    #[inline]
    fn number(&self) -> Option<Number> {
        Cell::number(&self.0)
    }
}

shown_as!([V: Value] Unknown<V>, self => self.get().number());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_down_and_to() {
        let gauge = Gauge::<i32>::new();
        gauge.inc();
        gauge.inc_by(9);
        gauge.dec();
        gauge.dec_by(20);
        assert_eq!(gauge.get(), -11);
        gauge.inc_to(-20);
        assert_eq!(gauge.get(), -11);
        gauge.inc_to(5);
        gauge.dec_to(7);
        assert_eq!(gauge.get(), 5);
        gauge.dec_to(-1);
        assert_eq!(gauge.get(), -1);
    }

    #[test]
    fn integers_stop_at_their_ends() {
        let gauge = Gauge::<u32>::new();
        gauge.dec();
        assert_eq!(gauge.get(), 0);
        gauge.set(u32::MAX);
        gauge.inc();
        assert_eq!(gauge.get(), u32::MAX);
    }

    #[test]
    fn integers_near_an_end_stop_there() {
        for (start, amount) in [(i64::MAX - 5, 9), (i64::MIN + 5, -9), (i64::MAX / 2, i64::MAX), (-7, i64::MIN), (3, -5)] {
            let (up, down) = (Gauge::<i64>::new(), Gauge::<i64>::new());
            up.set(start);
            down.set(start);
            up.inc_by(amount);
            down.dec_by(amount);
            assert_eq!((up.get(), down.get()), (start.saturating_add(amount), start.saturating_sub(amount)));
        }
        for (start, amount) in [(u32::MAX - 5, 9), (u32::MAX / 2, u32::MAX), (7, 9), (70_000, 70_001), (1 << 30, 5)] {
            let (up, down) = (Gauge::<u32>::new(), Gauge::<u32>::new());
            up.set(start);
            down.set(start);
            up.inc_by(amount);
            down.dec_by(amount);
            assert_eq!((up.get(), down.get()), (start.saturating_add(amount), start.saturating_sub(amount)));
        }
    }

    #[test]
    fn nan_is_kept_when_set_and_compares_with_nothing() {
        let gauge = Gauge::<f64>::new();
        gauge.inc_to(f64::NAN);
        gauge.dec_to(f64::NAN);
        assert_eq!(gauge.get(), 0.0);
        gauge.set(f64::NAN);
        gauge.inc_to(1.0);
        assert!(gauge.get().is_nan());
    }
}
