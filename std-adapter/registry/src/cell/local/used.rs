//! Which slabs have anything: a read visits those.

use std::sync::atomic::{AtomicU64, Ordering};

/// More slabs there are on no machine.
pub(super) const MOST: usize = if cfg!(miri) { 64 } else { 512 };

/// Of 64 slabs each, a bit for those that may have anything.
static USED: [AtomicU64; MOST / 64] = [const { AtomicU64::new(0) }; MOST / 64];
/// So many slabs from the first on may have anything; above, how often a thread got one.
static COUNT: AtomicU64 = AtomicU64::new(0);
const BEGIN: u64 = 1 << 32;

/// How many slabs from the first on may have anything: a read visits those.
#[inline]
pub(super) fn count() -> usize {
    // Acquire: pairs with the release of `begin`, so that the slab is found by a thread that may see what is counted there.
    COUNT.load(Ordering::Acquire) as u32 as usize
}

/// A thread has the slab of this number.
pub(super) fn begin(number: usize) {
    USED[number / 64].fetch_or(1 << (number % 64), Ordering::Relaxed);
    // Release: `end` finds the bit that was set, or that there was another `begin`.
    let most = |count: u64| Some((count & !(BEGIN - 1)).wrapping_add(BEGIN) | (count & (BEGIN - 1)).max(number as u64 + 1));
    let _ = COUNT.fetch_update(Ordering::AcqRel, Ordering::Relaxed, most);
}

/// A slab has nothing any more. Called while no thread has it.
pub(super) fn end(number: usize) {
    USED[number / 64].fetch_and(!(1 << (number % 64)), Ordering::Relaxed);
    let behind_last = || (0..MOST).rev().find(|number| is_used(*number)).map_or(0, |number| number as u64 + 1);
    // Acquire: the bits are there of those that began before. A thread that begins meanwhile makes this fail, and it is done again.
    let _ = COUNT.fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| Some(count & !(BEGIN - 1) | behind_last()));
}

fn is_used(number: usize) -> bool {
    USED.get(number / 64).is_some_and(|word| word.load(Ordering::Relaxed) >> (number % 64) & 1 == 1)
}
