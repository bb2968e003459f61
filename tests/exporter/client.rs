//! A client that sends what it is told to, and exporters to send it to.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use picometer::{Collector, Counter, Desc, Encoder, Metric, Registry, Stop};
use picometer_std::exporter::{Exporter, ExporterHandle, Limits};

use crate::peers::Answer;
use crate::support;

/// Against hanging for ever, never a measure.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub static BOOTS: Metric<Counter> = Metric::new(&Desc::counter("boots_total", "Times the service started."));
pub static METRICS: Registry = Registry::new(&[&BOOTS]);
pub const PAGE: &str = "# HELP boots_total Times the service started.\n# TYPE boots_total counter\nboots_total 0\n";

/// An exporter of one counter on a free port.
pub fn exporter() -> Exporter {
    Exporter::bind("127.0.0.1:0").unwrap()
}

/// An exporter that is shut down where the test ends.
pub struct Running(Option<ExporterHandle>);

impl Running {
    /// For what the test says of the end itself.
    pub fn handle(mut self) -> ExporterHandle {
        self.0.take().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.take().map(ExporterHandle::shutdown);
    }
}

pub fn plain() -> (Running, SocketAddr) {
    started(exporter().without_self_metrics(), METRICS)
}

pub fn limited(limits: Limits) -> (Running, SocketAddr) {
    started(exporter().limits(limits), METRICS)
}

pub fn started(exporter: Exporter, metrics: impl Collector + 'static) -> (Running, SocketAddr) {
    let handle = exporter.spawn(metrics).unwrap();
    let address = handle.local_addr().unwrap();
    (Running(Some(handle)), address)
}

pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Reads one response, and not a byte more; `None` at the end of the connection.
pub fn read(stream: &mut impl Read, body: bool) -> Option<Answer> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            assert!(head.is_empty(), "the head broke off: {}", String::from_utf8_lossy(&head));
            return None;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let status = head.strip_prefix("HTTP/1.1 ").unwrap()[..3].parse().unwrap();
    let mut response = Answer { status, head, body: Vec::new() };
    if body {
        let length: usize = response.header("content-length").unwrap().parse().unwrap();
        response.body.resize(length, 0);
        stream.read_exact(&mut response.body).unwrap();
    }
    Some(response)
}

/// Sends bytes on a new connection and reads one response.
pub fn send(address: SocketAddr, bytes: impl AsRef<[u8]>) -> Answer {
    let mut stream = connect(address);
    stream.write_all(bytes.as_ref()).unwrap();
    let is_head = bytes.as_ref().starts_with(b"HEAD ");
    read(&mut stream, !is_head).expect("an answer")
}

pub fn get(address: SocketAddr, path: &str, headers: &[&str]) -> Answer {
    send(address, request(path, headers))
}

pub fn request(path: &str, headers: &[&str]) -> String {
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    format!("GET {path} HTTP/1.1\r\nHost: test\r\n{headers}\r\n")
}

/// Asks on a connection, and reads the answer.
pub fn exchange(stream: &mut (impl Read + Write), path: &str, headers: &[&str]) -> Answer {
    stream.write_all(request(path, headers).as_bytes()).unwrap();
    read(stream, true).expect("an answer")
}

/// A connection on which this is asked for, and not yet read.
pub fn ask(address: SocketAddr, path: &str, headers: &[&str]) -> TcpStream {
    let mut stream = connect(address);
    stream.write_all(request(path, headers).as_bytes()).unwrap();
    stream
}

/// The value of a series of the exporter's own.
pub fn own(address: SocketAddr, series: &str) -> f64 {
    own_on(address, "/metrics", &[], series)
}

/// The same, with nothing else collected.
pub fn own_filtered(address: SocketAddr, name: &str) -> f64 {
    own_on(address, &format!("/metrics?name[]={name}"), &["X-Prometheus-Scrape-Timeout-Seconds: 60"], name)
}

fn own_on(address: SocketAddr, path: &str, headers: &[&str], series: &str) -> f64 {
    let page = get(address, path, headers);
    support::value(page.text(), series).unwrap_or_else(|| panic!("no {series}: {}", page.text()))
}

/// A collector that tells when it is asked and waits until it may answer.
pub struct Gate {
    asked: Mutex<Sender<()>>,
    open: Mutex<Receiver<()>>,
}

impl Gate {
    /// The collector, who is told of each question, and who lets one answer out.
    pub fn new() -> (Self, Receiver<()>, Sender<()>) {
        let ((asked, questions), (release, open)) = (channel(), channel());
        (Self { asked: Mutex::new(asked), open: Mutex::new(open) }, questions, release)
    }
}

impl Collector for Gate {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        let _ = self.asked.lock().unwrap_or_else(PoisonError::into_inner).send(());
        let _ = self.open.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(PATIENCE);
        BOOTS.collect(out)
    }
}

/// So many lines of 640 bytes.
pub struct Large(pub u32);

impl Collector for Large {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        let mut family = out.family(const { &Desc::gauge("large", "Many series.") })?;
        let filler = "x".repeat(600);
        (0..self.0).try_for_each(|place| family.gauge(&[("place", place.to_string().as_str()), ("filler", &filler)], place))
    }
}
