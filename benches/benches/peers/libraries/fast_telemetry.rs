use fast_telemetry::{Counter, DynamicCounter, DynamicGauge, DynamicHistogram, GaugeF64, Histogram, PrometheusExport};

use std::sync::Arc;

use crate::inputs::{BOUNDS, HELP, LABELS, NAME};
use crate::library::{Give, Page, Shown};

const SHARDS: usize = 4;
const MOST: usize = 10_000_000;

pub(crate) fn counter() -> impl Fn() + Send + Sync {
    let counter = Counter::new(SHARDS);
    move || counter.inc()
}

/// It has no addition to floats.
pub(crate) fn set() -> impl Fn(f64) + Sync {
    let gauge = GaugeF64::new();
    move |value| gauge.set(value)
}

/// It observes integers, so seconds become microseconds.
fn micros(value: f64) -> u64 {
    (value * 1e6) as u64
}

pub(crate) fn histogram(bounds: &[f64]) -> impl Fn(f64) + Send + Sync + use<> {
    let histogram = Histogram::new(&bounds.iter().copied().map(micros).collect::<Vec<_>>(), SHARDS);
    move |value| histogram.record(micros(value))
}

fn pairs<'v, const N: usize>(names: [&'static str; N], labels: [&'v str; N]) -> [(&'static str, &'v str); N] {
    std::array::from_fn(|at| (names[at], labels[at]))
}

pub(crate) fn one() -> impl Fn([&str; 1]) + Sync {
    let counters = DynamicCounter::with_max_series(SHARDS, MOST);
    move |labels: [&str; 1]| counters.inc(&pairs([LABELS[1]], labels))
}

pub(crate) fn lookup() -> impl Fn([&str; 3]) + Sync {
    let counters = DynamicCounter::with_max_series(SHARDS, MOST);
    move |labels: [&str; 3]| counters.inc(&pairs(LABELS, labels))
}

fn shown<F: PrometheusExport + Send + Sync + 'static, V: 'static>(
    family: F,
    give: impl Fn(&F, &[(&str, &str)], V) + Send + Sync + 'static,
) -> Shown<impl Give<V>, impl Page> {
    let family = Arc::new(family);
    let exported = family.clone();
    let page = move |buffer: &mut String| {
        buffer.clear();
        exported.export_prometheus(buffer, NAME, HELP);
        buffer.len()
    };
    Shown::new(move |labels: [&str; 3], value: V| give(&family, &pairs(LABELS, labels), value), page)
}

pub(crate) fn counters() -> Shown<impl Give<u64>, impl Page> {
    shown(DynamicCounter::with_max_series(SHARDS, MOST), |counters, labels, value: u64| counters.add(labels, value as isize))
}

pub(crate) fn gauges() -> Shown<impl Give<f64>, impl Page> {
    shown(DynamicGauge::with_max_series(SHARDS, MOST), |gauges, labels, value| gauges.set(labels, value))
}

pub(crate) fn histograms() -> Shown<impl Give<f64>, impl Page> {
    let family = DynamicHistogram::with_limits(&BOUNDS.map(micros), SHARDS, MOST);
    shown(family, |histograms, labels, value| histograms.record(labels, micros(value)))
}
