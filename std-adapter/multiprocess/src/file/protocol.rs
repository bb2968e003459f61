//! How a worker changes its file while others read it: neither waits, and a reader never sees what was never so.
//!
//! What is new is written behind everything, and then said to be there: `used` is stored as a release. A cell is stored to in
//! place, whenever. What is left are keys that are taken away and written anew, because their cells are given to others then: a
//! reader must not show a series the counts of the next. So such changes are counted, before and behind: the count is odd while
//! one is made. A reader that saw the same even count before and behind everything has a file in which every key is of its
//! cells. Otherwise it reads everything two times more, takes the cells of the second time, and believes those keys
//! that were the same every time.
//!
//! A file is read in no order. Checked with loom, by `tests/loom`, with a reader that takes the worst.

use crate::atomic::{AtomicU64, Ordering, fence};

const REMOVED: u64 = 2;
const LIVE: u64 = 1;

/// The state of a key that is there for the so-manieth time.
pub(crate) fn live(generation: u64) -> u64 {
    generation << 2 | LIVE
}

/// Whether the series of a key is there.
pub(crate) fn is_live(state: u64) -> bool {
    state & 3 == LIVE
}

/// The state of the key that is written next in the place of one that was taken away.
pub(crate) fn next(state: u64) -> u64 {
    live((state >> 2).wrapping_add(1))
}

/// Says that so many bytes are written.
pub(crate) fn publish(used: &AtomicU64, end: u64) {
    // A reader that sees this end sees the entries in front of it.
    used.store(end, Ordering::Release);
}

/// Makes a change of keys, of which there is one at a time.
pub(crate) fn change(changes: &AtomicU64, make: impl FnOnce()) {
    /// Ends the change, also where `make` panics.
    struct Change<'a>(&'a AtomicU64, u64);

    impl Drop for Change<'_> {
        fn drop(&mut self) {
            self.0.store(self.1.wrapping_add(2), Ordering::Release);
            // A reader that sees anything of the next use of the cells, or of the next change, sees this number too.
            fence(Ordering::Release);
        }
    }

    let even = changes.load(Ordering::Relaxed);
    let _change = Change(changes, even);
    changes.store(even.wrapping_add(1), Ordering::Relaxed);
    make();
}

/// Takes the series of a key away; a part of a [`change`].
pub(crate) fn remove(state: &AtomicU64) {
    state.store(state.load(Ordering::Relaxed) & !3 | REMOVED, Ordering::Relaxed);
}

/// Writes a key in the place of one that was taken away; a part of a [`change`]. Its state, which is its second word, comes
/// last: a worker that is killed before leaves a key that is away.
pub(crate) fn write(words: &[AtomicU64], entry: &[u64]) {
    let ([head, state, words @ ..], [new_head, new_state, entry @ ..]) = (words, entry) else { return };
    head.store(*new_head, Ordering::Relaxed);
    words.iter().zip(entry).for_each(|(word, value)| word.store(*value, Ordering::Relaxed));
    state.store(*new_state, Ordering::Release);
}

/// What a reader saw of a file.
#[derive(Debug)]
pub(crate) struct Seen<T> {
    /// Cells and keys.
    pub(crate) all: T,
    /// Where keys changed meanwhile: what was seen before and behind. A key counts that is the same there.
    pub(crate) around: Option<(T, T)>,
}

/// Reads everything between two looks at the count of changes, or three times.
pub(crate) fn read<T, E>(mut changes: impl FnMut() -> Result<u64, E>, mut read: impl FnMut() -> Result<T, E>) -> Result<Seen<T>, E> {
    let before = changes()?;
    let first = behind(&mut read)?;
    if before.is_multiple_of(2) && behind(changes)? == before {
        return Ok(Seen { all: first, around: None });
    }
    let all = behind(&mut read)?;
    let last = behind(read)?;
    Ok(Seen { all, around: Some((first, last)) })
}

/// Looks for something that is not older than what was seen before.
pub(crate) fn behind<T>(look: impl FnOnce() -> T) -> T {
    fence(Ordering::Acquire);
    look()
}

/// How words that belong together are known to be whole. They are read twice, because nothing is read in an order: what is the same in
/// both looks was there between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// They are the same.
    Same,
    /// The first is a sequence, which is odd while the others are written.
    Sequence,
    /// The first is how many observations of several threads were begun, behind it are their sum and the counts: as many were counted
    /// as begun.
    Counted,
}

impl Rule {
    /// Whether words are whole that were the same in both looks.
    pub(crate) fn is_whole(self, mut words: impl Iterator<Item = u64>) -> bool {
        match self {
            Self::Same => true,
            Self::Sequence => words.next().is_none_or(|sequence| sequence.is_multiple_of(2)),
            Self::Counted => words.next().is_none_or(|begun| words.skip(1).fold(0_u64, u64::wrapping_add) == begun),
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn change_that_panics_is_over() {
        let changes = AtomicU64::new(4);
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            change(&changes, || {
                assert_eq!(changes.load(Ordering::Relaxed), 5);
                panic!("as it should");
            });
        }));
        assert!(result.is_err());
        change(&changes, || assert_eq!(changes.load(Ordering::Relaxed), 7));
        assert_eq!(changes.into_inner(), 8);
    }
}
