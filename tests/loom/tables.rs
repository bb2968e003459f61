//! Series that are looked up while others come and go: what was there before is found, whole, also while a larger index takes
//! the place of the one that is looked at. What is taken away is kept here for good; when it may be dropped is a model of its own.

use loom::cell::UnsafeCell;
use loom::sync::Arc;

use super::family::node::{Found, Held};
use super::family::table::{Asked, Inserted, Table};
use super::{Met, bounded, join, start};

/// A number in memory that loom watches.
struct Watched(UnsafeCell<u32>);

// What is checked: that it is not read before it was written.
#[allow(unsafe_code, reason = "shared between loom's threads on purpose")]
unsafe impl Sync for Watched {}
#[allow(unsafe_code, reason = "shared between loom's threads on purpose")]
unsafe impl Send for Watched {}

impl Watched {
    fn new(number: u32) -> Self {
        let watched = Self(UnsafeCell::new(0));
        // SAFETY: no other thread has it yet.
        #[allow(unsafe_code, reason = "the write that is checked")]
        watched.0.with_mut(|place| unsafe { *place = number });
        watched
    }

    fn get(&self) -> u32 {
        // SAFETY: loom panics where it is written meanwhile.
        #[allow(unsafe_code, reason = "the read that is checked")]
        self.0.with(|place| unsafe { *place })
    }
}

struct Number(u32);

impl Asked<Watched> for Number {
    fn is(&self, found: Found<'_, Watched>) -> bool {
        found.get().cell.get() == self.0
    }
}

/// All begin their search at the same word.
fn hash(number: u32) -> u32 {
    number << 16
}

fn insert(table: &Table<Watched>, number: u32) {
    let make = |born| Held::new(Watched::new(number), "", born, None);
    let inserted = table.insert(hash(number), &Number(number), usize::MAX, make, &|found| hash(found.cell.get()));
    assert!(matches!(inserted, Inserted::Here(_)));
}

fn is_there(table: &Table<Watched>, number: u32) -> bool {
    table.seen(hash(number), &Number(number)).or_else(|| table.get(hash(number), &Number(number))).is_some()
}

fn walk(table: &Table<Watched>) -> Vec<u32> {
    table.look().places(0, usize::MAX).flatten().map(|found| found.cell.get()).collect()
}

#[test]
fn everybody_is_found_while_the_index_grows() {
    static CAME: Met = Met::that("the one that came was found");
    static LATE: Met = Met::that("a look was before it");
    bounded(3, || {
        let table = Arc::new(Table::new());
        // As many as the first index takes.
        (1..=3).for_each(|number| insert(&table, number));
        let writer = start(&table, |table| insert(table, 4));
        let reader = start(&table, |table| {
            assert!(is_there(table, 1) && is_there(table, 3), "who was there before is found");
            let met = is_there(table, 4);
            CAME.note(met);
            LATE.note(!met);
        });
        join([writer, reader]);
        assert!((1..=4).all(|number| is_there(&table, number)));
        assert_eq!(walk(&table), [1, 2, 3, 4]);
    });
    Met::demand_all([&CAME, &LATE]);
}

#[test]
fn a_place_is_vacated_and_taken_again() {
    static OLD: Met = Met::that("a look was before the removal");
    static NEW: Met = Met::that("a walk met who took the place");
    bounded(3, || {
        let table = Arc::new(Table::new());
        (1..=2).for_each(|number| insert(&table, number));
        let writer = start(&table, |table| {
            assert!(table.remove(hash(1), &Number(1), |_| ()));
            insert(table, 5);
        });
        let reader = start(&table, |table| {
            OLD.note(is_there(table, 1));
            assert!(is_there(table, 2), "who stays is found");
            let walked = walk(table);
            assert!(matches!(walked[..], [1, 2] | [5, 2] | [2]), "{walked:?}");
            NEW.note(walked[0] == 5);
        });
        join([writer, reader]);
        assert!(!is_there(&table, 1) && is_there(&table, 2) && is_there(&table, 5));
    });
    Met::demand_all([&OLD, &NEW]);
}
