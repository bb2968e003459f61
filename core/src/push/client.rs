//! One push over one connection, without I/O.

use super::request::{Body, Request};
use super::response::{Reader, Response, ResponseError};
use crate::exposition::FillError;
use crate::number::{Number, NumberText};

/// One request and its response: the owner of the socket sends what [`transmit`](Self::transmit) writes and hands
/// [`receive`](Self::receive) what arrives.
///
/// The body goes through `BUFFER` bytes. They must hold 8 bytes more than the longest line of a page, or the longest series of a
/// Remote Write request. The connection serves this one request.
///
/// ```
/// use picometer::push::{Client, Request};
/// use picometer::{Counter, Desc, Exposition, Format, Metric};
///
/// static BOOTS: Metric<Counter> =
///     Metric::new(&Desc::counter("boots_total", "Times the device started."));
/// let request = Request {
///     method: "PUT",
///     host: "pushgateway",
///     path: "/metrics/job/sensor",
///     headers: &[],
/// };
/// let mut client =
///     Client::<_, 128>::new(request, Exposition::new(&BOOTS, Format::Text004));
///
/// let mut sent = Vec::new();
/// let mut room = [0; 16];
/// loop {
///     match client.transmit(&mut room).unwrap() {
///         0 => break,
///         len => sent.extend_from_slice(&room[..len]),
///     }
/// }
/// assert!(
///     sent.starts_with(b"PUT /metrics/job/sensor HTTP/1.1\r\nHost: pushgateway\r\n")
/// );
/// client.receive(b"HTTP/1.1 200 OK\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\n\r\n");
/// let response = client.response(false).unwrap().unwrap();
/// assert!(response.is_success());
/// assert_eq!(response.date.unwrap().seconds(), 1_700_000_000);
/// ```
#[derive(Clone)]
pub struct Client<'a, B, const BUFFER: usize = 512> {
    request: Request<'a>,
    body: B,
    stage: Stage,
    buffer: [u8; BUFFER],
    /// What of the buffer is still to be sent.
    start: usize,
    end: usize,
    reader: Reader,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Which part of the head comes next, and how much of it is in the buffer already.
    Head {
        part: usize,
        offset: usize,
    },
    Body {
        chunked: bool,
    },
    Sent,
}

/// Room in front of a chunk for its length.
const CHUNK_HEAD: usize = 6;

impl<'a, B: Body, const BUFFER: usize> Client<'a, B, BUFFER> {
    /// A request that has not been sent.
    pub const fn new(request: Request<'a>, body: B) -> Self {
        let stage = Stage::Head { part: 0, offset: 0 };
        Self { request, body, stage, buffer: [0; BUFFER], start: 0, end: 0, reader: Reader::NEW }
    }

    /// Writes what is to be sent next into `room`, which may be a single byte, and returns how many bytes it is; 0 when the request
    /// is sent.
    ///
    /// # Errors
    ///
    /// [`FillError`]: the body cannot go on. The connection is to be reset, so that the server does not take what it has for whole.
    pub fn transmit(&mut self, room: &mut [u8]) -> Result<usize, FillError> {
        let mut written = 0;
        while let Some(free) = room.get_mut(written..).filter(|free| !free.is_empty()) {
            if self.start == self.end {
                self.refill()?;
            }
            let ready = self.buffer.get(self.start..self.end).unwrap_or(&[]);
            if ready.is_empty() {
                break;
            }
            let count = free.len().min(ready.len());
            free.iter_mut().zip(ready).for_each(|(place, &byte)| *place = byte);
            self.start += count;
            written += count;
        }
        Ok(written)
    }

    /// Takes what arrived.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.reader.receive(bytes);
    }

    /// The answer, as soon as its head is there; `closed` says that nothing more will arrive.
    ///
    /// # Errors
    ///
    /// [`ResponseError`], if it is none.
    pub fn response(&self, closed: bool) -> Option<Result<Response, ResponseError>> {
        self.reader.response(closed)
    }

    /// The first bytes of the answer's body: why something was refused.
    pub fn reason(&self) -> &[u8] {
        self.reader.reason()
    }

    /// Whether the whole request was handed out.
    pub fn is_sent(&self) -> bool {
        self.stage == Stage::Sent && self.start == self.end
    }

    fn refill(&mut self) -> Result<(), FillError> {
        (self.start, self.end) = (0, 0);
        while self.end == 0 {
            match self.stage {
                Stage::Head { .. } => self.head(),
                Stage::Body { chunked: false } if self.body.is_done() => self.stage = Stage::Sent,
                Stage::Body { chunked: false } => self.end = self.body.fill(&mut self.buffer)?,
                Stage::Body { chunked: true } => self.chunk()?,
                Stage::Sent => return Ok(()),
            }
        }
        Ok(())
    }

    /// As much of the head as fits.
    fn head(&mut self) {
        let length = self.body.content_length().map(|length| Number::from(length).text());
        let request = self.request;
        while let Stage::Head { part, offset } = self.stage {
            let Some(bytes) = head_part(&request, part, length.as_ref()) else {
                self.stage = Stage::Body { chunked: length.is_none() };
                return;
            };
            let rest = bytes.get(offset..).unwrap_or(&[]);
            let room = self.buffer.get_mut(self.end..).unwrap_or(&mut []);
            let count = room.len().min(rest.len());
            room.iter_mut().zip(rest).for_each(|(place, &byte)| *place = byte);
            self.end += count;
            if count < rest.len() {
                self.stage = Stage::Head { part, offset: offset + count };
                return;
            }
            self.stage = Stage::Head { part: part + 1, offset: 0 };
        }
    }

    /// A chunk of the body, or the one that ends it.
    fn chunk(&mut self) -> Result<(), FillError> {
        let last = self.body.is_done();
        let room = self.buffer.len().saturating_sub(CHUNK_HEAD + 2);
        let len = match self.buffer.get_mut(CHUNK_HEAD..CHUNK_HEAD + room) {
            Some(room) if !last => {
                let room_len = room.len().min(0xffff);
                self.body.fill(room.get_mut(..room_len).unwrap_or(&mut []))?
            }
            _ => 0,
        };
        if len == 0 && !last {
            return Ok(());
        }
        let digit = |shift: u32| b"0123456789abcdef".get(len >> shift & 15).copied().unwrap_or(b'0');
        let head = [digit(12), digit(8), digit(4), digit(0), b'\r', b'\n'];
        self.buffer.iter_mut().zip(head).for_each(|(place, byte)| *place = byte);
        self.end = CHUNK_HEAD + len + 2;
        self.buffer.iter_mut().skip(CHUNK_HEAD + len).zip(*b"\r\n").for_each(|(place, byte)| *place = byte);
        if last {
            self.stage = Stage::Sent;
        }
        Ok(())
    }
}

/// The parts of the head in writing order.
fn head_part<'t>(request: &Request<'t>, index: usize, length: Option<&'t NumberText>) -> Option<&'t [u8]> {
    const CONSTANT: &str = concat!("\r\nUser-Agent: picometer/", env!("CARGO_PKG_VERSION"), "\r\nConnection: close\r\n");
    let start = [request.method, " ", request.path, " HTTP/1.1\r\nHost: ", request.host, CONSTANT];
    let Some(behind) = index.checked_sub(start.len()) else { return start.get(index).map(|part| part.as_bytes()) };
    if let Some(&(name, value)) = request.headers.get(behind / 4) {
        return [name, ": ", value, "\r\n"].get(behind % 4).map(|part| part.as_bytes());
    }
    let behind = behind - 4 * request.headers.len();
    match length {
        Some(length) => [b"Content-Length: ".as_slice(), length.as_bytes(), b"\r\n\r\n"].get(behind).copied(),
        None => [b"Transfer-Encoding: chunked\r\n\r\n"].get(behind).map(|part| part.as_slice()),
    }
}

shown_as!([B, const BUFFER: usize] Client<'_, B, BUFFER>, self => "{:?}, {} bytes in the buffer", self.request, self.end.saturating_sub(self.start));
