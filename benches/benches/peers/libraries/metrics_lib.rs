use std::sync::Arc;

use metrics_lib::{Histogram, LabelSet, Registry, exporters};

use crate::inputs::{BOUNDS, LABELS, NAME, TEXTS};
use crate::library::{Give, Page, Shown};

fn registry() -> Registry {
    Registry::with_cardinality_cap(10_000_000)
}

pub(crate) fn counter() -> impl Fn() + Send + Sync {
    let counter = registry().counter(NAME);
    move || counter.inc()
}

pub(crate) fn set() -> impl Fn(f64) + Sync {
    let gauge = registry().gauge(NAME);
    move |value| gauge.set(value)
}

pub(crate) fn add() -> impl Fn(f64) + Sync {
    let gauge = registry().gauge(NAME);
    move |value| gauge.add(value)
}

pub(crate) fn histogram(bounds: &[f64]) -> impl Fn(f64) + Send + Sync + use<> {
    let histogram = Histogram::with_buckets(bounds.iter().copied());
    move |value| histogram.observe(value)
}

fn labelled<const N: usize>(names: [&'static str; N], labels: [&str; N]) -> LabelSet {
    let mut set = LabelSet::new();
    for (name, value) in names.into_iter().zip(labels) {
        set.add(name, value.to_owned());
    }
    set
}

pub(crate) fn one() -> impl Fn([&str; 1]) + Sync {
    let registry = registry();
    move |labels: [&str; 1]| registry.counter_with(NAME, &labelled([LABELS[1]], labels)).inc()
}

pub(crate) fn lookup() -> impl Fn([&str; 3]) + Sync {
    let registry = registry();
    move |labels: [&str; 3]| registry.counter_with(NAME, &labelled(LABELS, labels)).inc()
}

pub(crate) fn typed() -> impl Fn([usize; 3]) + Sync {
    let registry = registry();
    move |labels: [usize; 3]| {
        let mut set = LabelSet::new();
        for (name, label) in LABELS.into_iter().zip(labels) {
            set.add(name, TEXTS[label]);
        }
        registry.counter_with(NAME, &set).inc();
    }
}

fn shown<V: 'static>(registry: Registry, give: impl Fn(&Registry, &LabelSet, V) + Send + Sync + 'static) -> Shown<impl Give<V>, impl Page> {
    let registry = Arc::new(registry);
    let rendered = registry.clone();
    let page = move |buffer: &mut String| {
        buffer.clear();
        exporters::prometheus::render_into(buffer, &rendered);
        buffer.len()
    };
    Shown::new(move |labels: [&str; 3], value: V| give(&registry, &labelled(LABELS, labels), value), page)
}

pub(crate) fn counters() -> Shown<impl Give<u64>, impl Page> {
    shown(registry(), |registry, labels, value| registry.counter_with(NAME, labels).add(value))
}

pub(crate) fn gauges() -> Shown<impl Give<f64>, impl Page> {
    shown(registry(), |registry, labels, value| registry.gauge_with(NAME, labels).set(value))
}

pub(crate) fn histograms() -> Shown<impl Give<f64>, impl Page> {
    let registry = registry();
    registry.configure_histogram(NAME, BOUNDS).expect("bounds are valid");
    shown(registry, |registry, labels, value| registry.histogram_with(NAME, labels).observe(value))
}
