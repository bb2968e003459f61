//! Observations of several threads that are read row by row, their sequences checked for all rows at once: what is found whole is of the
//! same observations.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};

use super::{Met, bounded, join, many, moment, start};

/// Of each of two threads the sequence, the sum, two counts, and of which generation they are.
struct Model {
    rows: [[AtomicU64; 5]; 2],
    word: AtomicU64,
}

impl Model {
    fn new() -> Arc<Self> {
        Arc::new(Self { rows: [[0; 5]; 2].map(|row| row.map(AtomicU64::new)), word: AtomicU64::new(0) })
    }

    /// Observes 1 in the first bucket or 10 in the second.
    fn observe(&self, thread: usize, bucket: usize) {
        let [cells @ .., own] = &self.rows[thread];
        let now = self.word.load(Ordering::Relaxed);
        if own.load(Ordering::Relaxed) != now {
            moment::renew(own, cells, now);
        }
        moment::record(cells, bucket, [1.0, 10.0][bucket]);
    }

    /// What a reader finds, if it is whole: then it must fit together.
    fn read(&self) -> Option<[u64; 2]> {
        let mut parts = [many::Part::new(0, 5, self.word.load(Ordering::Acquire))];
        let mut words = [7; 5];
        many::add(&self.rows.each_ref().map(|row| Some(&row[..])), &mut parts, &mut words, true);
        let [part] = parts;
        let counts = [words[2], words[3]];
        if !part.is_whole() {
            return None;
        }
        assert_eq!(part.sum.value(), counts[0] as f64 + 10.0 * counts[1] as f64, "two moments in one histogram");
        Some(counts)
    }
}

#[test]
fn rows_that_are_whole_are_of_the_same_observations() {
    static HALF: Met = Met::that("a reader came between two observations");
    static AGAIN: Met = Met::that("a reader came in the middle of one");
    bounded(2, || {
        let model = Model::new();
        let writer = start(&model, |model| [0, 1].into_iter().for_each(|thread| model.observe(thread, thread)));
        let reader = start(&model, |model| {
            let found = model.read();
            HALF.note(found == Some([1, 0]));
            AGAIN.note(found.is_none());
        });
        join([writer, reader]);
        assert_eq!(model.read(), Some([1, 1]), "nothing is lost");
    });
    Met::demand_all([&HALF, &AGAIN]);
}

/// Of two threads one begins the generation that the other has begun already.
#[test]
fn rows_of_two_generations_are_not_whole() {
    static BEHIND: Met = Met::that("the reader came behind the first observation");
    static MIXED: Met = Met::that("the reader met both generations");
    bounded(2, || {
        let model = Model::new();
        model.observe(0, 0);
        model.word.store(moment::GENERATION, Ordering::Relaxed);
        model.rows[1][4].store(moment::GENERATION, Ordering::Relaxed);
        let writer = start(&model, |model| model.observe(0, 1));
        let reader = start(&model, |model| {
            let found = model.read();
            assert!(matches!(found, None | Some([0, 0 | 1])), "{found:?}");
            BEHIND.note(found == Some([0, 1]));
            MIXED.note(found.is_none());
        });
        join([writer, reader]);
    });
    Met::demand_all([&BEHIND, &MIXED]);
}
