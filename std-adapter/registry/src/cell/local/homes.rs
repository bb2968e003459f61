//! What is true of a whole chunk: where its cells are, and whether there is more of them than what is in the slabs of threads.

use std::sync::atomic::{AtomicU8, Ordering};

use super::chunks::{CHUNKS, Place};
use super::more::{self, More};

/// Of which chunks there is more than the slabs of the threads and what was moved out of them: shared, in shards, or reset.
static MORE: More = More::new();
const _: () = assert!(CHUNKS <= more::MOST);
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

/// From now on reads look beyond the slabs of the threads, too. Before anything is written there.
pub(super) fn has_more(place: Place) {
    MORE.begin(place.chunk());
}

/// The same of what is moved out of the slabs, before a move begins.
pub(super) fn has_moved(chunk: usize) {
    MORE.moved(chunk);
}

/// Whether the slabs of the threads, and what was moved out of them, have all there is of a place.
#[inline]
pub(super) fn is_plain(place: Place) -> bool {
    MORE.is_plain(place.chunk())
}

/// Whether the slabs of the threads have all there is of a place.
#[inline]
pub(super) fn is_own(place: Place) -> bool {
    MORE.is_own(place.chunk())
}
