//! Moving what threads counted that ended into cells that all reads add, so that a read does not visit their slabs for ever.
//!
//! A thread that ended writes no more, and while its counts are moved no other thread may have its slab: who moves is the only
//! writer of both sides. It moves a few cells at a time, one *step*. A step is written down first: which cells of which slab, and
//! what they and the cells they are moved into are together. Then the count of the chunk becomes odd, both sides are changed, and
//! the count becomes even again. A reader that finds it odd takes what is written down in place of both sides. It begins again if
//! the count is another behind its read. No update and no read waits for any of this: a read in a signal handler that interrupted
//! a step finds all of it. Checked with loom.

use crate::atomic::{AtomicU64, Mutex, Ordering, fence, yield_now};
use crate::cell::total::Sum;

/// Whether counts are being moved in a chunk.
pub(super) struct Moving {
    /// Twice how many steps were made; odd during one.
    count: AtomicU64,
    /// Held for each step, and by others that write to cells of threads that ended.
    turn: Mutex<()>,
}

/// So many cells are moved in one step at most: the longest range behind a step that is not full.
pub(super) const CAPACITY: usize = if cfg!(loom) { 5 } else { 1_536 };

/// The step that is made, in whichever chunk.
pub(super) struct Step {
    /// The number of the slab whose cells are moved, and the offset of the first.
    slab: AtomicU64,
    start: AtomicU64,
    len: AtomicU64,
    /// What is in both sides together.
    sums: [AtomicU64; CAPACITY],
    /// As the notes of a chunk: the length of a range at its first cell, and what its sum leaves at the second. Zero elsewhere.
    notes: [AtomicU64; CAPACITY],
}

/// How often a reader begins again before it makes way.
const TRIES: u32 = 8;

impl Moving {
    #[cfg(not(loom))]
    pub(super) const fn new() -> Self {
        Self { count: AtomicU64::new(0), turn: Mutex::new(()) }
    }

    #[cfg(loom)]
    pub(super) fn new() -> Self {
        Self { count: AtomicU64::new(0), turn: Mutex::new(()) }
    }

    /// What `read` finds in a moment in which no count changes its side. It is given the step, if one is being made, and told
    /// whether anything was ever moved.
    #[inline]
    pub(super) fn whole<'a, T>(&self, step: &'a Step, mut read: impl FnMut(Option<&'a Step>, bool) -> T) -> T {
        let mut tries = 0;
        loop {
            // Acquire: pairs with the releases of `change`: what is written down is seen, or all of the steps before.
            let before = self.count.load(Ordering::Acquire);
            let found = read(Some(step).filter(|_| !before.is_multiple_of(2)), before != 0);
            // What was loaded is older than the count that is loaded now: if any of it was stored by a step, or by the next owner of
            // a slab that was moved (`settle`), or written down for the next step, the count is another.
            fence(Ordering::Acquire);
            if self.count.load(Ordering::Relaxed) == before {
                return found;
            }
            tries += 1;
            if tries > TRIES {
                yield_now();
            }
        }
    }

    /// Makes a step that is written down, of cells `own` of a slab into others: `change` stores to both. Under [`without`](Self::without).
    fn change(&self, change: impl FnOnce()) {
        let even = self.count.load(Ordering::Relaxed);
        // Release: a reader that finds the count odd sees what is written down.
        self.count.store(even.wrapping_add(1), Ordering::Release);
        // A reader that sees anything of the change sees the odd count, too.
        fence(Ordering::Release);
        change();
        // Release: a reader that finds the count even sees all of the change.
        self.count.store(even.wrapping_add(2), Ordering::Release);
    }

    /// While it runs nothing is moved by another thread. For what writes to cells of threads that ended.
    pub(super) fn without<T>(&self, write: impl FnOnce() -> T) -> T {
        let _turn = self.turn.lock();
        write()
    }
}

impl Step {
    #[cfg(not(loom))]
    pub(super) const fn new() -> Self {
        let [slab, start, len] = [const { AtomicU64::new(0) }; 3];
        Self { slab, start, len, sums: [const { AtomicU64::new(0) }; CAPACITY], notes: [const { AtomicU64::new(0) }; CAPACITY] }
    }

    #[cfg(loom)]
    pub(super) fn new() -> Self {
        let [slab, start, len] = [0; 3].map(AtomicU64::new);
        let cells = || std::array::from_fn(|_| AtomicU64::new(0));
        Self { slab, start, len, sums: cells(), notes: cells() }
    }

    /// The number of the slab, if cells of it from an offset on are moved: what it has of them does not count.
    #[inline]
    pub(super) fn slab_of(&self, offset: usize) -> Option<usize> {
        self.at(offset, 1).map(|_| self.slab.load(Ordering::Relaxed) as usize)
    }

    /// What takes the place of so many cells from an offset on, if those are moved; and what the sum among them leaves.
    #[inline]
    pub(super) fn cells(&self, offset: usize, len: usize) -> Option<(&[AtomicU64], f64)> {
        let at = self.at(offset, len)?;
        Some((self.sums.get(at..at + len)?, self.notes.get(at + 1).map_or(0.0, float)))
    }

    /// Where cells are in it, if all of them are. A range of which it has a part was taken behind its beginning, and is zero.
    fn at(&self, offset: usize, len: usize) -> Option<usize> {
        let at = offset.checked_sub(self.start.load(Ordering::Relaxed) as usize)?;
        (at + len <= self.len.load(Ordering::Relaxed) as usize).then_some(at)
    }
}

/// What is moved: the cells of a chunk of one slab, and where to. Where there are ranges of several cells, `notes` has the length of
/// each at its first cell, and what its sum leaves at the second.
pub(super) struct Sides<'a> {
    pub(super) slab: usize,
    pub(super) own: &'a [AtomicU64],
    pub(super) into: &'a [AtomicU64],
    pub(super) notes: Option<&'a [AtomicU64]>,
}

impl Sides<'_> {
    /// Makes one step of at least `len` cells from an offset on, less at the end; the offset behind it.
    pub(super) fn step(&self, moving: &Moving, step: &Step, start: usize, len: usize) -> usize {
        moving.without(|| {
            // A reader that sees anything of what is written down now sees the count behind the step before, too.
            fence(Ordering::Release);
            let most = self.own.len().min(start + len);
            let (mut end, mut has_any) = (start, false);
            while end < most {
                let len = self.length(end, most);
                has_any |= self.write_down(step, start, end..end + len);
                end += len;
            }
            step.slab.store(self.slab as u64, Ordering::Relaxed);
            step.start.store(start as u64, Ordering::Relaxed);
            step.len.store((end - start) as u64, Ordering::Relaxed);
            if has_any {
                moving.change(|| self.make(step, start, end));
            }
            end
        })
    }

    /// How many cells go together from an offset on: a range, or all integers where there is nothing else. A length that is noted only
    /// now is that of cells that the slab never counted in.
    fn length(&self, start: usize, most: usize) -> usize {
        let Some(notes) = self.notes else { return most - start };
        notes.get(start).map_or(1, |note| note.load(Ordering::Relaxed) as usize).clamp(1, self.own.len() - start)
    }

    /// Writes the sums of both sides down, and how many cells these are; whether there is anything in the slab.
    fn write_down(&self, step: &Step, start: usize, cells: std::ops::Range<usize>) -> bool {
        let (at, len) = (cells.start - start, cells.len());
        let low = self.notes.and_then(|notes| notes.get(cells.start + 1)).filter(|_| len > 1);
        let written = step.notes.get(at..).unwrap_or(&[]);
        written.iter().take(len).for_each(zero);
        written.iter().take(1).filter(|_| len > 1).for_each(|first| first.store(len as u64, Ordering::Relaxed));
        // None of a range that is too long for the slabs, and so has nothing in them.
        let Some(sums) = step.sums.get(at..at + len) else { return false };
        let (Some(own), Some(into)) = (self.own.get(cells.clone()), self.into.get(cells)) else { return false };
        match (low, written.get(1)) {
            (Some(low), Some(new_low)) => range(own, into, low, sums, new_low),
            _ => integers(own, into, sums),
        }
    }

    /// Stores what is written down, and makes the cells of the slab zero. Lengths are those that are written down, too: others may be
    /// noted since.
    fn make(&self, step: &Step, start: usize, end: usize) {
        let mut first = start;
        while first < end {
            let at = first - start;
            let len = step.notes.get(at).map_or(1, |note| note.load(Ordering::Relaxed) as usize).max(1);
            let cells = first..first + len;
            first = cells.end;
            let sums = step.sums.get(at..at + len);
            let low = self.notes.and_then(|notes| notes.get(cells.start + 1)).filter(|_| len > 1);
            let (Some(own), Some(into), Some(sums)) = (self.own.get(cells.clone()), self.into.get(cells), sums) else { continue };
            into.iter().zip(sums).for_each(|(into, sum)| copy(sum, into));
            match (low, step.notes.get(at + 1)) {
                (Some(low), Some(new)) => {
                    copy(new, low);
                    counts(own).iter().for_each(zero);
                }
                _ => own.iter().for_each(zero),
            }
        }
    }
}

/// The cells of a range that are made zero, the sum first: not the sequence in front of it, and not the generation at the end.
fn counts(range: &[AtomicU64]) -> &[AtomicU64] {
    match range {
        [sum, _] => std::slice::from_ref(sum),
        [_, counts @ .., _] => counts,
        _ => &[],
    }
}

fn copy(from: &AtomicU64, to: &AtomicU64) {
    to.store(from.load(Ordering::Relaxed), Ordering::Relaxed);
}

fn zero(cell: &AtomicU64) {
    cell.store(0, Ordering::Relaxed);
}

/// Called by a thread that takes a slab over, behind the acquire that made it its own and before it counts in it. Release: a reader
/// that sees any of its counts sees the moves before, too.
pub(super) fn settle() {
    fence(Ordering::Release);
}

fn integers(own: &[AtomicU64], into: &[AtomicU64], sums: &[AtomicU64]) -> bool {
    let mut has_any = false;
    for ((own, into), sum) in own.iter().zip(into).zip(sums) {
        let count = own.load(Ordering::Relaxed);
        sum.store(into.load(Ordering::Relaxed).wrapping_add(count), Ordering::Relaxed);
        has_any |= count != 0;
    }
    has_any
}

/// Of which generation cells are that were being made zero when their thread was lost at a fork.
const NONE: u64 = u64::MAX;

/// The cells of a float (see `own_float`) or of observations (see `moment`). What is of an older generation than the other side is of
/// no value any more.
fn range(own: &[AtomicU64], into: &[AtomicU64], low: &AtomicU64, sums: &[AtomicU64], new_low: &AtomicU64) -> bool {
    let has_any = counts(own).iter().any(|count| count.load(Ordering::Relaxed) != 0);
    into.iter().zip(sums).for_each(|(into, sum)| copy(into, sum));
    copy(low, new_low);
    let (Some(own_generation), Some(generation)) = (own.last(), sums.last()) else { return false };
    let own_generation = own_generation.load(Ordering::Relaxed);
    let ahead = own_generation.wrapping_sub(generation.load(Ordering::Relaxed)) as i64;
    if own_generation == NONE || ahead < 0 || !has_any {
        return has_any;
    }
    if ahead > 0 {
        counts(sums).iter().chain([new_low]).for_each(zero);
        generation.store(own_generation, Ordering::Relaxed);
    }
    let mut both = counts(sums).iter().zip(counts(own));
    if let Some((sum, own)) = both.next() {
        let (high, rest) = Sum::of((float(sum), float(new_low))).plus(float(own)).parts();
        sum.store(high.to_bits(), Ordering::Relaxed);
        new_low.store(rest.to_bits(), Ordering::Relaxed);
    }
    both.for_each(|(sum, own)| sum.store(sum.load(Ordering::Relaxed).wrapping_add(own.load(Ordering::Relaxed)), Ordering::Relaxed));
    true
}

fn float(cell: &AtomicU64) -> f64 {
    f64::from_bits(cell.load(Ordering::Relaxed))
}

#[cfg(all(test, not(loom)))]
mod tests;
