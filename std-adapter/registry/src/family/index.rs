//! Finds the series of a hash: open addressing over words that have the address of a series and, above it, bits of its hash; beside
//! the list of what is at each place.
//!
//! Addresses of 64 bits leave the upper 16 free, on all systems that give programs no more. Where they are in use, or an address has
//! fewer bits, words have nothing but addresses, and every series that is met is compared.
#![allow(unsafe_code, reason = "a series is shared by a pointer")]

use std::hint::select_unpredictable;
use std::ptr::{NonNull, null_mut, without_provenance_mut};

use super::node::{Found, Node};
use crate::atomic::{AtomicPtr, Ordering};

/// What is looked for.
pub(crate) trait Asked<C> {
    /// Whether this is it.
    fn is(&self, found: Found<'_, C>) -> bool;
}

/// A word is one of these, or the address of a series below bits of its hash. No series is at them.
const EMPTY: usize = 0;
const REMOVED: usize = 1;
const ADDRESS: usize = 2;

/// Which bits of a word are those of the hash.
#[cfg(target_pointer_width = "64")]
const TAG: usize = 0xffff << 48;
#[cfg(not(target_pointer_width = "64"))]
const TAG: usize = 0;

/// Knows not what its series are of, so that one index that is empty serves all tables as their first.
pub(super) struct Index {
    pub(super) words: Vec<AtomicPtr<Series>>,
    /// [`TAG`], or nothing where an address has such bits itself.
    tag: usize,
    pub(super) places: Vec<AtomicPtr<Series>>,
}

/// A `Node` of some cell; `Table` knows of which.
pub(super) enum Series {}

/// The index of tables that have no series: lookups find nothing in it.
pub(super) static NOTHING: Index = Index { words: Vec::new(), tag: TAG, places: Vec::new() };

/// How many of so many words may be taken.
pub(super) const fn capacity(words: usize) -> usize {
    words / 4 * 3
}

/// The bits of a hash that do not say where its word is, as far as there are as many.
#[inline(always)]
fn tag(hash: u32) -> usize {
    // Nothing is left of it where an address has no such bits.
    (u64::from(hash >> 16) << 48) as usize
}

impl Index {
    /// Of so many words, and at least so many places and one, for the same series as another one, and for this.
    pub(super) fn new<C>(words: usize, places: usize, before: &Self, node: NonNull<Node<C>>) -> Self {
        let places = capacity(words).max(places + 1);
        Self {
            words: (0..words).map(|_| AtomicPtr::new(null_mut())).collect(),
            tag: if before.takes(node) { before.tag } else { 0 },
            places: (0..places).map(|_| AtomicPtr::new(null_mut())).collect(),
        }
    }

    /// Whether the address of a series leaves the bits free that are those of the hash.
    pub(super) fn takes<C>(&self, node: NonNull<Node<C>>) -> bool {
        node.addr().get() & self.tag == 0
    }

    /// A series whose hash has the same upper bits, nearly always the right one; none where there is no such series, or others are
    /// in front of it.
    #[inline(always)]
    pub(super) fn candidate<C>(&self, hash: u32) -> Option<NonNull<Node<C>>> {
        // Without words, a place that no word is at.
        let mask = self.words.len().wrapping_sub(1);
        let tag = tag(hash) & self.tag;
        let mut at = hash as usize & mask;
        // A quarter of the words is empty, so this ends.
        loop {
            // Two at once: which of them it is cannot be foreseen, and a wrong guess takes longer than the second word.
            let next = (at + 1) & mask;
            let (word, after) = (self.words.get(at)?.load(Ordering::Acquire), self.words.get(next)?.load(Ordering::Acquire));
            let (first, second) = (word.wrapping_byte_sub(tag), after.wrapping_byte_sub(tag));
            let found = select_unpredictable(self.is_address(first), first, second);
            if self.is_address(found) {
                // SAFETY: an address is not 0.
                return Some(unsafe { NonNull::new_unchecked(found.cast()) });
            }
            if word.addr() == EMPTY || after.addr() == EMPTY {
                return None;
            }
            at = (next + 1) & mask;
        }
    }

    /// Whether a word less the bits of a hash is an address: any other bits are beyond all of those.
    #[inline(always)]
    fn is_address(&self, word: *mut Series) -> bool {
        word.addr().wrapping_sub(ADDRESS) <= !self.tag - ADDRESS
    }

    /// The series of this hash that is asked for.
    pub(super) fn find<C>(&self, hash: u32, asked: &impl Asked<C>) -> Option<NonNull<Node<C>>> {
        let mask = self.words.len().wrapping_sub(1);
        let tag = tag(hash) & self.tag;
        let mut at = hash as usize & mask;
        loop {
            // Pairs with the release in `enter`: a series that is found is whole.
            let word = self.words.get(at)?.load(Ordering::Acquire);
            let found = word.wrapping_byte_sub(tag);
            if self.is_address(found)
                && let Some(node) = NonNull::new(found.cast())
                // SAFETY: a thread that has the index is pinned, or has the mutex.
                && asked.is(unsafe { Found::new(node) })
            {
                return Some(node);
            }
            if word.addr() == EMPTY {
                return None;
            }
            at = (at + 1) & mask;
        }
    }

    /// The series at a place. What is published is whole, and freed when no pinned reader can see it.
    pub(super) fn at<C>(&self, place: u32) -> Option<NonNull<Node<C>>> {
        NonNull::new(self.places.get(place as usize)?.load(Ordering::Acquire).cast())
    }

    fn word<C>(&self, hash: u32, node: NonNull<Node<C>>) -> *mut Series {
        node.as_ptr().cast::<Series>().map_addr(|address| address | (tag(hash) & self.tag))
    }

    /// Gives a series that the index [takes](Self::takes) a word. For the owner of the mutex.
    pub(super) fn enter<C>(&self, hash: u32, node: NonNull<Node<C>>) {
        let mask = self.words.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        while let Some(word) = self.words.get(at) {
            if word.load(Ordering::Relaxed).addr() == EMPTY {
                // Release: pairs with the acquire of `candidate` and `find`, which then see the whole series.
                return word.store(self.word(hash, node), Ordering::Release);
            }
            at = (at + 1) & mask;
        }
    }

    /// Takes the word of a series away. For the owner of the mutex.
    pub(super) fn leave<C>(&self, hash: u32, node: NonNull<Node<C>>) {
        let mask = self.words.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        while let Some(word) = self.words.get(at) {
            match word.load(Ordering::Relaxed) {
                found if found.addr() == EMPTY => return,
                found if found == self.word(hash, node) => return word.store(without_provenance_mut(REMOVED), Ordering::Release),
                _ => at = (at + 1) & mask,
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::super::node::Held;
    use super::*;

    struct Number(u32);

    impl Asked<u32> for Number {
        fn is(&self, found: Found<'_, u32>) -> bool {
            found.cell == self.0
        }
    }

    #[test]
    fn series_are_found_with_and_without_bits_of_their_hash() {
        for bits in [TAG, 0] {
            // All begin at one word, and every second one has the same upper bits.
            let hash = |number: u32| (number % 2) << 16;
            let nodes: Vec<_> = (0..20).map(|number| Held::new(number, "", 0, None).into_raw()).collect();
            let index = Index { tag: bits, ..Index::new(32, 20, &NOTHING, nodes[0]) };
            assert!(index.candidate::<u32>(0).is_none() && index.find(0, &Number(0)).is_none());
            (0..).zip(&nodes).for_each(|(number, &node)| index.enter(hash(number), node));
            let find = |number| index.find(hash(number), &Number(number));
            assert!((0..).zip(&nodes).all(|(number, &node)| find(number) == Some(node)));
            let second = if bits == 0 { nodes[0] } else { nodes[1] };
            assert_eq!((index.candidate(hash(0)), index.candidate(hash(1))), (Some(nodes[0]), Some(second)));
            index.leave(hash(0), nodes[0]);
            assert_eq!((find(0), find(2), find(19)), (None, Some(nodes[2]), Some(nodes[19])));
            assert_eq!(index.candidate::<u32>(2 << 16), if bits == 0 { Some(nodes[1]) } else { None });
            // SAFETY: each came from `into_raw` and is given back once.
            nodes.into_iter().for_each(|node| drop(unsafe { Held::from_raw(node) }));
        }
    }

    #[test]
    fn address_with_upper_bits_makes_an_index_of_addresses() {
        let low = NonNull::<Node<u32>>::dangling();
        let high = low.map_addr(|address| address | (TAG & TAG.wrapping_neg()));
        let (tagged, plain) = (Index::new(8, 0, &NOTHING, low), Index::new(8, 0, &NOTHING, high));
        assert_eq!((tagged.tag, plain.tag, Index::new(8, 0, &plain, low).tag), (TAG, 0, 0));
        assert!(tagged.takes(low) && plain.takes(high) && tagged.takes(high) == (TAG == 0));
    }
}
