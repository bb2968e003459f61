use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder, text};
use prometheus_client::metrics::{counter::Counter, family::Family, gauge, histogram::Histogram};
use prometheus_client::registry::{Metric, Registry};

use crate::inputs::{BOUNDS, HELP, NAME, TEXTS, owned, ten};
use crate::library::{Give, Page, Shown};

type Gauge = gauge::Gauge<f64, AtomicU64>;

pub(crate) fn counter() -> impl Fn() + Send + Sync {
    let counter = Counter::<u64>::default();
    move || _ = counter.inc()
}

pub(crate) fn set() -> impl Fn(f64) + Sync {
    let gauge = Gauge::default();
    move |value| _ = gauge.set(value)
}

pub(crate) fn add() -> impl Fn(f64) + Sync {
    let gauge = Gauge::default();
    move |value| _ = gauge.inc_by(value)
}

pub(crate) fn histogram(bounds: &[f64]) -> impl Fn(f64) + Send + Sync + use<> {
    let histogram = Histogram::new(bounds.iter().copied());
    move |value| histogram.observe(value)
}

ten!(Ten);

impl EncodeLabelValue for Ten {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        EncodeLabelValue::encode(&TEXTS[*self as usize], encoder)
    }
}

owned!(EncodeLabelSet);

pub(crate) fn one() -> impl Fn([&str; 1]) + Sync {
    let family = Family::<One, Counter>::default();
    move |labels: [&str; 1]| _ = family.get_or_create(&One::new(labels)).inc()
}

pub(crate) fn lookup() -> impl Fn([&str; 3]) + Sync {
    let family = Family::<Three, Counter>::default();
    move |labels: [&str; 3]| _ = family.get_or_create(&Three::new(labels)).inc()
}

pub(crate) fn typed() -> impl Fn([usize; 3]) + Sync {
    let family = Family::<Enums, Counter>::default();
    move |labels| _ = family.get_or_create(&Enums::new(labels)).inc()
}

/// The page of a family.
fn page<F: Metric + Clone>(family: &F) -> impl Page + use<F> {
    let mut registry = Registry::default();
    registry.register(NAME, HELP, family.clone());
    move |buffer: &mut String| {
        buffer.clear();
        text::encode(buffer, &registry).expect("a string takes everything");
        buffer.len()
    }
}

pub(crate) fn counters() -> Shown<impl Give<u64>, impl Page> {
    let family = Family::<Three, Counter>::default();
    let (page, removed) = (page(&family), family.clone());
    let give = move |labels: [&str; 3], value: u64| _ = family.get_or_create(&Three::new(labels)).inc_by(value);
    Shown::new(give, page).removed_by(move |labels| removed.remove(&Three::new(labels)))
}

pub(crate) fn gauges() -> Shown<impl Give<f64>, impl Page> {
    let family = Family::<Three, Gauge>::default();
    let page = page(&family);
    Shown::new(move |labels: [&str; 3], value: f64| _ = family.get_or_create(&Three::new(labels)).set(value), page)
}

pub(crate) fn histograms() -> Shown<impl Give<f64>, impl Page> {
    let family = Family::<Three, Histogram, fn() -> Histogram>::new_with_constructor(|| Histogram::new(BOUNDS));
    let page = page(&family);
    Shown::new(move |labels: [&str; 3], value: f64| family.get_or_create(&Three::new(labels)).observe(value), page)
}
