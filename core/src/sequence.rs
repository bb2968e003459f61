//! A sequence lock made of atomics only, for values that are several atomics and must be read as one.
//!
//! The sequence is odd during a write. Writers make everything between two even ones, readers see the same even one before
//! and behind all that they read, or they saw nothing. No context waits, so an interrupt may do either. Checked with loom.

use crate::atomic::{AtomicU32, Ordering, fence};

/// Guards values that are stored and loaded with relaxed ordering, in the closures that it is handed.
pub(crate) struct Sequence(AtomicU32);

impl Sequence {
    #[cfg(not(loom))]
    pub(crate) const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Runs `store`, unless another context is writing.
    pub(crate) fn write(&self, store: impl FnOnce()) {
        let even = self.0.load(Ordering::Relaxed);
        let odd = even.wrapping_add(1);
        if even.is_multiple_of(2) && self.0.compare_exchange(even, odd, Ordering::Acquire, Ordering::Relaxed).is_ok() {
            // Pairs with the fence of `read`: a load that sees anything of what is stored also sees the odd sequence.
            fence(Ordering::Release);
            store();
            self.0.store(odd.wrapping_add(1), Ordering::Release);
        }
    }

    /// What `load` finds; nothing before the first write, and where a write comes in between.
    pub(crate) fn read<R>(&self, load: impl FnOnce() -> R) -> Option<R> {
        let even = self.0.load(Ordering::Acquire);
        if even == 0 || !even.is_multiple_of(2) {
            return None;
        }
        let found = load();
        // What was loaded is older than the sequence that is loaded now.
        fence(Ordering::Acquire);
        (self.0.load(Ordering::Relaxed) == even).then_some(found)
    }
}
