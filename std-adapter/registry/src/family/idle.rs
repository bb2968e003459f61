//! How a series that nobody asks for is found too old, while somebody may just be about to keep it.
//!
//! Whoever makes a handle counts it and then looks whether the series is retired; whoever retires it says so and then looks for
//! handles. With a fence between the two steps of each, at least one sees the other, so no handle is left with a series that is
//! gone. Checked with loom.

use crate::atomic::{AtomicBool, AtomicU32, Ordering, fence};

pub(crate) struct Idle {
    /// When it was asked for last, in seconds.
    used: AtomicU32,
    /// Whether it was too old, or is being found so.
    retired: AtomicBool,
}

impl Idle {
    pub(crate) fn since(now: u32) -> Self {
        Self { used: AtomicU32::new(now), retired: AtomicBool::new(false) }
    }

    /// Somebody asked for it.
    pub(crate) fn touch(&self, now: u32) {
        self.used.store(now, Ordering::Relaxed);
    }

    /// Retires it, if nobody asked for it since `then` and there is no handle of it; whether that is so.
    pub(crate) fn retire(&self, then: u32, has_handles: impl Fn() -> bool) -> bool {
        let is_idle = || !has_handles() && self.used.load(Ordering::Relaxed) <= then;
        if !is_idle() {
            return false;
        }
        self.retired.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        let retired = is_idle();
        if !retired {
            self.retired.store(false, Ordering::Relaxed);
        }
        retired
    }

    /// Whether it is retired, or perhaps will be; asked when a handle was counted.
    pub(crate) fn is_retired(&self) -> bool {
        fence(Ordering::SeqCst);
        self.retired.load(Ordering::Relaxed)
    }
}
