use prometheus::{
    Encoder as _, Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry, TextEncoder,
};

use crate::inputs::{BOUNDS, HELP, LABELS, NAME, TEXTS};
use crate::library::{Give, Page, Shown};

const VALID: &str = "names and bounds are valid";

pub(crate) fn counter() -> impl Fn() + Send + Sync {
    let counter = IntCounter::new(NAME, HELP).expect(VALID);
    move || counter.inc()
}

pub(crate) fn set() -> impl Fn(f64) + Sync {
    let gauge = Gauge::new(NAME, HELP).expect(VALID);
    move |value| gauge.set(value)
}

pub(crate) fn add() -> impl Fn(f64) + Sync {
    let gauge = Gauge::new(NAME, HELP).expect(VALID);
    move |value| gauge.add(value)
}

pub(crate) fn histogram(bounds: &[f64]) -> impl Fn(f64) + Send + Sync + use<> {
    let histogram = Histogram::with_opts(HistogramOpts::new(NAME, HELP).buckets(bounds.to_vec())).expect(VALID);
    move |value| histogram.observe(value)
}

fn vector(labels: &[&str]) -> IntCounterVec {
    IntCounterVec::new(Opts::new(NAME, HELP), labels).expect(VALID)
}

pub(crate) fn one() -> impl Fn([&str; 1]) + Sync {
    let family = vector(&LABELS[1..2]);
    move |labels: [&str; 1]| family.with_label_values(&labels).inc()
}

pub(crate) fn lookup() -> impl Fn([&str; 3]) + Sync {
    let family = vector(&LABELS);
    move |labels: [&str; 3]| family.with_label_values(&labels).inc()
}

pub(crate) fn typed() -> impl Fn([usize; 3]) + Sync {
    let family = vector(&LABELS);
    move |labels: [usize; 3]| family.with_label_values(&labels.map(|label| TEXTS[label])).inc()
}

/// The page of a registry.
pub(super) fn page(registry: Registry) -> impl Page {
    move |buffer: &mut String| {
        let mut bytes = std::mem::take(buffer).into_bytes();
        bytes.clear();
        TextEncoder::new().encode(&registry.gather(), &mut bytes).expect("a vector takes everything");
        *buffer = String::from_utf8(bytes).expect("text");
        buffer.len()
    }
}

/// The page of a family.
fn page_of<F: prometheus::core::Collector + Clone + 'static>(family: &F) -> impl Page + use<F> {
    let registry = Registry::new();
    registry.register(Box::new(family.clone())).expect(VALID);
    page(registry)
}

pub(crate) fn counters() -> Shown<impl Give<u64>, impl Page> {
    let family = vector(&LABELS);
    let page = page_of(&family);
    Shown::new(move |labels: [&str; 3], value: u64| family.with_label_values(&labels).inc_by(value), page)
}

pub(crate) fn gauges() -> Shown<impl Give<f64>, impl Page> {
    let family = GaugeVec::new(Opts::new(NAME, HELP), &LABELS).expect(VALID);
    let page = page_of(&family);
    Shown::new(move |labels: [&str; 3], value: f64| family.with_label_values(&labels).set(value), page)
}

pub(crate) fn histograms() -> Shown<impl Give<f64>, impl Page> {
    let family = HistogramVec::new(HistogramOpts::new(NAME, HELP).buckets(BOUNDS.to_vec()), &LABELS).expect(VALID);
    let page = page_of(&family);
    Shown::new(move |labels: [&str; 3], value: f64| family.with_label_values(&labels).observe(value), page)
}
