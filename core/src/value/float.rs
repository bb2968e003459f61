//! Floats.

#[cfg(feature = "protobuf")]
use super::ratio;
use super::{Monotonic, Stored, Value, sum};
#[cfg(any(target_has_atomic = "64", feature = "critical-section"))]
use crate::atomic::AtomicU64;
use crate::atomic::{AtomicU32, Ordering};
use crate::number::Number;

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

        impl Monotonic for $value {
            fn is_growth(self) -> bool {
                (0.0..<$value>::INFINITY).contains(&self)
            }
        }
    };
}

float!(f32, AtomicU32);
#[cfg(any(target_has_atomic = "64", feature = "critical-section"))]
float!(f64, AtomicU64);
