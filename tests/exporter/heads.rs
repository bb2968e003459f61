//! Heads that RFC 9112 refuses: 400, and nothing behind them is taken for a request.

use std::io::{Read, Write};

use crate::client::{Running, connect, plain, send};
use crate::refused::{FIELDS, LINES};

/// Sent behind a head that is wrong. Were it answered, one request would have been smuggled into another.
const SECOND: &[u8] = b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n";

/// Everything that comes, to the end of the connection.
fn all(head: &[u8]) -> String {
    let mut stream = connect(plain_address());
    stream.write_all(&[head, SECOND].concat()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap_or_else(|error| panic!("{}: {error}", head.escape_ascii()));
    String::from_utf8(answer).unwrap()
}

/// One exporter for all of them, which goes on.
fn plain_address() -> std::net::SocketAddr {
    static SERVED: std::sync::LazyLock<(Running, std::net::SocketAddr)> = std::sync::LazyLock::new(plain);
    SERVED.1
}

#[test]
fn heads_that_the_rfc_refuses_are_refused() {
    let fields = FIELDS.iter().map(|lines| [b"GET /metrics HTTP/1.1\r\n", *lines, b"\r\n"].concat());
    for head in fields.chain(LINES.iter().map(|line| [*line, b"\r\nHost: x\r\n\r\n"].concat())) {
        let answer = all(&head);
        assert!(answer.starts_with("HTTP/1.1 400 "), "{}: {answer}", head.escape_ascii());
        assert!(answer.contains("connection: close\r\n"), "{}: {answer}", head.escape_ascii());
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{}: {answer}", head.escape_ascii());
    }
}

#[test]
fn what_is_unusual_and_right_is_answered() {
    let table: &[(&[u8], u16)] = &[
        (b"GET http://x/metrics HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        (b"GET HTTPS://x:9100/metrics HTTP/1.1\r\nHost: y\r\n\r\n", 200),
        (b"GET http://[::1]:9100/metrics HTTP/1.1\r\nHost: [::1]:9100\r\n\r\n", 200),
        (b"GET http://x?name[]=a HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        (b"GET /metrics HTTP/1.1\r\nHost:\r\n\r\n", 200),
        (b"GET /metrics HTTP/1.1\r\nHost:x\r\nX:\r\n\r\n", 200),
        (b"GET /metrics HTTP/1.1\r\nHost: \t x \t \r\nX: \xff\xfe\r\n\r\n", 200),
        (b"GET /metrics HTTP/1.1\nHost: x\nX: a\tb\n\n", 200),
        (b"GET /metrics HTTP/1.9\r\nHost: x\r\n\r\n", 200),
        (b"GET /metrics HTTP/1.0\r\n\r\n", 200),
        (b"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 000\r\n\r\n", 200),
        (b"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde", 200),
        (b"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n", 200),
        (b"GET /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n", 200),
        (b"GET /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 200),
        (b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"PRI * HTTP/2.0\r\n\r\n", 505),
        (b"GET /metrics HTTP/0.9\r\n\r\n", 505),
        (b"GET /metrics HTTP/3.0\r\nHost: x\r\n\r\n", 505),
    ];
    for (bytes, status) in table {
        assert_eq!(send(plain_address(), bytes).status, *status, "{}", bytes.escape_ascii());
    }
}

#[test]
fn nothing_is_read_behind_a_body() {
    for lines in ["Content-Length: 5", "Content-Length: 5\r\nContent-Length: 5", "Transfer-Encoding: chunked", "Content-Length: 5, 5"] {
        let head = format!("GET /metrics HTTP/1.1\r\nHost: x\r\n{lines}\r\n\r\n");
        let answer = all(head.as_bytes());
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{lines}: {answer}");
        assert!(answer.contains("connection: close\r\n"), "{lines}: {answer}");
    }
}
