//! Cells that threads add to together: those without a slab of their own, in the shard of the processor that they run on.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use super::chunks::{Chunks, Length, Place, Range};
use super::homes::{has_more, is_shared};
use super::slab::has_none;
use super::together::Together;
use crate::atomic::Mutex;

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

/// For threads that have no slab: where cells are in a file, and for observations that find no shard free.
pub(super) static SHARED: Chunks = Chunks::new();
/// Another one for observations, so that a reader finds one in which none is under way.
pub(super) static SECOND: Chunks = Chunks::new();
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

/// All cells of a range there, likewise.
#[inline]
pub(super) fn lent_cells<L: Length>(range: &Range<L>) -> Option<&'static [AtomicU64]> {
    SHARDS.get(lent_number()?)?.cells(range)
}

/// The number of the shard that this thread counts in, after a look at which processor it runs on.
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
    return picometer_epoch::system::processor();
    #[cfg(not(all(target_os = "linux", not(miri))))]
    crate::epoch::number().unwrap_or(0)
}

/// The shared cell of a place: in a file one for all threads, else one for each processor.
#[cold]
pub(super) fn shared(place: Place) -> Option<&'static AtomicU64> {
    if is_shared(place) {
        return SHARED.cell(place);
    }
    own_shard(place).cell(place)
}

/// The shard of this processor, with the chunk of a place.
fn own_shard(place: Place) -> &'static Chunks {
    let shard = &SHARDS[asked_number()];
    if !shard.has(place) {
        // Before the chunk is there, so that no other thread counts in it first. Release: pairs with the acquire of `shards`.
        IS_SHARDED.store(true, Ordering::Release);
        has_more(place);
        shard.make(place);
    }
    shard
}

/// The cells of a range in the shard of this processor, and then in the others that have them.
#[cold]
pub(super) fn claimable<L: Length>(range: &Range<L>) -> impl Iterator<Item = &'static [AtomicU64]> {
    let own = own_shard(range.place());
    std::iter::once(own).chain(shards().filter(move |shard| !std::ptr::eq(*shard, own))).filter_map(|shard| shard.cells(range))
}

/// The cells of a range in which threads observe that find none free, made if there are none.
#[cold]
pub(super) fn make_together<L: Length>(range: &Range<L>) -> Option<Together<'static>> {
    let place = range.place();
    // Where cells are in a file there is one set of them, which was made with the place.
    if !is_shared(place) && !SECOND.has(place) {
        SECOND.make(place);
    }
    if !SHARED.has(place) {
        has_more(place);
        SHARED.make(place);
    }
    together(range)
}

/// The same, if there are such.
pub(super) fn together<L: Length>(range: &Range<L>) -> Option<Together<'static>> {
    /// Readers of a few histograms at the same time.
    static TURNS: [Mutex<()>; 16] = [const { Mutex::new(()) }; 16];
    let without_generation = |chunks: &'static Chunks| Some(chunks.cells(range)?.split_last()?.1);
    let first = without_generation(&SHARED)?;
    let second = if is_shared(range.place()) { None } else { Some(without_generation(&SECOND)?) };
    Some(Together::new(first, second, &TURNS[range.place().offset() as usize % TURNS.len()]))
}

/// How many shards there may be anything in.
pub(super) fn shard_count() -> usize {
    processors().min(SHARDS_MOST)
}

/// The shards, where there is anything in them.
#[inline]
pub(super) fn shards() -> impl Iterator<Item = &'static Chunks> {
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
