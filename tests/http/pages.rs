//! What is in a response to a scrape is the page that `Exposition` writes.

use super::client::{dechunk, exchange, responses};
use super::fixture::{Fixture, text, written};
use picometer::http::{Action, Endpoint, Responder};
use picometer::{Escaping, Exposition, Format, Registry, Timestamp};

/// `Accept`, and what is to come of it (spec H4, H5, H7, H8 and `real_peers`).
const ACCEPTS: [(&str, Format, Option<Escaping>); 16] = [
    // Prometheus 2.42 and 2.53.
    (
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        Format::OpenMetrics100,
        None,
    ),
    // Prometheus 3.
    (
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        Format::OpenMetrics100,
        Some(Escaping::AllowUtf8),
    ),
    // Prometheus 3 that takes native histograms.
    (
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
        Format::Protobuf,
        None,
    ),
    // Prometheus 3 told to prefer text.
    (
        "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.4",
        Format::Text100,
        Some(Escaping::AllowUtf8),
    ),
    // VictoriaMetrics, curl, a browser, Telegraf.
    ("text/plain;version=0.0.4;q=1,*/*;q=0.1", Format::Text004, None),
    ("*/*", Format::Text004, None),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", Format::Text004, None),
    (
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,text/plain;version=0.0.4;q=0.3",
        Format::Protobuf,
        None,
    ),
    // Each scheme, and corners.
    ("text/plain;version=0.0.4;escaping=underscores", Format::Text004, Some(Escaping::Underscores)),
    ("text/plain;version=1.0.0", Format::Text100, None),
    ("text/plain;version=1.0.0;escaping=dots", Format::Text100, Some(Escaping::Dots)),
    ("application/openmetrics-text;version=1.0.0;escaping=values", Format::OpenMetrics100, Some(Escaping::Values)),
    ("application/openmetrics-text;version=\"1.0.0\" ; q=0.9 , text/plain;q=0.8", Format::OpenMetrics100, None),
    ("application/openmetrics-text;version=0.0.1", Format::Text004, None),
    ("application/openmetrics-text;q=0,*/*;q=0.001", Format::Text004, None),
    ("application/json", Format::Text004, None),
];

/// Spec H8; text 1.0.0 demands that the scheme is named.
fn content_type(format: Format, escaping: Option<Escaping>) -> String {
    let media_type = match format {
        Format::Protobuf => {
            return String::from("application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited");
        }
        Format::OpenMetrics100 => "application/openmetrics-text; version=1.0.0",
        Format::Text100 => "text/plain; version=1.0.0",
        _ => "text/plain; version=0.0.4",
    };
    let escaping = escaping.or((format == Format::Text100).then_some(Escaping::Underscores));
    let scheme = match escaping {
        None => "",
        Some(Escaping::AllowUtf8) => "; escaping=allow-utf-8",
        Some(Escaping::Underscores) => "; escaping=underscores",
        Some(Escaping::Dots) => "; escaping=dots",
        Some(Escaping::Values) => "; escaping=values",
    };
    format!("{media_type}; charset=utf-8{scheme}")
}

#[test]
fn formats_and_schemes_of_real_scrapers() {
    Fixture::filled().with_registry(|registry| {
        for (accept, format, escaping) in ACCEPTS {
            let expected = written(&Exposition::new(registry, format).escaping(escaping.unwrap_or_default()));
            for version in ["1.0", "1.1"] {
                let request = format!("GET /metrics HTTP/{version}\r\nHost: x\r\naccept: {accept}\r\nAccept-Encoding: gzip\r\n\r\n");
                let response = ask(registry, &request);
                assert_eq!(response.field("Content-Type"), Some(content_type(format, escaping).as_str()), "{accept}");
                assert_eq!(response.field("Content-Encoding"), None);
                assert_eq!(response.body, expected, "{accept}");
            }
        }
    });
}

fn ask<'a>(registry: &'a Registry<'a>, request: &str) -> super::client::Response {
    let site = Endpoint::new(registry);
    let mut responder = Responder::<1024>::with_sizes(&site);
    let sent = exchange(&mut responder, request.as_bytes(), 50, 100);
    responses(&sent, &["GET"]).remove(0)
}

/// A list in several fields is one list (RFC 9110 section 5.3).
#[test]
fn accept_in_several_fields() {
    Fixture::filled().with_registry(|registry| {
        let lines = "Accept: text/plain;q=0.5\r\nX: y\r\nAccept: application/openmetrics-text;q=0.7\r\nAccept: */*;q=0.6\r\n";
        let response = ask(registry, &format!("GET /metrics HTTP/1.1\r\nHost: x\r\n{lines}\r\n"));
        assert_eq!(response.field("Content-Type"), Some(content_type(Format::OpenMetrics100, None).as_str()));
    });
}

/// A list that is longer than the buffer counts as far as it was read, up to its last comma.
#[test]
fn accept_longer_than_the_buffer() {
    Fixture::filled().with_registry(|registry| {
        let list = format!("application/openmetrics-text;q=0.5,{}text/plain;q=0.9", "x/y;q=0.9,".repeat(200));
        let response = ask(registry, &format!("GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: {list}\r\n\r\n"));
        assert_eq!(response.field("Content-Type"), Some(content_type(Format::OpenMetrics100, None).as_str()));
    });
}

/// Chunks are framing only: lengths in hexadecimal, no chunk but the last one empty, none longer than the buffer, all of them whole
/// lines.
#[test]
fn chunks_are_whole_lines_that_fit_the_buffer() {
    Fixture::filled().with_registry(|registry| {
        let site = Endpoint::new(registry);
        let mut responder = Responder::<512>::with_sizes(&site);
        let sent = exchange(&mut responder, super::client::GET.as_bytes(), usize::MAX, 77);
        let head = sent.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let (mut rest, mut sizes, mut body) = (&sent[head..], Vec::new(), Vec::new());
        while !rest.is_empty() {
            let end = rest.windows(2).position(|two| two == b"\r\n").unwrap();
            let digits = std::str::from_utf8(&rest[..end]).unwrap();
            let size = usize::from_str_radix(digits, 16).unwrap();
            assert!(digits.len() <= 4 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()), "{digits}");
            let chunk = &rest[end + 2..end + 2 + size];
            assert_eq!(&rest[end + 2 + size..end + 4 + size], b"\r\n");
            assert!(size == 0 || (chunk.ends_with(b"\n") && size <= 512 - 13));
            body.extend_from_slice(chunk);
            rest = &rest[end + 4 + size..];
            sizes.push(size);
        }
        assert_eq!(sizes.iter().filter(|&&size| size == 0).count(), 1);
        assert!(sizes.len() > 5 && sizes.last() == Some(&0), "{sizes:?}");
        assert_eq!(dechunk(&sent[head..]), Ok((body.clone(), &[][..])));
        assert_eq!(String::from_utf8(body).unwrap(), text(&Exposition::new(registry, Format::Text004)));
    });
}

#[test]
fn a_page_in_http_1_0_has_no_chunks() {
    Fixture::filled().with_registry(|registry| {
        let site = Endpoint::new(registry);
        let mut responder = Responder::<512>::with_sizes(&site);
        let sent = exchange(&mut responder, b"GET /metrics HTTP/1.0\r\n\r\n", 3, 50);
        assert!(sent.ends_with(text(&Exposition::new(registry, Format::Text004)).as_bytes()));
        let response = responses(&sent, &["GET"]).remove(0);
        assert_eq!((response.field("Transfer-Encoding"), response.field("Content-Length")), (None, None));
        assert_eq!(responder.next(), Action::Close);
    });
}

/// An empty page has a last chunk too, and nothing else.
#[test]
fn a_page_of_nothing() {
    let registry = Registry::new(&[]);
    let response = ask(&registry, super::client::GET);
    assert_eq!((response.status, response.text()), (200, ""));
    let response = ask(&registry, "GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: application/openmetrics-text\r\n\r\n");
    assert_eq!(response.text(), "# EOF\n");
    assert_eq!(ask(&registry, "GET /metrics HTTP/1.0\r\n\r\n").text(), "");
}

/// The moment that the device started is asked for at each scrape: the clock may not have been set at the one before.
#[test]
fn created_samples_come_with_the_clock() {
    use std::sync::atomic::{AtomicBool, Ordering};
    static SET: AtomicBool = AtomicBool::new(false);
    Fixture::filled().with_registry(|registry| {
        let started = || SET.load(Ordering::Relaxed).then(|| Timestamp::from_millis(1_700_000_000_250));
        let site = Endpoint::new(registry).started(started);
        let scrape = || {
            let mut responder = Responder::<1024>::with_sizes(&site);
            let request = b"GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: application/openmetrics-text\r\n\r\n";
            responses(&exchange(&mut responder, request, 1, 1_000), &["GET"]).remove(0)
        };
        let page = Exposition::new(registry, Format::OpenMetrics100);
        assert_eq!(scrape().text(), text(&page));
        SET.store(true, Ordering::Relaxed);
        assert_eq!(scrape().text(), text(&page.started(Timestamp::from_millis(1_700_000_000_250))));
    });
}
