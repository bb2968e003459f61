//! What keeps a connection, what ends it, and what happens to requests that come before their turn.

use super::client::{GET, Random, SMALL, ask, ask_once, exchange, responses};
use picometer::http::{Action, Responder};

/// Whether a connection is kept after a request, by what the client can see: both must say the same.
fn kept(version: &str, fields: &str) -> bool {
    let (response, next) = ask_once(format!("GET / HTTP/{version}\r\nHost: x\r\n{fields}\r\n"));
    assert_eq!(response.status, 200, "{fields:?}");
    let said = match (version, response.field("Connection")) {
        ("1.0", connection) => connection == Some("keep-alive"),
        (_, connection) => connection.is_none(),
    };
    assert_eq!(next, if said { Action::Open } else { Action::Close }, "HTTP/{version} {fields:?}");
    said
}

#[test]
fn connection_lists() {
    let table = [
        ("", false, true),
        ("Connection: keep-alive\r\n", true, true),
        ("Connection: Keep-Alive\r\n", true, true),
        ("connection:KEEP-ALIVE\r\n", true, true),
        ("Connection: close\r\n", false, false),
        ("Connection: Close\r\n", false, false),
        ("Connection: x, close\r\n", false, false),
        ("Connection: x ,\tclose ,\r\n", false, false),
        ("Connection: upgrade, keep-alive\r\n", true, true),
        ("Connection: x\r\nConnection: close\r\n", false, false),
        ("Connection: x\r\nConnection: keep-alive\r\n", true, true),
        // RFC 9112 section 9.3: close wins, wherever it stands.
        ("Connection: close, keep-alive\r\n", false, false),
        ("Connection: keep-alive, close\r\n", false, false),
        ("Connection: close\r\nConnection: keep-alive\r\n", false, false),
        ("Connection: keep-alive\r\nConnection: close\r\n", false, false),
        ("Connection: closed\r\n", false, true),
        ("Connection: \"close\"\r\n", false, true),
        ("X-Connection: close\r\n", false, true),
        ("Proxy-Connection: keep-alive\r\n", false, true),
        ("Connection:\r\n", false, true),
    ];
    for (fields, old, new) in table {
        assert_eq!((kept("1.0", fields), kept("1.1", fields)), (old, new), "{fields:?}");
    }
}

/// A body is not read, so what follows it cannot be told from it.
#[test]
fn a_body_ends_the_connection() {
    let long = format!("Content-Length: {}5\r\n", "0".repeat(700));
    for fields in
        ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "transfer-encoding: x, Chunked\r\n", "Content-Length: 0005\r\n", &long]
    {
        assert!(!kept("1.1", fields), "{fields:?}");
        assert!(!kept("1.0", &format!("Connection: keep-alive\r\n{fields}")), "{fields:?}");
        // The body looks like a request, and is none.
        let outcome = ask(format!("POST /metrics HTTP/1.1\r\nHost: x\r\n{fields}\r\n{GET}"));
        let found = responses(&outcome.sent, &["POST"]);
        assert_eq!(found.iter().map(|response| response.status).collect::<Vec<_>>(), [405], "{fields:?}");
    }
    assert!(kept("1.1", "Content-Length: 0\r\n") && kept("1.1", "Content-Length: 000\r\nContent-Length: 0\r\n"));
}

/// A list of which the end was not kept may have ended in `close`.
#[test]
fn a_connection_list_longer_than_the_buffer_ends_the_connection() {
    let list = "x, ".repeat(300);
    assert!(!kept("1.1", &format!("Connection: {list}close\r\n")));
    assert!(!kept("1.0", &format!("Connection: keep-alive, {list}close\r\n")));
}

/// Without chunks the end of the connection is the end of the page.
#[test]
fn a_page_in_http_1_0_ends_with_the_connection() {
    let (response, next) = ask_once("GET /metrics HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_eq!((response.field("Connection"), response.field("Transfer-Encoding")), (Some("close"), None));
    assert_eq!((response.text().lines().count(), next), (3, Action::Close));
}

#[test]
fn requests_in_one_piece_are_answered_in_turn() {
    let pipeline = "GET / HTTP/1.1\r\nHost: x\r\n\r\nHEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n\r\n\r\nGET /no HTTP/1.1\r\nHost: x\r\n\r\n\
         OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n";
    let outcome = ask(pipeline);
    let found = responses(&outcome.sent, &["GET", "HEAD", "GET", "OPTIONS", "GET"]);
    let seen: Vec<_> = found.iter().map(|response| (response.status, response.body.len())).collect();
    let page = ask_once(GET).0.body.len();
    assert_eq!(seen, [(200, 20), (200, 0), (404, 14), (200, 0), (200, page)]);
    assert_eq!(outcome.next, Action::Close, "the request behind `close` is not answered");
}

/// It takes no more than the request that it answers: the rest stays in the socket and holds the client back.
#[test]
fn what_comes_while_it_responds_is_left_to_the_owner() {
    let mut responder = Responder::new(&SMALL);
    let twice = format!("{GET}{GET}");
    assert_eq!(responder.receive(0, twice.as_bytes()), GET.len());
    assert_eq!(responder.receive(0, GET.as_bytes()), 0);
    let mut room = [0; 7];
    for _ in 0..5 {
        responder.transmit(0, &mut room);
        assert_eq!(responder.receive(0, GET.as_bytes()), 0, "it is not through with the response");
    }
    let rest = exchange(&mut responder, b"", 1, 4_096);
    assert!(rest.ends_with(b"0\r\n\r\n"));
    assert_eq!(responder.receive(0, GET.as_bytes()), GET.len());
}

/// Closing a socket with unread bytes in it resets the connection, and the response is lost with it.
#[test]
fn bytes_behind_the_last_request_are_swallowed() {
    for request in ["nonsense\r\n", "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET /metrics HTTP/1.0\r\n\r\n"] {
        let mut responder = Responder::new(&SMALL);
        assert_eq!(responder.receive(0, request.as_bytes()), request.len());
        let mut room = [0; 10];
        let mut moved = true;
        while moved {
            assert_eq!(responder.receive(0, &[b'x'; 5_000]), 5_000, "{request:?}");
            moved = responder.transmit(0, &mut room) > 0;
        }
        assert_eq!(responder.next(), Action::Close, "{request:?}");
        assert_eq!(responder.receive(0, GET.as_bytes()), GET.len());
        assert_eq!((responder.transmit(0, &mut room), responder.next()), (0, Action::Close));
    }
}

/// Long lives leave nothing behind: after any mixture of requests the same one has the same answer.
#[test]
fn requests_leave_nothing_to_those_behind_them() {
    let requests = [
        "GET /metrics?name[]=none HTTP/1.1\r\nHost: x\r\n\r\n",
        "HEAD /metrics HTTP/1.1\r\nHost: x\r\nAccept: application/openmetrics-text\r\n\r\n",
        "GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: application/openmetrics-text;escaping=dots\r\nX-Prometheus-Scrape-Timeout-Seconds: 9\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "BREW /?name[]=x HTTP/1.1\r\nHost: x\r\n\r\n",
    ];
    let expected = ask(GET).sent;
    let mut responder = Responder::new(&SMALL);
    let mut random = Random(7);
    for _ in 0..500 {
        exchange(&mut responder, requests[random.below(requests.len())].as_bytes(), 1 + random.below(90), 1 + random.below(600));
        assert_eq!(exchange(&mut responder, GET.as_bytes(), 1 + random.below(40), 1 + random.below(600)), expected);
        assert_eq!((responder.scrape_timeout_millis(), responder.next()), (None, Action::Open));
    }
}
