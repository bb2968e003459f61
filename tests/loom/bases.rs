//! Resets of counters: a read shows what was counted since the last one, never more.

#[path = "../../std-adapter/registry/src/cell/local/base.rs"]
mod base;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::{Met, bounded, start};

/// The cells of two threads, the base, and whether there is one.
struct Model {
    cells: [AtomicU64; 2],
    is_reset: AtomicBool,
    base: AtomicU64,
}

impl Model {
    fn new() -> Arc<Self> {
        Arc::new(Self { cells: [0; 2].map(AtomicU64::new), is_reset: AtomicBool::new(false), base: AtomicU64::new(0) })
    }

    fn inc(&self, thread: usize) {
        let cell = &self.cells[thread];
        cell.store(cell.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    fn raw(&self) -> u64 {
        self.cells.iter().map(|cell| cell.load(Ordering::Relaxed)).sum()
    }

    fn get(&self) -> u64 {
        let is_plain = || !self.is_reset.load(Ordering::Acquire);
        base::unless_reset(is_plain, || self.raw()).unwrap_or_else(|| self.get_since_reset())
    }

    fn get_since_reset(&self) -> u64 {
        base::since_reset(|| Some(&self.base), |base| self.raw().wrapping_sub(base))
    }

    fn reset(&self) {
        self.is_reset.fetch_or(true, Ordering::Release);
        base::reset(&self.base, || self.raw(), base::raised);
    }
}

#[test]
fn reads_beside_resets_show_no_more_than_was_counted() {
    static NONE: Met = Met::never();
    static ALL: Met = Met::never();
    bounded(3, || {
        let model = Model::new();
        let counter = start(&model, |model| {
            model.inc(0);
            model.reset();
            model.inc(0);
        });
        let other = start(&model, |model| {
            model.inc(1);
            model.reset();
        });
        let read = start(&model, |model| model.get_since_reset()).join().unwrap();
        assert!(read <= 2, "{read}: what came behind the reset was added to what came before");
        NONE.note(read == 0);
        ALL.note(read == 2);
        counter.join().unwrap();
        other.join().unwrap();
        assert!(model.get() <= 1, "the reset of the thread that counted first is lost");
        model.reset();
        assert_eq!(model.get(), 0);
    });
    NONE.demand("nothing was read");
    ALL.demand("both were read");
}

#[test]
fn read_beside_the_first_reset_shows_no_more_than_was_counted() {
    static BEFORE: Met = Met::never();
    static BEHIND: Met = Met::never();
    bounded(3, || {
        let model = Model::new();
        model.inc(1);
        let counter = start(&model, |model| {
            model.inc(0);
            model.reset();
            model.inc(0);
        });
        let read = model.get();
        assert!(read <= 2, "{read}: what came behind the reset was added to what came before");
        BEFORE.note(read == 2);
        BEHIND.note(read == 0);
        counter.join().unwrap();
        assert_eq!(model.get(), 1);
    });
    BEFORE.demand("it was read before the reset");
    BEHIND.demand("it was read behind the reset");
}
