//! The std adapter's cells, of which every thread has its own, while threads come and go: more of them than there are slabs, and
//! some that count until their last thread-local is gone.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, LazyLock};
use std::thread;

use picometer_std::{Counter, Family, Handle, Histogram, Metric, Registry, Series, Snapshot, Summary};

/// At the same time; there are 64 slabs.
const THREADS: usize = if cfg!(miri) { 66 } else { 80 };
/// One after the other.
const WAVES: usize = if cfg!(miri) { 1 } else { 4 };
const ROUNDS: usize = if cfg!(miri) { 2 } else { 250 };
/// One in each bucket, so that the sum is known from the counts.
const VALUES: [f64; 4] = [1.0, 2.0, 4.0, 8.0];

struct All {
    registry: Registry,
    counters: Arc<Family<Counter, 2>>,
    floats: Arc<Metric<Counter<f64>>>,
    histograms: Arc<Family<Histogram, 1>>,
    summary: Arc<Metric<Summary>>,
}

impl All {
    fn new() -> Arc<Self> {
        let registry = Registry::new();
        let counters = registry.register(Family::<Counter, 2>::new("a_total", "", ["x", "y"])).unwrap();
        let floats = registry.register(Metric::<Counter<f64>>::new("b_total", "")).unwrap();
        let histograms = registry.register(Family::<Histogram, 1>::new("c", "", ["x"]).buckets([1.0, 2.0, 4.0])).unwrap();
        let summary = registry.register(Metric::<Summary>::new("d", "")).unwrap();
        Arc::new(Self { registry, counters, floats, histograms, summary })
    }

    /// One of each.
    fn update(&self, turn: usize) {
        self.counters.with([["p", "q", "r"][turn % 3], ["s", "t"][turn % 2]]).inc();
        self.floats.inc_by(0.5);
        self.histograms.with([["u", "v"][turn % 2]]).observe(VALUES[turn / 2 % 4]);
        self.summary.observe(3.0);
    }

    /// How many updates there were, as each of the metrics says; all the same.
    fn updates(&self) -> u64 {
        let snapshot = Snapshot::of(&self.registry);
        let counters = snapshot.family("a_total").map_or(0.0, |family| family.samples.iter().map(|sample| sample.value.as_f64()).sum());
        let histograms: u64 = ["u", "v"].map(|x| self.histograms.with([x]).count()).iter().sum();
        assert_eq!((counters, self.floats.get()), (histograms as f64, histograms as f64 / 2.0));
        assert_eq!((self.summary.count(), self.summary.sum()), (histograms, 3.0 * histograms as f64));
        histograms
    }
}

/// What pages showed so far.
#[derive(Default)]
struct Seen(HashMap<(String, Vec<(String, String)>), f64>);

impl Seen {
    /// Nothing falls, and histograms and summaries are of one moment.
    fn look(&mut self, all: &All) {
        let snapshot = Snapshot::of(&all.registry);
        for sample in snapshot.samples() {
            let labels = sample.labels.sorted().into_iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
            let before = self.0.insert((sample.name.to_string(), labels), sample.value.as_f64()).unwrap_or(0.0);
            assert!(sample.value.as_f64() >= before, "{} fell from {before}", sample.name);
        }
        for x in ["u", "v"] {
            let at = |le| snapshot.value("c_bucket", &[("x", x), ("le", le)]);
            let (Some(one), Some(two), Some(four), Some(beyond)) = (at("1.0"), at("2.0"), at("4.0"), at("+Inf")) else { continue };
            let sum = one + 2.0 * (two - one) + 4.0 * (four - two) + 8.0 * (beyond - four);
            assert_eq!((snapshot.value("c_sum", &[("x", x)]), snapshot.value("c_count", &[("x", x)])), (Some(sum), Some(beyond)));
        }
        assert_eq!(snapshot.value("d_sum", &[]), snapshot.value("d_count", &[]).map(|count| 3.0 * count));
    }
}

/// Updates when its thread-local is destroyed, through a lookup and through a handle that it keeps.
struct Last {
    all: Arc<All>,
    kept: Handle<Counter>,
}

impl Drop for Last {
    fn drop(&mut self) {
        self.all.update(0);
        self.kept.inc();
    }
}

thread_local! {
    /// Destroyed behind what belongs to the cells, because the thread comes to it first.
    static BEHIND: RefCell<Option<Last>> = const { RefCell::new(None) };
    /// Destroyed before it.
    static BEFORE: RefCell<Option<Last>> = const { RefCell::new(None) };
    /// A lookup that ends when the thread does, behind what belongs to the cells.
    static OPEN: RefCell<Option<Open>> = const { RefCell::new(None) };
}

#[test]
fn more_threads_than_slabs_that_count_until_their_very_end() {
    let all = All::new();
    let last = Arc::new(Family::<Counter, 1>::new("last_total", "", ["x"]));
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut seen, mut looks) = (Seen::default(), 0);
            while !done.load(Ordering::Acquire) {
                seen.look(&all);
                looks += 1;
            }
            looks
        });
        for _ in 0..WAVES {
            let meet = Barrier::new(THREADS);
            let work = |thread: usize| {
                let keep = || Some(Last { all: all.clone(), kept: last.handle(["x"]) });
                // Known to the thread before it counts anything.
                BEHIND.set(None);
                BEHIND.set(keep());
                for turn in 0..ROUNDS {
                    all.update(thread + turn);
                }
                BEFORE.set(keep());
                // All of them are there at the same time.
                meet.wait();
                all.update(thread);
            };
            let work = &work;
            thread::scope(|wave| {
                let threads: Vec<_> = (0..THREADS).map(|thread| wave.spawn(move || work(thread))).collect();
                // To join by hand waits for the destructors too; the end of a scope does not.
                threads.into_iter().for_each(|thread| thread.join().unwrap());
            });
        }
        done.store(true, Ordering::Release);
        assert!(reader.join().unwrap() > 0);
    });
    assert_eq!(all.updates(), (WAVES * THREADS * (ROUNDS + 3)) as u64);
    assert_eq!(last.with(["x"]).get(), (WAVES * THREADS * 2) as u64);
}

static FAMILY: LazyLock<Family<Counter, 1>> = LazyLock::new(|| Family::new("a_total", "", ["x"]));

struct Open(Series<'static, Counter, 1>);

impl Drop for Open {
    fn drop(&mut self) {
        // Enough of them that what no guard reaches is dropped, and this is not.
        assert!(FAMILY.remove(["open"]));
        for _ in 0..200 {
            FAMILY.with(["other"]).inc();
            FAMILY.remove(["other"]);
        }
        self.0.inc();
        assert_eq!(self.0.get(), 2);
    }
}

/// The slab of such a thread is not given on, and its counts stay.
#[test]
fn a_lookup_that_is_open_when_its_thread_ends() {
    for _ in 0..5 {
        thread::spawn(|| {
            OPEN.set(None);
            OPEN.set(Some(Open(FAMILY.with(["open"]))));
            OPEN.with_borrow(|open| open.as_ref().unwrap().0.inc());
            FAMILY.with(["x"]).inc();
        })
        .join()
        .unwrap();
        FAMILY.with(["x"]).inc();
    }
    assert_eq!((FAMILY.with(["x"]).get(), FAMILY.len()), (10, 1));
}
