//! What libraries measure by the macros of the crate `metrics`: how it is limited, ages, and goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use metrics::{counter, gauge, histogram, with_local_recorder};
use picometer_std::recorder::Recorder;
use picometer_std::{BucketBounds, Format, NativeBuckets, Registry, Snapshot};

use crate::accepted::accepted;
use crate::{in_format, samples};

fn clock() -> (Arc<AtomicU64>, impl Fn() -> Duration + Send + Sync + 'static) {
    let millis = Arc::new(AtomicU64::new(0));
    let source = millis.clone();
    (millis, move || Duration::from_millis(source.load(Ordering::Relaxed)))
}

fn bounds(all: &[f64]) -> BucketBounds {
    BucketBounds::new(all).unwrap()
}

#[test]
fn shapes_of_histograms_go_by_name() {
    let registry = Registry::new();
    let recorder = Recorder::new(&registry)
        .buckets(&bounds(&[1.0]))
        .buckets_of("*_seconds", &bounds(&[1.0, 2.0]))
        .buckets_of("db.*", &bounds(&[1.0, 2.0, 3.0]))
        .buckets_of("db.query_seconds", &bounds(&[1.0, 2.0, 3.0, 4.0]))
        .native_histograms_of("*.native", &NativeBuckets::new());
    let names = ["other", "a_seconds", "db.x", "db.query_seconds", "a.native"];
    with_local_recorder(&recorder, || names.iter().for_each(|name| histogram!(*name).record(0.5)));
    let lines = samples(&registry);
    let buckets = |name: &str| {
        let start = format!("{}_bucket{{", name.replace('.', "_"));
        lines.iter().filter(|line| line.starts_with(&start)).count()
    };
    assert_eq!(names.map(buckets), [2, 3, 4, 5, 1]);
    assert!(lines.contains(&"a_native_count 1".into()));
    let registry = Registry::new();
    let recorder = Recorder::new(&registry).native_histograms(&NativeBuckets::new()).buckets_of("a", &bounds(&[1.0]));
    with_local_recorder(&recorder, || ["a", "b"].iter().for_each(|name| histogram!(*name).record(0.5)));
    assert_eq!(samples(&registry).iter().filter(|line| line.contains("_bucket")).count(), 3);
}

#[test]
fn series_that_macros_do_not_use_go() {
    let registry = Registry::new();
    let (now, source) = clock();
    let recorder = Recorder::new(&registry).ttl_with_clock(Duration::from_secs(60), source);
    let mut kept = None;
    for second in 0..=600 {
        now.store(second * 1_000, Ordering::Relaxed);
        with_local_recorder(&recorder, || {
            counter!("calls", "peer" => "busy").increment(1);
            if second == 10 {
                counter!("calls", "peer" => "idle").increment(1);
                histogram!("took", "peer" => "idle").record(1.0);
                gauge!("level", "peer" => "idle").set(1);
                kept = Some(counter!("calls", "peer" => "kept"));
            }
        });
        if second % 60 == 0 {
            let lines = samples(&registry);
            assert!(lines.contains(&format!("calls_total{{peer=\"busy\"}} {}", second + 1)), "{second}: {lines:?}");
            let has = |text: &str| lines.iter().any(|line| line.contains(text));
            assert_eq!(has("idle"), (60..=120).contains(&second) && second < 120, "{second}: {lines:?}");
            assert_eq!(has("kept"), second >= 60);
        }
    }
    kept.take().unwrap().increment(7);
    now.store(1_000_000, Ordering::Relaxed);
    assert!(samples(&registry).contains(&"calls_total{peer=\"kept\"} 7".into()), "what a handle counted is shown once");
    now.store(1_100_000, Ordering::Relaxed);
    assert!(samples(&registry).is_empty() && recorder.handle().is_empty());
    with_local_recorder(&recorder, || counter!("calls", "peer" => "kept").increment(1));
    assert_eq!(samples(&registry), ["calls_total{peer=\"kept\"} 1"], "it starts anew");
}

/// What a library keeps is used as long as it keeps it, whether pages come meanwhile or not.
#[test]
fn kept_handle_is_use_until_it_goes() {
    for pages in [false, true] {
        let registry = Registry::new();
        let (now, source) = clock();
        let recorder = Recorder::new(&registry).ttl_with_clock(Duration::from_secs(300), source);
        let page_at = |second: u64| {
            now.store(second * 1_000, Ordering::Relaxed);
            samples(&registry).len()
        };
        let kept = with_local_recorder(&recorder, || (counter!("calls"), gauge!("level"), histogram!("took")));
        for second in [500, 1_000] {
            now.store(second * 1_000, Ordering::Relaxed);
            if pages {
                page_at(second);
            }
        }
        kept.0.increment(1);
        kept.1.set(2);
        kept.2.record(3);
        drop(kept);
        let all = page_at(1_299);
        assert!(all > 3);
        assert_eq!((page_at(1_301), recorder.handle().len()), (all, 3), "{pages}");
        assert_eq!((page_at(1_601), recorder.handle().len()), (0, 0));
    }
}

#[test]
fn series_of_macros_are_bounded_without_scrapers() {
    let registry = Registry::new();
    let (now, source) = clock();
    let recorder = Recorder::new(&registry).max_series(usize::MAX).ttl_with_clock(Duration::from_secs(1), source);
    let handle = recorder.handle();
    let mut most = 0;
    with_local_recorder(&recorder, || {
        for peer in 0..50_000 {
            now.fetch_add(1, Ordering::Relaxed);
            counter!("calls", "peer" => peer.to_string()).increment(1);
            if peer % 100 == 0 {
                most = most.max(handle.len());
            }
        }
    });
    assert!((1_000..10_000).contains(&most), "{most}");
}

#[test]
fn recorder_has_limits_from_the_start() {
    let registry = Registry::new();
    let recorder = Recorder::new(&registry);
    with_local_recorder(&recorder, || {
        for peer in 0..10_100 {
            counter!("calls", "peer" => peer.to_string()).increment(1);
        }
    });
    assert_eq!(recorder.handle().len(), 10_000);
    let snapshot = Snapshot::of(&registry);
    assert_eq!(snapshot.value("calls_total", &[("overflow", "true")]), Some(100.0));
    assert_eq!(snapshot.value("picometer_recorder_folded_total", &[("metric", "calls_total")]), Some(100.0));
    let registry = Registry::new();
    let recorder = Recorder::new(&registry).max_metrics(3);
    with_local_recorder(&recorder, || {
        for name in 0..5 {
            gauge!(format!("level{name}")).set(1);
            gauge!(format!("level{name}"), "a" => "b").set(2);
        }
    });
    let lines = samples(&registry);
    assert_eq!(lines.iter().filter(|line| line.starts_with("level")).count(), 6);
    assert!(lines.contains(&"picometer_recorder_folded_total{metric=\"other metrics\"} 4".into()), "{lines:?}");
}

#[test]
fn idle_series_make_way_at_the_cap() {
    let registry = Registry::new();
    let (now, source) = clock();
    let recorder = Recorder::new(&registry).max_series(2).ttl_with_clock(Duration::from_secs(1), source);
    let call = |peer: &'static str| with_local_recorder(&recorder, || counter!("calls", "peer" => peer).increment(1));
    ["a", "b", "c"].into_iter().for_each(call);
    samples(&registry);
    samples(&registry);
    now.store(2_000, Ordering::Relaxed);
    call("d");
    assert!(samples(&registry).contains(&"calls_total{peer=\"d\"} 1".into()));
}

#[test]
fn removed_series_count_unseen_and_come_back_anew() {
    let registry = Registry::new();
    let recorder = Recorder::new(&registry);
    let handle = recorder.handle();
    let call = |peer: &'static str, code: &'static str| counter!("calls", "peer.name" => peer, "code" => code);
    let kept = with_local_recorder(&recorder, || {
        for (peer, code) in [("a", "1"), ("a", "2"), ("b", "1"), ("b", "2")] {
            call(peer, code).increment(1);
        }
        histogram!("calls.took", "peer.name" => "a").record(1.0);
        call("a", "1")
    });
    assert_eq!((handle.len(), handle.remove_matching("calls", &[("peer.name", "a")])), (5, 2));
    assert_eq!(handle.remove_matching("calls_total", &[("peer_name", "b"), ("code", "2")]), 1);
    assert_eq!(handle.remove_matching("calls", &[("peer", "b")]) + handle.remove_matching("other", &[]), 0);
    kept.increment(5);
    assert_eq!(Snapshot::of(&registry).family("calls_total").unwrap().samples.len(), 1);
    with_local_recorder(&recorder, || call("a", "1").increment(1));
    assert_eq!(Snapshot::of(&registry).value("calls_total", &[("code", "1"), ("peer_name", "a")]), Some(1.0));
    handle.retain(|metric, labels| metric == "calls_total" && labels.iter().any(|(_, value)| **value == *"b"));
    assert_eq!(samples(&registry), ["calls_total{code=\"1\",peer_name=\"b\"} 1"]);
    handle.clear();
    assert!(handle.is_empty() && samples(&registry).is_empty());
}

#[test]
fn series_that_come_and_go_leave_nothing() {
    let registry = Registry::new();
    let recorder = Recorder::new(&registry);
    let handle = recorder.handle();
    with_local_recorder(&recorder, || {
        for round in 0..200 {
            for peer in 0..50 {
                counter!("calls", "peer" => (peer + round * 50).to_string()).increment(1);
            }
            assert_eq!(handle.remove_matching("calls", &[]), 50);
        }
        counter!("calls", "peer" => "last").increment(1);
    });
    assert_eq!(samples(&registry), ["calls_total{peer=\"last\"} 1"]);
}

#[test]
fn page_in_pieces_shows_each_series_of_a_metric_once() {
    let registry = Registry::new();
    let recorder = Recorder::new(&registry);
    let handle = recorder.handle();
    let call = |peer: &str| with_local_recorder(&recorder, || counter!("c", "p" => peer.to_owned()).increment(1));
    (0..20).for_each(|peer| call(&peer.to_string()));
    let text = crate::in_pieces(&registry, Format::Text004, 48, |_, text| {
        // What was sent comes again at a place that is still to be sent.
        handle.remove_matching("c", &[("p", "0")]);
        call("0");
        call(&format!("new{}", text.len()));
    });
    let text = text.unwrap();
    let mut lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let count = lines.len();
    lines.sort_unstable();
    lines.dedup();
    assert_eq!((lines.len(), count), (20, 20), "{text}");
}

#[test]
fn threads_beside_sweeps_show_no_series_twice() {
    let registry = &Registry::new();
    let recorder = &Recorder::new(registry).ttl(Duration::ZERO);
    let left = &AtomicU64::new(4);
    let mut shown = 0;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(move || {
                with_local_recorder(recorder, || {
                    for round in 0..5_000 {
                        counter!("calls", "peer" => (round % 7).to_string()).increment(1);
                    }
                });
                left.fetch_sub(1, Ordering::Release);
            });
        }
        while left.load(Ordering::Acquire) > 0 {
            let lines = samples(registry);
            let mut names: Vec<_> = lines.iter().map(|line| line.split(' ').next().unwrap()).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), lines.len());
            shown += lines.len();
        }
    });
    assert!(shown > 0);
    for _ in 0..20 {
        samples(registry);
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(recorder.handle().is_empty(), "all that is idle goes");
}

#[test]
fn moments_of_recorded_counters_are_accepted() {
    let registry = Registry::new();
    registry.set_created(true);
    with_local_recorder(&Recorder::new(&registry), || {
        counter!("jobs", "queue" => "a").increment(1);
        gauge!("jobs_created").set(3.0);
        histogram!("wait").record(1.0);
        gauge!("wait_created").set(4.0);
    });
    accepted(&registry);
    let page = in_format(&registry, Format::OpenMetrics100);
    for line in ["jobs_created{queue=\"a\"} 1", "exported_jobs_created 3", "wait_created 1", "exported_wait_created 4"] {
        assert!(page.lines().any(|found| found.starts_with(line)), "{line}: {page}");
    }
}

#[test]
fn reset_sets_recorded_metrics_back() {
    let registry = Registry::new();
    let recorder = Recorder::new(&registry);
    with_local_recorder(&recorder, || {
        let held = counter!("jobs", "queue" => "held");
        held.increment(5);
        counter!("jobs", "queue" => "passing").increment(7);
        gauge!("depth").set(3.0);
        histogram!("wait").record(1.0);
        registry.reset();
        held.increment(1);
        counter!("jobs", "queue" => "passing").increment(2);
    });
    let lines = samples(&registry);
    let jobs = lines.iter().filter(|line| line.starts_with("jobs_total"));
    assert!(jobs.eq(["jobs_total{queue=\"held\"} 1", "jobs_total{queue=\"passing\"} 2"]), "{lines:?}");
    assert!(!lines.iter().any(|line| line.starts_with("depth") || line.starts_with("wait")), "{lines:?}");
}
