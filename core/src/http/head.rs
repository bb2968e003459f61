//! The head of a request, checked line by line (RFC 9112 sections 3, 5 and 6): the one parser of every server here.

use super::bytes::{is, split_at_byte, trim};
use super::status::Status;

/// The first line of a request.
///
/// ```
/// use picometer::http::{RequestLine, Status};
///
/// let line =
///     RequestLine::parse(b"GET http://host:9100/metrics?name[]=up HTTP/1.1").unwrap();
/// assert_eq!((line.method, line.minor), (&b"GET"[..], 1));
/// assert_eq!(
///     line.path_and_query(&["http"]),
///     Some((&b"/metrics"[..], &b"name[]=up"[..]))
/// );
/// assert_eq!(RequestLine::parse(b"GET /metrics"), Err(Status::BadRequest));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestLine<'a> {
    /// The method, a token.
    pub method: &'a [u8],
    /// The target as it was sent: visible ASCII.
    pub target: &'a [u8],
    /// The digit behind `HTTP/1.`.
    pub minor: u8,
}

#[cfg(feature = "defmt")]
impl defmt::Format for RequestLine<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        // Both are ASCII.
        let text = |bytes| core::str::from_utf8(bytes).unwrap_or("?");
        defmt::write!(f, "{=str} {=str} HTTP/1.{=u8}", text(self.method), text(self.target), self.minor);
    }
}

impl<'a> RequestLine<'a> {
    /// Checks a line, without its end.
    ///
    /// # Errors
    ///
    /// [`Status::VersionNotSupported`] for HTTP/2 and others; [`Status::BadRequest`] for what is no request line.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub fn parse(line: &'a [u8]) -> Result<Self, Status> {
        let (method, rest) = split_at_byte(line, b' ');
        let (target, version) = split_at_byte(rest, b' ');
        if !is_token(method) || target.is_empty() || !target.iter().all(u8::is_ascii_graphic) {
            return Err(Status::BadRequest);
        }
        match version.strip_prefix(b"HTTP/") {
            Some([b'1', b'.', minor @ b'0'..=b'9']) => Ok(Self { method, target, minor: minor - b'0' }),
            Some([b'0'..=b'9', b'.', b'0'..=b'9']) => Err(Status::VersionNotSupported),
            _ => Err(Status::BadRequest),
        }
    }

    /// The path and the query of the target, in origin form or in absolute form with one of these schemes (RFC 9112 section 3.2).
    /// `None` if it has no path: `*`, the host of `CONNECT`, another scheme, no host or user information in front of one.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub fn path_and_query(&self, schemes: &[&str]) -> Option<(&'a [u8], &'a [u8])> {
        let (path, query) = split_at_byte(self.target, b'?');
        if path.starts_with(b"/") {
            return Some((path, query));
        }
        let scheme = path.iter().position(|&byte| byte == b':')?;
        let (scheme, rest) = path.split_at_checked(scheme)?;
        let rest = rest.strip_prefix(b"://")?;
        let end = rest.iter().position(|&byte| byte == b'/').unwrap_or(rest.len());
        let (host, path) = rest.split_at_checked(end)?;
        let known = schemes.iter().any(|known| is(scheme, known));
        (known && !host.is_empty() && is_host(host)).then_some((if path.is_empty() { b"/" } else { path }, query))
    }
}

/// What the lines behind the first say of the message itself: its host, its body, and whether another request may follow.
///
/// ```
/// use picometer::http::{Framing, Status};
///
/// let mut framing = Framing::new(true);
/// assert_eq!(framing.header(b"Host: x", false), Ok((&b"Host"[..], &b"x"[..])));
/// assert_eq!(
///     framing.header(b"Accept:  text/plain ", false),
///     Ok((&b"Accept"[..], &b"text/plain"[..]))
/// );
/// assert_eq!(framing.finish(), Ok(true));
/// assert_eq!(
///     framing.header(b"Content-Length: 5\xff", false),
///     Err(Status::BadRequest)
/// );
/// ```
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Framing {
    /// HTTP/1.1 or later in 1.x; otherwise 1.0.
    modern: bool,
    keep_alive: bool,
    /// Nothing can follow it: the client says so, or it has a body, which is not read.
    last: bool,
    host: bool,
    length: bool,
    body: bool,
    coded: bool,
    /// Whether the last coding was `chunked`.
    chunked: bool,
}

#[derive(Clone, Copy)]
enum Field {
    Host,
    Connection,
    ContentLength,
    TransferEncoding,
}

static FIELDS: [(&str, Field); 4] = [
    ("Host", Field::Host),
    ("Connection", Field::Connection),
    ("Content-Length", Field::ContentLength),
    ("Transfer-Encoding", Field::TransferEncoding),
];

impl Framing {
    /// Of a request by HTTP/1.1 or later, or by 1.0.
    pub const fn new(modern: bool) -> Self {
        Self { modern, keep_alive: modern, last: false, host: false, length: false, body: false, coded: false, chunked: false }
    }

    /// Checks a line behind the first, without its end, and returns its name and its value without blanks around it. `cut` says
    /// that only the start of the line is there.
    ///
    /// # Errors
    ///
    /// [`Status::BadRequest`] for what is no header line, and for a host or a length of the message that is not beyond doubt.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub fn header<'l>(&mut self, line: &'l [u8], cut: bool) -> Result<(&'l [u8], &'l [u8]), Status> {
        let (name, value) = split_at_byte(line, b':');
        // A token has no blank in it, so this refuses folded lines and blanks before the colon too (RFC 9112 section 5); a line
        // without a colon is its own name.
        let is_control = |byte: &u8| *byte != b'\t' && byte.is_ascii_control();
        if !is_token(name) || name.len() == line.len() || value.iter().any(is_control) {
            return Err(Status::BadRequest);
        }
        let value = trim(value);
        let right = match FIELDS.iter().find(|(known, _)| is(name, known)) {
            // RFC 9112 section 3.2: exactly one in HTTP/1.1.
            Some((_, Field::Host)) => !core::mem::replace(&mut self.host, true) && is_host(value),
            Some((_, Field::Connection)) => {
                self.connection(value, cut);
                true
            }
            // RFC 9112 section 6.3: a length that readers could understand differently is none. Twice it may only be zero.
            Some((_, Field::ContentLength)) => {
                let body = cut || value.iter().any(|&digit| digit != b'0');
                let again = core::mem::replace(&mut self.length, true) && (body || self.body);
                (self.body, self.last) = (self.body || body, self.last || body);
                !again && !value.is_empty() && value.iter().all(u8::is_ascii_digit)
            }
            Some((_, Field::TransferEncoding)) => {
                (self.last, self.coded) = (true, true);
                self.codings(value) && !cut
            }
            None => true,
        };
        if right { Ok((name, value)) } else { Err(Status::BadRequest) }
    }

    /// The head is whole: whether another request may follow.
    ///
    /// # Errors
    ///
    /// [`Status::BadRequest`] for HTTP/1.1 without a host, a length beside a coding, and a body whose end cannot be found.
    pub const fn finish(&self) -> Result<bool, Status> {
        if (self.modern && !self.host) || (self.coded && (self.length || !self.chunked)) {
            return Err(Status::BadRequest);
        }
        Ok(self.keep_alive && !self.last)
    }

    fn connection(&mut self, mut rest: &[u8], cut: bool) {
        // What is cut off may be `close`, which counts wherever it stands (RFC 9112 section 9.3).
        self.last |= cut;
        while !rest.is_empty() {
            let option;
            (option, rest) = split_at_byte(rest, b',');
            let option = trim(option);
            if is(option, "close") {
                self.last = true;
            } else if is(option, "keep-alive") {
                self.keep_alive = true;
            }
        }
    }

    /// Reads a list of codings; whether it can be one (RFC 9112 section 6.1: `chunked` is the last one, and is there once).
    fn codings(&mut self, mut rest: &[u8]) -> bool {
        while !rest.is_empty() {
            let coding;
            (coding, rest) = split_at_byte(rest, b',');
            let coding = trim(coding);
            if self.chunked || !coding.is_ascii() {
                return false;
            }
            self.chunked = is(coding, "chunked");
        }
        true
    }
}

/// RFC 9110 section 5.6.2.
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
fn is_token(text: &[u8]) -> bool {
    let is =
        |byte: &u8| matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'^'..=b'z' | b'|' | b'~');
    !text.is_empty() && text.iter().all(is)
}

/// Whether these bytes can be in a host and its port (RFC 3986 section 3.2.2); nothing at all can.
fn is_host(text: &[u8]) -> bool {
    text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=%[]:".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_is_found_in_every_form() {
        let split = |target: &str| {
            let line = std::format!("GET {target} HTTP/1.1");
            let line = RequestLine::parse(line.as_bytes()).unwrap();
            let text = |bytes: &[u8]| std::string::String::from_utf8(bytes.to_vec()).unwrap();
            line.path_and_query(&["http", "https"]).map(|(path, query)| (text(path), text(query)))
        };
        let is = |target: &str, path: &str, query: &str| assert_eq!(split(target), Some((path.into(), query.into())), "{target}");
        is("/metrics", "/metrics", "");
        is("/metrics?a?b", "/metrics", "a?b");
        is("/?x=http://y/z", "/", "x=http://y/z");
        is("http://x", "/", "");
        is("HTTPS://[::1]:9/a/b?c", "/a/b", "c");
        is("http://x?c/d", "/", "c/d");
        for none in ["*", "x:80", "ftp://x/", "http:/x", "http:///x", "http://u@x/", "x", "://x/", "http//x:/"] {
            assert_eq!(split(none), None, "{none}");
        }
    }

    #[test]
    fn framing_is_beyond_doubt_or_refused() {
        let finish = |modern: bool, lines: &[&[u8]]| {
            let mut framing = Framing::new(modern);
            lines.iter().try_for_each(|line| framing.header(line, false).map(|_| ())).and_then(|()| framing.finish())
        };
        assert_eq!(finish(true, &[b"host:"]), Ok(true));
        assert_eq!(finish(false, &[]), Ok(false));
        assert_eq!(finish(false, &[b"Connection: x, Keep-Alive"]), Ok(true));
        assert_eq!(finish(false, &[b"Connection: keep-alive, close"]), Ok(false));
        assert_eq!(finish(true, &[b"Host: x", b"Content-Length: 00"]), Ok(true));
        assert_eq!(finish(true, &[b"Host: x", b"Content-Length: 00", b"Content-Length: 0"]), Ok(true));
        assert_eq!(finish(true, &[b"Host: x", b"Content-Length: 50"]), Ok(false));
        assert_eq!(finish(true, &[b"Host: x", b"Transfer-Encoding: gzip , CHUNKED"]), Ok(false));
        assert_eq!(finish(true, &[b"Host: x", b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked"]), Ok(false));
        let refused: &[&[&[u8]]] = &[
            &[],
            &[b"Host: x", b"Host: x"],
            &[b"Host: a b"],
            &[b"Host: x", b"Content-Length: 1", b"Content-Length: 1"],
            &[b"Host: x", b"Content-Length: 0", b"Content-Length: 1"],
            &[b"Host: x", b"Content-Length: 5\xff"],
            &[b"Host: x", b"Content-Length: 5", b"Transfer-Encoding: chunked"],
            &[b"Host: x", b"Transfer-Encoding: chunked, gzip"],
            &[b"Host: x", b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"],
            &[b"Host: x", b"Transfer-Encoding:"],
            &[b"Host: x", b"X : y"],
        ];
        for lines in refused {
            assert_eq!(finish(true, lines), Err(Status::BadRequest), "{lines:?}");
        }
    }

    #[test]
    fn cut_line_ends_the_connection() {
        assert_eq!(Framing::new(true).header(b"Transfer-Encoding: chunked", true), Err(Status::BadRequest));
        let mut framing = Framing::new(false);
        framing.header(b"Connection: keep-alive", false).unwrap();
        framing.header(b"Content-Length: 0", true).unwrap();
        assert_eq!(framing.finish(), Ok(false));
        let mut framing = Framing::new(false);
        framing.header(b"Connection: keep-alive, x", true).unwrap();
        assert_eq!(framing.finish(), Ok(false));
    }
}
