//! The numbers that a cell can hold, and how each is kept in an atomic.

#[allow(unreachable_pub, missing_debug_implementations, reason = "named by the associated types of a sealed trait")]
mod sum;

#[cfg(feature = "protobuf")]
mod ratio;

pub(crate) use sum::Sum;

#[cfg(any(target_has_atomic = "64", feature = "critical-section"))]
use crate::atomic::AtomicU64;
use crate::atomic::{AtomicU32, Ordering};
use crate::number::Number;

/// A number that a cell holds: `u32`, `i32`, `f32`, `u64`, `i64`, `f64`, or one of the integers [`Scaled`].
///
/// On targets with 64-bit atomics all of them are there. On 32-bit targets `u64`, `i64` and `f64` need feature
/// `critical-section`. In which context an update is safe:
///
/// | value | update | from an interrupt |
/// |---|---|---|
/// | `u32`, `i32` | one atomic instruction, or LDREX/STREX | yes |
/// | `f32` | compare-and-swap around a float addition | yes; some 100 instructions without a float unit |
/// | `u64`, `i64`, `f64` on 32-bit targets | in the program's critical section | yes |
///
/// ```
/// use picometer::{Gauge, Value};
///
/// fn read<V: Value>(gauge: &Gauge<V>) -> f64 {
///     gauge.get().number().as_f64()
/// }
/// assert_eq!(read(&Gauge::<i32>::new()), 0.0);
/// ```
#[diagnostic::on_unimplemented(
    message = "a cell cannot hold `{Self}` on this target",
    note = "cells hold u32, i32 and f32 everywhere; u64, i64 and f64 where the target has 64-bit atomics or with feature `critical-section`"
)]
pub trait Value: Stored {
    /// Zero, where every cell starts.
    const ZERO: Self;
    /// One, what `inc` adds.
    const ONE: Self;

    /// The number to expose.
    fn number(self) -> Number;
}

/// A value that never needs a sign: what a [`Counter`](crate::Counter) counts in.
///
/// ```
/// use picometer::Counter;
///
/// static BOOTS: Counter<u32> = Counter::new();
/// ```
/// ```compile_fail
/// static BOOTS: picometer::Counter<i32> = picometer::Counter::new();
/// ```
#[diagnostic::on_unimplemented(
    message = "a counter cannot count in `{Self}`",
    note = "counters only go up: count in u32, u64, f32, f64 or a `Scaled` unsigned integer"
)]
pub trait Countable: Value {
    /// Whether a counter may grow by this much: not by a negative number, not by infinity, not by NaN.
    fn is_growth(self) -> bool;
}

/// An integer in units of `1 / PER_UNIT`, exposed as the unit, exactly: microseconds shown as seconds.
///
/// ```
/// use picometer::{Counter, Scaled, Value};
///
/// type Micros = Scaled<u32, 1_000_000>;
/// static BUSY: Counter<Micros> = Counter::new();
/// BUSY.inc_by(Scaled(1_500));
/// assert_eq!(BUSY.get().number().text(), "0.0015");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Scaled<V, const PER_UNIT: u32>(pub V);

/// How a value is kept in an atomic; sealed, because the cells rely on it.
#[doc(hidden)]
pub trait Stored: Copy + PartialOrd + Send + Sync + 'static {
    type Atomic: Send + Sync + 'static;
    #[allow(clippy::declare_interior_mutable_const, reason = "the initial value of statics")]
    const NEW: Self::Atomic;
    type Sum: Sum<Self>;

    fn load(atomic: &Self::Atomic) -> Self;
    fn store(self, atomic: &Self::Atomic);
    /// Integers wrap around.
    fn add_to(self, atomic: &Self::Atomic);
    /// Adds; integers stop at the ends of their range.
    fn raise(self, atomic: &Self::Atomic) {
        Self::update(atomic, |value| Some(value.plus(self)));
    }
    /// Subtracts; integers stop at the ends of their range.
    fn lower(self, atomic: &Self::Atomic) {
        Self::update(atomic, |value| Some(value.minus(self)));
    }
    /// `None` leaves the value as it is.
    fn update(atomic: &Self::Atomic, change: impl FnMut(Self) -> Option<Self>);
    /// Integers stop at the ends of their range.
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    /// A sum of values, as the number to expose, in units of `1 / per_unit`.
    fn sum_number(sum: <Self::Sum as Sum<Self>>::Total, per_unit: u32) -> Number;
    /// One value as a number in units of `1 / per_unit`.
    fn scaled_number(self, per_unit: u32) -> Number;
    /// Whether it is below zero, and its magnitude as the bits of a double. Without floats where there are none.
    #[cfg(feature = "protobuf")]
    fn magnitude(self) -> (bool, u64);
}

macro_rules! load_store_update {
    ($atomic:ty, $value:ty) => {
        type Atomic = $atomic;
        const NEW: $atomic = <$atomic>::new(0);

        fn load(atomic: &$atomic) -> Self {
            <$value>::from_bits(atomic.load(Ordering::Relaxed))
        }

        fn store(self, atomic: &$atomic) {
            atomic.store(self.to_bits(), Ordering::Relaxed);
        }

        fn update(atomic: &$atomic, mut change: impl FnMut(Self) -> Option<Self>) {
            let change = |bits| change(<$value>::from_bits(bits)).map(<$value>::to_bits);
            let _ = atomic.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change);
        }
    };
}

/// Sign and magnitude of an integer.
#[cfg(feature = "protobuf")]
trait Ticks {
    fn ticks(self) -> (bool, u64);
}

#[cfg(feature = "protobuf")]
macro_rules! ticks {
    ($($value:ty: $absolute:expr),*) => {$(
        impl Ticks for $value {
            fn ticks(self) -> (bool, u64) {
                #[allow(unused_comparisons, reason = "some are unsigned")]
                (self < 0, $absolute(self).into())
            }
        }
    )*};
}

#[cfg(feature = "protobuf")]
ticks!(u32: core::convert::identity::<u32>, i32: i32::unsigned_abs, u64: core::convert::identity::<u64>, i64: i64::unsigned_abs);

/// The name that floats have for it, so that one macro serves all.
trait Bits<B> {
    #[cfg(target_has_atomic = "64")]
    fn fits_half(self) -> bool
    where
        Self: Sized,
    {
        false
    }
    fn from_bits(bits: B) -> Self;
    fn to_bits(self) -> B;
}

macro_rules! integer {
    ($value:ty as $bits:ty, $atomic:ty, $sum:ty, $number:expr, $total:ty) => {
        impl Bits<$bits> for $value {
            fn from_bits(bits: $bits) -> Self {
                bits as $value
            }

            /// Whether it has at most half the bits of the type.
            #[cfg(target_has_atomic = "64")]
            fn fits_half(self) -> bool {
                let high = self >> (<$value>::BITS / 2);
                high == 0 || high.wrapping_add(1) == 0
            }

            fn to_bits(self) -> $bits {
                self as $bits
            }
        }

        impl Stored for $value {
            load_store_update!($atomic, $value);
            type Sum = $sum;

            fn add_to(self, atomic: &$atomic) {
                atomic.fetch_add(self as $bits, Ordering::Relaxed);
            }

            // One addition, where the value is so far from the end that no threads there can be bring it there meanwhile.
            #[cfg(target_has_atomic = "64")]
            #[allow(unused_comparisons, reason = "some are unsigned")]
            fn raise(self, atomic: &$atomic) {
                let (value, quarter) = (Self::load(atomic), <$value>::MAX / 4);
                let is_far = if self >= 0 { value <= <$value>::MAX - quarter } else { value >= <$value>::MIN + quarter };
                if is_far && self.fits_half() {
                    atomic.fetch_add(self as $bits, Ordering::Relaxed);
                } else {
                    Self::update(atomic, |value| Some(value.plus(self)));
                }
            }

            #[cfg(target_has_atomic = "64")]
            #[allow(unused_comparisons, reason = "some are unsigned")]
            fn lower(self, atomic: &$atomic) {
                let (value, quarter) = (Self::load(atomic), <$value>::MAX / 4);
                let is_far = if self >= 0 { value >= <$value>::MIN + quarter } else { value <= <$value>::MAX - quarter };
                if is_far && self.fits_half() {
                    atomic.fetch_sub(self as $bits, Ordering::Relaxed);
                } else {
                    Self::update(atomic, |value| Some(value.minus(self)));
                }
            }

            fn plus(self, other: Self) -> Self {
                self.saturating_add(other)
            }

            fn minus(self, other: Self) -> Self {
                self.saturating_sub(other)
            }

            fn sum_number(sum: $total, per_unit: u32) -> Number {
                if per_unit == 1 { Number::from(sum) } else { $number(sum, per_unit) }
            }

            fn scaled_number(self, per_unit: u32) -> Number {
                $number(self.into(), per_unit)
            }

            #[cfg(feature = "protobuf")]
            fn magnitude(self) -> (bool, u64) {
                let (negative, ticks) = Ticks::ticks(self);
                (negative, ratio::ratio(ticks, 1))
            }
        }

        impl Value for $value {
            const ZERO: Self = 0;
            const ONE: Self = 1;

            fn number(self) -> Number {
                Number::from(self)
            }
        }

        impl<const PER_UNIT: u32> Stored for Scaled<$value, PER_UNIT> {
            type Atomic = $atomic;
            const NEW: $atomic = <$atomic>::new(0);
            type Sum = sum::ScaledSum<$value>;

            fn load(atomic: &$atomic) -> Self {
                Self(Stored::load(atomic))
            }

            fn store(self, atomic: &$atomic) {
                self.0.store(atomic);
            }

            fn add_to(self, atomic: &$atomic) {
                self.0.add_to(atomic);
            }

            fn raise(self, atomic: &$atomic) {
                self.0.raise(atomic);
            }

            fn lower(self, atomic: &$atomic) {
                self.0.lower(atomic);
            }

            fn update(atomic: &$atomic, mut change: impl FnMut(Self) -> Option<Self>) {
                <$value>::update(atomic, |value| change(Self(value)).map(|new| new.0));
            }

            fn plus(self, other: Self) -> Self {
                Self(self.0.plus(other.0))
            }

            fn minus(self, other: Self) -> Self {
                Self(self.0.minus(other.0))
            }

            fn sum_number(sum: $total, per_unit: u32) -> Number {
                $number(sum, PER_UNIT.saturating_mul(per_unit))
            }

            fn scaled_number(self, per_unit: u32) -> Number {
                $number(self.0.into(), PER_UNIT.saturating_mul(per_unit))
            }

            #[cfg(feature = "protobuf")]
            fn magnitude(self) -> (bool, u64) {
                let (negative, ticks) = Ticks::ticks(self.0);
                (negative, ratio::ratio(ticks, PER_UNIT))
            }
        }

        impl<const PER_UNIT: u32> Value for Scaled<$value, PER_UNIT> {
            const ZERO: Self = Self(0);
            /// One whole unit.
            const ONE: Self = Self(PER_UNIT as $value);

            fn number(self) -> Number {
                self.scaled_number(1)
            }
        }
    };
}

macro_rules! countable_integer {
    ($value:ty) => {
        impl Countable for $value {
            fn is_growth(self) -> bool {
                true
            }
        }

        impl<const PER_UNIT: u32> Countable for Scaled<$value, PER_UNIT> {
            fn is_growth(self) -> bool {
                true
            }
        }
    };
}

macro_rules! float {
    ($value:ty, $atomic:ty) => {
        impl Stored for $value {
            load_store_update!($atomic, $value);
            type Sum = sum::FloatSum<$value>;

            fn add_to(self, atomic: &$atomic) {
                // Of finite amounts, so that it stays at the end of what a float holds.
                Self::update(atomic, |value| Some(if value + self > <$value>::MAX { <$value>::MAX } else { value + self }));
            }

            fn plus(self, other: Self) -> Self {
                self + other
            }

            fn minus(self, other: Self) -> Self {
                self - other
            }

            fn sum_number(sum: sum::Wide, per_unit: u32) -> Number {
                Number::from(if per_unit == 1 { sum } else { sum / per_unit as sum::Wide })
            }

            fn scaled_number(self, per_unit: u32) -> Number {
                Number::from(if per_unit == 1 { self } else { self / per_unit as $value })
            }

            #[cfg(feature = "protobuf")]
            fn magnitude(self) -> (bool, u64) {
                let bits = ratio::double_bits(self);
                (bits >> 63 != 0, bits & !(1 << 63))
            }
        }

        impl Value for $value {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;

            fn number(self) -> Number {
                Number::from(self)
            }
        }

        impl Countable for $value {
            fn is_growth(self) -> bool {
                (0.0..<$value>::INFINITY).contains(&self)
            }
        }
    };
}

integer!(u32 as u32, AtomicU32, sum::UnsignedSum, Number::scaled, u64);
integer!(i32 as u32, AtomicU32, sum::SignedSum, Number::scaled_signed, i64);
countable_integer!(u32);
float!(f32, AtomicU32);

#[cfg(any(target_has_atomic = "64", feature = "critical-section"))]
mod wide {
    use super::*;

    integer!(u64 as u64, AtomicU64, sum::UnsignedSum, Number::scaled, u64);
    integer!(i64 as u64, AtomicU64, sum::SignedSum, Number::scaled_signed, i64);
    countable_integer!(u64);
    float!(f64, AtomicU64);
}

/// The widest float that the target updates by itself: `f64` on a server, `f32` on a microcontroller.
///
/// ```
/// let celsius: picometer::Float = 21.5;
/// ```
#[cfg(target_has_atomic = "64")]
pub type Float = f64;
/// The widest float that the target updates by itself: `f64` on a server, `f32` on a microcontroller.
#[cfg(not(target_has_atomic = "64"))]
pub type Float = f32;

#[cfg(test)]
mod tests {
    use super::*;

    fn ends<V: Value + core::fmt::Debug>(lowest: V, highest: V) {
        assert_eq!(highest.plus(V::ONE), highest);
        assert_eq!(lowest.minus(V::ONE), lowest);
        let atomic = V::NEW;
        assert_eq!(V::load(&atomic), V::ZERO);
        lowest.store(&atomic);
        assert_eq!(V::load(&atomic), lowest);
        V::update(&atomic, |_| None);
        assert_eq!(V::load(&atomic), lowest);
        V::update(&atomic, |_| Some(highest));
        assert_eq!(V::load(&atomic), highest);
    }

    #[test]
    fn every_integer_keeps_its_ends() {
        ends(u32::MIN, u32::MAX);
        ends(i32::MIN, i32::MAX);
        ends(u64::MIN, u64::MAX);
        ends(i64::MIN, i64::MAX);
    }

    #[test]
    fn every_value_adds_and_shows() {
        fn sum<V: Value>(values: &[V]) -> Number {
            let atomic = V::NEW;
            values.iter().for_each(|value| value.add_to(&atomic));
            V::load(&atomic).number()
        }
        assert_eq!(sum(&[1_u32, 2]).text(), "3");
        assert_eq!(sum(&[1_i32, -3]).text(), "-2");
        assert_eq!(sum(&[1_u64 << 40, 1]).text(), "1099511627777");
        assert_eq!(sum(&[-(1_i64 << 40)]).text(), "-1099511627776");
        assert_eq!(sum(&[0.5_f32, 0.25]).text(), "0.75");
        assert_eq!(sum(&[0.1_f64, 0.2]).text(), "0.30000000000000004");
        assert_eq!(sum(&[Scaled::<u32, 1_000>(1), Scaled(1_499)]).text(), "1.5");
        assert_eq!(sum(&[Scaled::<i64, 1_000>(-25_300)]).text(), "-25.3");
        assert_eq!(Scaled::<u32, 1_000>::ONE.number().text(), "1");
    }

    #[test]
    fn counters_do_not_grow_by_less_than_nothing() {
        assert!(0.0.is_growth() && 1.5_f32.is_growth() && f64::MAX.is_growth());
        assert!(!(-0.1).is_growth() && !f32::NAN.is_growth() && !f64::INFINITY.is_growth());
    }
}
