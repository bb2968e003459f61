//! What is true of a whole chunk: where its cells are, and whether there is more of them than what is in the slabs of threads.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use super::chunks::{CHUNKS, Place};

/// A bit for each chunk of which there is more than the slabs of the threads and what was moved out of them: shared, in shards, or
/// reset. In the upper half one for each out of which anything was moved.
static HAS_MORE: AtomicU64 = AtomicU64::new(0);
/// Of each chunk where it is: whether other processes see its cells.
pub(super) static HOMES: [AtomicU8; CHUNKS] = [const { AtomicU8::new(UNKNOWN) }; CHUNKS];
pub(super) const UNKNOWN: u8 = 0;
/// On the heap, because nothing was shared when the first of its cells were taken.
pub(super) const PRIVATE: u8 = 1;
/// On the heap, because the file took no more.
pub(super) const FULL: u8 = 2;
/// In the file of this process.
pub(super) const FILE: u8 = 3;

/// Whether other processes see the cells of a place.
pub(super) fn is_shared(place: Place) -> bool {
    is_in_file(place.chunk())
}

/// Whether other processes see the cells of a chunk.
pub(super) fn is_in_file(chunk: usize) -> bool {
    HOMES[chunk].load(Ordering::Relaxed) == FILE
}

/// From now on reads look beyond the slabs of the threads, too. Before anything is written there. Release: pairs with the acquire
/// of `is_plain`.
pub(super) fn has_more(place: Place) {
    HAS_MORE.fetch_or(1 << place.chunk(), Ordering::Release);
}

/// The same of what is moved out of the slabs. Relaxed: the fence that begins a move comes behind it.
pub(super) fn has_moved(chunk: usize) {
    HAS_MORE.fetch_or(1 << (CHUNKS + chunk), Ordering::Relaxed);
}

/// Whether the slabs of the threads, and what was moved out of them, have all there is of a place.
#[inline]
pub(super) fn is_plain(place: Place) -> bool {
    HAS_MORE.load(Ordering::Acquire) & (1 << place.chunk()) == 0
}

/// Whether the slabs of the threads have all there is of a place.
#[inline]
pub(super) fn is_own(place: Place) -> bool {
    HAS_MORE.load(Ordering::Acquire) & ((1 << CHUNKS | 1) << place.chunk()) == 0
}
