//! What the head of a request asks for.

use heapless::Vec;

use super::accept::{Negotiated, Negotiation};
use super::auth::Auth;
use super::bytes::{is, split_at_byte};
use super::head::{Framing, RequestLine};
use super::query::is_path;
use super::status::Status;

/// What a request asks for.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) path: Path,
    /// HTTP/1.1 or later in 1.x; otherwise 1.0.
    pub(super) modern: bool,
    /// How long the scraper waits, in seconds as it wrote them: read only when asked for. Longer texts than any scraper's are
    /// as good as none.
    scrape_timeout: Vec<u8, 12>,
    framing: Framing,
    negotiation: Negotiation,
    /// How many `Authorization` fields there were, and whether the last one was right.
    authorizations: u8,
    authorized: bool,
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
    Accept,
    Authorization,
    ScrapeTimeout,
}

static FIELDS: [(&str, Field); 3] =
    [("Accept", Field::Accept), ("Authorization", Field::Authorization), ("X-Prometheus-Scrape-Timeout-Seconds", Field::ScrapeTimeout)];

impl Request {
    /// Before anything is known.
    pub(super) const NONE: Self = Self {
        method: Method::Unknown,
        path: Path::Unknown,
        modern: true,
        scrape_timeout: Vec::new(),
        framing: Framing::new(true),
        negotiation: Negotiation::NEW,
        authorizations: 0,
        authorized: false,
    };

    /// Reads the first line; `metrics` is the path of the metrics, `query` takes what follows the path.
    pub(super) fn from_line(line: &[u8], metrics: &str, query: impl FnOnce(&[u8])) -> Result<Self, Status> {
        let line = RequestLine::parse(line)?;
        let known = METHODS.iter().find(|(name, _)| name.as_bytes() == line.method);
        let method = known.map_or(Method::Unknown, |&(_, method)| method);
        let path = match (method, line.target) {
            (Method::Options, b"*") => Path::Server,
            // The target of `CONNECT` is a host, which is as wrong here as any path is.
            (Method::NotAllowed, target) if !target.starts_with(b"/") => Path::Server,
            _ => {
                let (path, rest) = line.path_and_query(&["http"]).ok_or(Status::BadRequest)?;
                query(rest);
                match () {
                    () if is_path(path, metrics) => Path::Metrics,
                    () if path == b"/" => Path::Index,
                    () => Path::Unknown,
                }
            }
        };
        let modern = line.minor > 0;
        Ok(Self { method, path, modern, framing: Framing::new(modern), ..Self::NONE })
    }

    /// Reads a line behind the first; `cut` says that only its start is there.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn header(&mut self, line: &[u8], cut: bool, auth: Option<&Auth<'_>>) -> Result<(), Status> {
        let (name, value) = self.framing.header(line, cut)?;
        let Some(&(_, field)) = FIELDS.iter().find(|(known, _)| is(name, known)) else { return Ok(()) };
        match field {
            Field::Accept => {
                // Of a list that is cut the last range may be another than was meant.
                let end = if cut { value.iter().rposition(|&byte| byte == b',').unwrap_or(0) } else { value.len() };
                self.negotiation.header(value.get(..end).unwrap_or(&[]));
            }
            Field::Authorization => {
                self.authorizations = self.authorizations.saturating_add(1);
                self.authorized = !cut && auth.is_some_and(|auth| auth.admits(value));
            }
            Field::ScrapeTimeout => {
                self.scrape_timeout.clear();
                let _ = self.scrape_timeout.extend_from_slice(value);
            }
        }
        Ok(())
    }

    /// The head is whole.
    pub(super) fn finish(&self) -> Result<(), Status> {
        self.framing.finish().map(|_| ())
    }

    /// Whether there were credentials, once, and right ones.
    pub(super) fn is_authorized(&self) -> bool {
        self.authorized && self.authorizations == 1
    }

    /// Whether another request may follow.
    pub(super) fn keeps_alive(&self) -> bool {
        self.framing.finish() == Ok(true)
    }

    /// Milliseconds that the scraper waits.
    pub(super) fn scrape_timeout_millis(&self) -> Option<u32> {
        parse_millis(&self.scrape_timeout)
    }

    pub(super) fn negotiated(&self) -> Negotiated {
        self.negotiation.result()
    }
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
        Request::from_line(line.as_bytes(), "/metrics", |_| ()).map(|request| (request.method, request.path, request.modern))
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
    }

    #[test]
    fn headers() {
        let head = |version: &str, lines: &[&str]| {
            let mut request = Request::from_line(std::format!("GET / HTTP/{version}").as_bytes(), "/metrics", |_| ())?;
            lines.iter().try_for_each(|line| request.header(line.as_bytes(), false, None))?;
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
        let mut request = Request::from_line(b"GET / HTTP/1.0", "/metrics", |_| ()).unwrap();
        request.header(b"Accept: text/plain;q=0.5,application/openmetrics-tex", true, None).unwrap();
        assert_eq!(request.negotiated().format, crate::encode::Format::Text004);
    }
}
