//! Threads that count in spans of their own while others write pages.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use picometer_std::exemplar::{ExemplarSampling, SpanContext};
use picometer_std::{CounterWithExemplar, Format, HistogramWithExemplars, Metric, Registry, render};

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
    let done = AtomicBool::new(false);
    let seen = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = BTreeSet::new();
            loop {
                let last = done.load(Ordering::Relaxed);
                let mut page = Vec::new();
                render(&registry, Format::OpenMetrics100, &mut page);
                let page = String::from_utf8(page).unwrap();
                for (sample, span, value) in exemplars(&page) {
                    // The span says which value was observed in it.
                    assert!(value == span as f64 || sample.starts_with("events_total ") && value == 1.0, "{sample}: {span} {value}");
                    match sample.split(' ').next().unwrap() {
                        "values_bucket{le=\"1000.0\"}" => assert!(value <= 1e3),
                        "values_bucket{le=\"10000.0\"}" => assert!(value > 1e3 && value <= 1e4),
                        "values_bucket{le=\"+Inf\"}" => assert!(value > 1e4),
                        counter => assert_eq!(counter, "events_total"),
                    }
                    assert!(!sample.ends_with(" 0"), "an exemplar of nothing: {sample}");
                    seen.insert(span);
                }
                if last {
                    return seen;
                }
            }
        });
        let writers = [1, 2].map(|writer| {
            let (values, events) = (&values, &events);
            scope.spawn(move || {
                for step in 0..TIMES {
                    let value = step * 2 + writer;
                    CURRENT.set(SpanContext::new(1, value));
                    values.observe(value as f64);
                    events.inc();
                }
            })
        });
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        done.store(true, Ordering::Relaxed);
        reader.join().unwrap()
    });
    assert_eq!((values.count(), events.get()), (2 * TIMES, 2 * TIMES));
    // The last ones are still there, and are those of three buckets and a counter.
    assert!(seen.len() >= 3, "{seen:?}");
}
