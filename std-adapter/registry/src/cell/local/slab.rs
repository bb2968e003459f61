//! Slabs: what threads counted, also those that ended, and what it was at a reset.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::chunks::{CHUNKS, Chunks, Length, Place, Range};
use super::fold::{Moving, Step};
use super::homes::is_shared;
use super::moment::Owner;
use super::used::{MOST, Used};
use crate::cell::total::Sum;
use crate::{epoch, shared};

/// What a thread has of its own.
pub(super) struct Slab {
    pub(super) chunks: Chunks,
    /// Chunks of a thread that ended whose counts were moved: all zero, for the next thread.
    pub(super) spare: Chunks,
    /// Whether it was leased since its counts were moved.
    pub(super) is_used: AtomicBool,
}

impl Slab {
    const fn new() -> Self {
        Self { chunks: Chunks::new(), spare: Chunks::new(), is_used: AtomicBool::new(false) }
    }
}

/// By the numbers of the threads.
pub(super) static SLABS: [Slab; MOST] = [const { Slab::new() }; MOST];
/// Of a thread that has none: without chunks, so that an update asks once whether it can go on.
pub(super) static NOBODYS: Slab = Slab::new();
/// What threads counted that ended. Written by who moves it there, see `folding`, and by `clear`.
pub(super) static FOLDED: Chunks = Chunks::new();
/// Of ranges of several cells: their length, and what the sum in `FOLDED` leaves. There is a chunk where such a range was taken.
pub(super) static NOTES: Chunks = Chunks::new();
/// Whether counts are being moved, for each chunk.
static MOVING: [Moving; CHUNKS] = [const { Moving::new() }; CHUNKS];
/// Which of them have anything.
pub(super) static USED: Used = Used::new();
/// What is being moved.
static STEP: Step = Step::new();
/// What was counted when a cell was reset last: no part of its value. There is a chunk where one of its cells was ever reset.
pub(super) static BASES: Chunks = Chunks::new();

thread_local! {
    /// The slab of this thread. Without a destructor, so that it can be asked for until the very end.
    pub(super) static MINE: Cell<&'static Slab> = const { Cell::new(&NOBODYS) };
}

/// The chunks of this thread.
#[inline]
pub(super) fn mine() -> &'static Chunks {
    &MINE.try_with(Cell::get).unwrap_or(&NOBODYS).chunks
}

/// Whether this thread has no slab.
pub(super) fn has_none() -> bool {
    std::ptr::eq(mine(), &raw const NOBODYS.chunks)
}

/// Which one it is.
pub(super) fn number_of(slab: &Slab) -> usize {
    (std::ptr::from_ref(slab).addr() - SLABS.as_ptr().addr()) / size_of::<Slab>()
}

#[inline]
fn leased() -> impl Iterator<Item = &'static Slab> {
    SLABS.iter().take(USED.count())
}

/// Whether counts are being moved in a chunk, and those that are.
#[inline]
pub(super) fn moving(chunk: usize) -> (&'static Moving, &'static Step) {
    (&MOVING[chunk], &STEP)
}

/// What `read` finds in a moment in which no count of a chunk changes its side; see [`Moving::whole`].
#[inline]
pub(super) fn whole<T>(place: Place, read: impl FnMut(Option<&'static Step>, bool) -> T) -> T {
    MOVING[place.chunk()].whole(&STEP, read)
}

/// Whether chunks are one side of a move out of the slab of this number.
pub(super) fn is_side(chunks: &Chunks, number: usize) -> bool {
    std::ptr::eq(chunks, &FOLDED) || SLABS.get(number).is_some_and(|slab| std::ptr::eq(chunks, &raw const slab.chunks))
}

/// Notes how long a range is that was just taken, for who moves its counts. Under the lock of the places.
pub(super) fn note_length<L: Length>(range: &Range<L>) {
    if range.len() > 1 && !is_shared(range.place()) {
        NOTES.make(range.place());
        if let Some(note) = NOTES.cell(range.place()) {
            note.store(range.len().into(), Ordering::Relaxed);
        }
    }
}

/// The notes of a chunk, where it has longer ranges than of one cell.
pub(super) fn notes(chunk: usize) -> Option<&'static [AtomicU64]> {
    NOTES.whole(chunk)
}

/// The cells that threads left which ended, and the sum in them with what its double rounds away. The `sum` is so far behind the
/// start. The number of a slab, too, whose cells are among them while they are moved.
pub(super) fn folded<L: Length>(range: &Range<L>, sum: usize, step: Option<&'static Step>) -> Option<Folded> {
    let float = |cell: &AtomicU64| f64::from_bits(cell.load(Ordering::Relaxed));
    let offset = range.place().offset() as usize;
    let (cells, low, moved) = match step.and_then(|step| Some((step.cells(offset, range.len() as usize)?, step.slab_of(offset)))) {
        Some(((cells, low), slab)) => (cells, low, slab),
        None => (FOLDED.cells(range)?, float(NOTES.cells(range)?.get(1)?), None),
    };
    Some(Folded { cells, sum: Sum::of((float(cells.get(sum)?), low)), moved })
}

/// What threads left that ended.
pub(super) struct Folded {
    pub(super) cells: &'static [AtomicU64],
    pub(super) sum: Sum,
    /// The number of a slab that counts no more.
    pub(super) moved: Option<usize>,
}

/// The chunks of every thread that may have anything.
pub(super) fn own() -> impl Iterator<Item = &'static Chunks> {
    leased().map(|slab| &slab.chunks)
}

/// The same but for the slab of this number.
pub(super) fn own_but(number: Option<usize>) -> impl Iterator<Item = &'static Chunks> {
    own().enumerate().filter(move |(at, _)| Some(*at) != number).map(|(_, chunks)| chunks)
}

/// The cells of a place in the slab of every thread that has any, but for the slab of a number; with what says which thread that is.
pub(super) fn own_cells<L: Length>(
    range: &Range<L>,
    but: Option<usize>,
) -> impl Iterator<Item = (&'static [AtomicU64], impl Fn() -> Owner)> {
    let owner = |number, chunks: &'static Chunks| {
        move || match () {
            () if std::ptr::eq(mine(), chunks) => Owner::Reader,
            () if !epoch::is_lost(number) => Owner::Other,
            () if epoch::is_leased(number) => Owner::MayBeLost,
            () => Owner::Lost,
        }
    };
    let all = own().enumerate().filter(move |(at, _)| Some(*at) != but);
    all.filter_map(move |(at, chunks)| Some((chunks.cells(range)?, owner(at, chunks))))
}

/// Has the processor fetch the cells of a range in all slabs at the same time, where there are so many that a read of one after the other
/// would wait for each.
pub(super) fn fetch<L: Length>(range: &Range<L>) {
    /// Eight cells are a line of a cache.
    const LINE: usize = 8;
    if are_many() {
        for cells in leased().filter_map(|slab| slab.chunks.cells(range)) {
            cells.iter().step_by(LINE).chain(cells.last()).for_each(|cell| _ = cell.load(Ordering::Relaxed));
        }
    }
}

/// So few slabs fit in what a processor looks ahead.
const FEW: usize = 4;

/// Whether a read visits more slabs than that.
#[inline]
pub(crate) fn are_many() -> bool {
    USED.count() > FEW
}

/// The bases of a chunk, if one of its cells was ever reset.
pub(super) fn bases(chunk: usize) -> Option<&'static [AtomicU64]> {
    BASES.whole(chunk)
}

/// The base of a cell, likewise.
#[inline]
pub(super) fn base(place: Place) -> Option<&'static AtomicU64> {
    BASES.cell(place)
}

/// Where cells are in a file, so are the bases, unless it takes no more: then other processes go on to see what was before.
pub(super) fn make_base(place: Place) {
    if BASES.has(place) {
        return;
    }
    if is_shared(place) {
        static MAKING: crate::atomic::Mutex<()> = crate::atomic::Mutex::new(());
        let _making = MAKING.lock();
        if !BASES.has(place) {
            BASES.make_in(place, |chunk, cells| shared::chunk(shared::BASES, chunk, cells));
        }
    }
    BASES.make(place);
}
