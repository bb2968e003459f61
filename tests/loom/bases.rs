//! Resets of counters: a read shows what was counted since the last one, never more.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};

use super::more::More;
use super::{Met, bounded, join, resets, start};

/// The cells of two threads and of those without a slab, the base, and whether reads look beyond the first two.
struct Model {
    cells: [AtomicU64; 2],
    shard: AtomicU64,
    more: More,
    base: AtomicU64,
}

impl Model {
    fn new() -> Arc<Self> {
        let [shard, base] = [0; 2].map(AtomicU64::new);
        Arc::new(Self { cells: [0; 2].map(AtomicU64::new), shard, more: More::new(), base })
    }

    fn inc(&self, thread: usize) {
        let cell = &self.cells[thread];
        cell.store(cell.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// Of a thread without a slab.
    fn inc_in_shard(&self) {
        self.more.begin(0);
        self.shard.fetch_add(1, Ordering::Relaxed);
    }

    fn own(&self) -> u64 {
        self.cells.iter().map(|cell| cell.load(Ordering::Relaxed)).sum()
    }

    fn raw(&self) -> u64 {
        self.own() + self.shard.load(Ordering::Relaxed)
    }

    fn get(&self) -> u64 {
        resets::unless_reset(|| self.more.is_plain(0), || self.own()).unwrap_or_else(|| self.get_since_reset())
    }

    fn get_since_reset(&self) -> u64 {
        resets::since_reset(|| Some(&self.base), |base| self.raw().wrapping_sub(base))
    }

    fn reset(&self) {
        self.more.begin(0);
        resets::reset(&self.base, || self.raw(), resets::raised);
    }
}

#[test]
fn reads_beside_resets_show_no_more_than_was_counted() {
    static NONE: Met = Met::that("nothing was read");
    static ALL: Met = Met::that("both were read");
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
        join([counter, other]);
        assert!(model.get() <= 1, "the reset of the thread that counted first is lost");
        model.reset();
        assert_eq!(model.get(), 0);
    });
    Met::demand_all([&NONE, &ALL]);
}

#[test]
fn read_beside_the_first_reset_shows_no_more_than_was_counted() {
    static BEFORE: Met = Met::that("it was read before the reset");
    static BEHIND: Met = Met::that("it was read behind the reset");
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
    Met::demand_all([&BEFORE, &BEHIND]);
}

/// What a thread without a slab counted is read by who knows of it, and by all reads behind one that saw it.
#[test]
fn count_of_a_thread_without_a_slab_is_read_from_then_on() {
    static NONE: Met = Met::that("nothing was read");
    static ONE: Met = Met::that("one of both was read");
    bounded(3, || {
        let model = Model::new();
        let counter = start(&model, |model| {
            model.inc_in_shard();
            // The thread that counts reads its own count.
            assert!(model.get() >= 1);
        });
        let other = start(&model, |model| model.inc(0));
        let reader = start(&model, |model| {
            let seen = model.get();
            assert!(model.get() >= seen, "a count fell");
            NONE.note(seen == 0);
            ONE.note(seen == 1);
        });
        counter.join().unwrap();
        assert!(model.get() >= 1, "a count that is known was not read");
        join([other, reader]);
        assert_eq!(model.get(), 2);
    });
    Met::demand_all([&NONE, &ONE]);
}
