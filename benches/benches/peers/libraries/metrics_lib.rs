use std::sync::Arc;

use metrics_lib::{LabelSet, Registry, exporters};

use crate::inputs::{BOUNDS, LABELS, NAME, TEXTS};
use crate::library::{Children, Counter, Gauge, Lookup, Observer, Typed};

impl Counter for Arc<metrics_lib::Counter> {
    fn inc(&self) {
        (**self).inc();
    }
}

impl Gauge for Arc<metrics_lib::Gauge> {
    fn set(&self, value: f64) {
        (**self).set(value);
    }

    fn add(&self, value: f64) {
        (**self).add(value);
    }
}

impl Observer for metrics_lib::Histogram {
    fn observe(&self, value: f64) {
        metrics_lib::Histogram::observe(self, value);
    }
}

pub(crate) fn counter() -> impl Counter {
    registry().counter(NAME)
}

pub(crate) fn gauge() -> impl Gauge {
    registry().gauge(NAME)
}

pub(crate) fn histogram(bounds: &[f64]) -> impl Observer + use<> {
    metrics_lib::Histogram::with_buckets(bounds.iter().copied())
}

fn registry() -> Registry {
    Registry::with_cardinality_cap(10_000_000)
}

fn set<'v>(labels: impl IntoIterator<Item = (&'static str, &'v str)>) -> LabelSet {
    let mut set = LabelSet::new();
    for (name, value) in labels {
        set.add(name, value.to_owned());
    }
    set
}

impl Lookup<1> for Registry {
    fn inc(&self, [label]: [&str; 1]) {
        self.counter_with(NAME, &set([(LABELS[1], label)])).inc();
    }
}

impl Lookup<3> for Registry {
    fn inc(&self, labels: [&str; 3]) {
        self.counter_with(NAME, &set(LABELS.into_iter().zip(labels))).inc();
    }
}

impl Typed for Registry {
    fn inc(&self, labels: [usize; 3]) {
        let mut set = LabelSet::new();
        for (name, label) in LABELS.into_iter().zip(labels) {
            set.add(name, TEXTS[label]);
        }
        self.counter_with(NAME, &set).inc();
    }
}

pub(crate) fn one() -> impl Lookup<1> {
    registry()
}

pub(crate) fn lookup() -> impl Lookup<3> {
    registry()
}

pub(crate) fn typed() -> impl Typed {
    registry()
}

fn page(registry: &Registry, buffer: &mut String) -> usize {
    buffer.clear();
    exporters::prometheus::render_into(buffer, registry);
    buffer.len()
}

impl Children<u64> for Registry {
    fn give(&self, labels: [&str; 3], value: u64) {
        self.counter_with(NAME, &set(LABELS.into_iter().zip(labels))).add(value);
    }

    fn page(&self, buffer: &mut String) -> usize {
        page(self, buffer)
    }
}

/// Gauges.
pub(crate) struct Gauges(Registry);

impl Children<f64> for Gauges {
    fn give(&self, labels: [&str; 3], value: f64) {
        self.0.gauge_with(NAME, &set(LABELS.into_iter().zip(labels))).set(value);
    }

    fn page(&self, buffer: &mut String) -> usize {
        page(&self.0, buffer)
    }
}

/// Histograms.
pub(crate) struct Histograms(Registry);

impl Children<f64> for Histograms {
    fn give(&self, labels: [&str; 3], value: f64) {
        self.0.histogram_with(NAME, &set(LABELS.into_iter().zip(labels))).observe(value);
    }

    fn page(&self, buffer: &mut String) -> usize {
        page(&self.0, buffer)
    }
}

pub(crate) fn counters() -> impl Children<u64> + Lookup<3> {
    registry()
}

pub(crate) fn gauges() -> impl Children<f64> {
    Gauges(registry())
}

pub(crate) fn histograms() -> impl Children<f64> {
    let registry = registry();
    registry.configure_histogram(NAME, BOUNDS).expect("bounds are valid");
    Histograms(registry)
}
