//! Requests of Remote Write: a thousand series from their metrics to the bytes that are sent, compressed.
//!
//! The peer is `prometheus_remote_write`, whose messages `prometheus-reqwest-remote-write` has too; that one is not here, because its
//! HTTP client takes a C compiler and minutes. Series are made for it from values at hand, which a program would have to collect first.

#[path = "encode/labels.rs"]
mod labels;

use std::time::SystemTime;

use labels::{CODES, Code, METHODS, Method};
use picometer::push::RemoteWriteVersion;
use picometer::{ClosedLabels as _, Counter, Desc, Family, Timestamp};
use picometer_benches::allocator::Counting;
use picometer_benches::{Case, Role, Suite, Unit};
use picometer_std::push::{Destination, Http, HttpRequest, HttpResponse, PushError, RemoteWrite};
use prometheus_remote_write::{Label, Sample, TimeSeries, WriteRequest};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const SERIES: u64 = 1_000;

static COUNTERS: Family<Counter, (Method, Code), 1_000> = Family::new(&Desc::counter("http_requests_total", "Requests served."));

fn all() -> impl Iterator<Item = (Method, Code)> {
    (0..<(Method, Code)>::COUNT).filter_map(<(Method, Code)>::at)
}

/// A receiver that takes everything, and says so.
fn taken(_: &HttpRequest<'_>) -> Result<HttpResponse, PushError> {
    let headers = vec![("X-Prometheus-Remote-Write-Samples-Written".to_owned(), "1000".to_owned())];
    Ok(HttpResponse { status: 204, headers, body: Vec::new() })
}

fn requests(case: &mut Case<'_>) {
    for (place, labels) in all().enumerate() {
        COUNTERS.with(labels).reset();
        COUNTERS.with(labels).inc_by((place as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40);
    }
    for (name, version) in [("picometer-std, 1.0", RemoteWriteVersion::V1), ("picometer-std, 2.0", RemoteWriteVersion::V2)] {
        let remote = RemoteWrite::new("receiver").expect("an address").version(version).http(Http::new().handler(taken));
        let remote = remote.label("job", "bench").expect("a label").label("instance", "a").expect("a label");
        let push = move || {
            let batches = remote.freeze(&COUNTERS, SystemTime::now()).expect("nothing to refuse");
            batches.iter().map(|batch| remote.send(batch).expect("taken")).sum::<u64>() as usize
        };
        let bytes = push() as f64;
        case.time(name, Role::Ours, SERIES, push).bytes(bytes / SERIES as f64);
    }
    for (name, version) in [("picometer, 1.0, no memory", RemoteWriteVersion::V1), ("picometer, 2.0, no memory", RemoteWriteVersion::V2)] {
        let mut body = vec![0; 1 << 20];
        let mut write = move || {
            let labels = [("job", "bench"), ("instance", "a")];
            let now = Timestamp::from_millis(1_700_000_000_000);
            let mut request: picometer::push::RemoteWrite<'_> = picometer::push::RemoteWrite::new(&COUNTERS, version, now).labels(&labels);
            request.fill(&mut body).expect("it fits")
        };
        let bytes = write() as f64;
        case.time(name, Role::Ours, SERIES, write).bytes(bytes / SERIES as f64);
    }
    let peer = || {
        let label = |name: &str, value: &str| Label { name: name.to_owned(), value: value.to_owned() };
        let series = all().map(|(method, code)| TimeSeries {
            labels: vec![
                label("__name__", "http_requests_total"),
                label("method", METHODS[method as usize]),
                label("code", CODES[code as usize]),
                label("job", "bench"),
                label("instance", "a"),
            ],
            samples: vec![Sample { value: COUNTERS.with((method, code)).get() as f64, timestamp: 1_700_000_000_000 }],
        });
        WriteRequest { timeseries: series.collect() }.encode_compressed().expect("it can be compressed").len()
    };
    let bytes = peer() as f64;
    case.time("prometheus_remote_write", Role::Peer, SERIES, peer).bytes(bytes / SERIES as f64);
}

fn main() {
    let mut suite = Suite::default();
    suite.case("remote-write-1000", "a request of 1,000 counters with 5 labels", Unit::Nanos("series"), requests);
}
