//! A float that all threads add to.

use super::chunks::{Pair, Place, Range};
use super::integers::COLUMN;
use super::moves::Step;
use super::places::Cells;
use super::{lease, own_float, shards, slab};
use crate::atomic::{AtomicU64, Mutex, Ordering};
use crate::cell::total::Sum;
use crate::shared;

/// Resets, one at a time.
static RESETS: Mutex<()> = Mutex::new(());

/// A sum in the slab of each thread, exact to what floats round; shared ones for threads without a slab.
#[derive(Debug)]
#[allow(unreachable_pub, reason = "named by the methods of a sealed trait")]
pub struct Floats {
    /// For each thread the sum, and of which generation it is. The shared cells of a file have the generation of now there.
    cells: Cells<Pair>,
    /// The generation of now; odd while a reset is made.
    word: AtomicU64,
}

impl Floats {
    /// Of a static: it takes its place when it is first added to, or named for other processes.
    pub(crate) const fn later() -> Self {
        Self { cells: Cells::later(Pair), word: AtomicU64::new(0) }
    }

    pub(crate) fn new() -> Self {
        Self { cells: Cells::new(Pair), word: AtomicU64::new(0) }
    }

    /// Adds an amount.
    #[inline]
    pub(crate) fn add(&self, amount: f64) {
        match slab::mine().cells(&self.cells.range()) {
            Some(cells) if own_float::add(cells, self.word.load(Ordering::Relaxed), amount) => {}
            _ => self.add_elsewhere(amount),
        }
    }

    /// A thread without a slab is here each time.
    #[inline(never)]
    fn add_elsewhere(&self, amount: f64) {
        match shards::lent(self.cells.place()) {
            Some(cell) => add_together(cell, amount),
            None => self.add_first(amount),
        }
    }

    /// Where this thread has no cells yet, or of another generation.
    #[cold]
    fn add_first(&self, amount: f64) {
        let place = self.cells.placed();
        if let Some(cells) = lease::enter(place).and_then(|slab| slab.cells(&self.cells.range())) {
            let generation = own_float::generation(self.word.load(Ordering::Relaxed));
            if !own_float::add(cells, generation, amount) {
                self.publish(generation);
                own_float::renew(cells, generation);
                own_float::add(cells, generation, amount);
            }
        } else if let Some(cell) = shards::shared(place) {
            add_together(cell, amount);
        }
    }

    /// Tells other processes the generation of now, also in the file of a child of `fork`, which begins with zeros.
    fn publish(&self, generation: u64) {
        if let Some([_, seen]) = shards::shared_cells(&self.cells.range()).filter(|_| self.cells.is_shared()) {
            // Release: pairs with the acquire of readers, who then see cells that were cleared before. It only rises.
            seen.fetch_max(generation, Ordering::Release);
        }
    }

    /// What all threads added since the last reset.
    #[inline]
    pub(crate) fn get(&self) -> f64 {
        let range = self.cells.range();
        let at = |generation| slab::whole(range.place(), |step, has_moved| sum_at(&range, generation, step, has_moved).value());
        own_float::read_all(&self.word, at)
    }

    /// Which generation is counted in, for a read of many at once; odd while a reset is made.
    #[inline]
    pub(crate) fn generation(&self) -> u64 {
        // Acquire: as in `own_float::read_all`.
        self.word.load(Ordering::Acquire)
    }

    /// What was added until now is no part of the value any more.
    pub(crate) fn reset(&self) {
        let reset = || {
            let _one_at_a_time = RESETS.lock();
            own_float::reset(&self.word, |generation| {
                shards::shared_by_threads(self.cells.place()).for_each(|cell| _ = cell.swap(0, Ordering::Relaxed));
                self.publish(generation);
            });
        };
        if self.cells.is_shared() { shared::changing(reset) } else { reset() }
    }

    pub(crate) fn cells(&self) -> &Cells<Pair> {
        &self.cells
    }
}

/// What all threads added at a place in a generation, beside the step of a move.
#[inline]
fn sum_at(range: &Range<Pair>, generation: u64, step: Option<&'static Step>, has_moved: bool) -> Sum {
    let (folded, but) = folded(range, generation, step, has_moved);
    let own = slab::own_but(but).filter_map(|slab| slab.cells(range));
    with_shared(own.fold(folded, |sum, cells| sum.plus(own_float::read(cells, generation))), range)
}

/// What threads added that ended, and the number of a slab that counts no more.
#[inline]
fn folded(range: &Range<Pair>, generation: u64, step: Option<&'static Step>, has_moved: bool) -> (Sum, Option<usize>) {
    let folded = has_moved.then(|| slab::folded(range, 0, step)).flatten();
    let but = folded.as_ref().and_then(|folded| folded.moved);
    (folded.filter(|folded| own_float::is_of(folded.cells, generation)).map_or(Sum::default(), |folded| folded.sum), but)
}

/// With what threads added together.
#[inline]
fn with_shared(sum: Sum, range: &Range<Pair>) -> Sum {
    let cells = shards::shared_by_threads(range.place());
    cells.fold(sum, |sum, cell| sum.plus(f64::from_bits(cell.load(Ordering::Relaxed))))
}

/// The bits of floats at these places, at most [`COLUMN`], each of a generation that is even: what [`Floats::get`] gives, unless
/// the generation is another behind this. Slab by slab, as `integers` does.
pub(crate) fn floats(places: &[u32], generations: &[u64], values: &mut [u64]) {
    let (mut generations, mut values) = (generations, values);
    let chunk = |place: &u32| Place::of_bits(*place).chunk();
    for places in places.chunk_by(|one, other| chunk(one) == chunk(other)) {
        let (Some((generation, others)), Some((value, rest))) =
            (generations.split_at_checked(places.len()), values.split_at_mut_checked(places.len()))
        else {
            return;
        };
        in_one_chunk(places, generation, value);
        (generations, values) = (others, rest);
    }
}

fn in_one_chunk(places: &[u32], generations: &[u64], values: &mut [u64]) {
    let Some(chunk) = places.first().map(|place| Place::of_bits(*place)) else { return };
    let all = || places.iter().zip(generations).map(|(place, generation)| (Range::at(Place::of_bits(*place), Pair), *generation));
    let mut sums = [Sum::default(); COLUMN];
    slab::whole(chunk, |step, has_moved| {
        if step.is_some() {
            sums.iter_mut().zip(all()).for_each(|(sum, (range, generation))| *sum = sum_at(&range, generation, step, has_moved));
            return;
        }
        for (sum, (range, generation)) in sums.iter_mut().zip(all()) {
            *sum = folded(&range, generation, None, has_moved).0;
        }
        for cells in slab::own().filter_map(|slab| slab.whole(chunk.chunk())) {
            for (sum, (range, generation)) in sums.iter_mut().zip(all()) {
                let offset = range.place().offset() as usize;
                if let Some(cells) = cells.get(offset..offset + 2) {
                    *sum = sum.plus(own_float::read(cells, generation));
                }
            }
        }
        sums.iter_mut().zip(all()).for_each(|(sum, (range, _))| *sum = with_shared(*sum, &range));
    });
    values.iter_mut().zip(sums).for_each(|(value, sum)| *value = sum.value().to_bits());
}

/// Adds to a cell that threads share.
fn add_together(cell: &AtomicU64, amount: f64) {
    let _ = cell.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bits| Some(own_float::plus(bits, amount)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_floats_are_what_each_has() {
        let all: Vec<Floats> = (0..1_500).map(|_| Floats::new()).collect();
        // More than have a slab.
        crate::tests::at_once(70, |thread| all.iter().enumerate().for_each(|(at, one)| one.add((thread * at) as f64 * 0.1)));
        let check = |all: &[&Floats]| {
            for some in all.chunks(COLUMN) {
                let places: Vec<u32> = some.iter().map(|one| one.cells.column()).collect();
                let generations: Vec<u64> = some.iter().map(|one| one.generation()).collect();
                let mut values = vec![7; some.len()];
                floats(&places, &generations, &mut values);
                some.iter().zip(values).for_each(|(one, value)| assert_eq!(f64::from_bits(value), one.get()));
            }
        };
        let rows: Vec<&Floats> = all.iter().collect();
        assert_eq!(rows[10].get(), (0..70).map(f64::from).sum::<f64>());
        check(&rows);
        crate::cell::local::fold_ended();
        check(&rows.iter().rev().copied().collect::<Vec<_>>());
        all.iter().step_by(3).for_each(Floats::reset);
        check(&rows);
        all.iter().step_by(2).for_each(|one| one.add(0.5));
        check(&rows);
        assert_eq!((rows[6].get(), rows[3].get()), (0.5, 0.0));
    }
}
