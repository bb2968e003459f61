//! Logs a value of every public type by defmt; the host decodes what comes through semihosting.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use defmt_semihosting as _;
use picometer::http::{Endpoint, Limits, Negotiated, Responder, Selection};
use picometer::push::{Client, Graphite, RemoteWrite, RemoteWriteVersion, Request};
use picometer::{
    BoundedFamily, Counter, CounterFn, CounterWithExemplar, Desc, Exposition, Family, FillError, Format, Gauge, GaugeHistogram, Histogram,
    HistogramWithExemplars, Info, Kind, Label, LabelEnum, Metric, Number, Registry, Scaled, StateSet, Summary, Timestamp, Unknown, buckets,
    labels,
};
use picometer_firmware_benches::end;

labels! { enum Bus as "bus" { I2c = "i2c", Spi = "spi", Uart = "uart" } }
buckets! { Millis: u32 / 1_000 = [5, 50]; }

static BOOTS: Metric<Counter<u32>> = Metric::new(&Desc::counter("boots_total", "Boots."));
static WORK: Family<Counter<u32>, Bus, 3> = Family::new(&Desc::counter("work_total", "Work."));
static PEERS: BoundedFamily<Counter<u32>, 1, 1, 8> = BoundedFamily::new(&Desc::counter("peers_total", "Peers."), &["peer"]);
static METRICS: Registry<'_> = Registry::new(&[&BOOTS, &WORK, &PEERS]).prefix("dev_");
static PLAIN: Registry<'_> = Registry::new(&[&METRICS]);
static FACTS: [Label<'_>; 1] = [Label::new("version", "1.2")];
static SITE: Endpoint<'_> = Endpoint::new(&PLAIN).title("board");

#[entry]
fn main() -> ! {
    macro_rules! show {
        ($($what:literal: $value:expr;)+) => {$( defmt::println!("{=str}={}", $what, $value); )+};
    }
    let histogram = Histogram::<Millis, 2>::new();
    histogram.observe(7);
    let held = GaugeHistogram::<Millis, 2>::new();
    held.insert(7);
    let summary = Summary::<u32>::new();
    summary.observe(300);
    let states = StateSet::<Bus>::new();
    states.insert(Bus::Uart);
    let gauge = Gauge::<f32>::new();
    gauge.set(1.5);
    let traced = CounterWithExemplar::<32, u32>::new();
    traced.inc();
    let mut names = [0; 40];
    let selection = Selection::parse(b"name[]=up&name[]=boots", &mut names).unwrap_or_default();
    let moment = Timestamp::new(1_395_066_363, 250_000_000);
    let request = Request { method: "PUT", host: "gateway", path: "/metrics/job/x", headers: &[] };
    show! {
        "timestamp": moment;
        "before_1970": Timestamp::from_millis(-1_500);
        "number": Number::from(2.5_f32);
        "number_text": Number::from(7_u32).text();
        "series": PEERS.with(["a"]);
        "overflow": PEERS.with(["b"]);
        "bounded": PEERS;
        "registry": METRICS;
        "plain_registry": PLAIN;
        "metric": BOOTS;
        "family": WORK;
        "desc": Desc::histogram("wait_seconds", "Waiting.");
        "name": Desc::gauge("depth", "").namespace("queue").name();
        "kind": Kind::GaugeHistogram;
        "counter": *BOOTS;
        "scaled": Counter::<Scaled<u32, 1_000>>::new();
        "gauge": gauge;
        "unknown": Unknown::<i32>::new();
        "read": CounterFn::<u32>::new(|| Some(5));
        "histogram": histogram;
        "gauge_histogram": held;
        "summary": summary;
        "traced": traced;
        "traced_histogram": HistogramWithExemplars::<Millis, 2, 16>::new();
        "states": states;
        "info": Info::new(&FACTS);
        "label": Label::new("bus", "i2c");
        "closed_label": Bus::NAME;
        "exposition": Exposition::new(&PLAIN, Format::OpenMetrics100);
        "fill_error": FillError::BufferTooSmall { needed: 45 };
        "format": Format::Text004;
        "content_type": Format::Text004.content_type(None);
        "responder": Responder::new(&SITE);
        "site": SITE;
        "limits": Limits::DEFAULT;
        "negotiated": Negotiated::from_accept("application/openmetrics-text");
        "selection": selection;
        "no_selection": Selection::default();
        "request": request;
        "client": Client::<_, 256>::new(request, Exposition::new(&PLAIN, Format::Text004));
        "graphite": Graphite::new(&PLAIN, moment);
        "remote_write": RemoteWrite::new(&PLAIN, RemoteWriteVersion::V1, moment);
    }
    end(true)
}
