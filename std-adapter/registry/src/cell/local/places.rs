//! Which places are taken.

use std::collections::BTreeMap;

use picometer::{SeriesEncoder, Stop};

use std::sync::atomic::{AtomicU32, Ordering};

use super::chunks::{Chunks, Length, One, Place, Range};
use super::homes::{FILE, FULL, HOMES, PRIVATE, UNKNOWN, has_more, is_shared};
use super::lease::IN_FILE;
use super::shards::{self, SECOND, SHARED};
use super::slab::{self, BASES, FOLDED, NOTES};
use crate::atomic::Mutex;
use crate::shared::{self, Making, Name, Show, Tags, Whereabouts};

/// Places that were never taken begin at `next`; those that were given back are kept by their length.
struct Space {
    next: u64,
    free: BTreeMap<u32, Vec<Range<u32>>>,
}

static SPACE: Mutex<Space> = Mutex::new(Space { next: 0, free: BTreeMap::new() });

/// Some cells, one behind the other, all zero at the start, and what other processes know them by. Given back when they are
/// dropped, unless others see them.
#[derive(Debug)]
#[allow(unreachable_pub, reason = "named by the methods of a sealed trait")]
pub struct Cells<L: Length = One> {
    /// Where they are. Written once, by those of statics, when they are first counted in.
    place: AtomicU32,
    length: L,
    name: Name,
}

impl<L: Length> Cells<L> {
    /// Cells of a static: they take their place when they are first counted in, or named for other processes.
    pub(crate) const fn later(length: L) -> Self {
        Self { place: AtomicU32::new(Place::NOWHERE.bits()), length, name: Name::new(true) }
    }

    pub(crate) fn new(length: L) -> Self {
        let len = length.get();
        // Where the environment says so, the first cell makes a worker of the process.
        let _making = Making::begin();
        let mut space = SPACE.lock();
        let mut left = space.free.get_mut(&len).and_then(Vec::pop).and_then(|range| range.told(length));
        if left.is_some_and(|range| !is_fit(range.place())) {
            // From before anything was shared, like all of this length.
            space.free.remove(&len);
            left = None;
        }
        let range = left.unwrap_or_else(|| {
            let taken = space.take(length);
            slab::note_length(&taken);
            taken
        });
        Self { place: AtomicU32::new(range.place().bits()), length, name: Name::new(is_shared(range.place())) }
    }

    /// The place, taken now if there is none.
    #[cold]
    pub(super) fn placed(&self) -> Place {
        if self.place() == Place::NOWHERE {
            let fresh = Self::new(self.length);
            // One takes the place, under the lock; it is given back where another thread was first.
            let making = Making::begin();
            let one_at_a_time = SPACE.lock();
            if self.place() == Place::NOWHERE {
                self.name.settle(&fresh.name);
                // Release: pairs with the acquire in `show`, so that the name is that of the place.
                self.place.store(fresh.place.swap(Place::NOWHERE.bits(), Ordering::Relaxed), Ordering::Release);
            }
            drop(one_at_a_time);
            drop(making);
            drop(fresh);
            shared::publish_declared();
        }
        self.place()
    }

    /// Shows the cell whose numbers these are, and the `rest`.
    pub(crate) fn show(
        &self,
        tags: Tags,
        rest: impl FnOnce() -> u64,
        series: &mut SeriesEncoder<'_, '_>,
        show: impl Show,
    ) -> Result<(), Stop> {
        if shared::is_naming(series.parts().0) && self.place.load(Ordering::Acquire) == Place::NOWHERE.bits() {
            self.placed();
        }
        self.name.show(tags, || Whereabouts { cells: self.word(), rest: rest() }, series, show)
    }

    /// By which other processes know them.
    pub(crate) fn name(&self) -> &Name {
        &self.name
    }

    /// Where they are, for other processes.
    pub(crate) fn word(&self) -> u64 {
        self.place().word()
    }

    /// Whether other processes see them.
    pub(super) fn is_shared(&self) -> bool {
        is_shared(self.place())
    }

    /// Where they are, for a read of many at once.
    #[inline]
    pub(crate) fn column(&self) -> u32 {
        self.place().bits()
    }

    #[inline]
    pub(super) fn place(&self) -> Place {
        // Relaxed: cells of a place are zero until they are counted in, and chunks are made by those who count.
        Place::of_bits(self.place.load(Ordering::Relaxed))
    }

    #[inline]
    pub(super) fn range(&self) -> Range<L> {
        Range::at(self.place(), self.length)
    }
}

impl Space {
    fn take<L: Length>(&mut self, len: L) -> Range<L> {
        loop {
            match Range::of(self.next, len) {
                Some(Ok(range)) if is_fit(range.place()) => {
                    self.next += u64::from(len.get());
                    return range;
                }
                Some(Ok(range)) => self.next = range.place().behind(),
                Some(Err(next)) => self.next = next,
                // Gigabytes of cells that are all in use: there is no memory for another.
                None => std::alloc::handle_alloc_error(std::alloc::Layout::new::<u64>()),
            }
        }
    }
}

impl<L: Length> Drop for Cells<L> {
    fn drop(&mut self) {
        // What was counted stays counted, also when a program lets go of its registry before it ends.
        if self.name.is_seen() || self.place() == Place::NOWHERE {
            return;
        }
        // There is no reference any more, so what every thread did to its cells is over and seen here; and a thread that is given
        // the place next comes by the mutex.
        let range = self.range();
        clear(&range);
        let len = range.len();
        if let Some(range) = range.told(len) {
            SPACE.lock().free.entry(len).or_default().push(range);
        }
    }
}

/// Whether a place can be taken for a cell that is made now: one that others are to see is not where they cannot. Asked under the
/// lock of the places.
fn is_fit(place: Place) -> bool {
    let home = &HOMES[place.chunk()];
    if home.load(Ordering::Relaxed) == UNKNOWN {
        let found = match shared::is_worker() {
            true if make_shared(place) => FILE,
            true => FULL,
            false => PRIVATE,
        };
        home.store(found, Ordering::Relaxed);
    }
    home.load(Ordering::Relaxed) != PRIVATE || !shared::is_worker()
}

fn make_shared(place: Place) -> bool {
    has_more(place);
    SHARED.make_in(place, |chunk, cells| shared::chunk(IN_FILE, chunk, cells))
}

/// Everything where a cell may be.
fn all() -> impl Iterator<Item = &'static Chunks> {
    slab::own().chain(shards::columns()).chain([&SECOND, &FOLDED, &BASES])
}

/// Zeroes cells that no series uses any more.
fn clear<L: Length>(range: &Range<L>) {
    slab::moving(range.place().chunk()).0.without(|| {
        for cell in all().filter_map(|slab| slab.cells(range)).flatten() {
            if cell.load(Ordering::Relaxed) != 0 {
                cell.store(0, Ordering::Relaxed);
            }
        }
        // The length stays: the next cell at the place has as many.
        if range.len() > 1
            && let Some([_, low, ..]) = NOTES.cells(range)
        {
            low.store(0, Ordering::Relaxed);
        }
    });
}
