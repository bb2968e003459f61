//! Observations of many histograms, read row by row: a row is what they have in one slab, side by side.
//!
//! The protocol is that of `moment` for the cells of one thread, asked for all slabs together. Sequences only rise. So those of one
//! histogram in all slabs, added up, are the same before and behind a read only if each of them is. A histogram that is not whole is read
//! by itself, as one whose cells are of several generations. Checked with loom.

use super::moment::HEAD;
use super::rows::{Rows, add_rows};
use crate::atomic::{AtomicU64, Ordering, fence};
use crate::cell::total::Sum;

/// Where a row has the cells of one histogram: a sequence, the sum, the counts, and of which generation they are.
#[derive(Clone, Copy)]
pub(super) struct Part {
    start: usize,
    len: usize,
    /// The generation of now.
    generation: u64,
    /// The sums of all rows.
    pub(super) sum: Sum,
    /// By how much sequences rose during the read.
    rise: u64,
    /// Zero, if no sequence was odd and all cells were of that generation.
    unlike: u64,
}

impl Part {
    /// No cells: of a histogram that is read by itself.
    pub(super) const ALONE: Self = Self { start: 0, len: 0, generation: 0, sum: Sum::ZERO, rise: 0, unlike: 0 };

    pub(super) fn new(start: usize, len: usize, generation: u64) -> Self {
        Self { start, len, generation, ..Self::ALONE }
    }

    /// Where a row has the counts.
    pub(super) fn counts(&self) -> std::ops::Range<usize> {
        self.start + HEAD as usize..(self.start + self.len).saturating_sub(1).max(self.start + HEAD as usize)
    }

    /// Whether what was added is of the same observations, in this generation.
    pub(super) fn is_whole(&self) -> bool {
        self.len > 0 && self.rise == 0 && self.unlike == 0
    }

    #[inline(always)]
    fn cells<'r>(&self, row: &'r [AtomicU64]) -> Option<[&'r AtomicU64; 3]> {
        match row.get(self.start..self.start + self.len) {
            Some([sequence, sum, .., own]) => Some([sequence, sum, own]),
            _ => None,
        }
    }

    #[inline(always)]
    fn begin(&mut self, row: &[AtomicU64]) {
        let Some([sequence, _, own]) = self.cells(row) else { return };
        let sequence = sequence.load(Ordering::Relaxed);
        self.rise = self.rise.wrapping_sub(sequence);
        self.unlike |= (sequence & 1) | (own.load(Ordering::Relaxed) ^ self.generation);
    }

    #[inline(always)]
    fn add_sum(&mut self, row: &[AtomicU64]) {
        let Some([_, sum, _]) = self.cells(row) else { return };
        let sum = sum.load(Ordering::Relaxed);
        // Many threads never observed in it.
        if sum != 0 {
            self.sum = self.sum.plus(f64::from_bits(sum));
        }
    }

    #[inline(always)]
    fn end(&mut self, row: &[AtomicU64]) {
        let Some([sequence, _, own]) = self.cells(row) else { return };
        self.rise = self.rise.wrapping_add(sequence.load(Ordering::Relaxed));
        self.unlike |= own.load(Ordering::Relaxed) ^ self.generation;
    }
}

/// Adds rows to `words`, or begins with them where it `is_first`: all cells of all parts and what is between them, of which the counts
/// are sums then. What a part has beside its counts goes into the part.
#[inline]
pub(super) fn add(rows: &Rows<'_>, parts: &mut [Part], words: &mut [u64], is_first: bool) {
    for row in rows.iter().flatten() {
        parts.iter_mut().for_each(|part| part.begin(row));
    }
    // Pairs with the releases at the end of an observation and of `renew`: counts and sums are not older than the sequences and the
    // generations that were loaded.
    fence(Ordering::Acquire);
    add_rows(rows, words, is_first);
    for row in rows.iter().flatten() {
        parts.iter_mut().for_each(|part| part.add_sum(row));
    }
    // Pairs with the release fences at the beginning of both: what was loaded is older than the sequences and generations that are
    // loaded now.
    fence(Ordering::Acquire);
    for row in rows.iter().flatten() {
        parts.iter_mut().for_each(|part| part.end(row));
    }
}
