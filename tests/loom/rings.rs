//! Rings of a summary with quantiles: every observation is taken once, and none is written over before it was.

use loom::sync::Arc;

use super::atomic::Mutex;
use super::ring::Ring;
use super::{Met, bounded, start};

/// A ring of two places, and what was taken out of it, under the lock that the window has.
struct Model {
    ring: Ring,
    taken: Mutex<Vec<u64>>,
}

impl Model {
    fn new() -> Arc<Self> {
        let model = Arc::new(Self { ring: Ring::new(2), taken: Mutex::new(Vec::new()) });
        model.ring.begin(0, 7, 10);
        model
    }

    /// As the writer does: in the ring, or, where that is full, everything in it is taken in first, from a copy that was made
    /// without the lock. How often it was full.
    fn observe(&self, value: u64) -> usize {
        if self.ring.push(value, 0) {
            return 0;
        }
        if self.ring.refresh() {
            assert!(self.ring.push(value, 0), "there is no room although there is");
            return 0;
        }
        let mut copy = Vec::new();
        let place = self.ring.peek(|value| copy.push(value));
        let mut taken = self.taken.lock();
        if self.ring.take(place) {
            taken.extend(copy);
        }
        assert_eq!(self.ring.step(), 7);
        self.ring.begin(0, 7, 10);
        drop(taken);
        assert!(self.ring.refresh() && self.ring.push(value, 0), "only its writer fills the ring");
        1
    }

    /// As a scraper does; how many it took.
    fn read(&self) -> usize {
        let mut copy = Vec::new();
        let mut taken = self.taken.lock();
        let place = self.ring.peek(|value| copy.push(value));
        assert!(self.ring.take(place), "none takes without the lock");
        taken.extend_from_slice(&copy);
        copy.len()
    }
}

#[test]
fn a_writer_that_makes_room_and_a_reader() {
    static BOTH: Met = Met::that("the reader took some, and the writer others");
    static FULL: Met = Met::that("the writer found the ring full");
    bounded(4, || {
        let model = Model::new();
        let writer = start(&model, |model| (1..=4).map(|value| model.observe(value)).sum::<usize>());
        let read = start(&model, |model| model.read()).join().unwrap();
        let full = writer.join().unwrap();
        FULL.note(full > 0);
        BOTH.note(full > 0 && read > 0);
        model.read();
        assert_eq!(*model.taken.lock(), [1, 2, 3, 4], "each once, in the order in which they came");
    });
    Met::demand_all([&FULL, &BOTH]);
}

#[test]
fn two_readers_and_a_writer() {
    static BOTH: Met = Met::that("both readers took some");
    bounded(3, || {
        let model = Model::new();
        let writer = start(&model, |model| (1..=3).for_each(|value| _ = model.observe(value)));
        let other = start(&model, |model| model.read());
        let read = start(&model, |model| model.read()).join().unwrap();
        BOTH.note(other.join().unwrap() > 0 && read > 0);
        writer.join().unwrap();
        model.read();
        assert_eq!(*model.taken.lock(), [1, 2, 3]);
    });
    BOTH.demand();
}
