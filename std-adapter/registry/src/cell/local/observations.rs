//! Observations of the histograms that a page comes to next, read in columns: slab by slab, many histograms at once.

use super::chunks::{Chunks, Place, Range};
use super::many::{self, Part};
use super::moment::HEAD;
use super::rows::{self, Rows};
use super::tally::{Column, LocalTally};
use super::{homes, own_float, shards, slab};
use crate::cell::total::Sum;

/// So many histograms at once.
pub(crate) const MOST: usize = 32;
/// So many cells of them in each slab.
const WORDS: usize = 512;
/// Cells between them are read with them, if there are not so many times as many.
const MOST_BETWEEN: usize = 3;

/// What was read of some histograms.
pub(crate) struct Observations {
    /// The sums of what all slabs have from the first cell of them to the last.
    words: [u64; WORDS],
    parts: [Part; MOST],
    columns: [Option<Column>; MOST],
}

impl Observations {
    pub(crate) fn new() -> Self {
        Self { words: [0; WORDS], parts: [Part::ALONE; MOST], columns: [None; MOST] }
    }

    /// Reads the first of these histograms, as many as are near each other, and returns how many. Some of them are to be read alone.
    pub(crate) fn read<'t>(&mut self, tallies: impl Iterator<Item = Option<&'t LocalTally>>) -> usize {
        let (mut count, mut taken) = (0, Taken { start: usize::MAX, end: 0, cells: 0, chunk: None });
        for (tally, column) in tallies.zip(&mut self.columns) {
            *column = tally.and_then(LocalTally::column).filter(|column| column.range.len() as usize <= WORDS);
            if let Some(column) = column {
                match taken.with(&column.range) {
                    Some(more) => taken = more,
                    None => break,
                }
            }
            count += 1;
        }
        self.parts.iter_mut().for_each(|part| *part = Part::ALONE);
        if let Some(chunk) = taken.chunk {
            self.read_chunk(chunk, taken.start..taken.end, count);
        }
        count
    }

    /// Reads the histograms of a chunk, between two of its cells.
    #[inline(never)]
    fn read_chunk(&mut self, chunk: usize, cells: std::ops::Range<usize>, count: usize) {
        let place = Place::start_of(chunk);
        let Self { words, parts, columns } = self;
        let (Some(words), Some(parts)) = (words.get_mut(..cells.len()), parts.get_mut(..count)) else { return };
        slab::whole(place, |step, has_moved| {
            let mut is_first = true;
            let mut add_all = |slabs: &mut dyn Iterator<Item = &'static Chunks>, parts: &mut [Part], words: &mut [u64]| {
                let mut rows = slabs.filter_map(|chunks| chunks.whole(chunk)?.get(cells.clone()));
                loop {
                    let some: Rows<'_> = std::array::from_fn(|_| rows.next());
                    many::add(&some, parts, words, is_first);
                    is_first = false;
                    if some.iter().any(Option::is_none) {
                        return;
                    }
                }
            };
            for (own, column) in parts.iter_mut().zip(&*columns) {
                // What is being moved is read alone.
                *own = column.filter(|_| step.is_none()).map_or(Part::ALONE, |column| part(&column, cells.start));
            }
            if step.is_some() {
                return;
            }
            add_all(&mut slab::own(), parts, words);
            let is_plain = homes::is_plain(place);
            if !is_plain {
                add_all(&mut shards::shards(), parts, words);
            }
            for (part, column) in parts.iter_mut().zip(&*columns) {
                let counts = words.get_mut(part.counts()).filter(|counts| !counts.is_empty());
                let (Some(column), Some(counts)) = (column, counts) else { continue };
                if has_moved {
                    part.sum = add_folded(column, part.sum, counts);
                }
                // Last, as where one is read alone.
                if !is_plain && let Some(together) = shards::together(&column.range) {
                    part.sum = part.sum.plus(together.read(counts));
                }
            }
        });
    }

    /// The counts and the sum of the histogram that came at this position, unless it is to be read alone: also if it was reset since.
    pub(crate) fn get(&self, at: usize, tally: &LocalTally) -> Option<(&[u64], f64)> {
        let (part, column) = (self.parts.get(at)?, self.columns.get(at)?.as_ref()?);
        let is_whole = part.is_whole() && tally.is_since(column.resets);
        let counts = self.words.get(part.counts()).filter(|_| is_whole)?;
        Some((counts, part.sum.value()))
    }
}

/// Where a row has the cells of a histogram that begins with this one of the chunk.
fn part(column: &Column, start: usize) -> Part {
    Part::new(column.range.place().offset() as usize - start, column.range.len() as usize, column.generation)
}

/// Adds what threads left that ended.
fn add_folded(column: &Column, sum: Sum, counts: &mut [u64]) -> Sum {
    let folded = slab::folded(&column.range, 1, None).filter(|folded| own_float::is_of(folded.cells, column.generation));
    let Some(folded) = folded else { return sum };
    let moved = folded.cells.get(HEAD as usize..).unwrap_or(&[]);
    counts.iter_mut().zip(moved).for_each(|(count, cell)| *count = rows::add(*count, [cell].into_iter()));
    let (high, low) = folded.sum.parts();
    sum.plus(high).plus(low)
}

/// Which cells of a chunk are to be read.
#[derive(Clone, Copy)]
struct Taken {
    start: usize,
    end: usize,
    /// Without those between.
    cells: usize,
    chunk: Option<usize>,
}

impl Taken {
    /// With a range more, if it is near enough.
    fn with(&self, range: &Range<u32>) -> Option<Self> {
        let (chunk, start) = (range.place().chunk(), range.place().offset() as usize);
        let len = range.len() as usize;
        let more = Self { start: self.start.min(start), end: self.end.max(start + len), cells: self.cells + len, chunk: Some(chunk) };
        let is_near = more.end - more.start <= WORDS.min(MOST_BETWEEN * more.cells);
        self.chunk.is_none_or(|known| known == chunk && is_near).then_some(more)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::tests::{at_once, turns};

    /// Reads histograms in this order, and shows each with what was read of it; how many were read by themselves.
    fn each(order: &[&LocalTally], mut see: impl FnMut(&LocalTally, &[u64], f64)) -> usize {
        let (mut observations, mut rest, mut alone) = (Observations::new(), order, 0);
        while !rest.is_empty() {
            let count = observations.read(rest.iter().map(|tally| Some(*tally)));
            assert!((1..=MOST).contains(&count));
            let (some, others) = rest.split_at(count);
            for (at, tally) in some.iter().enumerate() {
                match observations.get(at, tally) {
                    Some((counts, sum)) => see(tally, counts, sum),
                    None => alone += 1,
                }
            }
            rest = others;
        }
        alone
    }

    /// Whether each has what a read of it alone finds; how many were read by themselves.
    fn check(order: &[&LocalTally]) -> usize {
        each(order, |tally, counts, sum| {
            let mut expected = vec![0; counts.len()];
            let expected_sum = tally.read(&mut expected);
            assert_eq!((counts, sum), (&expected[..], expected_sum));
        })
    }

    #[test]
    fn columns_of_observations_are_what_each_has() {
        // Some with more cells than are read at once.
        let all: Vec<LocalTally> = (0..300).map(|at| LocalTally::new([12, 3, 1, 40, 600][at % 13 % 5])).collect();
        // More than have a slab.
        at_once(70, |thread| {
            all.iter().enumerate().for_each(|(at, tally)| tally.record((thread + at) % 3, (thread * at) as f64 * 0.1));
        });
        let rows: Vec<&LocalTally> = all.iter().collect();
        let back: Vec<&LocalTally> = rows.iter().rev().copied().collect();
        let far: Vec<&LocalTally> = (0..37).flat_map(|start| all.iter().skip(start).step_by(37)).collect();
        let check_all = || [&rows, &back, &far].map(|order| check(order));
        let long = (0..300).filter(|at| at % 13 % 5 == 4).count();
        assert_eq!(check_all(), [long; 3]);
        crate::cell::local::fold_ended();
        assert_eq!(check_all(), [long; 3]);
        // Cells of threads that did not observe since are of the generation before.
        all.iter().step_by(3).for_each(LocalTally::reset);
        check_all();
        all.iter().step_by(2).for_each(|tally| tally.record(0, 0.5));
        check_all();
    }

    #[test]
    fn columns_of_observations_under_way_are_whole_and_never_fall() {
        const TURNS: usize = turns(3_000) as usize;
        let all: Vec<LocalTally> = (0..20).map(|_| LocalTally::new(2)).collect();
        let order: Vec<&LocalTally> = all.iter().collect();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut last = vec![0; all.len()];
                while !done.load(Ordering::Acquire) {
                    each(&order, |tally, counts, sum| {
                        assert_eq!(sum, counts[0] as f64 + 1_000.0 * counts[1] as f64);
                        let at = all.iter().position(|one| std::ptr::eq(one, tally)).unwrap();
                        let now = counts[0] + counts[1];
                        assert!(now >= std::mem::replace(&mut last[at], now));
                    });
                }
            });
            at_once(6, |thread| {
                (0..TURNS).for_each(|turn| all[(turn / 7) % 20].record(thread % 2, [1.0, 1_000.0][thread % 2]));
            });
            done.store(true, Ordering::Release);
            reader.join().unwrap();
        });
        let mut total = 0;
        each(&order, |_, counts, _| total += counts[0] + counts[1]);
        assert_eq!(total, 6 * TURNS as u64);
    }

    #[test]
    fn histogram_that_is_reset_behind_a_read_is_read_again() {
        let tally = LocalTally::new(2);
        tally.record(1, 2.0);
        let mut observations = Observations::new();
        assert_eq!(observations.read([Some(&tally), None].into_iter()), 2);
        assert_eq!(observations.get(0, &tally), Some((&[0, 1][..], 2.0)));
        tally.reset();
        assert_eq!((observations.get(0, &tally), observations.get(1, &tally)), (None, None));
    }
}
