//! Several requests on one connection.

use std::io::Write;

use crate::client::{PAGE, connect, exchange, plain, read, request};

#[test]
fn a_connection_is_kept_as_the_client_wishes() {
    let (_exporter, address) = plain();
    let mut stream = connect(address);
    for _ in 0..20 {
        assert_eq!(exchange(&mut stream, "/metrics", &[]).text(), PAGE);
    }
    assert_eq!(exchange(&mut stream, "/metrics", &["Connection: close"]).header("connection"), Some("close"));
    assert!(read(&mut stream, true).is_none());

    let mut old = connect(address);
    old.write_all(b"GET /metrics HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").unwrap();
    assert_eq!(read(&mut old, true).unwrap().header("connection"), Some("keep-alive"));
    old.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
    assert_eq!(read(&mut old, true).unwrap().text(), PAGE);
    assert!(read(&mut old, true).is_none());
}

#[test]
fn requests_that_come_together_are_answered_in_their_order() {
    let (_exporter, address) = plain();
    let mut stream = connect(address);
    let paths = ["/metrics", "/nowhere", "/", "/-/healthy", "/metrics?name[]=x"];
    // More of them than have their turn at once.
    let many = paths.iter().cycle().take(200).map(|path| request(path, &[])).collect::<String>();
    stream.write_all(many.as_bytes()).unwrap();
    for path in paths.iter().cycle().take(200) {
        let response = read(&mut stream, true).unwrap();
        match *path {
            "/metrics" => assert_eq!(response.text(), PAGE),
            "/nowhere" => assert_eq!(response.status, 404),
            "/" => assert!(response.text().starts_with("<!DOCTYPE html>")),
            "/-/healthy" => assert_eq!(response.text(), "OK\n"),
            _ => assert_eq!(response.text(), ""),
        }
    }
}

#[test]
fn requests_in_every_piece_size() {
    let (_exporter, address) = plain();
    let bytes =
        [request("/metrics", &["Accept: text/plain"]), "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n".into(), request("/metrics", &[])].concat();
    for size in [1, 2, 3, 7, 20, 64, bytes.len()] {
        let mut stream = connect(address);
        stream.set_nodelay(true).unwrap();
        for piece in bytes.as_bytes().chunks(size) {
            stream.write_all(piece).unwrap();
        }
        assert_eq!(read(&mut stream, true).unwrap().text(), PAGE, "{size}");
        assert_eq!(read(&mut stream, false).unwrap().status, 200, "{size}");
        assert_eq!(read(&mut stream, true).unwrap().text(), PAGE, "{size}");
    }
}
