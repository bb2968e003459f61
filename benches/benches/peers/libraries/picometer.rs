use std::sync::{Arc, Mutex};

use picometer_std::{
    ClosedFamily, Counter, Family, Format, FromConfig, Gauge, Histogram, LabelTexts as _, Metric, Registry, Summary, labels, render,
};

use crate::inputs::{BOUNDS, HELP, LABELS};
use crate::library::{Give, Page, Shown};

const NAME: &str = "http_requests_total";

pub(crate) fn counter() -> impl Fn() + Send + Sync {
    let counter = Metric::<Counter>::new(NAME, HELP);
    move || counter.inc()
}

pub(crate) fn set() -> impl Fn(f64) + Sync {
    let gauge = Metric::<Gauge>::new("level", HELP);
    move |value| gauge.set(value)
}

pub(crate) fn add() -> impl Fn(f64) + Sync {
    let gauge = Metric::<Gauge>::new("level", HELP);
    move |value| gauge.inc_by(value)
}

pub(crate) fn histogram(bounds: &[f64]) -> impl Fn(f64) + Send + Sync + use<> {
    let histogram = Metric::<Histogram>::new("http_request_seconds", HELP).buckets(bounds);
    move |value| histogram.observe(value)
}

pub(crate) fn summary() -> impl Fn(f64) + Sync {
    let summary = Metric::<Summary>::new("http_request_seconds", HELP);
    move |value| summary.observe(value)
}

pub(crate) fn one() -> impl Fn([&str; 1]) + Sync {
    let family = Family::<Counter, 1>::new(NAME, HELP, [LABELS[1]]);
    move |labels: [&str; 1]| family.with(labels).inc()
}

pub(crate) fn lookup() -> impl Fn([&str; 3]) + Sync {
    let family = family();
    move |labels: [&str; 3]| family.with(labels).inc()
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

pub(crate) fn typed() -> impl Fn([usize; 3]) + Sync {
    let family = ClosedFamily::<Counter, (Service, Route, Status)>::new(NAME, HELP);
    move |[service, route, status]: [usize; 3]| family.with((Service::ALL[service], Route::ALL[route], Status::ALL[status])).inc()
}

/// A family of counters in no registry.
pub(crate) fn family() -> Family<Counter, 3> {
    Family::new(NAME, HELP, LABELS)
}

/// A family of histograms in no registry.
pub(crate) fn histogram_family() -> Family<Histogram, 3> {
    Family::new("http_request_seconds", HELP, LABELS).buckets(BOUNDS)
}

/// A family and the registry that shows it.
fn shown<C: FromConfig, V, G: Give<V>>(family: Family<C, 3>, give: impl FnOnce(Arc<Family<C, 3>>) -> G) -> Shown<G, impl Page>
where
    Family<C, 3>: picometer_std::Collector + 'static,
{
    let registry = Registry::new();
    let family = registry.register(family).expect("names and bounds are valid");
    // A library that writes text has a `String` of the case's; this one writes bytes.
    let bytes = Mutex::<Vec<u8>>::default();
    let page = move |_: &mut String| {
        let mut page = bytes.lock().expect("no holder panics");
        page.clear();
        render(&registry, Format::Text004, &mut page);
        page.len()
    };
    Shown::new(give(family.clone()), page).removed_by(move |labels| family.remove(labels))
}

fn counted(family: Family<Counter, 3>) -> Shown<impl Give<u64>, impl Page> {
    shown(family, |family| move |labels: [&str; 3], value: u64| family.with(labels).inc_by(value))
}

pub(crate) fn counters() -> Shown<impl Give<u64>, impl Page> {
    counted(family())
}

/// Without the text of their labels.
pub(crate) fn compact_counters() -> Shown<impl Give<u64>, impl Page> {
    counted(family().compact())
}

pub(crate) fn gauges() -> Shown<impl Give<f64>, impl Page> {
    let family = Family::<Gauge, 3>::new("level", HELP, LABELS);
    shown(family, |family| move |labels: [&str; 3], value: f64| family.with(labels).set(value))
}

pub(crate) fn histograms() -> Shown<impl Give<f64>, impl Page> {
    shown(histogram_family(), |family| move |labels: [&str; 3], value: f64| family.with(labels).observe(value))
}
