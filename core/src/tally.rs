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
        bucket.fetch_add(1, Ordering::Release);
    }

    /// All observations of one moment, with the sum that `sum` reads.
    pub(crate) fn read<T>(&self, sum: impl Fn() -> T) -> Counted<T, N> {
        let mut counted = Counted { counts: [0; N], beyond: 0, sum: sum() };
        counted.beyond = read(&self.begun, &self.counts, &self.beyond, &mut counted.counts, &mut || counted.sum = sum());
        counted
    }
}

/// Reads the counts into `into` and returns the last. One copy of the code for all numbers of buckets and all kinds of sums.
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
fn read(begun: &AtomicUint, counts: &[AtomicUint], beyond: &AtomicUint, into: &mut [Uint], sum: &mut dyn FnMut()) -> Uint {
    let mut left = ATTEMPTS;
    loop {
        let within = counts.iter().zip(&mut *into).fold(0, |total: Uint, (count, place)| {
            *place = count.load(Ordering::Acquire);
            total.wrapping_add(*place)
        });
        let beyond = beyond.load(Ordering::Acquire);
        sum();
        left -= 1;
        if begun.load(Ordering::Relaxed) == within.wrapping_add(beyond) || left == 0 {
            return beyond;
        }
        spin_loop();
    }
}
