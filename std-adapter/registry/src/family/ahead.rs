//! The numbers of the series that a page comes to next, read in columns.

use picometer::Number;

use super::table::Places;
use crate::cell::{COLUMN, Make, are_columns_worth_it, integers};

/// So many are read at first; each time as many as that again, because a page in small pieces shows few at once.
const FIRST: usize = 8;
/// No cell is at this place.
const NOWHERE: u32 = u32::MAX;

/// What was read for the places of a table from one on.
pub(super) struct Ahead {
    places: [u32; COLUMN],
    values: [u64; COLUMN],
    /// The one that comes next, of so many.
    at: usize,
    len: usize,
    /// How many are read next; none where one by one is as fast.
    next: usize,
}

impl Ahead {
    pub(super) fn new() -> Self {
        Self { places: [NOWHERE; COLUMN], values: [0; COLUMN], at: 0, len: 0, next: if are_columns_worth_it() { FIRST } else { 0 } }
    }

    /// A place without a series, or one that is not shown.
    #[inline]
    pub(super) fn skip(&mut self) {
        self.at += 1;
    }

    /// The number of a series; `rest` are the places behind it.
    #[inline(always)]
    pub(super) fn number<C: Make>(&mut self, cell: &C, rest: &Places<'_, C>) -> Option<Number> {
        match cell.place().filter(|_| self.next > 0).and_then(|place| self.value(place, rest)) {
            Some(value) => C::number_of(value),
            None => cell.number(),
        }
    }

    /// What was read for the next place; nothing if another series came there since.
    fn value<C: Make>(&mut self, place: u32, rest: &Places<'_, C>) -> Option<u64> {
        if self.at >= self.len {
            self.read(place, rest);
        }
        let known = self.places.get(self.at).zip(self.values.get(self.at)).filter(|(known, _)| **known == place);
        self.at += 1;
        known.map(|(_, value)| *value)
    }

    #[inline(never)]
    fn read<C: Make>(&mut self, first: u32, rest: &Places<'_, C>) {
        let Some((own, others)) = self.places.split_first_mut() else { return };
        *own = first;
        let (mut next, mut is_row) = (first, true);
        self.len = 1;
        for (place, found) in others.iter_mut().zip(rest.clone()).take(self.next - 1) {
            *place = found.and_then(|node| node.get().cell.place()).unwrap_or(NOWHERE);
            next = next.wrapping_add(1);
            is_row &= *place == next;
            self.len += 1;
        }
        if let (Some(places), Some(values)) = (self.places.get(..self.len), self.values.get_mut(..self.len)) {
            integers(places, is_row, values);
        }
        (self.at, self.next) = (0, COLUMN.min(2 * self.next));
    }
}
