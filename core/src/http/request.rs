//! The head of a request, line by line (RFC 9112).

use heapless::Vec;

use super::accept::{Negotiated, Negotiation, is};
use super::query::is_path;
use super::status::Status;

/// What a request asks for.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) path: Path,
    /// HTTP/1.1 or later in 1.x; otherwise 1.0.
    pub(super) modern: bool,
    /// How long the scraper waits, in seconds as it wrote them: read only where somebody asks. Longer texts than any scraper's are
    /// as good as none.
    scrape_timeout: Vec<u8, 12>,
    keep_alive: bool,
    /// Nothing can follow it: the client says so, or it has a body, which is not read.
    last: bool,
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

static METHODS: [(&str, Method); 9] = [
    ("GET", Method::Get),
    ("HEAD", Method::Head),
    ("OPTIONS", Method::Options),
    ("POST", Method::NotAllowed),
    ("PUT", Method::NotAllowed),
    ("DELETE", Method::NotAllowed),
    ("PATCH", Method::NotAllowed),
    ("TRACE", Method::NotAllowed),
    ("CONNECT", Method::NotAllowed),
];

#[derive(Clone, Copy)]
enum Field {
    Host,
    Accept,
    Connection,
    ContentLength,
    TransferEncoding,
    ScrapeTimeout,
}

static FIELDS: [(&str, Field); 6] = [
    ("Host", Field::Host),
    ("Accept", Field::Accept),
    ("Connection", Field::Connection),
    ("Content-Length", Field::ContentLength),
    ("Transfer-Encoding", Field::TransferEncoding),
    ("X-Prometheus-Scrape-Timeout-Seconds", Field::ScrapeTimeout),
];

impl Request {
    /// Before anything is known.
    pub(super) const NONE: Self = Self {
        method: Method::Unknown,
        path: Path::Unknown,
        modern: true,
        scrape_timeout: Vec::new(),
        keep_alive: false,
        last: false,
        hosts: 0,
        negotiation: Negotiation::NEW,
    };

    /// Reads the first line; `metrics` is the path of the metrics, `query` takes what follows the path.
    pub(super) fn from_line(line: &[u8], metrics: &str, query: impl FnOnce(&[u8]) -> bool) -> Result<Self, Status> {
        let (method, rest) = split_at_byte(line, b' ');
        let (target, version) = split_at_byte(rest, b' ');
        if !is_token(method) || target.is_empty() || !target.iter().all(u8::is_ascii_graphic) {
            return Err(Status::BadRequest);
        }
        let modern = match version.strip_prefix(b"HTTP/") {
            Some([b'1', b'.', minor @ b'0'..=b'9']) => *minor != b'0',
            Some([b'0'..=b'9', b'.', b'0'..=b'9']) => return Err(Status::VersionNotSupported),
            _ => return Err(Status::BadRequest),
        };
        let known = METHODS.iter().find(|(name, _)| name.as_bytes() == method);
        let method = known.map_or(Method::Unknown, |&(_, method)| method);
        let path = match (method, target) {
            (Method::Options, b"*") => Path::Server,
            // The target of `CONNECT` is a host, which is as wrong here as any path is.
            (Method::NotAllowed, _) if !target.starts_with(b"/") => Path::Server,
            _ => {
                let (path, rest) = split_at_byte(origin(target).ok_or(Status::BadRequest)?, b'?');
                if !query(rest) {
                    return Err(Status::UriTooLong);
                }
                match () {
                    () if is_path(path, metrics) => Path::Metrics,
                    () if path == b"/" => Path::Index,
                    () => Path::Unknown,
                }
            }
        };
        Ok(Self { method, path, modern, keep_alive: modern, ..Self::NONE })
    }

    /// Reads a line behind the first; `cut` says that only its start is there.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn header(&mut self, line: &[u8], cut: bool) -> Result<(), Status> {
        let (name, value) = split_at_byte(line, b':');
        // A token has no blank in it, so this refuses folded lines and blanks before the colon too (RFC 9112 section 5); a line
        // without a colon is its own name.
        let bad = |byte: &u8| *byte != b'\t' && byte.is_ascii_control();
        if !is_token(name) || name.len() == line.len() || value.iter().any(bad) {
            return Err(Status::BadRequest);
        }
        let value = trim(value);
        let Some(&(_, field)) = FIELDS.iter().find(|(known, _)| is(name, known)) else { return Ok(()) };
        match field {
            Field::Host => self.hosts = self.hosts.saturating_add(1),
            Field::Accept => {
                // Of a list that is cut the last range may be another than was meant.
                let end = if cut { value.iter().rposition(|&byte| byte == b',').unwrap_or(0) } else { value.len() };
                self.negotiation.header(value.get(..end).unwrap_or(&[]));
            }
            Field::Connection => {
                // What is cut off may be `close`, which counts wherever it stands (RFC 9112 section 9.3).
                self.last |= cut;
                let mut rest = value;
                while !rest.is_empty() {
                    let option;
                    (option, rest) = split_at_byte(rest, b',');
                    let option = trim(option);
                    if is(option, "close") {
                        self.last = true;
                    } else if is(option, "keep-alive") && !self.modern {
                        self.keep_alive = true;
                    }
                }
            }
            Field::ContentLength => {
                if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
                    return Err(Status::BadRequest);
                }
                self.last |= cut || value.iter().any(|&digit| digit != b'0');
            }
            Field::TransferEncoding => self.last = true,
            Field::ScrapeTimeout => {
                self.scrape_timeout.clear();
                let _ = self.scrape_timeout.extend_from_slice(value);
            }
        }
        Ok(())
    }

    /// The head is whole.
    pub(super) fn finish(&self) -> Result<(), Status> {
        // RFC 9112 section 3.2: exactly one in HTTP/1.1.
        if self.hosts > 1 || (self.modern && self.hosts == 0) { Err(Status::BadRequest) } else { Ok(()) }
    }

    /// Whether another request may follow.
    pub(super) fn keeps_alive(&self) -> bool {
        self.keep_alive && !self.last
    }

    /// Milliseconds that the scraper waits.
    pub(super) fn scrape_timeout_millis(&self) -> Option<u32> {
        parse_millis(&self.scrape_timeout)
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
    let (scheme, rest) = target.split_at_checked(7)?;
    if !is(scheme, "http://") {
        return None;
    }
    match rest.iter().position(|&byte| byte == b'/') {
        Some(at) => rest.get(at..),
        None => Some(b"/"),
    }
}

/// Without blanks at the ends. One copy of the code for all callers.
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
pub(super) fn trim(text: &[u8]) -> &[u8] {
    text.trim_ascii()
}

/// What is in front of the first such byte, and what is behind it.
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
pub(super) fn split_at_byte(text: &[u8], at: u8) -> (&[u8], &[u8]) {
    let index = text.iter().position(|&byte| byte == at).unwrap_or(text.len());
    let (before, rest) = text.split_at_checked(index).unwrap_or((text, &[]));
    (before, rest.get(1..).unwrap_or(&[]))
}

/// RFC 9110 section 5.6.2.
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
fn is_token(text: &[u8]) -> bool {
    let is =
        |byte: &u8| matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'^'..=b'z' | b'|' | b'~');
    !text.is_empty() && text.iter().all(is)
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
