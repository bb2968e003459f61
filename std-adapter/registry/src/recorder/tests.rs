//! What macros do, seen on the page.

use super::*;
use picometer::Format;
use picometer_std::sample_value;

use crate::Metric;
use crate::tests::{at_once, page, turns};
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram, with_local_recorder};

#[test]
fn everything_that_macros_do_is_seen() {
    let registry = Registry::new();
    let recorder = Recorder::new(&registry);
    let value = |name: &str, labels: &[(&str, &str)]| sample_value(&registry, name, labels);
    with_local_recorder(&recorder, || {
        let served = counter!("http.served", "code" => "200", "method" => "GET");
        served.increment(3);
        counter!("http.served", "method" => "GET", "code" => "200").increment(1);
        counter!("http.served", "code" => 500.to_string()).increment(1);
        counter!("bytes_total").absolute(70);
        counter!("bytes_total").absolute(60);
        counter!("bytes_total").increment(1);
        let level = gauge!("level");
        level.set(2.5);
        level.increment(1.0);
        level.decrement(0.25);
        let seconds = histogram!("seconds", "route" => "/a");
        seconds.record(0.2);
        seconds.record(std::time::Duration::from_millis(30));
        seconds.record_many(7.0, 3);
    });
    assert_eq!(value("http_served_total", &[("method", "GET"), ("code", "200")]), Some(4.0));
    assert_eq!(value("http_served_total", &[("code", "500")]), Some(1.0));
    assert_eq!(value("bytes_total", &[]), Some(71.0));
    assert_eq!(value("level", &[]), Some(3.25));
    assert_eq!(value("seconds_count", &[("route", "/a")]), Some(5.0));
    assert_eq!(value("seconds_bucket", &[("route", "/a"), ("le", "0.05")]), Some(1.0));
    assert!((value("seconds_sum", &[("route", "/a")]).unwrap() - 21.23).abs() < 1e-9);
    assert!(recorder.refusals().is_empty());
}

#[test]
fn help_comes_early_or_late_and_units_only_where_they_fit() {
    let registry = Registry::new();
    with_local_recorder(&Recorder::new(&registry), || {
        describe_gauge!("queue", Unit::Count, "Jobs that wait.");
        gauge!("queue").set(1);
        counter!("sent_bytes").increment(1);
        describe_counter!("sent_bytes", Unit::Bytes, "What was sent.");
        describe_histogram!("took", Unit::Seconds, "Not used yet.");
    });
    let expected = "# HELP queue Jobs that wait.\n# TYPE queue gauge\nqueue 1.0\n\
        # HELP sent_bytes What was sent.\n# TYPE sent_bytes counter\n# UNIT sent_bytes bytes\nsent_bytes_total 1\n# EOF\n";
    assert_eq!(page(&registry, Format::OpenMetrics100), expected);
}

#[test]
fn names_that_cannot_be_are_changed() {
    let registry = Registry::new();
    with_local_recorder(&Recorder::new(&registry), || {
        counter!("9 é:lives-total", "a.b" => "1", "a_b" => "2", "__name__" => "x", "0" => "y").increment(1);
        counter!("9_é:lives-total", "a_b" => "2", "__name__" => "x", "0" => "y").increment(1);
        histogram!("h", "le" => "1").record(100.0);
        gauge!("").set(1);
    });
    let page = page(&registry, Format::Text004);
    assert!(page.contains("\n_9__:lives_total{_0=\"y\",a_b=\"2\",exported___name__=\"x\"} 2\n"), "{page}");
    assert!(page.contains("\nh_bucket{exported_le=\"1\",le=\"+Inf\"} 1\n") && page.contains("\n_ 1\n"), "{page}");
}

#[test]
fn a_name_that_is_taken_is_refused_and_said() {
    let registry = Registry::new();
    registry.register(Metric::<Gauge>::new("jobs", "")).unwrap().set(9.0);
    let recorder = Recorder::new(&registry);
    with_local_recorder(&recorder, || {
        for _ in 0..3 {
            gauge!("jobs").set(1.0);
            counter!("mine").increment(1);
            gauge!("mine").increment(1.0);
        }
    });
    let refused = recorder.refusals();
    assert_eq!(refused.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["jobs", "mine"]);
    assert!(matches!(refused[0].1, RegisterError::Collision { .. }));
    let page = page(&registry, Format::Text004);
    assert!(page.contains("\njobs 9\n") && page.contains("\nmine_total 3\n") && !page.contains("\nmine 3"), "{page}");
    assert!(page.contains("\npicometer_recorder_refused_total{metric=\"mine\"} 1\n"), "{page}");
}

#[test]
fn a_description_alone_owns_no_name() {
    let registry = Registry::new();
    let recorder = Recorder::new(&registry);
    with_local_recorder(&recorder, || {
        describe_counter!("pool.size", "Described as what it is not.");
        gauge!("pool.size").set(5.0);
        describe_histogram!("jobs", "Not used.");
        counter!("jobs").increment(1);
    });
    assert_eq!(recorder.refusals(), []);
    assert_eq!(sample_value(&registry, "pool_size", &[]), Some(5.0));
    assert_eq!(sample_value(&registry, "jobs_total", &[]), Some(1.0));
}

#[test]
fn name_of_a_moment_of_creation_gives_way() {
    // Whatever comes first, and where a histogram or a counter has the moment.
    for turn in 0..8 {
        let registry = Registry::new();
        let nested = registry.nested("app_", [("service", "shop")]).unwrap();
        let recorder = Recorder::new(&nested);
        let name = if turn & 1 == 0 { "jobs" } else { "wait" };
        let owner =
            |amount: u64| if name == "jobs" { counter!("jobs").increment(amount) } else { histogram!("wait").record(amount as f64) };
        let created = format!("{name}_created");
        let other = || if turn & 4 == 0 { gauge!(created.clone()).set(3.0) } else { histogram!(created.clone()).record(3.0) };
        with_local_recorder(&recorder, || {
            if turn & 2 == 0 {
                owner(2);
            }
            other();
            owner(2);
            other();
        });
        let labels = [("service", "shop")];
        let shown = if name == "jobs" { "app_jobs_total" } else { "app_wait_count" };
        assert!(sample_value(&registry, shown, &labels) >= Some(1.0));
        let moved = format!("app_exported_{created}{}", if turn & 4 == 0 { "" } else { "_sum" });
        assert!(sample_value(&registry, &moved, &labels) >= Some(3.0), "{}", page(&registry, Format::Text004));
        let [(refused, RegisterError::Collision { .. })] = &*recorder.refusals() else { panic!("{:?}", recorder.refusals()) };
        assert_eq!(**refused, created);
        let count = [("service", "shop"), ("metric", &*created)];
        assert_eq!(sample_value(&registry, "app_picometer_recorder_refused_total", &count), Some(1.0));
    }
}

#[test]
fn renamed_metric_gives_way_again() {
    let registry = Registry::new();
    registry.register(Metric::<Gauge>::new("exported_jobs_created", "")).unwrap();
    let recorder = Recorder::new(&registry);
    with_local_recorder(&recorder, || {
        gauge!("jobs_created").set(3.0);
        counter!("jobs").increment(1);
        counter!("exported_exported_jobs").increment(1);
        // Of no counter.
        gauge!("other_created").set(4.0);
    });
    assert_eq!(sample_value(&registry, "exported_exported_exported_jobs_created", &[]), Some(3.0));
    assert_eq!(sample_value(&registry, "exported_exported_jobs_total", &[]), Some(1.0));
    assert_eq!((sample_value(&registry, "jobs_total", &[]), sample_value(&registry, "other_created", &[])), (Some(1.0), Some(4.0)));
}

#[test]
fn counters_and_histograms_take_exemplars() {
    use crate::NativeBuckets;
    use crate::exemplar::{ExemplarSampling, SpanContext};

    let registry = Registry::new();
    let native = NativeBuckets::new().classic([1.0]).unwrap();
    let measure = || {
        counter!("jobs").increment(2);
        counter!("bytes").absolute(70);
        histogram!("seconds").record(0.5);
        histogram!("size").record(0.5);
        gauge!("level").set(1.0);
    };
    let recorder = Recorder::new(&registry).native_histograms_of("size", &native).exemplars(|| SpanContext::new(7, 9));
    with_local_recorder(&recorder, measure);
    let all = page(&registry, Format::OpenMetrics100);
    let span = "# {trace_id=\"00000000000000000000000000000007\",span_id=\"0000000000000009\"}";
    for start in ["jobs_total 2 ", "bytes_total 70 ", "seconds_bucket{le=\"0.5\"} 1 ", "size_bucket{le=\"1.0\"} 1 "] {
        assert!(all.lines().any(|line| line.starts_with(&format!("{start}{span}"))), "{start}: {all}");
    }
    assert_eq!(all.matches(span).count(), 4);
    let registry = Registry::new();
    with_local_recorder(&Recorder::new(&registry).exemplars(ExemplarSampling::off()), measure);
    assert!(!page(&registry, Format::OpenMetrics100).contains("trace_id"));
}

#[test]
fn labels_of_the_registry_rename_those_of_the_recorder() {
    let registry = Registry::new();
    let nested = registry.nested("", [("service", "shop")]).unwrap();
    let recorder = Recorder::new(&nested).max_series(3);
    with_local_recorder(&recorder, || {
        counter!("calls", "service" => "dependency", "overflow" => "x").increment(1);
        counter!("calls", "peer" => "").increment(2);
        counter!("calls").increment(3);
    });
    let page = page(&registry, Format::Text004);
    let expected = "calls_total{service=\"shop\",exported_overflow=\"x\",exported_service=\"dependency\"} 1\n\
        calls_total{service=\"shop\"} 5\n";
    assert!(page.ends_with(expected), "{page}");
    assert_eq!(registry.failures(), []);
}

#[test]
fn a_refusal_names_the_place_of_the_recorder() {
    let registry = Registry::new();
    registry.register(Metric::<Gauge>::new("jobs", "")).unwrap();
    let (recorder, line) = (Recorder::new(&registry), line!());
    with_local_recorder(&recorder, || gauge!("jobs").set(1.0));
    let Some((_, RegisterError::Collision { second, .. })) = recorder.refusals().pop() else { panic!() };
    assert_eq!((second.place().file(), second.place().line()), (file!(), line));
}

#[test]
fn threads_meet_in_one_series() {
    let registry = Registry::new();
    let recorder = Recorder::new(&registry);
    at_once(8, |_| {
        with_local_recorder(&recorder, || {
            for turn in 0..turns(1_000) {
                counter!("turns", "of" => (turn % 10).to_string()).increment(1);
            }
        });
    });
    for of in 0..10 {
        assert_eq!(sample_value(&registry, "turns_total", &[("of", &of.to_string())]), Some(0.8 * f64::from(turns(1_000))));
    }
}
