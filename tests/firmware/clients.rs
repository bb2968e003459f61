//! Clients that do not behave, and crowds.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use crate::page::Page;
use crate::peers::PATIENCE;

pub const REQUEST: &[u8] = b"GET /metrics HTTP/1.0\r\n\r\n";

pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the firmware listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("not zero");
    stream.set_write_timeout(Some(PATIENCE)).expect("not zero");
    stream
}

/// Reads up to the end of the connection, in order or not.
fn read(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset after the answer is the peer's right when we sent more than it read.
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Sends bytes and an end, and returns the first line of what comes back.
pub fn status_line(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = connect(address);
    // The other side may be through with us before it has read everything.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    read(&mut stream).lines().next().unwrap_or_default().to_owned()
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or(answer, |(_, body)| body)
}

/// As many at once as there are, each `rounds` times; every page must be whole.
pub fn crowd(address: SocketAddr, clients: usize, rounds: usize) {
    std::thread::scope(|scope| {
        for _ in 0..clients {
            scope.spawn(|| (0..rounds).for_each(|_| drop(Page::scrape(address))));
        }
    });
}

/// Forty connect one after the other, ask at once and read at the end; every one gets its page.
pub fn forty_connections(address: SocketAddr) {
    let mut clients: Vec<_> = (0..40)
        .map(|_| {
            // QEMU lets two wait to be accepted; those who find no place there try again in the same instants, ever later.
            std::thread::sleep(Duration::from_millis(20));
            let mut client = connect(address);
            client.write_all(REQUEST).expect("connected");
            client
        })
        .collect();
    for client in &mut clients {
        Page::of(body(&read(client)));
    }
}

/// Two that send half a request and two that ask for a lot and read nothing: a client behind them gets a page.
pub fn half_open_and_slow(address: SocketAddr) {
    let mut half: Vec<_> = (0..2).map(|_| connect(address)).collect();
    half.iter_mut().for_each(|client| client.write_all(b"GET /metrics HTTP/1.1\r\nHo").expect("connected"));
    Page::scrape(address);
    drop(half);
    let slow: Vec<_> = (0..2).map(|_| connect(address)).collect();
    for mut client in &slow {
        // Enough pages to fill every buffer in between.
        let requests = b"GET /metrics HTTP/1.1\r\nHost: device\r\n\r\n".repeat(2_000);
        client.write_all(&requests).expect("connected");
    }
    Page::scrape(address);
    drop(slow);
}

/// Closes with bytes unread, which makes the kernel send a reset, in the middle of a page.
pub fn resets(address: SocketAddr, count: usize) {
    for _ in 0..count {
        let mut client = connect(address);
        client.write_all(REQUEST).expect("connected");
        client.read_exact(&mut [0; 100]).expect("a page begins");
    }
}

/// What is no request has a defined answer or a defined end.
pub fn garbage(address: SocketAddr) {
    let long = |length| "x".repeat(length);
    for (request, status) in [
        ("GET /metrics HTTP/1.1\r\n\r\n".to_owned(), "HTTP/1.1 400 Bad Request"),
        ("\x16\x03\x01\x02\0\x01\0\x01\u{fc}\x03\x03\r\n\r\n".to_owned(), "HTTP/1.1 400 Bad Request"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), "HTTP/1.1 505 HTTP Version Not Supported"),
        (format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", long(9_000)), "HTTP/1.1 414 URI Too Long"),
        (format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", long(9_000)), "HTTP/1.1 431 Request Header Fields Too Large"),
        ("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc".to_owned(), "HTTP/1.1 405 Method Not Allowed"),
        ("BREW /metrics HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), "HTTP/1.1 501 Not Implemented"),
        ("GET /other HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned(), "HTTP/1.1 404 Not Found"),
        ("HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned(), "HTTP/1.1 200 OK"),
        (String::new(), ""),
    ] {
        let first: String = request.chars().take(60).collect();
        assert_eq!(status_line(address, request.as_bytes()), status, "{first:?}");
    }
    let mut random = 1_u32;
    for length in (0..20).map(|round| round * 70) {
        let noise: Vec<u8> = (0..length)
            .map(|_| {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (random >> 24) as u8
            })
            .collect();
        let line = status_line(address, &noise);
        assert!(line.is_empty() || line.starts_with("HTTP/1.1 4") || line.starts_with("HTTP/1.1 5"), "{line}");
    }
}
