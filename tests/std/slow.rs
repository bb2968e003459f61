//! Slow collectors: what they do costs their own families only.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use picometer_std::{
    Collector, Counter, CounterWithExemplar, Desc, Encoder, Family, Format, Gauge, GaugeHistogram, Histogram, HistogramWithExemplars, Info,
    Metric, NamedStates, NativeHistogram, QuantileSummary, Registry, Slow, Stop, Summary,
};

use super::accepted::accepted;
use super::{in_format, page};

const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(50);

#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Answers,
    Hangs,
    Fails,
    Panics,
}

struct Database {
    mood: Mutex<Mood>,
    changed: Condvar,
    asked: AtomicU32,
    rows: AtomicU64,
}

impl Database {
    fn new() -> Arc<Self> {
        Arc::new(Self { mood: Mutex::new(Mood::Answers), changed: Condvar::new(), asked: AtomicU32::new(0), rows: AtomicU64::new(1) })
    }

    fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
        self.changed.notify_all();
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

struct Rows(Arc<Database>);

impl Collector for Rows {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const ROWS: Desc = Desc::gauge("db_rows", "Rows.");
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        let mut mood = self.0.mood.lock().unwrap();
        while *mood == Mood::Hangs {
            mood = self.0.changed.wait(mood).unwrap();
        }
        let now = *mood;
        drop(mood);
        match now {
            Mood::Fails => return Err(out.fail("the database is gone")),
            // Without the hook, which would print.
            Mood::Panics => std::panic::resume_unwind(Box::new("the driver panics")),
            _ => {}
        }
        out.family(&ROWS)?.gauge(&(), self.0.rows.load(Ordering::SeqCst))
    }
}

/// A slow database between two counters.
fn registry(database: &Arc<Database>, slow: impl FnOnce(Slow) -> Slow) -> (Registry, Arc<Slow>) {
    let registry = Registry::new();
    registry.register(Metric::<Counter>::new("before_total", "")).unwrap();
    let rows = Slow::new("database", Rows(database.clone())).fresh_for(Duration::ZERO);
    let slow = registry.register(slow(rows)).unwrap();
    registry.register(Metric::<Counter>::new("behind_total", "")).unwrap();
    (registry, slow)
}

fn value(page: &str, series: &str) -> Option<f64> {
    page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

fn errors(page: &str, reason: &str) -> f64 {
    let series = format!("picometer_slow_collector_errors_total{{collector=\"database\",reason=\"{reason}\"}}");
    value(page, &series).unwrap_or_else(|| panic!("{series}: {page}"))
}

/// Everything but the slow collector.
#[track_caller]
fn others_are_there(page: &str) {
    assert!(page.contains("\nbefore_total 0\n") && page.contains("\nbehind_total 0\n"), "{page}");
}

#[test]
fn page_shows_values_of_its_own_time() {
    let database = Database::new();
    let (registry, _) = registry(&database, |slow| slow.deadline(LONG));
    for rows in [7, 8, 9] {
        database.rows.store(rows, Ordering::SeqCst);
        let page = page(&registry);
        assert_eq!(value(&page, "db_rows"), Some(rows as f64));
        others_are_there(&page);
        assert_eq!((errors(&page, "late"), errors(&page, "failed"), errors(&page, "panicked")), (0.0, 0.0, 0.0));
        assert!(value(&page, "picometer_slow_collector_age_seconds{collector=\"database\"}").is_some_and(|age| age < 20.0), "{page}");
    }
}

#[test]
fn hang_costs_its_own_families_only() {
    let database = Database::new();
    const DEADLINE: Duration = Duration::from_millis(500);
    let (registry, _) = registry(&database, |slow| slow.deadline(DEADLINE).keep(Duration::ZERO));
    database.set(Mood::Hangs);
    let asked = database.asked();
    let began = Instant::now();
    for round in 1..=50 {
        let page = page(&registry);
        others_are_there(&page);
        assert_eq!(value(&page, "db_rows"), None, "{page}");
        assert_eq!(errors(&page, "late"), f64::from(round));
    }
    // One thread hangs, and only the first page waited for it.
    assert_eq!(database.asked() - asked, 1);
    assert!(began.elapsed() < 40 * DEADLINE, "{:?}", began.elapsed());
    database.set(Mood::Answers);
    // What comes at last is of no page; the next one asks again.
    let end = Instant::now() + LONG;
    while value(&page(&registry), "db_rows").is_none() {
        assert!(Instant::now() < end);
    }
}

#[test]
fn last_values_are_shown_for_a_while() {
    let database = Database::new();
    let (registry, slow) = registry(&database, |slow| slow.deadline(LONG).keep(LONG));
    assert_eq!(value(&page(&registry), "db_rows"), Some(1.0));
    database.rows.store(2, Ordering::SeqCst);
    database.set(Mood::Fails);
    let page = page(&registry);
    assert_eq!((value(&page, "db_rows"), errors(&page, "failed")), (Some(1.0), 1.0));
    assert_eq!((slow.errors(), slow.last_error().as_str()), (1, "the database is gone"));
    others_are_there(&page);
}

#[test]
fn panic_costs_its_own_families_only() {
    let database = Database::new();
    let (registry, slow) = registry(&database, |slow| slow.deadline(LONG).keep(Duration::ZERO));
    database.set(Mood::Panics);
    for round in 1..=3 {
        let page = page(&registry);
        others_are_there(&page);
        assert_eq!((value(&page, "db_rows"), errors(&page, "panicked")), (None, f64::from(round)));
    }
    assert_eq!(slow.last_error(), "it panicked: the driver panics");
    // The registry itself saw no failure.
    assert!(registry.failures().is_empty());
    database.set(Mood::Answers);
    assert_eq!(value(&page(&registry), "db_rows"), Some(1.0));
}

#[test]
fn panicking_at_registration_registers() {
    let database = Database::new();
    database.set(Mood::Panics);
    let (registry, _) = registry(&database, |slow| slow.deadline(LONG));
    database.set(Mood::Answers);
    assert_eq!(value(&page(&registry), "db_rows"), Some(1.0));
}

#[test]
fn drop_does_not_wait_and_leaves_nothing() {
    let database = Database::new();
    database.set(Mood::Hangs);
    let slow = Slow::new("database", Rows(database.clone())).deadline(SHORT);
    assert_eq!(page(&slow), "");
    drop(slow);
    assert!(Arc::strong_count(&database) > 1);
    database.set(Mood::Answers);
    let end = Instant::now() + LONG;
    while Arc::strong_count(&database) > 1 {
        assert!(Instant::now() < end, "the thread is still there");
        std::thread::yield_now();
    }
}

#[test]
fn threads_share_one_question() {
    let database = Database::new();
    let (registry, _) = registry(&database, |slow| slow.deadline(LONG));
    database.set(Mood::Hangs);
    let asked = database.asked();
    std::thread::scope(|scope| {
        let pages: Vec<_> = (0..8).map(|_| scope.spawn(|| page(&registry))).collect();
        while database.asked() == asked {
            std::thread::yield_now();
        }
        std::thread::sleep(SHORT);
        database.set(Mood::Answers);
        for page in pages {
            assert_eq!(value(&page.join().unwrap(), "db_rows"), Some(1.0));
        }
    });
    assert!(database.asked() - asked <= 8);
}

/// In one registry, in one that is in it, and in one that is in that.
#[test]
fn collectors_of_one_name_are_added_up() {
    struct Fails;
    impl Collector for Fails {
        fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
            Err(out.fail("it always does"))
        }
    }
    let registries = [Registry::new(), Registry::new(), Registry::new()];
    let slow: Vec<_> = registries
        .iter()
        .chain(&registries)
        .map(|registry| registry.register(Slow::new("database", Fails).deadline(LONG).fresh_for(Duration::ZERO)).unwrap())
        .collect();
    let other = registries[2].register(Slow::new("other", Metric::<Counter>::new("jobs_total", "")).deadline(LONG)).unwrap();
    registries[1].register(registries[2].clone()).unwrap();
    registries[0].register(registries[1].clone()).unwrap();
    for _ in 0..2 {
        let page = accepted(&registries[0]);
        let shown = errors(&page, "failed");
        assert_eq!(shown, slow.iter().map(|slow| slow.errors() as f64).sum::<f64>(), "{page}");
        assert!(shown >= 6.0 && other.errors() == 0);
        assert!(page.contains("picometer_slow_collector_age_seconds{collector=\"other\"} "), "{page}");
    }
    assert_eq!(registries[0].failures(), []);
}

#[test]
fn every_type_is_shown_as_it_is() {
    let registry = Registry::new();
    let counters = registry.register(Family::<Counter, 2>::new("c_total", "Counter \"c\".\n\\", ["a", "b"])).unwrap();
    counters.with(["x", "y\"\n\\"]).inc_by(7);
    counters.with(["", "é"]).inc();
    registry.register(Metric::<Gauge<f64>>::new("g_seconds", "").unit("seconds")).unwrap().set(-1.5);
    registry.register(Metric::<Gauge<i64>>::new("dotted.name", "").utf8()).unwrap().set(i64::MIN);
    registry.register(Metric::<Histogram>::new("h", "")).unwrap().observe(0.3);
    registry.register(Metric::<GaugeHistogram>::new("gh", "")).unwrap();
    registry.register(Metric::<Summary>::new("s", "")).unwrap().observe(3.0);
    registry.register(Metric::<QuantileSummary>::new("q", "")).unwrap().observe(3.0);
    registry.register(Metric::<NativeHistogram>::new("n", "")).unwrap().observe(2.5);
    let exemplars = registry.register(Metric::<CounterWithExemplar>::new("e_total", "")).unwrap();
    exemplars.inc_with(&[("trace_id", "abc")]).unwrap();
    let buckets = registry.register(Metric::<HistogramWithExemplars>::new("he", "")).unwrap();
    buckets.observe_with(0.3, &[("trace_id", "def")]).unwrap();
    registry.register(Metric::<Info>::new("build_info", "")).unwrap().set([("version", "1")]).unwrap();
    registry.register(Metric::<NamedStates>::new("state", "").states(["up", "down"])).unwrap().set("down");
    let slow = Slow::new("all", registry.clone()).deadline(LONG);
    for format in [Format::Text004, Format::Text100, Format::OpenMetrics100, Format::Protobuf] {
        let render = |source: &dyn Collector| {
            let mut page = Vec::new();
            picometer_std::render(source, format, &mut page);
            page
        };
        assert_eq!(render(&slow).escape_ascii().to_string(), render(&registry).escape_ascii().to_string());
    }
    assert!(in_format(&slow, Format::OpenMetrics100).contains("trace_id"));
}
