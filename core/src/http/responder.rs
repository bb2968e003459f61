//! One connection: heads in, pages out.

use super::accept::Negotiated;
use super::query::Query;
use super::request::{Method, Path, Request};
use super::site::Site;
use super::status::Status;
use crate::desc::Desc;
use crate::exposition::{Exposition, FillError};
use crate::number::Number;

/// What the owner of a connection does next.
///
/// ```
/// use picometer::http::Next;
///
/// fn owner(next: Next) -> &'static str {
///     match next {
///         Next::Open => "hand over what arrives, ask for what to send",
///         Next::Close => "all is sent: close",
///         Next::Reset => "the page broke off: reset, so that nobody takes it for a whole one",
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Next {
    /// Goes on.
    Open,
    /// All is sent, and nothing more will come: close.
    Close,
    /// The response broke off: reset.
    Reset,
}

/// A response that was sent to its end.
///
/// ```
/// let served = picometer::http::Served { status: 200, metrics: true, bytes: 20_480, millis: 6 };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Served {
    /// The status code.
    pub status: u16,
    /// Whether it was a page of metrics.
    pub metrics: bool,
    /// How many bytes were sent, heads and framing included.
    pub bytes: u32,
    /// How long it took from the last byte of the request to the last of the response.
    pub millis: u32,
}

/// One connection of a server: request bytes in, response bytes out.
///
/// `BUFFER` is the longest line of a request that is read whole and the longest line of a page, with 13 bytes of framing;
/// scrapers send `Accept` lines of up to 350 bytes. `QUERY` is the longest query, `HEAD` the longest head. `BUCKETS` is that of
/// [`Exposition`].
///
/// Time is milliseconds of any clock that does not go back. [`transmit`](Self::transmit) is also what notices that time is up, so
/// it is called now and then even when there is no room.
///
/// ```
/// use picometer::http::{Next, Responder, Site};
/// use picometer::{Counter, Desc, Metric, Registry};
///
/// static BOOTS: Metric<Counter> = Metric::new(&Desc::counter("boots_total", "Times the device started."));
/// static METRICS: Registry = Registry::new(&[&BOOTS]);
/// static SITE: Site = Site::new(&METRICS);
///
/// let mut connection = Responder::new(&SITE);
/// let request = b"GET /metrics HTTP/1.0\r\n\r\n";
/// assert_eq!(connection.receive(0, request), request.len());
///
/// // As much as the socket has room for, again and again.
/// let (mut sent, mut room) = (Vec::new(), [0; 100]);
/// while connection.next() == Next::Open {
///     let len = connection.transmit(1, &mut room);
///     sent.extend_from_slice(&room[..len]);
/// }
/// assert!(sent.starts_with(b"HTTP/1.1 200 OK\r\n") && sent.ends_with(b"boots_total 0\n"));
/// ```
pub struct Responder<'a, const BUFFER: usize = 512, const QUERY: usize = 96, const HEAD: usize = 8192, const BUCKETS: usize = 24> {
    site: &'a Site<'a>,
    state: State<'a, BUCKETS>,
    /// A line of the head that is arriving; then a piece of the response.
    buffer: [u8; BUFFER],
    /// The part of it that is filled and not yet used.
    piece: Piece,
    head: Head,
    query: Query<QUERY>,
    /// When the connection went idle, the head began, or the last byte was taken.
    since: Option<u64>,
    served: Option<Served>,
    scrape_timeout: Option<u32>,
    failure: Option<FillError>,
}

#[derive(Clone, Copy)]
enum State<'a, const BUCKETS: usize> {
    Reading,
    Sending(Response<'a, BUCKETS>),
    Closed,
    Broken,
}

#[derive(Clone, Copy, Default)]
struct Piece {
    start: usize,
    end: usize,
}

/// The head that is arriving.
#[derive(Clone, Copy, Default)]
struct Head {
    /// Bytes of it so far.
    bytes: usize,
    /// Whether the line is longer than the buffer.
    cut: bool,
    request: Option<Request>,
}

/// The response that is being sent.
#[derive(Clone, Copy)]
struct Response<'a, const BUCKETS: usize> {
    page: Option<Exposition<'a, BUCKETS>>,
    chunked: bool,
    close: bool,
    began: u64,
    served: Served,
}

/// In front of a chunk: up to four digits and CR LF. Behind it: CR LF and the last chunk.
const CHUNK_FRONT: usize = 6;
const CHUNK_BACK: usize = 7;
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

impl<'a> Responder<'a> {
    /// A new connection, with buffers of the usual sizes.
    pub const fn new(site: &'a Site<'a>) -> Self {
        Self::with_sizes(site)
    }
}

/// For the owner of the connection.
impl<'a, const BUFFER: usize, const QUERY: usize, const HEAD: usize, const BUCKETS: usize> Responder<'a, BUFFER, QUERY, HEAD, BUCKETS> {
    /// A new connection.
    pub const fn with_sizes(site: &'a Site<'a>) -> Self {
        const { assert!(BUFFER >= 256 && BUFFER <= 0xffff, "BUFFER must be from 256 to 65,535") };
        Self {
            site,
            state: State::Reading,
            buffer: [0; BUFFER],
            piece: Piece { start: 0, end: 0 },
            head: Head { bytes: 0, cut: false, request: None },
            query: Query::new(),
            since: None,
            served: None,
            scrape_timeout: None,
            failure: None,
        }
    }

    /// Forgets the connection and starts another one.
    pub fn restart(&mut self) {
        *self = Self::with_sizes(self.site);
    }

    /// Takes bytes that arrived and returns how many; the others are handed over again later. It takes none while it responds,
    /// which leaves them in the socket and so holds the client back.
    pub fn receive(&mut self, now: u64, bytes: &[u8]) -> usize {
        let mut left = bytes;
        while !left.is_empty() {
            match self.state {
                State::Reading => {
                    let line = left.iter().position(|&byte| byte == b'\n').map_or(left.len(), |end| end + 1);
                    let (line, rest) = left.split_at_checked(line).unwrap_or((left, &[]));
                    self.head_bytes(now, line);
                    left = rest;
                }
                State::Sending(Response { close: false, .. }) => break,
                // What comes behind the last request of a connection is of no interest, but must not fill the socket: closing
                // with unread bytes in it resets the connection, and the response with it.
                State::Sending(_) | State::Closed | State::Broken => left = &[],
            }
        }
        bytes.len() - left.len()
    }

    /// Writes what is to be sent into `room` and returns how many bytes. Any room is enough, none is allowed.
    pub fn transmit(&mut self, now: u64, room: &mut [u8]) -> usize {
        self.watch_clock(now);
        let mut len = 0;
        while let (State::Sending(_), Some(room)) = (&self.state, room.get_mut(len..)) {
            if room.is_empty() {
                break;
            }
            let piece = self.buffer.get(self.piece.start..self.piece.end).unwrap_or(&[]);
            if piece.is_empty() {
                self.next_piece(now);
                continue;
            }
            let count = piece.len().min(room.len());
            room.iter_mut().zip(piece).for_each(|(place, &byte)| *place = byte);
            self.piece.start += count;
            len += count;
            self.since = Some(now);
        }
        if let State::Sending(response) = &mut self.state {
            response.served.bytes = response.served.bytes.saturating_add(len as u32);
        }
        len
    }

    /// What to do with the connection.
    pub fn next(&self) -> Next {
        match self.state {
            State::Reading | State::Sending(_) => Next::Open,
            State::Closed => Next::Close,
            State::Broken => Next::Reset,
        }
    }

    /// The response that was sent last, once.
    pub fn take_served(&mut self) -> Option<Served> {
        self.served.take()
    }

    /// How long the scraper waits for the page, in milliseconds, as its last request said.
    pub fn scrape_timeout_millis(&self) -> Option<u32> {
        self.scrape_timeout
    }

    /// Why the last page could not be written or broke off, if it was for a reason of its own.
    pub fn failure(&self) -> Option<FillError> {
        self.failure
    }
}

shown_as!(
    [const BUFFER: usize, const QUERY: usize, const HEAD: usize, const BUCKETS: usize] Responder<'_, BUFFER, QUERY, HEAD, BUCKETS>,
    self => self.next()
);

/// Requests.
impl<'a, const BUFFER: usize, const QUERY: usize, const HEAD: usize, const BUCKETS: usize> Responder<'a, BUFFER, QUERY, HEAD, BUCKETS> {
    /// Time that is up.
    fn watch_clock(&mut self, now: u64) {
        let since = *self.since.get_or_insert(now);
        let passed = |limit: u32| now.saturating_sub(since) > u64::from(limit);
        let limits = self.site.limits;
        match self.state {
            State::Reading if self.head.bytes == 0 && passed(limits.idle_millis) => self.state = State::Closed,
            State::Reading if self.head.bytes > 0 && passed(limits.head_millis) => self.refuse(now, Status::RequestTimeout),
            State::Sending(_) if passed(limits.send_millis) => self.state = State::Broken,
            _ => {}
        }
    }

    /// Bytes of a head, up to the end of a line at most.
    fn head_bytes(&mut self, now: u64, bytes: &[u8]) {
        if self.head.bytes == 0 {
            self.since = Some(now);
        }
        self.head.bytes = self.head.bytes.saturating_add(bytes.len());
        if self.head.bytes > HEAD {
            return self.refuse(now, Status::HeaderFieldsTooLarge);
        }
        let (line, ended) = bytes.strip_suffix(b"\n").map_or((bytes, false), |line| (line, true));
        let room = self.buffer.get_mut(self.piece.end..).unwrap_or(&mut []);
        room.iter_mut().zip(line).for_each(|(place, &byte)| *place = byte);
        self.head.cut |= line.len() > room.len();
        self.piece.end += line.len().min(room.len());
        if !ended {
            return;
        }
        let result = self.head_line();
        self.piece = Piece::default();
        self.head.cut = false;
        match result {
            Ok(None) => {}
            Ok(Some(request)) => self.respond(now, request),
            Err(status) => self.refuse(now, status),
        }
    }

    /// The line in the buffer is whole; the request, if it was the last one.
    fn head_line(&mut self) -> Result<Option<Request>, Status> {
        let line = self.buffer.get(..self.piece.end).unwrap_or(&[]);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Some(request) = &mut self.head.request else {
            // RFC 9112 section 2.2: an empty line in front of a request is passed over.
            if !line.is_empty() {
                if self.head.cut {
                    return Err(Status::UriTooLong);
                }
                self.head.request = Some(Request::from_line(line, self.site.path, |query| self.query.set(query))?);
            }
            return Ok(None);
        };
        if !line.is_empty() {
            request.header(line, self.head.cut)?;
            return Ok(None);
        }
        request.finish()?;
        Ok(Some(*request))
    }
}

/// Responses.
impl<'a, const BUFFER: usize, const QUERY: usize, const HEAD: usize, const BUCKETS: usize> Responder<'a, BUFFER, QUERY, HEAD, BUCKETS> {
    /// Answers a request that was not understood.
    fn refuse(&mut self, now: u64, status: Status) {
        let reply = Reply { status, close: status.closes(), head_only: false, modern: true, keep_alive: false };
        self.reply(now, reply, Body::Text(&[status.line()]));
    }

    fn respond(&mut self, now: u64, request: Request) {
        self.scrape_timeout = request.scrape_timeout;
        let status = match (request.method, request.path) {
            (Method::Unknown, _) => Status::NotImplemented,
            (_, Path::Unknown) => Status::NotFound,
            (Method::NotAllowed, _) => Status::MethodNotAllowed,
            _ => Status::Ok,
        };
        let keep_alive = request.keeps_alive();
        let reply = Reply { status, close: !keep_alive, head_only: request.method == Method::Head, modern: request.modern, keep_alive };
        match (status, request.method, request.path) {
            (Status::Ok, Method::Options, _) => self.reply(now, reply, Body::Text(&[])),
            (Status::Ok, _, Path::Metrics) => self.page(now, reply, request.negotiated()),
            (Status::Ok, ..) => self.reply(now, reply, Body::Text(&[self.site.title, ": ", self.site.path])),
            _ => self.reply(now, reply, Body::Text(&[status.line()])),
        }
    }

    fn page(&mut self, now: u64, reply: Reply, negotiated: Negotiated) {
        let Negotiated { format, escaping } = negotiated;
        let mut page = Exposition::with_latch(self.site.metrics, format).escaping(escaping.unwrap_or_default());
        if let Some(started) = self.site.started.and_then(|started| started()) {
            page = page.started(started);
        }
        // Without chunks the end of the connection is the end of the page.
        let reply = Reply { close: reply.close || !reply.modern, ..reply };
        if !reply.head_only {
            // A page that cannot be written is better told now than broken off later. What this writes is overwritten.
            let mut trial = page;
            let room = self.buffer.get_mut(CHUNK_FRONT..BUFFER - CHUNK_BACK).unwrap_or(&mut []);
            if let Err(error) = fill(&mut trial, room, &self.query) {
                self.failure = Some(error);
                let reply = Reply { status: Status::InternalServerError, ..reply };
                return match error {
                    FillError::BufferTooSmall { needed } => {
                        let needed = Number::from(needed).text();
                        self.reply(now, reply, Body::Text(&["a line of ", needed.as_str(), " bytes does not fit the buffer"]))
                    }
                    _ => self.reply(now, reply, Body::Text(&["a histogram does not fit the buffer"])),
                };
            }
        }
        self.reply(now, reply, Body::Page(page, negotiated.content_type()));
    }

    /// Puts the head of a response, and its body if that is a text, into the buffer.
    fn reply(&mut self, now: u64, reply: Reply, body: Body<'a, '_, BUCKETS>) {
        let mut out = Out { buffer: &mut self.buffer, len: 0 };
        out.put(&["HTTP/1.1 ", reply.status.line(), "\r\n"]);
        if matches!(reply.status, Status::MethodNotAllowed) || matches!(body, Body::Text([])) {
            out.put(&["Allow: GET, HEAD, OPTIONS\r\n"]);
        }
        if reply.close {
            out.put(&["Connection: close\r\n"]);
        } else if !reply.modern && reply.keep_alive {
            out.put(&["Connection: keep-alive\r\n"]);
        }
        let mut page = None;
        match body {
            Body::Text(text) => {
                let length = text.iter().map(|part| part.len()).sum::<usize>();
                let length = Number::from(if length == 0 { 0 } else { length + 1 }).text();
                out.put(&["Content-Type: text/plain; charset=utf-8\r\nContent-Length: ", length.as_str(), "\r\n\r\n"]);
                if !reply.head_only && !text.is_empty() {
                    out.put(text);
                    out.put(&["\n"]);
                }
            }
            Body::Page(exposition, content_type) => {
                out.put(&["Content-Type: ", content_type, "\r\n"]);
                out.put(&[if reply.modern { "Transfer-Encoding: chunked\r\n\r\n" } else { "\r\n" }]);
                page = (!reply.head_only).then_some(exposition);
            }
        }
        self.piece = Piece { start: 0, end: out.len };
        self.since = Some(now);
        let served = Served { status: reply.status as u16, metrics: matches!(body, Body::Page(..)), bytes: 0, millis: 0 };
        self.state = State::Sending(Response { page, chunked: reply.modern, close: reply.close, began: now, served });
    }

    /// The buffer is empty: fills it again, or ends the response.
    fn next_piece(&mut self, now: u64) {
        let State::Sending(response) = &mut self.state else { return };
        let Some(page) = response.page.as_mut().filter(|page| !page.is_done()) else {
            let millis = now.saturating_sub(response.began).min(u32::MAX.into()) as u32;
            self.served = Some(Served { millis, ..response.served });
            self.state = if response.close { State::Closed } else { State::Reading };
            self.head = Head::default();
            self.piece = Piece::default();
            self.since = Some(now);
            return;
        };
        let (front, back) = if response.chunked { (CHUNK_FRONT, CHUNK_BACK) } else { (0, 0) };
        let room = self.buffer.get_mut(front..BUFFER - back).unwrap_or(&mut []);
        match fill(page, room, &self.query) {
            Ok(len) => {
                self.piece = Piece { start: front, end: front + len };
                if response.chunked {
                    self.piece = frame(&mut self.buffer, len, page.is_done());
                }
            }
            Err(error) => {
                self.failure = Some(error);
                self.state = State::Broken;
            }
        }
    }
}

fn fill<const BUCKETS: usize, const QUERY: usize>(
    page: &mut Exposition<'_, BUCKETS>,
    room: &mut [u8],
    query: &Query<QUERY>,
) -> Result<usize, FillError> {
    let wanted = |desc: &Desc<'_>| query.wants(desc);
    page.fill_some(room, if query.is_filter() { Some(&wanted) } else { None })
}

/// Makes a chunk of `len` bytes behind the room for its front, and of nothing nothing.
fn frame(buffer: &mut [u8], len: usize, last: bool) -> Piece {
    let mut piece = Piece { start: CHUNK_FRONT, end: CHUNK_FRONT + len };
    if len > 0 {
        piece.start -= 2;
        put(buffer, piece.start, b"\r\n");
        let mut rest = len;
        while rest > 0 {
            piece.start -= 1;
            let digit = (rest & 0xf) as u8;
            put(buffer, piece.start, &[if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }]);
            rest >>= 4;
        }
        put(buffer, piece.end, b"\r\n");
        piece.end += 2;
    }
    if last {
        put(buffer, piece.end, LAST_CHUNK);
        piece.end += LAST_CHUNK.len();
    }
    piece
}

fn put(buffer: &mut [u8], at: usize, bytes: &[u8]) {
    let room = buffer.get_mut(at..).unwrap_or(&mut []);
    room.iter_mut().zip(bytes).for_each(|(place, &byte)| *place = byte);
}

/// How a request is answered.
#[derive(Clone, Copy)]
struct Reply {
    status: Status,
    close: bool,
    head_only: bool,
    modern: bool,
    keep_alive: bool,
}

enum Body<'a, 't, const BUCKETS: usize> {
    /// Pieces of a line; none is an empty body.
    Text(&'t [&'t str]),
    Page(Exposition<'a, BUCKETS>, &'static str),
}

/// The buffer of a head that is being written; what does not fit is cut.
struct Out<'b> {
    buffer: &'b mut [u8],
    len: usize,
}

impl Out<'_> {
    fn put(&mut self, parts: &[&str]) {
        for part in parts {
            put(self.buffer, self.len, part.as_bytes());
            self.len = (self.len + part.len()).min(self.buffer.len());
        }
    }
}
