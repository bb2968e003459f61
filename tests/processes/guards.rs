//! A series that is looked at lives, in a child of `fork` too.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use picometer_std::{Cell, Family, Kind, Registry, SeriesEncoder, Stop, Zeroed};

use super::children::{again, in_child, is_again};
use super::support::page;

static DROPPED: AtomicBool = AtomicBool::new(false);

struct Watched(AtomicU64);

impl Drop for Watched {
    fn drop(&mut self) {
        if self.0.load(Ordering::Relaxed) == 42 {
            DROPPED.store(true, Ordering::Relaxed);
        }
    }
}

impl Cell for Watched {
    const KIND: Kind = Kind::Gauge;

    fn encode(&self, series: &mut SeriesEncoder<'_, '_>) -> Result<(), Stop> {
        series.number(self.0.load(Ordering::Relaxed))
    }
}

impl Zeroed for Watched {
    const INIT: Self = Self(AtomicU64::new(0));
}

#[test]
fn series_of_a_late_thread_lives_in_a_child() {
    hold_and_fork();
}

#[test]
fn series_of_a_late_thread_lives_in_a_child_of_a_worker() {
    if is_again() { hold_and_fork() } else { again("guards::series_of_a_late_thread_lives_in_a_child_of_a_worker") }
}

/// More threads than have records of their own at the start hold them all; then one that came later has a series and forks.
fn hold_and_fork() {
    const THREADS: usize = 80;
    let registry = Registry::new();
    let family: Arc<Family<Watched, 1>> = registry.register(Family::new("watched", "", ["x"])).unwrap();
    let meet = Barrier::new(THREADS + 1);
    let (start, next) = (Barrier::new(2), Barrier::new(2));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                drop(family.with(["x"]));
                meet.wait();
                meet.wait();
            });
        }
        meet.wait();
        let late = scope.spawn(|| {
            let series = family.with(["a"]);
            series.0.store(42, Ordering::Relaxed);
            start.wait();
            next.wait();
            // More lookups than it takes until a thread that had nothing of its own looks for it again.
            for _ in 0..10_100 {
                drop(family.with(["x"]));
            }
            let lives = in_child(|| {
                assert!(family.remove(["a"]));
                (0..4).for_each(|_| _ = page(&registry));
                let lives = !DROPPED.load(Ordering::Relaxed) && series.0.load(Ordering::Relaxed) == 42;
                drop(series);
                (0..4).for_each(|_| _ = page(&registry));
                lives && DROPPED.load(Ordering::Relaxed)
            });
            assert!(lives, "the series was freed while it was held, or never");
        });
        start.wait();
        meet.wait();
        next.wait();
        late.join().unwrap();
    });
}
