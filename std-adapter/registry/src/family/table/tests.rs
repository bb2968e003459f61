//! Series come and go, and the index with them.

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
    assert_eq!(table.retain(0..table.place_count(), |found| found.cell.0 % 2 == 1, |removed| assert!(removed.0 % 2 == 0), &rehash), 500);
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
