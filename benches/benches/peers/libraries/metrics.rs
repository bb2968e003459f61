use metrics::{Key, Label, Level, Metadata, Recorder as _};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use crate::inputs::{BOUNDS, LABELS, NAME, TEXTS};
use crate::library::{Children, Counter, Gauge, Lookup, Observer, Typed};

static METADATA: Metadata<'_> = Metadata::new("bench", Level::INFO, None);

/// A recorder that the benches call as the macros do, without the global one.
pub(crate) struct Recorder(PrometheusRecorder, PrometheusHandle);

impl Recorder {
    fn new(bounds: &[f64]) -> Self {
        let recorder = PrometheusBuilder::new().set_buckets(bounds).expect("there are bounds").build_recorder();
        let handle = recorder.handle();
        Self(recorder, handle)
    }

    fn counter<const N: usize>(&self, names: [&'static str; N], labels: [&str; N]) -> metrics::Counter {
        self.0.register_counter(&key(names, labels), &METADATA)
    }
}

fn key<const N: usize>(names: [&'static str; N], labels: [&str; N]) -> Key {
    Key::from_parts(NAME, names.into_iter().zip(labels).map(|(name, label)| Label::new(name, label.to_owned())).collect::<Vec<_>>())
}

impl Counter for metrics::Counter {
    fn inc(&self) {
        self.increment(1);
    }
}

impl Gauge for metrics::Gauge {
    fn set(&self, value: f64) {
        metrics::Gauge::set(self, value);
    }

    fn add(&self, value: f64) {
        self.increment(value);
    }
}

impl Observer for metrics::Histogram {
    fn observe(&self, value: f64) {
        self.record(value);
    }
}

pub(crate) fn counter() -> impl Counter {
    Recorder::new(&BOUNDS).counter([], [])
}

pub(crate) fn gauge() -> impl Gauge {
    Recorder::new(&BOUNDS).0.register_gauge(&key([], []), &METADATA)
}

impl Lookup<1> for Recorder {
    fn inc(&self, labels: [&str; 1]) {
        self.counter([LABELS[1]], labels).increment(1);
    }
}

impl Lookup<3> for Recorder {
    fn inc(&self, labels: [&str; 3]) {
        self.counter(LABELS, labels).increment(1);
    }
}

impl Typed for Recorder {
    fn inc(&self, labels: [usize; 3]) {
        let labels: Vec<Label> = LABELS.into_iter().zip(labels).map(|(name, label)| Label::from_static_parts(name, TEXTS[label])).collect();
        self.0.register_counter(&Key::from_parts(NAME, labels), &METADATA).increment(1);
    }
}

pub(crate) fn one() -> impl Lookup<1> {
    Recorder::new(&BOUNDS)
}

pub(crate) fn lookup() -> impl Lookup<3> {
    Recorder::new(&BOUNDS)
}

pub(crate) fn typed() -> impl Typed {
    Recorder::new(&BOUNDS)
}

fn page(handle: &PrometheusHandle, buffer: &mut String) -> usize {
    *buffer = handle.render();
    buffer.len()
}

impl Children<u64> for Recorder {
    fn give(&self, labels: [&str; 3], value: u64) {
        self.counter(LABELS, labels).increment(value);
    }

    fn page(&self, buffer: &mut String) -> usize {
        page(&self.1, buffer)
    }
}

/// Gauges.
pub(crate) struct Gauges(Recorder);

impl Children<f64> for Gauges {
    fn give(&self, labels: [&str; 3], value: f64) {
        self.0.0.register_gauge(&key(LABELS, labels), &METADATA).set(value);
    }

    fn page(&self, buffer: &mut String) -> usize {
        page(&self.0.1, buffer)
    }
}

/// Histograms.
pub(crate) struct Histograms(Recorder, std::sync::atomic::AtomicU64);

impl Children<f64> for Histograms {
    fn give(&self, labels: [&str; 3], value: f64) {
        self.0.0.register_histogram(&key(LABELS, labels), &METADATA).record(value);
        // What was recorded is kept as it came until it is asked for, and is no memory of the histogram. Each time takes too long.
        if self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed).is_multiple_of(250) {
            self.0.1.run_upkeep();
        }
    }

    fn page(&self, buffer: &mut String) -> usize {
        page(&self.0.1, buffer)
    }
}

pub(crate) fn counters() -> impl Children<u64> + Lookup<3> {
    Recorder::new(&BOUNDS)
}

pub(crate) fn gauges() -> impl Children<f64> {
    Gauges(Recorder::new(&BOUNDS))
}

pub(crate) fn histograms() -> impl Children<f64> {
    Histograms(Recorder::new(&BOUNDS), std::sync::atomic::AtomicU64::new(1))
}

/// A histogram whose records have to be taken out from time to time, as the exporter's upkeep does.
pub(crate) struct Kept(metrics::Histogram, PrometheusHandle, std::sync::atomic::AtomicU64);

impl Observer for Kept {
    fn observe(&self, value: f64) {
        self.0.record(value);
        if self.2.fetch_add(1, std::sync::atomic::Ordering::Relaxed).is_multiple_of(100_000) {
            self.1.run_upkeep();
        }
    }
}

pub(crate) fn histogram(bounds: &[f64]) -> impl Observer + use<> {
    let recorder = Recorder::new(bounds);
    Kept(recorder.0.register_histogram(&key([], []), &METADATA), recorder.1, std::sync::atomic::AtomicU64::new(1))
}
