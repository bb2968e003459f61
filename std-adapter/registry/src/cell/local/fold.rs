//! Moving what threads counted that ended into cells that all reads add, so that a read does not visit their slabs for ever.
//!
//! A thread that ended writes no more, and while its counts are moved no other thread may have its slab: who moves is the only
//! writer of both sides. Readers see that something is moved by a count that is odd meanwhile. A reader that met that takes the
//! mutex, which is held for one step at a time; between two steps every count is on one side. No update waits for any of this.
//! Checked with loom.

use crate::atomic::{AtomicU64, Mutex, Ordering, fence};
use crate::cell::total::Sum;

/// Whether counts are being moved in a chunk.
pub(super) struct Moving {
    /// Twice how often something was; odd while it is.
    count: AtomicU64,
    /// Held for each step.
    step: Mutex<()>,
}

impl Moving {
    #[cfg(not(loom))]
    pub(super) const fn new() -> Self {
        Self { count: AtomicU64::new(0), step: Mutex::new(()) }
    }

    #[cfg(loom)]
    pub(super) fn new() -> Self {
        Self { count: AtomicU64::new(0), step: Mutex::new(()) }
    }

    /// What `read` finds where every count is on one side. It is told whether anything was ever moved, and called once more if
    /// something was while it read.
    #[inline]
    pub(super) fn whole<T>(&self, mut read: impl FnMut(bool) -> T) -> T {
        // Acquire: pairs with the release at the end of a move, all of which is then seen.
        let before = self.count.load(Ordering::Acquire);
        if before.is_multiple_of(2) {
            let found = read(before != 0);
            // What was loaded is older than the count that is loaded now: if any of it was stored by a move, or by the next owner
            // of a slab that was moved (`settle`), the count is another.
            fence(Ordering::Acquire);
            if self.count.load(Ordering::Relaxed) == before {
                return found;
            }
        }
        self.between(read)
    }

    /// The same between two steps. A step takes a microsecond, and its thread cannot be waiting for this one.
    #[cold]
    fn between<T>(&self, mut read: impl FnMut(bool) -> T) -> T {
        let _between = self.step.lock();
        read(true)
    }

    /// Begins to move; one at a time.
    pub(super) fn begin(&self) -> Move<'_> {
        self.count.fetch_add(1, Ordering::Relaxed);
        // A reader that sees anything of what follows sees the odd count, too.
        fence(Ordering::Release);
        Move(self)
    }

    /// While it runs nothing is moved. For what writes to cells of threads that ended otherwise.
    pub(super) fn without<T>(&self, write: impl FnOnce() -> T) -> T {
        let _between = self.step.lock();
        write()
    }
}

/// As long as there is one, something is being moved.
pub(super) struct Move<'a>(&'a Moving);

impl Move<'_> {
    pub(super) fn step(&self, step: impl FnOnce()) {
        let _step = self.0.step.lock();
        step();
    }
}

impl Drop for Move<'_> {
    fn drop(&mut self) {
        self.0.count.fetch_add(1, Ordering::Release);
    }
}

/// Called by a thread that takes a slab over, behind the acquire that made it its own and before it counts in it. Release: a reader
/// that sees any of its counts sees the moves before, too.
pub(super) fn settle() {
    fence(Ordering::Release);
}

/// Moves integers.
pub(super) fn integers(own: &[AtomicU64], into: &[AtomicU64]) {
    for (own, into) in own.iter().zip(into) {
        let count = own.load(Ordering::Relaxed);
        if count != 0 {
            into.store(into.load(Ordering::Relaxed).wrapping_add(count), Ordering::Relaxed);
            own.store(0, Ordering::Relaxed);
        }
    }
}

/// Of which generation cells are that were being made zero when their thread was lost at a fork.
const NONE: u64 = u64::MAX;

/// Moves the cells of a float (see `single`) or of observations (see `moment`). What is of an older generation than the other
/// side is of no value any more.
pub(super) fn range(own: &[AtomicU64], into: &[AtomicU64], low: &AtomicU64) {
    let (Some((own_generation, own)), Some((into_generation, into))) = (own.split_last(), into.split_last()) else { return };
    let (Some((own_sum, own)), Some((into_sum, into))) = (sum_first(own), sum_first(into)) else { return };
    let generation = own_generation.load(Ordering::Relaxed);
    let ahead = generation.wrapping_sub(into_generation.load(Ordering::Relaxed)) as i64;
    let has_any = own_sum.load(Ordering::Relaxed) != 0 || own.iter().any(|count| count.load(Ordering::Relaxed) != 0);
    if generation != NONE && ahead >= 0 && has_any {
        if ahead > 0 {
            [into_sum, low].into_iter().chain(into).for_each(|cell| cell.store(0, Ordering::Relaxed));
            into_generation.store(generation, Ordering::Relaxed);
        }
        let sum = Sum::of([into_sum, low].map(float).into()).plus(float(own_sum));
        let (high, rest) = sum.parts();
        into_sum.store(high.to_bits(), Ordering::Relaxed);
        low.store(rest.to_bits(), Ordering::Relaxed);
        into.iter().zip(own).for_each(|(into, own)| {
            into.store(into.load(Ordering::Relaxed).wrapping_add(own.load(Ordering::Relaxed)), Ordering::Relaxed);
        });
    }
    own_sum.store(0, Ordering::Relaxed);
    own.iter().for_each(|count| count.store(0, Ordering::Relaxed));
}

/// The sum and the counts behind it; a sequence in front is left out.
fn sum_first(cells: &[AtomicU64]) -> Option<(&AtomicU64, &[AtomicU64])> {
    match cells {
        [_, sum, counts @ ..] => Some((sum, counts)),
        [sum] => Some((sum, &[])),
        [] => None,
    }
}

fn float(cell: &AtomicU64) -> f64 {
    f64::from_bits(cell.load(Ordering::Relaxed))
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn cells<const N: usize>(cells: [u64; N]) -> [AtomicU64; N] {
        cells.map(AtomicU64::new)
    }

    fn seen(cells: &[AtomicU64]) -> Vec<u64> {
        cells.iter().map(|cell| cell.load(Ordering::Relaxed)).collect()
    }

    #[test]
    fn integers_are_moved_and_wrap_around() {
        let (own, into) = (cells([1, 0, 3]), cells([u64::MAX, 5, 6]));
        integers(&own, &into);
        assert_eq!((seen(&own), seen(&into)), (vec![0; 3], vec![0, 5, 9]));
    }

    #[test]
    fn floats_keep_what_is_rounded_away() {
        let (into, low) = (cells([0, 0]), AtomicU64::new(0));
        for amount in [1.0_f64, 1e16, 1.0, 0.25] {
            let own = cells([amount.to_bits(), 0]);
            range(&own, &into, &low);
            assert_eq!(seen(&own), [0, 0]);
        }
        assert_eq!((float(&into[0]) - 1e16) + float(&low), 2.25);
        assert_eq!(Sum::of([&into[0], &low].map(float).into()).value(), 1e16 + 2.0);
    }

    #[test]
    fn later_generation_takes_the_place_of_an_earlier_one() {
        let one = 1.0_f64.to_bits();
        let (into, low) = (cells([0, one, 1, 0, 4]), AtomicU64::new(0.5_f64.to_bits()));
        range(&cells([8, one, 0, 7, 2]), &into, &low);
        assert_eq!(seen(&into), [0, one, 1, 0, 4], "an earlier one is forgotten");
        range(&cells([8, one, 0, 7, NONE]), &into, &low);
        assert_eq!(seen(&into), [0, one, 1, 0, 4], "so is none");
        range(&cells([8, one, 0, 7, 6]), &into, &low);
        assert_eq!((seen(&into), low.load(Ordering::Relaxed)), (vec![0, one, 0, 7, 6], 0));
        range(&cells([8, one, 1, 0, 6]), &into, &low);
        assert_eq!(seen(&into), [0, 2.0_f64.to_bits(), 1, 7, 6]);
    }
}
