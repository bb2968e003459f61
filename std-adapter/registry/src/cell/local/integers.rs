//! Integers that all threads count, one by one and in columns.

use std::sync::atomic::{AtomicU64, Ordering, fence};

use super::chunks::{Chunks, Place};
use super::homes::{self, is_own, is_plain};
use super::moves::Step;
use super::places::Cells;
use super::resets;
use super::rows::{self, Rows, add};
use super::{lease, shards, slab};
use crate::shared;

/// Adds to an integer, which wraps around.
#[inline]
pub(crate) fn add_integer(cells: &Cells, amount: u64) {
    match slab::mine().cell(cells.place()) {
        Some(cell) => cell.store(cell.load(Ordering::Relaxed).wrapping_add(amount), Ordering::Relaxed),
        None => add_integer_elsewhere(cells, amount),
    }
}

/// A thread without a slab is here each time.
#[inline(never)]
fn add_integer_elsewhere(cells: &Cells, amount: u64) {
    match shards::lent(cells.place()) {
        Some(cell) => _ = cell.fetch_add(amount, Ordering::Relaxed),
        None => add_integer_first(cells, amount),
    }
}

#[cold]
fn add_integer_first(cells: &Cells, amount: u64) {
    let place = cells.placed();
    match lease::enter(place).and_then(|slab| slab.cell(place)) {
        Some(cell) => cell.store(cell.load(Ordering::Relaxed).wrapping_add(amount), Ordering::Relaxed),
        None => {
            if let Some(cell) = shards::shared(place) {
                cell.fetch_add(amount, Ordering::Relaxed);
            }
        }
    }
}

/// The value of an integer: what all threads counted since it was reset.
#[inline]
pub(crate) fn integer(cells: &Cells) -> u64 {
    at(cells.place())
}

#[inline]
fn at(place: Place) -> u64 {
    resets::unless_reset(|| is_own(place), || add(0, own(place))).unwrap_or_else(|| with_moved(place))
}

#[inline(never)]
fn with_moved(place: Place) -> u64 {
    resets::unless_reset(|| is_plain(place), || sum_of_own(place)).unwrap_or_else(|| since_reset(place))
}

#[cold]
fn since_reset(place: Place) -> u64 {
    resets::since_reset(|| slab::base(place), |base| sum_of_all(place).wrapping_sub(base))
}

/// The cells of the threads.
#[inline]
fn own(place: Place) -> impl Iterator<Item = &'static AtomicU64> {
    slab::own().filter_map(move |slab| slab.cell(place))
}

/// The sum over the slabs of all threads, and of what was moved out of them, which wraps around.
#[inline]
fn sum_of_own(place: Place) -> u64 {
    slab::whole(place, |step, _| match step {
        Some(step) => sum_beside(step, place),
        None => add(slab::FOLDED.cell(place).map_or(0, |cell| cell.load(Ordering::Relaxed)), own(place)),
    })
}

/// The same while counts are moved.
#[cold]
fn sum_beside(step: &'static Step, place: Place) -> u64 {
    let offset = place.offset() as usize;
    let moved = step.cells(offset, 1).and_then(|(cells, _)| cells.first());
    let folded = moved.or(slab::FOLDED.cell(place)).map_or(0, |cell| cell.load(Ordering::Relaxed));
    add(folded, slab::own_but(step.slab_of(offset)).filter_map(|chunks| chunks.cell(place)))
}

/// The sum wherever there may be anything. The threads without a slab come last: none of their counts is moved.
fn sum_of_all(place: Place) -> u64 {
    add(sum_of_own(place), shards::shared_by_threads(place))
}

/// What was counted until now is no part of the value of an integer any more.
pub(crate) fn reset_integer(cells: &Cells) {
    let place = cells.place();
    if place == Place::NOWHERE {
        // Nothing was counted.
        return;
    }
    homes::has_more(place);
    slab::make_base(place);
    let Some(base) = slab::base(place) else { return };
    let reset = || resets::reset(base, || sum_of_all(place), resets::raised);
    if cells.is_shared() { shared::changing(reset) } else { reset() }
}

/// So many values at once, at most.
pub(crate) const COLUMN: usize = 256;
/// So many where they are in few slabs: what is read of their series then stays in the nearest cache until it is written.
const SHORT_COLUMN: usize = 64;

/// So many values are best read at once. Of many slabs more, so that each is read for longer.
#[inline]
pub(crate) fn column() -> usize {
    if slab::are_many() { COLUMN } else { SHORT_COLUMN }
}

/// The values of integers at these places, at most [`COLUMN`], as [`integer`] gives each. Slab by slab: the cells of one slab
/// stand side by side in memory, and those of one place in all slabs do not. `is_row` says that each is the place behind the one
/// before.
pub(crate) fn integers(places: &[u32], is_row: bool, values: &mut [u64]) {
    let mut values = values;
    let chunk = |place: &u32| Place::of_bits(*place).chunk();
    // Places of a row are in one chunk, or the last is that of no cell.
    for places in places.chunk_by(|one, other| is_row || chunk(one) == chunk(other)) {
        let Some((own, rest)) = values.split_at_mut_checked(places.len()) else { return };
        if let Some(&first) = places.first() {
            in_one_chunk(&Column { first: Place::of_bits(first), places, is_row }, own);
        }
        values = rest;
    }
}

/// Places in one chunk.
struct Column<'a> {
    first: Place,
    places: &'a [u32],
    is_row: bool,
}

fn in_one_chunk(column: &Column<'_>, values: &mut [u64]) {
    let first = column.first;
    let slabs = || slab::own().chain([&slab::FOLDED]);
    let plain = resets::unless_reset(|| is_plain(first), || column.whole(slabs, values));
    if plain.is_none() {
        since_reset_in_one_chunk(column, values);
    }
}

/// Where threads have no slab, or one of the cells was ever reset.
#[cold]
fn since_reset_in_one_chunk(column: &Column<'_>, values: &mut [u64]) {
    let &Column { first, places, .. } = column;
    let slabs = || slab::own().chain([&slab::FOLDED]).chain(shards::columns());
    let Some(bases) = slab::bases(first.chunk()) else {
        column.whole(slabs, values);
        // As in `resets::since_reset`: what was loaded is older than a base that is there now.
        fence(Ordering::Acquire);
        if slab::bases(first.chunk()).is_some() {
            since_reset_in_one_chunk(column, values);
        }
        return;
    };
    // As there, for all of them at once, and those again one by one that are reset meanwhile. Acquire: as there.
    let now = |place: u32| bases.get(Place::of_bits(place).offset() as usize).map_or(0, |base| base.load(Ordering::Acquire));
    let mut before = [0; COLUMN];
    before.iter_mut().zip(places).for_each(|(before, place)| *before = now(*place));
    column.whole(slabs, values);
    fence(Ordering::Acquire);
    for ((value, place), before) in values.iter_mut().zip(places).zip(before) {
        *value = if now(*place) == before { value.wrapping_sub(before) } else { since_reset(Place::of_bits(*place)) };
    }
}

impl Column<'_> {
    /// The sums over slabs, in which no count changes its side meanwhile.
    fn whole<S: Iterator<Item = &'static Chunks>>(&self, slabs: impl Fn() -> S, values: &mut [u64]) {
        slab::whole(self.first, |step, _| {
            self.sum(slabs(), values);
            if let Some(step) = step {
                self.correct(step, &slabs, values);
            }
        });
    }

    /// Sums of cells that are being moved, anew.
    #[cold]
    fn correct<S: Iterator<Item = &'static Chunks>>(&self, step: &Step, slabs: impl Fn() -> S, values: &mut [u64]) {
        for (value, place) in values.iter_mut().zip(self.places) {
            let (place, offset) = (Place::of_bits(*place), Place::of_bits(*place).offset() as usize);
            let Some((cells, _)) = step.cells(offset, 1) else { continue };
            // Not what is on either side.
            let moved = |chunks: &&Chunks| step.slab_of(offset).is_none_or(|slab| !slab::is_side(chunks, slab));
            let others = slabs().filter(moved).filter_map(|chunks| chunks.cell(place));
            *value = add(cells.first().map_or(0, |cell| cell.load(Ordering::Relaxed)), others);
        }
    }

    /// The sums over slabs.
    fn sum(&self, slabs: impl Iterator<Item = &'static Chunks>, values: &mut [u64]) {
        let offset = |place: &u32| Place::of_bits(*place).offset() as usize;
        let (start, end) = match self.is_row {
            true => (offset(&self.first.bits()), offset(&self.first.bits()) + values.len()),
            false => self.places.iter().map(offset).fold((usize::MAX, 0), |(start, end), at| (start.min(at), end.max(at + 1))),
        };
        let len = end.saturating_sub(start);
        let slabs = slabs.filter_map(|slab| slab.whole(self.first.chunk()));
        if self.is_row {
            return add_rows(slabs.filter_map(|cells| cells.get(start..end)), values);
        }
        let mut all = [0; MOST_BETWEEN * COLUMN];
        match all.get_mut(..len).filter(|_| len <= MOST_BETWEEN * values.len()) {
            // Near each other, in any order.
            Some(all) => {
                add_rows(slabs.filter_map(|cells| cells.get(start..end)), all);
                let at = |place: &u32| all.get(offset(place) - start).copied().unwrap_or(0);
                values.iter_mut().zip(self.places).for_each(|(value, place)| *value = at(place));
            }
            None => {
                values.fill(0);
                for cells in slabs {
                    let at = |place: &u32| cells.get(offset(place)).into_iter();
                    values.iter_mut().zip(self.places).for_each(|(value, place)| *value = add(*value, at(place)));
                }
            }
        }
    }
}

/// All cells between those of a column are read with them, if there are not so many times as many.
const MOST_BETWEEN: usize = 4;

/// Makes `values` the sums of rows, which are as long.
fn add_rows(mut rows: impl Iterator<Item = &'static [AtomicU64]>, values: &mut [u64]) {
    let mut is_first = true;
    loop {
        let some: Rows<'_> = std::array::from_fn(|_| rows.next());
        rows::add_rows(&some, values, is_first);
        is_first = false;
        if some.iter().any(Option::is_none) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::chunks::One;
    use super::*;

    #[test]
    fn columns_are_what_each_cell_has() {
        let cells: Vec<Cells> = (0..1_500).map(|_| Cells::new(One)).collect();
        // More than have a slab.
        crate::tests::at_once(70, |thread| cells.iter().enumerate().for_each(|(at, cell)| add_integer(cell, (thread * at) as u64)));
        let expected = |at: usize| 69 * 70 / 2 * at as u64;
        let check = |order: &[usize], expected: &dyn Fn(usize) -> u64| {
            for order in order.chunks(COLUMN) {
                let places: Vec<u32> = order.iter().map(|at| cells[*at].place().bits()).collect();
                let mut values = vec![7; places.len()];
                let is_row = places.iter().zip(places[0]..).all(|(place, next)| *place == next);
                integers(&places, is_row, &mut values);
                order
                    .iter()
                    .zip(values)
                    .for_each(|(at, value)| assert_eq!((value, integer(&cells[*at])), (expected(*at), expected(*at)), "{at}"));
            }
        };
        let rows: Vec<usize> = (0..cells.len()).collect();
        let strides: Vec<usize> = (0..3).flat_map(|start| (start..1_500).step_by(3)).collect();
        let back: Vec<usize> = (0..1_500).rev().collect();
        let far: Vec<usize> = (0..37).flat_map(|start| (start..1_500).step_by(37)).collect();
        for order in [&rows, &strides, &back, &far] {
            check(order, &expected);
        }
        cells.iter().step_by(7).for_each(reset_integer);
        let expected = |at: usize| if at.is_multiple_of(7) { 0 } else { 69 * 70 / 2 * at as u64 };
        for order in [&rows, &strides, &back, &far] {
            check(order, &expected);
        }
    }
}
