//! What requests are answered with.

use std::io::Write;
use std::net::Shutdown;

use picometer::Format;

use crate::client::{METRICS, PAGE, connect, exporter, get, own, plain, read, request, send, started};
use crate::support::collector;

#[test]
fn every_status() {
    let (_exporter, address) = plain();
    let table: &[(&str, u16)] = &[
        ("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        ("GET /metrics?x=y HTTP/1.0\r\n\r\n", 200),
        ("GET http://x/metrics HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        ("GET /%6Detrics HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        ("\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        ("GET /-/healthy HTTP/1.1\nHost: x\n\n", 200),
        ("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        ("OPTIONS /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        ("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        ("GET /metrics/ HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        ("GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        ("GET /metrics HTTP/1.1\r\n\r\n", 400),
        ("GET /metrics HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        ("GET /metrics\r\n\r\n", 400),
        ("\x16\x03\x01\x02\0\x01\n\n", 400),
        ("BREW /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 501),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ];
    for (bytes, status) in table {
        assert_eq!(send(address, bytes).status, *status, "{bytes:?}");
    }
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE"] {
        let response = send(address, format!("{method} /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"));
        assert_eq!((response.status, response.header("allow")), (405, Some("GET, HEAD, OPTIONS")), "{method}");
        assert_eq!(response.header("connection"), Some("close"), "a body is not read");
    }
    let long = "x".repeat(9_000);
    assert_eq!(send(address, format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n")).status, 414);
    for lines in [format!("Cookie: {long}\r\n"), "X: y\r\n".repeat(80)] {
        assert_eq!(send(address, format!("GET / HTTP/1.1\r\nHost: x\r\n{lines}\r\n")).status, 431);
    }
}

#[test]
fn the_page_and_its_head() {
    let (_exporter, address) = plain();
    let page = get(address, "/metrics", &[]);
    assert_eq!(page.text(), PAGE);
    assert_eq!(page.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(page.header("vary"), Some("Accept, Accept-Encoding"));
    assert_eq!(page.header("connection"), None);
    assert!(page.header("date").is_some_and(|date| date.ends_with(" GMT")));
    let head = send(address, "HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(head.header("content-length"), Some(PAGE.len().to_string().as_str()));
    let accept = "Accept: application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    let page = get(address, "/metrics", &[accept]);
    assert_eq!(page.header("content-type"), Some("application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8"));
    assert!(page.text().ends_with("boots_total 0\n# EOF\n"));
    let accept = "Accept: application/openmetrics-text;version=2.0.0;q=0.7,application/openmetrics-text;version=1.0.0;q=0.6";
    let page = get(address, "/metrics", &[accept]);
    assert_eq!(page.header("content-type"), Some("application/openmetrics-text; version=2.0.0; charset=utf-8"));
    assert!(page.text().contains("# TYPE boots_total counter\nboots_total 0"), "{}", page.text());
    let page =
        get(address, "/metrics", &["Accept: application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"]);
    assert!(page.header("content-type").is_some_and(|text| text.starts_with("application/vnd.google.protobuf;")));
    let mut expected = Vec::new();
    picometer_std::render(&METRICS, Format::Protobuf, &mut expected);
    assert_eq!(page.body, expected);
    assert_eq!(get(address, "/metrics?name[]=boots", &[]).text(), PAGE);
    assert_eq!(get(address, "/metrics?name%5B%5D=other", &[]).text(), "");
}

#[test]
fn another_path_and_the_page_for_people() {
    let (_handle, address) = started(exporter().path("internal/metrics").title("R&D <1>").without_self_metrics(), METRICS);
    assert_eq!(get(address, "/internal/metrics", &[]).text(), PAGE);
    assert_eq!(get(address, "/metrics", &[]).status, 404);
    let index = get(address, "/", &[]);
    assert_eq!(index.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(index.text().contains("<title>R&amp;D &lt;1&gt;</title>") && index.text().contains("href=\"internal/metrics\""));
    assert_eq!(get(address, "/-/healthy", &[]).text(), "OK\n");
    let (_handle, address) = started(exporter().path("/").without_self_metrics(), METRICS);
    assert_eq!(get(address, "/", &[]).text(), PAGE);
}

#[test]
fn landing_page_may_be_the_metrics() {
    let (_handle, address) = started(exporter().metrics_at_root().without_self_metrics(), METRICS);
    for path in ["/", "/metrics", "/?name[]=boots"] {
        assert_eq!(get(address, path, &[]).text(), PAGE, "{path}");
    }
    assert_eq!(get(address, "/-/healthy", &[]).text(), "OK\n");
    assert_eq!(get(address, "/elsewhere", &[]).status, 404);
    let (_handle, address) = started(exporter().metrics_at_root().health_path("/").without_self_metrics(), METRICS);
    assert_eq!(get(address, "/", &[]).text(), "OK\n", "what has a path of its own has it");
}

#[test]
fn garbage_of_every_kind_is_survived() {
    let (_handle, address) = plain();
    // Bytes that look random and are the same every time.
    let mut state = 1_u64;
    let mut byte = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    for length in [1, 10, 100, 1_000, 20_000] {
        let bytes: Vec<u8> = (0..length).map(|_| byte()).collect();
        let mut stream = connect(address);
        let _ = stream.write_all(&bytes);
        let _ = stream.shutdown(Shutdown::Write);
        if let Some(response) = read(&mut stream, true) {
            assert!([400, 414, 431].contains(&response.status), "{length}: {response:?}");
        }
    }
    let good = request("/metrics", &["Accept: text/plain"]).into_bytes();
    // Apart from its end, without which there is no head to answer.
    for place in 0..good.len() - 4 {
        let mut bytes = good.clone();
        bytes[place] ^= 0x80;
        assert!([200, 400, 404, 501].contains(&send(address, &bytes).status), "{place}");
    }
    assert_eq!(get(address, "/metrics", &[]).text(), PAGE);
}

#[test]
fn a_collector_that_panics_is_a_500_and_nothing_more() {
    // Without the hook, which would print.
    let panics = collector(|_| std::panic::resume_unwind(Box::new("on purpose")));
    let (_handle, address) = started(exporter(), panics);
    for _ in 0..10 {
        let response = get(address, "/metrics", &[]);
        assert_eq!(response.status, 500);
        assert!(response.text().contains("a collector panicked"), "{}", response.text());
    }
    assert_eq!(get(address, "/", &[]).status, 200);
}

#[test]
fn the_exporter_counts_what_it_does() {
    let (_handle, address) = started(exporter(), METRICS);
    get(address, "/nowhere", &[]);
    get(address, "/nowhere", &[]);
    let before = get(address, "/metrics", &[]);
    assert_eq!(own(address, "picometer_exporter_requests_total{code=\"404\"}"), 2.0);
    assert!(own(address, "picometer_exporter_requests_total{code=\"200\"}") >= 2.0);
    assert_eq!(own(address, "picometer_exporter_requests_total{code=\"503\"}"), 0.0);
    assert_eq!(own(address, "picometer_exporter_requests_in_flight"), 1.0);
    assert_eq!(own(address, "picometer_exporter_render_errors_total"), 0.0);
    assert!(own(address, "picometer_exporter_response_bytes_total") > before.body.len() as f64);
    assert!(own(address, "picometer_exporter_connections") >= 1.0);
}
