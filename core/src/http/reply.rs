//! Responses: the head, and the page behind it piece by piece.

use super::accept::Negotiated;
use super::bytes::put;
use super::query::Query;
use super::request::{Method, Path};
use super::responder::Responder;
use super::state::{CHUNK_FRONT, Phase, Piece, Reply, ResponseStats};
use super::status::Status;
use crate::desc::Desc;
use crate::exposition::{Exposition, FillError};
use crate::number::Number;

const LAST_CHUNK: &[u8] = b"0\r\n\r\n";
const ALLOW: (&str, &str) = ("\r\nAllow: ", "GET, HEAD, OPTIONS");
/// In front of a text, and one byte behind it: the longest head is that of a 401, of 158 bytes.
const TEXT_FRONT: usize = 160;

impl<'a, const BUFFER: usize, const QUERY: usize, const HEAD: usize, const BUCKETS: usize> Responder<'a, BUFFER, QUERY, HEAD, BUCKETS> {
    /// Answers what was not understood.
    pub(super) fn refuse(&mut self, now: u32, status: Status) {
        self.reply = Reply { close: true, ..Reply::NONE };
        self.text(now, status, &[status.line().as_bytes()]);
    }

    /// Answers the request.
    pub(super) fn respond(&mut self, now: u32) {
        let Some(request) = &self.request else { return };
        self.reply = Reply { close: !request.keeps_alive(), head_only: request.method == Method::Head, modern: request.modern };
        let status = match (request.method, request.path) {
            _ if self.site().auth.is_some() && !request.is_authorized() => Status::Unauthorized,
            (Method::Unknown, _) => Status::NotImplemented,
            (_, Path::Unknown) => Status::NotFound,
            (Method::NotAllowed, _) => Status::MethodNotAllowed,
            (Method::Options, _) => return self.text(now, Status::Ok, &[]),
            (_, Path::Metrics) => {
                let negotiated = request.negotiated();
                return self.metrics(now, negotiated);
            }
            (_, Path::Index | Path::Server) => {
                return self.text(now, Status::Ok, &[self.site().title.as_bytes(), b": ", self.site().path.as_bytes()]);
            }
        };
        self.text(now, status, &[status.line().as_bytes()]);
    }

    /// Answers with a line of text, or with nothing.
    fn text(&mut self, now: u32, status: Status, text: &[&[u8]]) {
        let site = self.site();
        let mut out = Out { buffer: &mut self.buffer, len: 0 };
        // A title may be longer than the buffer; what is promised is what is sent.
        let line = text.iter().map(|part| part.len()).sum::<usize>().min(BUFFER - TEXT_FRONT);
        let length = Number::from(line + usize::from(!text.is_empty())).text();
        let (name, value) = match (status, &site.auth) {
            (Status::Unauthorized, Some(auth)) => ("\r\nWWW-Authenticate: ", auth.challenge),
            (Status::MethodNotAllowed, _) => ALLOW,
            _ if text.is_empty() => ALLOW,
            _ => ("", ""),
        };
        out.head(status, self.reply, &["text/plain; charset=utf-8", name, value]);
        out.put(&[b"Content-Length: ", length.as_bytes(), b"\r\n\r\n"]);
        if !self.reply.head_only && !text.is_empty() {
            let end = out.len + line;
            out.put(text);
            out.len = out.len.min(end);
            out.put(&[b"\n"]);
        }
        let end = out.len;
        self.page = None;
        self.send(now, status, end);
    }

    /// Answers with the page of metrics.
    fn metrics(&mut self, now: u32, negotiated: Negotiated) {
        let site = self.site();
        self.failure = None;
        // Without chunks the end of the connection is the end of the page.
        self.reply.close |= !self.reply.modern;
        let page = Exposition::with_latch(site.metrics, negotiated.format).escaping(negotiated.escaping.unwrap_or_default());
        let page = self.page.insert(page);
        if let Some((started, number)) = site.started {
            page.started = started().map(number);
        }
        if !self.reply.head_only {
            // A page that cannot be written is better told now than broken off later. What this writes is overwritten.
            let (front, back) = self.reply.framing();
            let room = self.buffer.get_mut(front..BUFFER - back).unwrap_or(&mut []);
            if let Err(error) = fill(page, room, &self.query, &mut self.failure) {
                self.failure = Some(error);
                return self.text(now, Status::InternalServerError, &[b"a line or a histogram does not fit the buffer"]);
            }
            page.restart();
        }
        let mut out = Out { buffer: &mut self.buffer, len: 0 };
        out.head(Status::Ok, self.reply, &negotiated.content_type().parts());
        out.put(&[if self.reply.modern { &b"Transfer-Encoding: chunked\r\n\r\n"[..] } else { b"\r\n" }]);
        let end = out.len;
        if self.reply.head_only {
            self.page = None;
        }
        self.send(now, Status::Ok, end);
        self.sending.metrics = true;
    }

    /// The head is in the buffer.
    fn send(&mut self, now: u32, status: Status, end: usize) {
        self.phase = Phase::Sending;
        self.piece = Piece { start: 0, end };
        self.sending = ResponseStats { status: status.code(), metrics: false, bytes: 0, millis: 0 };
        self.began = now;
        self.since = Some(now);
    }

    /// The buffer is empty: fills it again, or ends the response.
    pub(super) fn next_piece(&mut self, now: u32) {
        let Some(page) = self.page.as_mut().filter(|page| !page.is_done()) else {
            self.served = Some(ResponseStats { millis: now.wrapping_sub(self.began), ..self.sending });
            self.read_on(now);
            if self.reply.close {
                self.phase = Phase::Closed;
            }
            return;
        };
        let (front, back) = self.reply.framing();
        let room = self.buffer.get_mut(front..BUFFER - back).unwrap_or(&mut []);
        match fill(page, room, &self.query, &mut self.failure) {
            Ok(len) if self.reply.modern => self.piece = frame(&mut self.buffer, len, page.is_done()),
            Ok(len) => self.piece = Piece { start: 0, end: len },
            Err(error) => {
                self.failure = Some(error);
                self.phase = Phase::Broken;
            }
        }
    }
}

fn fill<const BUCKETS: usize, const QUERY: usize>(
    page: &mut Exposition<'_, BUCKETS>,
    room: &mut [u8],
    query: &Query<QUERY>,
    failure: &mut Option<FillError>,
) -> Result<usize, FillError> {
    let wanted = |desc: &Desc<'_>| query.wants(desc);
    loop {
        let filled = page.fill_some(room, if query.is_filter() { Some(&wanted) } else { None });
        match filled {
            Err(FillError::BufferTooSmall { .. }) if page.leave_out() => *failure = filled.err(),
            _ => return filled,
        }
    }
}

/// Makes a chunk of `len` bytes behind the room for its front, and of nothing nothing.
fn frame(buffer: &mut [u8], len: usize, last: bool) -> Piece {
    let mut piece = Piece { start: CHUNK_FRONT, end: CHUNK_FRONT + len };
    if len > 0 {
        // Zeros in front are allowed (RFC 9112 section 7.1).
        let digit = |shift: usize| b"0123456789abcdef".get(len >> shift & 0xf).copied().unwrap_or(b'0');
        piece.start = 0;
        put(buffer, 0, &[digit(12), digit(8), digit(4), digit(0), b'\r', b'\n']);
        piece.end += put(buffer, piece.end, b"\r\n");
    }
    if last {
        piece.end += put(buffer, piece.end, LAST_CHUNK);
    }
    piece
}

/// The buffer of a head that is being written; what does not fit is cut.
struct Out<'b> {
    buffer: &'b mut [u8],
    len: usize,
}

impl Out<'_> {
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn put(&mut self, parts: &[&[u8]]) {
        for part in parts {
            self.len += put(self.buffer, self.len, part);
        }
    }

    /// All but the length.
    fn head(&mut self, status: Status, reply: Reply, content_type: &[&str]) {
        let connection: &[u8] = match (reply.close, reply.modern) {
            (true, _) => b"\r\nConnection: close",
            (false, false) => b"\r\nConnection: keep-alive",
            (false, true) => b"",
        };
        self.put(&[b"HTTP/1.1 ", status.line().as_bytes(), connection, b"\r\nContent-Type: "]);
        content_type.iter().for_each(|part| self.put(&[part.as_bytes()]));
        self.put(&[b"\r\n"]);
    }
}
