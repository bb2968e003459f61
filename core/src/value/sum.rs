//! Sums of observations: wider than what is observed, so that they do not wrap within the life of a device.
//!
//! A sum is only ever read through the protocol of [`tally`](crate::tally), which tells when it was read half-way through an
//! addition; so the two halves of a 64-bit sum may be added one after the other, without a critical section.

use core::marker::PhantomData;

use super::{Float, Scaled, Stored};
#[cfg(not(target_has_atomic = "64"))]
use crate::atomic::AtomicU32;
#[cfg(target_has_atomic = "64")]
use crate::atomic::AtomicU64;
use crate::atomic::Ordering;

/// What sums of floats are kept in: as wide as the target adds by itself.
pub type Wide = Float;

/// Adds with release and reads with acquire ordering, as `tally` asks.
#[doc(hidden)]
pub trait Sum<V>: Send + Sync + 'static {
    type Total: Copy;
    #[allow(clippy::declare_interior_mutable_const, reason = "the initial value of statics")]
    const NEW: Self;

    fn add(&self, value: V);
    fn total(&self) -> Self::Total;
    /// Sets it to zero.
    fn forget(&self);
    fn difference(total: Self::Total, less: Self::Total) -> Self::Total;
}

/// 64 bits of two's complement, in one atomic or in two halves.
#[cfg(target_has_atomic = "64")]
pub struct IntegerSum(AtomicU64);
/// 64 bits of two's complement, in one atomic or in two halves.
#[cfg(not(target_has_atomic = "64"))]
pub struct IntegerSum {
    low: AtomicU32,
    high: AtomicU32,
}

#[cfg(target_has_atomic = "64")]
impl IntegerSum {
    #[allow(clippy::declare_interior_mutable_const, reason = "the initial value of statics")]
    const ZERO: Self = Self(AtomicU64::new(0));

    fn add_bits(&self, bits: u64) {
        self.0.fetch_add(bits, Ordering::Release);
    }

    fn bits(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    fn forget(&self) {
        self.0.store(0, Ordering::Release);
    }
}

#[cfg(not(target_has_atomic = "64"))]
impl IntegerSum {
    #[allow(clippy::declare_interior_mutable_const, reason = "the initial value of statics")]
    const ZERO: Self = Self { low: AtomicU32::new(0), high: AtomicU32::new(0) };

    fn add_bits(&self, bits: u64) {
        let (high, low) = ((bits >> 32) as u32, bits as u32);
        let carried = self.low.fetch_add(low, Ordering::Release).checked_add(low).is_none();
        let high = high.wrapping_add(u32::from(carried));
        if high != 0 {
            self.high.fetch_add(high, Ordering::Release);
        }
    }

    fn bits(&self) -> u64 {
        u64::from(self.high.load(Ordering::Acquire)) << 32 | u64::from(self.low.load(Ordering::Acquire))
    }

    fn forget(&self) {
        self.low.store(0, Ordering::Release);
        self.high.store(0, Ordering::Release);
    }
}

macro_rules! integer_sum {
    ($total:ty: $($value:ty),*) => {$(
        impl Sum<$value> for Summed<$total> {
            type Total = $total;
            const NEW: Self = Self(IntegerSum::ZERO, PhantomData);

            fn add(&self, value: $value) {
                self.0.add_bits(<$total>::from(value) as u64);
            }

            fn total(&self) -> $total {
                self.0.bits() as $total
            }

            fn forget(&self) {
                self.0.forget();
            }

            fn difference(total: $total, less: $total) -> $total {
                total.wrapping_sub(less)
            }
        }
    )*};
}

/// An integer sum that reads as `T`.
pub struct Summed<T>(IntegerSum, PhantomData<T>);

integer_sum!(u64: u32, u64);
integer_sum!(i64: i32, i64);

pub type UnsignedSum = Summed<u64>;
pub type SignedSum = Summed<i64>;

/// The sum of scaled integers is a sum of their ticks.
pub struct ScaledSum<V: Stored>(V::Sum);

impl<V: Stored, const PER_UNIT: u32> Sum<Scaled<V, PER_UNIT>> for ScaledSum<V> {
    type Total = <V::Sum as Sum<V>>::Total;
    const NEW: Self = Self(<V::Sum as Sum<V>>::NEW);

    fn add(&self, value: Scaled<V, PER_UNIT>) {
        self.0.add(value.0);
    }

    fn total(&self) -> Self::Total {
        self.0.total()
    }

    fn forget(&self) {
        Sum::<V>::forget(&self.0);
    }

    fn difference(total: Self::Total, less: Self::Total) -> Self::Total {
        <V::Sum as Sum<V>>::difference(total, less)
    }
}

/// A float sum, added by compare-and-swap.
pub struct FloatSum<V>(<Wide as Stored>::Atomic, PhantomData<V>);

macro_rules! float_sum {
    ($($value:ty),*) => {$(
        impl Sum<$value> for FloatSum<$value> {
            type Total = Wide;
            const NEW: Self = Self(<Wide as Stored>::NEW, PhantomData);

            /// NaN and infinities are left out: the sum would stay so for ever.
            fn add(&self, value: $value) {
                if !value.is_finite() {
                    return;
                }
                let grow = |bits| Some((Wide::from_bits(bits) + value as Wide).to_bits());
                let _ = self.0.fetch_update(Ordering::Release, Ordering::Relaxed, grow);
            }

            fn total(&self) -> Wide {
                let sum = Wide::from_bits(self.0.load(Ordering::Acquire));
                // Of finite values, so that it stops at the ends of what a float holds.
                if sum > Wide::MAX {
                    Wide::MAX
                } else if sum < Wide::MIN {
                    Wide::MIN
                } else {
                    sum
                }
            }

            fn forget(&self) {
                self.0.store(0, Ordering::Release);
            }

            fn difference(total: Wide, less: Wide) -> Wide {
                total - less
            }
        }
    )*};
}

float_sum!(f32, f64);
