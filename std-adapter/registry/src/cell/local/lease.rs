//! Which thread has which slab.

use std::cell::Cell;
use std::sync::atomic::Ordering;

use super::chunks::{Chunks, Place};
use super::homes::{FILE, HOMES};
use super::moves;
use super::shards::processors;
use super::slab::{MINE, NOBODYS, SLABS, Slab, USED, number_of};
use super::used::MOST;
use crate::{epoch, shared};

/// In so many slabs cells may be in a file.
pub(super) const IN_FILE: usize = shared::SLABS;

/// How many threads have a slab of their own at the same time: more than the machine runs at once, few enough to sum over.
pub(super) fn cap() -> usize {
    (2 * processors()).clamp(IN_FILE, MOST)
}

/// The slab of this thread, which it leases now if it has none: with what was counted in it by the thread that had it before.
#[cold]
fn lease() -> Option<&'static Slab> {
    let mine = MINE.try_with(Cell::get).ok()?;
    if !std::ptr::eq(mine, &NOBODYS) {
        return Some(mine);
    }
    let number = epoch::number().filter(|&number| number < cap())?;
    let slab = SLABS.get(number)?;
    // None while a page moves what the last thread counted in it: until that is over this one counts in shards.
    epoch::lease(|| _ = MINE.try_with(|mine| mine.set(&NOBODYS)))?;
    moves::settle();
    slab.is_used.store(true, Ordering::Relaxed);
    USED.begin(number);
    MINE.set(slab);
    Some(slab)
}

/// The chunks of this thread with the chunk of a place; none if it cannot have any.
#[cold]
pub(super) fn enter(place: Place) -> Option<&'static Chunks> {
    let slab = lease()?;
    let home = HOMES[place.chunk()].load(Ordering::Relaxed);
    if !slab.chunks.has(place) && slab.spare.has(place) {
        slab.spare.hand(place.chunk(), &slab.chunks);
        Some(&slab.chunks)
    } else if home == FILE && !slab.chunks.has(place) {
        // Where there is no room for it the shared slab has some: that was taken together with the place.
        let number = number_of(slab);
        let memory = |chunk, cells| if number < IN_FILE { shared::chunk(number, chunk, cells) } else { None };
        slab.chunks.make_in(place, memory).then_some(&slab.chunks)
    } else {
        slab.chunks.make(place);
        Some(&slab.chunks)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn as_many_threads_have_slabs_as_other_processes_can_read_and_processors_run() {
        assert!(super::cap() >= 64 && super::cap() >= 2 * super::processors().min(32), "{}", super::cap());
    }
}
