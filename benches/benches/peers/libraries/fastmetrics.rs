use fastmetrics::derive::{EncodeLabelValue, LabelSet};
use fastmetrics::format::text::{self, TextProfile};
use fastmetrics::metrics::{counter::Counter, family::Family, gauge, histogram::Histogram};
use fastmetrics::registry::{Metric, Registry};

use crate::inputs::{BOUNDS, HELP, NAME, owned, ten};
use crate::library::{Give, Page, Shown};

type Gauge = gauge::Gauge<f64>;

pub(crate) fn counter() -> impl Fn() + Send + Sync {
    let counter = Counter::<u64>::default();
    move || counter.inc()
}

pub(crate) fn set() -> impl Fn(f64) + Sync {
    let gauge = Gauge::default();
    move |value| gauge.set(value)
}

pub(crate) fn add() -> impl Fn(f64) + Sync {
    let gauge = Gauge::default();
    move |value| gauge.inc_by(value)
}

pub(crate) fn histogram(bounds: &[f64]) -> impl Fn(f64) + Send + Sync + use<> {
    let histogram = Histogram::new(bounds.iter().copied());
    move |value| histogram.observe(value)
}

ten!(
    #[derive(EncodeLabelValue)]
    Ten
);

owned!(LabelSet);

pub(crate) fn one() -> impl Fn([&str; 1]) + Sync {
    let family = Family::<One, Counter>::default();
    move |labels: [&str; 1]| family.with_or_new(&One::new(labels), |counter| counter.inc())
}

pub(crate) fn lookup() -> impl Fn([&str; 3]) + Sync {
    let family = Family::<Three, Counter>::default();
    move |labels: [&str; 3]| family.with_or_new(&Three::new(labels), |counter| counter.inc())
}

pub(crate) fn typed() -> impl Fn([usize; 3]) + Sync {
    let family = Family::<Enums, Counter>::default();
    move |labels| family.with_or_new(&Enums::new(labels), |counter| counter.inc())
}

/// The page of a family.
fn page<F: Metric + Clone>(family: &F) -> impl Page + use<F> {
    let mut registry = Registry::default();
    registry.register(NAME, HELP, family.clone()).expect("the name is valid");
    move |buffer: &mut String| {
        buffer.clear();
        text::encode(buffer, &registry, TextProfile::PrometheusV0_0_4).expect("a string takes everything");
        buffer.len()
    }
}

pub(crate) fn counters() -> Shown<impl Give<u64>, impl Page> {
    let family = Family::<Three, Counter>::default();
    let page = page(&family);
    Shown::new(move |labels: [&str; 3], value: u64| family.with_or_new(&Three::new(labels), |counter| counter.inc_by(value)), page)
}

pub(crate) fn gauges() -> Shown<impl Give<f64>, impl Page> {
    let family = Family::<Three, Gauge>::default();
    let page = page(&family);
    Shown::new(move |labels: [&str; 3], value: f64| family.with_or_new(&Three::new(labels), |gauge| gauge.set(value)), page)
}

pub(crate) fn histograms() -> Shown<impl Give<f64>, impl Page> {
    let family = Family::<Three, Histogram>::new(|| Histogram::new(BOUNDS));
    let page = page(&family);
    Shown::new(move |labels: [&str; 3], value: f64| family.with_or_new(&Three::new(labels), |histogram| histogram.observe(value)), page)
}
