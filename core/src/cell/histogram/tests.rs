//! What histograms count, and what gauge histograms have left.

use super::gauge::left;
use super::*;
use crate::atomic::Uint;

buckets! { Small: f64 = [-1.0, 0.0, 2.5]; Many: i32 = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]; }

#[test]
fn bounds_are_inclusive() {
    let bucket = Histogram::<Small, 3>::bucket_of;
    assert_eq!([-2.0, -1.0, -0.5, 0.0, 2.5, 2.6, f64::INFINITY, f64::NAN, f64::NEG_INFINITY].map(bucket), [0, 0, 1, 1, 2, 3, 3, 3, 0]);
    let bucket = Histogram::<Many, 18>::bucket_of;
    assert_eq!([i32::MIN, 1, 2, 17, 18, 19, i32::MAX].map(bucket), [0, 0, 1, 16, 17, 18, 18]);
}

#[test]
fn nan_is_counted_beyond_and_left_out_of_the_sum() {
    let histogram = Histogram::<Small, 3>::new();
    histogram.observe(1.5);
    histogram.observe(f64::NAN);
    assert_eq!((histogram.count(), histogram.sum().as_f64()), (2, 1.5));
    assert_eq!(histogram.read().beyond, 1);
}

/// Both wrap around, the one before the other.
#[test]
fn gauge_histogram_is_right_where_counts_wrap() {
    let now = GaugeHistogram::<Small, 3>::new();
    now.came.tally.counted(&[Uint::MAX - 1, 7, 0], 0);
    now.went.tally.counted(&[Uint::MAX - 1, 4, 0], 0);
    (0..5).for_each(|_| now.insert(-3.0));
    assert_eq!((now.read().counts, now.count()), ([5, 3, 0], 8));
    (0..4).for_each(|_| now.remove(-3.0));
    assert_eq!((now.read().counts, now.count()), ([1, 3, 0], 4));
}

#[test]
fn buckets_begin_again_before_they_wrap() {
    let histogram = Histogram::<Small, 3>::new();
    histogram.tally.counted(&[Uint::MAX / 2 - 18, 2, 3], 4);
    let mut last = histogram.read();
    for _ in 0..20 {
        histogram.observe(2.0);
        let read = histogram.read();
        let (before, after) = (last.counts[2], read.counts[2]);
        // As a server sees it: each series has one more, or all of them are 0 but for this one.
        let restarted = read.counts == [0, 0, 1] && read.beyond == 0;
        assert!(
            restarted || (after == before + 1 && read.counts[..2] == last.counts[..2] && read.beyond == last.beyond),
            "{:?}",
            read.counts
        );
        last = read;
    }
    assert_eq!((last.counts[0], last.counts[1], last.beyond), (0, 0, 0));
    assert!(last.counts[2] > 10 && last.sum == 40.0, "the sum goes on");
}

#[test]
fn a_gauge_histogram_forgets() {
    let now = GaugeHistogram::<Small, 3>::new();
    now.insert(1.0);
    now.insert(2.0);
    now.insert(99.0);
    now.remove(2.0);
    now.remove(99.0);
    let read = now.read();
    assert_eq!((read.counts, read.beyond, read.sum), ([0, 0, 1], 0, 1.0));
}

#[test]
fn nothing_has_no_sum() {
    let now = GaugeHistogram::<Small, 3>::new();
    [0.1, 0.2, 0.3].into_iter().for_each(|value| now.insert(value));
    [0.3, 0.2, 0.1].into_iter().for_each(|value| now.remove(value));
    assert_ne!(0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1, "else this says nothing");
    assert_eq!(now.read().sum, 0.0);
}

#[test]
fn what_is_left_is_right_when_counts_wrap_around() {
    assert_eq!((left(7, 5), left(5, 5)), (2, 0));
    assert_eq!(left(4, Uint::MAX - 5), 10);
    assert_eq!(left(5, 7), 0, "more went than came");
}

#[test]
fn reads_are_consistent_while_observations_go_on() {
    let histogram = Histogram::<Small, 3>::new();
    let done = core::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..crate::tests::MANY {
                histogram.observe(2.0);
                // A writer that never pauses leaves no moment between two observations to a reader on the same core.
                core::hint::spin_loop();
            }
            done.store(true, core::sync::atomic::Ordering::Relaxed);
        });
        while !done.load(core::sync::atomic::Ordering::Relaxed) {
            let read = histogram.read();
            let counted = read.counts.iter().sum::<crate::Uint>() + read.beyond;
            assert!(read.sum >= 2.0 * counted as f64, "an observation is counted whose value is not in the sum");
        }
    });
    assert_eq!((histogram.count(), histogram.sum().as_f64()), (crate::tests::MANY, 2.0 * crate::tests::MANY as f64));
}
