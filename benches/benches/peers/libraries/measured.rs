use measured::label::StaticLabelSet;
use measured::metric::histogram::Thresholds;
use measured::text::BufferedTextEncoder;
use measured::{CounterVec, FixedCardinalityLabel, FloatGaugeVec, HistogramVec, LabelGroup, MetricGroup};
use paracord::ParaCord;

use crate::inputs::BOUNDS;
use crate::library::{Children, Counter, Gauge, Lookup, Observer, Typed};

impl Counter for measured::Counter {
    fn inc(&self) {
        measured::Counter::inc(self);
    }
}

impl Gauge for measured::FloatGauge {
    fn set(&self, value: f64) {
        measured::FloatGauge::set(self, value);
    }

    fn add(&self, value: f64) {
        self.inc_by(value);
    }
}

impl<const N: usize> Observer for measured::Histogram<N> {
    fn observe(&self, value: f64) {
        measured::Histogram::observe(self, value);
    }
}

pub(crate) fn counter() -> impl Counter {
    measured::Counter::new()
}

pub(crate) fn gauge() -> impl Gauge {
    measured::FloatGauge::new()
}

pub(crate) fn histogram<const N: usize>(bounds: &[f64; N]) -> impl Observer + use<N> {
    measured::Histogram::<N>::with_metadata(Thresholds::with_buckets(*bounds))
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

impl Lookup<1> for CounterVec<OneSet> {
    fn inc(&self, [route_name]: [&str; 1]) {
        CounterVec::inc(self, One { route_name });
    }
}

impl Lookup<3> for CounterVec<ThreeSet> {
    fn inc(&self, labels: [&str; 3]) {
        CounterVec::inc(self, three(labels));
    }
}

pub(crate) fn one() -> impl Lookup<1> {
    CounterVec::with_label_set(OneSet { route_name: ParaCord::default() })
}

pub(crate) fn lookup() -> impl Lookup<3> {
    CounterVec::with_label_set(three_set())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, FixedCardinalityLabel)]
pub(crate) enum Ten {
    V0,
    V1,
    V2,
    V3,
    V4,
    V5,
    V6,
    V7,
    V8,
    V9,
}

impl Ten {
    const ALL: [Self; 10] = [Self::V0, Self::V1, Self::V2, Self::V3, Self::V4, Self::V5, Self::V6, Self::V7, Self::V8, Self::V9];
}

#[derive(Clone, Copy, PartialEq, Debug, LabelGroup)]
#[label(set = EnumsSet)]
pub(crate) struct Enums {
    service_id: Ten,
    route_name: Ten,
    status_cod: Ten,
}

impl Typed for CounterVec<EnumsSet> {
    fn inc(&self, labels: [usize; 3]) {
        let [service_id, route_name, status_cod] = labels.map(|label| Ten::ALL[label]);
        CounterVec::inc(self, Enums { service_id, route_name, status_cod });
    }
}

pub(crate) fn typed() -> impl Typed {
    let [service_id, route_name, status_cod] = [(); 3].map(|()| StaticLabelSet::new());
    CounterVec::with_label_set(EnumsSet { service_id, route_name, status_cod })
}

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

/// A group and what writes it.
pub(crate) struct Shown<M>(M, std::sync::Mutex<BufferedTextEncoder>);

impl<M: MetricGroup<BufferedTextEncoder>> Shown<M> {
    fn page(&self) -> usize {
        let mut encoder = self.1.lock().expect("no holder panics");
        match self.0.collect_group_into(&mut *encoder) {
            Ok(()) => encoder.finish().len(),
            Err(never) => match never {},
        }
    }
}

impl Children<u64> for Shown<Counters> {
    fn give(&self, labels: [&str; 3], value: u64) {
        self.0.http_requests.inc_by(three(labels), value);
    }

    fn page(&self, _: &mut String) -> usize {
        self.page()
    }
}

impl Lookup<3> for Shown<Counters> {
    fn inc(&self, labels: [&str; 3]) {
        self.0.http_requests.inc(three(labels));
    }
}

impl Children<f64> for Shown<Gauges> {
    fn give(&self, labels: [&str; 3], value: f64) {
        self.0.http_requests.set(three(labels), value);
    }

    fn page(&self, _: &mut String) -> usize {
        self.page()
    }
}

impl Children<f64> for Shown<Histograms> {
    fn give(&self, labels: [&str; 3], value: f64) {
        self.0.http_requests.observe(three(labels), value);
    }

    fn page(&self, _: &mut String) -> usize {
        self.page()
    }
}

pub(crate) fn counters() -> Shown<Counters> {
    Shown(Counters { http_requests: CounterVec::with_label_set(three_set()) }, std::sync::Mutex::default())
}

pub(crate) fn gauges() -> Shown<Gauges> {
    Shown(Gauges { http_requests: FloatGaugeVec::with_label_set(three_set()) }, std::sync::Mutex::default())
}

pub(crate) fn histograms() -> Shown<Histograms> {
    let bounds = Thresholds::with_buckets(BOUNDS);
    let http_requests = HistogramVec::with_label_set_and_metadata(three_set(), bounds);
    Shown(Histograms { http_requests }, std::sync::Mutex::default())
}
