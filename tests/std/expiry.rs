//! Series that go when they are not used: never while they are, and never unseen.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use picometer_std::{
    Counter, Exposition, Family, Format, Gauge, GaugeHistogram, Histogram, ObserveDuration, Registry, Restricted, Snapshot,
    TrackInProgress, render,
};

use crate::{page, samples};

/// A clock that is set, in milliseconds.
#[derive(Clone, Default)]
pub(crate) struct Clock(Arc<AtomicU64>);

impl Clock {
    pub(crate) fn set(&self, seconds: u64) {
        self.0.store(seconds * 1_000, Ordering::Relaxed);
    }

    pub(crate) fn pass_millis(&self, millis: u64) {
        self.0.fetch_add(millis, Ordering::Relaxed);
    }

    pub(crate) fn source(&self) -> impl Fn() -> Duration + Send + Sync + 'static {
        let millis = self.0.clone();
        move || Duration::from_millis(millis.load(Ordering::Relaxed))
    }

    pub(crate) fn family(&self, ttl: u64) -> Family<Counter, 1> {
        Family::new("a_total", "", ["x"]).ttl_with_clock(Duration::from_secs(ttl), self.source())
    }
}

/// Waits until no other test holds up what a page showed: pages, until the last one was made without older guards.
pub(crate) fn settle(family: &Family<Counter, 1>) {
    for _ in 0..3 {
        page(family);
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn series_in_use_outlives_an_outage_of_the_scraper() {
    let clock = Clock::default();
    let family = clock.family(300);
    family.with(["busy"]).inc();
    family.with(["rare"]).inc();
    page(&family);
    for second in 1..=360 {
        clock.set(second);
        family.with(["busy"]).inc();
        if second == 20 {
            family.with(["rare"]).inc();
        }
    }
    assert_eq!(samples(&family), ["a_total{x=\"busy\"} 361", "a_total{x=\"rare\"} 2"], "what was counted is shown once");
    clock.set(361);
    settle(&family);
    assert_eq!(samples(&family), ["a_total{x=\"busy\"} 361"], "it was shown, and not used for 341 seconds");
}

#[test]
fn counting_by_get_is_use() {
    let clock = Clock::default();
    let family = clock.family(60);
    family.with(["x"]);
    for minute in 0..10 {
        clock.set(minute * 50);
        family.get(["x"]).unwrap().inc();
        page(&family);
    }
    assert_eq!(family.with(["x"]).get(), 10);
    clock.set(560);
    settle(&family);
    clock.set(621);
    page(&family);
    assert!(family.get(["x"]).is_none() && family.is_empty());
}

/// What was looked up long ago is used as long as it is held, whether pages come meanwhile or not.
#[test]
fn hold_is_use_until_it_ends() {
    for pages in [false, true] {
        let clock = Clock::default();
        let family = clock.family(300);
        let (series, handle) = (family.with(["x"]), family.handle(["handle"]));
        for second in [500, 1_000] {
            clock.set(second);
            if pages {
                page(&family);
            }
        }
        series.inc();
        handle.inc();
        drop((series, handle));
        settle(&family);
        clock.set(1_299);
        assert_eq!(samples(&family), ["a_total{x=\"x\"} 1", "a_total{x=\"handle\"} 1"]);
        clock.set(1_301);
        page(&family);
        clock.set(1_601);
        assert_eq!((page(&family), family.len()), (String::new(), 0));
    }
}

/// Others look the series up while a handle of it is kept: the handle is a use until it goes all the same.
#[test]
fn handle_beside_lookups_is_use_until_it_goes() {
    for lookups in 0..4 {
        let clock = Clock::default();
        let family = clock.family(60);
        let handle = family.handle(["x"]);
        page(&family);
        (0..lookups).for_each(|_| family.with(["x"]).inc());
        clock.set(300);
        drop(handle);
        settle(&family);
        for second in [300, 301, 359] {
            clock.set(second);
            assert_eq!(samples(&family), [format!("a_total{{x=\"x\"}} {lookups}")], "{second}");
        }
        clock.set(361);
        assert_eq!((page(&family), family.len()), (String::new(), 0));
    }
}

#[test]
fn series_goes_when_unused_for_its_time_and_shown() {
    let clock = Clock::default();
    let family = clock.family(60);
    clock.set(7);
    family.with(["x"]).inc();
    clock.set(30);
    settle(&family);
    clock.set(66);
    assert_eq!(samples(&family).len(), 1);
    clock.set(67);
    assert_eq!((page(&family), family.len()), (String::new(), 0));
    family.with(["x"]).inc();
    assert_eq!(samples(&family), ["a_total{x=\"x\"} 1"], "it starts anew");
}

#[test]
fn time_to_live_of_zero_and_of_milliseconds() {
    let clock = Clock::default();
    let family = clock.family(0);
    family.with(["x"]).inc();
    assert_eq!(samples(&family), ["a_total{x=\"x\"} 1"]);
    settle(&family);
    assert!(family.is_empty(), "it was shown");
    let family = Family::<Counter, 1>::new("a_total", "", ["x"]).ttl_with_clock(Duration::from_millis(20), clock.source());
    family.with(["x"]).inc();
    settle(&family);
    clock.pass_millis(19);
    assert_eq!(samples(&family).len(), 1);
    clock.pass_millis(1);
    assert_eq!(samples(&family).len(), 0);
}

#[test]
fn timers_and_guards_count_where_they_are_seen() {
    let clock = Clock::default();
    let seconds = Family::<Histogram, 1>::new("a", "", ["x"]).buckets([1.0]).ttl_with_clock(Duration::from_secs(1), clock.source());
    let running = Family::<Gauge<i64>, 1>::new("b", "", ["x"]).ttl_with_clock(Duration::from_secs(1), clock.source());
    let answer = seconds.with(["job"]).time(|| {
        let handle = running.handle(["job"]);
        let _running = handle.track_in_progress();
        for minute in 1..5 {
            clock.set(minute * 60);
            page(&seconds);
            assert_eq!(samples(&running), ["b{x=\"job\"} 1"]);
        }
        7
    });
    assert_eq!((answer, Snapshot::of(&seconds).value("a_count", &[("x", "job")])), (7, Some(1.0)));
    assert_eq!(samples(&running), ["b{x=\"job\"} 0"]);
}

#[test]
fn scrapers_of_any_interval_see_what_is_used() {
    let clock = Clock::default();
    let registry = Registry::new();
    let family = registry.nested("n_", [("pool", "1")]).unwrap().register(clock.family(30)).unwrap();
    for second in 0..600 {
        clock.set(second);
        if second % 25 == 0 {
            family.with(["x"]).inc();
        }
        for interval in [7, 45, 110] {
            if second % interval == 0 {
                assert_eq!(samples(&registry), [format!("n_a_total{{pool=\"1\",x=\"x\"}} {}", second / 25 + 1)]);
            }
        }
    }
}

#[test]
fn pages_that_leave_the_family_out_show_nothing() {
    let clock = Clock::default();
    let registry = Registry::new();
    let family = registry.register(clock.family(10)).unwrap();
    family.with(["x"]).inc();
    for minute in 1..5 {
        clock.set(minute * 60);
        render(&Restricted::new(&registry, ["other"]), Format::Text004, &mut Vec::new());
    }
    assert_eq!(samples(&registry), ["a_total{x=\"x\"} 1"]);
    settle(&family);
    clock.set(400);
    render(&Restricted::new(&registry, ["a_total"]), Format::Text004, &mut Vec::new());
    assert!(family.is_empty());
}

#[test]
fn page_that_breaks_off_shows_what_it_sent_only() {
    let clock = Clock::default();
    let family = clock.family(10);
    for x in ["1", "2", "3"] {
        family.with([x]).inc();
    }
    // The first line of each of two pages of which the rest is never asked for.
    for minute in 1..3 {
        clock.set(minute * 60);
        let mut broken = Exposition::new(&family, Format::Text004);
        let mut buffer = [0; 48];
        let len = broken.fill(&mut buffer).unwrap();
        assert!(std::str::from_utf8(&buffer[..len]).unwrap().ends_with("\"} 1\n"));
    }
    clock.set(1_000);
    assert!(samples(&family).contains(&"a_total{x=\"3\"} 1".into()), "no page had it");
}

#[test]
fn page_in_pieces_sweeps_once() {
    let clock = Clock::default();
    let reads = Arc::new(AtomicU64::new(0));
    let (source, counted) = (clock.source(), reads.clone());
    let family = Family::<Counter, 1>::new("a_total", "", ["x"]).ttl_with_clock(Duration::from_secs(60), move || {
        counted.fetch_add(1, Ordering::Relaxed);
        source()
    });
    (0..500).for_each(|x| family.with([x.to_string()]).inc());
    let before = reads.load(Ordering::Relaxed);
    crate::in_pieces(&family, Format::Text004, 48, |_, _| ()).unwrap();
    // The pieces before the first series are pages as well.
    assert!(reads.load(Ordering::Relaxed) - before < 10, "{}", reads.load(Ordering::Relaxed) - before);
}

#[test]
fn clock_that_goes_back_starts_the_time_anew() {
    let clock = Clock::default();
    clock.set(100_000);
    let family = clock.family(60);
    family.with(["x"]).inc();
    settle(&family);
    clock.set(10);
    assert_eq!(samples(&family).len(), 1);
    clock.set(69);
    assert_eq!(samples(&family).len(), 1);
    clock.set(70);
    assert_eq!(samples(&family).len(), 0);
}

/// Text 0.0.4 passes over the metrics three times for it; series do not go in between.
#[test]
fn gauge_histogram_is_whole_over_the_passes_of_a_page() {
    let clock = Clock::default();
    let family = Family::<GaugeHistogram, 1>::new("sizes", "", ["x"]).buckets([1.0]).ttl_with_clock(Duration::from_secs(1), clock.source());
    let (inner, outer) = (Registry::new(), Registry::new());
    let family = inner.register(family).unwrap();
    outer.register(inner.clone()).unwrap();
    let mut shown = 0;
    for turn in 0..20 {
        let source = if turn % 2 == 0 { &inner } else { &outer };
        family.with([turn.to_string()]).insert(0.5);
        for _ in 0..3 {
            clock.pass_millis(2_000);
            let text = page(source);
            let counts = ["sizes_bucket{x=", "sizes_gcount{", "sizes_gsum{"].map(|name| text.matches(name).count());
            assert_eq!((counts[0], counts[1]), (2 * counts[1], counts[2]), "{text}");
            shown += counts[1];
        }
    }
    assert!(shown >= 20, "{shown}");
}
