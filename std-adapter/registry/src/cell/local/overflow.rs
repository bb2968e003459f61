//! Observations of threads that have no cells of their own and find none that they can claim, or whose cells other processes read.
//!
//! An observation announces itself, adds its value to the sum, and then counts in one bucket; nothing is taken back but by a reset, so that
//! a process that is killed anywhere leaves every observation that was made counted once. A reader that saw as many counted as
//! begun, and looked at the beginnings last, has counts and sum of the same observations. No observation waits. Checked
//! with loom.

use crate::atomic::{AtomicU64, Looks, Ordering, fence, generation};
use crate::cell::total::total;

/// So many milliseconds a reader or a reset looks for a moment without observations under way. Threads that never pause may leave none.
const PATIENCE: u32 = if cfg!(loom) { 2 } else { 300 };

/// Observes in these cells: how many were begun, the sum, and the counts.
pub(super) fn record(cells: &[AtomicU64], bucket: usize, value: f64) {
    let [begun, sum, counts @ ..] = cells else { return };
    begun.fetch_add(1, Ordering::Relaxed);
    // A reader that sees anything of what follows sees that it was begun.
    fence(Ordering::Release);
    if value.is_finite() {
        add(sum, value);
    }
    if let Some(count) = counts.get(bucket).or(counts.last()) {
        count.fetch_add(1, Ordering::Release);
    }
}

/// Adds the counts to `into`, and returns the sum; whether they are of the same observations, too.
pub(super) fn read(cells: &[AtomicU64], into: &mut [u64]) -> (f64, bool) {
    read_within(&mut Looks::for_millis(PATIENCE), cells, into)
}

fn read_within(looks: &mut Looks, cells: &[AtomicU64], into: &mut [u64]) -> (f64, bool) {
    let [begun, sum, counts @ ..] = cells else { return (0.0, true) };
    loop {
        let seen: Vec<u64> = counts.iter().map(|count| count.load(Ordering::Acquire)).collect();
        let total = f64::from_bits(sum.load(Ordering::Acquire));
        let before = begun.load(Ordering::Relaxed);
        let missing = before.wrapping_sub(seen.iter().fold(0, |all: u64, one| all.wrapping_add(*one)));
        let whole = missing == 0;
        if whole || !looks.again() {
            if !whole && generation() > 0 {
                // Of threads that stayed behind at a fork: no reader waits for them again. One that comes after all is missed the
                // other way round, once.
                let _ = begun.compare_exchange(before, before.wrapping_sub(missing), Ordering::Relaxed, Ordering::Relaxed);
            }
            into.iter_mut().zip(seen).for_each(|(into, seen)| *into = into.wrapping_add(seen));
            return (total, whole);
        }
    }
}

/// Takes everything away that was observed. What is observed meanwhile stays, or goes as a whole; where threads never pause, the sum
/// may lack what was under way.
pub(super) fn reset(cells: &[AtomicU64]) {
    let [begun, sum, counts @ ..] = cells else { return };
    let mut gone = vec![0; counts.len()];
    let mut looks = Looks::for_millis(PATIENCE);
    loop {
        gone.fill(0);
        let (seen, whole) = read_within(&mut looks, cells, &mut gone);
        // All of the sum goes: what is subtracted from a float leaves what was rounded.
        if whole && sum.compare_exchange(seen.to_bits(), 0, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
            break;
        }
        if !looks.again() {
            sum.swap(0, Ordering::AcqRel);
            break;
        }
    }
    begun.fetch_sub(gone.iter().fold(0, |all: u64, one| all.wrapping_add(*one)), Ordering::Relaxed);
    fence(Ordering::Release);
    counts.iter().zip(gone).for_each(|(count, gone)| _ = count.fetch_sub(gone, Ordering::Release));
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

    #[test]
    fn observation_whose_thread_gets_no_processor_is_waited_for() {
        let cells = [1, 3.0_f64.to_bits(), 0, 0].map(AtomicU64::new);
        let mut counts = [0; 2];
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(std::time::Duration::from_millis(40));
                cells[3].fetch_add(1, Ordering::Release);
            });
            assert_eq!((read(&cells, &mut counts), counts), ((3.0, true), [0, 1]));
        });
    }
}
