//! The series of a family: found without a lock, listed in the order in which they came, and freed when no reader sees them any
//! more.
//!
//! An index finds the series of a hash: open addressing over words of an address and as many bits of the hash as are left; and a
//! list has the series of every place. Both are replaced by larger ones together, when three quarters of the words are taken,
//! tombstones included. A place that was vacated is taken by the next series.
//!
//! Writers take a mutex; readers take nothing. What a reader can still see is not freed, because removed series and replaced
//! indexes go to [`epoch`], and readers are pinned. A reader that still has an index that was replaced may miss a series that came since
//! then, and looks again under the mutex.
#![allow(unsafe_code, reason = "series are shared by pointers that are freed when no reader looks")]

use std::marker::PhantomData;
use std::ptr::{NonNull, null_mut};

pub(crate) use super::index::Asked;
use super::index::{Index, NOTHING, capacity};
use super::node::{Found, Held, Node};
pub(crate) use super::pinned::Pinned;
use crate::atomic::{AtomicPtr, AtomicU32, Mutex, MutexGuard, Ordering};
use crate::epoch::{self, Guard, Item};
use crate::shared::Making;

/// So many words has the first index; few in a model, so that it is soon replaced.
const FIRST: usize = if cfg!(loom) { 4 } else { 8 };

/// More places than that do not leave enough bits of the hash.
const MOST: usize = 1 << 28;

pub(crate) struct Table<C> {
    /// `NOTHING` until there is a series.
    index: AtomicPtr<Index>,
    /// How many places were ever taken.
    len: AtomicU32,
    /// How many series were ever made.
    made: AtomicU32,
    /// How many series there are.
    live: AtomicU32,
    writer: Mutex<Writer>,
    cells: PhantomData<C>,
}

struct Writer {
    /// Places that were vacated.
    vacant: Vec<u32>,
    /// Words of the index that are not empty.
    used: usize,
}

/// A thread that may look at the index: one that is pinned, or has the mutex, as long as it is not replaced.
trait Sees {}

impl Sees for Guard {}

/// The owner of the mutex.
struct Locked;
const LOCKED: Locked = Locked;

impl Sees for Locked {}

/// Finds the hash of a series again.
pub(crate) type Rehash<'a, C> = &'a dyn Fn(Found<'_, C>) -> u32;

/// What became of a new series.
pub(crate) enum Inserted<'a, C> {
    /// It is there, or another thread had made it before.
    Here(Pinned<'a, C>),
    /// There are as many as there may be.
    Full,
}

macro_rules! const_unless_loom {
    ($(#[$meta:meta])* $vis:vis fn $name:ident() -> Self $body:block) => {
        $(#[$meta])*
        #[cfg(not(loom))]
        $vis const fn $name() -> Self $body

        $(#[$meta])*
        #[cfg(loom)]
        $vis fn $name() -> Self $body
    };
}

impl<C: Send + Sync + 'static> Table<C> {
    // loom's atomics are made when the program runs.
    const_unless_loom! {
        /// A table without series, which takes no memory.
        pub(crate) fn new() -> Self {
            Self {
                index: AtomicPtr::new((&raw const NOTHING).cast_mut()),
                len: AtomicU32::new(0),
                made: AtomicU32::new(0),
                live: AtomicU32::new(0),
                writer: Mutex::new(Writer { vacant: Vec::new(), used: 0 }),
                cells: PhantomData,
            }
        }
    }

    /// The series of this hash that is asked for, if it is met at once, as nearly all are.
    #[inline(always)]
    pub(crate) fn seen(&self, hash: u32, asked: &impl Asked<C>) -> Option<Pinned<'_, C>> {
        let brief = epoch::Brief::begin()?;
        let node = self.index(brief.guard()).candidate(hash)?;
        // SAFETY: it is pinned.
        let is_it = asked.is(unsafe { Found::new(node) });
        // SAFETY: it is pinned, and freed by `retire` or with the table.
        is_it.then(|| unsafe { Pinned::new(Found::new(node), brief.guard()) })
    }

    /// The series of this hash that is asked for.
    #[inline(never)]
    pub(crate) fn get(&self, hash: u32, asked: &impl Asked<C>) -> Option<Pinned<'_, C>> {
        let guard = epoch::pin();
        let node = self.index(&guard).find(hash, asked)?;
        // SAFETY: it is pinned, and freed by `retire` or with the table.
        Some(unsafe { Pinned::new(Found::new(node), &guard) })
    }

    /// Makes a series, which is told how many were made before, unless there is one that is asked for or there are `most` already.
    pub(crate) fn insert(
        &self,
        hash: u32,
        asked: &impl Asked<C>,
        most: usize,
        make: impl FnOnce(u32) -> Held<C>,
        rehash: Rehash<'_, C>,
    ) -> Inserted<'_, C> {
        let mut ready = Vec::new();
        let (making, mut writer) = self.lock();
        let found = match self.find(hash, asked, &LOCKED) {
            Some(found) => found,
            None if self.len() >= most.min(MOST) => return Inserted::Full,
            None => {
                let made = self.made.load(Ordering::Relaxed).wrapping_add(1);
                let held = make(made);
                // Before it can be seen, so that no reader sees a series that is younger than the last one made.
                self.made.store(made, Ordering::Release);
                let node = held.into_raw();
                ready = self.publish(node, hash, &mut writer, rehash);
                node
            }
        };
        // Not before: what was replaced meanwhile is freed at once if no reader looks.
        // SAFETY: who has the mutex keeps it reachable; it is freed by `retire` or with the table.
        let here = Inserted::Here(unsafe { Pinned::new(Found::new(found), &epoch::pin()) });
        drop((writer, making));
        drop(ready);
        here
    }

    /// Takes away what is asked for, and shows it to `removed`; whether it was there.
    pub(crate) fn remove(&self, hash: u32, asked: &impl Asked<C>, removed: impl FnOnce(&C)) -> bool {
        let (making, mut writer) = self.lock();
        let Some(found) = self.find(hash, asked, &LOCKED) else { return false };
        // SAFETY: no other thread takes it away.
        removed(unsafe { &found.as_ref().cell });
        let ready = self.retire(found, hash, &mut writer);
        drop((writer, making));
        drop(ready);
        true
    }

    /// Takes away every series at these places that `keep` does not want, shows it to `removed`, and returns how many. `keep` runs
    /// without a lock, so that it may do what it wants with the table.
    pub(crate) fn retain(
        &self,
        places: impl Iterator<Item = u32>,
        mut keep: impl FnMut(Found<'_, C>) -> bool,
        removed: impl Fn(&C),
        rehash: Rehash<'_, C>,
    ) -> usize {
        let mut count = 0;
        self.visit(places, |place, found| {
            if keep(found) {
                return;
            }
            let (making, mut writer) = self.lock();
            // Another thread may have taken it away meanwhile. Its memory is not another's, because it is held.
            if self.index(&LOCKED).at(place) == Some(found.as_raw()) {
                removed(&found.cell);
                let ready = self.retire(found.as_raw(), rehash(found), &mut writer);
                count += 1;
                drop((writer, making));
                drop(ready);
            }
        });
        count
    }

    /// How many places there are, with a series or without.
    pub(crate) fn place_count(&self) -> u32 {
        self.len.load(Ordering::Acquire)
    }

    /// Shows every series at these places. `see` may do what it wants, for as long as it wants: the one that it is shown stays, and
    /// all others may be freed.
    pub(crate) fn visit(&self, places: impl Iterator<Item = u32>, mut see: impl FnMut(u32, Found<'_, C>)) {
        for place in places {
            let guard = epoch::pin();
            let Some(node) = self.index(&guard).at(place) else { continue };
            let hazard = guard.hold(node.addr().get());
            // Where the thread holds too much already, everything stays.
            let _guard = hazard.is_none().then_some(guard);
            // SAFETY: it was pinned, and is held or still pinned.
            see(place, unsafe { Found::new(node) });
        }
    }

    /// How many series there are.
    pub(crate) fn len(&self) -> usize {
        self.live.load(Ordering::Relaxed) as usize
    }

    /// How many series were ever made; wraps around.
    pub(crate) fn made(&self) -> u32 {
        self.made.load(Ordering::Acquire)
    }

    /// A look at every place. What is removed meanwhile stays readable.
    pub(crate) fn look(&self) -> Look<'_, C> {
        Look { table: self, guard: epoch::pin() }
    }

    /// The mutex, and behind it what keeps forks away from its owner.
    fn lock(&self) -> (Making, MutexGuard<'_, Writer>) {
        (Making::begin(), self.writer.lock())
    }

    fn find(&self, hash: u32, asked: &impl Asked<C>, by: &impl Sees) -> Option<NonNull<Node<C>>> {
        self.index(by).find(hash, asked)
    }

    #[inline]
    fn index<'g>(&'g self, _: &'g impl Sees) -> &'g Index {
        // SAFETY: an index is set from the start, the first being a static. The owner of the mutex replaces it, and it is dropped when
        // no pinned reader can see it.
        unsafe { &*self.index.load(Ordering::Acquire) }
    }

    /// Gives a series a place and a word of the index.
    fn publish(&self, node: NonNull<Node<C>>, hash: u32, writer: &mut Writer, rehash: Rehash<'_, C>) -> Vec<Item> {
        let len = self.len.load(Ordering::Relaxed);
        let place = writer.vacant.pop().unwrap_or(len);
        // SAFETY: no other thread has it yet.
        unsafe { node.as_ref() }.set_place(place);
        let ready = self.reserve(place, node, writer, rehash);
        let index = self.index(&LOCKED);
        if let Some(slot) = index.places.get(place as usize) {
            slot.store(node.as_ptr().cast(), Ordering::Release);
        }
        self.len.store(len.max(place + 1), Ordering::Release);
        index.enter(hash, node);
        self.live.fetch_add(1, Ordering::Relaxed);
        writer.used += 1;
        ready
    }

    /// Makes room for one more word in the index, of this series, and for this place.
    fn reserve(&self, place: u32, fresh: NonNull<Node<C>>, writer: &mut Writer, rehash: Rehash<'_, C>) -> Vec<Item> {
        let index = self.index(&LOCKED);
        if writer.used < capacity(index.words.len()) && (place as usize) < index.places.len() && index.takes(fresh) {
            return Vec::new();
        }
        // Twice what is alive, so that tombstones alone do not make it grow; and not so few that all places, of which there are as
        // many as there ever were series, are copied again and again.
        let len = ((self.len() + 1) * 2).max(index.places.len() / 8).next_power_of_two().max(FIRST);
        let larger = Index::new(len, place.max(self.len.load(Ordering::Relaxed)) as usize, index, fresh);
        writer.used = 0;
        for (slot, old) in larger.places.iter().zip(&index.places) {
            let node = old.load(Ordering::Relaxed);
            slot.store(node, Ordering::Relaxed);
            if let Some(node) = NonNull::new(node.cast()) {
                // SAFETY: no other thread takes it away.
                larger.enter(rehash(unsafe { Found::new(node) }), node);
                writer.used += 1;
            }
        }
        let old = self.index.swap(Box::into_raw(Box::new(larger)), Ordering::AcqRel);
        if is_nothing(old) {
            return Vec::new();
        }
        // SAFETY: it came from a `Box`, and the table has given it up.
        epoch::retire(Item::new(0, unsafe { Box::from_raw(old) }), true)
    }

    /// Takes a series of this hash off its place and out of the index.
    fn retire(&self, node: NonNull<Node<C>>, hash: u32, writer: &mut Writer) -> Vec<Item> {
        let index = self.index(&LOCKED);
        index.leave(hash, node);
        // SAFETY: the table has it until it gives it up here, under the mutex.
        let place = unsafe { node.as_ref() }.place();
        let slot = index.places.get(place as usize);
        let node = slot.and_then(|slot| NonNull::new(slot.swap(null_mut(), Ordering::AcqRel).cast::<Node<C>>()));
        writer.vacant.push(place);
        self.live.fetch_sub(1, Ordering::Relaxed);
        match node {
            Some(node) => {
                // SAFETY: it came from `into_raw`, and the table has given it up.
                let held = unsafe { Held::from_raw(node) };
                epoch::retire(Item::new(node.addr().get(), Box::new(held)), false)
            }
            None => Vec::new(),
        }
    }
}

/// Whether an index is the one that all tables begin with, which is a static.
fn is_nothing(index: *const Index) -> bool {
    std::ptr::eq(index, &raw const NOTHING)
}

impl<C> Drop for Table<C> {
    fn drop(&mut self) {
        if is_nothing(self.index.load(Ordering::Relaxed)) {
            return;
        }
        // SAFETY: it came from a `Box`; there is no reference to the table, so no reader sees it.
        let index = unsafe { Box::from_raw(self.index.load(Ordering::Relaxed)) };
        for node in index.places.iter().filter_map(|slot| NonNull::new(slot.load(Ordering::Relaxed).cast::<Node<C>>())) {
            // SAFETY: it came from `into_raw`; no reader sees it.
            drop(unsafe { Held::from_raw(node) });
        }
    }
}

/// A look at the places of a table.
pub(crate) struct Look<'a, C> {
    table: &'a Table<C>,
    guard: Guard,
}

impl<C: Send + Sync + 'static> Look<'_, C> {
    /// So many places from `first` on, in order, or as many as there are.
    pub(crate) fn places(&self, first: usize, count: usize) -> Places<'_, C> {
        // Before the index, which then has room for all of them.
        let len = self.table.len.load(Ordering::Acquire) as usize;
        let end = len.min(first.saturating_add(count));
        Places(self.table.index(&self.guard).places.get(first..end).unwrap_or(&[]).iter(), PhantomData)
    }
}

/// Each place: its series, if it has one.
pub(crate) struct Places<'a, C>(std::slice::Iter<'a, AtomicPtr<super::index::Series>>, PhantomData<C>);

impl<'a, C> Places<'a, C> {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.as_slice().len()
    }

    /// The series of the next ones, of which there are as many.
    #[inline]
    pub(super) fn read(&self, into: &mut [Option<Found<'a, C>>]) {
        into.iter_mut().zip(self.0.as_slice()).for_each(|(into, slot)| *into = Self::found(slot));
    }

    /// Passes over so many.
    pub(super) fn pass(&mut self, count: usize) {
        self.0 = self.0.as_slice().get(count..).unwrap_or(&[]).iter();
    }

    #[inline]
    fn found(slot: &'a AtomicPtr<super::index::Series>) -> Option<Found<'a, C>> {
        let node = NonNull::new(slot.load(Ordering::Acquire).cast());
        // SAFETY: what is published is whole; the look is pinned.
        node.map(|node| unsafe { Found::new(node) })
    }
}

impl<'a, C: 'a> Iterator for Places<'a, C> {
    type Item = Option<Found<'a, C>>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(Self::found)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::tests::turns;
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    /// A number that is its own hash, of which many collide.
    struct Numbered(u32, Arc<AtomicUsize>);

    impl Drop for Numbered {
        fn drop(&mut self) {
            self.1.fetch_sub(1, Ordering::Relaxed);
        }
    }

    struct Number(u32);

    impl Asked<Numbered> for Number {
        fn is(&self, found: Found<'_, Numbered>) -> bool {
            found.cell.0 == self.0
        }
    }

    fn hash(number: u32) -> u32 {
        (number % 7).wrapping_mul(0x9e37_79b9)
    }

    fn rehash(found: Found<'_, Numbered>) -> u32 {
        hash(found.cell.0)
    }

    fn add(table: &Table<Numbered>, number: u32, alive: &Arc<AtomicUsize>) -> bool {
        let make = |born| {
            alive.fetch_add(1, Ordering::Relaxed);
            Held::new(Numbered(number, alive.clone()), &number.to_string(), born, None)
        };
        matches!(table.insert(hash(number), &Number(number), usize::MAX, make, &rehash), Inserted::Here(_))
    }

    fn get(table: &Table<Numbered>, number: u32) -> Option<Pinned<'_, Numbered>> {
        let (hash, asked) = (hash(number), Number(number));
        table.seen(hash, &asked).or_else(|| table.get(hash, &asked))
    }

    fn remove(table: &Table<Numbered>, number: u32) -> bool {
        table.remove(hash(number), &Number(number), |removed| assert_eq!(removed.0, number))
    }

    fn numbers(table: &Table<Numbered>) -> Vec<Option<u32>> {
        table.look().places(0, usize::MAX).map(|found| found.map(|found| found.cell.0)).collect()
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
        assert!(table.look().places(990, usize::MAX).flatten().map(Found::key).eq((990..1_000).map(|number| number.to_string())));
        let held = get(&table, 12).unwrap();
        let kept = get(&table, 13).unwrap().found().keep();
        assert_eq!(
            table.retain(0..table.place_count(), |found| found.cell.0 % 2 == 1, |removed| assert!(removed.0 % 2 == 0), &rehash),
            500
        );
        assert!(!remove(&table, 4) && remove(&table, 5));
        assert!(get(&table, 12).is_none() && get(&table, 7).is_some());
        assert_eq!((held.cell.0, table.len()), (12, 499));
        add(&table, 5_000, &alive);
        assert_eq!(numbers(&table)[5], Some(5_000));
        assert!(get(&table, 5_000).is_some());
        drop(held);
        drop(table);
        assert_eq!((kept.cell.0, kept.found().key()), (13, "13"));
        // What was removed is freed when no thread has a guard.
        while alive.load(Ordering::Relaxed) > 1 {
            epoch::tidy();
        }
    }

    #[test]
    fn tombstones_do_not_make_it_grow() {
        let alive = Arc::new(AtomicUsize::new(0));
        let table = Table::new();
        for number in 0..turns(10_000) {
            add(&table, number, &alive);
            assert!(remove(&table, number));
        }
        assert_eq!(table.len.load(Ordering::Relaxed), 1);
        let guard = epoch::pin();
        let index = table.index(&guard);
        assert!(index.words.len() <= 16 && index.places.len() <= 16);
    }

    /// Asks the table that it was in when it is dropped.
    struct Asking(std::sync::Weak<Table<Asking>>, u32);

    impl Drop for Asking {
        fn drop(&mut self) {
            if let Some(table) = self.0.upgrade() {
                assert!(!table.remove(hash(self.1), &Self(std::sync::Weak::new(), self.1), |_| ()), "it is gone already");
            }
        }
    }

    impl Asked<Self> for Asking {
        fn is(&self, found: Found<'_, Self>) -> bool {
            found.cell.1 == self.1
        }
    }

    #[test]
    fn what_is_dropped_may_ask_the_table() {
        let table = Arc::new_cyclic(|_| Table::new());
        let asked = |number| Asking(std::sync::Weak::new(), number);
        let rehash = |found: Found<'_, Asking>| hash(found.cell.1);
        for round in 0..turns(5_000) {
            let make = |born| Held::new(Asking(Arc::downgrade(&table), round), "", born, None);
            assert!(matches!(table.insert(hash(round), &asked(round), usize::MAX, make, &rehash), Inserted::Here(_)));
            if round % 2 == 0 {
                assert!(table.remove(hash(round), &asked(round), |_| ()));
            }
        }
        assert_eq!(table.retain(0..table.place_count(), |_| false, |_| (), &rehash), turns(5_000) as usize / 2);
    }

    #[test]
    fn few_series_after_many_are_not_copied_all_the_time() {
        let alive = Arc::new(AtomicUsize::new(0));
        let table = Table::new();
        (0..turns(5_000)).for_each(|number| assert!(add(&table, number, &alive)));
        table.retain(0..table.place_count(), |found| found.cell.0 < 10, |_| (), &rehash);
        let mut indexes = std::collections::BTreeSet::new();
        for number in 0..turns(1_000) {
            assert!(add(&table, 100_000 + number, &alive) && remove(&table, 100_000 + number));
            indexes.insert(table.index.load(Ordering::Relaxed));
        }
        assert!(indexes.len() < 5, "{} indexes", indexes.len());
    }

    #[test]
    fn an_index_that_shrinks_has_room_for_every_place() {
        const MANY: u32 = turns(3_000);
        const LEFT: u32 = MANY - 10;
        let alive = Arc::new(AtomicUsize::new(0));
        let table = Table::new();
        (0..MANY).for_each(|number| assert!(add(&table, number, &alive)));
        table.retain(0..table.place_count(), |found| found.cell.0 >= LEFT, |_| (), &rehash);
        for round in 0..MANY {
            assert!(add(&table, 10_000 + round, &alive));
            assert!(remove(&table, 10_000 + round));
            assert!((LEFT..MANY).all(|number| get(&table, number).is_some()), "places above what the index has words");
        }
        let more = 20_000..20_000 + turns(10_000);
        more.clone().for_each(|number| assert!(add(&table, number, &alive)));
        assert!(more.chain(LEFT..MANY).all(|number| get(&table, number).is_some_and(|found| found.cell.0 == number)));
        assert_eq!(table.len(), turns(10_000) as usize + 10);
    }

    #[test]
    fn several_threads_make_each_series_once() {
        let alive = Arc::new(AtomicUsize::new(0));
        let table = Table::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for number in 0..turns(2_000) {
                        add(&table, number, &alive);
                        if number % 3 == 0 {
                            remove(&table, number);
                        }
                        assert!(number % 3 == 0 || get(&table, number).is_some());
                    }
                });
            }
        });
        let mut left: Vec<u32> = numbers(&table).into_iter().flatten().collect();
        assert_eq!(left.len(), table.len());
        left.sort_unstable();
        left.dedup();
        assert_eq!(left.len(), table.len(), "no series is there twice");
    }
}
