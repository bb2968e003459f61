//! Cells that threads add to together: those without a slab of their own, in the shard of the processor that they run on.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use super::chunks::{Chunks, Length, Place, Range};
use super::slab::{has_more, has_none, is_shared};

/// More shards there are on no machine.
const SHARDS_MOST: usize = 64;

/// How many processors there are, as far as it matters here.
pub(super) fn processors() -> usize {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    match COUNT.load(Ordering::Relaxed) {
        0 => {
            let count = std::thread::available_parallelism().map_or(1, usize::from);
            COUNT.store(count, Ordering::Relaxed);
            count
        }
        count => count,
    }
}

/// For threads that have no slab, where cells are in a file.
pub(super) static SHARED: Chunks = Chunks::new();
/// For threads that have no slab, by the processor that they run on.
static SHARDS: [Chunks; SHARDS_MOST] = [const { Chunks::new() }; SHARDS_MOST];
/// Whether there is anything in the shards.
static IS_SHARDED: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Of a thread without a slab: the number of the shard that it counts in, for so many updates.
    static LENT: (Cell<usize>, Cell<u32>) = const { (Cell::new(0), Cell::new(0)) };
}

/// After so many updates a thread without a slab asks again which processor it runs on, which takes longer than an addition. Any
/// shard is right: only the cache line may be at another processor.
const LOAN: u32 = 256;

/// The number of the shard that this thread counts in, if it has no slab and was there before.
#[inline]
fn lent_number() -> Option<usize> {
    LENT.try_with(|(number, left)| {
        left.set(left.get().checked_sub(1)?);
        Some(number.get())
    })
    .ok()?
}

/// The cell of a place in the shard that this thread counts in, likewise.
#[inline]
pub(super) fn lent(place: Place) -> Option<&'static AtomicU64> {
    SHARDS.get(lent_number()?)?.cell(place)
}

/// The number of the shard that this thread counts in.
#[inline]
pub(super) fn shard_number() -> usize {
    lent_number().unwrap_or_else(asked_number)
}

/// The same, after a look at which processor the thread runs on.
#[cold]
fn asked_number() -> usize {
    let number = processor() % shard_count();
    if has_none() {
        let _ = LENT.try_with(|(lent, left)| {
            lent.set(number);
            left.set(LOAN);
        });
    }
    number
}

/// The processor that this thread runs on, or what spreads threads as well.
fn processor() -> usize {
    #[cfg(all(target_os = "linux", not(miri)))]
    return rustix::thread::sched_getcpu();
    #[cfg(not(all(target_os = "linux", not(miri))))]
    crate::epoch::number().unwrap_or(0)
}

/// The shared cell of a place: in a file one for all threads, else one for each processor.
#[cold]
pub(super) fn shared(place: Place) -> Option<&'static AtomicU64> {
    if is_shared(place) {
        return SHARED.cell(place);
    }
    let shard = &SHARDS[asked_number()];
    if !shard.has(place) {
        // Before the chunk is there, so that no other thread counts in it first. Release: pairs with the acquire of `shards`.
        IS_SHARDED.store(true, Ordering::Release);
        has_more(place);
        shard.make(place);
    }
    shard.cell(place)
}

/// How many shards there may be anything in.
pub(super) fn shard_count() -> usize {
    processors().min(SHARDS_MOST)
}

/// The shards, where there is anything in them.
#[inline]
fn shards() -> impl Iterator<Item = &'static Chunks> {
    let count = if IS_SHARDED.load(Ordering::Acquire) { shard_count() } else { 0 };
    SHARDS.iter().take(count)
}

/// Where threads add together.
#[inline]
pub(super) fn columns() -> impl Iterator<Item = &'static Chunks> {
    shards().chain([&SHARED])
}

/// The first cell of a place wherever threads add to it together.
#[inline]
pub(super) fn shared_by_threads(place: Place) -> impl Iterator<Item = &'static AtomicU64> {
    columns().filter_map(move |chunks| chunks.cell(place))
}

/// The shared cells of a place.
pub(super) fn shared_cells<L: Length>(range: &Range<L>) -> Option<&'static [AtomicU64]> {
    SHARED.cells(range)
}
