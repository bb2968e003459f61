//! The numbers of the series that a page comes to next, read in columns.

use picometer::Number;

use super::table::Places;
use crate::cell::{COLUMN, Make, are_columns_worth_it};

/// So many are read at first; each time as many as that again, because a page in small pieces shows few at once.
const FIRST: usize = 8;
/// No cell is at this place.
const NOWHERE: u32 = u32::MAX;

/// What was read for the places of a table from one on.
pub(super) struct Ahead {
    places: [u32; COLUMN],
    generations: [u64; COLUMN],
    values: [u64; COLUMN],
    /// The one that comes next, of so many.
    at: usize,
    len: usize,
    /// How many are read next; none where one by one is as fast.
    next: usize,
}

impl Ahead {
    pub(super) fn new() -> Self {
        let next = if are_columns_worth_it() { FIRST } else { 0 };
        Self { places: [NOWHERE; COLUMN], generations: [0; COLUMN], values: [0; COLUMN], at: 0, len: 0, next }
    }

    /// A place without a series, or one that is not shown.
    #[inline]
    pub(super) fn skip(&mut self) {
        self.at += 1;
    }

    /// The number of a series; `rest` are the places behind it.
    #[inline(always)]
    pub(super) fn number<C: Make>(&mut self, cell: &C, rest: &Places<'_, C>) -> Option<Number> {
        if self.next > 0
            && let Some((place, generation)) = cell.place()
            && let Some(value) = self.value(place, generation, rest)
            // It may have been read only now, and reset meanwhile.
            && cell.place() == Some((place, generation))
        {
            return C::number_of(value);
        }
        cell.number()
    }

    /// What was read for the next place; nothing if another series came there since, or it was reset.
    fn value<C: Make>(&mut self, place: u32, generation: u64, rest: &Places<'_, C>) -> Option<u64> {
        if self.at >= self.len {
            self.read(place, generation, rest);
        }
        let at = self.at;
        self.at += 1;
        let is_known = self.places.get(at) == Some(&place) && self.generations.get(at) == Some(&generation);
        self.values.get(at).filter(|_| is_known).copied()
    }

    #[inline(never)]
    fn read<C: Make>(&mut self, first: u32, generation: u64, rest: &Places<'_, C>) {
        let (Some((own, others)), Some((own_generation, generations))) =
            (self.places.split_first_mut(), self.generations.split_first_mut())
        else {
            return;
        };
        (*own, *own_generation) = (first, generation);
        let (mut next, mut is_row) = (first, true);
        self.len = 1;
        for ((place, generation), found) in others.iter_mut().zip(generations).zip(rest.clone()).take(self.next - 1) {
            (*place, *generation) = found.and_then(|node| node.get().cell.place()).unwrap_or((NOWHERE, 0));
            next = next.wrapping_add(1);
            is_row &= *place == next;
            self.len += 1;
        }
        let (places, generations) = (self.places.get(..self.len), self.generations.get(..self.len));
        if let (Some(places), Some(generations), Some(values)) = (places, generations, self.values.get_mut(..self.len)) {
            C::column(places, generations, is_row, values);
        }
        (self.at, self.next) = (0, COLUMN.min(2 * self.next));
    }
}
