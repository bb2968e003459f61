//! Receivers that are away, slow, broken or wrong: typed errors, in time.

use std::io::{ErrorKind, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use picometer_std::push::{Destination, Graphite, Http, Import, Otlp, Periodic, PushError, Pushgateway, RemoteWrite, Retry};

use crate::Sample;
use crate::scripted::{Scripted, empty};

const SAMPLE: Sample = Sample { count: 7 };
const ONCE: Retry = Retry { first: Duration::ZERO, longest: Duration::ZERO, attempts: 1 };
/// Far beyond every timeout of these tests.
const HANG: Duration = Duration::from_secs(20);

fn gateway(url: &str, timeout: Duration) -> Pushgateway {
    Pushgateway::new(url, "j").unwrap().http(Http::new().timeout(timeout)).retry(ONCE)
}

fn push(url: &str) -> Result<(), PushError> {
    let started = Instant::now();
    let result = gateway(url, Duration::from_millis(400)).push(&SAMPLE);
    assert!(started.elapsed() < HANG, "{result:?}");
    result
}

#[test]
fn closed_port_is_an_error() {
    let address = { TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap() };
    let refused = |result: Result<(), PushError>| match result {
        Err(PushError::Io(error)) => assert_eq!(error.kind(), ErrorKind::ConnectionRefused),
        other => panic!("{other:?}"),
    };
    refused(push(&address.to_string()));
    refused(RemoteWrite::new(&address.to_string()).unwrap().retry(ONCE).push(&SAMPLE));
    refused(Graphite::new(&address.to_string()).retry(ONCE).push(&SAMPLE));
}

#[test]
fn unknown_name_of_a_host_is_an_error() {
    let error = push("http://name.invalid:1/").unwrap_err();
    assert!(matches!(error, PushError::HostNotFound(_) | PushError::Timeout { .. }), "{error:?}");
    let error = Graphite::new("name.invalid:2003").timeout(Duration::from_secs(2)).retry(ONCE).push(&SAMPLE).unwrap_err();
    assert!(matches!(error, PushError::HostNotFound(_) | PushError::Timeout { .. }), "{error:?}");
    assert!(matches!(Graphite::new("no port").retry(ONCE).push(&SAMPLE), Err(PushError::Url { .. })));
}

#[test]
fn a_server_that_says_nothing() {
    let silent = Scripted::start(|_, _| std::thread::sleep(Duration::from_secs(3)));
    let error = push(&silent.url()).unwrap_err();
    assert!(matches!(error, PushError::Timeout { .. }));
    assert_eq!(error.to_string(), format!("{}/metrics/job/j did not answer in time: see `timeout`", silent.url()));
    let error = push(&silent.url().replace("http://", "http://me:secret@")).unwrap_err();
    assert!(error.to_string().starts_with(&silent.url()), "{error}");
    // One that dribbles never sends enough.
    let slow = Scripted::start(|_, stream| {
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".iter().cycle().take(30) {
            std::thread::sleep(Duration::from_millis(100));
            let _ = stream.write_all(&[*byte]);
        }
    });
    assert!(matches!(push(&slow.url()), Err(PushError::Timeout { .. })));
    // A full backlog takes no connection at all, and one that does not read takes no body.
    let deaf = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let error = push(&deaf.local_addr().unwrap().to_string()).unwrap_err();
    assert!(matches!(error, PushError::Timeout { .. }), "{error:?}");
    let address = deaf.local_addr().unwrap().to_string();
    let error = Graphite::new(&address).timeout(Duration::ZERO).retry(ONCE).push(&SAMPLE).unwrap_err();
    assert_eq!(error.to_string(), format!("{address} did not answer in time: see `timeout`"));
}

#[test]
fn a_refusal_says_why() {
    let refusing = |status: &str, more: &str, body: &str| {
        Scripted::answering(format!("HTTP/1.1 {status}\r\n{more}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()))
    };
    let server = refusing("400 Bad Request", "", "pushed metrics are invalid\n");
    let error = push(&server.url()).unwrap_err();
    assert_eq!(error.to_string(), format!("{}/metrics/job/j answered 400: pushed metrics are invalid", server.url()));
    assert!(!error.may_retry());
    let error = push(&refusing("503 Busy", "Retry-After: 7\r\n", "").url()).unwrap_err();
    assert_eq!((error.may_retry(), error.retry_after()), (true, Some(Duration::from_secs(7))));
    let error = push(&refusing("429 Slow down", "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n", "").url()).unwrap_err();
    assert_eq!((error.may_retry(), error.retry_after()), (true, Some(Duration::ZERO)));
    let error = push(&refusing("500 No", "", &"é".repeat(90_000)).url()).unwrap_err();
    assert!(error.to_string().len() < 700, "{error}");
    let server = refusing("404 Not Found", "", "\x1b[31m\nred");
    let error = push(&server.url()).unwrap_err();
    assert_eq!(error.to_string(), format!("{}/metrics/job/j answered 404, check the path:  [31m red", server.url()));
}

#[test]
fn answers_that_are_none() {
    for answer in ["", "\0\0\0\0", "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/9.9 200 OK\r\n\r\n"] {
        let server = Scripted::answering(answer);
        let error = push(&server.url()).unwrap_err();
        assert!(matches!(error, PushError::Protocol(_) | PushError::Io(_)), "{answer:?}: {error:?}");
        assert!(error.may_retry());
    }
    // The status is there, and the text that was promised is not: done is done.
    push(&Scripted::answering("HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\nhalf").url()).unwrap();
}

#[test]
fn redirects_keep_method_and_body_and_no_secrets() {
    for status in [301, 302, 303, 307, 308] {
        let target = Scripted::status("200 OK");
        let from = Scripted::status(&format!("{status} Elsewhere\r\nLocation: {}/new", target.url()));
        let http = Http::new().basic_auth("user", "secret").header("X-Tenant", "t");
        Pushgateway::new(&from.url(), "j").unwrap().http(http).push(&SAMPLE).unwrap();
        let (first, second) = (&from.seen()[0], &target.seen()[0]);
        assert!(first.starts_with("PUT /metrics/job/j HTTP/1.1\r\n") && second.starts_with("PUT /new HTTP/1.1\r\n"), "{second}");
        assert!(first.to_lowercase().contains("authorization: basic dxnlcjpzzwnyzxq="), "{first}");
        assert!(!second.to_lowercase().contains("authorization") && second.to_lowercase().contains("x-tenant: t"), "{second}");
        let body = |request: &str| request.split_once("\r\n\r\n").unwrap().1.to_owned();
        assert_eq!(body(first), body(second));
        assert!(body(second).contains("import_rows_total{table=\"orders\"} 7\n"));
    }
    let round = Scripted::status("307 Round\r\nLocation: /again");
    let error = push(&round.url()).unwrap_err();
    assert!(matches!(error, PushError::TooManyRedirects { .. }));
    assert_eq!(error.to_string(), format!("{}/again redirects once too often: see `redirects`", round.url()));
    assert_eq!(round.seen().len(), 6);
}

#[test]
fn what_must_not_be_repeated_is_not() {
    let attempts = |status: &'static str, send: &dyn Fn(&str) -> Result<(), PushError>| {
        let server = Scripted::status(&format!("{status} No"));
        send(&server.url()).unwrap_err();
        server.seen().len()
    };
    let retry = Retry { first: Duration::from_millis(1), longest: Duration::from_millis(1), attempts: 3 };
    let remote = |url: &str| RemoteWrite::new(url)?.retry(retry).version(picometer::push::RemoteWriteVersion::V1).push(&SAMPLE);
    let otlp = |url: &str| Otlp::new(url, "s")?.retry(retry).push(&SAMPLE);
    let import = |url: &str| Import::new(url)?.retry(retry).push(&SAMPLE);
    assert_eq!((attempts("400", &remote), attempts("429", &remote), attempts("500", &remote)), (1, 3, 3));
    assert_eq!((attempts("400", &otlp), attempts("500", &otlp), attempts("501", &otlp)), (1, 1, 1));
    assert_eq!((attempts("429", &otlp), attempts("502", &otlp), attempts("503", &otlp), attempts("504", &otlp)), (3, 3, 3, 3));
    assert_eq!((attempts("400", &import), attempts("503", &import)), (1, 3));
}

#[test]
fn wish_beyond_the_timeout_is_an_error_at_once() {
    type Send = fn(&str, Http) -> Result<(), PushError>;
    let clients: [Send; 6] = [
        |url, http| Pushgateway::new(url, "j")?.http(http).push(&SAMPLE),
        |url, http| Pushgateway::new(url, "j")?.http(http).push_add(&SAMPLE),
        |url, http| Pushgateway::new(url, "j")?.http(http).delete(),
        |url, http| RemoteWrite::new(url)?.http(http).push(&SAMPLE),
        |url, http| Otlp::new(url, "s")?.http(http).push(&SAMPLE),
        |url, http| Import::new(url)?.http(http).push(&SAMPLE),
    ];
    let far = Some(Duration::from_secs(1 << 32));
    let wishes =
        [("600", Some(Duration::from_secs(600))), ("18446744073709551616", Some(Duration::MAX)), ("Fri, 31 Dec 9999 23:59:59 GMT", far)];
    for send in clients {
        for (wish, expected) in wishes {
            let server = Scripted::status(&format!("503 Busy\r\nRetry-After: {wish}"));
            // Of 600 seconds this test would not come back in time.
            let error = send(&server.url(), Http::new().timeout(Duration::from_secs(5))).unwrap_err();
            assert!(error.may_retry() && error.retry_after() >= expected, "{error:?}");
            assert_eq!(server.seen().len(), 1);
        }
    }
    // Of many batches each would wait: all together they do not wait longer than the timeout either.
    let server = Scripted::start(|number, stream| {
        let status = if number % 2 == 0 { "503 Busy\r\nRetry-After: 1" } else { "204 Done" };
        let _ = stream.write_all(empty(status).as_bytes());
    });
    let many = RemoteWrite::new(&server.url()).unwrap().version(picometer::push::RemoteWriteVersion::V1).batch(1);
    let error = many.http(Http::new().timeout(Duration::from_secs(2))).push(&SAMPLE).unwrap_err();
    assert_eq!((error.retry_after(), server.seen().len()), (Some(Duration::from_secs(1)), 5));
    // A wish that is none does not keep it from trying again.
    for wish in ["-600", "soon", "1e9"] {
        let server = Scripted::status(&format!("503 Busy\r\nRetry-After: {wish}"));
        let retry = Retry { first: Duration::from_millis(1), ..Retry::default() };
        let error = Pushgateway::new(&server.url(), "j").unwrap().retry(retry).push(&SAMPLE).unwrap_err();
        assert_eq!((error.retry_after(), server.seen().len()), (None, 3));
    }
}

#[test]
fn endless_timeouts_are_no_panic() {
    let server = Scripted::status("200 OK");
    Pushgateway::new(&server.url(), "j").unwrap().http(Http::new().timeout(Duration::MAX)).push(&SAMPLE).unwrap();
    let lines = Scripted::start(|_, _| {});
    Graphite::new(&lines.address().to_string()).timeout(Duration::MAX).push(&SAMPLE).unwrap();
    let endless = Periodic::new(Pushgateway::new(&server.url(), "j").unwrap()).interval(Duration::MAX).grace(Duration::MAX);
    endless.start(SAMPLE).unwrap().stop().unwrap();
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn a_receiver_that_does_not_know_2_0_gets_1_0() {
    let content_type = |request: &str| request.to_lowercase().lines().find(|line| line.starts_with("content-type:")).unwrap().to_owned();
    // One says so; another one takes it, and saw nothing in it.
    for first in ["415 No", "204 Done"] {
        let server = Scripted::start(move |number, stream| {
            let status = if number == 0 { first } else { "204 Done" };
            let _ = stream.write_all(empty(status).as_bytes());
        });
        let remote = RemoteWrite::new(&server.url()).unwrap();
        remote.push(&SAMPLE).unwrap();
        remote.push(&SAMPLE).unwrap();
        let types: Vec<_> = server.seen().iter().map(|request| content_type(request)).collect();
        let (new, old) =
            ("content-type: application/x-protobuf;proto=io.prometheus.write.v2.request", "content-type: application/x-protobuf");
        assert_eq!(types, [new, old, old]);
    }
    let partial = Scripted::status("204 Done\r\nX-Prometheus-Remote-Write-Samples-Written: 3");
    let error = RemoteWrite::new(&partial.url()).unwrap().push(&SAMPLE).unwrap_err();
    assert!(matches!(error, PushError::Partial { rejected: 8, .. }), "{error:?}");
    assert_eq!(partial.seen().len(), 1);
}

#[test]
fn partial_success_of_otlp_is_told() {
    let server =
        Scripted::answering(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\n\x0a\x06\x08\x02\x12\x02no".to_vec());
    let error = Otlp::new(&server.url(), "s").unwrap().push(&SAMPLE).unwrap_err();
    assert!(matches!(&error, PushError::Partial { rejected: 2, message } if message == "no"), "{error:?}");
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn bad_settings_are_found_before_anything_is_sent() {
    assert!(matches!(Pushgateway::new("ftp://h", "j"), Err(PushError::Url { .. })));
    assert!(matches!(Pushgateway::new("h", ""), Err(PushError::Label { .. })));
    for name in ["", "job", "__x", "a-b", "é"] {
        assert!(matches!(Pushgateway::new("h", "j").unwrap().label(name, "v"), Err(PushError::Label { .. })), "{name}");
    }
    assert!(matches!(RemoteWrite::new("h").unwrap().label("__x", "v"), Err(PushError::Label { .. })));
    assert!(matches!(Http::new().ca_pem(b"no"), Err(PushError::Tls(_))));
    let taken = Pushgateway::new("127.0.0.1:1", "j").unwrap().label("table", "x").unwrap().push(&SAMPLE).unwrap_err();
    assert!(matches!(&taken, PushError::GroupingLabel { family, label } if family == "import_rows_total" && label == "table"), "{taken}");
}

#[test]
fn dropping_deletes_if_asked() {
    let server = Scripted::status("202 Accepted");
    let job = Pushgateway::new(&server.url(), "j").unwrap().delete_on_drop(true);
    job.push(&SAMPLE).unwrap();
    drop(job);
    let seen = server.seen();
    assert!(seen.len() == 2 && seen[1].starts_with("DELETE /metrics/job/j "), "{seen:?}");
    assert_eq!(Pushgateway::NAME, "pushgateway");
}
