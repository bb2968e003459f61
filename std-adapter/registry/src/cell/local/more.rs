//! Whether there is more of a chunk than what is in the slabs of threads, so that most reads look nowhere else. Checked with loom.

use crate::atomic::{AtomicU64, Ordering};

/// So many chunks have bits: the lower half says that there is more, the upper that anything was moved out of the slabs.
pub(super) const MOST: usize = 32;

/// Bits of chunks, which are set and never taken back.
pub(super) struct More(AtomicU64);

impl More {
    #[cfg(not(loom))]
    pub(super) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    #[cfg(loom)]
    pub(super) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// From now on reads look beyond the slabs. Called before anything is written there. Release: pairs with the acquire of
    /// [`is_plain`](Self::is_plain).
    pub(super) fn begin(&self, chunk: usize) {
        self.0.fetch_or(1 << chunk, Ordering::Release);
    }

    /// The same of what is moved out of the slabs. Relaxed: the fence that begins a move comes behind it.
    pub(super) fn moved(&self, chunk: usize) {
        self.0.fetch_or(1 << (MOST + chunk), Ordering::Relaxed);
    }

    /// Whether the slabs, and what was moved out of them, have all there is of a chunk.
    #[inline]
    pub(super) fn is_plain(&self, chunk: usize) -> bool {
        self.0.load(Ordering::Acquire) & (1 << chunk) == 0
    }

    /// Whether the slabs have all there is of a chunk.
    #[inline]
    pub(super) fn is_own(&self, chunk: usize) -> bool {
        self.0.load(Ordering::Acquire) & ((1 << MOST | 1) << chunk) == 0
    }
}
