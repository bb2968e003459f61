//! Counting observations so that a reader sees all of an observation or nothing of it, and no writer ever waits.
//!
//! An observation is three steps: it is announced in `begun`, its value is added to a sum, and it is counted in one bucket. A
//! reader takes the buckets, then the sum, then `begun`: if as many observations were begun as were counted, none was under
//! way, and buckets and sum belong to the same observations. Otherwise it reads again. There is no count to get out of step:
//! the count *is* the sum of the buckets.
//!
//! A reader that preempted a writer, a scrape in an interrupt, would read again for ever; so it gives up after [`ATTEMPTS`] and
//! shows a sum that may hold observations which are not counted yet. The buckets are right even then.
//!
//! Words of 32 bits are full one day, each bucket at another time. One that wraps around alone is a drop of 2³², which a server takes
//! for a restart of the whole. So the buckets begin again together, when half as many are counted as a word holds: a real restart. While
//! that is done `begun` is far from what is counted, and a reader that comes then shows nothing counted.
//!
//! Why it holds: the additions to sum and bucket are releases, the reads of them acquires. A reader that sees an
//! observation's part of the sum also sees its beginning; one that sees its bucket also sees its part of the sum. Checked with loom.

use crate::atomic::{AtomicUint, Ordering, Uint, spin_loop};

/// How often a reader tries before it takes what it has.
const ATTEMPTS: usize = 64;

/// Counts per bucket, for `N` bounds and what lies beyond the last.
pub(crate) struct Tally<const N: usize> {
    begun: AtomicUint,
    counts: [AtomicUint; N],
    beyond: AtomicUint,
}

/// What a reader saw: the observations of each bucket by itself, not cumulative.
pub(crate) struct Counted<T, const N: usize> {
    pub(crate) counts: [Uint; N],
    pub(crate) beyond: Uint,
    pub(crate) sum: T,
}

impl<const N: usize> Tally<N> {
    #[cfg(not(loom))]
    pub(crate) const fn new() -> Self {
        Self { begun: AtomicUint::new(0), counts: [const { AtomicUint::new(0) }; N], beyond: AtomicUint::new(0) }
    }

    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        Self { begun: AtomicUint::new(0), counts: core::array::from_fn(|_| AtomicUint::new(0)), beyond: AtomicUint::new(0) }
    }

    /// Where a bucket is counted, from `N` on beyond the last bound.
    #[inline(always)]
    pub(crate) fn bucket(&self, bucket: usize) -> &AtomicUint {
        self.counts.get(bucket).unwrap_or(&self.beyond)
    }

    /// Counts one observation in one of the [`buckets`](Self::bucket) of this tally; `add` adds it to the sum.
    #[inline]
    pub(crate) fn record(&self, bucket: &AtomicUint, add: impl FnOnce()) {
        self.begun.fetch_add(1, Ordering::Relaxed);
        add();
        // Pairs with the acquire in `read`: a reader that sees the count sees the sum.
        bucket.fetch_add(1, Ordering::Release);
    }

    /// Lets the buckets begin again where they are about to be full; to be called before an observation. Nothing on 64-bit targets.
    #[inline(always)]
    pub(crate) fn make_room(&self) {
        #[cfg(any(test, not(target_has_atomic = "64")))]
        if self.begun.load(Ordering::Relaxed) >= FULL {
            begin_again(&self.begun, &self.counts, &self.beyond);
        }
    }

    /// What a test would have to count for years.
    #[cfg(all(test, not(loom)))]
    pub(crate) fn counted(&self, counts: &[Uint; N], beyond: Uint) {
        let mut total = beyond;
        for (place, &count) in self.counts.iter().zip(counts) {
            place.store(count, Ordering::Relaxed);
            total = total.wrapping_add(count);
        }
        self.beyond.store(beyond, Ordering::Relaxed);
        self.begun.store(total, Ordering::Relaxed);
    }

    /// Forgets all observations; `forget` sets the sum to zero. Those that are under way are counted, with or without their part of
    /// the sum. Not for interrupts: a reader that comes meanwhile shows nothing counted.
    pub(crate) fn forget(&self, forget: impl FnOnce()) {
        // As in `begin_again`, which comes after 2³¹ observations: a test has fewer.
        self.begun.fetch_add(AHEAD, Ordering::AcqRel);
        forget();
        let all = self.counts.iter().chain([&self.beyond]);
        let taken = all.fold(0, |taken: Uint, count| taken.wrapping_add(count.swap(0, Ordering::AcqRel)));
        // Release: pairs with the acquire of a reader's buckets, so that one that sees `begun` in step sees them at zero.
        self.begun.fetch_sub(taken.wrapping_add(AHEAD), Ordering::Release);
    }

    /// All observations of one moment, with the sum that `sum` reads.
    pub(crate) fn read<T>(&self, sum: impl Fn() -> T) -> Counted<T, N> {
        let mut counted = Counted { counts: [0; N], beyond: 0, sum: sum() };
        counted.beyond = read(&self.begun, &self.counts, &self.beyond, &mut counted.counts, &mut || counted.sum = sum());
        counted
    }
}

/// So many are counted before the buckets begin again: half of what a word holds, so that what is said below is never ambiguous.
#[cfg(any(test, not(target_has_atomic = "64")))]
const FULL: Uint = Uint::MAX / 2;
/// While the buckets begin again, `begun` is so much ahead: from a quarter to three quarters of the word apart from what is counted.
const AHEAD: Uint = Uint::MAX / 4;
/// Observations under way are never as many as this. What is further apart is being begun again.
const APART: Uint = 0xffff;

/// Takes away what was counted from the buckets and from what was begun. Observations that are under way stay so.
#[cfg(any(test, not(target_has_atomic = "64")))]
#[cold]
#[inline(never)]
fn begin_again(begun: &AtomicUint, counts: &[AtomicUint], beyond: &AtomicUint) {
    // Who changes it first does it; from here on a reader sees that something is going on.
    let full = begun.load(Ordering::Relaxed);
    let free = (FULL..FULL + AHEAD / 2).contains(&full);
    if !free || begun.compare_exchange(full, full.wrapping_add(AHEAD), Ordering::AcqRel, Ordering::Relaxed).is_err() {
        return;
    }
    let mut taken: Uint = 0;
    for count in counts.iter().chain([beyond]) {
        let all = count.load(Ordering::Relaxed);
        count.fetch_sub(all, Ordering::Release);
        taken = taken.wrapping_add(all);
    }
    begun.fetch_sub(taken.wrapping_add(AHEAD), Ordering::Release);
}

/// Reads the counts into `into` and returns the last. One copy of the code for all numbers of buckets and all kinds of sums.
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
fn read(begun: &AtomicUint, counts: &[AtomicUint], beyond: &AtomicUint, into: &mut [Uint], sum: &mut dyn FnMut()) -> Uint {
    let mut left = ATTEMPTS;
    loop {
        let within = counts.iter().zip(&mut *into).fold(0, |total: Uint, (count, place)| {
            // Pairs with the release in `record`.
            *place = count.load(Ordering::Acquire);
            total.wrapping_add(*place)
        });
        let beyond = beyond.load(Ordering::Acquire);
        sum();
        left -= 1;
        let apart = begun.load(Ordering::Relaxed).wrapping_sub(within.wrapping_add(beyond));
        if apart == 0 || (left == 0 && apart <= APART) {
            return beyond;
        }
        if left == 0 {
            into.fill(0);
            return 0;
        }
        spin_loop();
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// A reader that interrupts the program anywhere in `begin_again` sees the counts of before, of afterwards, or nothing counted.
    #[test]
    fn reader_that_interrupts_a_new_beginning_sees_nothing_counted() {
        let tally = Tally::<2>::new();
        tally.counted(&[FULL - 25, 20], 10);
        let read = || {
            let read = tally.read(|| ());
            (read.counts, read.beyond)
        };
        assert_eq!(read(), ([FULL - 25, 20], 10));
        // Its steps, one by one.
        let full = tally.begun.load(Ordering::Relaxed);
        tally.begun.store(full + AHEAD, Ordering::Relaxed);
        assert_eq!(read(), ([0, 0], 0));
        let mut taken: Uint = 0;
        for count in tally.counts.iter().chain([&tally.beyond]) {
            assert_eq!(read(), ([0, 0], 0));
            taken = taken.wrapping_add(count.load(Ordering::Relaxed));
            count.store(0, Ordering::Relaxed);
        }
        assert_eq!(read(), ([0, 0], 0));
        tally.begun.fetch_sub(taken + AHEAD, Ordering::Relaxed);
        tally.record(tally.bucket(1), || ());
        assert_eq!(read(), ([0, 1], 0));
    }

    /// An observation that was begun before and is counted afterwards is not lost.
    #[test]
    fn observation_under_way_is_kept_by_a_new_beginning() {
        let tally = Tally::<1>::new();
        tally.counted(&[FULL], 0);
        tally.record(tally.bucket(1), || tally.make_room());
        let read = tally.read(|| ());
        assert_eq!((read.counts, read.beyond), ([0], 1));
    }

    #[test]
    fn threads_that_begin_again_at_once_lose_nothing() {
        for _ in 0..if cfg!(miri) { 1 } else { 20 } {
            let tally = Tally::<1>::new();
            tally.counted(&[FULL - 500], 0);
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        (0..1_000).for_each(|_| {
                            tally.make_room();
                            tally.record(tally.bucket(1), || ());
                        });
                    });
                }
            });
            let read = tally.read(|| ());
            assert_eq!(tally.begun.load(Ordering::Relaxed), read.counts[0] + read.beyond, "in step again");
            // Of each other thread, one observation may have been begun and not counted yet.
            assert!(read.counts[0] == 0 && (3_000..=4_003).contains(&(read.beyond + 500)), "{}", read.beyond);
        }
    }
}
