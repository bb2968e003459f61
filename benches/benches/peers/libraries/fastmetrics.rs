use fastmetrics::derive::{EncodeLabelValue, LabelSet};
use fastmetrics::format::text::{self, TextProfile};
use fastmetrics::metrics::{counter, family::Family, gauge, histogram};
use fastmetrics::registry::Registry;

use crate::inputs::{BOUNDS, HELP, NAME, ten};
use crate::library::{Children, Counter, Gauge, Lookup, Observer, Typed};

type Float = gauge::Gauge<f64>;

impl Counter for counter::Counter {
    fn inc(&self) {
        counter::Counter::inc(self);
    }
}

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

#[derive(Clone, Hash, PartialEq, Eq, LabelSet)]
pub(crate) struct One {
    route_name: String,
}

#[derive(Clone, Hash, PartialEq, Eq, LabelSet)]
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
        self.with_or_new(&One { route_name: label.to_owned() }, |counter| counter.inc());
    }
}

impl Lookup<3> for Family<Three, counter::Counter> {
    fn inc(&self, labels: [&str; 3]) {
        self.with_or_new(&three(labels), |counter| counter.inc());
    }
}

pub(crate) fn one() -> impl Lookup<1> {
    Family::<One, counter::Counter>::default()
}

pub(crate) fn lookup() -> impl Lookup<3> {
    Family::<Three, counter::Counter>::default()
}

ten!(
    #[derive(EncodeLabelValue)]
    Ten
);

#[derive(Clone, Hash, PartialEq, Eq, LabelSet)]
pub(crate) struct Enums {
    service_id: Ten,
    route_name: Ten,
    status_cod: Ten,
}

impl Typed for Family<Enums, counter::Counter> {
    fn inc(&self, labels: [usize; 3]) {
        let [service_id, route_name, status_cod] = labels.map(|label| Ten::ALL[label]);
        self.with_or_new(&Enums { service_id, route_name, status_cod }, |counter| counter.inc());
    }
}

pub(crate) fn typed() -> impl Typed {
    Family::<Enums, counter::Counter>::default()
}

/// A family and the registry that shows it.
pub(crate) struct Shown<M>(M, Registry);

impl<M: fastmetrics::registry::Metric + Clone> Shown<M> {
    fn new(family: M) -> Self {
        let mut registry = Registry::default();
        registry.register(NAME, HELP, family.clone()).expect("the name is valid");
        Self(family, registry)
    }
}

fn page(registry: &Registry, buffer: &mut String) -> usize {
    buffer.clear();
    text::encode(buffer, registry, TextProfile::PrometheusV0_0_4).expect("a string takes everything");
    buffer.len()
}

impl Children<u64> for Shown<Family<Three, counter::Counter>> {
    fn give(&self, labels: [&str; 3], value: u64) {
        self.0.with_or_new(&three(labels), |counter| counter.inc_by(value));
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
        self.0.with_or_new(&three(labels), |gauge| gauge.set(value));
    }

    fn page(&self, buffer: &mut String) -> usize {
        page(&self.1, buffer)
    }
}

impl Children<f64> for Shown<Family<Three, histogram::Histogram>> {
    fn give(&self, labels: [&str; 3], value: f64) {
        self.0.with_or_new(&three(labels), |histogram| histogram.observe(value));
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
    Shown::new(Family::<Three, histogram::Histogram>::new(|| histogram::Histogram::new(BOUNDS)))
}
