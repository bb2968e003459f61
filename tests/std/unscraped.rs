//! Series that go beside lookups, and where no scraper comes.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use picometer_std::{Cell, Counter, Family, FromConfig, Kind, SeriesEncoder, Snapshot, Stop};

use crate::expiry::{Clock, settle};
use crate::{page, samples};

#[test]
fn series_without_scrapers_are_bounded() {
    // A thousand new series a second, of which each is used in one second only.
    let clock = Clock::default();
    let family = clock.family(1);
    let mut most = 0;
    for x in 0..200_000 {
        clock.pass_millis(1);
        family.with([x.to_string()]).inc();
        family.with([x.to_string()]).inc();
        most = most.max(family.len());
    }
    assert!((1_000..10_000).contains(&most), "{most}");
    // Also where scrapers came and went away.
    let family = clock.family(1);
    for x in 0..100 {
        family.with([x.to_string()]).inc();
        clock.pass_millis(1_000);
        page(&family);
    }
    let mut most = 0;
    for x in 0..200_000 {
        clock.pass_millis(1);
        family.with([x.to_string()]).inc();
        most = most.max(family.len());
    }
    assert!((1_000..10_000).contains(&most), "{most}");
}

#[test]
fn making_series_between_pages_takes_none_unseen() {
    let clock = Clock::default();
    let family = clock.family(1);
    page(&family);
    clock.set(15);
    page(&family);
    // Between two pages lie fifteen times the time to live.
    for round in 0..3 {
        for x in 0..20_000 {
            if x % 200 == 0 {
                clock.pass_millis(150);
            }
            family.with([format!("{round} {x}")]).inc();
        }
        let own = format!("x=\"{round} ");
        assert_eq!(samples(&family).iter().filter(|line| line.contains(&own)).count(), 20_000);
    }
}

#[test]
fn lookups_beyond_the_cap_take_places_of_idle_series() {
    let clock = Clock::default();
    let family = Family::<Counter, 1>::new("a_total", "", ["x"]).max_series(10).ttl_with_clock(Duration::from_secs(1), clock.source());
    (0..10).for_each(|x| family.with([x.to_string()]).inc());
    assert!(family.with(["new"]).is_overflow());
    settle(&family);
    clock.set(2);
    assert!(!family.with(["new"]).is_overflow());
    // Without scrapers, series that no page showed stay, however old: what is beyond the cap is in the overflow series.
    clock.set(1_000);
    (20..40).for_each(|x| family.with([x.to_string()]).inc());
    clock.set(2_000);
    assert!(family.with(["newer"]).is_overflow());
    settle(&family);
    clock.set(2_002);
    assert!(!family.with(["newer"]).is_overflow());
}

#[test]
fn expire_takes_what_was_not_shown() {
    let clock = Clock::default();
    let family = clock.family(10);
    family.with(["old"]).inc();
    let kept = family.handle(["kept"]);
    clock.set(9);
    family.with(["new"]).inc();
    assert_eq!(family.expire(), 0);
    clock.set(10);
    assert_eq!((family.expire(), family.len()), (1, 2));
    drop(kept);
    clock.set(100);
    family.expire();
    clock.set(200);
    family.expire();
    assert!(family.is_empty());
}

/// A counter that shows which one it is in the upper half of its number.
struct Numbered {
    number: u64,
    count: AtomicU64,
}

impl Cell for Numbered {
    const KIND: Kind = Kind::Counter;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        series.number(self.number << 28 | self.count.load(Ordering::Relaxed))
    }
}

impl FromConfig for Numbered {
    type Config = ();

    fn make((): &()) -> Self {
        static MADE: AtomicU64 = AtomicU64::new(0);
        Self { number: MADE.fetch_add(1, Ordering::Relaxed), count: AtomicU64::new(0) }
    }
}

#[test]
fn counts_beside_sweeps_are_shown_exactly() {
    const THREADS: u64 = 4;
    const ROUNDS: u64 = 30_000;
    // A series is too old as soon as it was shown.
    let family = &Family::<Numbered, 1>::new("a_total", "", ["x"]).ttl(Duration::ZERO);
    let left = &AtomicU64::new(THREADS);
    let mut shown = HashMap::<u64, u64>::new();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let x = [((round / 16) % 5).to_string()];
                    let inc = |series: &Numbered| series.count.fetch_add(1, Ordering::Relaxed);
                    match (round + thread) % 8 {
                        0 => inc(&family.handle(x)),
                        _ => inc(&family.with(x)),
                    };
                    if round % 64 == 0 {
                        std::thread::yield_now();
                    }
                }
                left.fetch_sub(1, Ordering::Release);
            });
        }
        let mut rest = 3;
        while rest > 0 {
            rest -= u32::from(left.load(Ordering::Acquire) == 0);
            let snapshot = Snapshot::of(family);
            let mut on_page = HashSet::new();
            for sample in snapshot.samples() {
                assert!(on_page.insert(sample.labels.get("x").unwrap().to_owned()), "a series is on a page once");
                let bits = sample.value.as_f64() as u64;
                let most = shown.entry(bits >> 28).or_default();
                *most = (*most).max(bits & ((1 << 28) - 1));
            }
        }
    });
    assert_eq!(shown.values().sum::<u64>(), THREADS * ROUNDS);
    assert!(shown.len() > 5, "series went and came back");
}
