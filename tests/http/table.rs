//! Each row of the table in the documentation of `picometer::http`.

use super::client::{GET, SMALL, ask, ask_once, ask_site, responses};
use picometer::Registry;
use picometer::http::{Action, Endpoint, Responder};

/// What a request line comes to in a head that is otherwise good: status, body, `Allow`, and whether the connection stays.
fn row(line: &str) -> (u16, String, Option<String>, Action) {
    let (response, next) = ask_once(format!("{line}\r\nHost: x\r\n\r\n"));
    assert_eq!(response.field("Connection") == Some("close"), next == Action::Close, "{line}");
    (response.status, response.text().into(), response.field("Allow").map(Into::into), next)
}

fn status(line: &str) -> (u16, Action) {
    let (status, _, _, next) = row(line);
    (status, next)
}

#[test]
fn get_of_the_metrics_is_a_page() {
    let (response, next) = ask_once(GET);
    assert_eq!((response.status, response.reason.as_str(), next), (200, "OK", Action::Open));
    assert_eq!(response.field("Content-Type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(response.text(), "# HELP boots_total Times the device started.\n# TYPE boots_total counter\nboots_total 0\n");
}

#[test]
fn the_index_says_where_the_metrics_are() {
    let (response, next) = ask_once("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!((response.status, response.text(), next), (200, "picometer: /metrics\n", Action::Open));
    assert_eq!(response.field("Content-Type"), Some("text/plain; charset=utf-8"));
    let registry = Registry::new(&[]);
    let site = Endpoint::new(&registry).path("/a+b").title("thermostat");
    let (index, page) = (ask_site(&site, "GET / HTTP/1.0\r\n\r\n"), ask_site(&site, "GET /a+b HTTP/1.0\r\n\r\n"));
    assert_eq!(responses(&index.sent, &["GET"])[0].text(), "thermostat: /a+b\n");
    assert_eq!(responses(&page.sent, &["GET"])[0].status, 200);
}

/// A title that is longer than the buffer is cut, and the length that is promised is that of what is sent.
#[test]
fn a_title_of_any_length_is_answered_whole() {
    let registry = Registry::new(&[]);
    for length in 0..600 {
        let title = "t".repeat(length);
        for method in ["GET", "HEAD"] {
            let outcome = ask_site(&Endpoint::new(&registry).title(&title), format!("{method} / HTTP/1.1\r\nHost: x\r\n\r\n"));
            let response = responses(&outcome.sent, &[method]).remove(0);
            assert_eq!(response.body.last(), (method == "GET").then_some(&b'\n'), "a title of {length} bytes");
            assert!(length > 300 || method == "HEAD" || response.text() == format!("{title}: /metrics\n"));
        }
    }
}

#[test]
fn head_is_get_without_a_body() {
    for target in ["/metrics", "/", "/nothing", "/metrics?name[]=x"] {
        for version in ["1.0", "1.1"] {
            let ask = |method: &str| ask_once(format!("{method} {target} HTTP/{version}\r\nHost: x\r\nAccept: text/plain\r\n\r\n"));
            let ((get, open), (head, head_open)) = (ask("GET"), ask("HEAD"));
            assert_eq!((get.status, &get.fields, open), (head.status, &head.fields, head_open), "{target} {version}");
            assert!(head.body.is_empty());
        }
    }
}

#[test]
fn options_says_what_is_allowed() {
    for target in ["/metrics", "/", "*", "/metrics?name[]=x", "http://host/metrics"] {
        let (status, body, allow, next) = row(&format!("OPTIONS {target} HTTP/1.1"));
        assert_eq!((status, body.as_str(), allow.as_deref(), next), (200, "", Some("GET, HEAD, OPTIONS"), Action::Open), "{target}");
    }
    assert_eq!(status("OPTIONS /nothing HTTP/1.1"), (404, Action::Open));
}

#[test]
fn another_path_is_not_found() {
    for target in ["/metrics/", "/METRICS", "/metricsx", "/metric", "//metrics", "/metrics#x", "/index.html", "/%00", "http://host/x"] {
        assert_eq!(row(&format!("GET {target} HTTP/1.1")), (404, "404 Not Found\n".into(), None, Action::Open), "{target}");
    }
    assert_eq!(status("POST /nothing HTTP/1.1"), (404, Action::Open));
}

#[test]
fn the_path_is_understood_in_every_form() {
    for target in
        ["/metrics", "/metrics?", "/metrics?x=y", "/%6d%65trics", "/%6Detrics?a", "http://host/metrics", "HTTP://h:9100/metrics?q"]
    {
        assert_eq!(status(&format!("GET {target} HTTP/1.1")), (200, Action::Open), "{target}");
    }
}

#[test]
fn another_known_method_is_not_allowed() {
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE"] {
        let (status, body, allow, next) = row(&format!("{method} /metrics HTTP/1.1"));
        assert_eq!((status, body.as_str()), (405, "405 Method Not Allowed\n"), "{method}");
        assert_eq!((allow.as_deref(), next), (Some("GET, HEAD, OPTIONS"), Action::Open), "{method}");
    }
    assert_eq!(row("CONNECT host:443 HTTP/1.1").0, 405);
}

#[test]
fn an_unknown_method_is_not_implemented() {
    for method in ["BREW", "get", "GETT", "PRI", "X-%"] {
        assert_eq!(row(&format!("{method} /metrics HTTP/1.1")), (501, "501 Not Implemented\n".into(), None, Action::Open), "{method}");
    }
}

#[test]
fn another_version_of_http_ends_the_connection() {
    for version in ["HTTP/2.0", "HTTP/0.9", "HTTP/3.0", "HTTP/9.9"] {
        assert_eq!(status(&format!("GET /metrics {version}")), (505, Action::Close), "{version}");
    }
    // The preface of HTTP/2, with what its client sends behind it.
    let outcome = ask(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x12\x04\0\0\0\0\0");
    assert_eq!((responses(&outcome.sent, &["GET"])[0].status, outcome.next), (505, Action::Close));
    assert_eq!(status("GET /metrics HTTP/1.9"), (200, Action::Open), "a later 1.x is 1.1");
}

/// What is answered without an end of the connection really leaves it open: the request behind it is answered too.
#[test]
fn what_does_not_end_the_connection_is_followed_by_the_next() {
    for (line, status) in [("GET /nothing", 404), ("PUT /metrics", 405), ("BREW /metrics", 501), ("OPTIONS *", 200), ("GET /", 200)] {
        let outcome = ask(format!("{line} HTTP/1.1\r\nHost: x\r\n\r\n{GET}"));
        let found = responses(&outcome.sent, &["GET"]);
        assert_eq!(found.iter().map(|response| response.status).collect::<Vec<_>>(), [status, 200], "{line}");
        assert_eq!(outcome.next, Action::Open);
    }
}

#[test]
fn a_connection_can_be_started_again() {
    let mut responder = Responder::new(&SMALL);
    for _ in 0..3 {
        assert_eq!(super::client::exchange(&mut responder, b"broken\r\n", 3, 100), ask("broken\r\n").sent);
        assert_eq!(responder.next(), Action::Close);
        responder.restart();
        assert_eq!(responder.next(), Action::Open);
        assert_eq!(super::client::exchange(&mut responder, GET.as_bytes(), 3, 100), ask(GET).sent);
        responder.receive(0, b"GET /half");
        responder.restart();
    }
}
