use std::sync::atomic::{AtomicU64, Ordering};

use metrics::{Counter, Key, Label, Level, Metadata, Recorder as _};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use crate::inputs::{BOUNDS, LABELS, NAME, TEXTS};
use crate::library::{Give, Page, Shown};

static METADATA: Metadata<'_> = Metadata::new("bench", Level::INFO, None);

/// A recorder that the benches call as the macros do, without the global one.
fn recorder(bounds: &[f64]) -> (PrometheusRecorder, PrometheusHandle) {
    let recorder = PrometheusBuilder::new().set_buckets(bounds).expect("there are bounds").build_recorder();
    let handle = recorder.handle();
    (recorder, handle)
}

fn key<const N: usize>(names: [&'static str; N], labels: [&str; N]) -> Key {
    Key::from_parts(NAME, names.into_iter().zip(labels).map(|(name, label)| Label::new(name, label.to_owned())).collect::<Vec<_>>())
}

fn registered(recorder: &PrometheusRecorder, key: &Key) -> Counter {
    recorder.register_counter(key, &METADATA)
}

pub(crate) fn counter() -> impl Fn() + Send + Sync {
    let counter = registered(&recorder(&BOUNDS).0, &key([], []));
    move || counter.increment(1)
}

pub(crate) fn set() -> impl Fn(f64) + Sync {
    let gauge = recorder(&BOUNDS).0.register_gauge(&key([], []), &METADATA);
    move |value| gauge.set(value)
}

pub(crate) fn add() -> impl Fn(f64) + Sync {
    let gauge = recorder(&BOUNDS).0.register_gauge(&key([], []), &METADATA);
    move |value| gauge.increment(value)
}

/// What was recorded is kept as it came until the exporter's upkeep takes it, which a program calls from time to time.
pub(crate) fn histogram(bounds: &[f64]) -> impl Fn(f64) + Send + Sync + use<> {
    let (recorder, handle) = recorder(bounds);
    let (histogram, records) = (recorder.register_histogram(&key([], []), &METADATA), AtomicU64::new(1));
    move |value| {
        histogram.record(value);
        if records.fetch_add(1, Ordering::Relaxed).is_multiple_of(100_000) {
            handle.run_upkeep();
        }
    }
}

pub(crate) fn one() -> impl Fn([&str; 1]) + Sync {
    let (recorder, _) = recorder(&BOUNDS);
    move |labels: [&str; 1]| registered(&recorder, &key([LABELS[1]], labels)).increment(1)
}

pub(crate) fn lookup() -> impl Fn([&str; 3]) + Sync {
    let (recorder, _) = recorder(&BOUNDS);
    move |labels: [&str; 3]| registered(&recorder, &key(LABELS, labels)).increment(1)
}

pub(crate) fn typed() -> impl Fn([usize; 3]) + Sync {
    let (recorder, _) = recorder(&BOUNDS);
    move |labels: [usize; 3]| {
        let labels: Vec<Label> = LABELS.into_iter().zip(labels).map(|(name, label)| Label::from_static_parts(name, TEXTS[label])).collect();
        registered(&recorder, &Key::from_parts(NAME, labels)).increment(1);
    }
}

fn shown<V: 'static>(
    give: impl Fn(&PrometheusRecorder, &PrometheusHandle, &Key, V) + Send + Sync + 'static,
) -> Shown<impl Give<V>, impl Page> {
    let (recorder, handle) = recorder(&BOUNDS);
    let renders = handle.clone();
    let page = move |buffer: &mut String| {
        *buffer = renders.render();
        buffer.len()
    };
    Shown::new(move |labels: [&str; 3], value: V| give(&recorder, &handle, &key(LABELS, labels), value), page)
}

pub(crate) fn counters() -> Shown<impl Give<u64>, impl Page> {
    shown(|recorder, _, key, value| registered(recorder, key).increment(value))
}

pub(crate) fn gauges() -> Shown<impl Give<f64>, impl Page> {
    shown(|recorder, _, key, value: f64| recorder.register_gauge(key, &METADATA).set(value))
}

pub(crate) fn histograms() -> Shown<impl Give<f64>, impl Page> {
    let records = AtomicU64::new(1);
    shown(move |recorder, handle, key, value: f64| {
        recorder.register_histogram(key, &METADATA).record(value);
        // What waits for upkeep is no memory of the histogram, but to ask for it each time takes too long.
        if records.fetch_add(1, Ordering::Relaxed).is_multiple_of(250) {
            handle.run_upkeep();
        }
    })
}
