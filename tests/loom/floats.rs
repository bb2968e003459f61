//! Floats that begin again at a reset: a read shows what was added since the last one, never more and never a part of it.

#[path = "../../std-adapter/registry/src/cell/local/own_float.rs"]
mod own_float;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};

use super::{Met, bounded, join, start};

/// The cells of a thread, a cell that threads share, and the word.
struct Model {
    own: [AtomicU64; 2],
    shared: AtomicU64,
    word: AtomicU64,
}

impl Model {
    fn new() -> Arc<Self> {
        Arc::new(Self { own: [0; 2].map(AtomicU64::new), shared: AtomicU64::new(0), word: AtomicU64::new(0) })
    }

    /// As a thread with cells of its own.
    fn add(&self, amount: f64) {
        if own_float::add(&self.own, self.word.load(Ordering::Relaxed), amount) {
            return;
        }
        let generation = own_float::generation(self.word.load(Ordering::Relaxed));
        if !own_float::add(&self.own, generation, amount) {
            own_float::renew(&self.own, generation);
            own_float::add(&self.own, generation, amount);
        }
    }

    /// As a thread without.
    fn add_shared(&self, amount: f64) {
        let _ = self.shared.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bits| Some(own_float::plus(bits, amount)));
    }

    fn get(&self) -> f64 {
        own_float::read_all(&self.word, |generation| {
            own_float::read(&self.own, generation) + f64::from_bits(self.shared.load(Ordering::Relaxed))
        })
    }

    fn reset(&self) {
        own_float::reset(&self.word, |_| _ = self.shared.swap(0, Ordering::Relaxed));
    }
}

#[test]
fn float_beside_a_reset_is_of_one_generation() {
    static ALL: Met = Met::that("the reader came before the reset");
    static LATER: Met = Met::that("it came behind it");
    bounded(2, || {
        let model = Model::new();
        model.add(1.0);
        model.add_shared(2.0);
        let owner = start(&model, |model| {
            model.add(16.0);
            model.add(32.0);
        });
        let reader = start(&model, |model| {
            let seen = model.get();
            // Before the reset what was there and what came in order; behind it what came in order, of which any part is forgotten.
            let right = [3.0, 19.0, 51.0, 0.0, 16.0, 48.0, 32.0];
            assert!(right.contains(&seen), "{seen}");
            ALL.note(seen == 51.0);
            LATER.note(seen == 32.0 || seen == 48.0);
        });
        let reset = start(&model, |model| model.reset());
        join([reset, owner, reader]);
        let left = model.get();
        assert!([0.0, 32.0, 48.0].contains(&left), "{left}");
        model.add(64.0);
        assert_eq!(model.get(), left + 64.0, "nothing that came behind the reset is lost");
    });
    Met::demand_all([&ALL, &LATER]);
}

#[test]
fn reads_between_resets_rise() {
    bounded(2, || {
        let model = Model::new();
        let adder = start(&model, |model| {
            model.add(1.0);
            model.add(2.0);
        });
        let shared = start(&model, |model| model.add_shared(4.0));
        let first = model.get();
        assert!(model.get() >= first);
        join([adder, shared]);
        assert_eq!(model.get(), 7.0);
    });
}
