//! Which slabs a read visits: never fewer than those in which a thread counted whose counts it may see.

#[path = "../../std-adapter/registry/src/cell/local/used.rs"]
mod used;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};

use super::epoch::record::{Record, Records};
use super::{Met, bounded, start};
use used::Used;

/// Two slabs of one cell, and the records that say who has them.
struct Model {
    used: Used,
    cells: [AtomicU64; 2],
    records: [&'static Record; 2],
}

impl Model {
    fn new() -> Arc<Self> {
        let records = Records::new();
        Arc::new(Self { used: Used::new(), cells: [0; 2].map(AtomicU64::new), records: [2, 4].map(|owner| records.claim(owner)) })
    }

    /// A thread takes the slab and counts; it goes on to live.
    fn count(&self, slab: usize) {
        assert!(self.records[slab].lease());
        self.used.begin(slab);
        self.cells[slab].store(1, Ordering::Relaxed);
    }

    /// A page empties the slab, if no thread has it.
    fn empty(&self, slab: usize) {
        if self.records[slab].visit() {
            self.cells[slab].store(0, Ordering::Relaxed);
            self.used.end(slab);
            self.records[slab].end_lease();
        }
    }

    fn read(&self) -> u64 {
        self.cells.iter().take(self.used.count()).map(|cell| cell.load(Ordering::Relaxed)).sum()
    }
}

/// A page empties the last slab while a thread takes the one in front of it.
#[test]
fn count_of_a_thread_that_comes_beside_a_page_is_read() {
    static EMPTIED: Met = Met::that("the page emptied the last slab");
    bounded(3, || {
        let model = Model::new();
        model.used.begin(1);
        let page = start(&model, |model| model.empty(1));
        let thread = start(&model, |model| model.count(0));
        let emptied = page.join().is_ok() && model.used.count() < 2;
        thread.join().unwrap();
        EMPTIED.note(emptied);
        assert_eq!((model.read(), model.used.count()), (1, 1));
    });
    EMPTIED.demand();
}

/// Two threads take slabs while a page empties one.
#[test]
fn counts_of_two_threads_beside_a_page_are_read() {
    bounded(3, || {
        let model = Model::new();
        let first = start(&model, |model| model.count(0));
        let page = start(&model, |model| model.used.end(1));
        first.join().unwrap();
        // What it counted is known to this thread, and so has to be found.
        assert_eq!(model.read(), 1);
        page.join().unwrap();
        assert_eq!(model.read(), 1);
    });
}
