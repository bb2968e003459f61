//! Takes the counts of threads that ended out of their slabs.

use std::sync::atomic::{AtomicU64, Ordering};

use super::chunks::{CHUNKS, Place};
use super::slab::{self, ENDS, FOLDED, SLABS, Slab};
use super::{fold, used};
use crate::atomic::Mutex;
use crate::epoch;

/// So many integers are moved in one step.
const STEP: usize = 512;

/// Moves what threads counted that ended since it was called last, so that a page visits the slabs of live threads alone. Called by
/// pages. Cells in a file stay where they are: other processes add them up.
pub(crate) fn fold_ended() {
    /// Of which ends all is moved, and in which process.
    static DONE: AtomicU64 = AtomicU64::new(0);
    static TURN: Mutex<()> = Mutex::new(());
    let ends = u64::from(ENDS.load(Ordering::Relaxed)) | u64::from(epoch::generation()) << 32;
    if DONE.load(Ordering::Relaxed) == ends {
        return;
    }
    // Another page is at it.
    let Some(_turn) = TURN.try_lock() else { return };
    let used = |number: usize| SLABS.get(number).filter(|slab| slab.is_used.load(Ordering::Relaxed));
    epoch::with_ended(|number| used(number).is_some(), |number| used(number).into_iter().for_each(empty));
    DONE.store(ends, Ordering::Relaxed);
}

/// Moves all counts of a slab that no thread has.
fn empty(slab: &Slab) {
    let mut is_empty = true;
    for chunk in 0..CHUNKS {
        let Some(own) = slab.chunks.whole(chunk) else { continue };
        if slab::is_in_file(chunk) {
            is_empty = false;
            continue;
        }
        let place = Place::start_of(chunk);
        FOLDED.make(place);
        let Some(into) = FOLDED.whole(chunk) else { continue };
        slab::has_moved(chunk);
        let moving = slab::moving(place).begin();
        let mut start = 0;
        while start < own.len() {
            moving.step(|| {
                let end = own.len().min(start + STEP);
                match slab::notes(chunk) {
                    None => {
                        fold::integers(&own[start..end], &into[start..end]);
                        start = end;
                    }
                    Some(notes) => {
                        while start < end {
                            // A length that is noted only now is that of cells that this slab never counted in.
                            let len = (notes[start].load(Ordering::Relaxed) as usize).clamp(1, own.len() - start);
                            let cells = start..start + len;
                            match notes.get(start + 1).filter(|_| len > 1) {
                                Some(low) => fold::range(&own[cells.clone()], &into[cells], low),
                                None => fold::integers(&own[cells.clone()], &into[cells]),
                            }
                            start += len;
                        }
                    }
                }
            });
        }
        drop(moving);
        // Release, within: a thread that has the slab next finds its cells zero.
        slab.chunks.hand(chunk, &slab.spare);
    }
    slab.is_used.store(false, Ordering::Relaxed);
    if is_empty {
        used::end(slab::number_of(slab));
    }
}
