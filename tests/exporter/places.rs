//! Where it listens.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::unix::net::UnixStream;

use crate::client::{METRICS, PAGE, exchange, get};
use crate::peers::Folder;
use picometer_std::exporter::Exporter;

#[test]
fn a_taken_port_is_an_error_with_the_address() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let error = Exporter::bind(address).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert!(error.to_string().contains(&address.to_string()), "{error}");
    assert!(Exporter::bind("no port").is_err());
}

#[test]
fn a_port_is_free_again_after_the_shutdown() {
    let exporter = Exporter::bind("127.0.0.1:0").unwrap().spawn(METRICS).unwrap();
    let address = exporter.local_addr().unwrap();
    assert_eq!(get(address, "/metrics", &[]).status, 200);
    exporter.shutdown();
    let exporter = Exporter::bind(address).unwrap().spawn(METRICS).unwrap();
    assert_eq!(get(address, "/metrics", &[]).status, 200);
    exporter.shutdown();
}

#[test]
fn listener_of_the_program_is_served() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let exporter = Exporter::from_listener(listener).unwrap().without_self_metrics().spawn(METRICS).unwrap();
    assert_eq!(get(address, "/metrics", &[]).text(), PAGE);
    exporter.shutdown();
}

#[test]
fn ipv6() {
    let Ok(exporter) = Exporter::bind("[::1]:0") else {
        return crate::peers::skip("this machine has no IPv6");
    };
    let exporter = exporter.without_self_metrics().spawn(METRICS).unwrap();
    let address = exporter.local_addr().unwrap();
    assert!(address.is_ipv6());
    assert_eq!(get(address, "/metrics", &[]).text(), PAGE);
    exporter.shutdown();
}

#[test]
fn a_unix_socket() {
    let folder = Folder::new("unix");
    let path = folder.path().join("metrics.sock");
    let bind = || Exporter::bind_unix(&path);
    let exporter = bind().unwrap().without_self_metrics().spawn(METRICS).unwrap();
    let mut stream = UnixStream::connect(&path).unwrap();
    for _ in 0..3 {
        assert_eq!(exchange(&mut stream, "/metrics", &[]).text(), PAGE);
    }
    assert_eq!(bind().unwrap_err().kind(), ErrorKind::AddrInUse);
    exporter.shutdown();
    assert!(!path.exists());
    // What a process leaves that was killed.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    drop(bind().unwrap());
    std::fs::write(&path, "not a socket").unwrap();
    let error = bind().unwrap_err();
    assert!(error.to_string().contains("metrics.sock"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), b"not a socket");
}
