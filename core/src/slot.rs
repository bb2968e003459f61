//! A place that is claimed, written once, read by many and given back: one of the two files with `unsafe`.
//!
//! | state | guards | who may touch the value |
//! |---|---|---|
//! | free | 0 | the context that claims the slot |
//! | claimed | 0 | the claimer, exclusively |
//! | ready | any | every guard, shared |
//! | leaving | any | the guards that are left, shared; no new guards |
//!
//! No context waits: a slot that is not ready is passed over. The last guard of a leaving slot frees it. Checked with loom.
#![allow(unsafe_code)]

use crate::atomic::{AtomicU32, Ordering};
#[cfg(loom)]
use loom::cell::UnsafeCell;

#[cfg(not(loom))]
use plain::UnsafeCell;

/// loom's interface, so that the code below is the code that loom checks.
#[cfg(not(loom))]
mod plain {
    pub(super) struct UnsafeCell<T>(core::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(super) const fn new(value: T) -> Self {
            Self(core::cell::UnsafeCell::new(value))
        }

        pub(super) fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
            read(self.0.get())
        }

        pub(super) fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
            write(self.0.get())
        }
    }
}

const FREE: u32 = 0;
const CLAIMED: u32 = 1;
const READY: u32 = 2;
const LEAVING: u32 = 3;
const STATE: u32 = 3;
/// One guard; the bits above the state count them.
const GUARD: u32 = 4;

/// One place for a `T`.
pub(crate) struct Slot<T> {
    state: AtomicU32,
    value: UnsafeCell<T>,
}

// SAFETY: the value is written only in state `CLAIMED`, which one context enters by compare-and-swap and in which none reads. It is
// shared only through guards, which exist only in states `READY` and `LEAVING`. Sharing needs `T: Sync`; that the value may be
// written by one context and read or replaced by another needs `T: Send`.
unsafe impl<T: Send + Sync> Sync for Slot<T> {}

impl<T> Slot<T> {
    #[cfg(not(loom))]
    pub(crate) const fn new(value: T) -> Self {
        Self { state: AtomicU32::new(FREE), value: UnsafeCell::new(value) }
    }

    #[cfg(loom)]
    pub(crate) fn new(value: T) -> Self {
        Self { state: AtomicU32::new(FREE), value: UnsafeCell::new(value) }
    }

    /// Claims a free slot, lets `write` fill it and makes it ready. Whether it was free.
    pub(crate) fn fill(&self, write: impl FnOnce(&mut T)) -> bool {
        if self.state.compare_exchange(FREE, CLAIMED, Ordering::Acquire, Ordering::Relaxed).is_err() {
            return false;
        }
        self.value.with_mut(|value| {
            // SAFETY: this context moved the state from `FREE` to `CLAIMED`: no other claims it until it is free again, and
            // none gets a guard until it is ready. The acquire makes the last guards' reads happen before this write.
            write(unsafe { &mut *value });
        });
        self.state.store(READY, Ordering::Release);
        true
    }

    /// A guard on a ready slot.
    pub(crate) fn get(&self) -> Option<Guard<'_, T>> {
        let enter = |state: u32| (state & STATE == READY).then(|| state.checked_add(GUARD)).flatten();
        self.state.fetch_update(Ordering::Acquire, Ordering::Relaxed, enter).ok()?;
        Some(Guard { slot: self })
    }

    /// Takes a ready slot out of service, whatever is in it; it is free when the last guard is gone. Whether it was ready.
    pub(crate) fn retire(&self) -> bool {
        let leave = |state: u32| (state & STATE == READY).then_some(state | LEAVING);
        let left = self.state.fetch_update(Ordering::Relaxed, Ordering::Relaxed, leave).is_ok();
        if left {
            self.free_if_unused();
        }
        left
    }

    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn free_if_unused(&self) {
        // The release hands the reads of every guard, whose decrements are in this release sequence, to the next claimer.
        let _ = self.state.compare_exchange(LEAVING, FREE, Ordering::Release, Ordering::Relaxed);
    }
}

/// Keeps a ready slot from being claimed again.
pub(crate) struct Guard<'a, T> {
    slot: &'a Slot<T>,
}

impl<T> Guard<'_, T> {
    #[cfg(any(test, loom))]
    pub(crate) fn with<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        self.slot.value.with(|value| {
            // SAFETY: while this guard is counted the state stays `READY` or `LEAVING`, in which no context writes the value. The
            // acquire of `get` made the claimer's write happen before this read.
            read(unsafe { &*value })
        })
    }

    #[cfg(not(loom))]
    pub(crate) fn value(&self) -> &T {
        self.slot.value.with(|value| {
            // SAFETY: as in `with`; the reference cannot outlive the guard.
            unsafe { &*value }
        })
    }
}

impl<T> Guard<'_, T> {
    /// Takes the slot out of service, as [`Slot::retire`] does, with the value that this guard sees: had the guard been dropped
    /// before, the slot could be another value's by now.
    pub(crate) fn retire(&self) -> bool {
        self.slot.retire()
    }
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        if self.slot.state.fetch_sub(GUARD, Ordering::Release) == LEAVING + GUARD {
            self.slot.free_if_unused();
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_filled_read_and_given_back() {
        let slot = Slot::new(0);
        assert!(slot.get().is_none() && !slot.retire());
        assert!(slot.fill(|value| *value = 7));
        assert!(!slot.fill(|_| unreachable!()));
        let guard = slot.get().unwrap();
        assert_eq!(*guard.value(), 7);
        assert!(slot.retire() && !slot.retire());
        assert!(slot.get().is_none(), "a leaving slot takes no new guards");
        assert!(!slot.fill(|_| unreachable!()), "it is not free while a guard is there");
        assert_eq!(guard.with(|value| *value), 7);
        drop(guard);
        assert!(slot.fill(|value| *value = 8));
        assert_eq!(*slot.get().unwrap().value(), 8);
    }
}
