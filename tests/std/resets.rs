//! Resets beside everything else, and amounts without end.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use picometer_std::{
    BucketBounds, Counter, CounterWithExemplar, Family, GaugeHistogram, Histogram, NativeBuckets, NativeHistogram, NotGrowth, Objectives,
    QuantileSummary, Summary, statics,
};

/// Counts and resets from four threads at once; every read must be at most what was counted.
fn counters_beside_resets<C: Sync>(counter: &C, inc: fn(&C), reset: fn(&C), get: fn(&C) -> u64) {
    let (done, counted) = (AtomicBool::new(false), AtomicU64::new(0));
    let is_done = || done.load(Ordering::Relaxed);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_done() {
                    reset(counter);
                }
            });
            scope.spawn(|| {
                while !is_done() {
                    counted.fetch_add(1, Ordering::SeqCst);
                    inc(counter);
                    reset(counter);
                }
            });
        }
        for _ in 0..100_000 {
            counted.fetch_add(1, Ordering::SeqCst);
            inc(counter);
            let read = get(counter);
            let all = counted.load(Ordering::SeqCst);
            if read > all {
                done.store(true, Ordering::Relaxed);
                panic!("{read} of {all}");
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    reset(counter);
    assert_eq!(get(counter), 0);
    (0..10).for_each(|_| inc(counter));
    assert_eq!(get(counter), 10, "nothing stays away");
}

#[test]
fn counter_reads_no_more_than_was_counted() {
    counters_beside_resets(&Counter::<u64>::new(), Counter::inc, Counter::reset, Counter::get);
    counters_beside_resets(&Counter::<u32>::new(), Counter::inc, Counter::reset, |counter| counter.get().into());
    counters_beside_resets(&Counter::<f64>::new(), Counter::inc, Counter::reset, |counter| counter.get() as u64);
    counters_beside_resets(
        &CounterWithExemplar::<u64>::default(),
        CounterWithExemplar::inc,
        CounterWithExemplar::reset,
        CounterWithExemplar::get,
    );
    counters_beside_resets(&statics::Counter::<u64>::new(), statics::Counter::inc, statics::Counter::reset, statics::Counter::get);
}

#[test]
fn distribution_reads_no_more_than_was_observed() {
    let bounds = || BucketBounds::new([1.0, 2.0]).unwrap();
    let observe = |histogram: &Histogram| histogram.observe(1.5);
    counters_beside_resets(&Histogram::new(bounds()), observe, Histogram::reset, Histogram::count);
    counters_beside_resets(&Summary::new(), |summary| summary.observe(1.5), Summary::reset, Summary::count);
    let native = NativeHistogram::new(&NativeBuckets::new());
    counters_beside_resets(&native, |native| native.observe(1.5), NativeHistogram::reset, NativeHistogram::count);
}

/// More threads than have cells of their own, so that the shared ones are reset too.
#[test]
fn resets_reach_the_counts_of_every_thread() {
    let family = Family::<Histogram, 1>::new("a", "", ["x"]).buckets([1.0]);
    let counter = Counter::<u64>::new();
    let meet = std::sync::Barrier::new(81);
    thread::scope(|scope| {
        for _ in 0..80 {
            scope.spawn(|| {
                for round in 0..3 {
                    meet.wait();
                    family.with(["x"]).observe(f64::from(round));
                    counter.inc();
                    meet.wait();
                }
            });
        }
        for round in 0..3 {
            meet.wait();
            meet.wait();
            let histogram = family.with(["x"]);
            assert_eq!((counter.get(), histogram.count(), histogram.sum()), (80, 80, 80.0 * f64::from(round)));
            counter.reset();
            histogram.reset();
            assert_eq!((counter.get(), histogram.count(), histogram.sum()), (0, 0, 0.0));
        }
    });
}

#[test]
fn reset_histogram_has_the_sum_of_what_comes_next() {
    let histogram = Histogram::new(BucketBounds::new([1.0]).unwrap());
    for value in [0.3, 0.1, 1e300, 0.7] {
        histogram.observe(value);
        assert_eq!((histogram.count(), histogram.sum()), (1, value));
        histogram.reset();
    }
}

#[test]
fn infinite_observations_are_counted_and_left_out_of_the_sum() {
    let values = [1.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 2.0, f64::INFINITY];
    let histogram = Histogram::new(BucketBounds::new([0.0, 5.0]).unwrap());
    let summary = Summary::new();
    let quantiles = QuantileSummary::new(&Objectives::default());
    let native = NativeHistogram::new(&NativeBuckets::new().classic([5.0]).unwrap());
    let gauge = GaugeHistogram::new(BucketBounds::new([0.0, 5.0]).unwrap());
    let fixed = statics::Summary::<f64>::new();
    for value in values {
        histogram.observe(value);
        summary.observe(value);
        quantiles.observe(value);
        native.observe(value);
        gauge.insert(value);
        fixed.observe(value);
    }
    assert_eq!((histogram.counts(), histogram.sum()), (vec![1, 2, 3], 3.0));
    assert_eq!([summary.count(), quantiles.count(), native.count(), gauge.count(), fixed.count()], [6; 5]);
    assert_eq!([summary.sum(), quantiles.sum(), native.sum(), gauge.sum(), fixed.sum().as_f64()], [3.0; 5]);
    values.into_iter().for_each(|value| gauge.remove(value));
    assert_eq!((gauge.count(), gauge.sum()), (0, 0.0));
}

#[test]
fn sums_beyond_all_doubles_stay_at_the_end() {
    let histogram = Histogram::new(BucketBounds::new([0.0]).unwrap());
    let summary = Summary::new();
    let quantiles = QuantileSummary::new(&Objectives::default());
    let native = NativeHistogram::new(&NativeBuckets::new());
    for value in [f64::MAX, f64::MAX, f64::MAX] {
        histogram.observe(value);
        summary.observe(value);
        quantiles.observe(value);
        native.observe(value);
    }
    assert_eq!([histogram.sum(), summary.sum(), quantiles.sum(), native.sum()], [f64::MAX; 4]);
    // Another thread has the other end.
    thread::scope(|scope| scope.spawn(|| (0..3).for_each(|_| histogram.observe(f64::MIN))).join().unwrap());
    assert!(histogram.sum().is_finite());
}

#[test]
fn counter_refuses_infinity_and_stays_at_its_end() {
    let counter = Counter::<f64>::new();
    counter.inc_by(1.5);
    counter.inc_by(f64::INFINITY);
    assert_eq!((counter.get(), counter.try_inc_by(f64::INFINITY)), (1.5, Err(NotGrowth)));
    (0..3).for_each(|_| counter.inc_by(f64::MAX));
    assert_eq!(counter.get(), f64::MAX);
    thread::scope(|scope| scope.spawn(|| counter.inc_by(f64::MAX)).join().unwrap());
    assert_eq!(counter.get(), f64::MAX);
    counter.reset();
    assert_eq!(counter.get(), 0.0);
    let small = Counter::<f32>::new();
    (0..3).for_each(|_| small.inc_by(f32::MAX));
    assert_eq!(small.get(), f32::MAX);
    let fixed = statics::Counter::<f64>::new();
    fixed.inc_by(f64::INFINITY);
    (0..3).for_each(|_| fixed.inc_by(f64::MAX));
    assert_eq!(fixed.get(), f64::MAX);
}
