//! The end.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::client::{Gate, PATIENCE, connect, exporter, plain, read, request, started};

#[test]
fn who_is_being_served_gets_the_page_and_others_the_end() {
    let (gate, asked, release) = Gate::new();
    let (handle, address) = started(exporter(), gate);
    let mut served = connect(address);
    served.write_all(request("/metrics", &[]).as_bytes()).unwrap();
    asked.recv().unwrap();
    let mut idle = connect(address);
    // Taken: the exporter has had to do with it.
    idle.write_all(request("/-/healthy", &[]).as_bytes()).unwrap();
    read(&mut idle, true).unwrap();
    let end = std::thread::spawn(move || handle.shutdown_within(PATIENCE));
    assert_eq!(idle.read(&mut [0]).unwrap(), 0);
    release.send(()).unwrap();
    let page = read(&mut served, true).unwrap();
    assert_eq!((page.status, page.header("connection")), (200, Some("close")));
    assert!(read(&mut served, true).is_none());
    drop(served);
    end.join().unwrap();
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn who_takes_too_long_is_cut_off() {
    let (gate, asked, release) = Gate::new();
    let (handle, address) = started(exporter(), gate);
    let mut served = connect(address);
    served.write_all(request("/metrics", &[]).as_bytes()).unwrap();
    asked.recv().unwrap();
    handle.shutdown_within(Duration::from_millis(50));
    assert!(matches!(served.read(&mut [0]), Ok(0) | Err(_)));
    release.send(()).unwrap();
}

#[test]
fn a_handle_that_is_dropped_ends_nothing() {
    let (handle, address) = plain();
    drop(handle);
    assert_eq!(crate::client::get(address, "/metrics", &[]).status, 200);
}
