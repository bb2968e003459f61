//! The head of a response, byte by byte: what a pusher wants to know of it.

use heapless::Vec;

use super::date;
use crate::time::Timestamp;

/// What the server answered.
///
/// ```
/// use picometer::push::Response;
///
/// let busy = Response { status: 503, date: None, retry_after: Some(30) };
/// assert!(!busy.is_success() && busy.may_retry());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Response {
    /// The status code, 200 to 599.
    pub status: u16,
    /// What time it is at the server, in whole seconds.
    pub date: Option<Timestamp>,
    /// For how many seconds the server wants to be left alone.
    pub retry_after: Option<u32>,
}

impl Response {
    /// Whether the server took what was pushed.
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// Whether the same push may be sent again: the server was busy or broken. Otherwise it would be refused again.
    pub const fn may_retry(&self) -> bool {
        matches!(self.status, 429 | 500..=599)
    }
}

/// Error returned by [`Client::response`](super::Client::response).
///
/// ```
/// use picometer::push::ResponseError;
///
/// assert_eq!(
///     ResponseError::Closed.to_string(),
///     "the server closed the connection without an answer"
/// );
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ResponseError {
    /// What came is not HTTP/1.
    NotHttp,
    /// The head is longer than 16 KiB.
    TooLong,
    /// The connection ended before the head of the response did.
    Closed,
}

impl core::fmt::Display for ResponseError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::NotHttp => "the server's answer is not HTTP",
            Self::TooLong => "the head of the server's answer is too long",
            Self::Closed => "the server closed the connection without an answer",
        })
    }
}

__speaks!(ResponseError);
impl core::error::Error for ResponseError {}

const LONGEST_HEAD: u16 = 16 * 1024;

/// Reads the head of a response.
#[derive(Clone)]
pub(super) struct Reader {
    /// The start of the line under way; behind the head, that of the body.
    line: Vec<u8, 64>,
    stage: Stage,
    seen: u16,
    retry_at: Option<Timestamp>,
    response: Response,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Status,
    Headers,
    Body,
    Failed(ResponseError),
}

impl Reader {
    pub(super) const NEW: Self = Self {
        line: Vec::new(),
        stage: Stage::Status,
        seen: 0,
        retry_at: None,
        response: Response { status: 0, date: None, retry_after: None },
    };

    pub(super) fn receive(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            match self.stage {
                Stage::Failed(_) => return,
                // The start of it says why something was refused.
                Stage::Body => {
                    if self.line.push(byte).is_err() {
                        return;
                    }
                }
                Stage::Status | Stage::Headers => self.head(byte),
            }
        }
    }

    fn head(&mut self, byte: u8) {
        self.seen = self.seen.saturating_add(1);
        if self.seen > LONGEST_HEAD {
            self.stage = Stage::Failed(ResponseError::TooLong);
        } else if byte == b'\n' {
            if self.line.last() == Some(&b'\r') {
                self.line.pop();
            }
            self.end_of_line();
            self.line.clear();
        } else {
            // What does not fit is of a header that is not wanted.
            let _ = self.line.push(byte);
        }
    }

    fn end_of_line(&mut self) {
        if self.stage == Stage::Status {
            self.stage = match self.line.as_slice() {
                [
                    b'H',
                    b'T',
                    b'T',
                    b'P',
                    b'/',
                    b'1',
                    b'.',
                    b'0'..=b'9',
                    b' ',
                    a @ b'1'..=b'5',
                    b @ b'0'..=b'9',
                    c @ b'0'..=b'9',
                    rest @ ..,
                ] if rest.first().is_none_or(|&byte| byte == b' ') => {
                    let digit = |byte: &u8| u16::from(byte - b'0');
                    self.response.status = 100 * digit(a) + 10 * digit(b) + digit(c);
                    Stage::Headers
                }
                _ => Stage::Failed(ResponseError::NotHttp),
            };
        } else if !self.line.is_empty() {
            self.header();
        } else if self.response.status < 200 {
            // `100 Continue` and its like: the answer is still to come.
            self.stage = Stage::Status;
        } else {
            if let (None, Some(at), Some(now)) = (self.response.retry_after, self.retry_at, self.response.date) {
                self.response.retry_after = Some(u32::try_from(at.seconds().saturating_sub(now.seconds()).max(0)).unwrap_or(u32::MAX));
            }
            self.stage = Stage::Body;
        }
    }

    fn header(&mut self) {
        let Some(colon) = self.line.iter().position(|&byte| byte == b':') else { return };
        let (name, value) = self.line.split_at_checked(colon).unwrap_or((&[], &[]));
        let value = value.get(1..).unwrap_or(&[]).trim_ascii();
        if name.eq_ignore_ascii_case(b"Date") {
            self.response.date = date::parse(value);
        } else if name.eq_ignore_ascii_case(b"Retry-After") {
            // More seconds than there are numbers for are a wish too.
            let is_number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
            let seconds = || date::number(value).and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(u32::MAX);
            self.response.retry_after = is_number.then(seconds);
            self.retry_at = date::parse(value);
        }
    }

    /// The answer, when its head is there; `closed` says that nothing more will come.
    pub(super) fn response(&self, closed: bool) -> Option<Result<Response, ResponseError>> {
        match self.stage {
            Stage::Body => Some(Ok(self.response)),
            Stage::Failed(error) => Some(Err(error)),
            _ if closed => Some(Err(ResponseError::Closed)),
            _ => None,
        }
    }

    pub(super) fn reason(&self) -> &[u8] {
        if self.stage == Stage::Body { &self.line } else { &[] }
    }
}
