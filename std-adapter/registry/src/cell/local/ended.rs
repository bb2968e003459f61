//! Takes the counts of threads that ended out of their slabs.

use std::sync::atomic::{AtomicU64, Ordering};

use super::chunks::{CHUNKS, Place};
use super::homes;
use super::moves::Sides;
use super::slab::{self, FOLDED, SLABS, Slab};
use crate::atomic::Mutex;
use crate::epoch;

/// So many cells are moved in one step, and the rest of the range that the last is in.
const STEP: usize = 512;

/// Moves what threads counted that ended since it was called last, so that a page visits the slabs of live threads alone. Called by
/// pages. Cells in a file stay where they are: other processes add them up.
pub(crate) fn fold_ended() {
    /// Of which ends all is moved, and in which process.
    static DONE: AtomicU64 = AtomicU64::new(0);
    static TURN: Mutex<()> = Mutex::new(());
    let ends = u64::from(epoch::ended_leases()) | u64::from(epoch::generation()) << 32;
    if DONE.load(Ordering::Relaxed) == ends {
        return;
    }
    // Another page is at it.
    let Some(_turn) = TURN.try_lock() else { return };
    let used = |number: usize| SLABS.get(number).filter(|slab| slab.is_used.load(Ordering::Relaxed));
    epoch::with_unleased(|number| used(number).is_some(), |number| used(number).into_iter().for_each(empty));
    DONE.store(ends, Ordering::Relaxed);
}

/// Moves all counts of a slab that no thread has.
fn empty(slab: &Slab) {
    let mut is_empty = true;
    let number = slab::number_of(slab);
    for chunk in 0..CHUNKS {
        let Some(own) = slab.chunks.whole(chunk) else { continue };
        if homes::is_in_file(chunk) {
            is_empty = false;
            continue;
        }
        FOLDED.make(Place::start_of(chunk));
        let Some(into) = FOLDED.whole(chunk) else { continue };
        homes::has_moved(chunk);
        let (moving, step) = slab::moving(chunk);
        let sides = Sides { slab: number, own, into, notes: slab::notes(chunk) };
        let mut start = 0;
        while start < own.len() {
            start = sides.step(moving, step, start, STEP);
        }
        // Release, within: a thread that has the slab next finds its cells zero.
        slab.chunks.hand(chunk, &slab.spare);
    }
    slab.is_used.store(false, Ordering::Relaxed);
    if is_empty {
        slab::USED.end(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Counter;
    use crate::atomic::Backoff;

    /// A thread that has the number of one that ended, and never counts, keeps nothing from being moved.
    #[test]
    fn slab_of_a_thread_that_never_counts_is_emptied() {
        let counter: Counter = Counter::new();
        // Threads of other tests take numbers, too.
        for turn in 1.. {
            assert!(turn < 10_000, "no thread had the number of the one before");
            let count = || {
                counter.inc();
                epoch::number()
            };
            let number = std::thread::scope(|scope| scope.spawn(count).join().unwrap()).unwrap();
            let is_emptied = || {
                if epoch::number() != Some(number) {
                    return None;
                }
                let is_used = || SLABS.get(number).is_some_and(|slab| slab.is_used.load(Ordering::Relaxed));
                // Another thread may be at it.
                let mut backoff = Backoff::for_millis(10_000);
                while is_used() && backoff.snooze() {
                    fold_ended();
                }
                Some(!is_used())
            };
            if let Some(is_emptied) = std::thread::scope(|scope| scope.spawn(is_emptied).join().unwrap()) {
                return assert!(is_emptied && counter.get() == turn);
            }
        }
    }
}
