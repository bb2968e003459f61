//! Memory for the cells of one slab: chunks that are made when they are needed, and then stay where they are.
#![allow(unsafe_code, reason = "chunks are shared by pointer, so that a cell is found in four instructions")]

use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use crate::shared::IN_CHUNKS;

/// The first chunk has so many cells; each of the others is twice as large as the one before.
const FIRST: u64 = 1_024;
pub(crate) const CHUNKS: usize = 32;

/// Where in a slab a range of cells is: always whole within one chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    chunk: u32,
    offset: u32,
}

impl Place {
    /// The place of the cells from this number on, counted over all chunks; or the number that the next chunk begins with,
    /// where the rest of this one is too small for so many. None behind the last chunk.
    pub(super) fn of(number: u64, len: u32) -> Option<Result<Self, u64>> {
        let from_first = number.checked_add(FIRST)?;
        let chunk = from_first.ilog2() - FIRST.ilog2();
        let size = FIRST << chunk;
        let offset = from_first - size;
        // The last chunks are larger than what an offset can tell, and than any memory.
        if chunk as usize >= CHUNKS || size > u64::from(u32::MAX) {
            return None;
        }
        Some(if offset + u64::from(len) > size { Err(2 * size - FIRST) } else { Ok(Self { chunk, offset: offset as u32 }) })
    }

    /// The number that the next chunk begins with.
    pub(super) fn behind(self) -> u64 {
        (FIRST << (self.chunk + 1)) - FIRST
    }

    pub(super) fn chunk(self) -> usize {
        self.chunk as usize % CHUNKS
    }

    /// The same as a word, for other processes.
    pub(super) fn word(self) -> u64 {
        IN_CHUNKS | u64::from(self.chunk) << 32 | u64::from(self.offset)
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
        // SAFETY: a chunk that is there has `FIRST << place.chunk` cells and is never freed; `Place::of`, the only way to make
        // one, keeps the chunk below `CHUNKS` and the offset below that.
        Some(unsafe { &*chunk.add(place.offset as usize) })
    }

    /// All cells of a place that was made for `len`, if its chunk is there.
    #[inline]
    pub(super) fn cells(&self, place: Place, len: u32) -> Option<&[AtomicU64]> {
        let chunk = self.0[place.chunk()].load(Ordering::Acquire);
        if chunk.is_null() || u64::from(place.offset) + u64::from(len) > FIRST << place.chunk {
            return None;
        }
        // SAFETY: a chunk that is there has `FIRST << place.chunk` cells and is never freed; the range ends within it.
        Some(unsafe { std::slice::from_raw_parts(chunk.add(place.offset as usize), len as usize) })
    }

    /// Whether the chunk of a place is there.
    pub(super) fn has(&self, place: Place) -> bool {
        !self.0[place.chunk()].load(Ordering::Acquire).is_null()
    }

    /// Makes the chunk of a place of cells that are zero and stay where they are; `memory` is asked for them, by the number of the
    /// chunk. Nobody else does so meanwhile. Whether it is there.
    pub(super) fn make_in(&self, place: Place, memory: impl FnOnce(u32, usize) -> Option<&'static [AtomicU64]>) -> bool {
        let cells = FIRST << place.chunk;
        if let Some(memory) = memory(place.chunk, cells as usize).filter(|memory| memory.len() as u64 == cells) {
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
        // Zeroed memory from the system: what is never touched is never there.
        let fresh: Box<[u64]> = vec![0; (FIRST << place.chunk) as usize].into();
        let fresh = Box::into_raw(fresh).cast::<AtomicU64>();
        if slot.compare_exchange(null_mut(), fresh, Ordering::AcqRel, Ordering::Acquire).is_err() {
            let slice = std::ptr::slice_from_raw_parts_mut(fresh.cast::<u64>(), (FIRST << place.chunk) as usize);
            // SAFETY: it was made above, and nobody has seen it.
            drop(unsafe { Box::from_raw(slice) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_do_not_cross_chunks_and_do_not_overlap() {
        let (mut number, mut last) = (0, None);
        for turn in 0..20_000_u32 {
            let len = 1 + turn % 37;
            let place = loop {
                match Place::of(number, len).unwrap() {
                    Ok(place) => break place,
                    Err(next) => {
                        assert!(next > number && next - number < 37);
                        number = next;
                    }
                }
            };
            assert!(u64::from(place.offset + len) <= FIRST << place.chunk);
            if let Some((before, end)) = last {
                assert!(place.chunk > before || (place.chunk == before && place.offset >= end));
            }
            last = Some((place.chunk, place.offset + len));
            number += u64::from(len);
        }
        assert!(last.is_some_and(|(chunk, _)| chunk > 5));
        assert_eq!(Place::of(1 << 40, 1), None);
        assert_eq!(Place::of(u64::MAX, 1), None);
    }

    #[test]
    fn a_chunk_is_there_when_it_was_made() {
        let chunks = Chunks::new();
        let place = Place::of(1_500, 3).unwrap().unwrap();
        assert!(chunks.cell(place).is_none() && chunks.cells(place, 3).is_none());
        chunks.make(place);
        chunks.cell(place).unwrap().store(7, Ordering::Relaxed);
        chunks.make(place);
        let cells: Vec<_> = chunks.cells(place, 3).unwrap().iter().map(|cell| cell.load(Ordering::Relaxed)).collect();
        assert_eq!(cells, [7, 0, 0]);
        assert!(chunks.cells(place, u32::MAX).is_none());
    }
}
