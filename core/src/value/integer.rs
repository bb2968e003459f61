//! Integers, whole and in parts of a unit.

#[cfg(feature = "protobuf")]
use super::ratio;
use super::{Monotonic, Scaled, Stored, Value, sum};
#[cfg(any(target_has_atomic = "64", feature = "critical-section"))]
use crate::atomic::AtomicU64;
use crate::atomic::{AtomicU32, Ordering};
use crate::number::Number;

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
        impl Monotonic for $value {
            fn is_growth(self) -> bool {
                true
            }
        }

        impl<const PER_UNIT: u32> Monotonic for Scaled<$value, PER_UNIT> {
            fn is_growth(self) -> bool {
                true
            }
        }
    };
}

integer!(u32 as u32, AtomicU32, sum::UnsignedSum, Number::scaled, u64);
integer!(i32 as u32, AtomicU32, sum::SignedSum, Number::scaled_signed, i64);
countable_integer!(u32);

#[cfg(any(target_has_atomic = "64", feature = "critical-section"))]
mod wide {
    use super::*;

    integer!(u64 as u64, AtomicU64, sum::UnsignedSum, Number::scaled, u64);
    integer!(i64 as u64, AtomicU64, sum::SignedSum, Number::scaled_signed, i64);
    countable_integer!(u64);
}
