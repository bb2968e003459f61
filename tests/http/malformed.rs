//! Heads that are none: each ends in 400 and the end of the connection, however it is cut, and nothing behind it is answered.

use super::client::{GET, SMALL, ask_once, exchange, responses};
use super::refused::{FIELDS, LINES};
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
fn request_lines_and_fields() {
    for line in LINES.iter().copied().chain([&b"GET https://host/metrics HTTP/1.1"[..]]) {
        refused([line, b"\r\nHost: x\r\n\r\n"].concat());
    }
    for fields in FIELDS {
        refused([b"GET /metrics HTTP/1.1\r\n", *fields, b"\r\n"].concat());
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
fn codings_that_do_not_end_the_body() {
    for value in ["gzip", "chunked, gzip", "chunked, chunked", "xchunked", "identity", "", "chunked\r\nTransfer-Encoding: chunked", "é"] {
        refused(format!("POST /metrics HTTP/1.0\r\nTransfer-Encoding: {value}\r\n\r\n"));
    }
}

#[test]
fn hosts_that_are_none() {
    for target in ["http:///metrics", "http://u@x/metrics"] {
        refused(format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n"));
    }
}
