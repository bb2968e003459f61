//! Children of a process whose threads are counting.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use picometer_std::{Counter, Family, Histogram, Metric, Registry, Snapshot, Summary};

use super::children::in_child;

#[test]
fn children_of_a_process_that_counts() {
    const FORKS: u64 = 30;
    let registry = Registry::new();
    let jobs = registry.register(Family::<Counter, 1>::new("jobs_total", "", ["kind"])).unwrap();
    let seconds = registry.register(Metric::<Histogram>::new("seconds", "").buckets([1.0])).unwrap();
    let bytes = registry.register(Metric::<Summary>::new("bytes", "")).unwrap();
    // Nobody but children counts in it.
    let own = registry.register(Metric::<Counter>::new("own_total", "")).unwrap();
    for kind in ["a", "b", "c", "mine"] {
        jobs.with([kind]);
    }
    let (done, counted) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        for kind in ["a", "b", "c"] {
            let (jobs, seconds, bytes, done, counted) = (&jobs, &seconds, &bytes, &done, &counted);
            scope.spawn(move || {
                let mut count = 0;
                while !done.load(Ordering::Relaxed) {
                    jobs.with([kind]).inc();
                    seconds.observe(0.5);
                    bytes.observe(3.0);
                    count += 1;
                }
                counted.fetch_add(count, Ordering::Relaxed);
            });
        }
        // And one that looks at them, often in the middle of which it is forked.
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                assert!(seconds.count() + bytes.count() < u64::MAX);
                thread::sleep(Duration::from_micros(20));
            }
        });
        for number in 0..FORKS {
            // This thread has counted nothing before the first fork.
            let right = in_child(|| {
                let before = jobs.with(["a"]).get();
                jobs.with(["a"]).inc_by(7);
                own.inc_by(3);
                // Of the observations that others were at, each may be there by half; of its own, none.
                let observed = (seconds.count(), bytes.count());
                seconds.observe(2.0);
                bytes.observe(3.0);
                jobs.with(["a"]).get() == before + 7
                    && (own.get(), jobs.with(["mine"]).get()) == (3, number)
                    && (seconds.count(), bytes.count()) == (observed.0 + 1, observed.1 + 1)
                    && Snapshot::of(&registry).value("own_total", &[]) == Some(3.0)
            });
            if !right {
                done.store(true, Ordering::Relaxed);
            }
            assert!(right, "child {number}");
            jobs.with(["mine"]).inc();
        }
        done.store(true, Ordering::Relaxed);
    });
    let total: u64 = ["a", "b", "c"].map(|kind| jobs.with([kind]).get()).iter().sum();
    assert_eq!([total, seconds.count(), bytes.count()], [counted.load(Ordering::Relaxed); 3], "what children count is theirs");
    assert_eq!((own.get(), jobs.with(["mine"]).get()), (0, FORKS));
}
