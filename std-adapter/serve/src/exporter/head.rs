//! Heads of requests (RFC 9112).

use std::time::Duration;

use picometer::http::{Framing, RequestLine, Status};

use crate::respond::RequestParts;

/// A request, without what is never asked for.
#[derive(Debug, Default)]
pub(super) struct Request {
    pub(super) parts: RequestParts<'static>,
    pub(super) authorization: String,
    /// HTTP/1.1 or later in 1.x; otherwise 1.0.
    pub(super) modern: bool,
    /// Whether another request may follow.
    pub(super) keep_alive: bool,
    /// How long the scraper waits.
    pub(super) patience: Option<Duration>,
}

/// What is in front of the buffer.
#[derive(Debug)]
pub(super) enum Head {
    /// The start of a head at most.
    Partial,
    /// A request, in so many bytes.
    Whole(Box<Request>, usize),
    /// What gets this status.
    Bad(u16),
}

/// Methods that others know: 405 rather than 501.
const KNOWN: [&str; 9] = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT"];
const MOST_HEADERS: usize = 64;
const LONGEST_PATIENCE: f64 = 3_600.0;

/// Reads the head in front of `input`, which may be up to `limit` bytes; `scanned` remembers how far it was looked for its end.
pub(super) fn read(input: &[u8], scanned: &mut usize, limit: usize) -> Head {
    let from = scanned.saturating_sub(3);
    let end = end_of_head(input.get(from..).unwrap_or(&[]), input.get(..from).unwrap_or(&[])).map(|end| from + end);
    *scanned = input.len();
    match end {
        Some(end) if end <= limit => {
            *scanned = 0;
            match parse(input.get(..end).unwrap_or(&[])) {
                Ok(request) => Head::Whole(Box::new(request), end),
                Err(status) => Head::Bad(status),
            }
        }
        None if input.len() < limit => Head::Partial,
        _ if input.iter().take(limit).any(|&byte| byte == b'\n') => Head::Bad(431),
        _ => Head::Bad(414),
    }
}

/// Where the head ends: behind an empty line that is not the first (RFC 9112 section 2.2 has empty lines in front passed over).
fn end_of_head(bytes: &[u8], before: &[u8]) -> Option<usize> {
    let is_blank = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let start = if before.iter().all(is_blank) { bytes.iter().position(|byte| !is_blank(byte))? } else { 0 };
    let text = bytes.get(start..)?;
    let mut at = 0;
    loop {
        at += text.get(at..)?.iter().position(|&byte| byte == b'\n')? + 1;
        match text.get(at..)? {
            [b'\n', ..] => return Some(start + at + 1),
            [b'\r', b'\n', ..] => return Some(start + at + 2),
            _ => {}
        }
    }
}

fn parse(head: &[u8]) -> Result<Request, u16> {
    let refused = |status: Status| status.code();
    let mut lines = head.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    // RFC 9112 section 2.2: an empty line in front of a request is passed over.
    let first = lines.find(|line| !line.is_empty()).ok_or(400_u16)?;
    let line = RequestLine::parse(first).map_err(refused)?;
    let mut request = Request { modern: line.minor > 0, ..Request::default() };
    let mut framing = Framing::new(request.modern);
    let mut lists = RequestParts::default();
    for (place, line) in lines.take_while(|line| !line.is_empty()).enumerate() {
        if place == MOST_HEADERS {
            return Err(431);
        }
        let (name, value) = framing.header(line, false).map_err(refused)?;
        // What is not text cannot be one of these.
        let (Ok(name), Ok(value)) = (str::from_utf8(name), str::from_utf8(value)) else { continue };
        lists.add_header(name, value);
        if name.eq_ignore_ascii_case("authorization") {
            request.authorization = value.into();
        } else if name.eq_ignore_ascii_case("x-prometheus-scrape-timeout-seconds") {
            request.patience =
                value.parse().ok().filter(|seconds| (0.001..=LONGEST_PATIENCE).contains(seconds)).map(Duration::from_secs_f64);
        }
    }
    request.keep_alive = framing.finish().map_err(refused)?;
    // Both are ASCII, so nothing is lost.
    let (method, target) = (String::from_utf8_lossy(line.method), String::from_utf8_lossy(line.target));
    if !KNOWN.contains(&&*method) {
        return Err(Status::NotImplemented.code());
    }
    let target = match line.path_and_query(&["http", "https"]) {
        Some((path, b"")) => String::from_utf8_lossy(path).into_owned(),
        Some((path, query)) => format!("{}?{}", String::from_utf8_lossy(path), String::from_utf8_lossy(query)),
        // No path of ours, and no other.
        None if (method == "OPTIONS" && target == "*") || method == "CONNECT" => target.into_owned(),
        None => return Err(400),
    };
    request.parts = RequestParts {
        method: method.into_owned().into(),
        target: target.into(),
        accept: lists.accept.into_owned().into(),
        accept_encoding: lists.accept_encoding.into_owned().into(),
    };
    Ok(request)
}

/// The reason phrase of a status.
pub(super) fn reason(status: u16) -> &'static str {
    // Of pages alone, so the core's responder has none.
    if status == 503 { "Service Unavailable" } else { Status::reason(status) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Result<Request, u16> {
        match read(text.as_bytes(), &mut 0, 1_024) {
            Head::Whole(request, len) if len == text.len() => Ok(*request),
            Head::Bad(status) => Err(status),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn heads_in_every_piece_size() {
        let text = b"\r\n\nGET /metrics?a HTTP/1.1\r\nHost: x\r\nAccept: a\r\nAccept: b\r\n\r\nGET";
        for size in 1..text.len() {
            let (mut scanned, mut fed) = (0, 0);
            let (request, len) = loop {
                fed = (fed + size).min(text.len());
                match read(&text[..fed], &mut scanned, 1_024) {
                    Head::Partial => assert!(fed < text.len()),
                    Head::Whole(request, len) => break (request, len),
                    Head::Bad(status) => panic!("{status}"),
                }
            };
            assert_eq!(&text[len..], b"GET", "{size}");
            assert_eq!((&*request.parts.target, &*request.parts.accept, request.keep_alive), ("/metrics?a", "a,b", true));
        }
    }

    #[test]
    fn too_long_is_said_of_the_part_that_is() {
        let long = "x".repeat(200);
        let limited = |text: &str| match read(text.as_bytes(), &mut 0, 100) {
            Head::Bad(status) => status,
            other => panic!("{other:?}"),
        };
        assert_eq!(limited(&format!("GET /{long}")), 414);
        assert_eq!(limited(&format!("GET / HTTP/1.1\r\nX: {long}")), 431);
        assert_eq!(limited(&format!("GET / HTTP/1.1\r\nX: {long}\r\n\r\n")), 431);
    }

    #[test]
    fn how_long_a_scraper_waits() {
        let patience =
            |text: &str| whole(&format!("GET / HTTP/1.0\r\nX-Prometheus-Scrape-Timeout-Seconds: {text}\r\n\r\n")).unwrap().patience;
        assert_eq!(patience("9.5"), Some(Duration::from_millis(9_500)));
        for text in ["", "x", "-1", "0", "NaN", "inf", "1e300"] {
            assert_eq!(patience(text), None, "{text}");
        }
    }
}
