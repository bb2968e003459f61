//! Metrics of other libraries on one page with ours.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use picometer_std::{Bridge, Counter, Format, Metric, RegisterError, Registry, Snapshot, assert_page, sample_value};
use prometheus_client::metrics::family::Family as OtherFamily;

/// A registry of the crate `prometheus` with each of its types.
fn prometheus() -> prometheus::Registry {
    let registry = prometheus::Registry::new();
    let requests = prometheus::IntCounterVec::new(prometheus::opts!("old_requests_total", "Requests."), &["code"]).unwrap();
    requests.with_label_values(&["200"]).inc_by(7);
    requests.with_label_values(&["5\"\n"]).inc();
    registry.register(Box::new(requests)).unwrap();
    let load = prometheus::Gauge::new("old_load", "Load \\ of it.").unwrap();
    load.set(0.5);
    registry.register(Box::new(load)).unwrap();
    let seconds = prometheus::Histogram::with_opts(prometheus::histogram_opts!("old_seconds", "Times.", vec![0.1, 1.0])).unwrap();
    seconds.observe(0.25);
    registry.register(Box::new(seconds)).unwrap();
    registry
}

#[test]
fn prometheus_and_ours_are_on_one_page() {
    let old = prometheus();
    let registry = Registry::new();
    registry.register(Metric::<Counter>::new("new_total", "New ones.")).unwrap().inc();
    registry.register(Bridge::new("prometheus", move || prometheus::TextEncoder::new().encode_to_string(&old.gather()))).unwrap();
    assert_page(
        &registry,
        r#"
        # HELP new_total New ones.
        # TYPE new_total counter
        new_total 1
        # HELP picometer_bridge_prometheus_up Whether the page of the other library could be read.
        # TYPE picometer_bridge_prometheus_up gauge
        picometer_bridge_prometheus_up 1
        # HELP old_load Load \\ of it.
        # TYPE old_load gauge
        old_load 0.5
        # HELP old_requests_total Requests.
        # TYPE old_requests_total counter
        old_requests_total{code="200"} 7
        old_requests_total{code="5\"\n"} 1
        # HELP old_seconds Times.
        # TYPE old_seconds histogram
        old_seconds_bucket{le="0.1"} 0
        old_seconds_bucket{le="1.0"} 1
        old_seconds_bucket{le="+Inf"} 1
        old_seconds_sum 0.25
        old_seconds_count 1
        "#,
    );
    // Also where the scraper asks for another format.
    let open = crate::in_format(&registry, Format::OpenMetrics100);
    assert!(open.contains("# TYPE old_requests counter\n") && open.ends_with("# EOF\n"), "{open}");
}

#[test]
fn prometheus_client_and_ours_are_on_one_page() {
    let mut old = prometheus_client::registry::Registry::default();
    let jobs = OtherFamily::<Vec<(String, String)>, prometheus_client::metrics::counter::Counter>::default();
    jobs.get_or_create(&vec![("kind".to_owned(), "mail".to_owned())]).inc_by(3);
    old.register("old_jobs", "Jobs", jobs.clone());
    let registry = Registry::new();
    let write = move || {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &old).map(|()| text)
    };
    registry.register(Bridge::new("client", write)).unwrap();
    assert_eq!(sample_value(&registry, "old_jobs_total", &[("kind", "mail")]), Some(3.0));
    // Each page has the values of now.
    jobs.get_or_create(&vec![("kind".to_owned(), "mail".to_owned())]).inc();
    assert_eq!(sample_value(&registry, "old_jobs_total", &[("kind", "mail")]), Some(4.0));
}

#[test]
fn name_of_both_libraries_is_refused() {
    let old = prometheus();
    let registry = Registry::new();
    registry.register(Metric::<Counter>::new("old_requests_total", "")).unwrap();
    let bridge = Bridge::new("prometheus", move || prometheus::TextEncoder::new().encode_to_string(&old.gather()));
    let error = registry.register(bridge).unwrap_err();
    assert!(matches!(&error, RegisterError::Collision { second, .. } if second.family() == "old_requests_total"), "{error}");
}

#[test]
fn source_that_fails_costs_its_own_families_only() {
    let turn = Arc::new(AtomicU32::new(0));
    let turns = turn.clone();
    let registry = Registry::new();
    let source = move || {
        match turns.load(Ordering::Relaxed) {
            0 => Ok("old 1\n"),
            1 => Ok("old 1\nold{ 2\n"),
            2 => Err("the pool is closed"),
            3 => panic!("as it should"),
            _ => Ok("old 2\n"),
        }
        .map(str::to_owned)
    };
    registry.register(Bridge::new("old", source)).unwrap();
    registry.register(Metric::<Counter>::new("mine_total", "")).unwrap();
    for (state, reason) in [(1, "line 2, column 6"), (2, "the pool is closed"), (3, "it panicked: as it should")] {
        turn.store(state, Ordering::Relaxed);
        let page = Snapshot::of(&registry);
        assert_eq!((page.value("old", &[]), page.value("mine_total", &[])), (None, Some(0.0)), "{state}");
        let failures = registry.failures();
        assert!(failures[0].reason.contains(reason), "{failures:?}");
    }
    turn.store(4, Ordering::Relaxed);
    assert_eq!(sample_value(&registry, "old", &[]), Some(2.0));
}

#[test]
fn page_in_pieces_is_of_one_text() {
    // Each text has a family more in front than the one before.
    let turn = AtomicU32::new(0);
    let source = move || {
        let last = turn.fetch_add(1, Ordering::Relaxed) + 3;
        Ok::<_, String>((0..last).rev().map(|at| format!("old_{at} {last}\n")).collect::<String>())
    };
    let registry = Registry::new();
    registry.register(Bridge::new("old", source)).unwrap();
    let text = crate::in_pieces(&registry, Format::Text004, 140, |_, _| ()).unwrap();
    let samples: Vec<&str> = text.lines().filter(|line| line.starts_with("old_")).collect();
    let value = samples[0].split(' ').nth(1).unwrap();
    let expected: Vec<String> = (0..value.parse().unwrap()).rev().map(|at| format!("old_{at} {value}")).collect();
    assert_eq!(samples, expected, "{text}");
}
