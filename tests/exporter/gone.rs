//! Clients that left before they were answered.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use picometer::Desc;
use picometer_std::Registry;
use picometer_std::exporter::Limits;

use crate::client::{Gate, Large, ask, connect, exporter, get, own, own_filtered, plain, read, started};
use crate::hanging::registry;
use crate::peers::wait_for;
use crate::support::collector;

#[test]
fn pages_are_not_made_for_clients_that_left() {
    let (registry, asked) = (Registry::new(), Arc::new(AtomicU32::new(0)));
    let asking = asked.clone();
    let slow = collector(move |out| {
        let mut family = out.family(const { &Desc::gauge("slow", "Takes its time.") })?;
        if family.is_wanted() {
            asking.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(300));
        }
        family.gauge(&(), 1)
    });
    registry.register(slow).unwrap();
    let (_handle, address) = started(exporter(), registry);
    // Each asks for something else, so that no page is shared.
    let crowd: Vec<_> = (0..126).map(|client| ask(address, &format!("/metrics?name[]=slow&name[]=x{client}"), &[])).collect();
    wait_for("the first to be served", || (asked.load(Ordering::SeqCst) > 0).then_some(()));
    drop(crowd);
    assert_eq!(get(address, "/metrics?name[]=slow", &[]).status, 200);
    let asked = asked.load(Ordering::SeqCst);
    assert!(asked < 40, "{asked} pages for 126 clients that left");
}

#[test]
fn sockets_are_closed_while_a_collector_hangs() {
    let (registry, database) = registry();
    let (_handle, address) = started(exporter(), registry);
    database.close(true);
    let crowd: Vec<_> = (0..30).map(|_| ask(address, "/metrics", &[])).collect();
    let open = || own_filtered(address, "picometer_exporter_connections");
    wait_for("the crowd", || (open() >= 30.0).then_some(()));
    drop(crowd);
    wait_for("sockets to be closed", || (open() < 5.0).then_some(()));
    assert!(own_filtered(address, "picometer_exporter_requests_in_flight") < 5.0);
    database.close(false);
}

#[test]
fn requests_in_flight_are_exact_after_aborts() {
    let (_handle, address) = started(exporter(), Large(15_000));
    for round in 0..50 {
        let mut stream = ask(address, "/metrics", &[]);
        if round % 2 == 0 {
            // In the middle of the response.
            stream.read_exact(&mut [0; 15]).unwrap();
        }
    }
    let in_flight = || own(address, "picometer_exporter_requests_in_flight");
    wait_for("aborts to be seen", || (in_flight() == 1.0).then_some(()));
}

#[test]
fn requests_in_flight_are_exact_after_refusals() {
    let (gate, asked, release) = Gate::new();
    let limits = Limits { connections: 1, head_bytes: 300, ..Limits::DEFAULT };
    let (_handle, address) = started(exporter().limits(limits), gate);
    let mut first = ask(address, "/metrics", &[]);
    asked.recv().unwrap();
    for _ in 0..10 {
        let mut stream = connect(address);
        assert_eq!(read(&mut stream, true).unwrap().status, 503);
        // The end of the connection comes behind the end of the request; the response may be read before it.
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    }
    release.send(()).unwrap();
    let page = read(&mut first, true).unwrap();
    assert!(page.text().contains("\npicometer_exporter_requests_in_flight 1\n"), "{}", page.text());
    drop(first);
    // And what is no request at all.
    for bytes in ["\r\nnonsense\r\n\r\n".to_owned(), format!("GET /{} HTTP/1.1\r\n", "x".repeat(400))] {
        let mut stream = connect(address);
        stream.write_all(bytes.as_bytes()).unwrap();
        assert!(matches!(read(&mut stream, true).unwrap().status, 400 | 414));
    }
    release.send(()).unwrap();
    let page = get(address, "/metrics", &[]);
    assert!(page.text().contains("\npicometer_exporter_requests_in_flight 1\n"), "{}", page.text());
}

#[test]
fn half_closed_client_gets_its_page() {
    let (_handle, address) = plain();
    let mut stream = ask(address, "/metrics", &[]);
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read(&mut stream, true).unwrap().status, 200);
    // Also where it takes a moment.
    let (gate, asked, release) = Gate::new();
    let (_handle, address) = started(exporter(), gate);
    let mut stream = ask(address, "/metrics", &[]);
    stream.shutdown(Shutdown::Write).unwrap();
    asked.recv().unwrap();
    release.send(()).unwrap();
    assert_eq!(read(&mut stream, true).unwrap().status, 200);
}
