//! Requests for metrics without a server: the parts of a request go in, the parts of a response come out.
//!
//! [`respond`] is what every server here has in common, and what joins metrics to one that is not: negotiation of the format by
//! `Accept`, of the compression by `Accept-Encoding`, the pick of families by `name[]=`, and the right status.

mod encoding;

use std::borrow::Cow;
use std::sync::Arc;

use picometer::Collector;
use picometer::http::{Negotiated, Selection};
use picometer_registry::Scrape;

pub(crate) use self::encoding::Encoding;
use self::encoding::compress;
use crate::page::{self, Page};

/// What a request for metrics asks.
///
/// ```
/// use picometer_std::respond::RequestParts;
///
/// let request = RequestParts::new("GET", "/metrics?name[]=up")
///     .header("Accept", "text/plain")
///     .header("User-Agent", "curl/8");
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
    ///
    /// ```
    /// # use picometer_std::Registry;
    /// use picometer_std::respond::{RequestParts, respond};
    ///
    /// let accept = "application/openmetrics-text;version=1.0.0";
    /// let request = RequestParts::new("GET", "/metrics").header("accept", accept);
    /// assert_eq!(respond(&request, &Registry::new()).body, b"# EOF\n");
    /// ```
    #[must_use]
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
/// let response =
///     respond(&RequestParts::new("PUT", "/metrics"), &picometer::Registry::new(&[]));
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
/// use picometer::{Counter, Desc, Metric};
/// use picometer_std::respond::{RequestParts, respond};
///
/// static BOOTS: Metric<Counter> = Metric::new(&Desc::counter("boots_total", ""));
/// let request = RequestParts::new("GET", "/metrics")
///     .header("accept", "application/openmetrics-text;version=1.0.0");
/// let response = respond(&request, &BOOTS);
/// assert_eq!(response.status, 200);
/// assert_eq!(response.body, b"# TYPE boots counter\nboots_total 0\n# EOF\n");
/// ```
#[doc(alias("make_wsgi_app", "make_asgi_app", "HandlerFor"))]
pub fn respond(request: &RequestParts<'_>, metrics: &dyn Collector) -> ResponseParts {
    let answer = match &*request.method {
        "GET" | "HEAD" => match Asked::of(request) {
            Ok(asked) => asked.answer(&Arc::new(asked.scrape()), metrics, &mut Buffers::default()),
            Err(refusal) => refusal,
        },
        "OPTIONS" => Answer::text(200, "").with(ALLOW),
        _ => Answer::text(405, "405 Method Not Allowed\n").with(ALLOW),
    };
    let length = answer.body.as_bytes().len();
    let mut headers = answer.headers;
    headers.push(("content-length", length.to_string().into()));
    let body = match answer.body {
        _ if request.method == "HEAD" => Vec::new(),
        Body::Text(text) => text.into_owned().into_bytes(),
        Body::Page(page) => page.into_vec(),
        Body::Compressed(bytes) => bytes,
    };
    ResponseParts { status: answer.status, headers, body }
}

/// Memory that pages are made in, again and again.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    pub(crate) page: Page,
    pub(crate) compressed: Vec<u8>,
}

/// A response, with the memory that its body lies in.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, Cow<'static, str>)>,
    pub(crate) body: Body,
}

#[derive(Debug)]
pub(crate) enum Body {
    Text(Cow<'static, str>),
    Page(Page),
    Compressed(Vec<u8>),
}

impl Body {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Page(page) => page.as_slice(),
            Self::Compressed(bytes) => bytes,
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

/// What a request asks of a page. Requests for which this is equal are answered by one page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    negotiated: Negotiated,
    encoding: Encoding,
    /// Sorted, each of them once; everything is asked for without.
    names: Vec<Box<str>>,
}

impl Asked {
    /// What a `GET` or `HEAD` asks, or why it cannot be answered.
    pub(crate) fn of(request: &RequestParts<'_>) -> Result<Self, Answer> {
        let query = request.query().as_bytes();
        let mut room = vec![0; query.len()];
        let selection = if query.len() > LONGEST_QUERY { None } else { Selection::parse(query, &mut room) };
        let Some(selection) = selection else { return Err(Answer::text(414, "414 URI Too Long\n")) };
        let mut names: Vec<Box<str>> = selection.names().map(|name| String::from_utf8_lossy(name).into()).collect();
        if names.is_empty() && !selection.is_everything() {
            // What was asked for is no name at all, which is not to say that everything was.
            names.push("".into());
        }
        names.sort_unstable();
        names.dedup();
        let encoding = Encoding::from_accept(&request.accept_encoding);
        Ok(Self { negotiated: Negotiated::from_accept(&request.accept), encoding, names })
    }

    /// The scrape that makes the page.
    pub(crate) fn scrape(&self) -> Scrape {
        if self.names.is_empty() { Scrape::new() } else { Scrape::new().only(self.names.iter().cloned()) }
    }

    /// Makes the page, in memory that is taken from `buffers`; runs the collectors.
    pub(crate) fn answer(&self, scrape: &Arc<Scrape>, metrics: &dyn Collector, buffers: &mut Buffers) -> Answer {
        if let Err(error) = page::render_in(scrape, metrics, self.negotiated, &self.names, &mut buffers.page) {
            return Answer::text(500, format!("500 Internal Server Error: {error}\n"));
        }
        let mut headers = vec![
            ("content-type", self.negotiated.content_type().parts().concat().into()),
            // Caches must know what the page depended on, also where it is the plain one.
            ("vary", "Accept, Accept-Encoding".into()),
        ];
        let body = if compress(self.encoding, buffers.page.as_slice(), &mut buffers.compressed) {
            headers.push(("content-encoding", self.encoding.token().into()));
            Body::Compressed(std::mem::take(&mut buffers.compressed))
        } else {
            Body::Page(std::mem::take(&mut buffers.page))
        };
        Answer { status: 200, headers, body }
    }
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
