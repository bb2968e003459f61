//! Slabs, and which thread has which.

use std::cell::Cell;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, TryLockError};

use super::chunks::{CHUNKS, Chunks, Length, Place, Range};
use super::space::Cells;
use crate::reader::Reader;
use crate::{reclaim, shared};

/// How many threads have a slab of their own at the same time: more than a machine runs at once, few enough to sum over.
pub(super) const THREADS: usize = shared::SLABS;

/// What a thread has of its own.
pub(super) struct Slab {
    chunks: Chunks,
    reader: Reader,
    /// Of the thread that leased it last; 0 if none ever did, and then none those behind it.
    process: AtomicU32,
}

static SLABS: [Slab; THREADS] = [const { Slab { chunks: Chunks::new(), reader: Reader::new(), process: AtomicU32::new(0) } }; THREADS];
/// Of a thread that has none: without chunks, so that an update asks once whether it can go on.
static NOBODYS: Slab = Slab { chunks: Chunks::new(), reader: Reader::new(), process: AtomicU32::new(0) };
/// Those that were leased and given back.
static FREE: Mutex<Vec<usize>> = Mutex::new(Vec::new());
/// For whoever has no slab.
static SHARED: Chunks = Chunks::new();

/// Of each chunk where it is: whether other processes see its cells.
static HOMES: [AtomicU8; CHUNKS] = [const { AtomicU8::new(UNKNOWN) }; CHUNKS];
const UNKNOWN: u8 = 0;
/// On the heap, because nothing was shared when the first of its cells were taken.
const PRIVATE: u8 = 1;
/// On the heap, because the file took no more.
const FULL: u8 = 2;
/// In the file of this process.
const FILE: u8 = 3;

thread_local! {
    /// The slab of this thread. Without a destructor, so that it can be asked for until the very end.
    static MINE: Cell<&'static Slab> = const { Cell::new(&NOBODYS) };
    /// Its reader, where readers may be used.
    static READER: Cell<Option<&'static Reader>> = const { Cell::new(None) };
    static LEASE: Lease = const { Lease { slab: Cell::new(None), patience: Cell::new(0) } };
}

/// Gives the slab back when the thread ends.
struct Lease {
    slab: Cell<Option<usize>>,
    /// How many updates go to the shared slab before it is looked for one of its own again.
    patience: Cell<u32>,
}

impl Lease {
    fn take(&self) -> Option<&'static Slab> {
        let left = self.patience.get();
        if left > 0 {
            self.patience.set(left - 1);
            return None;
        }
        // Never waits: after a fork the one who has it locked may not exist any more.
        let mut free = match FREE.try_lock() {
            Ok(free) => free,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        let index = free.pop().or_else(|| SLABS.iter().position(|slab| slab.process.load(Ordering::Relaxed) == 0));
        let slab = index.and_then(|index| SLABS.get(index));
        match slab {
            Some(slab) => {
                slab.process.store(std::process::id(), Ordering::Release);
                self.slab.set(index);
            }
            None => self.patience.set(10_000),
        }
        MINE.set(slab.unwrap_or(&NOBODYS));
        READER.set(slab.map(|slab| &slab.reader).filter(|_| reclaim::may_have_numbers()));
        slab
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        READER.take();
        let slab = MINE.replace(&NOBODYS);
        let Some(index) = self.slab.take() else { return };
        // A guard in another thread-local may outlive this; its slab is nobody's any more then.
        if slab.reader.is_inside() {
            return;
        }
        // What was counted stays; the lock hands it to the next owner. A lock that cannot be had, as after a fork, costs a slab.
        for _ in 0..1_000 {
            match FREE.try_lock() {
                Ok(mut free) => return free.push(index),
                Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner().push(index),
                Err(TryLockError::WouldBlock) => std::thread::yield_now(),
            }
        }
    }
}

/// The chunks of this thread.
#[inline]
pub(super) fn mine() -> &'static Chunks {
    &MINE.get().chunks
}

/// The slab of this thread, which it leases now if it has none.
#[cold]
fn lease() -> Option<&'static Slab> {
    let mine = MINE.get();
    if std::ptr::eq(mine, &NOBODYS) { LEASE.try_with(Lease::take).ok().flatten() } else { Some(mine) }
}

/// The chunks of this thread with the chunk of a place; none if it cannot have any.
#[cold]
pub(super) fn enter(place: Place) -> Option<&'static Chunks> {
    let slab = lease()?;
    let home = HOMES[place.chunk()].load(Ordering::Relaxed);
    if home == FILE && !slab.chunks.has(place) {
        // Where there is no room for it the shared slab has some: that was taken together with the place.
        slab.chunks.make_in(place, |chunk, cells| shared::chunk(number_of(slab), chunk, cells)).then_some(&slab.chunks)
    } else {
        slab.chunks.make(place);
        Some(&slab.chunks)
    }
}

/// Which one it is.
fn number_of(slab: &Slab) -> usize {
    (std::ptr::from_ref(slab).addr() - SLABS.as_ptr().addr()) / size_of::<Slab>()
}

/// Whether a place can be taken for a cell that is made now: one that others are to see is not where they cannot. Asked under the
/// lock of the places.
pub(super) fn is_fit(place: Place) -> bool {
    let home = &HOMES[place.chunk()];
    if home.load(Ordering::Relaxed) == UNKNOWN {
        let found = match shared::is_worker() {
            true if SHARED.make_in(place, |chunk, cells| shared::chunk(THREADS, chunk, cells)) => FILE,
            true => FULL,
            false => PRIVATE,
        };
        home.store(found, Ordering::Relaxed);
    }
    home.load(Ordering::Relaxed) != PRIVATE || !shared::is_worker()
}

/// Whether other processes see the cells of a place.
pub(super) fn is_shared(place: Place) -> bool {
    HOMES[place.chunk()].load(Ordering::Relaxed) == FILE
}

/// What says whether this thread is looking at something; none if it cannot have it.
#[inline]
pub(crate) fn this_thread() -> Option<&'static Reader> {
    READER.get().or_else(first_look)
}

#[cold]
fn first_look() -> Option<&'static Reader> {
    lease()?;
    READER.get()
}

/// In a child of `fork`: the threads of the other slabs did not come along. Whether this one has a reader.
#[cfg(all(feature = "multiprocess", target_os = "linux"))]
pub(crate) fn only_this_thread() -> bool {
    let mine = MINE.get();
    leased().filter(|slab| !std::ptr::eq(*slab, mine)).for_each(|slab| slab.reader.forget());
    READER.get().is_some()
}

/// The readers of all threads that ever had one, in an order that stays.
pub(crate) fn readers() -> impl Iterator<Item = &'static Reader> {
    leased().map(|slab| &slab.reader)
}

fn leased() -> impl Iterator<Item = &'static Slab> {
    SLABS.iter().take_while(|slab| slab.process.load(Ordering::Acquire) != 0)
}

/// The shared cell of a place.
#[cold]
fn shared(place: Place) -> Option<&'static AtomicU64> {
    SHARED.make(place);
    SHARED.cell(place)
}

/// The shared cells of a place.
pub(super) fn shared_cells(range: &Range<u32>) -> Option<&'static [AtomicU64]> {
    SHARED.cells(range)
}

/// The chunks of every thread that may have anything.
pub(super) fn own() -> impl Iterator<Item = &'static Chunks> {
    leased().map(|slab| &slab.chunks)
}

/// The cells of a place in the slab of every thread that has any; with what says whether that thread may have stayed behind in
/// another process, from which this one was forked.
pub(super) fn own_cells<L: Length>(range: &Range<L>) -> impl Iterator<Item = (&'static [AtomicU64], impl Fn() -> bool)> {
    let is_left = |slab: &'static Slab| move || slab.process.load(Ordering::Relaxed) != std::process::id();
    leased().filter_map(move |slab| Some((slab.chunks.cells(range)?, is_left(slab))))
}

/// Every slab that may have anything, the shared one last.
fn all() -> impl Iterator<Item = &'static Chunks> {
    own().chain([&SHARED])
}

/// Adds to an integer, which wraps around.
#[inline]
pub(crate) fn add_integer(cells: &Cells, amount: u64) {
    match mine().cell(cells.place()) {
        Some(cell) => cell.store(cell.load(Ordering::Relaxed).wrapping_add(amount), Ordering::Relaxed),
        None => add_integer_first(cells.place(), amount),
    }
}

#[cold]
fn add_integer_first(place: Place, amount: u64) {
    match enter(place).and_then(|slab| slab.cell(place)) {
        Some(cell) => cell.store(cell.load(Ordering::Relaxed).wrapping_add(amount), Ordering::Relaxed),
        None => {
            if let Some(cell) = shared(place) {
                cell.fetch_add(amount, Ordering::Relaxed);
            }
        }
    }
}

/// Adds to the bits of a float.
#[inline]
pub(crate) fn add_float(cells: &Cells, amount: f64) {
    match mine().cell(cells.place()) {
        Some(cell) => cell.store(plus(cell.load(Ordering::Relaxed), amount), Ordering::Relaxed),
        None => add_float_first(cells.place(), amount),
    }
}

#[cold]
fn add_float_first(place: Place, amount: f64) {
    match enter(place).and_then(|slab| slab.cell(place)) {
        Some(cell) => cell.store(plus(cell.load(Ordering::Relaxed), amount), Ordering::Relaxed),
        None => {
            let Some(cell) = shared(place) else { return };
            let _ = cell.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bits| Some(plus(bits, amount)));
        }
    }
}

fn plus(bits: u64, amount: f64) -> u64 {
    (f64::from_bits(bits) + amount).to_bits()
}

/// Goes over the bits of a cell in all slabs.
#[inline]
pub(crate) fn fold<T>(cells: &Cells, start: T, mut with: impl FnMut(T, u64) -> T) -> T {
    let mut folded = start;
    // Two loops in place of one over both: a page asks for a million of these.
    for slab in own() {
        if let Some(cell) = slab.cell(cells.place()) {
            folded = with(folded, cell.load(Ordering::Relaxed));
        }
    }
    match SHARED.cell(cells.place()) {
        Some(cell) => with(folded, cell.load(Ordering::Relaxed)),
        None => folded,
    }
}

/// Takes what there is away from an integer, in the shared slab: the others belong to their threads.
pub(crate) fn reset_integer(cells: &Cells) {
    if let Some(shared) = shared(cells.place()) {
        shared.fetch_sub(fold(cells, 0, u64::wrapping_add), Ordering::Relaxed);
    }
}

/// Takes what there is away from a float, which is exactly zero then if nobody adds meanwhile: the shared slab is summed last.
pub(crate) fn reset_float(cells: &Cells) {
    let place = cells.place();
    let Some(shared) = shared(place) else { return };
    let theirs =
        leased().filter_map(|slab| slab.chunks.cell(place)).fold(0.0, |sum, cell| sum + f64::from_bits(cell.load(Ordering::Relaxed)));
    shared.store((-theirs).to_bits(), Ordering::Relaxed);
}

/// Makes cells zero that nobody has any more.
pub(super) fn clear<L: Length>(range: &Range<L>) {
    for cell in all().filter_map(|slab| slab.cells(range)).flatten() {
        if cell.load(Ordering::Relaxed) != 0 {
            cell.store(0, Ordering::Relaxed);
        }
    }
}
