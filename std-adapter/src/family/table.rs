//! The series of a family: found without a lock, listed in the order in which they came, and freed when nobody sees them any
//! more. The only `unsafe` of this crate.
//!
//! * `places` holds the series themselves, in chunks that never move. A place that was vacated is taken by the next series.
//! * `index` finds the place of a hash: open addressing over words of 32 bits of hash and a place. It is replaced by a larger
//!   one when it is half full, tombstones included.
//!
//! Writers take a mutex; readers take nothing. What a reader can still see is not freed, because removed series and replaced
//! indexes go to [`reclaim`], and readers are pinned.
#![allow(unsafe_code, reason = "series are shared by pointers that are freed when nobody looks")]

use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use crate::atomic::Mutex;
use crate::reclaim::{self, Guard};

/// The first chunk of places; each of the others is as large as all before it together, and this.
const FIRST: usize = 16;
const CHUNKS: usize = 28;

/// An index word: 32 bits of hash above a place, counted from [`PLACE`]; no place is no series.
const EMPTY: u64 = 0;
const REMOVED: u64 = 1;
const PLACE: u64 = 2;

type Index = Box<[AtomicU64]>;

pub(crate) struct Table<T> {
    index: AtomicPtr<Index>,
    places: [OnceLock<Box<[AtomicPtr<T>]>>; CHUNKS],
    /// How many places were ever taken.
    len: AtomicU32,
    /// How many series were ever made.
    made: AtomicU32,
    writer: Mutex<Writer>,
}

struct Writer {
    /// Places that were vacated.
    vacant: Vec<u32>,
    live: usize,
    /// Words of the index that are not empty.
    used: usize,
}

/// What a table holds.
pub(crate) trait Entry: Send + Sync + 'static {
    fn hash(&self) -> u32;

    /// It was taken out.
    fn removed(&self) {}
}

/// What became of a new series.
pub(crate) enum Inserted<'a, T> {
    /// It is there, or somebody else had made it before.
    Here(Pinned<'a, T>),
    /// There are as many as there may be.
    Full,
}

impl<T: Entry> Table<T> {
    pub(crate) fn new() -> Self {
        Self {
            index: AtomicPtr::new(Arc::into_raw(Arc::new(slots(8))).cast_mut()),
            places: [const { OnceLock::new() }; CHUNKS],
            len: AtomicU32::new(0),
            made: AtomicU32::new(0),
            writer: Mutex::new(Writer { vacant: Vec::new(), live: 0, used: 0 }),
        }
    }

    /// The entry of this hash that `is` knows.
    #[inline]
    pub(crate) fn get(&self, hash: u32, is: impl Fn(&T) -> bool) -> Option<Pinned<'_, T>> {
        let guard = reclaim::pin();
        let found = NonNull::from(self.find(hash, is, &guard)?.1);
        Some(Pinned { found, _guard: Some(guard), table: PhantomData })
    }

    /// Makes an entry, which is told how many were made before, unless there is one that `is` knows or there are `most` already.
    pub(crate) fn insert(&self, hash: u32, is: impl Fn(&T) -> bool, most: usize, make: impl FnOnce(u32) -> T) -> Inserted<'_, T> {
        let guard = reclaim::pin();
        let mut writer = self.writer.lock();
        let found = match self.find(hash, is, &guard) {
            Some((_, found)) => NonNull::from(found),
            None if writer.live >= most.min(PLACES) => return Inserted::Full,
            None => {
                let made = self.made.load(Ordering::Relaxed).wrapping_add(1);
                let entry = Arc::into_raw(Arc::new(make(made))).cast_mut();
                // Before it can be seen, so that nobody sees an entry that is younger than the last one made.
                self.made.store(made, Ordering::Release);
                if !self.publish(entry, hash, &mut writer, &guard) {
                    // SAFETY: it was made above, and nobody has seen it.
                    drop(unsafe { Arc::from_raw(entry) });
                    return Inserted::Full;
                }
                match NonNull::new(entry) {
                    Some(entry) => entry,
                    None => return Inserted::Full,
                }
            }
        };
        Inserted::Here(Pinned { found, _guard: Some(guard), table: PhantomData })
    }

    /// Takes away what `is` knows of this hash; whether it was there.
    pub(crate) fn remove(&self, hash: u32, is: impl Fn(&T) -> bool) -> bool {
        let guard = reclaim::pin();
        let mut writer = self.writer.lock();
        let Some((place, found)) = self.find(hash, is, &guard) else { return false };
        self.retire(place, found, &mut writer, &guard);
        true
    }

    /// Takes away every entry that `keep` does not want, and returns how many. `keep` runs without a lock, so that it may do what
    /// it wants with the table.
    pub(crate) fn retain(&self, mut keep: impl FnMut(&Arc<T>) -> bool) -> usize {
        let guard = reclaim::pin();
        let mut removed = 0;
        for place in 0..self.len.load(Ordering::Acquire) {
            let Some(entry) = self.at(place, &guard) else { continue };
            // SAFETY: the pointer came from an `Arc`, whose count the table does not give back while this is pinned; and it is
            // not given back here.
            let shared = std::mem::ManuallyDrop::new(unsafe { Arc::from_raw(std::ptr::from_ref(entry)) });
            if keep(&shared) {
                continue;
            }
            let mut writer = self.writer.lock();
            // Somebody else may have taken it away meanwhile.
            if self.at(place, &guard).is_some_and(|now| std::ptr::eq(now, entry)) {
                self.retire(place, entry, &mut writer, &guard);
                removed += 1;
            }
        }
        removed
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.writer.lock().live
    }

    /// How many entries were ever made; wraps around.
    pub(crate) fn made(&self) -> u32 {
        self.made.load(Ordering::Acquire)
    }

    /// Every place from `first` on, with its entry if it has one.
    pub(crate) fn places(&self, first: usize) -> Places<'_, T> {
        let next = u32::try_from(first).unwrap_or(u32::MAX);
        Places { table: self, guard: reclaim::pin(), next, end: self.len.load(Ordering::Acquire) }
    }

    fn find<'g>(&self, hash: u32, is: impl Fn(&T) -> bool, guard: &'g Guard) -> Option<(u32, &'g T)> {
        let words = self.words(guard);
        let mask = words.len() - 1;
        let mut at = hash as usize & mask;
        // Half of the words are empty, so this ends.
        loop {
            let word = words.get(at)?.load(Ordering::Acquire);
            if word == EMPTY {
                return None;
            }
            if (word >> 32) as u32 == hash && word as u32 >= PLACE as u32 {
                let place = (word as u32) - PLACE as u32;
                if let Some(entry) = self.at(place, guard).filter(|entry| is(entry)) {
                    return Some((place, entry));
                }
            }
            at = (at + 1) & mask;
        }
    }

    #[inline]
    fn words<'g>(&self, _: &'g Guard) -> &'g [AtomicU64] {
        // SAFETY: an index is set from the start, and dropped when no pinned reader can see it.
        unsafe { &*self.index.load(Ordering::Acquire) }
    }

    #[inline]
    fn at<'g>(&self, place: u32, _: &'g Guard) -> Option<&'g T> {
        // SAFETY: what is published is whole, and freed when no pinned reader can see it.
        unsafe { self.place(place)?.load(Ordering::Acquire).as_ref() }
    }

    #[inline]
    fn place(&self, place: u32) -> Option<&AtomicPtr<T>> {
        let (chunk, offset) = chunk_of(place);
        self.places.get(chunk)?.get()?.get(offset)
    }

    /// Gives an entry a place and a word of the index; whether there was one left.
    fn publish(&self, entry: *mut T, hash: u32, writer: &mut Writer, guard: &Guard) -> bool {
        let len = self.len.load(Ordering::Relaxed);
        let place = writer.vacant.pop().unwrap_or(len);
        let (chunk, offset) = chunk_of(place);
        let Some(chunk) =
            self.places.get(chunk).map(|slot| slot.get_or_init(|| (0..FIRST << chunk).map(|_| AtomicPtr::default()).collect()))
        else {
            return false;
        };
        let Some(slot) = chunk.get(offset) else { return false };
        slot.store(entry, Ordering::Release);
        self.len.store(len.max(place.saturating_add(1)), Ordering::Release);
        writer.live += 1;
        self.reserve(writer, guard);
        enter(self.words(guard), hash, place);
        writer.used += 1;
        true
    }

    /// Makes room for one more word in the index.
    fn reserve(&self, writer: &mut Writer, guard: &Guard) {
        let words = self.words(guard);
        if (writer.used + 1) * 2 <= words.len() {
            return;
        }
        // Twice what is alive, so that tombstones alone do not make it grow.
        let larger = slots((writer.live * 4).next_power_of_two().max(8));
        let mut used = 0;
        for word in words {
            let word = word.load(Ordering::Relaxed);
            if word as u32 >= PLACE as u32 {
                enter(&larger, (word >> 32) as u32, word as u32 - PLACE as u32);
                used += 1;
            }
        }
        writer.used = used;
        let old = self.index.swap(Arc::into_raw(Arc::new(larger)).cast_mut(), Ordering::AcqRel);
        // SAFETY: it came from an `Arc`, whose count the table held and gives up.
        reclaim::retire(unsafe { Arc::from_raw(old.cast_const()) }, true);
    }

    /// Takes an entry off its place and out of the index.
    fn retire(&self, place: u32, entry: &T, writer: &mut Writer, guard: &Guard) {
        let hash = entry.hash();
        {
            let words = self.words(guard);
            let mask = words.len() - 1;
            let mut at = hash as usize & mask;
            while let Some(word) = words.get(at) {
                match word.load(Ordering::Relaxed) {
                    EMPTY => break,
                    found if found == word_of(hash, place) => {
                        word.store(REMOVED, Ordering::Release);
                        break;
                    }
                    _ => at = (at + 1) & mask,
                }
            }
        }
        entry.removed();
        let Some(entry) = self.place(place).map(|slot| slot.swap(null_mut(), Ordering::AcqRel)) else { return };
        writer.vacant.push(place);
        writer.live -= 1;
        if !entry.is_null() {
            // SAFETY: it came from an `Arc`, whose count the table held and gives up.
            reclaim::retire(unsafe { Arc::from_raw(entry.cast_const()) }, false);
        }
    }
}

/// The largest place that all chunks together have, plus one.
// In two halves, because the sum before the subtraction is one more than 32 bits hold.
const PLACES: usize = (FIRST << (CHUNKS - 1)) - FIRST + (FIRST << (CHUNKS - 1));

fn slots(len: usize) -> Box<[AtomicU64]> {
    (0..len).map(|_| AtomicU64::new(EMPTY)).collect()
}

fn chunk_of(place: u32) -> (usize, usize) {
    let from_first = place as usize + FIRST;
    let chunk = (from_first.ilog2() - FIRST.ilog2()) as usize;
    (chunk, from_first - (FIRST << chunk))
}

fn word_of(hash: u32, place: u32) -> u64 {
    u64::from(hash) << 32 | (u64::from(place) + PLACE)
}

fn enter(words: &[AtomicU64], hash: u32, place: u32) {
    let mask = words.len() - 1;
    let mut at = hash as usize & mask;
    while let Some(word) = words.get(at) {
        if word.load(Ordering::Relaxed) == EMPTY {
            word.store(word_of(hash, place), Ordering::Release);
            return;
        }
        at = (at + 1) & mask;
    }
}

impl<T> Drop for Table<T> {
    fn drop(&mut self) {
        for chunk in self.places.iter().filter_map(OnceLock::get) {
            for entry in chunk.iter().map(|slot| slot.load(Ordering::Relaxed)).filter(|entry| !entry.is_null()) {
                // SAFETY: the count that the table held; nobody has a reference to the table, so no reader sees it.
                drop(unsafe { Arc::from_raw(entry) });
            }
        }
        // SAFETY: as above.
        drop(unsafe { Arc::from_raw(self.index.load(Ordering::Relaxed).cast_const()) });
    }
}

/// Places of a table, in order. What is removed meanwhile stays readable.
pub(crate) struct Places<'a, T> {
    table: &'a Table<T>,
    guard: Guard,
    next: u32,
    end: u32,
}

impl<T: Entry> Places<'_, T> {
    /// The next place; its entry if it has one.
    pub(crate) fn next(&mut self) -> Option<Option<&T>> {
        let place = self.next;
        if place >= self.end {
            return None;
        }
        self.next += 1;
        Some(self.table.at(place, &self.guard))
    }
}

/// An entry that is not freed while this is kept.
pub(crate) struct Pinned<'a, T> {
    found: NonNull<T>,
    /// None for an entry that its owner keeps as long as the table.
    _guard: Option<Guard>,
    table: PhantomData<&'a Table<T>>,
}

impl<'a, T> Pinned<'a, T> {
    /// An entry that lives as long as the table.
    pub(crate) fn lasting(entry: &'a Arc<T>) -> Self {
        Self { found: NonNull::from(&**entry), _guard: None, table: PhantomData }
    }

    /// The entry, kept for good.
    pub(crate) fn keep(&self) -> Arc<T> {
        let entry = self.found.as_ptr().cast_const();
        // SAFETY: it was made by an `Arc`; the count that the table holds is not given back while this is pinned.
        unsafe {
            Arc::increment_strong_count(entry);
            Arc::from_raw(entry)
        }
    }
}

impl<T> Deref for Pinned<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: it is pinned, or lives as long as the table that this borrows.
        unsafe { self.found.as_ref() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    struct Numbered(u32, Arc<AtomicUsize>);

    impl Entry for Numbered {
        fn hash(&self) -> u32 {
            // Many collide.
            self.0 % 7
        }
    }

    impl Drop for Numbered {
        fn drop(&mut self) {
            self.1.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn add(table: &Table<Numbered>, number: u32, alive: &Arc<AtomicUsize>) -> bool {
        let make = |_| {
            alive.fetch_add(1, Ordering::Relaxed);
            Numbered(number, alive.clone())
        };
        matches!(table.insert(number % 7, |entry| entry.0 == number, usize::MAX, make), Inserted::Here(_))
    }

    fn numbers(table: &Table<Numbered>) -> Vec<Option<u32>> {
        let mut places = table.places(0);
        std::iter::from_fn(|| places.next().map(|entry| entry.map(|entry| entry.0))).collect()
    }

    #[test]
    fn places_follow_each_other_without_gaps() {
        let mut before = (0, 15);
        assert_eq!(chunk_of(0), (0, 0));
        for place in 16..200_000 {
            let (chunk, offset) = chunk_of(place);
            assert!(offset < FIRST << chunk);
            assert!((chunk, offset) == (before.0, before.1 + 1) || (chunk, offset) == (before.0 + 1, 0));
            before = (chunk, offset);
        }
        assert!(chunk_of((PLACES - 1) as u32).0 == CHUNKS - 1);
    }

    #[test]
    fn what_is_removed_is_gone_and_its_place_is_taken_again() {
        let alive = Arc::new(AtomicUsize::new(0));
        let table = Table::new();
        for number in 0..1_000 {
            assert!(add(&table, number, &alive));
            assert!(add(&table, number, &alive), "it is there already");
        }
        assert_eq!((table.len(), table.made()), (1_000, 1_000));
        assert!(numbers(&table).into_iter().eq((0..1_000).map(Some)));
        let held = table.get(5, |entry| entry.0 == 12).unwrap();
        let kept = table.get(6, |entry| entry.0 == 13).unwrap().keep();
        assert_eq!(table.retain(|entry| entry.0 % 2 == 1), 500);
        assert!(!table.remove(4, |entry| entry.0 == 4) && table.remove(5, |entry| entry.0 == 5));
        assert!(table.get(5, |entry| entry.0 == 12).is_none() && table.get(0, |entry| entry.0 == 7).is_some());
        assert_eq!((held.0, table.len()), (12, 499));
        add(&table, 5_000, &alive);
        assert_eq!(numbers(&table)[5], Some(5_000));
        assert!(table.get(5_000 % 7, |entry| entry.0 == 5_000).is_some());
        drop(held);
        drop(table);
        assert_eq!(kept.0, 13);
        // What was removed is freed when the epoch moves on, here by the pins of others.
        while alive.load(Ordering::Relaxed) > 1 {
            reclaim::tidy();
        }
    }

    #[test]
    fn tombstones_do_not_make_it_grow() {
        let alive = Arc::new(AtomicUsize::new(0));
        let table = Table::new();
        for number in 0..10_000 {
            add(&table, number, &alive);
            assert!(table.remove(number % 7, |entry| entry.0 == number));
        }
        assert_eq!(table.len.load(Ordering::Relaxed), 1);
        let guard = reclaim::pin();
        assert!(table.words(&guard).len() <= 16);
    }

    #[test]
    fn several_threads_make_each_entry_once() {
        let alive = Arc::new(AtomicUsize::new(0));
        let table = Table::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for number in 0..2_000 {
                        add(&table, number, &alive);
                        if number % 3 == 0 {
                            table.remove(number % 7, |entry| entry.0 == number);
                        }
                        assert!(number % 3 == 0 || table.get(number % 7, |entry| entry.0 == number).is_some());
                    }
                });
            }
        });
        let mut left: Vec<u32> = numbers(&table).into_iter().flatten().collect();
        assert_eq!(left.len(), table.len());
        left.sort_unstable();
        left.dedup();
        assert_eq!(left.len(), table.len(), "no entry is there twice");
    }
}
