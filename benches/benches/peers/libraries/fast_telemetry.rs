use fast_telemetry::{Counter as Sharded, DynamicCounter, DynamicGauge, DynamicHistogram, GaugeF64, Histogram, PrometheusExport};

use crate::inputs::{BOUNDS, HELP, LABELS, NAME};
use crate::library::{Children, Counter, Lookup, Observer};

const SHARDS: usize = 4;
const MOST: usize = 10_000_000;

impl Counter for Sharded {
    fn inc(&self) {
        Sharded::inc(self);
    }
}

pub(crate) fn counter() -> impl Counter {
    Sharded::new(SHARDS)
}

/// It has no addition to floats.
pub(crate) struct SetOnly(GaugeF64);

impl SetOnly {
    pub(crate) fn set(&self, value: f64) {
        self.0.set(value);
    }
}

pub(crate) fn gauge() -> SetOnly {
    SetOnly(GaugeF64::new())
}

/// Observes integers, so seconds become microseconds.
impl Observer for Histogram {
    fn observe(&self, value: f64) {
        self.record((value * 1e6) as u64);
    }
}

fn micros(bounds: &[f64]) -> Vec<u64> {
    bounds.iter().map(|bound| (bound * 1e6) as u64).collect()
}

pub(crate) fn histogram(bounds: &[f64]) -> impl Observer + use<> {
    Histogram::new(&micros(bounds), SHARDS)
}

fn pairs<'v, const N: usize>(names: [&'static str; N], labels: [&'v str; N]) -> [(&'static str, &'v str); N] {
    std::array::from_fn(|at| (names[at], labels[at]))
}

impl Lookup<1> for DynamicCounter {
    fn inc(&self, labels: [&str; 1]) {
        DynamicCounter::inc(self, &pairs([LABELS[1]], labels));
    }
}

impl Lookup<3> for DynamicCounter {
    fn inc(&self, labels: [&str; 3]) {
        DynamicCounter::inc(self, &pairs(LABELS, labels));
    }
}

pub(crate) fn one() -> impl Lookup<1> {
    DynamicCounter::with_max_series(SHARDS, MOST)
}

pub(crate) fn lookup() -> impl Lookup<3> {
    DynamicCounter::with_max_series(SHARDS, MOST)
}

fn page(metric: &impl PrometheusExport, buffer: &mut String) -> usize {
    buffer.clear();
    metric.export_prometheus(buffer, NAME, HELP);
    buffer.len()
}

impl Children<u64> for DynamicCounter {
    fn give(&self, labels: [&str; 3], value: u64) {
        self.add(&pairs(LABELS, labels), value as isize);
    }

    fn page(&self, buffer: &mut String) -> usize {
        page(self, buffer)
    }
}

impl Children<f64> for DynamicGauge {
    fn give(&self, labels: [&str; 3], value: f64) {
        self.set(&pairs(LABELS, labels), value);
    }

    fn page(&self, buffer: &mut String) -> usize {
        page(self, buffer)
    }
}

impl Children<f64> for DynamicHistogram {
    fn give(&self, labels: [&str; 3], value: f64) {
        self.record(&pairs(LABELS, labels), (value * 1e6) as u64);
    }

    fn page(&self, buffer: &mut String) -> usize {
        page(self, buffer)
    }
}

pub(crate) fn counters() -> impl Children<u64> + Lookup<3> {
    DynamicCounter::with_max_series(SHARDS, MOST)
}

pub(crate) fn gauges() -> impl Children<f64> {
    DynamicGauge::with_max_series(SHARDS, MOST)
}

pub(crate) fn histograms() -> impl Children<f64> {
    DynamicHistogram::with_limits(&micros(&BOUNDS), SHARDS, MOST)
}
