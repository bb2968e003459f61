//! One client: what it sent, what it is sent, and how long it may take. Knows no paths and makes no pages.

use std::io::{self, Write};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use httpdate::HttpDate;

use super::head::{self, Head, Request, reason};
use super::limits::Limits;
use super::memory::Response;
use super::self_metrics::SelfMetrics;
use super::stream::Stream;
use crate::respond::Answer;

/// Which connection: its place, and what tells it from others at the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id {
    pub(super) place: usize,
    pub(super) generation: u64,
}

#[cfg(test)]
impl Id {
    pub(super) fn of(place: usize) -> Self {
        Self { place, generation: 0 }
    }
}

#[derive(Debug)]
pub(super) struct Connection {
    pub(super) stream: Stream,
    pub(super) id: Id,
    /// Whom fairness counts it for.
    pub(super) address: Option<IpAddr>,
    /// Guesses at passwords that were wrong.
    pub(super) denied: u32,
    own: Arc<SelfMetrics>,
    in_flight: bool,
    phase: Phase,
    /// When the phase began, as far as its deadline goes.
    since: Instant,
    /// Until when the answer is waited for.
    answer_by: Option<Instant>,
    /// Since when the client has sent no more, and so may have left.
    half_closed: Option<Instant>,
    input: Vec<u8>,
    scanned: usize,
    /// Whether it ever sent a whole request.
    proven: bool,
    /// Of the request that is being answered.
    modern: bool,
    keep_alive: bool,
    head_only: bool,
    output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// For a head, or the rest of it.
    Reading,
    /// For the answer, which is being made.
    Waiting,
    Writing,
    /// For the client to take what was sent: closing with unread bytes in the socket would reset it (RFC 9112 section 9.6).
    Lingering,
}

#[derive(Debug)]
struct Output {
    head: Vec<u8>,
    response: Response,
    sent: usize,
}

/// How far a connection came.
#[derive(Debug)]
pub(super) enum Step {
    /// It waits for the socket, or for its answer.
    Blocked,
    /// It wants an answer.
    Request(Box<Request>),
    /// It wants to be told that it is wrong.
    Bad(u16),
    /// It spoke HTTP where TLS was meant.
    Clear,
    /// It waited for its answer long enough.
    Late,
    /// It was sent an answer.
    Sent(Response),
    /// It is to be dropped.
    Closed,
}

/// How valuable a connection is; the lowest goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Worth {
    /// Nothing came of it yet.
    Unproven,
    /// It was served, and asks nothing.
    Idle,
    /// It is being served.
    Served,
}

const LINGER: Duration = Duration::from_secs(1);
/// For clients that send no more and do not leave.
const HALF_CLOSED: Duration = Duration::from_secs(1);
const LONGEST_LINGER_BYTES: usize = 1 << 20;

impl Connection {
    pub(super) fn new(stream: Stream, id: Id, address: Option<IpAddr>, own: Arc<SelfMetrics>, now: Instant) -> Self {
        own.connections.inc();
        Self {
            stream,
            id,
            address,
            denied: 0,
            own,
            in_flight: false,
            phase: Phase::Reading,
            since: now,
            answer_by: None,
            half_closed: None,
            input: Vec::new(),
            scanned: 0,
            proven: false,
            modern: true,
            keep_alive: false,
            head_only: false,
            output: Output { head: Vec::new(), response: Response::none(), sent: 0 },
        }
    }

    /// What the system says of the other end: it sends no more, or is gone. Whether that changes anything.
    pub(super) fn note(&mut self, read_closed: bool, gone: bool, now: Instant) -> Option<Step> {
        if gone && self.phase == Phase::Waiting {
            return Some(Step::Closed);
        }
        if read_closed && self.half_closed.is_none() {
            self.half_closed = Some(now);
        }
        None
    }

    pub(super) fn is_half_closed(&self) -> bool {
        self.half_closed.is_some()
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.phase == Phase::Waiting
    }

    pub(super) fn waits_until(&self) -> Option<Instant> {
        self.answer_by
    }

    /// Since when it is being sent a page, if it is.
    pub(super) fn sends_page_since(&self) -> Option<Instant> {
        (self.phase == Phase::Writing && matches!(self.output.response, Response::Page(_))).then_some(self.since)
    }

    /// Lets go of what it was sent, before it is closed.
    pub(super) fn take_response(&mut self) -> Response {
        std::mem::replace(&mut self.output.response, Response::none())
    }

    /// Until when it waits for the answer to its request.
    pub(super) fn wait_until(&mut self, deadline: Instant, now: Instant) {
        self.answer_by = Some(deadline);
        // From now on it counts that it may have left.
        self.half_closed = self.half_closed.map(|_| now);
    }

    /// What it is worth, and since when.
    pub(super) fn worth(&self) -> (Worth, Instant) {
        let worth = match self.phase {
            Phase::Reading if self.proven && self.input.is_empty() => Worth::Idle,
            Phase::Reading | Phase::Lingering => Worth::Unproven,
            Phase::Waiting | Phase::Writing => Worth::Served,
        };
        (worth, self.since)
    }

    /// When its time is up.
    pub(super) fn deadline(&self, limits: &Limits) -> Option<Instant> {
        let patience = match self.phase {
            Phase::Reading if self.proven && self.input.is_empty() => limits.idle,
            Phase::Reading => limits.head,
            Phase::Waiting => return self.answer_by.into_iter().chain(self.half_closed.map(|since| since + HALF_CLOSED)).min(),
            Phase::Writing => limits.write,
            Phase::Lingering => LINGER,
        };
        self.since.checked_add(patience)
    }

    /// Its time is up.
    pub(super) fn time_out(&mut self, now: Instant) -> Step {
        match self.phase {
            Phase::Reading if !self.input.is_empty() => Step::Bad(408),
            Phase::Waiting if self.half_closed.is_none_or(|since| since + HALF_CLOSED > now) => Step::Late,
            _ => Step::Closed,
        }
    }

    /// No request follows the one under way; `false` if none is.
    pub(super) fn wind_up(&mut self) -> bool {
        self.keep_alive = false;
        self.phase != Phase::Reading
    }

    /// Goes on as far as the socket allows; `chunk` is room to read into.
    pub(super) fn advance(&mut self, now: Instant, limits: &Limits, chunk: &mut [u8]) -> Step {
        loop {
            let result = match self.phase {
                Phase::Reading => match head::read(&self.input, &mut self.scanned, limits.head_bytes) {
                    Head::Whole(request, len) => return self.request(request, len),
                    Head::Bad(status) => return Step::Bad(status),
                    Head::Partial => self.read(now, chunk),
                },
                Phase::Waiting => return Step::Blocked,
                Phase::Writing => match self.write() {
                    Ok(()) => return self.sent(now),
                    Err(error) => Err(error),
                },
                Phase::Lingering => self.discard(chunk),
            };
            match result {
                Ok(true) => {}
                Ok(false) => return Step::Closed,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Step::Blocked,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) if self.phase == Phase::Reading && self.stream.is_clear_by_mistake() => return Step::Clear,
                Err(_) => return Step::Closed,
            }
        }
    }

    /// Sends an answer.
    pub(super) fn respond(&mut self, now: Instant, date: Option<HttpDate>, response: Response) {
        let answer = response.answer();
        let connection = match (self.keep_alive, self.modern) {
            (false, _) => "connection: close\r\n",
            (true, false) => "connection: keep-alive\r\n",
            (true, true) => "",
        };
        let head = &mut self.output.head;
        head.clear();
        // Into memory that grows, which does not fail.
        let _ = write!(head, "HTTP/1.1 {} {}\r\n", answer.status, reason(answer.status));
        if let Some(date) = date {
            let _ = write!(head, "date: {date}\r\n");
        }
        let _ = write!(head, "{connection}content-length: {}\r\n", answer.body.as_bytes().len());
        for (name, value) in &answer.headers {
            for part in [name, ": ", value, "\r\n"] {
                head.extend_from_slice(part.as_bytes());
            }
        }
        head.extend_from_slice(b"\r\n");
        (self.output.response, self.output.sent) = (response, 0);
        (self.phase, self.since) = (Phase::Writing, now);
    }

    /// Answers what is no request; nothing follows.
    pub(super) fn refuse(&mut self, now: Instant, date: Option<HttpDate>, answer: Answer) {
        (self.keep_alive, self.head_only) = (false, false);
        self.fly();
        self.respond(now, date, Response::Own(answer));
    }

    /// A request is being answered from here on.
    fn fly(&mut self) {
        if !std::mem::replace(&mut self.in_flight, true) {
            self.own.in_flight.inc();
        }
    }

    fn request(&mut self, request: Box<Request>, len: usize) -> Step {
        self.input.drain(..len.min(self.input.len()));
        (self.proven, self.phase, self.answer_by) = (true, Phase::Waiting, None);
        self.fly();
        (self.modern, self.keep_alive) = (request.modern, request.keep_alive);
        self.head_only = request.parts.method == "HEAD";
        Step::Request(request)
    }

    fn read(&mut self, now: Instant, chunk: &mut [u8]) -> io::Result<bool> {
        let count = self.stream.read(chunk)?;
        if self.stream.is_clear_by_mistake() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if self.input.is_empty() && self.proven {
            self.since = now;
        }
        self.input.extend_from_slice(chunk.get(..count).unwrap_or(&[]));
        Ok(count > 0)
    }

    fn discard(&mut self, chunk: &mut [u8]) -> io::Result<bool> {
        let count = self.stream.read(chunk)?;
        self.output.sent = self.output.sent.saturating_add(count);
        Ok(count > 0 && self.output.sent < LONGEST_LINGER_BYTES)
    }

    fn write(&mut self) -> io::Result<()> {
        let output = &mut self.output;
        let body = if self.head_only { &[] } else { output.response.answer().body.as_bytes() };
        let total = output.head.len() + body.len();
        while output.sent < total {
            let head = output.head.get(output.sent..).unwrap_or(&[]);
            let body = body.get(output.sent.saturating_sub(output.head.len())..).unwrap_or(&[]);
            match self.stream.write(head, body)? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                count => output.sent += count,
            }
        }
        self.stream.flush()
    }

    fn sent(&mut self, now: Instant) -> Step {
        let response = self.take_response();
        self.own.answered(response.answer().status, self.output.sent as u64);
        if std::mem::take(&mut self.in_flight) {
            self.own.in_flight.dec();
        }
        self.since = now;
        self.phase = if self.keep_alive {
            Phase::Reading
        } else {
            self.stream.finish();
            self.output.sent = 0;
            Phase::Lingering
        };
        Step::Sent(response)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.own.connections.dec();
        if self.in_flight {
            self.own.in_flight.dec();
            self.own.canceled.inc();
        }
    }
}
