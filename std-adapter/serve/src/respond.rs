//! Requests for metrics without a server: the parts of a request go in, the parts of a response come out.
//!
//! [`respond`] is what every server here has in common, and what joins metrics to one that is not: negotiation of the format by
//! `Accept`, of the compression by `Accept-Encoding`, the pick of families by `name[]=`, and the right status.

mod encoding;

use std::borrow::Cow;

use picometer::Collector;
use picometer::http::{Negotiated, Selection};

pub(crate) use self::encoding::Encoding;
use self::encoding::compress;
use crate::page::{self, Page};

/// What a request for metrics asks.
///
/// ```
/// use picometer_std::respond::RequestParts;
///
/// let request = RequestParts::new("GET", "/metrics?name[]=up").header("Accept", "text/plain").header("User-Agent", "curl/8");
/// ```
#[derive(Clone, Debug, Default)]
pub struct RequestParts<'a> {
    pub(crate) method: Cow<'a, str>,
    pub(crate) target: Cow<'a, str>,
    pub(crate) accept: Cow<'a, str>,
    pub(crate) accept_encoding: Cow<'a, str>,
}

impl<'a> RequestParts<'a> {
    /// A request by its method and its target: path and query, or only the query with its `?`.
    pub fn new(method: impl Into<Cow<'a, str>>, target: impl Into<Cow<'a, str>>) -> Self {
        Self { method: method.into(), target: target.into(), ..Self::default() }
    }

    /// The same request with one header more, in any order. Those that do not matter are passed over.
    pub fn header(mut self, name: &str, value: &'a str) -> Self {
        self.add_header(name, value);
        self
    }

    pub(crate) fn add_header(&mut self, name: &str, value: &'a str) {
        let known = match () {
            () if name.eq_ignore_ascii_case("accept") => &mut self.accept,
            () if name.eq_ignore_ascii_case("accept-encoding") => &mut self.accept_encoding,
            () => return,
        };
        // RFC 9110 section 5.3: lines of one name are one list.
        if known.is_empty() {
            *known = Cow::Borrowed(value);
        } else {
            *known += ",";
            *known += value;
        }
    }

    fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }
}

/// A response to a request for metrics.
///
/// ```
/// use picometer_std::respond::{RequestParts, respond};
///
/// let response = respond(&RequestParts::new("PUT", "/metrics"), &picometer::Registry::new(&[]));
/// assert_eq!(response.status, 405);
/// assert!(response.headers.contains(&("allow", "GET, HEAD, OPTIONS".into())));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseParts {
    /// The status code.
    pub status: u16,
    /// Names in lower case, with their values; `content-length` is among them.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// The body; empty in answer to `HEAD`, whatever `content-length` says.
    pub body: Vec<u8>,
}

/// Answers a request for metrics.
///
/// | request | status |
/// |---|---|
/// | `GET`, `HEAD` | 200; 500 if the page cannot be made |
/// | `OPTIONS` | 200 with `allow` |
/// | a query of more than 65,536 bytes | 414 |
/// | another method | 405 with `allow` |
///
/// The path is not looked at. It runs the collectors on the thread of the caller.
///
/// ```
/// use picometer_std::respond::{RequestParts, respond};
/// use picometer::{Counter, Desc, Metric};
///
/// static BOOTS: Metric<Counter> = Metric::new(&Desc::counter("boots_total", ""));
/// let request = RequestParts::new("GET", "/metrics").header("accept", "application/openmetrics-text;version=1.0.0");
/// let response = respond(&request, &BOOTS);
/// assert_eq!(response.status, 200);
/// assert_eq!(response.body, b"# TYPE boots counter\nboots_total 0\n# EOF\n");
/// ```
pub fn respond(request: &RequestParts<'_>, metrics: &dyn Collector) -> ResponseParts {
    let mut buffers = Buffers::default();
    let answer = answer(request, metrics, &mut buffers);
    let length = answer.body.of(&buffers).len();
    let mut headers = answer.headers;
    headers.push(("content-length", length.to_string().into()));
    let body = match answer.body {
        _ if request.method == "HEAD" => Vec::new(),
        Body::Text(text) => text.into_owned().into_bytes(),
        Body::Page => buffers.page.into_vec(),
        Body::Compressed => buffers.compressed,
    };
    ResponseParts { status: answer.status, headers, body }
}

/// Memory that pages are made in, again and again.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    page: Page,
    compressed: Vec<u8>,
    names: Vec<u8>,
}

/// A response whose body may lie in the [`Buffers`].
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, Cow<'static, str>)>,
    pub(crate) body: Body,
}

#[derive(Debug)]
pub(crate) enum Body {
    Text(Cow<'static, str>),
    Page,
    Compressed,
}

impl Body {
    pub(crate) fn of<'b>(&'b self, buffers: &'b Buffers) -> &'b [u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Page => buffers.page.as_slice(),
            Self::Compressed => &buffers.compressed,
        }
    }
}

pub(crate) const ALLOW: (&str, Cow<'static, str>) = ("allow", Cow::Borrowed("GET, HEAD, OPTIONS"));
const LONGEST_QUERY: usize = 65_536;

impl Answer {
    pub(crate) fn text(status: u16, text: impl Into<Cow<'static, str>>) -> Self {
        let headers = vec![("content-type", "text/plain; charset=utf-8".into())];
        Self { status, headers, body: Body::Text(text.into()) }
    }

    pub(crate) fn with(mut self, header: (&'static str, Cow<'static, str>)) -> Self {
        self.headers.push(header);
        self
    }
}

/// [`respond`] into memory that is kept.
pub(crate) fn answer(request: &RequestParts<'_>, metrics: &dyn Collector, buffers: &mut Buffers) -> Answer {
    match &*request.method {
        "GET" | "HEAD" => {}
        "OPTIONS" => return Answer::text(200, "").with(ALLOW),
        _ => return Answer::text(405, "405 Method Not Allowed\n").with(ALLOW),
    }
    let query = request.query().as_bytes();
    buffers.names.clear();
    buffers.names.resize(query.len(), 0);
    let selection = if query.len() > LONGEST_QUERY { None } else { Selection::parse(query, &mut buffers.names) };
    let Some(selection) = selection else { return Answer::text(414, "414 URI Too Long\n") };
    let negotiated = Negotiated::from_accept(&request.accept);
    if let Err(error) = page::render(metrics, negotiated, &selection, &mut buffers.page) {
        return Answer::text(500, format!("500 Internal Server Error: {error}\n"));
    }
    let mut headers = vec![
        ("content-type", negotiated.content_type().parts().concat().into()),
        // Caches must know what the page depended on, also where it is the plain one.
        ("vary", "Accept, Accept-Encoding".into()),
    ];
    let encoding = Encoding::from_accept(&request.accept_encoding);
    let body = if compress(encoding, buffers.page.as_slice(), &mut buffers.compressed) {
        headers.push(("content-encoding", encoding.token().into()));
        Body::Compressed
    } else {
        Body::Page
    };
    Answer { status: 200, headers, body }
}

#[cfg(test)]
mod tests {
    use super::*;
    use picometer::{Counter, Desc, Metric};

    static BOOTS: Metric<Counter> = Metric::new(&Desc::counter("boots_total", ""));

    fn header<'r>(response: &'r ResponseParts, name: &str) -> Option<&'r str> {
        response.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| &**value)
    }

    #[test]
    fn lines_of_one_header_are_one_list() {
        let request = RequestParts::new("GET", "/metrics")
            .header("Accept", "text/plain;q=0.3")
            .header("ACCEPT", "application/openmetrics-text;version=1.0.0");
        let response = respond(&request, &BOOTS);
        assert_eq!(header(&response, "content-type"), Some("application/openmetrics-text; version=1.0.0; charset=utf-8"));
    }

    #[test]
    fn head_says_how_long_the_page_is() {
        let response = respond(&RequestParts::new("HEAD", "/metrics"), &BOOTS);
        let page = respond(&RequestParts::new("GET", "/metrics"), &BOOTS);
        assert!(response.body.is_empty());
        assert_eq!(header(&response, "content-length"), Some(page.body.len().to_string().as_str()));
    }

    #[test]
    fn families_are_picked_and_a_query_has_an_end() {
        let body = |target: &str| respond(&RequestParts::new("GET", target), &BOOTS);
        assert!(body("/metrics?name[]=other").body.is_empty());
        assert!(!body("?x=1&name%5B%5D=boots_total").body.is_empty());
        assert_eq!(body(&format!("/?{}", "x".repeat(65_537))).status, 414);
    }
}
