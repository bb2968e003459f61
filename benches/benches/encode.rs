//! Pages of static metrics: the core's encoder beside `prometheus-client` and the `core::fmt` formatting of small libraries.
//!
//! A thousand series in a family with two labels, or a hundred histograms in one, written into a buffer that is used again.

#[path = "encode/labels.rs"]
mod labels;

use std::fmt::Write as _;

use labels::{CODES, Code, METHODS, Method};
use picometer::{Buckets, ClosedLabels as _, Counter, Desc, Exposition, Family, Format, Gauge, Histogram, UpperBounds};
use picometer_benches::allocator::Counting;
use picometer_benches::{Case, Role, Suite, Unit};
use prometheus_client::encoding::text;
use prometheus_client::metrics::{counter, family, gauge, histogram};
use prometheus_client::registry::Registry;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const SERIES: u64 = 1_000;
const HISTOGRAMS: u64 = 100;
const BOUNDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

enum Seconds {}

impl Buckets for Seconds {
    type Value = f64;
    const BOUNDS: UpperBounds<f64> = UpperBounds::<f64>::new(&BOUNDS);
}

static COUNTERS: Family<Counter, (Method, Code), 1_000> = Family::new(&Desc::counter("http_requests_total", "Requests served."));
static GAUGES: Family<Gauge, (Method, Code), 1_000> = Family::new(&Desc::gauge("queue_level_ratio", "How full queues are."));
static HISTOGRAM: Family<Histogram<Seconds, 11>, Code, 100> = Family::new(&Desc::histogram("http_request_seconds", "Time taken."));

#[derive(Clone, Hash, PartialEq, Eq, Debug, prometheus_client::encoding::EncodeLabelSet)]
struct PeerLabels {
    method: &'static str,
    code: &'static str,
}

#[derive(Clone, Hash, PartialEq, Eq, Debug, prometheus_client::encoding::EncodeLabelSet)]
struct PeerLabel {
    code: &'static str,
}

type PeerHistograms = family::Family<PeerLabel, histogram::Histogram, fn() -> histogram::Histogram>;

/// One to nine digits.
fn count(place: u64) -> u64 {
    place.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40 >> (place % 25)
}

fn level(place: u64) -> f64 {
    (place.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11) as f64 / (1_u64 << 53) as f64
}

fn all() -> impl Iterator<Item = (u64, (Method, Code))> {
    (0..).zip((0..<(Method, Code)>::COUNT).filter_map(<(Method, Code)>::at))
}

fn texts(labels: (Method, Code)) -> PeerLabels {
    PeerLabels { method: METHODS[labels.0 as usize], code: CODES[labels.1 as usize] }
}

fn ours(case: &mut Case<'_>, source: &'static dyn picometer::Collector, series: u64) {
    for (name, format) in [("picometer", Format::Text004), ("picometer, OpenMetrics", Format::OpenMetrics100)] {
        let page = Exposition::new(source, format);
        let mut buffer = Vec::with_capacity(page.content_length() as usize);
        let bytes = page.content_length() as f64;
        let write = move || {
            buffer.clear();
            page.write_to(&mut buffer).expect("a vector takes everything");
            buffer.len()
        };
        case.time(name, Role::Ours, series, write).bytes(bytes / series as f64);
    }
}

fn prometheus_client(case: &mut Case<'_>, registry: Registry, series: u64) {
    let mut buffer = String::new();
    text::encode(&mut buffer, &registry).expect("a string takes everything");
    let bytes = buffer.len() as f64;
    let write = move || {
        buffer.clear();
        text::encode(&mut buffer, &registry).expect("a string takes everything");
        buffer.len()
    };
    case.time("prometheus-client", Role::Peer, series, write).bytes(bytes / series as f64);
}

/// Names, labels and values through `write!`.
fn formatting(case: &mut Case<'_>, name: &'static str, value: impl Fn((Method, Code)) -> f64 + 'static, float: bool) {
    let samples: Vec<_> = all().map(|(_, labels)| (texts(labels), labels)).collect();
    let mut buffer = String::new();
    // As a library has them: not known when its formatting is compiled.
    let [first, second] = std::hint::black_box(["method", "code"]);
    let mut write = move || {
        buffer.clear();
        for (PeerLabels { method, code }, labels) in &samples {
            let value = value(*labels);
            let written = if float {
                writeln!(buffer, "{name}{{{first}=\"{method}\",{second}=\"{code}\"}} {value}")
            } else {
                writeln!(buffer, "{name}{{{first}=\"{method}\",{second}=\"{code}\"}} {}", value as u64)
            };
            written.expect("a string takes everything");
        }
        buffer.len()
    };
    let bytes = write() as f64;
    case.time("core::fmt", Role::Peer, SERIES, write).bytes(bytes / SERIES as f64);
}

fn counters(case: &mut Case<'_>) {
    let mut registry = Registry::default();
    let peer = family::Family::<PeerLabels, counter::Counter>::default();
    for (place, labels) in all() {
        COUNTERS.with(labels).reset();
        COUNTERS.with(labels).inc_by(count(place));
        peer.get_or_create(&texts(labels)).inc_by(count(place));
    }
    registry.register("http_requests", "Requests served.", peer);
    ours(case, &COUNTERS, SERIES);
    prometheus_client(case, registry, SERIES);
    formatting(case, "http_requests_total", |labels| COUNTERS.with(labels).get() as f64, false);
}

fn gauges(case: &mut Case<'_>) {
    let mut registry = Registry::default();
    let peer = family::Family::<PeerLabels, gauge::Gauge<f64, std::sync::atomic::AtomicU64>>::default();
    for (place, labels) in all() {
        GAUGES.with(labels).set(level(place));
        peer.get_or_create(&texts(labels)).set(level(place));
    }
    registry.register("queue_level_ratio", "How full queues are.", peer);
    ours(case, &GAUGES, SERIES);
    prometheus_client(case, registry, SERIES);
    formatting(case, "queue_level_ratio", |labels| GAUGES.with(labels).get(), true);
}

fn histograms(case: &mut Case<'_>) {
    let mut registry = Registry::default();
    let peer = PeerHistograms::new_with_constructor(|| histogram::Histogram::new(BOUNDS));
    for place in 0..HISTOGRAMS {
        let Some(code) = Code::at(place as usize) else { break };
        for value in 0..100 {
            let value = 12.0 * level(place * 100 + value);
            HISTOGRAM.with(code).observe(value);
            peer.get_or_create(&PeerLabel { code: CODES[code as usize] }).observe(value);
        }
    }
    registry.register("http_request_seconds", "Time taken.", peer);
    ours(case, &HISTOGRAM, HISTOGRAMS);
    prometheus_client(case, registry, HISTOGRAMS);
}

fn main() {
    let mut suite = Suite::default();
    suite.case("static-counters-1000", "a page of 1,000 counters with 2 labels", Unit::Nanos("series"), counters);
    suite.case("static-gauges-1000", "a page of 1,000 float gauges with 2 labels", Unit::Nanos("series"), gauges);
    suite.case("static-histograms-100", "a page of 100 histograms with 11 bounds, 14 lines each", Unit::Nanos("histogram"), histograms);
}
