//! Which slabs have anything: a read visits those. Checked with loom.

use crate::atomic::{AtomicU64, Ordering};

/// More slabs there are on no machine.
pub(super) const MOST: usize = if cfg!(any(miri, loom)) { 64 } else { 512 };

/// One more slab that a thread got, above how many slabs from the first on may have anything.
const BEGIN: u64 = 1 << 32;

pub(super) struct Used {
    /// Of 64 slabs each, a bit for those that may have anything.
    bits: [AtomicU64; MOST / 64],
    /// So many slabs from the first on may have anything; above, how often a thread got one.
    count: AtomicU64,
}

impl Used {
    #[cfg(not(loom))]
    pub(super) const fn new() -> Self {
        Self { bits: [const { AtomicU64::new(0) }; MOST / 64], count: AtomicU64::new(0) }
    }

    #[cfg(loom)]
    pub(super) fn new() -> Self {
        Self { bits: std::array::from_fn(|_| AtomicU64::new(0)), count: AtomicU64::new(0) }
    }

    /// How many slabs from the first on may have anything: a read visits those.
    #[inline]
    pub(super) fn count(&self) -> usize {
        // Acquire: pairs with the release of `begin`, so that the slab is found by a thread that may see what is counted there.
        self.count.load(Ordering::Acquire) as u32 as usize
    }

    /// A thread has the slab of this number.
    pub(super) fn begin(&self, number: usize) {
        self.bits[number / 64].fetch_or(1 << (number % 64), Ordering::Relaxed);
        // Release: `end` finds the bit that was set, or that there was another `begin`.
        let most = |count: u64| Some((count & !(BEGIN - 1)).wrapping_add(BEGIN) | (count & (BEGIN - 1)).max(number as u64 + 1));
        let _ = self.count.fetch_update(Ordering::AcqRel, Ordering::Relaxed, most);
    }

    /// A slab has nothing any more. Called while no thread has it.
    pub(super) fn end(&self, number: usize) {
        self.bits[number / 64].fetch_and(!(1 << (number % 64)), Ordering::Relaxed);
        // Acquire: the bits are there of those that began before. A thread that begins meanwhile makes this fail, and it is done again.
        let less = |count: u64| Some(count & !(BEGIN - 1) | self.behind_last());
        let _ = self.count.fetch_update(Ordering::AcqRel, Ordering::Acquire, less);
    }

    /// So many slabs from the first on have a bit.
    fn behind_last(&self) -> u64 {
        let words = self.bits.iter().map(|word| word.load(Ordering::Relaxed)).zip((0..).step_by(64));
        words.filter(|(word, _)| *word != 0).last().map_or(0, |(word, first)| first + 64 - u64::from(word.leading_zeros()))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn count_ends_behind_the_last() {
        let used = Used::new();
        assert_eq!(used.count(), 0);
        [0, 7, 63].into_iter().for_each(|number| used.begin(number));
        assert_eq!(used.count(), 64);
        used.end(0);
        assert_eq!(used.count(), 64);
        used.end(63);
        assert_eq!(used.count(), 8);
        used.begin(MOST - 1);
        assert_eq!(used.count(), MOST);
        [7, MOST - 1].into_iter().for_each(|number| used.end(number));
        assert_eq!(used.count(), 0);
    }
}
