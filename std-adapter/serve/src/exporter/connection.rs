//! One client: what it sent, what it is sent, and how long it may take. Knows no paths and makes no pages.

use std::io;
use std::time::{Duration, Instant, SystemTime};

use super::head::{self, Head, Request};
use super::limits::Limits;
use super::stream::Stream;
use crate::respond::{Answer, Body, Buffers};

#[derive(Debug)]
pub(super) struct Connection {
    pub(super) stream: Stream,
    /// Tells it from others at the same place.
    pub(super) generation: u64,
    phase: Phase,
    /// When the phase began, as far as its deadline goes.
    since: Instant,
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
    body: Body,
    buffers: Option<Buffers>,
    sent: usize,
    status: u16,
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
    /// It was sent an answer.
    Sent { status: u16, bytes: u64, buffers: Option<Buffers> },
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
const LONGEST_LINGER_BYTES: usize = 1 << 20;

impl Connection {
    pub(super) fn new(stream: Stream, generation: u64, now: Instant) -> Self {
        Self {
            stream,
            generation,
            phase: Phase::Reading,
            since: now,
            input: Vec::new(),
            scanned: 0,
            proven: false,
            modern: true,
            keep_alive: false,
            head_only: false,
            output: Output { head: Vec::new(), body: Body::Text("".into()), buffers: None, sent: 0, status: 0 },
        }
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
            Phase::Waiting => return None,
            Phase::Writing => limits.write,
            Phase::Lingering => LINGER,
        };
        self.since.checked_add(patience)
    }

    /// Its time is up.
    pub(super) fn time_out(&mut self) -> Step {
        match self.phase {
            Phase::Reading if !self.input.is_empty() => Step::Bad(408),
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
                Err(_) => return Step::Closed,
            }
        }
    }

    /// Sends an answer. `close` in it says that nothing may follow.
    pub(super) fn respond(&mut self, now: Instant, answer: Answer, buffers: Option<Buffers>) {
        let length = buffers.as_ref().map_or_else(
            || match &answer.body {
                Body::Text(text) => text.len(),
                Body::Page | Body::Compressed => 0,
            },
            |buffers| answer.body.of(buffers).len(),
        );
        let connection = match (self.keep_alive, self.modern) {
            (false, _) => "connection: close\r\n",
            (true, false) => "connection: keep-alive\r\n",
            (true, true) => "",
        };
        let head = &mut self.output.head;
        head.clear();
        // Into memory that grows, which does not fail.
        let _ = io::Write::write_fmt(
            head,
            format_args!(
                "HTTP/1.1 {} {}\r\ndate: {}\r\n{connection}content-length: {length}\r\n",
                answer.status,
                reason(answer.status),
                httpdate::HttpDate::from(SystemTime::now())
            ),
        );
        for (name, value) in &answer.headers {
            for part in [name, ": ", value, "\r\n"] {
                head.extend_from_slice(part.as_bytes());
            }
        }
        head.extend_from_slice(b"\r\n");
        (self.output.body, self.output.buffers) = (answer.body, buffers);
        (self.output.sent, self.output.status) = (0, answer.status);
        (self.phase, self.since) = (Phase::Writing, now);
    }

    /// The next answer is the last.
    pub(super) fn refuse(&mut self, now: Instant, answer: Answer) {
        (self.keep_alive, self.head_only) = (false, false);
        self.respond(now, answer, None);
    }

    fn request(&mut self, request: Box<Request>, len: usize) -> Step {
        self.input.drain(..len.min(self.input.len()));
        (self.proven, self.phase) = (true, Phase::Waiting);
        (self.modern, self.keep_alive) = (request.modern, request.keep_alive);
        self.head_only = request.parts.method == "HEAD";
        Step::Request(request)
    }

    fn read(&mut self, now: Instant, chunk: &mut [u8]) -> io::Result<bool> {
        let count = self.stream.read(chunk)?;
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
        let body = match (&output.body, &output.buffers) {
            _ if self.head_only => &[],
            (Body::Text(text), _) => text.as_bytes(),
            (body, Some(buffers)) => body.of(buffers),
            (_, None) => &[],
        };
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
        let (status, bytes) = (self.output.status, self.output.sent as u64);
        self.since = now;
        self.phase = if self.keep_alive {
            Phase::Reading
        } else {
            self.stream.finish();
            self.output.sent = 0;
            Phase::Lingering
        };
        Step::Sent { status, bytes, buffers: self.output.buffers.take() }
    }
}

/// RFC 9110 section 15.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        414 => "URI Too Long",
        431 => "Request Header Fields Too Large",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Internal Server Error",
    }
}

/// The text of a refusal.
pub(super) fn refusal(status: u16) -> Answer {
    Answer::text(status, format!("{status} {}\n", reason(status)))
}
