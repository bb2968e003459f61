use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder, text};
use prometheus_client::metrics::{counter, family::Family, gauge, histogram};
use prometheus_client::registry::{Metric, Registry};

use crate::inputs::{BOUNDS, HELP, NAME, TEXTS, ten};
use crate::library::{Children, Counter, Gauge, Lookup, Observer, Typed};

impl Counter for counter::Counter {
    fn inc(&self) {
        counter::Counter::inc(self);
    }
}

type Float = gauge::Gauge<f64, AtomicU64>;

impl Gauge for Float {
    fn set(&self, value: f64) {
        gauge::Gauge::set(self, value);
    }

    fn add(&self, value: f64) {
        self.inc_by(value);
    }
}

impl Observer for histogram::Histogram {
    fn observe(&self, value: f64) {
        histogram::Histogram::observe(self, value);
    }
}

pub(crate) fn counter() -> impl Counter {
    counter::Counter::<u64>::default()
}

pub(crate) fn gauge() -> impl Gauge {
    Float::default()
}

pub(crate) fn histogram(bounds: &[f64]) -> impl Observer + use<> {
    histogram::Histogram::new(bounds.iter().copied())
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct One {
    route_name: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct Three {
    service_id: String,
    route_name: String,
    status_cod: String,
}

fn three([a, b, c]: [&str; 3]) -> Three {
    Three { service_id: a.to_owned(), route_name: b.to_owned(), status_cod: c.to_owned() }
}

impl Lookup<1> for Family<One, counter::Counter> {
    fn inc(&self, [label]: [&str; 1]) {
        self.get_or_create(&One { route_name: label.to_owned() }).inc();
    }
}

impl Lookup<3> for Family<Three, counter::Counter> {
    fn inc(&self, labels: [&str; 3]) {
        self.get_or_create(&three(labels)).inc();
    }
}

pub(crate) fn one() -> impl Lookup<1> {
    Family::<One, counter::Counter>::default()
}

pub(crate) fn lookup() -> impl Lookup<3> {
    Family::<Three, counter::Counter>::default()
}

ten!(Ten);

impl EncodeLabelValue for Ten {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        EncodeLabelValue::encode(&TEXTS[*self as usize], encoder)
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct Enums {
    service_id: Ten,
    route_name: Ten,
    status_cod: Ten,
}

impl Typed for Family<Enums, counter::Counter> {
    fn inc(&self, labels: [usize; 3]) {
        let [service_id, route_name, status_cod] = labels.map(|label| Ten::ALL[label]);
        self.get_or_create(&Enums { service_id, route_name, status_cod }).inc();
    }
}

pub(crate) fn typed() -> impl Typed {
    Family::<Enums, counter::Counter>::default()
}

/// A family and the registry that shows it.
pub(crate) struct Shown<M>(M, Registry);

impl<M: Metric + Clone> Shown<M> {
    fn new(family: M) -> Self {
        let mut registry = Registry::default();
        registry.register(NAME, HELP, family.clone());
        Self(family, registry)
    }
}

fn page(registry: &Registry, buffer: &mut String) -> usize {
    buffer.clear();
    text::encode(buffer, registry).expect("a string takes everything");
    buffer.len()
}

impl Children<u64> for Shown<Family<Three, counter::Counter>> {
    fn give(&self, labels: [&str; 3], value: u64) {
        self.0.get_or_create(&three(labels)).inc_by(value);
    }

    fn page(&self, buffer: &mut String) -> usize {
        page(&self.1, buffer)
    }
}

impl Lookup<3> for Shown<Family<Three, counter::Counter>> {
    fn inc(&self, labels: [&str; 3]) {
        self.0.inc(labels);
    }
}

impl Children<f64> for Shown<Family<Three, Float>> {
    fn give(&self, labels: [&str; 3], value: f64) {
        self.0.get_or_create(&three(labels)).set(value);
    }

    fn page(&self, buffer: &mut String) -> usize {
        page(&self.1, buffer)
    }
}

type Histograms = Family<Three, histogram::Histogram, fn() -> histogram::Histogram>;

impl Children<f64> for Shown<Histograms> {
    fn give(&self, labels: [&str; 3], value: f64) {
        self.0.get_or_create(&three(labels)).observe(value);
    }

    fn page(&self, buffer: &mut String) -> usize {
        page(&self.1, buffer)
    }
}

pub(crate) fn counters() -> impl Children<u64> + Lookup<3> {
    Shown::new(Family::<Three, counter::Counter>::default())
}

pub(crate) fn gauges() -> impl Children<f64> {
    Shown::new(Family::<Three, Float>::default())
}

pub(crate) fn histograms() -> impl Children<f64> {
    Shown::new(Histograms::new_with_constructor(|| histogram::Histogram::new(BOUNDS)))
}
