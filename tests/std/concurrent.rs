//! Many threads at once: nothing is lost, nothing is counted twice, no page shows what never was.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use picometer_std::{Counter, Family, Gauge, Histogram, Metric, Registry, Snapshot, Summary};

const THREADS: usize = 4;
const ROUNDS: usize = 20_000;

/// Runs `work` on several threads, and `watch` on this one until they are done.
fn together(work: impl Fn(usize) + Sync, mut watch: impl FnMut()) {
    let left = AtomicBool::new(true);
    std::thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || work(thread))).collect();
        let joiner = scope.spawn(|| {
            for thread in threads {
                thread.join().unwrap();
            }
            left.store(false, Ordering::Relaxed);
        });
        while left.load(Ordering::Relaxed) {
            watch();
        }
        joiner.join().unwrap();
    });
}

#[test]
fn totals_are_exact() {
    let registry = Registry::new();
    let counters = registry.register(Family::<Counter, 2>::new("a_total", "", ["x", "y"])).unwrap();
    let floats = registry.register(Metric::<Counter<f64>>::new("b_total", "")).unwrap();
    let gauge = registry.register(Metric::<Gauge<f64>>::new("c", "")).unwrap();
    let mut last = HashMap::new();
    together(
        |thread| {
            let kept = counters.handle(["kept", "0"]);
            for round in 0..ROUNDS {
                counters.with([["p", "q", "r"][round % 3], ["s", "t"][round % 2]]).inc();
                kept.inc();
                floats.inc_by(0.5);
                gauge.inc_by(if thread % 2 == 0 { 1.0 } else { -1.0 });
            }
        },
        || {
            let snapshot = Snapshot::of(&registry);
            for sample in snapshot.samples().filter(|sample| sample.name.ends_with("_total")) {
                let before = last.insert((sample.name.clone(), sample.labels.clone()), sample.value.as_f64()).unwrap_or(0.0);
                assert!(sample.value.as_f64() >= before, "a counter does not fall");
            }
        },
    );
    let snapshot = Snapshot::of(&registry);
    let total: f64 = snapshot.family("a_total").unwrap().samples.iter().map(|sample| sample.value.as_f64()).sum();
    assert_eq!(total, (2 * THREADS * ROUNDS) as f64);
    assert_eq!((counters.len(), floats.get(), gauge.get()), (7, (THREADS * ROUNDS) as f64 / 2.0, 0.0));
}

#[test]
fn every_scrape_of_a_histogram_and_a_summary_is_of_one_moment() {
    let registry = Registry::new();
    let histogram = registry.register(Family::<Histogram, 1>::new("a", "", ["x"]).buckets([1.0, 2.0, 4.0])).unwrap();
    let summary = registry.register(Metric::<Summary>::new("b", "")).unwrap();
    let mut scrapes = 0;
    together(
        |thread| {
            let histogram = histogram.handle(["1"]);
            for round in 0..ROUNDS {
                // Each bucket has one value, so that the sum is known from the counts.
                histogram.observe([1.0, 2.0, 4.0, 8.0][(round + thread) % 4]);
                summary.observe(3.0);
            }
        },
        || {
            let snapshot = Snapshot::of(&registry);
            let at = |le| snapshot.value("a_bucket", &[("x", "1"), ("le", le)]);
            if let (Some(one), Some(two), Some(four), Some(all)) = (at("1.0"), at("2.0"), at("4.0"), at("+Inf")) {
                let sum = one + 2.0 * (two - one) + 4.0 * (four - two) + 8.0 * (all - four);
                assert_eq!(snapshot.value("a_sum", &[("x", "1")]), Some(sum));
                assert_eq!(snapshot.value("a_count", &[("x", "1")]), Some(all));
            }
            assert_eq!(snapshot.value("b_sum", &[]), snapshot.value("b_count", &[]).map(|count| 3.0 * count));
            scrapes += 1;
        },
    );
    assert!(scrapes > 0);
    assert_eq!((histogram.with(["1"]).count(), summary.count()), ((THREADS * ROUNDS) as u64, (THREADS * ROUNDS) as u64));
}

#[test]
fn series_come_and_go_while_pages_are_written() {
    let registry = Registry::new();
    let family = registry.register(Family::<Counter, 2>::new("a_total", "", ["thread", "x"])).unwrap();
    let stay = family.handle(["all", "stays"]);
    together(
        |thread| {
            let thread = thread.to_string();
            for round in 0..ROUNDS / 4 {
                let x = (round % 50).to_string();
                family.with([&thread, &x]).inc();
                stay.inc();
                if round % 7 == 0 {
                    family.remove([&thread, &x]);
                }
                if round % 500 == 0 {
                    family.remove_matching(&[("thread", &thread)]);
                }
            }
        },
        || {
            let snapshot = Snapshot::of(&registry);
            let Some(family) = snapshot.family("a_total") else { return };
            let mut labels: Vec<_> = family.samples.iter().map(|sample| sample.labels.sorted()).collect();
            let count = labels.len();
            labels.sort_unstable();
            labels.dedup();
            assert_eq!(labels.len(), count, "no series is on a page twice");
            assert!(family.sample("a_total", &[("thread", "all"), ("x", "stays")]).is_some());
        },
    );
    assert_eq!(stay.get(), (THREADS * ROUNDS / 4) as u64);
}

#[test]
fn no_handle_is_left_with_a_series_that_is_too_old() {
    use std::time::Duration;
    // By this clock everything is too old at once.
    let clock = std::sync::atomic::AtomicU64::new(0);
    let family = Family::<Counter, 1>::new("a_total", "", ["x"])
        .ttl_with_clock(Duration::from_secs(1), move || Duration::from_secs(clock.fetch_add(10, Ordering::Relaxed)));
    together(
        |thread| {
            let x = thread.to_string();
            for round in 0..ROUNDS / 4 {
                let kept = family.handle([&x]);
                kept.inc();
                assert!(kept.get() > 0);
                if round % 2 == 0 {
                    // While it is kept it is on the pages: the one that is found is the one that is kept.
                    family.with([&x]).inc();
                    assert!(kept.get() >= 2);
                }
            }
        },
        || {
            family.expire();
        },
    );
}

#[test]
fn registering_and_scraping_at_once() {
    let registry = Registry::new();
    together(
        |thread| {
            for round in 0..100 {
                let metric = registry.register(Metric::<Counter>::new(&format!("t{thread}_{round}_total"), "")).unwrap();
                metric.inc();
                if round % 2 == 0 {
                    assert!(registry.unregister(&metric));
                }
            }
        },
        || {
            let page = crate::page(&registry);
            assert!(page.is_empty() || page.ends_with('\n'));
        },
    );
    assert_eq!(crate::samples(&registry).len(), THREADS * 50);
}
