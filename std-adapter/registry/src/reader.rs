//! Whether a thread may be looking at what was just taken out of a structure.
//!
//! A reader says that it looks, and behind it that it does no more; whoever took something out waits, without blocking, until
//! every reader that looked then has looked away. Between saying so and looking there must be a full barrier, and another between
//! taking out and asking. On Linux the second serves as the first too, because it interrupts every thread of the process
//! (`membarrier`): then a lookup costs two plain stores. Checked with loom.

use crate::atomic::{AtomicU64, Ordering, fence};

/// What one thread says, and nobody else writes: how often it looked away, above how many looks are under way: so many that no
/// program forgets as many of them. How often wraps around, and who waits for a number that came again waits longer.
#[repr(align(64))]
pub(crate) struct Reader(AtomicU64);

const AWAY: u64 = 1 << 48;

impl Reader {
    #[cfg(not(loom))]
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// The thread looks from now on. `barrier` is the full one, or nothing where others make it.
    #[inline]
    pub(crate) fn enter(&self, barrier: impl FnOnce()) {
        // Release: who finds that it looked away may find it by the next look, and is behind the one before too.
        self.0.store(self.0.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
        barrier();
    }

    /// A look is over.
    #[inline]
    pub(crate) fn leave(&self) {
        let state = self.0.load(Ordering::Relaxed);
        let looks = state.wrapping_sub(1);
        self.0.store(if state % AWAY == 1 { looks.wrapping_add(AWAY) } else { looks }, Ordering::Release);
    }

    /// Whether the thread itself is looking just now.
    pub(crate) fn is_inside(&self) -> bool {
        !self.0.load(Ordering::Relaxed).is_multiple_of(AWAY)
    }

    /// What to wait for, asked behind a full barrier: a number that has to change, or nothing.
    pub(crate) fn waited_for(&self) -> Option<u64> {
        let state = self.0.load(Ordering::Acquire);
        (!state.is_multiple_of(AWAY)).then_some(state / AWAY)
    }

    /// Nobody looks: the thread did not come along to a child of `fork`.
    #[cfg(all(feature = "multiprocess", target_os = "linux"))]
    pub(crate) fn forget(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// Whether that number has changed.
    pub(crate) fn has_left(&self, number: u64) -> bool {
        self.0.load(Ordering::Acquire) / AWAY != number
    }
}

/// A full barrier between what a reader or a remover stored and what it loads next.
#[inline]
pub(crate) fn full_barrier() {
    fence(Ordering::SeqCst);
}
