//! Threads that come and go: what they counted stays, and what they took is taken again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use picometer_std::{Counter, Family, Histogram, Metric, Registry, Summary};

use super::children::{again, alone, in_child, is_again};
use super::support::{self, beside};

/// One in each bucket, so that the sum is known from the counts.
const VALUES: [f64; 4] = [0.5, 1.5, 2.5, 3.5];
const KINDS: [&str; 4] = ["a", "b", "c", "d"];

struct All {
    registry: Registry,
    jobs: Arc<Family<Counter, 1>>,
    joules: Arc<Metric<Counter<f64>>>,
    seconds: Arc<Family<Histogram, 1>>,
    bytes: Arc<Metric<Summary>>,
    /// Reset all the time.
    often: Arc<Metric<Counter>>,
}

impl All {
    fn new() -> Self {
        let registry = Registry::new();
        Self {
            jobs: registry.register(Family::new("jobs_total", "", ["kind"])).unwrap(),
            joules: registry.register(Metric::new("joules_total", "")).unwrap(),
            seconds: registry.register(Family::<Histogram, 1>::new("seconds", "", ["kind"]).buckets([1.0, 2.0, 3.0])).unwrap(),
            bytes: registry.register(Metric::new("bytes", "")).unwrap(),
            often: registry.register(Metric::new("often_total", "")).unwrap(),
            registry,
        }
    }

    fn update(&self, turn: usize) {
        self.jobs.with([KINDS[turn % 4]]).inc();
        self.joules.inc_by(0.25);
        self.seconds.with([KINDS[turn % 4]]).observe(VALUES[turn / 4 % 4]);
        self.bytes.observe(3.0);
        self.often.inc();
    }

    fn page(&self) -> String {
        support::page(&self.registry)
    }

    /// What the metrics say of how often there was an update, each by itself.
    fn updates(&self) -> [f64; 6] {
        let jobs: u64 = KINDS.iter().map(|kind| self.jobs.with([kind]).get()).sum();
        let (mut observed, mut sum, mut by_counts) = (0, 0.0, 0.0);
        for kind in KINDS {
            let series = self.seconds.with([kind]);
            (observed, sum) = (observed + series.count(), sum + series.sum());
            by_counts += series.counts().iter().zip(VALUES).map(|(count, value)| *count as f64 * value).sum::<f64>();
        }
        // Nonsense where the two are not of the same observations.
        let sum = if sum == by_counts { observed as f64 } else { f64::NAN };
        [jobs as f64, 4.0 * self.joules.get(), observed as f64, sum, self.bytes.count() as f64, self.bytes.sum() / 3.0]
    }
}

/// The numbers of a page that never fall.
fn rising(page: &str) -> Vec<f64> {
    let starts = ["jobs_total{", "joules_total ", "seconds_bucket{", "seconds_sum{", "bytes_sum ", "bytes_count "];
    let lines = page.lines().filter(|line| starts.iter().any(|start| line.starts_with(start)));
    lines.map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect()
}

/// More threads than there are slabs, of which each ends soon, while pages are made, a counter is reset, and children are forked.
fn churn(threads: usize, waves: usize, forks: usize) {
    const ROUNDS: usize = 64;
    let all = All::new();
    (0..16).for_each(|turn| all.update(turn));
    let reset = |_| {
        all.often.reset();
        thread::yield_now();
    };
    let last = Mutex::new(rising(&all.page()));
    let read = |_| {
        let (mut last, now) = (last.lock().unwrap(), rising(&all.page()));
        last.iter().zip(&now).for_each(|(last, now)| assert!(last <= now, "{last} fell to {now}"));
        *last = now;
    };
    beside(&[&reset, &read], || {
        for wave in 0..waves {
            let meet = Barrier::new(threads);
            thread::scope(|scope| {
                let (all, meet) = (&all, &meet);
                for thread in 0..threads {
                    scope.spawn(move || {
                        meet.wait();
                        (0..ROUNDS).for_each(|turn| all.update(thread + turn));
                    });
                }
                for _ in 0..forks {
                    let right = in_child(|| {
                        // Threads stayed behind, perhaps in the middle of an observation.
                        let before = all.jobs.with(["a"]).get();
                        let observed = all.seconds.with(["a"]).count();
                        let page = all.page();
                        all.update(0);
                        all.update(0);
                        !page.is_empty() && all.jobs.with(["a"]).get() == before + 2 && all.seconds.with(["a"]).count() == observed + 2
                    });
                    assert!(right, "a child of wave {wave}");
                }
            });
        }
    });
    let expected = (16 + threads * waves * ROUNDS) as f64;
    assert_eq!(all.updates(), [expected; 6]);
    all.page();
    assert_eq!(all.updates(), [expected; 6], "behind a page");
    all.often.reset();
    all.often.inc();
    assert_eq!(all.often.get(), 1);
}

#[test]
fn counts_are_exact_beside_churn_folds_resets_and_forks() {
    if is_again() { churn(200, 4, 3) } else { alone("churn::counts_are_exact_beside_churn_folds_resets_and_forks") }
}

/// In whose file nothing is moved.
#[test]
fn counts_of_a_worker_are_exact_beside_churn() {
    if is_again() { churn(100, 2, 1) } else { again("churn::counts_of_a_worker_are_exact_beside_churn") }
}

/// In bytes, of this process, what is resident.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
}

#[test]
fn memory_is_flat_after_many_threads() {
    const THREADS: usize = 100_000;
    const AT_ONCE: usize = 8;
    if !is_again() {
        return alone("churn::memory_is_flat_after_many_threads");
    }
    let all = All::new();
    let many = all.registry.register(Family::<Counter, 1>::new("many_total", "", ["x"])).unwrap();
    let many: Vec<_> = (0..2_000).map(|x| many.handle([x.to_string().as_str()])).collect();
    let turns = AtomicU64::new(0);
    let wave = || {
        thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(|| {
                    let turn = turns.fetch_add(1, Ordering::Relaxed) as usize;
                    all.update(turn);
                    many[turn % many.len()].inc();
                });
            }
        });
    };
    let mut before = 0;
    for turn in 0..THREADS / AT_ONCE {
        wave();
        if turn % 100 == 0 {
            all.page();
        }
        if turn == THREADS / AT_ONCE / 20 {
            before = resident();
        }
    }
    assert_eq!(all.updates(), [THREADS as f64; 6]);
    assert_eq!(many.iter().map(|counter| counter.get()).sum::<u64>(), THREADS as u64);
    let after = resident();
    // One chunk a thread were gigabytes.
    assert!(after < before + (4 << 20), "{before} bytes behind a twentieth of the threads, {after} behind all");
}
