//! Where atomics come from: the one module that knows.
//!
//! * `u32` from `core` where the target has compare-and-swap; else from the critical section of the program or from `portable-atomic`,
//!   whichever feature is on; from the critical section where both are, because that always works: a crate that turns on the other
//!   feature breaks no program.
//! * `u64` from `core` where the target has it; else from the critical section of the program. Never from portable-atomic's
//!   lock: an interrupt that met it held would spin for ever (measured on a Cortex-M3).

#[cfg(not(any(target_has_atomic = "32", feature = "portable-atomic", feature = "critical-section")))]
compile_error!(
    "this target has no compare-and-swap: turn on feature `critical-section` of picometer (and an implementation, which most HALs \
     bring), or feature `portable-atomic` together with one of that crate's `unsafe-assume-single-core`, `critical-section`"
);

pub(crate) use core::hint::spin_loop;
pub(crate) use core::sync::atomic::Ordering;

// Bytes are stored and loaded, never changed in place: all targets of `core` can but those without any atomics (Armv4T, MSP430).
#[cfg(any(target_has_atomic = "32", not(feature = "portable-atomic")))]
pub(crate) use core::sync::atomic::{AtomicU8, fence};
#[cfg(all(not(target_has_atomic = "32"), feature = "portable-atomic"))]
pub(crate) use portable_atomic::{AtomicU8, fence};

#[cfg(target_has_atomic = "32")]
pub(crate) use core::sync::atomic::AtomicU32;
#[cfg(all(not(target_has_atomic = "32"), feature = "portable-atomic", not(feature = "critical-section")))]
pub(crate) use portable_atomic::AtomicU32;
#[cfg(all(not(target_has_atomic = "32"), feature = "critical-section"))]
pub(crate) type AtomicU32 = guarded::Guarded<u32>;

#[cfg(target_has_atomic = "64")]
pub(crate) use core::sync::atomic::AtomicU64;
#[cfg(all(not(target_has_atomic = "64"), feature = "critical-section"))]
pub(crate) type AtomicU64 = guarded::Guarded<u64>;

/// The widest unsigned integer that the target updates by itself: `u64` on a server, `u32` on a microcontroller.
///
/// ```
/// let requests: picometer::Uint = 7;
/// ```
#[cfg(target_has_atomic = "64")]
pub type Uint = u64;
/// The widest unsigned integer that the target updates by itself: `u64` on a server, `u32` on a microcontroller.
#[cfg(not(target_has_atomic = "64"))]
pub type Uint = u32;

#[cfg(target_has_atomic = "64")]
pub(crate) type AtomicUint = AtomicU64;
#[cfg(not(target_has_atomic = "64"))]
pub(crate) type AtomicUint = AtomicU32;

/// A word that threads of several processors change at the same time.
#[cfg(target_has_atomic = "64")]
pub trait Contended {
    /// What is in it.
    type Bits;

    /// Changes it as `fetch_update` does. A thread that met another one pauses before it looks again: the other has the cache line
    /// for several changes meanwhile, and two threads take half as long together. Never waits for what another thread does.
    fn change(&self, order: Ordering, change: impl FnMut(Self::Bits) -> Option<Self::Bits>);
}

/// So many hints to the processor are a pause: fewer are shorter than a cache line is on its way.
#[cfg(target_has_atomic = "64")]
const PAUSE: u32 = 16;

#[cfg(target_has_atomic = "64")]
#[cold]
fn pause() {
    (0..PAUSE).for_each(|_| spin_loop());
}

#[cfg(target_has_atomic = "64")]
macro_rules! contended {
    ($($atomic:ty: $bits:ty),*) => {$(
        impl Contended for $atomic {
            type Bits = $bits;

            #[inline]
            fn change(&self, order: Ordering, mut change: impl FnMut($bits) -> Option<$bits>) {
                let mut bits = self.load(Ordering::Relaxed);
                while let Some(new) = change(bits) {
                    if self.compare_exchange_weak(bits, new, order, Ordering::Relaxed).is_ok() {
                        return;
                    }
                    pause();
                    bits = self.load(Ordering::Relaxed);
                }
            }
        }
    )*};
}

#[cfg(target_has_atomic = "64")]
contended!(AtomicU32: u32, AtomicU64: u64);

#[cfg(all(not(target_has_atomic = "64"), feature = "critical-section"))]
#[allow(unreachable_pub, missing_debug_implementations, reason = "named by the associated types of a sealed trait")]
mod guarded {
    use core::cell::Cell;
    use core::sync::atomic::Ordering;

    /// A cell behind the program's critical section, with the interface of an atomic. The section orders everything, so the
    /// orderings are only there to fit the callers.
    pub struct Guarded<T: Copy>(critical_section::Mutex<Cell<T>>);

    impl<T: Copy> Guarded<T> {
        pub const fn new(value: T) -> Self {
            Self(critical_section::Mutex::new(Cell::new(value)))
        }

        fn with<R>(&self, change: impl FnOnce(&Cell<T>) -> R) -> R {
            critical_section::with(|section| change(self.0.borrow(section)))
        }

        pub fn load(&self, _: Ordering) -> T {
            self.with(Cell::get)
        }

        pub fn store(&self, value: T, _: Ordering) {
            self.with(|cell| cell.set(value));
        }

        pub fn fetch_update(&self, _: Ordering, _: Ordering, mut change: impl FnMut(T) -> Option<T>) -> Result<T, T> {
            self.with(|cell| {
                let old = cell.get();
                change(old).map(|new| cell.set(new)).ok_or(old)?;
                Ok(old)
            })
        }
    }

    macro_rules! integer {
        ($($width:ty),*) => {$(
            #[allow(dead_code, reason = "which operations a width needs depends on the target")]
            impl Guarded<$width> {
                pub fn swap(&self, value: $width, _: Ordering) -> $width {
                    self.with(|cell| cell.replace(value))
                }

                pub fn fetch_add(&self, value: $width, _: Ordering) -> $width {
                    self.with(|cell| cell.replace(cell.get().wrapping_add(value)))
                }

                pub fn fetch_sub(&self, value: $width, _: Ordering) -> $width {
                    self.with(|cell| cell.replace(cell.get().wrapping_sub(value)))
                }

                pub fn fetch_or(&self, value: $width, _: Ordering) -> $width {
                    self.with(|cell| cell.replace(cell.get() | value))
                }

                pub fn fetch_and(&self, value: $width, _: Ordering) -> $width {
                    self.with(|cell| cell.replace(cell.get() & value))
                }

                pub fn compare_exchange(&self, old: $width, new: $width, _: Ordering, _: Ordering) -> Result<$width, $width> {
                    self.with(|cell| if cell.get() == old { Ok(cell.replace(new)) } else { Err(cell.get()) })
                }
            }
        )*};
    }

    integer!(u32, u64);
}
