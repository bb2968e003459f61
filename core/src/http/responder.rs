//! One connection: heads in, pages out.

use super::bytes::put;
use super::endpoint::Endpoint;
use super::query::Query;
use super::request::Request;
use super::state::{Action, Phase, Piece, Reply, ResponseStats};
use super::status::Status;
use crate::exposition::{Exposition, FillError};

/// One connection of a server: request bytes in, response bytes out.
///
/// `BUFFER` is the longest line of a request that is read whole and the longest line of a page, with 13 bytes of framing;
/// scrapers send `Accept` lines of up to 350 bytes. `QUERY` is how many bytes the names of `name[]=` may have, one more for each; more
/// names ask for everything. `HEAD` is the longest head, `BUCKETS` that of [`Exposition`].
///
/// A line that does not fit costs its series, or its line of a header, not the page: [`failure`](Self::failure) says so.
///
/// Time is milliseconds of any clock that does not go back. [`transmit`](Self::transmit) is also what notices that time is up, so
/// it is called now and then even when there is no room.
///
/// ```
/// use picometer::http::{Action, Responder, Endpoint};
/// use picometer::{Counter, Desc, Metric, Registry};
///
/// static BOOTS: Metric<Counter> =
///     Metric::new(&Desc::counter("boots_total", "Times the device started."));
/// static METRICS: Registry = Registry::new(&[&BOOTS]);
/// static SITE: Endpoint = Endpoint::new(&METRICS);
///
/// let mut connection = Responder::new(&SITE);
/// let request = b"GET /metrics HTTP/1.0\r\n\r\n";
/// assert_eq!(connection.receive(0, request), request.len());
///
/// // As much as the socket has room for, again and again.
/// let (mut sent, mut room) = (Vec::new(), [0; 100]);
/// while connection.next() == Action::Open {
///     let len = connection.transmit(1, &mut room);
///     sent.extend_from_slice(&room[..len]);
/// }
/// assert!(
///     sent.starts_with(b"HTTP/1.1 200 OK\r\n") && sent.ends_with(b"boots_total 0\n")
/// );
/// ```
pub struct Responder<'a, const BUFFER: usize = 512, const QUERY: usize = 96, const HEAD: usize = 8192, const BUCKETS: usize = 24> {
    site: &'a Endpoint<'a>,
    pub(super) phase: Phase,
    /// A line of the head that is arriving; then a piece of the response.
    pub(super) buffer: [u8; BUFFER],
    /// The part of it that is filled and not yet used.
    pub(super) piece: Piece,
    /// How much of a head has arrived, and whether the line under way is longer than the buffer.
    head_bytes: usize,
    cut: bool,
    /// The request of that head, once its first line is there; then the request that is answered.
    pub(super) request: Option<Request>,
    pub(super) query: Query<QUERY>,
    /// The page that is being sent, if the response is one.
    pub(super) page: Option<Exposition<'a, BUCKETS>>,
    pub(super) reply: Reply,
    /// The response that is being sent, and the one that was sent last.
    pub(super) sending: ResponseStats,
    pub(super) served: Option<ResponseStats>,
    /// When the response began; the low half of the clock is enough for that and what follows.
    pub(super) began: u32,
    /// When the connection went idle, the head began, or the last byte was taken; nothing before the first look at the clock.
    pub(super) since: Option<u32>,
    pub(super) failure: Option<FillError>,
}

impl<'a> Responder<'a> {
    /// A new connection, with buffers of the usual sizes.
    pub const fn new(site: &'a Endpoint<'a>) -> Self {
        Self::with_sizes(site)
    }
}

/// For the owner of the connection.
impl<'a, const BUFFER: usize, const QUERY: usize, const HEAD: usize, const BUCKETS: usize> Responder<'a, BUFFER, QUERY, HEAD, BUCKETS> {
    /// A new connection.
    #[track_caller]
    pub const fn with_sizes(site: &'a Endpoint<'a>) -> Self {
        // In a constant an error at the caller's place, which a block of constants does not have.
        Self::assert_sizes();
        Self::of_sizes(site)
    }

    #[track_caller]
    const fn assert_sizes() {
        assert!(BUFFER >= 256 && BUFFER <= 0xffff, "BUFFER must be from 256 to 65,535");
    }

    const fn of_sizes(site: &'a Endpoint<'a>) -> Self {
        const { Self::assert_sizes() };
        Self {
            site,
            phase: Phase::Reading,
            buffer: [0; BUFFER],
            piece: Piece::EMPTY,
            head_bytes: 0,
            cut: false,
            request: None,
            query: Query::new(),
            page: None,
            reply: Reply::NONE,
            sending: ResponseStats { status: 0, metrics: false, bytes: 0, millis: 0 },
            served: None,
            began: 0,
            since: None,
            failure: None,
        }
    }

    /// Forgets the connection and starts another one.
    pub fn restart(&mut self) {
        // Not `*self = …`, which would be made on the stack first.
        self.read_on(0);
        self.since = None;
        (self.page, self.served, self.failure) = (None, None, None);
    }

    /// Takes bytes that arrived and returns how many; the others are handed over again later. It takes none while it responds,
    /// which leaves them in the socket and so holds the client back.
    pub fn receive(&mut self, now: u64, bytes: &[u8]) -> usize {
        let (now, mut left) = (now as u32, bytes);
        while self.phase == Phase::Reading && !left.is_empty() {
            let line = left.iter().position(|&byte| byte == b'\n').map_or(left.len(), |end| end + 1);
            let (line, rest) = left.split_at_checked(line).unwrap_or((left, &[]));
            self.head_bytes(now, line);
            left = rest;
        }
        // What comes behind the last request of a connection is of no interest, but must not fill the socket: closing with
        // unread bytes in it resets the connection, and the response with it.
        if self.phase != Phase::Reading && (self.phase != Phase::Sending || self.reply.close) {
            left = &[];
        }
        bytes.len() - left.len()
    }

    /// Writes what is to be sent into `room` and returns how many bytes. Any room is enough, none is allowed.
    ///
    /// Stops at the end of a response, so that [`take_served`](Self::take_served) misses none.
    pub fn transmit(&mut self, now: u64, room: &mut [u8]) -> usize {
        let now = now as u32;
        self.watch_clock(now);
        let mut len = 0;
        while self.phase == Phase::Sending {
            let piece = self.buffer.get(self.piece.start..self.piece.end).unwrap_or(&[]);
            if piece.is_empty() {
                self.next_piece(now);
                continue;
            }
            let count = put(room, len, piece);
            if count == 0 {
                break;
            }
            self.piece.start += count;
            len += count;
            self.since = Some(now);
            self.sending.bytes = self.sending.bytes.saturating_add(count as u32);
        }
        len
    }

    /// What to do with the connection.
    pub fn next(&self) -> Action {
        match self.phase {
            Phase::Reading | Phase::Sending => Action::Open,
            Phase::Closed => Action::Close,
            Phase::Broken => Action::Reset,
        }
    }

    /// Whether a whole request has arrived whose response is not written to its end.
    ///
    /// A server with few sockets closes connections of which this is false when others wait.
    pub fn is_answering(&self) -> bool {
        self.phase == Phase::Sending
    }

    /// The response that was sent last, once.
    pub fn take_served(&mut self) -> Option<ResponseStats> {
        self.served.take()
    }

    /// How long the scraper waits for the page, in milliseconds, as the request said that is being answered.
    pub fn scrape_timeout_millis(&self) -> Option<u32> {
        self.request.as_ref()?.scrape_timeout_millis()
    }

    /// Why a part of the last page was left out, or why the page was not written or broke off. [`None`] where the client was the
    /// reason.
    pub fn failure(&self) -> Option<FillError> {
        self.failure
    }

    pub(super) fn site(&self) -> &'a Endpoint<'a> {
        self.site
    }
}

shown_as!(
    [const BUFFER: usize, const QUERY: usize, const HEAD: usize, const BUCKETS: usize] Responder<'_, BUFFER, QUERY, HEAD, BUCKETS>,
    self => self.next()
);

/// Requests.
impl<'a, const BUFFER: usize, const QUERY: usize, const HEAD: usize, const BUCKETS: usize> Responder<'a, BUFFER, QUERY, HEAD, BUCKETS> {
    /// Time that is up.
    pub(super) fn watch_clock(&mut self, now: u32) {
        let passed = Self::passed(*self.since.get_or_insert(now), now);
        let limits = self.site.limits;
        match self.phase {
            Phase::Reading if self.head_bytes == 0 && passed > limits.idle_millis => self.phase = Phase::Closed,
            Phase::Reading if self.head_bytes > 0 && passed > limits.head_millis => self.refuse(now, Status::RequestTimeout),
            Phase::Sending if passed > limits.send_millis => self.phase = Phase::Broken,
            _ => {}
        }
    }

    /// A clock that was set back says nothing of what passed.
    fn passed(since: u32, now: u32) -> u32 {
        (now.wrapping_sub(since) as i32).max(0) as u32
    }

    /// How long until time is up, if nothing happens before.
    #[cfg(feature = "embedded-io-async")]
    pub(super) fn left_millis(&self, now: u64) -> u64 {
        let limits = self.site.limits;
        let limit = match self.phase {
            Phase::Reading if self.head_bytes == 0 => limits.idle_millis,
            Phase::Reading => limits.head_millis,
            _ => limits.send_millis,
        };
        let passed = self.since.map_or(0, |since| Self::passed(since, now as u32));
        u64::from(limit.saturating_sub(passed)) + 1
    }

    /// Ready for the next head.
    pub(super) fn read_on(&mut self, now: u32) {
        self.phase = Phase::Reading;
        self.head_bytes = 0;
        self.cut = false;
        self.request = None;
        self.piece = Piece::EMPTY;
        self.since = Some(now);
    }

    /// Bytes of a head, up to the end of a line at most.
    fn head_bytes(&mut self, now: u32, bytes: &[u8]) {
        if self.head_bytes == 0 {
            self.since = Some(now);
        }
        self.head_bytes = self.head_bytes.saturating_add(bytes.len());
        if self.head_bytes > HEAD {
            let first_line = self.request.is_none();
            return self.refuse(now, if first_line { Status::UriTooLong } else { Status::HeaderFieldsTooLarge });
        }
        let (line, ended) = bytes.strip_suffix(b"\n").map_or((bytes, false), |line| (line, true));
        let count = put(&mut self.buffer, self.piece.end, line);
        self.cut |= count < line.len();
        self.piece.end += count;
        if ended {
            let result = self.head_line();
            self.piece = Piece::EMPTY;
            self.cut = false;
            match result {
                Ok(false) => {}
                Ok(true) => self.respond(now),
                Err(status) => self.refuse(now, status),
            }
        }
    }

    /// The line in the buffer is whole; whether the head is.
    fn head_line(&mut self) -> Result<bool, Status> {
        let line = self.buffer.get(..self.piece.end).unwrap_or(&[]);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match &mut self.request {
            // RFC 9112 section 2.2: an empty line in front of a request is passed over.
            None if line.is_empty() => Ok(false),
            None if self.cut => Err(Status::UriTooLong),
            None => {
                self.request = Some(Request::from_line(line, self.site.path, |query| self.query.set(query))?);
                Ok(false)
            }
            Some(request) if line.is_empty() => request.finish().map(|()| true),
            Some(request) => request.header(line, self.cut, self.site.auth.as_ref()).map(|()| false),
        }
    }
}
