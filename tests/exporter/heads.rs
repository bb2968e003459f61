//! Heads that RFC 9112 refuses: 400, and nothing behind them is taken for a request.

use std::io::{Read, Write};

use crate::client::{Running, connect, plain, send};

/// Sent behind a head that is wrong. Were it answered, one request would have been smuggled into another.
const SECOND: &[u8] = b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n";

/// What stands between the request line and the empty line.
const REFUSED: &[&[u8]] = &[
    b"Host: x\r\nContent-Length: 5\xff\r\n",
    b"Host: x\r\nContent-Length: \xff5\r\n",
    b"Host: x\r\nContent-Length: 5\x80\r\n",
    b"Host: x\r\nContent-Length: \xd9\xa5\r\n",
    b"Host: x\r\nContent-Length: \xc2\xa05\r\n",
    b"Host: x\r\nContent-Length: +5\r\n",
    b"Host: x\r\nContent-Length: -0\r\n",
    b"Host: x\r\nContent-Length: 0x5\r\n",
    b"Host: x\r\nContent-Length: 5 5\r\n",
    b"Host: x\r\nContent-Length: 5,\r\n",
    b"Host: x\r\nContent-Length: 5, 6\r\n",
    b"Host: x\r\nContent-Length: 5;\r\n",
    b"Host: x\r\nContent-Length: 0.0\r\n",
    b"Host: x\r\nContent-Length: 1e1\r\n",
    b"Host: x\r\nContent-Length:\r\n",
    b"Host: x\r\nContent-Length: \x0b5\r\n",
    b"Host: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n",
    b"Host: x\r\nContent-Length: 0\r\nContent-Length: 5\r\n",
    b"Host: x\r\nContent-Length: 5\r\ncontent-length: 0\r\n",
    b"Host: x\r\nContent-Length: 99999999999999999999999999999999x\r\n",
    b"Host: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    b"Host: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n",
    b"Host: x\r\nTransfer-Encoding: chunked, gzip\r\n",
    b"Host: x\r\nTransfer-Encoding: gzip\r\n",
    b"Host: x\r\nTransfer-Encoding: chunked, chunked\r\n",
    b"Host: x\r\nTransfer-Encoding: xchunked\r\n",
    b"Host: x\r\nTransfer-Encoding: chunked\xff\r\n",
    b"Host: x\r\nTransfer-Encoding: \x0bchunked\r\n",
    b"Host: x\r\nTransfer-Encoding:\r\n",
    b"Host: x\r\nTransfer-Encoding: identity\r\n",
    b"Host: x\r\nTransfer-Encoding : chunked\r\n",
    b"Host: x\r\nContent-Length : 5\r\n",
    b"Host: x\r\nContent-Length\t: 5\r\n",
    b"Host: x\r\n Content-Length: 5\r\n",
    b"Host: x\r\n\tfolded\r\n",
    b"Host: x\r\nX: a\r\n b\r\n",
    b" Host: x\r\n",
    b"Host: x\r\nX: a\rb\r\n",
    b"Host: x\r\nX: a\r\r\n",
    b"Host: x\r\nX\r: a\r\n",
    b"Host: x\r\nX: a\0b\r\n",
    b"Host: x\r\nX: a\x01b\r\n",
    b"Host: x\r\nX: a\x7fb\r\n",
    b"Host: x\r\n\0X: a\r\n",
    b"Host: x\r\nX\xff: a\r\n",
    b"Host: x\r\n: a\r\n",
    b"Host: x\r\nX\r\n",
    b"Host: x\r\nX(y): a\r\n",
    b"",
    b"X: y\r\n",
    b"Host: x\r\nHost: x\r\n",
    b"Host: x\r\nHost: y\r\n",
    b"Host: x, y\r\n",
    b"Host: a b\r\n",
    b"Host: x/y\r\n",
    b"Host: u@x\r\n",
    b"Host: x\xff\r\n",
    b"Host: x\r\nX: y\n\rZ: z\r\n",
];

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

#[track_caller]
fn is_refused(head: &[u8]) {
    let answer = all(head);
    assert!(answer.starts_with("HTTP/1.1 400 "), "{}: {answer}", head.escape_ascii());
    assert!(answer.contains("connection: close\r\n"), "{}: {answer}", head.escape_ascii());
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{}: {answer}", head.escape_ascii());
}

#[test]
fn heads_that_the_rfc_refuses_are_refused() {
    for &lines in REFUSED {
        is_refused(&[b"GET /metrics HTTP/1.1\r\n", lines, b"\r\n"].concat());
    }
}

#[test]
fn request_lines_that_the_rfc_refuses_are_refused() {
    let lines: &[&[u8]] = &[
        b"GET  /metrics HTTP/1.1",
        b"GET /metrics  HTTP/1.1",
        b"GET /metrics HTTP/1.1 ",
        b" GET /metrics HTTP/1.1",
        b"GET\t/metrics HTTP/1.1",
        b"GET /metrics\tHTTP/1.1",
        b"GET /metrics HTTP/1.1\r",
        b"GET /met\0rics HTTP/1.1",
        b"GET /met\xffrics HTTP/1.1",
        b"GET /metrics HTTP/1.10",
        b"GET /metrics http/1.1",
        b"GET /metrics HTTP/1,1",
        b"GET /metrics HTTP/ 1.1",
        b"GET /metrics",
        b"GET metrics HTTP/1.1",
        b"GET * HTTP/1.1",
        b"GET http:///metrics HTTP/1.1",
        b"GET http://u@x/metrics HTTP/1.1",
        b"G\x80T /metrics HTTP/1.1",
        b"G(T /metrics HTTP/1.1",
        b"GET ftp://x/ HTTP/1.1",
        b"GET /metrics HTTP/11",
    ];
    for &line in lines {
        is_refused(&[line, b"\r\nHost: x\r\n\r\n"].concat());
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
