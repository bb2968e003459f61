//! Answers to pushes: nothing panics, and how an answer is cut makes no difference. Behind the last byte 0xff, if there is one, the
//! input says how.
#![no_main]

use libfuzzer_sys::fuzz_target;
use picometer::push::{Client, Request};
use picometer::{Counter, Desc, Metric};
use picometer_std::push::{Http, HttpRequest, HttpResponse, Otlp, PushError, RemoteWrite, Retry};

static ROWS: Metric<Counter> = Metric::new(&Desc::counter("rows_total", "Rows."));
const REQUEST: Request<'_> = Request { method: "PUT", host: "h", path: "/", headers: &[] };

fuzz_target!(|input: &[u8]| {
    let (answer, pieces) = match input.iter().rposition(|&byte| byte == 0xff) {
        Some(at) => (&input[..at], &input[at + 1..]),
        None => (input, &[][..]),
    };
    let (mut whole, mut cut) = (Client::<_, 64>::new(REQUEST, ()), Client::<_, 64>::new(REQUEST, ()));
    whole.receive(answer);
    let (mut rest, mut pieces) = (answer, pieces.iter().cycle());
    while !rest.is_empty() {
        let len = pieces.next().map_or(1, |&piece| usize::from(piece).max(1)).min(rest.len());
        cut.receive(&rest[..len]);
        rest = &rest[len..];
    }
    assert_eq!(whole.response(true), cut.response(true));
    assert_eq!(whole.reason(), cut.reason());
    if let Some(Ok(response)) = whole.response(true) {
        assert!((200..=599).contains(&response.status));
    }

    // The same bytes as the body of an answer, after two for its status.
    let [a, b, body @ ..] = input else { return };
    let status = 200 + u16::from_le_bytes([*a, *b]) % 400;
    let answer = (status, body.to_vec());
    let http = Http::new().handler(move |_: &HttpRequest<'_>| -> Result<HttpResponse, PushError> {
        let text = String::from_utf8_lossy(&answer.1).into_owned();
        let headers = ["Retry-After", "Location", "X-Prometheus-Remote-Write-Samples-Written"];
        let headers = headers.map(|name| (name.to_owned(), text.clone())).to_vec();
        Ok(HttpResponse { status: answer.0, headers, body: answer.1.clone() })
    });
    let once = Retry { attempts: 1, ..Retry::default() };
    let results = [
        Otlp::new("h", "s").expect("an address").http(http.clone()).retry(once).push(&ROWS),
        RemoteWrite::new("h").expect("an address").http(http).retry(once).push(&ROWS),
    ];
    for error in results.into_iter().filter_map(Result::err) {
        assert!(error.to_string().len() < 2_000 + 3 * body.len());
    }
});
