//! What a client does: sends in pieces, receives in rooms, and takes responses apart without any code of the core.

use picometer::http::{Action, Endpoint, Responder};
use picometer::{Counter, Desc, Metric, Registry};

static BOOTS: Metric<Counter> = Metric::new(&Desc::counter("boots_total", "Times the device started."));
static METRICS: Registry = Registry::new(&[&BOOTS]);
/// A site of one metric, for what is not about the page.
pub static SMALL: Endpoint = Endpoint::new(&METRICS);

pub const GET: &str = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

/// What came of a connection.
pub struct Outcome {
    pub sent: Vec<u8>,
    pub next: Action,
}

/// Sends all of `input` in pieces of one size, and takes what comes in rooms of one size, until nothing moves any more.
pub fn exchange<const BUFFER: usize, const QUERY: usize, const HEAD: usize, const BUCKETS: usize>(
    responder: &mut Responder<'_, BUFFER, QUERY, HEAD, BUCKETS>,
    input: &[u8],
    piece: usize,
    room: usize,
) -> Vec<u8> {
    let (mut left, mut sent) = (input, Vec::new());
    // Bytes that no response contains, so that what is not written shows.
    let mut buffer = vec![0xff; room];
    loop {
        let taken = responder.receive(0, &left[..piece.min(left.len())]);
        left = &left[taken..];
        let len = responder.transmit(0, &mut buffer);
        sent.extend_from_slice(&buffer[..len]);
        buffer.fill(0xff);
        if taken == 0 && len == 0 {
            assert!(left.is_empty(), "stuck in front of {:?}", String::from_utf8_lossy(left));
            return sent;
        }
    }
}

/// A new connection to a site, all at once.
pub fn ask_site(site: &Endpoint<'_>, input: impl AsRef<[u8]>) -> Outcome {
    let mut responder = Responder::<512>::with_sizes(site);
    let sent = exchange(&mut responder, input.as_ref(), usize::MAX, 4_096);
    Outcome { sent, next: responder.next() }
}

pub fn ask(input: impl AsRef<[u8]>) -> Outcome {
    ask_site(&SMALL, input)
}

/// The only response to a request, and what became of the connection.
pub fn ask_once(input: impl AsRef<[u8]>) -> (Response, Action) {
    let method = if input.as_ref().starts_with(b"HEAD") { "HEAD" } else { "GET" };
    let outcome = ask(&input);
    let mut responses = responses(&outcome.sent, &[method]);
    assert_eq!(responses.len(), 1, "{}", String::from_utf8_lossy(&outcome.sent));
    (responses.remove(0), outcome.next)
}

/// A response taken apart.
#[derive(Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub reason: String,
    pub fields: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut found = self.fields.iter().filter(|(field, _)| field.eq_ignore_ascii_case(name));
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} is there twice");
        value
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// Why bytes are no response.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    /// It breaks off.
    Short,
    Malformed(String),
}

fn malformed<T>(what: impl AsRef<[u8]>) -> Result<T, Fault> {
    Err(Fault::Malformed(String::from_utf8_lossy(what.as_ref()).into_owned()))
}

/// Everything up to CR LF, and what follows.
fn line(bytes: &[u8]) -> Result<(&[u8], &[u8]), Fault> {
    let end = bytes.windows(2).position(|two| two == b"\r\n").ok_or(Fault::Short)?;
    let (line, rest) = (&bytes[..end], &bytes[end + 2..]);
    if line.iter().any(|byte| byte.is_ascii_control()) { malformed(line) } else { Ok((line, rest)) }
}

/// Undoes the chunked coding (RFC 9112 section 7.1); the body, and what follows.
pub fn dechunk(mut bytes: &[u8]) -> Result<(Vec<u8>, &[u8]), Fault> {
    let mut body = Vec::new();
    loop {
        let (size, rest) = line(bytes)?;
        // What `from_str_radix` takes besides digits is none of the coding's.
        if size.is_empty() || !size.iter().all(u8::is_ascii_hexdigit) {
            return malformed(size);
        }
        let size = usize::from_str_radix(std::str::from_utf8(size).unwrap(), 16).unwrap();
        let data = rest.get(..size).ok_or(Fault::Short)?;
        let behind = &rest[size..];
        match behind.get(..2).ok_or(Fault::Short)? {
            b"\r\n" => bytes = &behind[2..],
            other => return malformed(other),
        }
        if size == 0 {
            return Ok((body, bytes));
        }
        body.extend_from_slice(data);
    }
}

/// The first response in `bytes`, and what follows it (RFC 9112 section 6.3).
pub fn response<'b>(bytes: &'b [u8], method: &str) -> Result<(Response, &'b [u8]), Fault> {
    let (status_line, mut rest) = line(bytes)?;
    let text = std::str::from_utf8(status_line).unwrap();
    let Some((status, reason)) = text.strip_prefix("HTTP/1.1 ").and_then(|text| text.split_once(' ')) else { return malformed(text) };
    let mut response = Response { status: status.parse().unwrap(), reason: reason.into(), fields: Vec::new(), body: Vec::new() };
    loop {
        let (field, behind) = line(rest)?;
        rest = behind;
        if field.is_empty() {
            break;
        }
        let field = std::str::from_utf8(field).unwrap();
        let Some((name, value)) = field.split_once(": ") else { return malformed(field) };
        response.fields.push((name.into(), value.into()));
    }
    let chunked = response.field("Transfer-Encoding").inspect(|coding| assert_eq!(*coding, "chunked")).is_some();
    let length = response.field("Content-Length").map(|length| length.parse::<usize>().unwrap());
    assert!(!(chunked && length.is_some()), "two lengths: {text}");
    if method == "HEAD" {
    } else if chunked {
        (response.body, rest) = dechunk(rest)?;
    } else if let Some(length) = length {
        response.body = rest.get(..length).ok_or(Fault::Short)?.to_vec();
        rest = &rest[length..];
    } else {
        assert_eq!(response.field("Connection"), Some("close"), "where does this end? {text}");
        response.body = rest.to_vec();
        rest = &[];
    }
    Ok((response, rest))
}

/// Everything that was sent, as responses to these methods in turn; the last one goes on.
pub fn responses(mut bytes: &[u8], methods: &[&str]) -> Vec<Response> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let method = methods.get(found.len()).or(methods.last()).unwrap();
        let (next, rest) = response(bytes, method).unwrap_or_else(|fault| panic!("{fault:?} in {}", String::from_utf8_lossy(bytes)));
        found.push(next);
        bytes = rest;
    }
    found
}

/// A few bits after another, the same in every run.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end.max(1)
    }
}
