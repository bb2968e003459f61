//! Observations of one thread in cells of its own: a reader has counts and sum of the same observations.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};

use super::moment;
use super::{Met, bounded, start};

/// The sequence, the sum, and two counts; of which generation they are; and the word of the generation of now, which counts the
/// readers that froze them.
struct Model {
    cells: [AtomicU64; 4],
    own: AtomicU64,
    word: AtomicU64,
}

impl Model {
    fn new() -> Arc<Self> {
        Arc::new(Self { cells: [0; 4].map(AtomicU64::new), own: AtomicU64::new(0), word: AtomicU64::new(0) })
    }

    /// Observes 1 in the first bucket or 10 in the second, unless the cells are frozen; whether they were not.
    fn observe(&self, bucket: usize) -> bool {
        let word = self.word.load(Ordering::Relaxed);
        let free = moment::generation_of(word) == word;
        if free {
            if self.own.load(Ordering::Relaxed) != word {
                moment::renew(&self.own, &self.cells, word);
            }
            moment::record(&self.cells, bucket, [1.0, 10.0][bucket]);
        }
        free
    }

    fn reset(&self) {
        self.word.fetch_add(moment::GENERATION, Ordering::AcqRel);
    }

    fn generation(&self) -> u64 {
        moment::generation_of(self.word.load(Ordering::Acquire))
    }

    /// What a reader sees, which must fit together.
    fn read(&self) -> [u64; 2] {
        let mut counts = [0; 2];
        let sum = moment::read(&self.own, &self.cells, self.generation(), &self.word, || false, &mut counts);
        assert_eq!(sum, counts[0] as f64 + 10.0 * counts[1] as f64, "two moments in one histogram");
        counts
    }
}

#[test]
fn a_reader_sees_whole_observations() {
    static HALF: Met = Met::never();
    bounded(2, || {
        let model = Model::new();
        let writer = start(&model, |model| model.observe(0) && model.observe(1));
        let reader = start(&model, |model| {
            HALF.note(model.read() == [1, 0]);
        });
        let both = writer.join().unwrap();
        reader.join().unwrap();
        assert!(!both || model.read() == [1, 1], "nothing is lost");
    });
    HALF.demand("a reader came between two observations");
}

#[test]
fn a_thread_goes_on_with_the_cells_of_one_that_ended() {
    bounded(2, || {
        let model = Model::new();
        let free = Arc::new(loom::sync::Mutex::new(true));
        let lease = |free: &Arc<loom::sync::Mutex<bool>>| std::mem::take(&mut *free.lock().unwrap());
        let [first, second] = [0, 1].map(|bucket| {
            let free = free.clone();
            start(&model, move |model| {
                let leased = lease(&free);
                if leased {
                    model.observe(bucket);
                    *free.lock().unwrap() = true;
                }
                leased
            })
        });
        let leased = [first.join().unwrap(), second.join().unwrap()];
        assert_eq!(model.read(), leased.map(u64::from), "each was counted that had the cells");
    });
}

/// A reader sees what was observed since a reset, or since the one before; never both.
#[test]
fn reader_beside_a_reset_sees_one_generation() {
    static BEFORE: Met = Met::never();
    static BEHIND: Met = Met::never();
    bounded(3, || {
        let model = Model::new();
        model.observe(0);
        let writer = start(&model, |model| {
            model.reset();
            model.observe(1)
        });
        let reader = start(&model, |model| {
            let seen = model.read();
            assert!(matches!(seen, [1, 0] | [0, 0] | [0, 1]), "{seen:?}");
            BEFORE.note(seen == [1, 0]);
            BEHIND.note(seen == [0, 1]);
        });
        let observed = writer.join().unwrap();
        reader.join().unwrap();
        assert!(!observed || model.read() == [0, 1], "nothing that came behind the reset is lost");
    });
    BEFORE.demand("the reader came before the reset");
    BEHIND.demand("the reader came behind it");
}

/// The reset comes from another thread.
#[test]
fn observation_beside_a_reset_counts_or_is_forgotten() {
    static COUNTS: Met = Met::never();
    static FORGOTTEN: Met = Met::never();
    bounded(2, || {
        let model = Model::new();
        let writer = start(&model, |model| model.observe(0) && model.observe(1));
        let reset = start(&model, |model| model.reset());
        let reader = start(&model, |model| _ = model.read());
        reset.join().unwrap();
        writer.join().unwrap();
        reader.join().unwrap();
        let seen = model.read();
        COUNTS.note(seen == [1, 1] || seen == [0, 1]);
        FORGOTTEN.note(seen == [0, 0]);
    });
    COUNTS.demand("an observation came behind the reset");
    FORGOTTEN.demand("all came before it");
}
