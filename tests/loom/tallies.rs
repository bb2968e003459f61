//! Tallies: buckets and sum of the same observations.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, Ordering};

use super::tally::{Counted, Tally};
use super::{Met, bounded, join, start};

/// A tally of two buckets with a sum as the core keeps it on a 32-bit target: in halves that are added one after the other. Here
/// they stand for four bits, so that two observations carry.
struct Model {
    tally: Tally<1>,
    low: AtomicU32,
    high: AtomicU32,
}

const HALF: u32 = 16;

impl Model {
    fn new() -> Arc<Self> {
        Arc::new(Self { tally: Tally::new(), low: AtomicU32::new(0), high: AtomicU32::new(0) })
    }

    /// Observes 9 in the first bucket, or 13 beyond it.
    fn observe(&self, bucket: usize) {
        let value = [9, 13][bucket];
        self.tally.record(self.tally.bucket(bucket), || {
            let before = self.low.fetch_add(value, Ordering::Release);
            // The low half holds more bits than it stands for; what goes over them is carried.
            if before % HALF + value >= HALF {
                self.high.fetch_add(1, Ordering::Release);
            }
        });
    }

    /// The sum that a reader sees, which must be that of its buckets. It waits as long as it takes: loom's spinning makes way to
    /// the writers, so that it never tries so often that it gives up.
    fn read(&self) -> u32 {
        let read: Counted<u32, 1> = self.tally.read(|| self.high.load(Ordering::Acquire) * HALF + self.low.load(Ordering::Acquire) % HALF);
        let buckets = (read.counts, read.beyond);
        assert_eq!(read.sum, read.counts[0] * 9 + read.beyond * 13, "the sum is of other observations than the buckets {buckets:?}");
        read.sum
    }
}

#[test]
fn two_writers_and_a_reader() {
    static ONE: Met = Met::that("one of two observations was read");
    bounded(3, || {
        let model = Model::new();
        let writers = [0, 1].map(|bucket| start(&model, move |model| model.observe(bucket)));
        let sum = start(&model, |model| model.read()).join().unwrap();
        ONE.note([9, 13].contains(&sum));
        join(writers);
        assert_eq!(model.read(), 22, "an observation is lost");
    });
    ONE.demand();
}

/// A writer that goes on while the reader reads.
#[test]
fn a_writer_of_two_observations_and_a_reader() {
    static ONE: Met = Met::that("one of two observations was read");
    bounded(4, || {
        let model = Model::new();
        let writer = start(&model, |model| [0, 1].iter().for_each(|&bucket| model.observe(bucket)));
        ONE.note(start(&model, |model| model.read()).join().unwrap() == 9);
        writer.join().unwrap();
        assert_eq!(model.read(), 22, "an observation is lost");
    });
    ONE.demand();
}
