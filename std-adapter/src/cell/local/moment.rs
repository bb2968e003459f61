//! Observations of one thread, read whole by another.
//!
//! A sequence lock: the sequence is odd while an observation is made, and a reader that saw the same even one before and behind
//! has counts and sum of the same observations. A thread that never pauses would leave a reader no such moment, so a reader
//! that failed a few times *freezes* the cells: their owner observes elsewhere until it is done. Nobody who observes ever
//! waits. Checked with loom.

use crate::atomic::{AtomicU64, Ordering, fence, yield_now};

/// How often a reader tries before it freezes.
const PATIENCE: u32 = if cfg!(loom) { 1 } else { 4 };
/// How often it tries in all. An owner that does not come to the end of an observation is either not running, or was lost in
/// the middle of one by a fork; then its last observation may be half there.
const ATTEMPTS: u32 = 20_000;

/// Observes in the cells of this thread: the sequence, the sum, and the counts.
#[inline]
pub(super) fn record(cells: &[AtomicU64], bucket: usize, value: f64) {
    let [sequence, sum, counts @ ..] = cells else { return };
    let even = sequence.load(Ordering::Relaxed);
    sequence.store(even.wrapping_add(1), Ordering::Relaxed);
    // Whoever sees anything of what follows sees the odd sequence too.
    fence(Ordering::Release);
    if !value.is_nan() {
        sum.store((f64::from_bits(sum.load(Ordering::Relaxed)) + value).to_bits(), Ordering::Relaxed);
    }
    if let Some(count) = counts.get(bucket).or(counts.last()) {
        count.store(count.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }
    sequence.store(even.wrapping_add(2), Ordering::Release);
}

/// Adds the observations of one moment to `into`, and returns their sum. `frozen` counts the readers that froze the cells.
pub(super) fn read(cells: &[AtomicU64], frozen: &AtomicU64, into: &mut [u64]) -> f64 {
    let [sequence, sum, counts @ ..] = cells else { return 0.0 };
    // No larger than need be, because it is zeroed.
    let (mut few, mut more, mut many);
    let seen = match counts.len() {
        len @ 0..=16 => {
            few = [0; 16];
            &mut few[..len]
        }
        len @ 17..=64 => {
            more = [0; 64];
            &mut more[..len]
        }
        len => {
            many = vec![0; len];
            &mut many[..]
        }
    };
    let (mut tries, mut froze) = (0, false);
    let total = loop {
        let before = sequence.load(Ordering::Acquire);
        let total = f64::from_bits(sum.load(Ordering::Relaxed));
        seen.iter_mut().zip(counts).for_each(|(seen, count)| *seen = count.load(Ordering::Relaxed));
        // What was loaded is older than the sequence that is loaded now.
        fence(Ordering::Acquire);
        let whole = before.is_multiple_of(2) && sequence.load(Ordering::Relaxed) == before;
        tries += 1;
        if whole || tries >= ATTEMPTS {
            break total;
        }
        if tries >= PATIENCE {
            if !froze {
                froze = true;
                frozen.fetch_add(1, Ordering::Relaxed);
            }
            yield_now();
        }
    };
    if froze {
        frozen.fetch_sub(1, Ordering::Relaxed);
    }
    into.iter_mut().zip(seen).for_each(|(into, &mut seen)| *into = into.wrapping_add(seen));
    total
}
