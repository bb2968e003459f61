use std::sync::{Arc, Mutex};

use measured::label::StaticLabelSet;
use measured::metric::histogram::Thresholds;
use measured::text::BufferedTextEncoder;
use measured::{Counter, CounterVec, FixedCardinalityLabel, FloatGauge, FloatGaugeVec, Histogram, HistogramVec, LabelGroup, MetricGroup};
use paracord::ParaCord;

use crate::inputs::BOUNDS;
use crate::library::{Give, Page, Shown};

pub(crate) fn counter() -> impl Fn() + Send + Sync {
    let counter = Counter::new();
    move || counter.inc()
}

pub(crate) fn set() -> impl Fn(f64) + Sync {
    let gauge = FloatGauge::new();
    move |value| gauge.set(value)
}

pub(crate) fn add() -> impl Fn(f64) + Sync {
    let gauge = FloatGauge::new();
    move |value| gauge.inc_by(value)
}

pub(crate) fn histogram<const N: usize>(bounds: &[f64; N]) -> impl Fn(f64) + Send + Sync + use<N> {
    let histogram = Histogram::<N>::with_metadata(Thresholds::with_buckets(*bounds));
    move |value| histogram.observe(value)
}

#[derive(Clone, Copy, PartialEq, Debug, LabelGroup)]
#[label(set = OneSet)]
pub(crate) struct One<'a> {
    #[label(dynamic_with = ParaCord)]
    route_name: &'a str,
}

#[derive(Clone, Copy, PartialEq, Debug, LabelGroup)]
#[label(set = ThreeSet)]
pub(crate) struct Three<'a> {
    #[label(dynamic_with = ParaCord)]
    service_id: &'a str,
    #[label(dynamic_with = ParaCord)]
    route_name: &'a str,
    #[label(dynamic_with = ParaCord)]
    status_cod: &'a str,
}

fn three([service_id, route_name, status_cod]: [&str; 3]) -> Three<'_> {
    Three { service_id, route_name, status_cod }
}

fn three_set() -> ThreeSet {
    ThreeSet { service_id: ParaCord::default(), route_name: ParaCord::default(), status_cod: ParaCord::default() }
}

pub(crate) fn one() -> impl Fn([&str; 1]) + Sync {
    let family = CounterVec::with_label_set(OneSet { route_name: ParaCord::default() });
    move |[route_name]: [&str; 1]| family.inc(One { route_name })
}

pub(crate) fn lookup() -> impl Fn([&str; 3]) + Sync {
    let family = CounterVec::with_label_set(three_set());
    move |labels: [&str; 3]| family.inc(three(labels))
}

// Not by `ten!`: the code that is derived does not compile in a macro.
#[rustfmt::skip]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, FixedCardinalityLabel)]
enum Ten { V0, V1, V2, V3, V4, V5, V6, V7, V8, V9 }

impl Ten {
    const ALL: [Self; 10] = [Self::V0, Self::V1, Self::V2, Self::V3, Self::V4, Self::V5, Self::V6, Self::V7, Self::V8, Self::V9];
}

#[derive(Clone, Copy, PartialEq, Debug, LabelGroup)]
#[label(set = EnumsSet)]
struct Enums {
    service_id: Ten,
    route_name: Ten,
    status_cod: Ten,
}

pub(crate) fn typed() -> impl Fn([usize; 3]) + Sync {
    let [service_id, route_name, status_cod] = [(); 3].map(|()| StaticLabelSet::new());
    let family = CounterVec::with_label_set(EnumsSet { service_id, route_name, status_cod });
    move |labels: [usize; 3]| {
        let [service_id, route_name, status_cod] = labels.map(|label| Ten::ALL[label]);
        family.inc(Enums { service_id, route_name, status_cod });
    }
}

/// A group of one family; pages of it have the name of the field.
#[derive(MetricGroup)]
pub(crate) struct Counters {
    /// Requests served.
    http_requests: CounterVec<ThreeSet>,
}

#[derive(MetricGroup)]
pub(crate) struct Gauges {
    /// Requests served.
    http_requests: FloatGaugeVec<ThreeSet>,
}

#[derive(MetricGroup)]
pub(crate) struct Histograms {
    /// Requests served.
    http_requests: HistogramVec<ThreeSet, 11>,
}

fn shown<M: MetricGroup<BufferedTextEncoder> + Send + Sync + 'static, V: 'static>(
    group: M,
    give: impl Fn(&M, Three<'_>, V) + Send + Sync + 'static,
) -> Shown<impl Give<V>, impl Page> {
    let (group, encoder) = (Arc::new(group), Mutex::<BufferedTextEncoder>::default());
    let written = group.clone();
    let page = move |_: &mut String| {
        let mut encoder = encoder.lock().expect("no holder panics");
        match written.collect_group_into(&mut *encoder) {
            Ok(()) => encoder.finish().len(),
            Err(never) => match never {},
        }
    };
    Shown::new(move |labels: [&str; 3], value: V| give(&group, three(labels), value), page)
}

pub(crate) fn counters() -> Shown<impl Give<u64>, impl Page> {
    let group = Counters { http_requests: CounterVec::with_label_set(three_set()) };
    shown(group, |group, labels, value| group.http_requests.inc_by(labels, value))
}

pub(crate) fn gauges() -> Shown<impl Give<f64>, impl Page> {
    let group = Gauges { http_requests: FloatGaugeVec::with_label_set(three_set()) };
    shown(group, |group, labels, value| group.http_requests.set(labels, value))
}

pub(crate) fn histograms() -> Shown<impl Give<f64>, impl Page> {
    let bounds = Thresholds::with_buckets(BOUNDS);
    let group = Histograms { http_requests: HistogramVec::with_label_set_and_metadata(three_set(), bounds) };
    shown(group, |group, labels, value| group.http_requests.observe(labels, value))
}
