//! Observations in cells side by side: a sequence, the sum, and how many were counted in each bucket.
//!
//! One thread at a time observes, by plain stores. The sequence is odd while an observation is made, and a reader that saw the same even
//! one before and behind has counts and sum of the same observations. A thread has such cells of its own ([`record`]), or *claims* those
//! of a shard by making the sequence odd ([`record_claimed`]). The claim says in which process it was made, so that a child of `fork`
//! knows claims whose threads stayed behind.
//!
//! A thread that never pauses would leave a reader no quiet moment, so a reader that failed a few times *freezes* the cells: threads
//! observe elsewhere until it is done, see `together`. No observation ever waits.
//!
//! A reset begins another *generation*. Cells say which one they are of: who observes in them makes them zero first where that was
//! another one, and readers pass over them. Checked with loom.

use crate::atomic::{AtomicU64, Backoff, Ordering, fence, generation};

/// The sequence, or what stands in its place, and the sum.
pub(super) const HEAD: u32 = 2;
/// One more generation, in a word above how many readers froze the cells, and of which process those are.
pub(super) const GENERATION: u64 = 1 << 32;
/// Of 16 bits each.
const READERS: u64 = (1 << 16) - 1;
/// Of cells that are being made zero.
const NONE: u64 = u64::MAX;

/// The generation in such a word.
#[inline]
pub(super) fn generation_of(word: u64) -> u64 {
    word & !(GENERATION - 1)
}

/// The number of this process, above the count of readers.
fn readers_process() -> u64 {
    (u64::from(generation()) & READERS) << 16
}

/// Has threads observe elsewhere, but for those that are at an observation.
fn freeze(word: &AtomicU64) {
    // Of readers that stayed behind at a fork none is left.
    let one_more = |word: u64| {
        let is_ours = word & READERS != 0 && word & (GENERATION - 1) & !READERS == readers_process();
        Some(if is_ours { word + 1 } else { generation_of(word) | readers_process() | 1 })
    };
    let _ = word.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
}

/// Ends what [`freeze`] began.
fn thaw(word: &AtomicU64) {
    let one_less = |word: u64| Some(if word & READERS > 1 { word - 1 } else { generation_of(word) });
    let _ = word.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less);
}

/// The generation in such a word, unless readers froze the cells. Those that stayed behind at a fork are forgotten.
pub(super) fn unfrozen(word: &AtomicU64) -> Option<u64> {
    let now = word.load(Ordering::Relaxed);
    let (generation, readers) = (generation_of(now), now & (GENERATION - 1));
    if readers != 0 && readers & !READERS != readers_process() {
        let forgotten = word.compare_exchange(now, generation, Ordering::Relaxed, Ordering::Relaxed);
        return forgotten.is_ok().then_some(generation);
    }
    (readers == 0).then_some(generation)
}

/// How often a reader tries before it freezes.
const PATIENCE: u32 = if cfg!(loom) { 1 } else { 4 };
/// So many milliseconds it looks for the end of an observation. A thread that does not come to it by then is stopped, by a debugger or
/// by a signal handler that reads; then the sum may be ahead of the counts by its observation.
const LONGEST: u32 = 1_000;

/// The thread that observes in cells, or did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// Another one, which comes to the end of its observation.
    Other,
    /// The one that reads, in a signal handler that interrupts its observation.
    Reader,
    /// One that stayed behind at a fork: a child has the cells of its parent's threads, and not the threads.
    Lost,
    /// That, or one that has the cells since.
    MayBeLost,
}

/// Observes in the cells of this thread.
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
    let before = sequence.load(Ordering::Relaxed);
    let is_free = before.is_multiple_of(2) || claimant(before) == Owner::Lost;
    // Not what it was before, where a claim stayed behind.
    let odd = ((before & COUNT) + 1 + (before & 1)) & COUNT | process();
    // Acquire: pairs with the release at the end of the claim before: its cells are seen, and a word that is not older.
    if !is_free || sequence.compare_exchange(before, odd, Ordering::Acquire, Ordering::Relaxed).is_err() {
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

/// What one look at cells finds.
struct Look {
    sum: f64,
    sequence: u64,
    is_whole: bool,
}

impl Look {
    /// Looks at cells in which one thread at a time observes, and stores the counts.
    #[inline]
    fn at(cells: &[AtomicU64], seen: &mut [u64]) -> Self {
        let [sequence, sum, counts @ ..] = cells else { return Self::NOTHING };
        // Acquire: pairs with the release at the end of an observation.
        let before = sequence.load(Ordering::Acquire);
        let sum = f64::from_bits(sum.load(Ordering::Relaxed));
        seen.iter_mut().zip(counts).for_each(|(seen, count)| *seen = count.load(Ordering::Relaxed));
        // What was loaded is older than the sequence that is loaded now.
        fence(Ordering::Acquire);
        let is_whole = before.is_multiple_of(2) && sequence.load(Ordering::Relaxed) == before;
        Self { sum, sequence: before, is_whole }
    }

    const NOTHING: Self = Self { sum: 0.0, sequence: 0, is_whole: true };

    /// Ends an observation as its thread would have, which does not exist, so that no reader waits for it again.
    fn end(&self, cells: &[AtomicU64]) {
        if let [sequence, ..] = cells {
            let even = self.sequence.wrapping_add(1);
            let _ = sequence.compare_exchange(self.sequence, even, Ordering::Relaxed, Ordering::Relaxed);
        }
    }
}

/// Adds the observations of one moment in this generation to `into`, and returns their sum. `own` says of which one the cells are;
/// `word` counts the readers that froze the cells; `owner` says of a sequence which thread observes in them.
pub(super) fn read(
    own: &AtomicU64,
    cells: &[AtomicU64],
    generation: u64,
    word: &AtomicU64,
    owner: impl Fn(u64) -> Owner,
    into: &mut [u64],
) -> f64 {
    let (mut tries, mut frozen, mut backoff) = (0, None, Backoff::for_millis(LONGEST));
    let sum = seeing(cells, into, |seen| {
        loop {
            if own.load(Ordering::Acquire) != generation {
                return None;
            }
            let look = Look::at(cells, seen);
            // What was loaded is older than the generation that is loaded now.
            fence(Ordering::Acquire);
            if own.load(Ordering::Relaxed) != generation {
                continue;
            }
            tries += 1;
            if look.is_whole {
                return Some(look.sum);
            }
            if tries >= PATIENCE {
                let first = *frozen.get_or_insert_with(|| {
                    freeze(word);
                    look.sequence
                });
                let is_under_way = !look.sequence.is_multiple_of(2);
                let owner = if is_under_way { owner(look.sequence) } else { Owner::Other };
                let waits = matches!(owner, Owner::Other | Owner::MayBeLost) && backoff.snooze();
                if !waits {
                    if owner == Owner::Lost || (owner == Owner::MayBeLost && look.sequence == first) {
                        look.end(cells);
                    }
                    return Some(look.sum);
                }
            }
        }
    });
    if frozen.is_some() {
        thaw(word);
    }
    sum
}

/// Adds to `into` what `look` sees, if anything.
#[inline]
pub(super) fn seeing(cells: &[AtomicU64], into: &mut [u64], look: impl FnOnce(&mut [u64]) -> Option<f64>) -> f64 {
    with_zeros(cells.len().saturating_sub(HEAD as usize), |seen| {
        look(seen).map_or(0.0, |sum| {
            into.iter_mut().zip(seen).for_each(|(into, &mut seen)| *into = into.wrapping_add(seen));
            sum
        })
    })
}

/// Calls `then` with so many zeros: on the stack, or on the heap where a histogram has very many buckets.
#[inline]
pub(crate) fn with_zeros<R>(len: usize, then: impl FnOnce(&mut [u64]) -> R) -> R {
    let (mut few, mut more, mut many);
    // No larger than need be, because it is zeroed.
    let zeros = match len {
        0..=16 => {
            few = [0; 16];
            &mut few[..len]
        }
        17..=64 => {
            more = [0; 64];
            &mut more[..len]
        }
        _ => {
            many = vec![0; len];
            &mut many[..]
        }
    };
    then(zeros)
}

#[cfg(all(test, not(loom)))]
mod tests;
