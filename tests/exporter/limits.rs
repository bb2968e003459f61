//! Clients that take their time: short limits, and no measure of how short.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use crate::client::{Gate, METRICS, ask, connect, exchange, exporter, get, limited, own, read, request, started};
use picometer_std::exporter::Limits;

const SHORT: Duration = Duration::from_millis(200);

#[test]
fn a_head_has_a_deadline_in_all() {
    let (_exporter, address) = limited(Limits { head: SHORT, ..Limits::DEFAULT });
    // One byte now and then does not put it off: slowloris.
    let mut stream = connect(address);
    let began = Instant::now();
    for byte in request("/metrics", &[]).bytes().cycle() {
        std::thread::sleep(Duration::from_millis(20));
        if stream.write_all(&[byte]).is_err() || began.elapsed() > Duration::from_millis(500) {
            break;
        }
    }
    assert_eq!(read(&mut stream, true).map(|response| response.status), Some(408));
    // Who says nothing at all gets nothing.
    assert_eq!(connect(address).read(&mut [0]).unwrap(), 0);
}

#[test]
fn an_idle_connection_is_closed_and_the_next_head_has_a_deadline_too() {
    let (_exporter, address) = limited(Limits { idle: SHORT, ..Limits::DEFAULT });
    let mut stream = ask(address, "/metrics", &[]);
    assert_eq!(read(&mut stream, true).unwrap().status, 200);
    assert!(read(&mut stream, true).is_none());

    let (_exporter, address) = limited(Limits { head: SHORT, ..Limits::DEFAULT });
    let mut stream = ask(address, "/metrics", &[]);
    assert_eq!(read(&mut stream, true).unwrap().status, 200);
    stream.write_all(b"GET /met").unwrap();
    assert_eq!(read(&mut stream, true).unwrap().status, 408);
}

#[test]
fn as_many_pages_as_allowed_are_made_at_a_time() {
    let (gate, asked, release) = Gate::new();
    let (_handle, address) = started(exporter().limits(Limits { renders: 1, ..Limits::DEFAULT }), gate);
    let mut first = ask(address, "/metrics", &[]);
    asked.recv().unwrap();
    let refused = get(address, "/metrics", &[]);
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    // What costs nothing is served.
    assert_eq!(get(address, "/-/healthy", &[]).status, 200);
    release.send(()).unwrap();
    assert_eq!(read(&mut first, true).unwrap().status, 200);
    release.send(()).unwrap();
    assert_eq!(get(address, "/metrics", &[]).status, 200);
}

#[test]
fn a_scraper_that_gave_up_gets_no_page() {
    let (gate, asked, release) = Gate::new();
    let (_handle, address) = started(exporter().limits(Limits { render_threads: 1, ..Limits::DEFAULT }), gate);
    let mut first = ask(address, "/metrics", &[]);
    asked.recv().unwrap();
    let mut second = ask(address, "/metrics", &["X-Prometheus-Scrape-Timeout-Seconds: 0.05"]);
    std::thread::sleep(Duration::from_secs(1));
    release.send(()).unwrap();
    assert_eq!(read(&mut first, true).unwrap().status, 200);
    assert_eq!(read(&mut second, true).unwrap().status, 503);
    assert!(asked.try_recv().is_err(), "the collector was asked in vain");
}

#[test]
fn the_size_of_a_head_is_limited() {
    let (_exporter, address) = limited(Limits { head_bytes: 300, ..Limits::DEFAULT });
    let with = |bytes: usize| request("/metrics", &[&format!("X: {}", "y".repeat(bytes))]);
    let mut stream = connect(address);
    stream.write_all(with(200).as_bytes()).unwrap();
    assert_eq!(read(&mut stream, true).unwrap().status, 200);
    stream.write_all(with(400).as_bytes()).unwrap();
    assert_eq!(read(&mut stream, true).unwrap().status, 431);
    assert!(read(&mut stream, true).is_none());
}

#[test]
fn a_new_connection_closes_the_oldest_that_asked_nothing() {
    let (_handle, address) = started(exporter().limits(Limits { connections: 3, ..Limits::DEFAULT }), METRICS);
    let mut kept = ask(address, "/metrics", &[]);
    read(&mut kept, true).unwrap();
    let mut oldest = connect(address);
    oldest.write_all(b"GET /met").unwrap();
    let mut younger = connect(address);
    younger.write_all(b"GET /met").unwrap();
    // In the place of the oldest, which sees the end.
    let mut last = ask(address, "/metrics", &[]);
    assert_eq!(read(&mut last, true).unwrap().status, 200);
    assert!(matches!(oldest.read(&mut [0]), Ok(0) | Err(_)));
    // The others are as they were.
    younger.write_all(b"rics HTTP/1.0\r\n\r\n").unwrap();
    assert_eq!(read(&mut younger, true).unwrap().status, 200);
    assert_eq!(exchange(&mut kept, "/metrics", &[]).status, 200);
    assert!(own(address, "picometer_exporter_evicted_connections_total") >= 1.0);
}

#[test]
fn who_is_being_served_is_not_closed_for_others() {
    let (gate, asked, release) = Gate::new();
    let (_handle, address) = started(exporter().limits(Limits { connections: 1, ..Limits::DEFAULT }), gate);
    let mut first = ask(address, "/metrics", &[]);
    asked.recv().unwrap();
    let mut second = connect(address);
    assert_eq!(read(&mut second, true).unwrap().status, 503);
    release.send(()).unwrap();
    assert_eq!(read(&mut first, true).unwrap().status, 200);
}
