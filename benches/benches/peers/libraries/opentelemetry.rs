use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Meter, MeterProvider as _};
use opentelemetry_sdk::metrics::{Aggregation, Instrument, InstrumentKind, SdkMeterProvider, Stream};
use prometheus::Registry;

use super::prometheus::page;
use crate::inputs::{BOUNDS, LABELS, NAME, TEXTS};
use crate::library::{Give, Page, Shown};

/// An instrument, what keeps it going, and the registry that shows it.
fn kept<I>(bounds: &[f64], make: impl FnOnce(&Meter) -> I) -> (I, SdkMeterProvider, Registry) {
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build().expect("the registry is empty");
    let bounds = bounds.to_vec();
    let view = move |instrument: &Instrument| {
        let stream = Stream::builder().with_name(instrument.name().to_owned()).with_cardinality_limit(10_000_000);
        let explicit = || Aggregation::ExplicitBucketHistogram { boundaries: bounds.clone(), record_min_max: false };
        let is_histogram = instrument.kind() == InstrumentKind::Histogram;
        if is_histogram { stream.with_aggregation(explicit()) } else { stream }.build().ok()
    };
    let provider = SdkMeterProvider::builder().with_reader(exporter).with_view(view).build();
    let instrument = make(&provider.meter("bench"));
    (instrument, provider, registry)
}

fn owned<const N: usize>(names: [&'static str; N], labels: [&str; N]) -> [KeyValue; N] {
    std::array::from_fn(|at| KeyValue::new(names[at], labels[at].to_owned()))
}

/// An update of an instrument, which keeps its provider.
fn update<I: Send + Sync, V>(
    make: impl FnOnce(&Meter) -> I,
    bounds: &[f64],
    update: impl Fn(&I, V) + Send + Sync,
) -> impl Fn(V) + Send + Sync {
    let kept = kept(bounds, make);
    move |value| update(&kept.0, value)
}

fn count<V>(add: impl Fn(&Counter<u64>, V) + Send + Sync) -> impl Fn(V) + Send + Sync {
    update(|meter| meter.u64_counter(NAME).build(), &BOUNDS, add)
}

pub(crate) fn counter() -> impl Fn() + Send + Sync {
    let inc = count(|counter, ()| counter.add(1, &[]));
    move || inc(())
}

pub(crate) fn set() -> impl Fn(f64) + Sync {
    update(|meter| meter.f64_gauge(NAME).build(), &BOUNDS, |gauge, value| gauge.record(value, &[]))
}

/// A gauge is only set; what is added to is another instrument.
pub(crate) fn add() -> impl Fn(f64) + Sync {
    update(|meter| meter.f64_up_down_counter(NAME).build(), &BOUNDS, |gauge, value| gauge.add(value, &[]))
}

pub(crate) fn histogram(bounds: &[f64]) -> impl Fn(f64) + Send + Sync + use<> {
    let kept = kept(bounds, |meter| meter.f64_histogram(NAME).build());
    move |value| kept.0.record(value, &[])
}

pub(crate) fn one() -> impl Fn([&str; 1]) + Sync {
    let kept = kept(&BOUNDS, |meter| meter.u64_counter(NAME).build());
    move |labels: [&str; 1]| kept.0.add(1, &owned([LABELS[1]], labels))
}

pub(crate) fn lookup() -> impl Fn([&str; 3]) + Sync {
    let kept = kept(&BOUNDS, |meter| meter.u64_counter(NAME).build());
    move |labels: [&str; 3]| kept.0.add(1, &owned(LABELS, labels))
}

pub(crate) fn typed() -> impl Fn([usize; 3]) + Sync {
    count(|counter, labels: [usize; 3]| counter.add(1, &std::array::from_fn::<_, 3, _>(|at| KeyValue::new(LABELS[at], TEXTS[labels[at]]))))
}

fn shown<I: Send + Sync + 'static, V: 'static>(
    make: impl FnOnce(&Meter) -> I,
    give: impl Fn(&I, V, &[KeyValue]) + Send + Sync + 'static,
) -> Shown<impl Give<V>, impl Page> {
    let (instrument, provider, registry) = kept(&BOUNDS, make);
    let give = move |labels: [&str; 3], value: V| {
        let _alive = &provider;
        give(&instrument, value, &owned(LABELS, labels));
    };
    Shown::new(give, page(registry))
}

pub(crate) fn counters() -> Shown<impl Give<u64>, impl Page> {
    shown(|meter| meter.u64_counter(NAME).build(), |counter, value, labels| counter.add(value, labels))
}

pub(crate) fn gauges() -> Shown<impl Give<f64>, impl Page> {
    shown(|meter| meter.f64_gauge(NAME).build(), |gauge, value, labels| gauge.record(value, labels))
}

pub(crate) fn histograms() -> Shown<impl Give<f64>, impl Page> {
    shown(|meter| meter.f64_histogram(NAME).build(), |histogram, value, labels| histogram.record(value, labels))
}
