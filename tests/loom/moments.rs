//! Observations of one thread in cells of its own: a reader has counts and sum of the same observations.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};

use super::moment;
use super::{Met, bounded, start};

/// The sequence, the sum, and two counts; and what counts the readers that froze them.
struct Model {
    cells: [AtomicU64; 4],
    frozen: AtomicU64,
}

impl Model {
    fn new() -> Arc<Self> {
        Arc::new(Self { cells: [0; 4].map(AtomicU64::new), frozen: AtomicU64::new(0) })
    }

    /// Observes 1 in the first bucket or 10 in the second, unless the cells are frozen; whether they were not.
    fn observe(&self, bucket: usize) -> bool {
        let free = self.frozen.load(Ordering::Relaxed) == 0;
        if free {
            moment::record(&self.cells, bucket, [1.0, 10.0][bucket]);
        }
        free
    }

    /// What a reader sees, which must fit together.
    fn read(&self) -> [u64; 2] {
        let mut counts = [0; 2];
        let sum = moment::read(&self.cells, &self.frozen, || false, &mut counts);
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
