//! Finds the place of a hash: open addressing over words of a place and as many bits of the hash as are left, beside the list of
//! what is at each place.
#![allow(unsafe_code, reason = "what is at a place is shared by a pointer")]

use std::hint::select_unpredictable;
use std::ptr::{NonNull, null_mut};

use super::node::{Found, Node};
use crate::atomic::{AtomicPtr, AtomicU32, Ordering};

/// What is looked for.
pub(crate) trait Asked<C> {
    /// Whether this is it.
    fn is(&self, found: Found<'_, C>) -> bool;
}

/// An index word is one of these, or a place, counted from [`PLACE`], below the upper bits of a hash.
const EMPTY: u32 = 0;
const REMOVED: u32 = 1;
const PLACE: u32 = 2;

/// Knows not what its series are of, so that one index that is empty serves all tables as their first.
pub(super) struct Index {
    pub(super) words: Vec<AtomicU32>,
    /// Which bits of a word are its place.
    place: u32,
    pub(super) places: Vec<AtomicPtr<Series>>,
}

/// A `Node` of some cell; `Table` knows of which.
pub(super) enum Series {}

/// The index of tables that have no series: lookups find nothing in it.
pub(super) static NOTHING: Index = Index { words: Vec::new(), place: 0, places: Vec::new() };

/// How many of so many words may be taken.
pub(super) const fn capacity(words: usize) -> usize {
    words / 4 * 3
}

impl Index {
    /// Of so many words, and at least so many places and one.
    pub(super) fn new(words: usize, places: usize) -> Self {
        let places = capacity(words).max(places + 1);
        let place = (places + PLACE as usize).next_power_of_two() as u32 - 1;
        Self {
            words: (0..words).map(|_| AtomicU32::new(EMPTY)).collect(),
            place,
            places: (0..places).map(|_| AtomicPtr::new(null_mut())).collect(),
        }
    }

    /// A series whose hash has the same upper bits, nearly always the right one; nothing in place of it where it was just taken
    /// away. None where there is no such series.
    #[inline(always)]
    pub(super) fn candidate<C>(&self, hash: u32) -> Option<Option<NonNull<Node<C>>>> {
        // Without words, a place that no word is at.
        let mask = self.words.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        // A quarter of the words is empty, so this ends.
        loop {
            // Two at once: which of them it is nobody can foresee, and a wrong guess takes longer than the second word.
            let next = (at + 1) & mask;
            let (word, after) = (self.words.get(at)?.load(Ordering::Acquire), self.words.get(next)?.load(Ordering::Acquire));
            let (first, second) = (self.place_of(word, hash), self.place_of(after, hash));
            if let Some(slot) = self.places.get(select_unpredictable(first < self.places.len(), first, second)) {
                return Some(NonNull::new(slot.load(Ordering::Acquire).cast()));
            }
            if word == EMPTY || after == EMPTY {
                return None;
            }
            at = (next + 1) & mask;
        }
    }

    /// The series of this hash that is asked for, and its place.
    pub(super) fn find<C>(&self, hash: u32, asked: &impl Asked<C>) -> Option<(u32, NonNull<Node<C>>)> {
        let mask = self.words.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        loop {
            let word = self.words.get(at)?.load(Ordering::Acquire);
            if let Some(node) = self.places.get(self.place_of(word, hash)).and_then(|slot| NonNull::new(slot.load(Ordering::Acquire).cast()))
                // SAFETY: whoever has the index is pinned, or has the mutex.
                && asked.is(unsafe { Found::new(node) })
            {
                return Some(((word & self.place) - PLACE, node));
            }
            if word == EMPTY {
                return None;
            }
            at = (at + 1) & mask;
        }
    }

    /// The place of a word, if it has these upper bits of a hash: any other bits, and no place, are beyond all places.
    #[inline(always)]
    fn place_of(&self, word: u32, hash: u32) -> usize {
        (word ^ (hash & !self.place)).wrapping_sub(PLACE) as usize
    }

    /// The series at a place. What is published is whole, and freed when no pinned reader can see it.
    pub(super) fn at<C>(&self, place: u32) -> Option<NonNull<Node<C>>> {
        NonNull::new(self.places.get(place as usize)?.load(Ordering::Acquire).cast())
    }

    fn word(&self, hash: u32, place: u32) -> u32 {
        (hash & !self.place) | (place + PLACE)
    }

    pub(super) fn enter(&self, hash: u32, place: u32) {
        let mask = self.words.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        while let Some(word) = self.words.get(at) {
            if word.load(Ordering::Relaxed) == EMPTY {
                return word.store(self.word(hash, place), Ordering::Release);
            }
            at = (at + 1) & mask;
        }
    }

    pub(super) fn leave(&self, hash: u32, place: u32) {
        let mask = self.words.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        while let Some(word) = self.words.get(at) {
            match word.load(Ordering::Relaxed) {
                EMPTY => return,
                found if found == self.word(hash, place) => return word.store(REMOVED, Ordering::Release),
                _ => at = (at + 1) & mask,
            }
        }
    }
}
