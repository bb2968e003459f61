use opentelemetry::KeyValue;
use opentelemetry::metrics::{Meter, MeterProvider as _};
use opentelemetry_sdk::metrics::{Aggregation, Instrument, SdkMeterProvider, Stream};
use prometheus::{Encoder as _, Registry, TextEncoder};

use crate::inputs::{BOUNDS, LABELS, NAME, TEXTS};
use crate::library::{Children, Counter, Gauge, Lookup, Observer, Typed};

/// An instrument, and what keeps it going and shows it.
pub(crate) struct Kept<I> {
    instrument: I,
    _provider: SdkMeterProvider,
    registry: Registry,
}

fn kept<I>(bounds: &[f64], make: impl FnOnce(&Meter) -> I) -> Kept<I> {
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build().expect("the registry is empty");
    let bounds = bounds.to_vec();
    let view = move |instrument: &Instrument| {
        let stream = Stream::builder().with_name(instrument.name().to_owned()).with_cardinality_limit(10_000_000);
        let explicit = || Aggregation::ExplicitBucketHistogram { boundaries: bounds.clone(), record_min_max: false };
        let is_histogram = instrument.kind() == opentelemetry_sdk::metrics::InstrumentKind::Histogram;
        if is_histogram { stream.with_aggregation(explicit()) } else { stream }.build().ok()
    };
    let provider = SdkMeterProvider::builder().with_reader(exporter).with_view(view).build();
    let instrument = make(&provider.meter("bench"));
    Kept { instrument, _provider: provider, registry }
}

fn owned<const N: usize>(names: [&'static str; N], labels: [&str; N]) -> [KeyValue; N] {
    std::array::from_fn(|at| KeyValue::new(names[at], labels[at].to_owned()))
}

type Count = Kept<opentelemetry::metrics::Counter<u64>>;
type Level = Kept<opentelemetry::metrics::Gauge<f64>>;
type UpDown = Kept<opentelemetry::metrics::UpDownCounter<f64>>;
type Histogram = Kept<opentelemetry::metrics::Histogram<f64>>;

fn count() -> Count {
    kept(&BOUNDS, |meter| meter.u64_counter(NAME).build())
}

impl Counter for Count {
    fn inc(&self) {
        self.instrument.add(1, &[]);
    }
}

/// A gauge is only set, what is added to is another instrument.
pub(crate) struct Both(Level, UpDown);

impl Gauge for Both {
    fn set(&self, value: f64) {
        self.0.instrument.record(value, &[]);
    }

    fn add(&self, value: f64) {
        self.1.instrument.add(value, &[]);
    }
}

impl Observer for Histogram {
    fn observe(&self, value: f64) {
        self.instrument.record(value, &[]);
    }
}

pub(crate) fn counter() -> impl Counter {
    count()
}

pub(crate) fn gauge() -> impl Gauge {
    Both(kept(&BOUNDS, |meter| meter.f64_gauge(NAME).build()), kept(&BOUNDS, |meter| meter.f64_up_down_counter(NAME).build()))
}

pub(crate) fn histogram(bounds: &[f64]) -> impl Observer + use<> {
    kept(bounds, |meter| meter.f64_histogram(NAME).build())
}

impl Lookup<1> for Count {
    fn inc(&self, labels: [&str; 1]) {
        self.instrument.add(1, &owned([LABELS[1]], labels));
    }
}

impl Lookup<3> for Count {
    fn inc(&self, labels: [&str; 3]) {
        self.instrument.add(1, &owned(LABELS, labels));
    }
}

impl Typed for Count {
    fn inc(&self, labels: [usize; 3]) {
        self.instrument.add(1, &std::array::from_fn::<_, 3, _>(|at| KeyValue::new(LABELS[at], TEXTS[labels[at]])));
    }
}

pub(crate) fn one() -> impl Lookup<1> {
    count()
}

pub(crate) fn lookup() -> impl Lookup<3> {
    count()
}

pub(crate) fn typed() -> impl Typed {
    count()
}

fn page(registry: &Registry, buffer: &mut String) -> usize {
    let mut bytes = std::mem::take(buffer).into_bytes();
    bytes.clear();
    TextEncoder::new().encode(&registry.gather(), &mut bytes).expect("a vector takes everything");
    *buffer = String::from_utf8(bytes).expect("text");
    buffer.len()
}

impl Children<u64> for Count {
    fn give(&self, labels: [&str; 3], value: u64) {
        self.instrument.add(value, &owned(LABELS, labels));
    }

    fn page(&self, buffer: &mut String) -> usize {
        page(&self.registry, buffer)
    }
}

impl Children<f64> for Level {
    fn give(&self, labels: [&str; 3], value: f64) {
        self.instrument.record(value, &owned(LABELS, labels));
    }

    fn page(&self, buffer: &mut String) -> usize {
        page(&self.registry, buffer)
    }
}

impl Children<f64> for Histogram {
    fn give(&self, labels: [&str; 3], value: f64) {
        self.instrument.record(value, &owned(LABELS, labels));
    }

    fn page(&self, buffer: &mut String) -> usize {
        page(&self.registry, buffer)
    }
}

pub(crate) fn counters() -> impl Children<u64> + Lookup<3> {
    count()
}

pub(crate) fn gauges() -> impl Children<f64> {
    kept(&BOUNDS, |meter| meter.f64_gauge(NAME).build())
}

pub(crate) fn histograms() -> impl Children<f64> {
    kept(&BOUNDS, |meter| meter.f64_histogram(NAME).build())
}
