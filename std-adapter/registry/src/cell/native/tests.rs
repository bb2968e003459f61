use super::*;
use std::time::Duration;

/// Lets it be so much older, without a wait that takes another time on a busy machine.
fn age(histogram: &NativeHistogram, by: Duration) {
    match &histogram.counts {
        Counts::Own { counted, .. } => counted.lock().due -= by.as_millis() as u64,
        Counts::Shared(shared) => shared.age(by),
    }
}

#[test]
fn reset_that_is_due_brings_the_resolution_back() {
    const LEAST: Duration = Duration::from_secs(3_600);
    let config = NativeBuckets::new().factor(1.005).max_buckets(8).min_reset(LEAST);
    let histogram = NativeHistogram::new(&config);
    (1..2_000).for_each(|value| histogram.observe(f64::from(value)));
    let limited = histogram.schema();
    assert!(limited < 4, "{limited}");
    assert_eq!(histogram.count(), 1_999);
    age(&histogram, LEAST / 2);
    histogram.observe(1.0);
    assert_eq!((histogram.count(), histogram.schema()), (2_000, limited), "it is not due");
    age(&histogram, LEAST);
    histogram.observe(1.0);
    assert_eq!((histogram.count(), histogram.sum(), histogram.schema()), (1, 1.0, 8));
    // Without an interval it is never taken back.
    let lasting = NativeHistogram::new(&NativeBuckets::new().max_buckets(8));
    (1..2_000).for_each(|value| lasting.observe(f64::from(value)));
    age(&lasting, LEAST);
    lasting.observe(1.0);
    assert_eq!(lasting.count(), 2_000);
    lasting.reset();
    assert_eq!(lasting.count(), 0);
}

#[test]
fn exemplars_stand_with_classic_buckets_too() {
    let metric = crate::Metric::<NativeHistogram>::new("a", "").config(&NativeBuckets::new().classic([0.5, 1.0]).unwrap());
    metric.observe_with(0.75, &[("id", "x")]).unwrap();
    assert_eq!(metric.observe_with(0.75, &[("id", &"x".repeat(200))]), Err(ExemplarError::TooLong));
    let page = crate::tests::page(&metric, picometer::Format::OpenMetrics100);
    assert!(page.contains("a_bucket{le=\"1.0\"} 1 # {id=\"x\"} 0.75 "), "{page}");
    assert_eq!(metric.count(), 1);
}

#[test]
fn classic_buckets_count_the_same_observations() {
    let histogram = NativeHistogram::new(&NativeBuckets::new().classic([0.5, 1.0]).unwrap());
    [0.25, 0.5, 0.75, 2.0, f64::NAN].into_iter().for_each(|value| histogram.observe(value));
    let found = histogram.read().unwrap();
    assert_eq!((found.count, found.sum, found.classic.to_vec()), (5, 3.5, vec![2, 1]));
}
