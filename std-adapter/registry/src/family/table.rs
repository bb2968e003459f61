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
            // Pairs with the load in `Places`: a series that is met is whole.
            slot.store(node.as_ptr().cast(), Ordering::Release);
        }
        // Pairs with the load in `Look::places`, which then finds an index with that many places.
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
        // Pairs with the load in `index`: a thread that has the new one sees all words and places in it.
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
mod tests;
