//! Whom the bench takes: ours, and the two peers that are the fastest with many series.

use measured::text::BufferedTextEncoder;
use measured::{CounterVec, LabelGroup, MetricGroup};
use paracord::ParaCord;
use picometer_std::{Counter, Family, Format, render};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::{counter, family};
use prometheus_client::registry::Registry;

pub(crate) const LABELS: [&str; 3] = ["service_id", "route_name", "status_cod"];
const NAME: &str = "http_requests";
const HELP: &str = "Requests served.";

/// A family of counters.
pub(crate) trait Subject: Sync {
    /// Adds to a counter, which is made if it is not there.
    fn inc_by(&self, labels: [&str; 3], by: u64);
    /// Writes a page where the one before was; how many bytes it has.
    fn page(&self, buffer: &mut Buffer) -> usize;
    /// Takes a counter away; `None` where that cannot be done.
    fn remove(&self, labels: [&str; 3]) -> Option<bool>;
}

/// What pages are written into, again and again.
#[derive(Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    text: String,
    encoder: BufferedTextEncoder,
}

pub(crate) fn family() -> Family<Counter, 3> {
    Family::new("http_requests_total", HELP, LABELS)
}

impl Subject for Family<Counter, 3> {
    fn inc_by(&self, labels: [&str; 3], by: u64) {
        self.with(labels).inc_by(by);
    }

    fn page(&self, buffer: &mut Buffer) -> usize {
        buffer.bytes.clear();
        render(self, Format::Text004, &mut buffer.bytes);
        buffer.bytes.len()
    }

    fn remove(&self, labels: [&str; 3]) -> Option<bool> {
        Some(Family::remove(self, labels))
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct Owned {
    service_id: String,
    route_name: String,
    status_cod: String,
}

fn owned([service, route, status]: [&str; 3]) -> Owned {
    Owned { service_id: service.to_owned(), route_name: route.to_owned(), status_cod: status.to_owned() }
}

pub(crate) struct PrometheusClient(family::Family<Owned, counter::Counter>, Registry);

impl PrometheusClient {
    pub(crate) fn new() -> Self {
        let (family, mut registry) = (family::Family::<Owned, counter::Counter>::default(), Registry::default());
        registry.register(NAME, HELP, family.clone());
        Self(family, registry)
    }
}

impl Subject for PrometheusClient {
    fn inc_by(&self, labels: [&str; 3], by: u64) {
        self.0.get_or_create(&owned(labels)).inc_by(by);
    }

    fn page(&self, buffer: &mut Buffer) -> usize {
        buffer.text.clear();
        text::encode(&mut buffer.text, &self.1).expect("a string takes everything");
        buffer.text.len()
    }

    fn remove(&self, labels: [&str; 3]) -> Option<bool> {
        Some(self.0.remove(&owned(labels)))
    }
}

#[derive(Clone, Copy, PartialEq, Debug, LabelGroup)]
#[label(set = BorrowedSet)]
pub(crate) struct Borrowed<'a> {
    #[label(dynamic_with = ParaCord)]
    service_id: &'a str,
    #[label(dynamic_with = ParaCord)]
    route_name: &'a str,
    #[label(dynamic_with = ParaCord)]
    status_cod: &'a str,
}

#[derive(MetricGroup)]
pub(crate) struct Measured {
    /// Requests served.
    http_requests: CounterVec<BorrowedSet>,
}

impl Measured {
    pub(crate) fn new() -> Self {
        let [service_id, route_name, status_cod] = [(); 3].map(|()| ParaCord::default());
        Self { http_requests: CounterVec::with_label_set(BorrowedSet { service_id, route_name, status_cod }) }
    }
}

impl Subject for Measured {
    fn inc_by(&self, [service_id, route_name, status_cod]: [&str; 3], by: u64) {
        self.http_requests.inc_by(Borrowed { service_id, route_name, status_cod }, by);
    }

    fn page(&self, buffer: &mut Buffer) -> usize {
        match self.collect_group_into(&mut buffer.encoder) {
            Ok(()) => buffer.encoder.finish().len(),
            Err(never) => match never {},
        }
    }

    fn remove(&self, _: [&str; 3]) -> Option<bool> {
        None
    }
}
