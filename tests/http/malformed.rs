//! Heads that are none: each ends in 400 and the end of the connection, however it is cut, and nothing behind it is answered.

use super::client::{GET, SMALL, ask_once, exchange, responses};
use picometer::http::{Action, Responder};

fn refused(head: impl AsRef<[u8]>) {
    let head = head.as_ref();
    let shown = String::from_utf8_lossy(head);
    // What stands behind it would be answered if the end of the head were lost.
    let input = [head, GET.as_bytes(), GET.as_bytes()].concat();
    for piece in [1, 2, 7, usize::MAX] {
        let mut responder = Responder::new(&SMALL);
        let sent = exchange(&mut responder, &input, piece, 333);
        let found = responses(&sent, &["GET"]);
        let statuses: Vec<_> = found.iter().map(|response| (response.status, response.field("Connection"))).collect();
        assert_eq!(statuses, [(400, Some("close"))], "{shown:?} in pieces of {piece}");
        assert_eq!(found[0].text(), "400 Bad Request\n");
        assert_eq!(responder.next(), Action::Close, "{shown:?}");
    }
}

#[test]
fn request_lines() {
    let lines = [
        "GET",
        "GET /metrics",
        "GET /metrics ",
        "GET  /metrics HTTP/1.1",
        "GET /metrics  HTTP/1.1",
        "GET /metrics HTTP/1.1 ",
        " GET /metrics HTTP/1.1",
        "GET\t/metrics\tHTTP/1.1",
        "GET /metrics HTTP/1.1 x",
        "GET /met rics HTTP/1.1",
        "/metrics HTTP/1.1",
        "GET metrics HTTP/1.1",
        "GET * HTTP/1.1",
        "GET ftp://host/metrics HTTP/1.1",
        "GET https://host/metrics HTTP/1.1",
        "G(T /metrics HTTP/1.1",
        "GET: /metrics HTTP/1.1",
        "GET /metrics http/1.1",
        "GET /metrics HTTP/1",
        "GET /metrics HTTP/1.10",
        "GET /metrics HTTP/11",
        "GET /metrics HTTP/a.b",
        "GET /metrics HTTP/-1.1",
        "GET /metrics ICY/1.1",
        "HTTP/1.1 200 OK",
    ];
    for line in lines {
        refused(format!("{line}\r\nHost: x\r\n\r\n"));
    }
}

#[test]
fn the_request_of_http_0_9() {
    refused("GET /metrics\r\n");
    refused("GET /metrics\n");
}

#[test]
fn bytes_that_are_not_text() {
    for byte in (0..=0x1f).chain([0x7f, 0x80, 0xc3, 0xff]).filter(|byte| !b"\n".contains(byte)) {
        let in_place_of = |place: &str| place.bytes().map(|b| if b == b'?' { byte } else { b }).collect::<Vec<u8>>();
        refused(in_place_of("G?T /metrics HTTP/1.1\r\nHost: x\r\n\r\n"));
        refused(in_place_of("GET /m?trics HTTP/1.1\r\nHost: x\r\n\r\n"));
        refused(in_place_of("GET /metrics HTTP/1.?\r\nHost: x\r\n\r\n"));
        refused(in_place_of("GET /metrics HTTP/1.1\r\nHo?t: x\r\n\r\n"));
        if byte < 0x80 && byte != b'\t' {
            for field in ["X: a?b", "X: ?b", "X: a?", "X:?", "Host: x?", "Connection: ?close", "Accept: text/plain?"] {
                refused([b"GET /metrics HTTP/1.1\r\nHost: x\r\n", &in_place_of(field)[..], b"\r\n\r\n"].concat());
            }
        }
    }
}

#[test]
fn text_beyond_ascii_may_stand_in_a_value() {
    let (response, next) = ask_once("GET /metrics HTTP/1.1\r\nHost: x\r\nUser-Agent: é\u{1f631}\tx\r\n\r\n");
    assert_eq!((response.status, next), (200, Action::Open));
}

#[test]
fn a_carriage_return_by_itself() {
    refused("GET /metrics HTTP/1.1\rHost: x\r\r");
    refused("GET /metrics HTTP/1.1\r\r\nHost: x\r\n\r\n");
    refused("\rGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    refused("GET /metrics HTTP/1.1\r\nHost: x\rX: y\r\n\r\n");
    refused("GET /metrics HTTP/1.1\r\nHost: x\r\r\n\r\n");
    refused("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\r\n");
    refused("GET /metrics HTTP/1.1\r\nHost: x\r\n\rX: y\r\n\r\n");
}

#[test]
fn lines_may_end_in_a_line_feed_alone() {
    // RFC 9112 section 2.2; what people type into netcat.
    let (response, next) = ask_once("GET /metrics HTTP/1.1\nHost: x\n\n");
    assert_eq!((response.status, next), (200, Action::Open));
}

#[test]
fn lines_that_are_no_fields() {
    for lines in [
        "no colon\r\nHost: x",
        "Host: x\r\nno colon",
        ": x\r\nHost: x",
        "Host : x",
        "Host\t: x",
        "Ho st: x",
        "Host: x\r\n folded: y",
        "Host: x\r\n folded",
        "Host: x\r\n\tfolded: y",
        " Host: x",
        "\"Host\": x",
        "Host: x\r\n(comment): x",
        "Host: x\r\n[]: x",
    ] {
        refused(format!("GET /metrics HTTP/1.1\r\n{lines}\r\n\r\n"));
    }
}

#[test]
fn hosts() {
    refused("GET /metrics HTTP/1.1\r\n\r\n");
    refused("GET /metrics HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n");
    refused("GET /metrics HTTP/1.1\r\nhost: x\r\nAccept: */*\r\nHOST: y\r\n\r\n");
    refused("GET /metrics HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n");
    refused("GET http://host/metrics HTTP/1.1\r\n\r\n");
    let hosts = "Host: x\r\n".repeat(300);
    refused(format!("GET /metrics HTTP/1.1\r\n{hosts}\r\n"));
    for good in ["GET /metrics HTTP/1.1\r\nHost:\r\n\r\n", "GET /metrics HTTP/1.0\r\n\r\n", "GET /metrics HTTP/1.0\r\nHost: x\r\n\r\n"] {
        assert_eq!(ask_once(good).0.status, 200, "{good:?}");
    }
}

#[test]
fn content_lengths() {
    for value in ["-1", "+1", "x", "", " ", "1 2", "0x10", "1,1", "0, 0", "1.0", "1e3", "\u{663}"] {
        refused(format!("GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: {value}\r\n\r\n"));
    }
}

#[test]
fn lengths_of_which_two_readers_could_differ() {
    for fields in [
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 0\r\nContent-Length: 5",
        "Content-Length: 5\r\ncontent-length: 0",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 0",
        "Content-Length : 5",
        "Content-Length: 5\r\n 6",
    ] {
        refused(format!("GET /metrics HTTP/1.1\r\nHost: x\r\n{fields}\r\n\r\n"));
    }
    for value in [&b"5\xff"[..], b"\xff5", b"5\x80", b"\xc2\xa05", b"5;"] {
        refused([b"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: ", value, b"\r\n\r\n"].concat());
    }
}

#[test]
fn codings_that_do_not_end_the_body() {
    for value in ["gzip", "chunked, gzip", "chunked, chunked", "xchunked", "identity", "", "chunked\r\nTransfer-Encoding: chunked", "é"] {
        refused(format!("GET /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: {value}\r\n\r\n"));
        refused(format!("POST /metrics HTTP/1.0\r\nTransfer-Encoding: {value}\r\n\r\n"));
    }
}

#[test]
fn hosts_that_are_none() {
    for value in ["a b", "x/y", "u@x", "x, y", "x\"", "é", "x#y"] {
        refused(format!("GET /metrics HTTP/1.1\r\nHost: {value}\r\n\r\n"));
    }
    for target in ["http:///metrics", "http://u@x/metrics"] {
        refused(format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n"));
    }
}
