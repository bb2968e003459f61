//! A registry that is set back to its start, for tests that share metrics.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use picometer_std::statics::{self, BoundedFamily, buckets};
use picometer_std::{
    ClosedFamily, Collector, Counter, CounterWithExemplar, Created, Desc, Encoder, Family, FamilyOf, Format, Gauge, GaugeFn,
    GaugeHistogram, GaugeHistogramWithExemplars, Histogram, HistogramWithExemplars, Info, Labels, Metric, NamedStates, NativeHistogram,
    QuantileSummary, Registry, StateSet, Stop, Summary, assert_page, labels,
};

labels! { pub enum Outcome as "outcome" { Ok = "ok", Failed = "failed" } }
buckets! { Ticks: u32 = [1, 10]; }

fn page(source: &dyn Collector) -> String {
    crate::in_format(source, Format::OpenMetrics100)
}

/// Registers a collector, and checks that its page after a reset is the one before it was used.
fn goes_back<C: Collector + 'static>(collector: C, used: impl Fn(&C)) {
    let registry = Registry::new();
    let collector = registry.register(collector).unwrap();
    let start = page(&registry);
    for _ in 0..3 {
        used(&collector);
        assert_ne!(page(&registry), start, "it was used");
        registry.reset();
        assert_eq!(page(&registry), start);
    }
}

#[test]
fn every_cell_goes_back_to_its_start() {
    goes_back(Metric::<Counter>::new("a_total", ""), |counter| counter.inc_by(7));
    goes_back(Metric::<Counter<f64>>::new("a_total", ""), |counter| counter.inc_by(1e16));
    goes_back(Metric::<CounterWithExemplar>::new("a_total", ""), |counter| counter.inc_with(&[("id", "1")]).unwrap());
    goes_back(Metric::<Gauge>::new("a", ""), |gauge| gauge.set(f64::NAN));
    goes_back(Metric::<Gauge<i64>>::new("a", ""), |gauge| gauge.dec());
    goes_back(Metric::<Histogram>::new("a", ""), |histogram| histogram.observe(0.3));
    goes_back(Metric::<HistogramWithExemplars>::new("a", ""), |histogram| histogram.observe_with(0.3, &[("id", "1")]).unwrap());
    goes_back(Metric::<GaugeHistogram>::new("a", ""), |histogram| {
        histogram.insert(0.3);
        histogram.insert(0.4);
        histogram.remove(0.3);
    });
    goes_back(Metric::<GaugeHistogramWithExemplars>::new("a", ""), |histogram| histogram.insert_with(0.3, &[("id", "1")]).unwrap());
    goes_back(Metric::<NativeHistogram>::new("a", ""), |histogram| histogram.observe_with(0.3, &[("id", "1")]).unwrap());
    goes_back(Metric::<Summary>::new("a", ""), |summary| summary.observe(0.3));
    goes_back(Metric::<QuantileSummary>::new("a", ""), |summary| (0..1_000).for_each(|value| summary.observe(value.into())));
    goes_back(Metric::<NamedStates>::new("a", "").states(["x", "y"]), |states| assert!(states.set("y") && states.switch("x", true)));
    goes_back(Metric::<StateSet<Outcome>>::new("a", ""), |states| states.insert(Outcome::Failed));
    let registry = Registry::new();
    let created = registry.register(Metric::<Created<Counter>>::new("a_total", "")).unwrap();
    created.inc();
    registry.reset();
    assert_eq!(created.get(), 0);
}

#[test]
fn cells_of_the_core_go_back_to_their_start() {
    static TOTAL: Desc = Desc::counter("a_total", "");
    static GAUGE: Desc = Desc::gauge("a", "");
    static HISTOGRAM: Desc = Desc::histogram("a", "");
    static WAITING: Desc = Desc::gauge_histogram("a", "");
    static SUMMARY: Desc = Desc::summary("a", "");
    static STATE: Desc = Desc::state_set("a", "");
    goes_back(statics::Metric::<statics::Counter>::new(&TOTAL), |counter| counter.inc());
    goes_back(statics::Metric::<statics::CounterWithExemplar<16>>::new(&TOTAL), |counter| counter.inc_with(&[("id", "1")], None).unwrap());
    goes_back(statics::Metric::<statics::Gauge<f32>>::new(&GAUGE), |gauge| gauge.set(-1.5));
    goes_back(statics::Metric::<statics::Histogram<Ticks, 2>>::new(&HISTOGRAM), |histogram| {
        [0, 5, 50].map(|ticks| histogram.observe(ticks)).into_iter().collect()
    });
    goes_back(statics::Metric::<statics::HistogramWithExemplars<Ticks, 2, 16>>::new(&HISTOGRAM), |histogram| {
        [0, 5, 50].map(|ticks| histogram.observe_with(ticks, &[("id", "1")], None).unwrap()).into_iter().collect()
    });
    goes_back(statics::Metric::<statics::GaugeHistogram<Ticks, 2>>::new(&WAITING), |histogram| histogram.insert(5));
    goes_back(statics::Metric::<statics::Summary<f64>>::new(&SUMMARY), |summary| summary.observe(-2.5));
    goes_back(statics::Metric::<statics::StateSet<Outcome>>::new(&STATE), |states| states.set(Outcome::Failed));
    goes_back(statics::Family::<statics::Counter, Outcome, 2>::new(&TOTAL), |family| family.with(Outcome::Failed).inc());
    goes_back(BoundedFamily::<statics::Counter, 1, 1, 8>::new(&TOTAL, &["path"]), |family| {
        family.with(["a"]).inc();
        family.with(["b"]).inc();
    });
}

#[test]
fn families_go_back_to_their_start() {
    #[derive(Labels)]
    struct Route<'a> {
        path: &'a str,
    }
    let both = |family: &Family<Counter, 1>| {
        family.with(["/a"]).inc();
        family.with(["/b"]).inc_by(2);
    };
    goes_back(Family::<Counter, 1>::new("a_total", "", ["path"]), both);
    goes_back(Family::<Counter, 1>::new("a_total", "", ["path"]).max_series(1), both);
    goes_back(Family::<Counter, 1>::new("a_total", "", ["path"]).compact(), both);
    goes_back(Family::<Counter, 1>::new("a_total", "", ["path"]).ttl(std::time::Duration::from_secs(60)), both);
    goes_back(FamilyOf::<Counter, Route>::new("a_total", ""), |family| family.with(Route { path: "/" }).inc());
    goes_back(ClosedFamily::<Histogram, Outcome>::new("a", ""), |family| family.with(Outcome::Ok).observe(0.1));
}

#[test]
fn statics_start_anew() {
    static COUNTER: Metric<Counter> = Metric::declare("restarted_total", "");
    static UNUSED: Metric<Histogram> = Metric::declare("restarted_seconds", "");
    static FAMILY: Family<Counter, 1> = Family::declare("restarted_paths_total", "", ["path"]);
    let registry = Registry::new();
    registry.register(&COUNTER).unwrap();
    registry.register(&UNUSED).unwrap();
    registry.register(&FAMILY).unwrap();
    COUNTER.inc_by(7);
    FAMILY.with(["/"]).inc();
    registry.reset();
    assert_eq!((COUNTER.get(), UNUSED.count(), FAMILY.len()), (0, 0, 0));
    COUNTER.inc();
    FAMILY.with(["/"]).inc();
    assert_eq!((COUNTER.get(), FAMILY.with(["/"]).get()), (1, 1));
}

#[test]
fn handles_go_on_counting_on_the_page() {
    let registry = Registry::new();
    let requests = registry.register(Family::<Counter, 1>::new("requests_total", "", ["path"]).max_series(2)).unwrap();
    let held = requests.handle(["/held"]);
    let used = requests.with(["/used"]).get();
    let beyond = requests.handle(["/beyond"]);
    held.inc_by(5);
    beyond.inc_by(5);
    registry.reset();
    assert_eq!((used, requests.overflowed()), (0, 0));
    assert_page(&registry, "requests_total{path=\"/held\"} 0\nrequests_total{overflow=\"true\"} 0\nrequests_folded_total 0");
    held.inc();
    beyond.inc();
    assert_page(&registry, "requests_total{path=\"/held\"} 1\nrequests_total{overflow=\"true\"} 1\nrequests_folded_total 0");
}

#[test]
fn what_only_reads_stays() {
    let registry = Registry::new();
    registry.register(Metric::from_cell("read", "", GaugeFn::new(|| Some(3)))).unwrap();
    let info = registry.register(Metric::<Info>::new("build_info", "")).unwrap();
    info.set([("version", "1")]).unwrap();
    let before = page(&registry);
    registry.reset();
    assert_eq!(page(&registry), before);
}

/// Gives a number of its own, and hands on a family.
struct Mixed {
    requests: Family<Counter, 1>,
    panics: AtomicBool,
}

impl Collector for Mixed {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const LOAD: Desc = Desc::gauge("load", "");
        assert!(!self.panics.load(Ordering::Relaxed), "it was told to");
        out.family(&LOAD)?.gauge(&(), 0.5)?;
        self.requests.collect(out)
    }
}

#[test]
fn reset_reaches_what_is_nested_or_handed_on() {
    let registry = Registry::new();
    let inner = Registry::new();
    let jobs = inner.register(Metric::<Counter>::new("jobs_total", "")).unwrap();
    registry.register(inner.clone()).unwrap();
    let pool = registry.nested("db_", [("pool", "users")]).unwrap();
    let open = pool.register(Metric::<Gauge<i64>>::new("connections", "")).unwrap();
    let mixed = Mixed { requests: Family::new("requests_total", "", ["path"]), panics: AtomicBool::new(false) };
    let mixed = registry.register(mixed).unwrap();
    jobs.inc();
    open.set(3);
    mixed.requests.with(["/"]).inc();
    registry.reset();
    assert_page(&registry, "jobs_total 0\ndb_connections{pool=\"users\"} 0\nload 0.5");
}

#[test]
fn reset_passes_a_panic_and_forgets_failures() {
    let registry = Registry::new();
    let mixed = Mixed { requests: Family::new("requests_total", "", ["path"]), panics: AtomicBool::new(false) };
    let mixed = registry.register(mixed).unwrap();
    let jobs = registry.register(Metric::<Counter>::new("jobs_total", "")).unwrap();
    jobs.inc();
    mixed.panics.store(true, Ordering::Relaxed);
    assert!(page(&registry).contains("picometer_collector_failures"));
    registry.reset();
    mixed.panics.store(false, Ordering::Relaxed);
    assert_page(&registry, "load 0.5\njobs_total 0");
    assert!(registry.failures().is_empty());
}

#[test]
fn reset_by_a_collector_or_within_itself_ends() {
    struct Resets(Registry);
    impl Collector for Resets {
        fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
            const LOAD: Desc = Desc::gauge("load", "");
            self.0.reset();
            out.family(&LOAD)?.gauge(&(), 0.5)
        }
    }
    let registry = Registry::new();
    let jobs = registry.register(Metric::<Counter>::new("jobs_total", "")).unwrap();
    registry.register(Resets(registry.clone())).unwrap();
    let _ = registry.register(registry.clone());
    jobs.inc();
    assert!(page(&registry).contains("jobs_total 1"));
    jobs.inc();
    registry.reset();
    assert_eq!(jobs.get(), 0);
}

#[test]
fn reset_beside_counting_threads_leaves_sound_pages() {
    static TICKS: Desc = Desc::histogram("ticks", "");
    let registry = Registry::new();
    let total = registry.register(Metric::<Counter>::new("total", "").utf8()).err().map(drop);
    assert!(total.is_some(), "a counter needs its suffix");
    let total = registry.register(Metric::<Counter>::new("all_total", "")).unwrap();
    let codes = registry.register(Family::<Counter, 1>::new("codes_total", "", ["code"])).unwrap();
    let seconds = registry.register(Metric::<Histogram>::new("seconds", "")).unwrap();
    let quantiles = registry.register(Metric::<QuantileSummary>::new("quantiles", "")).unwrap();
    let ticks = registry.register(statics::Metric::<statics::Histogram<Ticks, 2>>::new(&TICKS)).unwrap();
    let held = codes.handle(["held"]);
    const EACH: u64 = 20_000;
    thread::scope(|scope| {
        for thread in 0..4 {
            let (total, codes, seconds, quantiles, ticks, held) = (&total, &codes, &seconds, &quantiles, &ticks, &held);
            scope.spawn(move || {
                for number in 0..EACH {
                    total.inc();
                    held.inc();
                    codes.with([["200", "404", "500"][(number % 3) as usize]]).inc();
                    seconds.observe(0.5);
                    quantiles.observe(0.5);
                    ticks.observe(thread);
                }
            });
        }
        for _ in 0..200 {
            registry.reset();
            assert!(total.get() <= 4 * EACH && held.get() <= 4 * EACH && seconds.count() <= 4 * EACH && ticks.count() <= 4 * EACH);
            page(&registry);
        }
    });
    registry.reset();
    assert_eq!((total.get(), held.get(), codes.len(), seconds.count(), ticks.count(), quantiles.count()), (0, 0, 1, 0, 0, 0));
    assert_eq!((seconds.sum(), ticks.sum().as_u64(), quantiles.sum()), (0.0, Some(0), 0.0));
    total.inc();
    ticks.observe(5);
    assert_eq!((total.get(), ticks.count(), ticks.sum().as_u64()), (1, 1, Some(5)));
    assert!(registry.failures().is_empty());
}
