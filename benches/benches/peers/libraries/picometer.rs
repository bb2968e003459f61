use std::sync::{Arc, Mutex};

use picometer_std::{
    ClosedFamily, Counter as Counting, Family, Format, FromConfig, Gauge as Level, Histogram, Metric, Registry, Summary, labels, render,
};

use crate::inputs::{BOUNDS, HELP, LABELS};
use crate::library::{Children, Counter, Gauge, Lookup, Observer, Typed};

const VALID: &str = "names and bounds are valid";

impl Counter for Metric<Counting> {
    fn inc(&self) {
        (**self).inc();
    }
}

impl Gauge for Metric<Level> {
    fn set(&self, value: f64) {
        (**self).set(value);
    }

    fn add(&self, value: f64) {
        self.inc_by(value);
    }
}

impl Observer for Metric<Histogram> {
    fn observe(&self, value: f64) {
        (**self).observe(value);
    }
}

impl Observer for Metric<Summary> {
    fn observe(&self, value: f64) {
        (**self).observe(value);
    }
}

pub(crate) fn counter() -> impl Counter {
    Metric::<Counting>::new("http_requests_total", HELP)
}

pub(crate) fn gauge() -> impl Gauge {
    Metric::<Level>::new("level", HELP)
}

pub(crate) fn histogram(bounds: &[f64]) -> impl Observer + use<> {
    Metric::<Histogram>::new("http_request_seconds", HELP).buckets(bounds)
}

pub(crate) fn summary() -> impl Observer {
    Metric::<Summary>::new("http_request_seconds", HELP)
}

impl<const N: usize> Lookup<N> for Family<Counting, N> {
    fn inc(&self, labels: [&str; N]) {
        self.with(labels).inc();
    }
}

pub(crate) fn one() -> impl Lookup<1> {
    Family::<Counting, 1>::new("http_requests_total", HELP, [LABELS[1]])
}

pub(crate) fn lookup() -> impl Lookup<3> {
    Family::<Counting, 3>::new("http_requests_total", HELP, LABELS)
}

macro_rules! ten {
    ($name:ident as $label:literal) => {
        labels! { enum $name as $label {
            V0 = "value-0000", V1 = "value-0001", V2 = "value-0002", V3 = "value-0003", V4 = "value-0004",
            V5 = "value-0005", V6 = "value-0006", V7 = "value-0007", V8 = "value-0008", V9 = "value-0009"
        } }
    };
}

ten!(Service as "service_id");
ten!(Route as "route_name");
ten!(Status as "status_cod");

impl Typed for ClosedFamily<Counting, (Service, Route, Status)> {
    fn inc(&self, [service, route, status]: [usize; 3]) {
        use picometer_std::LabelTexts as _;
        self.with((Service::ALL[service], Route::ALL[route], Status::ALL[status])).inc();
    }
}

pub(crate) fn typed() -> impl Typed {
    ClosedFamily::<Counting, (Service, Route, Status)>::new("http_requests_total", HELP)
}

/// A family and the registry that shows it.
pub(crate) struct Shown<C: FromConfig>(Arc<Family<C, 3>>, Registry, Mutex<Vec<u8>>);

impl<C: FromConfig> Shown<C> {
    fn new(family: Family<C, 3>) -> Self {
        let registry = Registry::new();
        let family = registry.register(family).expect(VALID);
        Self(family, registry, Mutex::default())
    }

    /// Makes a child, without a value from any thread.
    pub(crate) fn touch(&self, labels: [&str; 3]) {
        self.0.with(labels);
    }

    fn page(&self) -> usize {
        let mut page = self.2.lock().expect("no holder panics");
        page.clear();
        render(&self.1, Format::Text004, &mut page);
        page.len()
    }
}

impl Children<u64> for Shown<Counting> {
    fn give(&self, labels: [&str; 3], value: u64) {
        self.0.with(labels).inc_by(value);
    }

    fn page(&self, _: &mut String) -> usize {
        self.page()
    }
}

impl Lookup<3> for Shown<Counting> {
    fn inc(&self, labels: [&str; 3]) {
        self.0.with(labels).inc();
    }
}

impl Children<f64> for Shown<Level> {
    fn give(&self, labels: [&str; 3], value: f64) {
        self.0.with(labels).set(value);
    }

    fn page(&self, _: &mut String) -> usize {
        self.page()
    }
}

impl Children<f64> for Shown<Histogram> {
    fn give(&self, labels: [&str; 3], value: f64) {
        self.0.with(labels).observe(value);
    }

    fn page(&self, _: &mut String) -> usize {
        self.page()
    }
}

pub(crate) fn counters() -> Shown<Counting> {
    Shown::new(Family::new("http_requests_total", HELP, LABELS))
}

/// Without the text of their labels.
pub(crate) fn compact_counters() -> Shown<Counting> {
    Shown::new(Family::new("http_requests_total", HELP, LABELS).compact())
}

pub(crate) fn gauges() -> Shown<Level> {
    Shown::new(Family::new("level", HELP, LABELS))
}

pub(crate) fn histograms() -> Shown<Histogram> {
    Shown::new(Family::new("http_request_seconds", HELP, LABELS).buckets(BOUNDS))
}
