//! Observations of one thread, read whole by another.
//!
//! A sequence lock: the sequence is odd while an observation is made, and a reader that saw the same even one before and behind
//! has counts and sum of the same observations. A thread that never pauses would leave a reader no such moment, so a reader
//! that failed a few times *freezes* the cells: their owner observes elsewhere until it is done. No observation ever waits.
//!
//! Threads without cells of their own share some: one claims them by making the sequence odd, observes, and makes it even. A thread that
//! finds them claimed observes elsewhere. The claim says in which process it was made, so that a child of `fork` knows claims whose
//! threads stayed behind.
//!
//! A reset begins another *generation*. Cells say which one they are of: the owner makes them zero before it observes in the next
//! one, and readers pass over cells of others. Checked with loom.

use crate::atomic::{AtomicU64, Looks, Ordering, fence, generation};

/// One more generation, in a word above the count of the readers that froze the cells.
pub(super) const GENERATION: u64 = 1 << 32;
/// Of cells that are being made zero.
const NONE: u64 = u64::MAX;

/// The generation in such a word.
#[inline]
pub(super) fn generation_of(word: u64) -> u64 {
    word & !(GENERATION - 1)
}

/// How often a reader tries before it freezes.
const PATIENCE: u32 = if cfg!(loom) { 1 } else { 4 };
/// So many milliseconds it tries in all. An owner that does not come to the end of an observation by then is stopped, by a debugger or
/// by a signal handler that reads; then its last observation may be half there.
const LONGEST: u32 = 1_000;
/// So many, if the owner may not exist any more.
const LONGEST_ALONE: u32 = 50;

/// The thread that observes in cells, or did.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// Another one, which comes to the end of its observation.
    Other,
    /// The one that reads, in a signal handler that interrupts its observation.
    Reader,
    /// One that may have stayed behind at a fork: a child has the cells of its parent's threads, and not the threads.
    Lost,
}

/// Observes in the cells of this thread: the sequence, the sum, and the counts.
#[inline]
pub(super) fn record(cells: &[AtomicU64], bucket: usize, value: f64) {
    let [sequence, sum, counts @ ..] = cells else { return };
    // Odd already where a thread that stayed behind at a fork was at an observation.
    let odd = sequence.load(Ordering::Relaxed) | 1;
    sequence.store(odd, Ordering::Relaxed);
    // A reader that sees anything of what follows sees the odd sequence too.
    fence(Ordering::Release);
    add(sum, counts, bucket, value);
    sequence.store(odd.wrapping_add(1), Ordering::Release);
}

#[inline(always)]
fn add(sum: &AtomicU64, counts: &[AtomicU64], bucket: usize, value: f64) {
    if value.is_finite() {
        sum.store((f64::from_bits(sum.load(Ordering::Relaxed)) + value).to_bits(), Ordering::Relaxed);
    }
    if let Some(count) = counts.get(bucket).or(counts.last()) {
        count.store(count.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }
}

/// In the sequence of claimed cells the lower bits count. Above them is the number of the process while they are claimed.
const CLAIM: u32 = 48;
const COUNT: u64 = (1 << CLAIM) - 1;

/// The number of this process, above the count.
fn process() -> u64 {
    u64::from(generation()) << CLAIM
}

/// Which thread claimed the cells, by their sequence.
pub(super) fn claimant(sequence: u64) -> Owner {
    if !sequence.is_multiple_of(2) && sequence & !COUNT != process() { Owner::Lost } else { Owner::Other }
}

/// Observes in cells that threads share, of which `own` says which generation they are, in the generation of `word`. Whether no other
/// thread had claimed them.
pub(super) fn record_claimed(own: &AtomicU64, cells: &[AtomicU64], word: &AtomicU64, bucket: usize, value: f64) -> bool {
    let [sequence, sum, counts @ ..] = cells else { return true };
    let even = sequence.load(Ordering::Relaxed);
    let odd = even.wrapping_add(1) & COUNT | process();
    // Acquire: pairs with the release at the end of the claim before: its cells are seen, and a word that is not older.
    if !even.is_multiple_of(2) || sequence.compare_exchange(even, odd, Ordering::Acquire, Ordering::Relaxed).is_err() {
        return false;
    }
    // A reader that sees anything of what follows sees the odd sequence too.
    fence(Ordering::Release);
    let now = generation_of(word.load(Ordering::Relaxed));
    if own.load(Ordering::Relaxed) != now {
        renew(own, cells, now);
    }
    add(sum, counts, bucket, value);
    sequence.store(odd.wrapping_add(1) & COUNT, Ordering::Release);
    true
}

/// Makes the cells of this thread zero, for a generation of which `own` says that they are.
#[cold]
pub(super) fn renew(own: &AtomicU64, cells: &[AtomicU64], generation: u64) {
    // The sequence goes on, so that it is never again what a reader saw before.
    let [_, cells @ ..] = cells else { return };
    own.store(NONE, Ordering::Relaxed);
    // A reader that sees any of the zeros sees that the cells are of no generation, too.
    fence(Ordering::Release);
    cells.iter().for_each(|cell| cell.store(0, Ordering::Relaxed));
    // Pairs with the acquire of `read`: a reader that sees the generation sees the zeros.
    own.store(generation, Ordering::Release);
}

/// Adds the observations of one moment in this generation to `into`, and returns their sum. `own` says of which one the cells are;
/// `word` counts the readers that froze the cells; `owner` says, of a sequence, whose observation is under way.
pub(super) fn read(
    own: &AtomicU64,
    cells: &[AtomicU64],
    generation: u64,
    word: &AtomicU64,
    owner: impl Fn(u64) -> Owner,
    into: &mut [u64],
) -> f64 {
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
    let (mut tries, mut froze, mut looks) = (0, None, Looks::for_millis(LONGEST));
    let total = loop {
        if own.load(Ordering::Acquire) != generation {
            seen.fill(0);
            break 0.0;
        }
        let before = sequence.load(Ordering::Acquire);
        let total = f64::from_bits(sum.load(Ordering::Relaxed));
        seen.iter_mut().zip(counts).for_each(|(seen, count)| *seen = count.load(Ordering::Relaxed));
        // What was loaded is older than the sequence and the generation that are loaded now.
        fence(Ordering::Acquire);
        let is_renewed = own.load(Ordering::Relaxed) != generation;
        let whole = !is_renewed && before.is_multiple_of(2) && sequence.load(Ordering::Relaxed) == before;
        tries += 1;
        if is_renewed {
            continue;
        }
        if whole {
            break total;
        }
        if tries >= PATIENCE {
            let owner = *froze.get_or_insert_with(|| {
                word.fetch_add(1, Ordering::Relaxed);
                let owner = owner(before);
                if owner == Owner::Lost {
                    looks = Looks::for_millis(LONGEST_ALONE);
                }
                owner
            });
            if owner == Owner::Reader || !looks.again() {
                if owner == Owner::Lost && !before.is_multiple_of(2) {
                    // The end of the observation, as its owner would have made it, so that no reader waits for it again.
                    let _ = sequence.compare_exchange(before, before.wrapping_add(1), Ordering::Relaxed, Ordering::Relaxed);
                }
                break total;
            }
        }
    };
    if froze.is_some() {
        word.fetch_sub(1, Ordering::Relaxed);
    }
    into.iter_mut().zip(seen).for_each(|(into, &mut seen)| *into = into.wrapping_add(seen));
    total
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn an_observation_whose_owner_was_lost_is_waited_for_once() {
        let (cells, word) = ([3, 1.5_f64.to_bits(), 1, 0].map(AtomicU64::new), AtomicU64::new(0));
        let (own, mut counts) = (AtomicU64::new(0), [0; 2]);
        assert_eq!((read(&own, &cells, 0, &word, |_| Owner::Lost, &mut counts), counts), (1.5, [1, 0]));
        let waits = |_| panic!("it waits");
        assert_eq!((read(&own, &cells, 0, &word, waits, &mut counts), counts), (1.5, [2, 0]));
        assert_eq!(word.into_inner(), 0);
    }

    #[test]
    fn observation_whose_owner_gets_no_processor_is_waited_for() {
        let (cells, word) = ([0; 4].map(AtomicU64::new), AtomicU64::new(0));
        let (own, mut counts) = (AtomicU64::new(0), [0; 2]);
        let [sequence, sum, count, _] = &cells;
        sequence.store(1, Ordering::Relaxed);
        sum.store(3.0_f64.to_bits(), Ordering::Relaxed);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(std::time::Duration::from_millis(40));
                count.store(1, Ordering::Relaxed);
                sequence.store(2, Ordering::Release);
            });
            assert_eq!((read(&own, &cells, 0, &word, |_| Owner::Other, &mut counts), counts), (3.0, [1, 0]));
        });
        // The one that reads interrupted it: it cannot go on before the read ends.
        sequence.store(3, Ordering::Relaxed);
        assert_eq!((read(&own, &cells, 0, &word, |_| Owner::Reader, &mut counts), counts), (3.0, [2, 0]));
        assert_eq!((sequence.load(Ordering::Relaxed), word.load(Ordering::Relaxed)), (3, 0));
    }

    #[test]
    fn claimed_cells_are_not_observed_in_and_free_again_behind_a_fork() {
        let (cells, word) = ([2, 0, 0, 0].map(AtomicU64::new), AtomicU64::new(GENERATION));
        let (own, mut counts) = (AtomicU64::new(0), [0; 2]);
        assert!(record_claimed(&own, &cells, &word, 1, 1.5), "they are free, and of another generation");
        let here = (cells[0].load(Ordering::Relaxed) + 1) | process();
        let left = here ^ (1 << CLAIM);
        assert!([here, left, 4].map(claimant) == [Owner::Other, Owner::Lost, Owner::Other]);
        cells[0].store(left, Ordering::Relaxed);
        assert!(!record_claimed(&own, &cells, &word, 1, 1.5));
        assert_eq!((read(&own, &cells, GENERATION, &word, claimant, &mut counts), counts), (1.5, [0, 1]));
        assert!(record_claimed(&own, &cells, &word, 0, 1.5));
        assert_eq!((read(&own, &cells, GENERATION, &word, claimant, &mut counts), counts), (3.0, [1, 2]));
    }

    #[test]
    fn cells_of_another_generation_are_passed_over() {
        let (cells, word) = ([2, 1.5_f64.to_bits(), 1, 0].map(AtomicU64::new), AtomicU64::new(0));
        let (own, mut counts) = (AtomicU64::new(0), [0; 2]);
        let mut read = |generation| read(&own, &cells, generation, &word, |_| Owner::Other, &mut counts);
        assert_eq!(read(GENERATION), 0.0);
        renew(&own, &cells, GENERATION);
        record(&cells, 1, 3.0);
        assert_eq!((read(GENERATION), read(0), counts), (3.0, 0.0, [0, 1]));
    }
}
