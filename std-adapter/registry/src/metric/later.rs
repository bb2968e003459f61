//! A cell that is made when it is first used, so that a static can have it.
#![allow(unsafe_code, reason = "cells that are constants are not asked whether they are there")]

use std::cell::UnsafeCell;
use std::panic::RefUnwindSafe;
use std::sync::Once;

use crate::cell::FromConfig;
use crate::shared::{Making, publish_declared};

/// A cell, or the place of one that is made by the first who asks for it.
pub(super) struct Later<C> {
    made: Once,
    /// The cell from the start where its type has a constant for it, and else from when `made` is completed.
    cell: UnsafeCell<Option<C>>,
}

// SAFETY: until `made` is completed, only the thread that runs its closure has access to the cell; from then on all threads share
// it, as `C: Sync` allows, and any of them may drop it, as `C: Send` allows.
unsafe impl<C: Send + Sync> Sync for Later<C> {}

/// As a cell is: it is written once, whole.
impl<C: RefUnwindSafe> RefUnwindSafe for Later<C> {}

impl<C: FromConfig> Later<C> {
    pub(super) const IS_CONSTANT: bool = {
        let start = &std::mem::ManuallyDrop::new(C::START);
        // SAFETY: `ManuallyDrop` has the layout of what is in it, and it is there.
        unsafe { (*std::ptr::from_ref(start).cast::<Option<C>>()).is_some() }
    };

    pub(super) const fn new() -> Self {
        Self { made: Once::new(), cell: UnsafeCell::new(C::START) }
    }

    /// A cell that is there already.
    pub(super) fn of(cell: C) -> Self {
        let made = Once::new();
        made.call_once(|| ());
        Self { made, cell: UnsafeCell::new(Some(cell)) }
    }

    #[inline]
    pub(super) fn get(&self, make: impl FnOnce() -> C) -> &C {
        if !Self::IS_CONSTANT && !self.made.is_completed() {
            self.make(make);
        }
        // SAFETY: the cell is there from the start, or since `made` was completed, which happens before this; from then on there are
        // only shared references to it.
        unsafe { (*self.cell.get()).as_ref().unwrap_unchecked() }
    }

    #[cold]
    fn make(&self, make: impl FnOnce() -> C) {
        // No fork finds it half made.
        let making = Making::begin();
        // A cell that panicked while it was made is made by the next who asks.
        self.made.call_once_force(|_| {
            let cell = make();
            // SAFETY: `Once` runs one of these at a time, and none after it; no reference is given out before.
            unsafe { *self.cell.get() = Some(cell) };
        });
        drop(making);
        publish_declared();
    }
}
