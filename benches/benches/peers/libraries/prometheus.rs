use prometheus::{Encoder as _, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, TextEncoder};

use crate::inputs::{BOUNDS, HELP, LABELS, NAME, TEXTS};
use crate::library::{Children, Counter, Gauge, Lookup, Observer, Typed};

const VALID: &str = "names and bounds are valid";

impl Counter for prometheus::IntCounter {
    fn inc(&self) {
        prometheus::IntCounter::inc(self);
    }
}

impl Gauge for prometheus::Gauge {
    fn set(&self, value: f64) {
        prometheus::Gauge::set(self, value);
    }

    fn add(&self, value: f64) {
        prometheus::Gauge::add(self, value);
    }
}

impl Observer for prometheus::Histogram {
    fn observe(&self, value: f64) {
        prometheus::Histogram::observe(self, value);
    }
}

pub(crate) fn counter() -> impl Counter {
    prometheus::IntCounter::new(NAME, HELP).expect(VALID)
}

pub(crate) fn gauge() -> impl Gauge {
    prometheus::Gauge::new(NAME, HELP).expect(VALID)
}

pub(crate) fn histogram(bounds: &[f64]) -> impl Observer + use<> {
    prometheus::Histogram::with_opts(HistogramOpts::new(NAME, HELP).buckets(bounds.to_vec())).expect(VALID)
}

impl<const N: usize> Lookup<N> for IntCounterVec {
    fn inc(&self, labels: [&str; N]) {
        self.with_label_values(&labels).inc();
    }
}

impl Typed for IntCounterVec {
    fn inc(&self, labels: [usize; 3]) {
        self.with_label_values(&labels.map(|label| TEXTS[label])).inc();
    }
}

fn vector(labels: &[&str]) -> IntCounterVec {
    IntCounterVec::new(Opts::new(NAME, HELP), labels).expect(VALID)
}

pub(crate) fn one() -> impl Lookup<1> {
    vector(&LABELS[1..2])
}

pub(crate) fn lookup() -> impl Lookup<3> {
    vector(&LABELS)
}

pub(crate) fn typed() -> impl Typed {
    vector(&LABELS)
}

/// A family and the registry that shows it.
pub(crate) struct Shown<M>(M, Registry);

impl<M: prometheus::core::Collector + Clone + 'static> Shown<M> {
    fn new(family: M) -> Self {
        let registry = Registry::new();
        registry.register(Box::new(family.clone())).expect(VALID);
        Self(family, registry)
    }
}

fn page(registry: &Registry, buffer: &mut String) -> usize {
    let mut bytes = std::mem::take(buffer).into_bytes();
    bytes.clear();
    TextEncoder::new().encode(&registry.gather(), &mut bytes).expect("a vector takes everything");
    *buffer = String::from_utf8(bytes).expect("text");
    buffer.len()
}

impl Children<u64> for Shown<IntCounterVec> {
    fn give(&self, labels: [&str; 3], value: u64) {
        self.0.with_label_values(&labels).inc_by(value);
    }

    fn page(&self, buffer: &mut String) -> usize {
        page(&self.1, buffer)
    }
}

impl Lookup<3> for Shown<IntCounterVec> {
    fn inc(&self, labels: [&str; 3]) {
        self.0.with_label_values(&labels).inc();
    }
}

impl Children<f64> for Shown<GaugeVec> {
    fn give(&self, labels: [&str; 3], value: f64) {
        self.0.with_label_values(&labels).set(value);
    }

    fn page(&self, buffer: &mut String) -> usize {
        page(&self.1, buffer)
    }
}

impl Children<f64> for Shown<HistogramVec> {
    fn give(&self, labels: [&str; 3], value: f64) {
        self.0.with_label_values(&labels).observe(value);
    }

    fn page(&self, buffer: &mut String) -> usize {
        page(&self.1, buffer)
    }
}

pub(crate) fn counters() -> impl Children<u64> + Lookup<3> {
    Shown::new(vector(&LABELS))
}

pub(crate) fn gauges() -> impl Children<f64> {
    Shown::new(GaugeVec::new(Opts::new(NAME, HELP), &LABELS).expect(VALID))
}

pub(crate) fn histograms() -> impl Children<f64> {
    Shown::new(HistogramVec::new(HistogramOpts::new(NAME, HELP).buckets(BOUNDS.to_vec()), &LABELS).expect(VALID))
}
