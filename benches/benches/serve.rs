//! The exporter over real sockets: a page of 10,000 counters to 1 and to 50 clients that keep their connections. And what
//! compressing such a page takes, without sockets.
//!
//! What is shown of sockets is wall time, the clients' own included, which is the same for each column; for a load without it
//! point `wrk` at an example.

use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Barrier;
use std::time::Instant;

use flate2::Compression;
use flate2::write::GzEncoder;
use metrics_exporter_prometheus::PrometheusBuilder;
use picometer_benches::{Role, Suite, Unit};
use picometer_std::exporter::{Exporter, ExporterHandle};
use picometer_std::respond::{RequestParts, respond};
use picometer_std::{Counter, Family, Registry};

const SERIES: usize = 10_000;

fn main() {
    let mut suite = Suite::default();
    let (ours, _exporter) = picometer();
    let theirs = metrics_exporter();
    for clients in [1, 50] {
        // A round is long enough to be seen beside the noise of connecting.
        let requests = if suite.is_test() { 1 } else { 200 / clients };
        let title = format!("a page of {SERIES} counters, {clients} at once");
        suite.case(&format!("serve-{clients}"), &title, Unit::Nanos("page"), |case| {
            case.sampled("picometer", Role::Ours, move || nanos_a_page(ours, clients, requests));
            let few = if clients == 1 { requests.min(10) } else { 1 };
            case.sampled("metrics-exporter-prometheus", Role::Peer, move || nanos_a_page(theirs, clients, few));
        });
    }
    let registry = &registry();
    suite.case("gzip-page", &format!("a page of {SERIES} counters compressed, as a response"), Unit::Nanos("series"), |case| {
        let series = SERIES as u64;
        let request = RequestParts::new("GET", "/metrics");
        let page = respond(&request, registry).body;
        let bytes = page.len() as f64 / SERIES as f64;
        let compressed = request.clone().header("accept-encoding", "gzip");
        case.time("picometer", Role::Ours, series, move || respond(&compressed, registry)).bytes(bytes);
        case.time("picometer, not compressed", Role::Ours, series, move || respond(&request, registry)).bytes(bytes);
        for (name, level) in [("level 1 alone", 1), ("level 6 alone", 6)] {
            let (page, mut into) = (page.clone(), Vec::new());
            let run = move || {
                into.clear();
                let mut encoder = GzEncoder::new(std::mem::take(&mut into), Compression::new(level));
                encoder.write_all(&page).expect("memory takes everything");
                into = encoder.finish().expect("memory takes everything");
                into.len()
            };
            case.time(name, Role::Limit, series, run).bytes(bytes);
        }
    });
}

fn values(index: usize) -> [String; 3] {
    [format!("method-{}", index % 10), format!("/path/{index:05}"), format!("{}", 200 + index % 7)]
}

fn registry() -> Registry {
    let registry = Registry::new();
    let family = Family::<Counter, 3>::new("http_requests_total", "Requests served.", ["method", "path", "code"]);
    let family = registry.register(family).expect("a name of its own");
    for index in 0..SERIES {
        let [method, path, code] = &values(index);
        family.with([method, path, code]).inc_by(index as u64);
    }
    registry
}

fn picometer() -> (SocketAddr, ExporterHandle) {
    let exporter = Exporter::bind("127.0.0.1:0").and_then(|exporter| exporter.spawn(registry())).expect("a free port");
    (exporter.local_addr().expect("a TCP listener"), exporter)
}

fn metrics_exporter() -> SocketAddr {
    // It cannot say which port it got.
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    PrometheusBuilder::new().with_http_listener(address).install().expect("the only recorder");
    for index in 0..SERIES {
        let [method, path, code] = values(index);
        metrics::counter!("http_requests_total", "method" => method, "path" => path, "code" => code).increment(index as u64);
    }
    while TcpStream::connect(address).is_err() {
        std::thread::yield_now();
    }
    address
}

fn nanos_a_page(address: SocketAddr, clients: usize, requests: usize) -> f64 {
    let (start, end) = (Barrier::new(clients + 1), Barrier::new(clients + 1));
    std::thread::scope(|scope| {
        for _ in 0..clients {
            scope.spawn(|| {
                let mut connection = TcpStream::connect(address).expect("a listener");
                let mut page = vec![0; 4 << 20];
                start.wait();
                for _ in 0..requests {
                    black_box(fetch(&mut connection, &mut page));
                }
                end.wait();
            });
        }
        start.wait();
        let began = Instant::now();
        end.wait();
        began.elapsed().as_nanos() as f64 / (clients * requests) as f64
    })
}

/// One request; how long the response is.
fn fetch(connection: &mut TcpStream, page: &mut [u8]) -> usize {
    connection.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").expect("an open connection");
    let (mut len, mut whole) = (0, usize::MAX);
    while len < whole {
        let count = connection.read(&mut page[len..]).expect("an open connection");
        assert!(count > 0, "a response is whole");
        len += count;
        if whole == usize::MAX {
            whole = length(&page[..len]).unwrap_or(usize::MAX);
        }
    }
    len
}

/// How long a response is, as soon as its head is there.
fn length(response: &[u8]) -> Option<usize> {
    let end = response.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&response[..end]).ok()?.to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200"), "{head}");
    let field = head.lines().find_map(|line| line.strip_prefix("content-length:"))?;
    Some(end + field.trim().parse::<usize>().ok()?)
}
