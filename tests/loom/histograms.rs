//! Histograms of the std adapter: every read is of one moment, and nothing is lost when the sets of counts change places.

use loom::sync::Arc;

use super::hot_and_cold::Tally;
use super::{Met, bounded, start};

/// Observes 9 in the first of two buckets, or 13 in the second.
fn observe(tally: &Tally, bucket: usize) {
    tally.record(bucket, [9.0, 13.0][bucket]);
}

/// The sum that a reader sees, which must be that of its buckets.
fn read(tally: &Tally) -> f64 {
    let mut counts = Vec::new();
    let sum = tally.read(|count| counts.push(count));
    assert_eq!(sum, counts[0] as f64 * 9.0 + counts[1] as f64 * 13.0, "the sum is of other observations than the buckets {counts:?}");
    sum
}

#[test]
fn two_writers_and_a_reader() {
    static ONE: Met = Met::never();
    bounded(3, || {
        let tally = Arc::new(Tally::new(2));
        let writers = [0, 1].map(|bucket| start(&tally, move |tally| observe(tally, bucket)));
        let sum = start(&tally, |tally| read(tally)).join().unwrap();
        ONE.note(sum == 9.0 || sum == 13.0);
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        assert_eq!(read(&tally), 22.0, "an observation is lost");
        assert_eq!(read(&tally), 22.0, "an observation is lost when it is read");
    });
    ONE.demand("one of two observations was read");
}

/// A writer that goes on while the sets change places twice.
#[test]
fn a_writer_of_two_observations_and_a_reader_that_reads_twice() {
    static GREW: Met = Met::never();
    bounded(3, || {
        let tally = Arc::new(Tally::new(2));
        let writer = start(&tally, |tally| [0, 1].iter().for_each(|&bucket| observe(tally, bucket)));
        let (before, behind) = start(&tally, |tally| (read(tally), read(tally))).join().unwrap();
        assert!(before <= behind, "an observation is gone again");
        GREW.note(before < behind);
        writer.join().unwrap();
        assert_eq!(read(&tally), 22.0, "an observation is lost");
    });
    GREW.demand("something was observed between two reads");
}

#[test]
fn two_readers() {
    bounded(3, || {
        let tally = Arc::new(Tally::new(2));
        let writer = start(&tally, |tally| observe(tally, 1));
        let reader = start(&tally, |tally| read(tally));
        start(&tally, |tally| read(tally)).join().unwrap();
        reader.join().unwrap();
        writer.join().unwrap();
        assert_eq!(read(&tally), 13.0, "an observation is lost");
    });
}

#[test]
fn what_is_observed_while_it_is_reset_is_forgotten_or_kept_whole() {
    static KEPT: Met = Met::never();
    bounded(3, || {
        let tally = Arc::new(Tally::new(2));
        let writer = start(&tally, |tally| observe(tally, 0));
        start(&tally, |tally| tally.reset()).join().unwrap();
        writer.join().unwrap();
        KEPT.note(read(&tally) == 9.0);
    });
    KEPT.demand("an observation came behind the reset");
}
