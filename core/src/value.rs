//! The numbers that a cell can hold, and how each is kept in an atomic.

#[allow(unreachable_pub, missing_debug_implementations, reason = "named by the associated types of a sealed trait")]
mod sum;

#[cfg(feature = "protobuf")]
mod ratio;

pub(crate) use sum::Sum;

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
#[doc(alias("Countable"))]
pub trait Monotonic: Value {
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
            #[cfg(target_has_atomic = "64")]
            crate::atomic::Contended::change(atomic, Ordering::Relaxed, change);
            #[cfg(not(target_has_atomic = "64"))]
            let _ = atomic.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change);
        }
    };
}

// Behind the macro that both of them use.
mod float;
mod integer;

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
mod tests;
