//! Which slabs have anything: a read visits those.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// More slabs there are on no machine.
pub(super) const MOST: usize = if cfg!(miri) { 64 } else { 512 };

/// Of 64 slabs each, a bit for those that may have anything.
static USED: [AtomicU64; MOST / 64] = [const { AtomicU64::new(0) }; MOST / 64];
/// How many of these words may have bits.
static WORDS: AtomicUsize = AtomicUsize::new(0);

/// A thread has the slab of this number.
pub(super) fn begin(number: usize) {
    // Release: pairs with the acquire of `Used`, so that the slab is found by who may see what is counted there.
    USED[number / 64].fetch_or(1 << (number % 64), Ordering::Release);
    WORDS.fetch_max(number / 64 + 1, Ordering::Release);
}

/// A slab has nothing any more. Called while no thread has it.
pub(super) fn end(number: usize) {
    // Relaxed: the next owner sets it again behind this, and a reader that finds it gone missed nothing that is there.
    USED[number / 64].fetch_and(!(1 << (number % 64)), Ordering::Relaxed);
}

/// The numbers of the slabs that may have anything.
pub(super) struct Used {
    word: usize,
    words: usize,
    bits: u64,
}

#[inline]
pub(super) fn numbers() -> Used {
    Used { word: 0, words: WORDS.load(Ordering::Acquire), bits: 0 }
}

impl Iterator for Used {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.bits == 0 {
            if self.word == self.words {
                return None;
            }
            self.bits = USED.get(self.word)?.load(Ordering::Acquire);
            self.word += 1;
        }
        let number = (self.word - 1) * 64 + self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        Some(number)
    }
}
