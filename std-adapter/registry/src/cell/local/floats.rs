//! A float that all threads add to.

use picometer::{SeriesEncoder, Stop};

use super::chunks::Pair;
use super::space::Cells;
use super::{shards, single, slab};
use crate::atomic::{AtomicU64, Mutex, Ordering};
use crate::cell::total::Sum;
use crate::shared::{self, Tags};

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
            Some(cells) if single::add(cells, self.word.load(Ordering::Relaxed), amount) => {}
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
        if let Some(cells) = slab::enter(place).and_then(|slab| slab.cells(&self.cells.range())) {
            let generation = single::generation(self.word.load(Ordering::Relaxed));
            if !single::add(cells, generation, amount) {
                self.publish(generation);
                single::renew(cells, generation);
                single::add(cells, generation, amount);
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
        let place = self.cells.place();
        let range = self.cells.range();
        single::read_all(&self.word, |generation| {
            slab::whole(place, |step, has_moved| {
                let folded = has_moved.then(|| slab::folded(&range, 0, step)).flatten();
                let but = folded.as_ref().and_then(|folded| folded.moved);
                let folded = folded.filter(|folded| single::is_of(folded.cells, generation)).map_or(Sum::default(), |folded| folded.sum);
                let own = slab::own_but(but).filter_map(|slab| slab.cells(&range));
                let own = own.fold(folded, |sum, cells| sum.plus(single::read(cells, generation)));
                let shared = shards::shared_by_threads(place);
                shared.fold(own, |sum, cell| sum.plus(f64::from_bits(cell.load(Ordering::Relaxed)))).value()
            })
        })
    }

    /// What was added until now is no part of the value any more.
    pub(crate) fn reset(&self) {
        let reset = || {
            let _one_at_a_time = RESETS.lock();
            single::reset(&self.word, |generation| {
                shards::shared_by_threads(self.cells.place()).for_each(|cell| _ = cell.swap(0, Ordering::Relaxed));
                self.publish(generation);
            });
        };
        if self.cells.is_shared() { shared::changing(reset) } else { reset() }
    }

    /// Shows the cell whose number this is, and the `rest`.
    pub(crate) fn show(
        &self,
        tags: Tags,
        rest: impl FnOnce() -> u64,
        series: &mut SeriesEncoder<'_, '_>,
        show: impl FnOnce(&mut SeriesEncoder<'_, '_>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        self.cells.show(tags, rest, series, show)
    }

    /// The series was taken off the pages.
    pub(crate) fn removed(&self) {
        self.cells.removed();
    }

    /// The key that other processes know it by.
    pub(crate) fn key(&self) -> Option<u32> {
        self.cells.key()
    }
}

/// Adds to a cell that threads share.
fn add_together(cell: &AtomicU64, amount: f64) {
    let _ = cell.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bits| Some(single::plus(bits, amount)));
}
