//! Whether a thread may be looking at what was just taken out of a structure.
//!
//! A reader makes its number odd before it looks and even behind; whoever took something out waits, without blocking, until every
//! number that was odd then has changed. Between making the number odd and looking there must be a full barrier, and another
//! between taking out and asking. On Linux the second serves as the first too, because it interrupts every thread of the process
//! (`membarrier`): then a lookup costs two plain stores. Checked with loom.

use crate::atomic::{AtomicU64, Ordering, fence};

/// The number of one thread, which nobody else writes.
#[repr(align(64))]
pub(crate) struct Reader {
    number: AtomicU64,
    /// How often it looks at the same time.
    depth: AtomicU64,
}

impl Reader {
    #[cfg(not(loom))]
    pub(crate) const fn new() -> Self {
        Self { number: AtomicU64::new(0), depth: AtomicU64::new(0) }
    }

    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        Self { number: AtomicU64::new(0), depth: AtomicU64::new(0) }
    }

    /// The thread looks from now on. `barrier` is the full one, or nothing where others make it.
    #[inline]
    pub(crate) fn enter(&self, barrier: impl FnOnce()) {
        let depth = self.depth.load(Ordering::Relaxed);
        self.depth.store(depth + 1, Ordering::Relaxed);
        if depth == 0 {
            // Release: who finds that the number has changed may find it by the next look, and is behind the one before too.
            self.number.store(self.number.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
            barrier();
        }
    }

    /// It looks no more.
    #[inline]
    pub(crate) fn leave(&self) {
        let depth = self.depth.load(Ordering::Relaxed).wrapping_sub(1);
        self.depth.store(depth, Ordering::Relaxed);
        if depth == 0 {
            self.number.store(self.number.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
        }
    }

    /// Whether the thread itself is looking just now.
    pub(crate) fn is_inside(&self) -> bool {
        self.depth.load(Ordering::Relaxed) > 0
    }

    /// What to wait for, asked behind a full barrier: a number that has to change, or nothing.
    pub(crate) fn waited_for(&self) -> Option<u64> {
        let number = self.number.load(Ordering::Acquire);
        (number % 2 == 1).then_some(number)
    }

    /// Whether that number has changed.
    pub(crate) fn has_left(&self, number: u64) -> bool {
        self.number.load(Ordering::Acquire) != number
    }
}

/// A full barrier between what a reader or a remover stored and what it loads next.
#[inline]
pub(crate) fn full_barrier() {
    fence(Ordering::SeqCst);
}
