//! A float of one thread that begins again at zero behind a reset.
//!
//! Only its thread writes to a cell, so that no other can make it zero. What was there at a reset cannot be subtracted later either:
//! of 10¹⁶ + 1 nothing is left but 10¹⁶. So a reset begins another *generation*, as in `moment`: a cell says which one it is of, its
//! thread makes it zero before it adds in the next one, and readers pass over cells of others. The word of a counter has the
//! generation, and is odd while a reset is made. Checked with loom.

use crate::atomic::{AtomicU64, Backoff, Ordering, fence};

/// Of a cell that is being made zero.
const NONE: u64 = u64::MAX;

/// The generation that is counted in: during a reset the next one.
#[inline]
pub(super) fn generation(word: u64) -> u64 {
    word.wrapping_add(word & 1)
}

/// Adds to the sum and the generation of this thread; whether they are of that generation.
#[inline]
pub(super) fn add(cells: &[AtomicU64], generation: u64, amount: f64) -> bool {
    let [sum, own] = cells else { return true };
    let is_own = own.load(Ordering::Relaxed) == generation;
    if is_own {
        sum.store(plus(sum.load(Ordering::Relaxed), amount), Ordering::Relaxed);
    }
    is_own
}

/// Makes the sum of this thread zero, for another generation.
#[cold]
pub(super) fn renew(cells: &[AtomicU64], generation: u64) {
    let [sum, own] = cells else { return };
    // Release: pairs with the fence of `read`, whose caller then sees the word that this thread saw.
    own.store(NONE, Ordering::Release);
    // A reader that sees the zero sees that the cell is of no generation, too.
    fence(Ordering::Release);
    sum.store(0, Ordering::Relaxed);
    // Pairs with the acquire of `read`: a reader that sees the generation sees the zero.
    own.store(generation, Ordering::Release);
}

/// What a thread added in a generation.
#[inline]
pub(super) fn read(cells: &[AtomicU64], generation: u64) -> f64 {
    let [sum, own] = cells else { return 0.0 };
    if own.load(Ordering::Acquire) != generation {
        return 0.0;
    }
    let found = f64::from_bits(sum.load(Ordering::Relaxed));
    // What was loaded is older than the generation that is loaded now.
    fence(Ordering::Acquire);
    if own.load(Ordering::Relaxed) == generation { found } else { 0.0 }
}

/// Whether cells that no thread owns are of a generation.
pub(super) fn is_of(cells: &[AtomicU64], generation: u64) -> bool {
    cells.last().is_some_and(|own| own.load(Ordering::Relaxed) == generation)
}

/// So many milliseconds a read waits for the end of a reset. One that does not end is interrupted by the signal handler that reads.
const PATIENCE: u32 = 1_000;

/// What `sum` finds in all cells of one generation. Again, if there is a reset meanwhile.
#[inline]
pub(super) fn read_all(word: &AtomicU64, sum: impl Fn(u64) -> f64) -> f64 {
    let (mut backoff, mut may_wait) = (Backoff::for_millis(PATIENCE), true);
    loop {
        // Acquire: pairs with the release that ends a reset, behind which cells that threads share are zero.
        let before = word.load(Ordering::Acquire);
        if before.is_multiple_of(2) || !may_wait {
            let found = sum(generation(before));
            // What was loaded is older than the word that is loaded now.
            fence(Ordering::Acquire);
            if word.load(Ordering::Relaxed) == before {
                return found;
            }
        }
        may_wait = backoff.snooze();
    }
}

/// Begins another generation, of which `clear` is told, and makes what threads share zero. One at a time.
pub(super) fn reset(word: &AtomicU64, clear: impl FnOnce(u64)) {
    let odd = word.load(Ordering::Relaxed) | 1;
    word.store(odd, Ordering::Relaxed);
    // A reader that sees anything of what follows sees the odd word, too.
    fence(Ordering::Release);
    let next = generation(odd);
    clear(next);
    word.store(next, Ordering::Release);
}

#[inline]
pub(super) fn plus(bits: u64, amount: f64) -> u64 {
    (f64::from_bits(bits) + amount).to_bits()
}
