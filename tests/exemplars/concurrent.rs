//! Threads that count in spans of their own while others write pages.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use picometer_std::exemplar::{ExemplarSampling, SpanContext};
use picometer_std::{CounterWithExemplar, Format, HistogramWithExemplars, Metric, Registry};

use super::support::{beside, page_in};

thread_local! { static CURRENT: Cell<Option<SpanContext>> = const { Cell::new(None) }; }

/// All samples of the page that have an exemplar: the name with labels, the exemplar's span, and its value.
fn exemplars(page: &str) -> Vec<(&str, u64, f64)> {
    let lines = page.lines().filter_map(|line| line.split_once(" # {trace_id=\"00000000000000000000000000000001\",span_id=\""));
    let read = |(sample, exemplar): (_, &str)| {
        let (span, rest) = exemplar.split_once("\"} ").unwrap();
        (sample, u64::from_str_radix(span, 16).unwrap(), rest.split(' ').next().unwrap().parse().unwrap())
    };
    lines.map(|(sample, exemplar)| read((sample, exemplar))).collect()
}

#[test]
fn every_exemplar_is_whole_and_in_its_bucket() {
    const TIMES: u64 = 20_000;
    let often = ExemplarSampling::new(|| CURRENT.try_with(Cell::get).ok()?).min_retention(Duration::ZERO);
    let registry = Registry::new();
    let values = Metric::<HistogramWithExemplars>::new("values", "").buckets([1_000.0, 10_000.0]).exemplars(often.clone());
    let values = registry.register(values).unwrap();
    let events = registry.register(Metric::<CounterWithExemplar>::new("events_total", "").exemplars(often)).unwrap();
    let seen = Mutex::new(BTreeSet::new());
    let read = |_| {
        for (sample, span, value) in exemplars(&page_in(&registry, Format::OpenMetrics100)) {
            // The span says which value was observed in it.
            assert!(value == span as f64 || sample.starts_with("events_total ") && value == 1.0, "{sample}: {span} {value}");
            match sample.split(' ').next().unwrap() {
                "values_bucket{le=\"1000.0\"}" => assert!(value <= 1e3),
                "values_bucket{le=\"10000.0\"}" => assert!(value > 1e3 && value <= 1e4),
                "values_bucket{le=\"+Inf\"}" => assert!(value > 1e4),
                counter => assert_eq!(counter, "events_total"),
            }
            assert!(!sample.ends_with(" 0"), "an exemplar of nothing: {sample}");
            seen.lock().unwrap().insert(span);
        }
    };
    let write = |writer: u64| {
        for value in (writer..).step_by(2).take(TIMES as usize) {
            CURRENT.set(SpanContext::new(1, value));
            values.observe(value as f64);
            events.inc();
        }
    };
    beside(&[&read], || {
        thread::scope(|scope| {
            scope.spawn(|| write(1));
            scope.spawn(|| write(2));
        });
    });
    read(0);
    let seen = seen.into_inner().unwrap();
    assert_eq!((values.count(), events.get()), (2 * TIMES, 2 * TIMES));
    // The last ones are still there, and are those of three buckets and a counter.
    assert!(seen.len() >= 3, "{seen:?}");
}
