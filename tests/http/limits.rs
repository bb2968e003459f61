//! Requests that are too long: which answer, from which byte on.

use super::client::{SMALL, exchange, responses};
use picometer::http::{Action, Responder};

/// The status of a head, which must be the same in every piece size, and whether the connection stays.
fn status<const BUFFER: usize, const QUERY: usize, const HEAD: usize>(head: &str) -> (u16, Action) {
    let mut found = Vec::new();
    for piece in [1, 100, usize::MAX] {
        let mut responder = Responder::<BUFFER, QUERY, HEAD>::with_sizes(&SMALL);
        let sent = exchange(&mut responder, head.as_bytes(), piece, 64);
        let responses = responses(&sent, &["GET"]);
        assert!(responses.len() <= 1);
        found.push((responses.first().map_or(0, |response| response.status), responder.next()));
    }
    assert!(found.iter().all(|status| *status == found[0]), "{found:?} depends on the pieces");
    found[0]
}

fn head_of(line: &str, fields: &str) -> String {
    format!("{line}\r\nHost: x\r\n{fields}\r\n")
}

#[test]
fn a_request_line_fits_the_buffer_or_is_414() {
    let line = |length: usize| format!("GET /{} HTTP/1.1", "x".repeat(length - 14));
    // The buffer takes the line and its CR.
    assert_eq!(status::<256, 96, 8192>(&head_of(&line(255), "")), (404, Action::Open));
    for length in [257, 300, 8_100, 8_192, 9_000, 20_000] {
        assert_eq!(status::<256, 96, 8192>(&head_of(&line(length), "")), (414, Action::Close), "{length}");
    }
    // Without an end it is not waited for.
    assert_eq!(status::<256, 96, 8192>(&"x".repeat(8_193)), (414, Action::Close));
}

#[test]
fn query_that_does_not_fit_is_answered() {
    // A name takes its length and one byte; what is not asked for takes none. `selection` has what the pages are.
    let line = |length: usize| format!("GET /metrics?y={}&name[]={} HTTP/1.1", "y".repeat(100), "x".repeat(length));
    for length in [0, 95, 96, 200] {
        assert_eq!(status::<512, 96, 8192>(&head_of(&line(length), "")), (200, Action::Open), "{length}");
    }
    assert_eq!(status::<512, 0, 8192>(&head_of(&line(1), "")), (200, Action::Open));
    assert_eq!(status::<512, 0, 8192>(&head_of("GET /metrics HTTP/1.1", "")), (200, Action::Open));
}

#[test]
fn a_head_fits_or_is_431() {
    let line = "GET /metrics HTTP/1.1";
    let around = head_of(line, "X: \r\n").len();
    for (length, expected) in [(1_024 - around, (200, Action::Open)), (1_025 - around, (431, Action::Close)), (5_000, (431, Action::Close))]
    {
        // In one field, and in many.
        assert_eq!(status::<512, 96, 1024>(&head_of(line, &format!("X: {}\r\n", "x".repeat(length)))), expected, "{length}");
    }
    for (fields, expected) in [(100, (200, Action::Open)), (256, (431, Action::Close))] {
        assert_eq!(status::<512, 96, 1024>(&head_of(line, &"X:y\r\n".repeat(fields))), expected, "{fields} fields");
    }
    // Without an end it is not waited for.
    assert_eq!(status::<512, 96, 1024>(&format!("{line}\r\nX: {}", "x".repeat(1_025))), (431, Action::Close));
}

#[test]
fn empty_lines_in_front_count() {
    let get = head_of("GET /metrics HTTP/1.1", "");
    assert_eq!(status::<512, 96, 1024>(&format!("{}{get}", "\r\n".repeat(300))), (200, Action::Open));
    assert_eq!(status::<512, 96, 1024>(&format!("{}{get}", "\r\n".repeat(600))), (414, Action::Close));
}

/// A field that is longer than the buffer is read as far as it fits; the rest of the head is not lost with it.
#[test]
fn a_field_longer_than_the_buffer_is_passed_over() {
    let get = |fields: &str| status::<256, 96, 8192>(&head_of("GET /metrics HTTP/1.1", fields));
    assert_eq!(get(&format!("Cookie: {}\r\n", "x".repeat(2_000))), (200, Action::Open));
    assert_eq!(get(&format!("Cookie: {}\r\nHost: y\r\n", "x".repeat(2_000))), (400, Action::Close), "the second host is seen");
    assert_eq!(get(&format!("{}: x\r\n", "x".repeat(2_000))), (400, Action::Close), "a name without an end");
    assert_eq!(get(&format!("Accept: {}\r\n", "text/plain;q=0.5,".repeat(60))), (200, Action::Open));
}
