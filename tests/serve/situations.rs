//! One table of situations for every framework: what is counted must not depend on who serves.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use picometer_std::serve::HttpMetrics;

use crate::peers::wait_for;
use crate::{http2, peers, support};

/// A server with the routes of the table, measured.
pub struct Served {
    pub address: SocketAddr,
    pub requests: HttpMetrics,
    /// Lets streams go on.
    pub gate: Arc<AtomicBool>,
    /// What stands before each path, and each route.
    pub prefix: &'static str,
}

/// How long streams are held up at least.
const HELD: Duration = Duration::from_millis(120);

impl Served {
    fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        let series = if labels.is_empty() { name.to_owned() } else { format!("{name}{{{}}}", labels.join(",")) };
        support::value(&self.page(), &series)
    }

    fn is_quiet(&self) {
        wait_for("the end of all requests", || (self.requests.in_flight() == 0).then_some(()));
        assert_eq!(self.value("http_requests_in_flight", &[]), Some(0.0));
    }

    fn route(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    fn connect(&self, method: &str, path: &str, more: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(peers::PATIENCE)).unwrap();
        stream.write_all(format!("{method} {}{path} HTTP/1.1\r\nHost: x\r\n{more}\r\n", self.prefix).as_bytes()).unwrap();
        stream
    }

    /// Expects so many requests with a code, and sums of what they sent and got.
    fn expect(&self, method: &str, path: &str, code: &str, count: f64, sent: Option<f64>, got: Option<f64>) {
        self.is_quiet();
        let route = if path.is_empty() { String::new() } else { self.route(path) };
        let of = |name: &str| self.value(name, &[("method", method), ("route", &route)]);
        let with_code = self.value("http_requests_total", &[("method", method), ("route", &route), ("code", code)]);
        assert_eq!(with_code, Some(count), "{method} {route} {code}\n{}", self.page());
        if sent.is_some() {
            assert_eq!(of("http_request_size_bytes_sum"), sent, "{method} {route}\n{}", self.page());
        }
        assert_eq!(of("http_response_size_bytes_sum"), got, "{method} {route}\n{}", self.page());
    }

    fn page(&self) -> String {
        support::page(&self.requests)
    }
}

/// Walks through the table.
pub fn check(served: &Served) {
    plain(served);
    streams(served);
    ends_of_clients(served);
    failures(served);
    lies(served);
    over_http2(served);
    served.is_quiet();
}

fn plain(served: &Served) {
    let path = |path: &str| served.route(path);
    for id in [5, 5_000] {
        assert_eq!(peers::get(served.address, &path(&format!("/orders/{id}")), &[]).unwrap().body.len(), id);
    }
    served.expect("GET", "/orders/{id}", "200", 2.0, Some(0.0), Some(5_005.0));
    assert_eq!(peers::send(served.address, "HEAD", &path("/orders/70"), &[], b"").unwrap().status, 200);
    served.expect("HEAD", "/orders/{id}", "200", 1.0, Some(0.0), Some(0.0));
    let echoed = peers::post(served.address, &path("/orders"), &[("Content-Type", "text/plain")], b"three").unwrap();
    assert_eq!(echoed.text(), "three");
    // A body in chunks says no length.
    let mut stream = served.connect("POST", "/orders", "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n");
    stream.write_all(b"4\r\nfour\r\n3\r\nend\r\n0\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.ends_with("fourend"), "{text}");
    served.expect("POST", "/orders", "200", 2.0, Some(12.0), Some(12.0));
    for made_up in 0..5 {
        assert_eq!(peers::get(served.address, &path(&format!("/made/up/{made_up}")), &[]).unwrap().status, 404);
    }
    served.is_quiet();
    assert_eq!(served.requests.count("GET", "", 404), 5, "{}", served.page());
}

/// A stream is in flight until its last byte, and so long is its duration.
fn streams(served: &Served) {
    for (path, first, whole) in [("/stream", "one", 6.0), ("/events", "data: 1", 18.0)] {
        served.gate.store(false, Ordering::Release);
        let began = Instant::now();
        let mut stream = served.connect("GET", path, "Connection: close\r\n");
        let mut text = Vec::new();
        while !String::from_utf8_lossy(&text).contains(first) {
            let mut piece = [0; 1_024];
            let count = stream.read(&mut piece).unwrap();
            assert!(count > 0, "{path}: {}", String::from_utf8_lossy(&text));
            text.extend(&piece[..count]);
        }
        assert_eq!(served.requests.in_flight(), 1, "{path}");
        assert_eq!(served.requests.count("GET", &served.route(path), 200), 0, "{path}");
        std::thread::sleep(HELD);
        served.gate.store(true, Ordering::Release);
        stream.read_to_end(&mut text).unwrap();
        served.expect("GET", path, "200", 1.0, Some(0.0), Some(whole));
        let route = served.route(path);
        let seconds = served.value("http_request_duration_seconds_sum", &[("method", "GET"), ("route", &route)]).unwrap();
        assert!(seconds >= HELD.as_secs_f64() && seconds <= began.elapsed().as_secs_f64(), "{path}: {seconds}");
    }
    let mut stream = served.connect("GET", "/upgrade", "Connection: Upgrade\r\nUpgrade: echo\r\n");
    let mut head = [0; 12];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 101");
    // The connection is open, and no request any more.
    served.expect("GET", "/upgrade", "101", 1.0, Some(0.0), Some(0.0));
}

fn ends_of_clients(served: &Served) {
    let stream = served.connect("GET", "/hang", "");
    wait_for("the request", || (served.requests.in_flight() == 1).then_some(()));
    drop(stream);
    served.expect("GET", "/hang", "canceled", 1.0, Some(0.0), None);
    let mut stream = served.connect("GET", "/endless", "");
    stream.read_exact(&mut [0; 200]).unwrap();
    assert_eq!(served.requests.in_flight(), 1);
    drop(stream);
    served.is_quiet();
    let labels = [("method", "GET"), ("route", &*served.route("/endless"))];
    let canceled = served.value("http_requests_total", &[labels[0], labels[1], ("code", "canceled")]);
    let bytes = served.value("http_response_size_bytes_sum", &labels).unwrap();
    assert!(canceled == Some(1.0) && bytes >= 10.0, "{}", served.page());
}

fn failures(served: &Served) {
    let read = |path: &str| {
        let mut text = Vec::new();
        // However it ends.
        let _ = served.connect("GET", path, "Connection: close\r\n").read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    };
    assert!(!read("/panic").starts_with("HTTP/1.1 200"));
    served.expect("GET", "/panic", "500", 1.0, Some(0.0), None);
    read("/broken");
    served.expect("GET", "/broken", "error", 1.0, Some(0.0), Some(4.0));
    read("/panicking");
    served.expect("GET", "/panicking", "500", 1.0, Some(0.0), Some(4.0));
}

/// A client that announces nine exabytes and sends three bytes has sent three.
fn lies(served: &Served) {
    let mut stream = served.connect("POST", "/count", "Content-Length: 9000000000000000000\r\n");
    stream.write_all(b"abc").unwrap();
    wait_for("the request", || (served.requests.in_flight() == 1).then_some(()));
    drop(stream);
    served.is_quiet();
    let labels = [("method", "POST"), ("route", &*served.route("/count"))];
    let of = |name: &str| served.value(name, &labels);
    assert_eq!((of("http_request_size_bytes_count"), of("http_request_size_bytes_sum")), (Some(1.0), Some(3.0)), "{}", served.page());
}

fn over_http2(served: &Served) {
    let before = served.requests.count("POST", &served.route("/orders"), 200);
    let answer = http2::send(served.address, "POST", &served.route("/orders"), &[("content-type", "text/plain")], b"over http/2");
    assert_eq!((answer.status, &*answer.body), (200, &b"over http/2"[..]));
    served.expect("POST", "/orders", "200", before as f64 + 1.0, Some(23.0), Some(23.0));
    served.gate.store(true, Ordering::Release);
    assert_eq!(http2::send(served.address, "GET", &served.route("/stream"), &[], b"").body, b"onetwo");
    served.expect("GET", "/stream", "200", 2.0, Some(0.0), Some(12.0));
}
