//! Gauges.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use picometer::__private::Contended;
use picometer::{Cell, Kind, Number, Scaled, SeriesEncoder, Stop, Value};

use super::FromConfig;
use super::stored::Stored;
use crate::shared::{GaugeMode, Tags, Words};

/// A number that goes up and down. Starts at 0.
///
/// Holds an `f64` unless told otherwise: `Gauge<i64>`, `Gauge<Scaled<i32, 1_000>>`. Integers stop at the ends of their range.
/// One atomic, which a process that is a worker of many (feature `multiprocess`) shares; what a page shows of all workers' is
/// said by its configuration, the `multiprocess::GaugeMode`. Gauges for statics are those of the core,
/// [`statics::Gauge`](picometer::Gauge).
///
/// ```
/// use picometer_std::{Gauge, Metric};
///
/// let depth = Metric::<Gauge<i64>>::new("queue_depth", "Jobs that wait.");
/// depth.set(3);
/// depth.dec();
/// assert_eq!(depth.get(), 2);
/// ```
#[doc(alias("IntGauge"))]
pub struct Gauge<V: GaugeValue = f64> {
    own: picometer::Gauge<V>,
    shared: Words<[AtomicU64; 2]>,
    #[cfg_attr(not(shared_storage), allow(dead_code, reason = "nothing is shared"))]
    mode: GaugeMode,
}

/// What a [`Gauge`] holds: `u32`, `i32`, `u64`, `i64`, `f32`, `f64`, or one of the integers [`Scaled`].
///
/// ```
/// let level = picometer_std::Gauge::<picometer_std::Scaled<i32, 1_000>>::new();
/// level.inc();
/// assert_eq!(level.get().0, 1_000);
/// ```
#[doc(alias("Gauged"))]
#[diagnostic::on_unimplemented(
    message = "a gauge cannot hold `{Self}`",
    note = "gauges hold u32, i32, u64, i64, f32, f64 or a `Scaled` integer"
)]
pub trait GaugeValue: Value + Stored {}

// One by one, so that the compiler names this trait where another type is tried.
impl GaugeValue for u32 {}
impl GaugeValue for i32 {}
impl GaugeValue for u64 {}
impl GaugeValue for i64 {}
impl GaugeValue for f32 {}
impl GaugeValue for f64 {}
impl<const PER_UNIT: u32> GaugeValue for Scaled<u32, PER_UNIT> {}
impl<const PER_UNIT: u32> GaugeValue for Scaled<i32, PER_UNIT> {}
impl<const PER_UNIT: u32> GaugeValue for Scaled<u64, PER_UNIT> {}
impl<const PER_UNIT: u32> GaugeValue for Scaled<i64, PER_UNIT> {}

impl<V: GaugeValue> Gauge<V> {
    /// A gauge at 0.
    pub fn new() -> Self {
        Self::make(&GaugeMode::default())
    }

    /// Takes a value.
    #[inline]
    pub fn set(&self, value: V) {
        match self.shared.get() {
            None => self.own.set(value),
            Some([bits, moment]) => {
                bits.store(value.bits(), Ordering::Relaxed);
                self.touch(moment);
            }
        }
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
        match self.shared.get() {
            None => self.own.inc_by(amount),
            Some(words) => self.update(words, |value| Some(value.plus(amount))),
        }
    }

    /// Subtracts an amount.
    #[inline]
    pub fn dec_by(&self, amount: V) {
        match self.shared.get() {
            None => self.own.dec_by(amount),
            Some(words) => self.update(words, |value| Some(value.minus(amount))),
        }
    }

    /// Raises the value to `least`, if it is lower. NaN raises nothing.
    ///
    /// ```
    /// # use picometer_std::Gauge;
    /// let longest = Gauge::<i64>::default();
    /// [3, 8, 5].map(|queue| longest.inc_to(queue));
    /// assert_eq!(longest.get(), 8);
    /// ```
    #[inline]
    #[doc(alias("set_max"))]
    pub fn inc_to(&self, least: V) {
        match self.shared.get() {
            None => self.own.inc_to(least),
            Some(words) => self.update(words, |value| (value < least).then_some(least)),
        }
    }

    /// Lowers the value to `most`, if it is higher. NaN lowers nothing.
    #[inline]
    #[doc(alias("set_min"))]
    pub fn dec_to(&self, most: V) {
        match self.shared.get() {
            None => self.own.dec_to(most),
            Some(words) => self.update(words, |value| (value > most).then_some(most)),
        }
    }

    /// The value; of this process, where several share.
    #[inline]
    pub fn get(&self) -> V {
        match self.shared.get() {
            None => self.own.get(),
            Some([bits, _]) => V::of(bits.load(Ordering::Relaxed)),
        }
    }

    fn update(&self, [bits, moment]: &[AtomicU64; 2], change: impl Fn(V) -> Option<V>) {
        bits.change(Ordering::Relaxed, |bits| change(V::of(bits)).map(V::bits));
        self.touch(moment);
    }

    /// It has a value from now on.
    #[inline]
    fn touch(&self, moment: &AtomicU64) {
        #[cfg(shared_storage)]
        self.mode.touch(moment);
        #[cfg(not(shared_storage))]
        let _ = moment;
    }

    fn tags(&self) -> Tags {
        let (numbers, per_unit) = V::NUMBERS;
        let tags = Tags::new(Kind::Gauge, numbers).per_unit(per_unit);
        #[cfg(shared_storage)]
        let tags = tags.mode(self.mode.number());
        tags
    }
}

impl<V: GaugeValue> Default for Gauge<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: GaugeValue> FromConfig for Gauge<V> {
    type Config = GaugeMode;

    fn make(mode: &GaugeMode) -> Self {
        Self { own: picometer::Gauge::new(), shared: Words::few(), mode: *mode }
    }

    fn removed(&self) {
        self.shared.name().remove();
    }
}

impl<V: GaugeValue> Cell for Gauge<V> {
    const KIND: Kind = Kind::Gauge;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        self.shared.show(self.tags(), || 0, series, |series| series.number(self.get().number()))
    }

    #[inline]
    fn number(&self) -> Option<Number> {
        Some(self.get().number())
    }

    fn restart(&self) {
        self.set(V::ZERO);
    }
}

impl<V: GaugeValue> fmt::Debug for Gauge<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gauge").field(&self.get().number()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_that_of_the_core() {
        let gauge = Gauge::<u32>::new();
        gauge.dec();
        assert_eq!(gauge.get(), 0);
        gauge.set(u32::MAX);
        gauge.inc();
        gauge.dec_by(5);
        gauge.inc_to(7);
        gauge.dec_to(9);
        assert_eq!(gauge.get(), 9);
        assert_eq!(format!("{gauge:?}"), "Gauge(9)");
    }
}
