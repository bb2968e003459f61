//! Metrics and families that are statics, without a lock or a count of holders in front of them.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use picometer_std::{
    Collector, Counter, CounterWithExemplar, Desc, Family, Gauge, GaugeHistogram, Histogram, Metric, NamedStates, NativeHistogram,
    QuantileSummary, Registry, Summary,
};

use crate::page;

fn page_of<T: Collector>(metric: &'static T) -> String {
    let registry = Registry::new();
    registry.register(metric).unwrap();
    page(&registry)
}

#[test]
fn every_cell_can_be_a_static() {
    static COUNTER: Metric<Counter> = Metric::declare("a_total", "");
    static FLOAT: Metric<Counter<f64>> = Metric::declare("b_total", "");
    static GAUGE: Metric<Gauge<i64>> = Metric::declare("c", "");
    static HISTOGRAM: Metric<Histogram> = Metric::<Histogram>::declare("d", "").with_bounds(&[1.0, 2.0]);
    static WAITING: Metric<GaugeHistogram> = Metric::declare("e", "");
    static NATIVE: Metric<NativeHistogram> = Metric::declare("f", "");
    static SUMMARY: Metric<Summary> = Metric::declare("g", "");
    static QUANTILES: Metric<QuantileSummary> = Metric::declare("h", "");
    static STATES: Metric<NamedStates> = Metric::<NamedStates>::declare("i", "").config_by(|| ["on".into(), "off".into()].into());
    static EXEMPLAR: Metric<CounterWithExemplar> = Metric::declare("j_total", "");
    static UNIT: Metric<Gauge> = Metric::declare_as(Desc::gauge("k_seconds", "").namespace("n").unit("seconds"));
    assert_eq!(COUNTER.get(), 0);
    COUNTER.inc();
    FLOAT.inc_by(1.5);
    GAUGE.dec();
    HISTOGRAM.observe(1.5);
    WAITING.insert(0.1);
    NATIVE.observe(1.0);
    SUMMARY.observe(1.0);
    QUANTILES.observe(1.0);
    assert!(STATES.set("off"));
    EXEMPLAR.inc();
    UNIT.set(2.0);
    let registry = Registry::new();
    let all: [&'static dyn Collector; 11] =
        [&COUNTER, &FLOAT, &GAUGE, &HISTOGRAM, &WAITING, &NATIVE, &SUMMARY, &QUANTILES, &STATES, &EXEMPLAR, &UNIT];
    all.into_iter().for_each(|metric| drop(registry.register(metric).unwrap()));
    let page = page(&registry);
    for line in [
        "a_total 1",
        "b_total 1.5",
        "c -1",
        "d_bucket{le=\"2.0\"} 1",
        "e_bucket{le=\"+Inf\"} 1",
        "f_count 1",
        "g_count 1",
        "h_count 1",
        "i{i=\"on\"} 0",
        "i{i=\"off\"} 1",
        "j_total 1",
        "n_k_seconds 2",
    ] {
        assert!(page.lines().any(|found| found == line), "no {line} in\n{page}");
    }
}

#[test]
fn static_is_at_zero_before_its_first_use() {
    static COUNTER: Metric<Counter> = Metric::declare("untouched_total", "Not touched.");
    static HISTOGRAM: Metric<Histogram> = Metric::declare("untouched_seconds", "Not touched.");
    COUNTER.reset();
    assert!(page_of(&COUNTER).ends_with("untouched_total 0\n"));
    assert!(page_of(&HISTOGRAM).ends_with("untouched_seconds_count 0\n"));
}

#[test]
fn static_family_takes_cap_and_ttl() {
    static CAPPED: Family<Counter, 1> = Family::declare("capped_total", "Capped.", ["path"]).max_series(2);
    static SHORT: Family<Counter, 1> = Family::declare("short_total", "Short.", ["path"]).ttl(Duration::ZERO);
    static LEAN: Family<Counter, 2> = Family::declare("lean_total", "Lean.", ["a", "b"]).compact();
    for path in ["/", "/a", "/b", "/c"] {
        CAPPED.with([path]).inc();
    }
    assert_eq!((CAPPED.len(), CAPPED.overflowed()), (2, 2));
    assert!(page_of(&CAPPED).contains("\ncapped_total{overflow=\"true\"} 2\n"));
    assert!(page_of(&CAPPED).contains("\ncapped_folded_total 2\n"));
    SHORT.with(["/"]).inc();
    let registry = Registry::new();
    registry.register(&SHORT).unwrap();
    assert!(page(&registry).contains("short_total{path=\"/\"} 1"));
    assert_eq!(page(&registry).matches("short_total{").count(), 0, "it was shown, and not used since");
    LEAN.with(["1", "2\n"]).inc();
    LEAN.with(["1", "2"]).inc();
    assert!(page_of(&LEAN).contains("lean_total{a=\"1\",b=\"2\"} 1\n"));
    assert!(page_of(&LEAN).contains("lean_total{a=\"1\",b=\"2\\n\"} 1\n"));
}

#[test]
fn static_family_is_empty_until_its_first_series() {
    static FAMILY: Family<Counter, 1> = Family::declare("empty_total", "Empty.", ["code"]);
    assert!(FAMILY.is_empty() && FAMILY.get(["200"]).is_none());
    assert!(!FAMILY.remove(["200"]));
    assert_eq!((FAMILY.remove_matching(&[("code", "200")]), FAMILY.expire()), (0, 0));
    FAMILY.clear();
    FAMILY.for_each(|_, _| panic!("there is none"));
    assert_eq!(page_of(&FAMILY).matches("empty_total{").count(), 0);
    FAMILY.with(["200"]).inc();
    assert_eq!(FAMILY.get(["200"]).unwrap().get(), 1);
    assert!(FAMILY.remove(["200"]) && FAMILY.is_empty());
    FAMILY.with(["200"]).inc();
    assert_eq!(FAMILY.with(["200"]).get(), 1, "it starts anew");
}

#[test]
fn first_use_by_many_threads_loses_nothing() {
    static COUNTER: Metric<Counter> = Metric::declare("first_total", "");
    static GAUGE: Metric<Gauge<i64>> = Metric::declare("first_gauge", "");
    static HISTOGRAM: Metric<Histogram> = Metric::declare("first_seconds", "");
    static FAMILY: Family<Counter, 1> = Family::declare("first_codes_total", "", ["code"]);
    const THREADS: usize = 1_000;
    let barrier = std::sync::Barrier::new(THREADS);
    thread::scope(|scope| {
        for number in 0..THREADS {
            let barrier = &barrier;
            thread::Builder::new()
                .stack_size(64 * 1024)
                .spawn_scoped(scope, move || {
                    barrier.wait();
                    for _ in 0..10 {
                        COUNTER.inc();
                        GAUGE.inc();
                        HISTOGRAM.observe(0.1);
                        FAMILY.with([["200", "404", "500"][number % 3]]).inc();
                    }
                })
                .unwrap();
        }
    });
    assert_eq!(COUNTER.get(), 10 * THREADS as u64);
    assert_eq!(GAUGE.get(), 10 * THREADS as i64);
    assert_eq!(HISTOGRAM.count(), 10 * THREADS as u64);
    let (mut sum, mut codes) = (0, BTreeSet::new());
    FAMILY.for_each(|[code], counter| {
        assert!(codes.insert(code.to_owned()), "{code} is there twice");
        sum += counter.get();
    });
    assert_eq!((sum, codes.len(), FAMILY.len()), (10 * THREADS as u64, 3, 3));
}

#[test]
fn statics_have_places_of_their_own() {
    static ONE: Metric<Counter> = Metric::declare("one_total", "");
    static OTHER: Metric<Counter> = Metric::declare("other_total", "");
    ONE.inc();
    let between = Counter::<u64>::new();
    between.inc_by(5);
    OTHER.inc_by(2);
    drop(between);
    let next = Counter::<u64>::new();
    assert_eq!((ONE.get(), OTHER.get(), next.get()), (1, 2, 0));
}

#[test]
fn thread_local_destructor_counts_in_static() {
    static COUNTER: Metric<Counter> = Metric::declare("destroyed_total", "");
    static FAMILY: Family<Counter, 1> = Family::declare("destroyed_codes_total", "", ["code"]);
    struct Last;
    impl Drop for Last {
        fn drop(&mut self) {
            COUNTER.inc();
            FAMILY.with(["200"]).inc();
        }
    }
    thread_local! { static LAST: Last = const { Last }; }
    thread::spawn(|| LAST.with(|_| ())).join().unwrap();
    assert_eq!((COUNTER.get(), FAMILY.with(["200"]).get()), (1, 1));
}
