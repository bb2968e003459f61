//! Memory for the cells of one slab: chunks that are made when they are needed, and then stay where they are.
#![allow(unsafe_code, reason = "chunks are shared by pointer, so that a cell is found in four instructions")]

use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};

use crate::shared::IN_CHUNKS;

/// The first chunk has so many cells; each of the others is twice as large as the one before.
const FIRST: u64 = 1_024;
pub(crate) const CHUNKS: usize = 32;

/// Where in a slab a range of cells is: always whole within one chunk, whose number is in the upper bits; below it, the offset.
/// There are places for 268 million cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(u32);

impl Place {
    /// In a chunk that there never is: an update of such a cell goes the slow way, which takes a place.
    pub(super) const NOWHERE: Self = Self(31 << OFFSET);

    /// The first of a chunk.
    pub(super) fn start_of(chunk: usize) -> Self {
        Self((chunk as u32) << OFFSET)
    }

    pub(super) const fn bits(self) -> u32 {
        self.0
    }

    /// What `bits` gave.
    pub(super) const fn of_bits(bits: u32) -> Self {
        Self(bits)
    }
}

const OFFSET: u32 = 27;

/// How many cells there are.
#[allow(unreachable_pub, reason = "named by the methods of a sealed trait")]
pub trait Length: Copy {
    fn get(self) -> u32;
}

/// One, which takes no room to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(unreachable_pub, reason = "named by the methods of a sealed trait")]
pub struct One;

impl Length for One {
    #[inline]
    fn get(self) -> u32 {
        1
    }
}

/// Two, which takes no room to know either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(unreachable_pub, reason = "named by the methods of a sealed trait")]
pub struct Pair;

impl Length for Pair {
    #[inline]
    fn get(self) -> u32 {
        2
    }
}

impl Length for u32 {
    #[inline]
    fn get(self) -> u32 {
        self
    }
}

/// Some cells, one behind the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range<L> {
    place: Place,
    len: L,
}

impl<L: Length> Range<L> {
    /// The cells from this number on, counted over all chunks; or the number that the next chunk begins with, where the rest of
    /// this one is too small for so many. None behind the last chunk.
    pub(super) fn of(number: u64, len: L) -> Option<Result<Self, u64>> {
        let from_first = number.checked_add(FIRST)?;
        let chunk = from_first.ilog2() - FIRST.ilog2();
        let size = FIRST << chunk;
        let offset = from_first - size;
        // The last chunks are larger than what an offset can tell.
        if chunk as usize >= CHUNKS || size > 1 << OFFSET {
            return None;
        }
        let place = Place(chunk << OFFSET | offset as u32);
        Some(if offset + u64::from(len.get()) > size { Err(2 * size - FIRST) } else { Ok(Self { place, len }) })
    }

    /// The cells from a place on that was taken for so many.
    #[inline]
    pub(super) fn at(place: Place, len: L) -> Self {
        Self { place, len }
    }

    /// The same range, with its length told otherwise.
    pub(super) fn told<M: Length>(self, len: M) -> Option<Range<M>> {
        (len.get() == self.len.get()).then_some(Range { place: self.place, len })
    }

    #[inline]
    pub(super) fn place(&self) -> Place {
        self.place
    }

    pub(super) fn len(&self) -> u32 {
        self.len.get()
    }
}

impl Place {
    /// The number that the next chunk begins with.
    pub(super) fn behind(self) -> u64 {
        (FIRST << (self.chunk() + 1)) - FIRST
    }

    #[inline]
    pub(super) fn chunk(self) -> usize {
        (self.0 >> OFFSET) as usize
    }

    #[inline]
    pub(super) fn offset(self) -> u32 {
        self.0 & ((1 << OFFSET) - 1)
    }

    /// The same as a word, for other processes.
    pub(super) fn word(self) -> u64 {
        IN_CHUNKS | (self.chunk() as u64) << 32 | u64::from(self.offset())
    }
}

/// The chunks of one slab, of which some may not be there.
pub(super) struct Chunks([AtomicPtr<AtomicU64>; CHUNKS]);

impl Chunks {
    pub(super) const fn new() -> Self {
        Self([const { AtomicPtr::new(null_mut()) }; CHUNKS])
    }

    /// The first cell of a place, if its chunk is there.
    #[inline]
    pub(super) fn cell(&self, place: Place) -> Option<&AtomicU64> {
        let chunk = self.0[place.chunk()].load(Ordering::Acquire);
        if chunk.is_null() {
            return None;
        }
        // SAFETY: a chunk that is there has `FIRST << place.chunk()` cells and is never freed; `Range::of`, the only way to
        // make one, keeps the chunk below `CHUNKS` and the offset below that.
        Some(unsafe { &*chunk.add(place.offset() as usize) })
    }

    /// All cells of a range, if its chunk is there.
    #[inline]
    pub(super) fn cells<L: Length>(&self, range: &Range<L>) -> Option<&[AtomicU64]> {
        let chunk = self.0[range.place.chunk()].load(Ordering::Acquire);
        if chunk.is_null() {
            return None;
        }
        // SAFETY: a chunk that is there has `FIRST << chunk` cells and is never freed; the range ends within it, which `Range::of`
        // has checked.
        Some(unsafe { std::slice::from_raw_parts(chunk.add(range.place.offset() as usize), range.len.get() as usize) })
    }

    /// All cells of a chunk, if it is there.
    #[inline]
    pub(super) fn whole(&self, chunk: usize) -> Option<&[AtomicU64]> {
        self.cells(&Range { place: Place::start_of(chunk), len: (FIRST << chunk) as u32 })
    }

    /// Gives a chunk to another list, which has none of that number. No other thread does so at the same time.
    pub(super) fn hand(&self, chunk: usize, to: &Self) {
        let (Some(from), Some(to)) = (self.0.get(chunk), to.0.get(chunk)) else { return };
        // Release: pairs with the acquire of those who look for a cell, who then see what was stored in it before.
        to.store(from.swap(null_mut(), Ordering::AcqRel), Ordering::Release);
    }

    /// Whether the chunk of a place is there.
    pub(super) fn has(&self, place: Place) -> bool {
        !self.0[place.chunk()].load(Ordering::Acquire).is_null()
    }

    /// Makes the chunk of a place of cells that are zero and stay where they are; `memory` is asked for them, by the number of the
    /// chunk. No other thread does so meanwhile. Whether it is there.
    pub(super) fn make_in(&self, place: Place, memory: impl FnOnce(u32, usize) -> Option<&'static [AtomicU64]>) -> bool {
        let cells = FIRST << place.chunk();
        if let Some(memory) = memory(place.chunk() as u32, cells as usize).filter(|memory| memory.len() as u64 == cells) {
            self.0[place.chunk()].store(memory.as_ptr().cast_mut(), Ordering::Release);
        }
        self.has(place)
    }

    /// Makes the chunk of a place, unless it is there.
    #[cold]
    pub(super) fn make(&self, place: Place) {
        if self.has(place) {
            return;
        }
        let slot = &self.0[place.chunk()];
        let cells = (FIRST << place.chunk()) as usize;
        let lines = lines_before(place.chunk());
        // Zeroed memory from the system: what is never touched is never there.
        let fresh: Box<[u64]> = vec![0; cells + (lines.most + 1) * LINE].into();
        let memory = Box::into_raw(fresh);
        let start = memory.cast::<AtomicU64>();
        // `usize::MAX` where the alignment is unknown, as in miri: then chunks begin at other lines, and nothing else is different.
        let to_line = start.align_offset(LINE * size_of::<u64>()).min(LINE);
        // SAFETY: there are `cells` behind as many words as this at most.
        let first = unsafe { start.add(to_line + lines.own * LINE) };
        if slot.compare_exchange(null_mut(), first, Ordering::AcqRel, Ordering::Acquire).is_err() {
            // SAFETY: it was made above, and no other thread has seen it.
            drop(unsafe { Box::from_raw(memory) });
        }
    }
}

/// A line of a cache has so many cells.
const LINE: usize = 8;

/// How many lines are left free in front of a chunk, and in front of any of the same number.
struct Lines {
    own: usize,
    most: usize,
}

/// Chunks of one number begin at different lines of a page: a read walks through those of all slabs side by side, and the nearest cache
/// has few places for lines that are a page apart.
fn lines_before(chunk: usize) -> Lines {
    static MADE: [AtomicUsize; CHUNKS] = [const { AtomicUsize::new(0) }; CHUNKS];
    /// A page has so many lines.
    const PAGE: usize = 64;
    // A sixteenth of the chunk at most.
    let all = ((FIRST as usize / LINE / 16) << chunk.min(8)).min(PAGE);
    // Not one line further each time, because a read fetches a few lines of each.
    let own = MADE.get(chunk).map_or(0, |made| made.fetch_add(1, Ordering::Relaxed)).wrapping_mul(9) % all;
    Lines { own, most: all - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_do_not_cross_chunks_and_do_not_overlap() {
        let (mut number, mut last) = (0, None);
        for turn in 0..if cfg!(miri) { 4_000 } else { 20_000_u32 } {
            let len = 1 + turn % 37;
            let place = loop {
                match Range::of(number, len).unwrap() {
                    Ok(range) => break range.place(),
                    Err(next) => {
                        assert!(next > number && next - number < 37);
                        number = next;
                    }
                }
            };
            assert!(u64::from(place.offset() + len) <= FIRST << place.chunk());
            if let Some((before, end)) = last {
                assert!(place.chunk() > before || (place.chunk() == before && place.offset() >= end));
            }
            last = Some((place.chunk(), place.offset() + len));
            number += u64::from(len);
        }
        assert!(last.is_some_and(|(chunk, _)| chunk > 5));
        assert_eq!(Range::of(1 << 40, 1), None);
        assert_eq!(Range::of(u64::MAX, One), None);
    }

    #[test]
    fn chunk_that_is_handed_on_keeps_its_cells() {
        static LISTS: [Chunks; 2] = [const { Chunks::new() }; 2];
        let [chunks, other] = &LISTS;
        let place = Range::of(1_500, One).unwrap().unwrap().place();
        chunks.make(place);
        chunks.cell(place).unwrap().store(7, Ordering::Relaxed);
        chunks.hand(place.chunk(), other);
        assert!(chunks.whole(place.chunk()).is_none());
        let whole = other.whole(place.chunk()).unwrap();
        assert_eq!((whole.len(), whole[place.offset() as usize].load(Ordering::Relaxed)), (2_048, 7));
    }

    #[test]
    fn chunks_of_one_number_begin_at_different_lines() {
        static LISTS: [Chunks; 8] = [const { Chunks::new() }; 8];
        let place = Range::of(20_000, One).unwrap().unwrap().place();
        let mut lines: Vec<usize> = LISTS
            .iter()
            .map(|chunks| {
                chunks.make(place);
                let cells = chunks.whole(place.chunk()).unwrap();
                assert!(cells.iter().all(|cell| cell.swap(1, Ordering::Relaxed) == 0));
                cells.as_ptr().addr()
            })
            .collect();
        assert!(cfg!(miri) || lines.iter().all(|start| start.is_multiple_of(64)), "{lines:?}");
        lines.iter_mut().for_each(|start| *start = *start % 4_096 / 64);
        lines.sort_unstable();
        lines.dedup();
        // Where memory happens to begin at different lines, some may meet.
        assert!(lines.len() > 1, "{lines:?}");
    }

    #[test]
    fn a_chunk_is_there_when_it_was_made() {
        static CHUNKS: Chunks = Chunks::new();
        let chunks = &CHUNKS;
        let range = Range::of(1_500, 3).unwrap().unwrap();
        let place = range.place();
        assert!(chunks.cell(place).is_none() && chunks.cells(&range).is_none());
        chunks.make(place);
        chunks.cell(place).unwrap().store(7, Ordering::Relaxed);
        chunks.make(place);
        let cells: Vec<_> = chunks.cells(&range).unwrap().iter().map(|cell| cell.load(Ordering::Relaxed)).collect();
        assert_eq!(cells, [7, 0, 0]);
        assert_eq!((range.told(One), range.told(3), range.len()), (None, Some(range), 3));
    }
}
