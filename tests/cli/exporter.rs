//! The page of an exporter that has everything which the library says of itself: no reader finds a fault with it.

use std::time::Duration;

use picometer_std::collectors::{BuildInfo, CountingAllocator, Process, RustInfo, TokioRuntime};
use picometer_std::exporter::Exporter;
use picometer_std::push::{Http, HttpRequest, HttpResponse, Import, Periodic};
use picometer_std::recorder::Recorder;
use picometer_std::serve::HttpMetrics;
use picometer_std::{Collector, Counter, Encoder, Family, Histogram, Metric, Registry, Slow, Stop};

use crate::command::run;

static HEAP: CountingAllocator = CountingAllocator::new();

struct Fails;

impl Collector for Fails {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        Err(out.fail("it always does"))
    }
}

/// Everything that has metrics of its own, with something in each.
fn everything(registry: &Registry, runtime: &tokio::runtime::Runtime) {
    registry.register(Process::current()).unwrap();
    registry.register(RustInfo).unwrap();
    registry.register(BuildInfo::new("shop", "1.0.0")).unwrap();
    registry.register(&HEAP).unwrap();
    registry.register(TokioRuntime::of(runtime.handle())).unwrap();
    registry.register(HttpMetrics::server()).unwrap();
    registry.register(HttpMetrics::client()).unwrap();
    // Collectors that fail, beside each other and one in the other.
    let inner = Registry::new();
    inner.register(Fails).unwrap();
    inner.register(Slow::new("slow", Fails)).unwrap();
    registry.register(inner).unwrap();
    registry.register(Slow::new("slow", Fails)).unwrap();
    registry.register(Fails).unwrap();
    // Limits that are reached.
    let capped = Family::<Counter, 1>::new("capped_total", "Of two peers and all others.", ["peer"]).max_series(1);
    let capped = registry.register(capped).unwrap();
    ["a", "b", "c"].iter().for_each(|peer| capped.with([peer]).inc());
    registry.register(Metric::<Histogram>::new("wait_seconds", "How long jobs wait.").unit("seconds")).unwrap().observe(0.1);
    metrics::with_local_recorder(&Recorder::new(registry).max_series(1).max_metrics(2), || {
        metrics::describe_counter!("jobs", "Jobs that were done.");
        metrics::describe_gauge!("jobs_created", "Jobs that were made.");
        metrics::describe_counter!("wait_seconds_count", "Taken already.");
        metrics::gauge!("jobs_created").set(1.0);
        ["a", "b"].iter().for_each(|queue| metrics::counter!("jobs", "queue" => *queue).increment(1));
        metrics::counter!("wait_seconds_count").increment(1);
        metrics::counter!("one_too_many").increment(1);
    });
}

#[test]
fn page_of_the_exporter_has_no_fault() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let registry = Registry::new();
    everything(&registry, &runtime);
    let http = Http::new().handler(|_: &HttpRequest<'_>| Ok(HttpResponse { status: 204, ..HttpResponse::default() }));
    let import = Import::new("http://127.0.0.1:1").unwrap().http(http);
    let running = Periodic::new(import).interval(Duration::from_millis(1)).start(Registry::new()).unwrap();
    registry.register_shared(running.metrics()).unwrap();
    let handle = Exporter::bind("127.0.0.1:0").unwrap().spawn(registry.clone()).unwrap();
    let url = format!("http://{}/metrics", handle.local_addr().unwrap());
    for _ in 0..2 {
        let checked = run(&["check", &url], b"");
        let is_clean = checked.status == 0 && checked.stdout.ends_with(": no problems\n") && checked.stdout.lines().count() == 1;
        assert!(is_clean, "{checked:?}");
        // The page is right, and tells what failed.
        let failed = ["`jobs_created`", "`wait_seconds_count_total`", "registry::Registry`", "exporter::Fails`", "`slow`"];
        assert_eq!(checked.stderr.lines().count(), failed.len(), "{checked:?}");
        for (line, failed) in checked.stderr.lines().zip(failed) {
            assert!(line.contains("warning: ") && line.contains(failed), "{failed}: {line}");
        }
    }
    let parsed = run(&["parse", "--json", "--strict", &url], b"");
    assert_eq!(parsed.status, 0, "{}", parsed.stderr);
    let json = parsed.json();
    let names: Vec<&str> = json["families"].as_array().unwrap().iter().map(|family| family["name"].as_str().unwrap()).collect();
    for name in
        ["picometer_collector_failures", "picometer_slow_collector_errors", "picometer_recorder_refused", "picometer_recorder_folded"]
    {
        assert!(names.iter().any(|family| family.starts_with(name)), "{name}: {names:?}");
    }
    assert!(names.contains(&"exported_jobs_created") && names.iter().any(|name| name.starts_with("process_cpu")), "{names:?}");
    running.stop().unwrap();
    handle.shutdown();
}
