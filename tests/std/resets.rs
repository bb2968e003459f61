//! Resets beside everything else, and amounts without end.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use picometer_std::{
    BucketBounds, Counter, CounterWithExemplar, Family, GaugeHistogram, Histogram, NativeBuckets, NativeHistogram, NotGrowth, Objectives,
    QuantileSummary, Summary, statics,
};

use super::support::beside;

/// Counts and resets from four threads at once; every read must be at most what was counted.
fn counters_beside_resets<C: Sync>(counter: &C, inc: fn(&C), reset: fn(&C), get: fn(&C) -> u64) {
    let counted = AtomicU64::new(0);
    let count = || {
        counted.fetch_add(1, Ordering::SeqCst);
        inc(counter);
    };
    let reset_only = |_| reset(counter);
    let count_and_reset = |_| {
        count();
        reset(counter);
    };
    beside(&[&reset_only, &count_and_reset, &reset_only, &count_and_reset], || {
        for _ in 0..30_000 {
            count();
            let read = get(counter);
            let all = counted.load(Ordering::SeqCst);
            assert!(read <= all, "{read} of {all}");
        }
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

/// Amounts of which the sum forgets the small ones, and the end of what a double holds.
const AMOUNTS: [f64; 9] = [0.1, 1e16, 1.0, f64::MAX, 0.3, 1e300, 5e-324, f64::MAX, 0.7];

/// The same amounts behind a reset give the same value as in a new counter, to the last bit.
fn counts_exactly_after_resets<C: Sync>(counter: &C, add: fn(&C, f64), reset: fn(&C), get: fn(&C) -> f64, end: f64) {
    for (start, first) in AMOUNTS.iter().enumerate() {
        let mut expected = 0.0;
        for amount in AMOUNTS.iter().cycle().skip(start).take(4).map(|amount| amount.min(end)) {
            add(counter, amount);
            expected = f64::min(expected + amount, end);
            assert_eq!(get(counter), expected, "from {start} on");
        }
        // What another thread counted is forgotten too.
        thread::scope(|scope| _ = scope.spawn(|| add(counter, first.min(end))));
        reset(counter);
        assert_eq!(get(counter), 0.0);
    }
}

#[test]
fn float_counter_counts_exactly_after_a_reset() {
    type Exemplar = CounterWithExemplar<f64>;
    counts_exactly_after_resets(&Counter::<f64>::new(), Counter::inc_by, Counter::reset, Counter::get, f64::MAX);
    counts_exactly_after_resets(&Exemplar::default(), Exemplar::inc_by, Exemplar::reset, Exemplar::get, f64::MAX);
    let fixed = statics::Counter::<f64>::new();
    counts_exactly_after_resets(&fixed, statics::Counter::inc_by, statics::Counter::reset, statics::Counter::get, f64::MAX);
    let family = Family::<Counter<f64>, 1>::new("a_total", "", ["x"]);
    let series = family.handle(["x"]);
    counts_exactly_after_resets(&*series, Counter::inc_by, Counter::reset, Counter::get, f64::MAX);
    let small = Counter::<f32>::new();
    for amount in [f32::MAX, 0.1, 1e30, 1.0] {
        small.inc_by(amount);
        assert_eq!(small.get(), amount);
        small.reset();
    }
}

#[test]
fn sums_are_exact_after_a_reset() {
    let histogram = Histogram::new(BucketBounds::new([1.0]).unwrap());
    counts_exactly_after_resets(&histogram, Histogram::observe, Histogram::reset, Histogram::sum, f64::MAX);
    counts_exactly_after_resets(&Summary::new(), Summary::observe, Summary::reset, Summary::sum, f64::MAX);
    let native = NativeHistogram::new(&NativeBuckets::new());
    counts_exactly_after_resets(&native, NativeHistogram::observe, NativeHistogram::reset, NativeHistogram::sum, f64::MAX);
}

/// More threads than have cells of their own, so that some add in cells that they share.
#[test]
fn shared_floats_are_exact_after_a_reset() {
    let (counter, summary) = (Counter::<f64>::new(), Summary::new());
    let meet = std::sync::Barrier::new(THREADS + 1);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for amount in [1e300, 1.0, f64::MAX, 0.5] {
                    meet.wait();
                    counter.inc_by(amount);
                    summary.observe(amount);
                    meet.wait();
                }
            });
        }
        for amount in [1e300, 1.0, f64::MAX, 0.5] {
            meet.wait();
            meet.wait();
            let (counted, observed) = (counter.get(), summary.sum());
            let expected = (THREADS as f64 * amount).min(f64::MAX);
            assert!((counted / expected - 1.0).abs() < 1e-12 && (observed / expected - 1.0).abs() < 1e-12, "{counted} {observed}");
            if amount < 2.0 {
                assert_eq!((counted, observed), (expected, expected));
            }
            counter.reset();
            summary.reset();
            assert_eq!((counter.get(), summary.sum(), summary.count()), (0.0, 0.0, 0));
        }
    });
}

const THREADS: usize = 140;

/// Between two resets reads only rise, and they show no more than was begun.
#[test]
fn float_reads_rise_between_resets() {
    let counter = Counter::<f64>::new();
    let (resets, begun) = (AtomicU64::new(0), AtomicU64::new(0));
    let count = |_| {
        begun.fetch_add(1, Ordering::SeqCst);
        counter.inc_by(0.25);
    };
    let read = |_| {
        let (before, mut last) = (resets.load(Ordering::SeqCst), 0.0);
        for _ in 0..50 {
            let read = counter.get();
            // None that is begun or under way now.
            if resets.load(Ordering::SeqCst) != before || !before.is_multiple_of(2) {
                break;
            }
            assert!(read >= last, "{read} behind {last}");
            assert!(read <= begun.load(Ordering::SeqCst) as f64 / 4.0);
            last = read;
        }
    };
    beside(&[&count, &count, &count, &read], || {
        for _ in 0..200 {
            resets.fetch_add(1, Ordering::SeqCst);
            counter.inc_by(1e16);
            counter.reset();
            resets.fetch_add(1, Ordering::SeqCst);
            thread::yield_now();
        }
    });
    counter.reset();
    counter.inc_by(0.25);
    assert_eq!(counter.get(), 0.25);
}

/// What is observed beside resets counts or is forgotten as a whole: in bucket, count and sum.
#[test]
fn native_observations_beside_resets_are_whole() {
    let config = NativeBuckets::new().max_buckets(8).classic([1.0, 1e3]).unwrap();
    let resetting = NativeBuckets::new().max_buckets(8).min_reset(std::time::Duration::ZERO);
    for native in [NativeHistogram::new(&config), NativeHistogram::new(&resetting)] {
        // Of many sizes, so that the resolution is lowered again and again.
        let observe = |turn: usize| native.observe(f64::exp2((turn * 7 % 60) as f64));
        beside(&[&observe, &|turn| observe(turn + 1), &|turn| observe(turn + 2)], || {
            for _ in 0..200 {
                native.reset();
                thread::yield_now();
            }
        });
        native.reset();
        assert_eq!((native.count(), native.sum()), (0, 0.0));
        for value in [1.0, 2.0, 4.0, 1e6] {
            native.observe(value);
        }
        assert_eq!((native.count(), native.sum()), (4, 1_000_007.0));
        assert!(native.schema() >= 3, "{}: no places were lost", native.schema());
    }
}
