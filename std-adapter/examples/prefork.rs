//! A pre-fork service: one process listens, several workers share its socket, and the page is the sum of them all, also of those
//! that died.
//!
//! ```sh
//! mkdir /dev/shm/prefork && PROMETHEUS_MULTIPROC_DIR=/dev/shm/prefork cargo run --features multiprocess --example prefork
//! ```
//!
//! The first line that it prints is where the service is, the second where its page is. `GET /` counts, `GET /crash` ends the
//! worker without a word; the parent starts another. It stops at the end of its input.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use picometer_std::exporter::Exporter;
use picometer_std::multiprocess::{Collector, DIRECTORY, GaugeMode};
use picometer_std::{Counter, Family, Gauge, Histogram, Metric, Registry, exponential};

const WORKERS: usize = 4;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if std::env::args().nth(1).as_deref() == Some("worker") {
        return worker();
    }
    let directory = std::env::var_os(DIRECTORY).ok_or("PROMETHEUS_MULTIPROC_DIR names the directory that workers share")?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let page = Registry::new();
    page.register(Collector::new(&directory)?.processes(true))?;
    let exporter = Exporter::bind("127.0.0.1:0")?.spawn(page)?;
    println!("http://{}/", listener.local_addr()?);
    println!("http://{}/metrics", exporter.local_addr().ok_or("no address")?);

    let spawn = || -> io::Result<Child> {
        let socket = Stdio::from(listener.as_fd().try_clone_to_owned()?);
        Command::new(std::env::current_exe()?).arg("worker").stdin(socket).spawn()
    };
    let mut workers = (0..WORKERS).map(|_| spawn()).collect::<io::Result<Vec<Child>>>()?;
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        drop(stop);
    });
    // Dead workers are replaced.
    while stopped.recv_timeout(Duration::from_millis(50)) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
        for worker in &mut workers {
            if worker.try_wait()?.is_some() {
                *worker = spawn()?;
            }
        }
    }
    for mut worker in workers {
        worker.kill()?;
        worker.wait()?;
    }
    Ok(())
}

/// Serves what comes to the socket that is its standard input.
fn worker() -> Result<(), Box<dyn std::error::Error>> {
    let registry = Registry::new();
    let requests = registry.register(Family::<Counter, 1>::new("prefork_requests_total", "Requests served.", ["path"]))?;
    let seconds = Metric::<Histogram>::new("prefork_request_seconds", "How long they took.").buckets(exponential::<8>(0.0001, 4.0));
    let seconds = registry.register(seconds)?;
    let busy = Metric::<Gauge<i64>>::new("prefork_busy_workers", "Workers that serve a request.").config(&GaugeMode::LiveSum);
    let busy = registry.register(busy)?;
    let listener = TcpListener::from(io::stdin().as_fd().try_clone_to_owned()?);
    loop {
        let (client, _) = listener.accept()?;
        let start = Instant::now();
        busy.inc();
        let path = request(&client).unwrap_or_default();
        requests.with([if path == "/crash" { "/crash" } else { "/" }]).inc();
        seconds.observe(start.elapsed().as_secs_f64());
        if path == "/crash" {
            std::process::abort();
        }
        let _ = (&client).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n");
        busy.dec();
    }
}

/// The path that a client asks for.
fn request(client: &TcpStream) -> Option<String> {
    client.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let mut lines = BufReader::new(client.take(8_192)).lines();
    let path = lines.next()?.ok()?.split(' ').nth(1)?.to_owned();
    // Up to the empty line that ends the head.
    lines.map_while(Result::ok).find(String::is_empty)?;
    Some(path)
}
