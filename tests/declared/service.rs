//! Declared metrics of a service: on the pages of the default registry without a line in `main`.

use std::time::Duration;

use picometer_std::{
    Collector, Counter, CounterFn, Desc, Encoder, FromConfig, Gauge, GaugeFn, Histogram, Info, LabelSchema, LabelsOf, NamedStates,
    NativeHistogram, Stop, Summary, TypedFamily, declare, default_registry, exponential, labels, metrics, sample_value,
};

labels! { pub enum Outcome as "outcome" { Ok = "ok", Failed = "failed" } }

struct Route<'a> {
    method: &'a str,
    code: u16,
}

impl LabelSchema for Route<'_> {
    const NAMES: &'static [&'static str] = &["method", "code"];
    type Family<C: FromConfig> = TypedFamily<C, Route<'static>, 2>;
}

impl LabelsOf<Route<'static>, 2> for Route<'_> {
    fn texts_in<R>(&self, then: impl FnOnce(&[&str; 2]) -> R) -> R {
        then(&[self.method, &self.code.to_string()])
    }
}

metrics! {
    /// Requests
    /// served.
    static REQUESTS: Family<Counter, Route> = "http_requests_total".max_series(2).ttl(Duration::from_secs(600));
    /// How long requests take.
    pub static SECONDS: Family<Histogram, Route> = "http_request_seconds".unit("seconds").buckets(exponential::<3>(0.5, 2.0)).compact();
    /// Requests that are being served.
    static RUNNING: Gauge<i64> = "requests_in_progress".namespace("http").subsystem("api");
    /// Jobs that wait.
    static WAITING: GaugeFn = "jobs_waiting".read(|| Some(3));
    /// Events of the system.
    static EVENTS: CounterFn = "system_events_total".read(|| Some(7));
    /// Asks for the registry that it is on the page of.
    static CURIOUS: GaugeFn = "curious".read(|| Some(default_registry().refused().len() as u64));
    /// What was built.
    static BUILT: Info = "service_build_info".facts([("version", "1")]);
    /// State of the job.
    static STATE: NamedStates = "job_state".states(["idle", "running"]);
    /// Jobs.
    static JOBS: ClosedFamily<Counter, Outcome> = "jobs_total";
    /// How long jobs take.
    static JOB_SECONDS: ClosedFamily<Histogram, Outcome> = "job_seconds".buckets([1.0, 2.0]);
    /// Sizes.
    static SIZES: NativeHistogram = "answer_bytes_native".config(picometer_std::NativeBuckets::new());
    /// Energy.
    static ENERGY: Counter<f64> = "energy_joules_total".unit("joules");
    /// A name with a dot.
    static DOTTED: Summary = "service.sizes".utf8();
    /// Any cell.
    static ANY: Metric<picometer_std::CounterWithExemplar> = "with_exemplar_total";
    /// Not touched before.
    static LATE: Counter = "jobs_waiting_for_workers_total";
    /// In no program.
    #[cfg(any())]
    static NEVER: Counter = "service_never_total";
}

struct Battery;

impl Collector for Battery {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const VOLTS: Desc = Desc::gauge("battery_volts", "Voltage of the battery.");
        out.family(&VOLTS)?.gauge(&(), 3.7)
    }
}

static BATTERY: Battery = Battery;
declare!(BATTERY);

/// Uses one metric, and no other before it.
pub(crate) fn touch(first: &str) {
    match first {
        "gauge" => RUNNING.set(1),
        "closed" => JOBS.with(Outcome::Ok).inc(),
        "states" => _ = STATE.set("running"),
        _ => SIZES.observe(1.0),
    }
    RUNNING.set(1);
}

/// Counts a little, and asks for no registry.
pub(crate) fn count() {
    REQUESTS.with(Route { method: "GET", code: 200 }).inc();
    SECONDS.with(Route { method: "GET", code: 200 }).observe(0.7);
    ENERGY.inc_by(1.5);
    JOBS.with(Outcome::Failed).inc();
}

fn page() -> String {
    super::support::page(default_registry())
}

#[test]
fn default_registry_has_every_declaration() {
    REQUESTS.with(Route { method: "GET", code: 200 }).inc();
    SECONDS.with(Route { method: "GET", code: 200 }).observe(0.7);
    RUNNING.inc();
    JOBS.with(Outcome::Failed).inc();
    assert!(STATE.set("running"));
    SIZES.observe(3.0);
    let page = page();
    for line in [
        "# HELP http_requests_total Requests served.",
        "http_requests_total{method=\"GET\",code=\"200\"} 1",
        "http_requests_folded_total 0",
        "http_request_seconds_bucket{method=\"GET\",code=\"200\",le=\"1.0\"} 1",
        "http_api_requests_in_progress 1",
        "jobs_waiting 3",
        "system_events_total 7",
        "curious 0",
        "service_build_info{version=\"1\"} 1",
        "job_state{job_state=\"running\"} 1",
        "jobs_total{outcome=\"ok\"} 0",
        "jobs_total{outcome=\"failed\"} 1",
        "job_seconds_bucket{outcome=\"ok\",le=\"2.0\"} 0",
        "answer_bytes_native_count 1",
        "energy_joules_total 0",
        "service_sizes_count 0",
        "with_exemplar_total 0",
        "battery_volts 3.7",
        // Those of the core and of the driver are there as well.
        "untouched_total 0",
        "i2c_bus_recoveries_total 0",
    ] {
        assert!(page.lines().any(|found| found == line), "no {line} in\n{page}");
    }
    assert!(!page.contains("service_never_total"));
    assert!(page.lines().any(|line| line.starts_with("process_")), "it has what every program has");
    assert_eq!(default_registry().refused(), []);
    assert_eq!(default_registry().failures().len(), 0);
    let _ = (&WAITING, &EVENTS, &CURIOUS, &BUILT, &JOB_SECONDS, &ENERGY, &DOTTED, &ANY, &LATE);
}

#[test]
fn declared_families_are_sorted_by_name() {
    let page = page();
    let names = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let own = ["answer_bytes_native", "battery_volts", "energy_joules_total", "job_state", "jobs_waiting", "service_sizes"];
    let found: Vec<_> = names.filter(|name| own.contains(name)).collect();
    assert_eq!(found, own);
}

#[test]
fn declared_value_is_read_by_name() {
    assert_eq!(sample_value(default_registry(), "jobs_waiting", &[]), Some(3.0));
}
