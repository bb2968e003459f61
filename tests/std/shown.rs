//! What tests of programs see: values of every kind in snapshots, and pages beside their expected text.

use std::panic::catch_unwind;

use picometer_std::{
    ConstFamily, ConstPoint, Counter, Family, Histogram, Kind, Metric, NativeBuckets, NativeHistogram, Objectives, QuantileSummary,
    Registry, Restricted, Snapshot, Summary, assert_page, page_difference, sample_value,
};

#[test]
fn native_histogram_is_in_snapshots_with_count_and_sum() {
    let sizes = Family::<NativeHistogram, 1>::new("size_bytes", "", ["kind"]);
    let a = sizes.with(["a"]);
    for value in [1.0, 2.0, 2.5, -3.0, 0.0] {
        a.observe(value);
    }
    let labels = [("kind", "a")];
    let before = Snapshot::of(&sizes);
    assert_eq!(before.value("size_bytes_count", &labels), Some(5.0));
    assert_eq!(before.value("size_bytes_sum", &labels), Some(2.5));
    assert_eq!(before.value("size_bytes", &labels), None, "it is no number");
    let native = before.native_histogram("size_bytes", &labels).unwrap();
    assert_eq!((native.count.as_f64(), native.zero_count.as_f64()), (5.0, 1.0));
    assert_eq!(native.negative.counts(), [1.0]);
    // At schema 3, 1 is the bound of bucket 0 and 2 that of bucket 8; 2.5 is in bucket 11.
    assert_eq!(native.positive.counts(), [1.0, 1.0, 1.0]);
    let spans: Vec<_> = native.positive_spans.iter().map(|span| (span.offset, span.length)).collect();
    assert_eq!(spans, [(0, 1), (7, 1), (2, 1)]);
    assert_eq!(before.native_histogram("size_bytes", &[]), None);

    let same = Snapshot::of(&sizes);
    assert_eq!(same.changes(&before).count(), 0);
    // Moves between buckets and leaves count and sum of a second one alone.
    sizes.with(["b"]);
    a.observe(1e9);
    let after = Snapshot::of(&sizes);
    let changed: Vec<_> = after.changes(&before).filter(|change| change.before.is_some()).map(|change| &*change.sample.name).collect();
    assert_eq!(changed, ["size_bytes", "size_bytes_sum", "size_bytes_count"]);
}

#[test]
fn native_histogram_with_classic_buckets_has_both() {
    let buckets = NativeBuckets::new().classic([1.0, 10.0]).unwrap();
    let sizes = Metric::<NativeHistogram>::new("size_bytes", "").config(&buckets);
    sizes.observe(5.0);
    let value = |name, labels: &[(&str, &str)]| sample_value(&sizes, name, labels);
    assert_eq!(value("size_bytes_bucket", &[("le", "1.0")]), Some(0.0));
    assert_eq!(value("size_bytes_bucket", &[("le", "10.0")]), Some(1.0));
    assert_eq!(value("size_bytes_bucket", &[("le", "+Inf")]), Some(1.0));
    assert_eq!(value("size_bytes_count", &[]), Some(1.0));
    assert!(Snapshot::of(&sizes).native_histogram("size_bytes", &[]).is_some());
}

#[test]
fn bounds_and_quantiles_are_found_by_value() {
    let waits = Metric::<Histogram>::new("wait_seconds", "").buckets([0.5, 1.0]);
    waits.observe(0.7);
    for bound in ["1", "1.0", "1e0"] {
        assert_eq!(sample_value(&waits, "wait_seconds_bucket", &[("le", bound)]), Some(1.0), "{bound}");
    }
    for bound in ["2", "", "one"] {
        assert_eq!(sample_value(&waits, "wait_seconds_bucket", &[("le", bound)]), None, "{bound}");
    }
    assert_eq!(sample_value(&waits, "wait_seconds_bucket", &[("le", "inf")]), Some(1.0));
    // Other labels are text.
    let versions = Family::<Counter, 1>::new("seen_total", "", ["version"]);
    versions.with(["1.0"]).inc();
    assert_eq!(sample_value(&versions, "seen_total", &[("version", "1")]), None);

    let summary = Metric::<QuantileSummary>::new("work_seconds", "").config(&Objectives::new([(0.5, 0.05)]).unwrap());
    (1..=9).for_each(|value| summary.observe(value.into()));
    assert_eq!(sample_value(&summary, "work_seconds", &[("quantile", "0.50")]), Some(5.0));
    assert_eq!(sample_value(&summary, "work_seconds_sum", &[]), Some(45.0));
    let plain = Metric::<Summary>::new("plain_seconds", "");
    plain.observe(2.5);
    assert_eq!((sample_value(&plain, "plain_seconds_sum", &[]), sample_value(&plain, "plain_seconds_count", &[])), (Some(2.5), Some(1.0)));
}

fn registry() -> Registry {
    let registry = Registry::new();
    let requests = registry.register(Family::<Counter, 1>::new("requests_total", "Requests.", ["path"])).unwrap();
    requests.with(["/"]).inc_by(3);
    requests.with(["/a b "]).inc();
    registry.register(Metric::<Histogram>::new("wait_seconds", "").buckets([1.0])).unwrap().observe(0.5);
    registry
}

#[test]
fn page_is_compared_without_indentation() {
    let registry = registry();
    assert_page(
        &registry,
        r#"
        # HELP requests_total Requests.
        # TYPE requests_total counter
        requests_total{path="/"} 3
        requests_total{path="/a b "} 1

        # TYPE wait_seconds histogram
        wait_seconds_bucket{le="1.0"} 1
        wait_seconds_bucket{le="+Inf"} 1
        wait_seconds_sum 0.5
        wait_seconds_count 1
        "#,
    );
    assert_page(&Restricted::new(&registry, ["requests_total"]), "requests_total{path=\"/\"} 3\nrequests_total{path=\"/a b \"} 1");
    assert_page(&Registry::new(), "");
}

#[test]
fn page_that_differs_shows_where() {
    let registry = registry();
    let only = Restricted::new(&registry, ["requests_total"]);
    let expected =
        "# HELP requests_total Requests.\n# TYPE requests_total gauge\nrequests_total{path=\"/\"} 3\nrequests_total{path=\"/a b\"} 1";
    let difference = page_difference(&only, expected).unwrap();
    assert_eq!(
        difference,
        "  # HELP requests_total Requests.\n- # TYPE requests_total gauge\n+ # TYPE requests_total counter\n  requests_total{path=\"/\"} 3\n\
         - requests_total{path=\"/a b\"} 1\n+ requests_total{path=\"/a b \"} 1\n"
    );
    // The same lines in another order are another page.
    assert!(page_difference(&only, "requests_total{path=\"/a b \"} 1\nrequests_total{path=\"/\"} 3").is_some());
    let panic = catch_unwind(|| assert_page(&ConstFamily::new(Kind::Gauge, "load", "", []), "load 1")).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert_eq!(text, "the page is not the expected one (- expected, + found):\n- load 1\n");
}

#[test]
fn constant_summary_is_found_by_quantile() {
    let mut sizes = ConstFamily::new(Kind::Summary, "size", "", ["kind"]);
    sizes.insert(["a"], ConstPoint::summary(17, 20.4, [(0.5, 1.1), (0.99, 2.0)]).unwrap()).unwrap();
    assert_eq!(sample_value(&sizes, "size", &[("quantile", "0.99"), ("kind", "a")]), Some(2.0));
}
