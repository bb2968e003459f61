//! Counting observations so that every read is of one moment and no writer ever waits.
//!
//! There are two sets of counts, and `state` says which is hot. An observation announces itself in `state`, which also tells it
//! the hot set; it adds its value to the sum of that set and then counts in one bucket. A reader makes the other set hot and
//! waits until the cold one has as many counts as observations were announced before: then no writer is on the way into it, and
//! counts and sum are those of the same observations. It reads, adds the cold set to the hot one, and leaves it empty.
//!
//! A reader waits for writers that are between two instructions; a writer waits for none. Unlike the core's tally, which
//! must not wait for what it interrupted and so gives up after a while, this one is always right; but for a child of `fork`, where
//! writers may have stayed behind in the parent. There a reader that has waited for long counts them as done.
//!
//! Why it holds: a bucket is counted with release behind the sum, and read with acquire. Making a set hot releases that it was
//! emptied, and announcing acquires it. Checked with loom.

use crate::atomic::{AtomicU32, AtomicU64, Mutex, Ordering, generation, yield_now};
use crate::cell::total::total;

/// Which set is hot: the highest bit. The others count the observations that were announced.
const HOT: u64 = 1 << 63;

pub(crate) struct Tally {
    state: AtomicU64,
    /// For each set its buckets, and the bits of its sum behind them.
    sets: [Box<[AtomicU64]>; 2],
    /// Readers, one at a time.
    reader: Mutex<()>,
    /// The generation of processes in which no writer is missing.
    generation: AtomicU32,
}

/// How often a writer is waited for that may have stayed behind; one that is given up too early is counted when it comes.
const PATIENCE: u32 = 200;

impl Tally {
    /// Of `buckets` buckets, the one beyond the last bound included.
    pub(crate) fn new(buckets: usize) -> Self {
        let set = || (0..=buckets).map(|_| AtomicU64::new(0)).collect();
        Self { state: AtomicU64::new(0), sets: [set(), set()], reader: Mutex::new(()), generation: AtomicU32::new(generation()) }
    }

    /// Counts an observation in a bucket. NaN and infinities are left out of the sum, which would stay so for ever.
    #[inline]
    pub(crate) fn record(&self, bucket: usize, value: f64) {
        let hot = self.state.fetch_add(1, Ordering::Acquire) & HOT;
        let [first, second] = &self.sets;
        let Some((sum, counts)) = (if hot == 0 { first } else { second }).split_last() else { return };
        if value.is_finite() {
            add(sum, value);
        }
        if let Some(count) = counts.get(bucket).or(counts.last()) {
            count.fetch_add(1, Ordering::Release);
        }
    }

    /// Shows all counts of one moment to `each`, and returns their sum.
    pub(crate) fn read(&self, each: impl FnMut(u64)) -> f64 {
        self.drain(each, true)
    }

    /// Forgets everything that was observed until now.
    pub(crate) fn reset(&self) {
        self.drain(|_| (), false);
    }

    /// Whether a writer may have stayed behind in the process from which this one was forked.
    fn misses(&self) -> bool {
        self.generation.load(Ordering::Relaxed) != generation()
    }

    /// Waits until as many are counted as were announced; how many.
    fn wait_for(&self, announced: u64, counts: &[AtomicU64]) -> u64 {
        let mut tries = 0;
        loop {
            let counted = counts.iter().fold(0_u64, |total, count| total.wrapping_add(count.load(Ordering::Acquire)));
            if counted == announced {
                return counted;
            }
            tries += 1;
            let misses = tries >= PATIENCE && self.misses();
            // More are counted than were announced where a writer was given up that came after all.
            if misses || counted > announced {
                self.state.fetch_add(counted.wrapping_sub(announced), Ordering::Relaxed);
                if misses {
                    self.generation.store(generation(), Ordering::Relaxed);
                }
                return counted;
            }
            yield_now();
        }
    }

    fn drain(&self, mut each: impl FnMut(u64), keep: bool) -> f64 {
        let _turn = self.reader.lock();
        let before = self.state.fetch_xor(HOT, Ordering::AcqRel);
        let announced = before & !HOT;
        let [first, second] = &self.sets;
        let (cold, hot) = if before & HOT == 0 { (first, second) } else { (second, first) };
        let (Some((cold_sum, cold)), Some((hot_sum, hot))) = (cold.split_last(), hot.split_last()) else { return 0.0 };
        let counted = self.wait_for(announced, cold);
        for (cold, hot) in cold.iter().zip(hot) {
            let count = cold.load(Ordering::Relaxed);
            each(count);
            if count != 0 {
                cold.store(0, Ordering::Relaxed);
                if keep {
                    hot.fetch_add(count, Ordering::Relaxed);
                }
            }
        }
        let sum = f64::from_bits(cold_sum.load(Ordering::Relaxed));
        cold_sum.store(0, Ordering::Relaxed);
        if keep {
            add(hot_sum, sum);
        } else {
            self.state.fetch_sub(counted, Ordering::Relaxed);
        }
        sum
    }
}

fn add(sum: &AtomicU64, value: f64) {
    let mut bits = sum.load(Ordering::Relaxed);
    while let Err(now) =
        sum.compare_exchange_weak(bits, total(f64::from_bits(bits) + value).to_bits(), Ordering::Relaxed, Ordering::Relaxed)
    {
        bits = now;
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::tests::turns;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn every_read_is_of_one_moment() {
        const TURNS: u32 = turns(200_000);
        let tally = Tally::new(3);
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let writers = [0, 1].map(|bucket| {
                let tally = &tally;
                scope.spawn(move || (0..TURNS).for_each(|_| tally.record(bucket, if bucket == 0 { 1.0 } else { 1_000_000.0 })))
            });
            let reader = scope.spawn(|| {
                let (mut reads, mut last) = (0, 0);
                loop {
                    // One read at least, and one behind the last observation.
                    let is_last = done.load(Ordering::Acquire);
                    let mut counts = Vec::new();
                    let sum = tally.read(|count| counts.push(count));
                    assert_eq!(sum, counts[0] as f64 + counts[1] as f64 * 1e6);
                    assert!(counts[0] + counts[1] >= last, "counts only grow");
                    last = counts[0] + counts[1];
                    reads += 1;
                    if is_last {
                        return reads;
                    }
                }
            });
            writers.into_iter().for_each(|writer| writer.join().unwrap());
            done.store(true, Ordering::Release);
            assert!(reader.join().unwrap() > 0);
        });
        assert_eq!(tally.read(|_| ()), f64::from(TURNS) * 1_000_001.0);
    }

    #[test]
    fn sum_is_of_finite_values() {
        let tally = Tally::new(2);
        tally.record(0, 1.5);
        tally.record(7, f64::NAN);
        let mut counts = Vec::new();
        assert_eq!(tally.read(|count| counts.push(count)), 1.5);
        assert_eq!(counts, [1, 1]);
        tally.reset();
        counts.clear();
        assert_eq!((tally.read(|count| counts.push(count)), counts), (0.0, vec![0, 0]));
        tally.record(1, f64::INFINITY);
        tally.record(1, f64::NEG_INFINITY);
        assert_eq!(tally.read(|_| ()), 0.0);
        (0..2).for_each(|_| tally.record(0, f64::MAX));
        assert_eq!(tally.read(|_| ()), f64::MAX);
    }

    /// What a child of `fork` finds: a writer that announced an observation and is not there.
    #[test]
    fn writer_that_stayed_behind_is_waited_for_once() {
        let tally = Tally::new(2);
        tally.record(0, 1.0);
        tally.generation.store(generation().wrapping_sub(1), Ordering::Relaxed);
        tally.state.fetch_add(1, Ordering::Relaxed);
        tally.record(1, 10.0);
        let read = || {
            let mut counts = Vec::new();
            (tally.read(|count| counts.push(count)), counts)
        };
        assert_eq!(read(), (11.0, vec![1, 1]));
        assert_eq!(tally.generation.load(Ordering::Relaxed), generation(), "none is missing any more");
        tally.record(1, 10.0);
        assert_eq!(read(), (21.0, vec![1, 2]));
        // One that was given up too early.
        let hot = usize::from(tally.state.load(Ordering::Relaxed) & HOT != 0);
        tally.sets[hot].first().unwrap().fetch_add(1, Ordering::Relaxed);
        assert_eq!((read().1, read().1), (vec![2, 2], vec![2, 2]));
        tally.reset();
        tally.record(0, 2.0);
        assert_eq!(read(), (2.0, vec![1, 0]));
    }
}
