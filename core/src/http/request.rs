//! The head of a request, line by line (RFC 9112).

use super::accept::{Negotiated, Negotiation, trim};
use super::query::Decoded;
use super::status::Status;

/// What a request asks for.
#[derive(Clone, Copy)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) path: Path,
    /// HTTP/1.1 or later in 1.x; otherwise 1.0.
    pub(super) modern: bool,
    /// Milliseconds that the scraper waits.
    pub(super) scrape_timeout: Option<u32>,
    keep_alive: bool,
    body: bool,
    hosts: u8,
    negotiation: Negotiation,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Head,
    Options,
    /// A method that others know.
    NotAllowed,
    Unknown,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Path {
    Metrics,
    Index,
    /// `*`, of `OPTIONS`.
    Server,
    Unknown,
}

impl Request {
    /// Reads the first line; `metrics` is the path of the metrics, `query` takes what follows the path.
    pub(super) fn from_line(line: &[u8], metrics: &str, query: impl FnOnce(&[u8]) -> bool) -> Result<Self, Status> {
        let mut words = line.split(|&byte| byte == b' ');
        let (Some(method), Some(target), Some(version), None) = (words.next(), words.next(), words.next(), words.next()) else {
            return Err(Status::BadRequest);
        };
        if method.is_empty() || !method.iter().all(|&byte| is_token(byte)) || !target.iter().all(u8::is_ascii_graphic) {
            return Err(Status::BadRequest);
        }
        let modern = match version {
            [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'0'] => false,
            [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'1'..=b'9'] => true,
            [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => return Err(Status::VersionNotSupported),
            _ => return Err(Status::BadRequest),
        };
        let method = match method {
            b"GET" => Method::Get,
            b"HEAD" => Method::Head,
            b"OPTIONS" => Method::Options,
            b"POST" | b"PUT" | b"DELETE" | b"PATCH" | b"TRACE" | b"CONNECT" => Method::NotAllowed,
            _ => Method::Unknown,
        };
        let path = match (method, target) {
            (Method::Options, b"*") => Path::Server,
            // Its target is a host, which is as wrong here as any path is.
            (Method::NotAllowed, _) if !target.starts_with(b"/") => Path::Server,
            _ => {
                let (path, rest) = split_at_byte(origin(target).ok_or(Status::BadRequest)?, b'?');
                if !query(rest) {
                    return Err(Status::UriTooLong);
                }
                match () {
                    // In a path a plus sign is a plus sign, and none of these has one.
                    () if Decoded(path).eq(metrics.bytes()) => Path::Metrics,
                    () if path == b"/" => Path::Index,
                    () => Path::Unknown,
                }
            }
        };
        let negotiation = Negotiation::default();
        Ok(Self { method, path, modern, scrape_timeout: None, keep_alive: modern, body: false, hosts: 0, negotiation })
    }

    /// Reads a line behind the first; `cut` says that only its start is there.
    pub(super) fn header(&mut self, line: &[u8], cut: bool) -> Result<(), Status> {
        let (name, value) = match line.iter().position(|&byte| byte == b':') {
            Some(at) => (line.get(..at).unwrap_or(&[]), trim(line.get(at + 1..).unwrap_or(&[]))),
            None => return Err(Status::BadRequest),
        };
        // A token has no blank in it, so this refuses folded lines and blanks before the colon too (RFC 9112 section 5).
        if name.is_empty() || !name.iter().all(|&byte| is_token(byte)) || value.iter().any(|&byte| byte != b'\t' && byte.is_ascii_control())
        {
            return Err(Status::BadRequest);
        }
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        if is("Host") {
            self.hosts = self.hosts.saturating_add(1);
        } else if is("Accept") {
            // Of a list that is cut the last range may be another than was meant.
            let end = if cut { value.iter().rposition(|&byte| byte == b',').unwrap_or(0) } else { value.len() };
            self.negotiation.header(value.get(..end).unwrap_or(&[]));
        } else if is("Connection") {
            for option in value.split(|&byte| byte == b',').map(trim) {
                if option.eq_ignore_ascii_case(b"close") {
                    self.keep_alive = false;
                } else if option.eq_ignore_ascii_case(b"keep-alive") && !self.modern {
                    self.keep_alive = true;
                }
            }
        } else if is("Content-Length") {
            if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
                return Err(Status::BadRequest);
            }
            self.body |= value.iter().any(|&digit| digit != b'0');
        } else if is("Transfer-Encoding") {
            self.body = true;
        } else if is("X-Prometheus-Scrape-Timeout-Seconds") {
            self.scrape_timeout = parse_millis(value);
        }
        Ok(())
    }

    /// The head is whole.
    pub(super) fn finish(&self) -> Result<(), Status> {
        // RFC 9112 section 3.2: exactly one in HTTP/1.1.
        if self.hosts > 1 || (self.modern && self.hosts == 0) { Err(Status::BadRequest) } else { Ok(()) }
    }

    /// Whether another request may follow. A body is not read, so nothing can follow one.
    pub(super) fn keeps_alive(&self) -> bool {
        self.keep_alive && !self.body
    }

    pub(super) fn negotiated(&self) -> Negotiated {
        self.negotiation.result()
    }
}

/// The path and query of a target; `None` if there is no path in it.
fn origin(target: &[u8]) -> Option<&[u8]> {
    if target.starts_with(b"/") {
        return Some(target);
    }
    let (scheme, rest) = (target.get(..7)?, target.get(7..)?);
    if !scheme.eq_ignore_ascii_case(b"http://") {
        return None;
    }
    match rest.iter().position(|&byte| byte == b'/') {
        Some(at) => rest.get(at..),
        None => Some(b"/"),
    }
}

fn split_at_byte(text: &[u8], at: u8) -> (&[u8], &[u8]) {
    match text.iter().position(|&byte| byte == at) {
        Some(index) => (text.get(..index).unwrap_or(&[]), text.get(index + 1..).unwrap_or(&[])),
        None => (text, &[]),
    }
}

/// RFC 9110 section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// `10`, `9.5` seconds, up to some weeks.
fn parse_millis(seconds: &[u8]) -> Option<u32> {
    let (whole, fraction) = split_at_byte(seconds, b'.');
    let mut millis = 0_u32;
    for &digit in whole.iter().chain(fraction.iter().chain(b"000").take(3)) {
        if !digit.is_ascii_digit() {
            return None;
        }
        millis = millis.checked_mul(10)?.checked_add(u32::from(digit - b'0'))?;
    }
    (!whole.is_empty()).then_some(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(line: &str) -> Result<(Method, Path, bool), Status> {
        Request::from_line(line.as_bytes(), "/metrics", |_| true).map(|request| (request.method, request.path, request.modern))
    }

    #[test]
    fn request_lines() {
        assert!(first("GET /metrics HTTP/1.1") == Ok((Method::Get, Path::Metrics, true)));
        assert!(first("HEAD / HTTP/1.0") == Ok((Method::Head, Path::Index, false)));
        assert!(first("GET http://host:9100/metrics?x HTTP/1.1") == Ok((Method::Get, Path::Metrics, true)));
        assert!(first("GET HTTP://host HTTP/1.1") == Ok((Method::Get, Path::Index, true)));
        assert!(first("GET /%6Detrics HTTP/1.1") == Ok((Method::Get, Path::Metrics, true)));
        assert!(first("OPTIONS * HTTP/1.1") == Ok((Method::Options, Path::Server, true)));
        assert!(first("CONNECT host:80 HTTP/1.1") == Ok((Method::NotAllowed, Path::Server, true)));
        assert!(first("BREW /pot HTTP/1.1") == Ok((Method::Unknown, Path::Unknown, true)));
        assert!(first("GET /metrics/ HTTP/1.1") == Ok((Method::Get, Path::Unknown, true)));
        let bad = ["", "GET", "GET /metrics", "GET /metrics HTTP/1.1 x", "GET  /metrics HTTP/1.1", " GET / HTTP/1.1", "G(T / HTTP/1.1"];
        for line in
            bad.into_iter().chain(["GET metrics HTTP/1.1", "GET * HTTP/1.1", "GET /\u{e9} HTTP/1.1", "GET /\0 HTTP/1.1", "GET / HTTP/11"])
        {
            assert!(first(line) == Err(Status::BadRequest), "{line}");
        }
        assert!(first("PRI / HTTP/2.0") == Err(Status::VersionNotSupported));
        assert!(Request::from_line(b"GET /?long HTTP/1.1", "/metrics", |_| false).err() == Some(Status::UriTooLong));
    }

    #[test]
    fn headers() {
        let head = |version: &str, lines: &[&str]| {
            let mut request = Request::from_line(std::format!("GET / HTTP/{version}").as_bytes(), "/metrics", |_| true)?;
            lines.iter().try_for_each(|line| request.header(line.as_bytes(), false))?;
            request.finish().map(|()| request)
        };
        assert!(head("1.1", &["host: x"]).unwrap().keeps_alive());
        assert!(!head("1.1", &["Host: x", "Connection: x , Close"]).unwrap().keeps_alive());
        assert!(!head("1.0", &[]).unwrap().keeps_alive());
        assert!(head("1.0", &["Connection: Keep-Alive"]).unwrap().keeps_alive());
        assert!(!head("1.1", &["Host: x", "Content-Length: 5"]).unwrap().keeps_alive());
        assert!(head("1.1", &["Host: x", "Content-Length: 0"]).unwrap().keeps_alive());
        assert!(!head("1.1", &["Host: x", "Transfer-Encoding: chunked"]).unwrap().keeps_alive());
        for lines in [&[][..], &["Host: a", "Host: b"], &["Host: x", "no colon"], &["Host: x", " folded: x"], &["Host : x"], &[": x"]] {
            assert!(head("1.1", lines).err() == Some(Status::BadRequest), "{lines:?}");
        }
        for line in ["Content-Length: -1", "Content-Length:", "X: a\0b", "X: a\rb", "X y: z"] {
            assert!(head("1.1", &["Host: x", line]).err() == Some(Status::BadRequest), "{line}");
        }
    }

    #[test]
    fn the_time_that_the_scraper_waits() {
        let timeout = |text: &str| parse_millis(text.as_bytes());
        assert_eq!(timeout("10"), Some(10_000));
        assert_eq!(timeout("9.5"), Some(9_500));
        assert_eq!(timeout("0.12345"), Some(123));
        for bad in ["", "x", "-1", "1e3", "5000000", ".5", "1.x"] {
            assert_eq!(timeout(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_list_that_is_cut_counts_up_to_its_last_comma() {
        let mut request = Request::from_line(b"GET / HTTP/1.0", "/metrics", |_| true).unwrap();
        request.header(b"Accept: text/plain;q=0.5,application/openmetrics-tex", true).unwrap();
        assert_eq!(request.negotiated().format, crate::encode::Format::Text004);
    }
}
