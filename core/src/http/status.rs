//! Status codes.

/// What a request comes to.
///
/// ```
/// assert_eq!(picometer::http::Status::BadRequest.code(), 400);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Status {
    /// It is answered.
    Ok,
    /// It is no request, or contradicts itself.
    BadRequest,
    /// Its credentials are missing or wrong.
    Unauthorized,
    /// Nothing is at its path.
    NotFound,
    /// Its method is known, and not for this path.
    MethodNotAllowed,
    /// It did not arrive in time.
    RequestTimeout,
    /// Its target is too long.
    UriTooLong,
    /// Its head is too long.
    HeaderFieldsTooLarge,
    /// The page cannot be written.
    InternalServerError,
    /// Its method is unknown.
    NotImplemented,
    /// It is of HTTP/2 or another version.
    VersionNotSupported,
}

/// Code and reason, as the status line has them.
static LINES: [(u16, &str); 11] = [
    (200, "200 OK"),
    (400, "400 Bad Request"),
    (401, "401 Unauthorized"),
    (404, "404 Not Found"),
    (405, "405 Method Not Allowed"),
    (408, "408 Request Timeout"),
    (414, "414 URI Too Long"),
    (431, "431 Request Header Fields Too Large"),
    (500, "500 Internal Server Error"),
    (501, "501 Not Implemented"),
    (505, "505 HTTP Version Not Supported"),
];

impl Status {
    /// The status code.
    pub fn code(self) -> u16 {
        self.entry().0
    }

    /// The reason phrase of a code (RFC 9110 section 15); that of 500 for a code that is none of these.
    ///
    /// ```
    /// assert_eq!(picometer::http::Status::reason(404), "Not Found");
    /// ```
    pub fn reason(code: u16) -> &'static str {
        let line = LINES.iter().find(|(known, _)| *known == code).map_or(Self::InternalServerError.line(), |(_, line)| line);
        line.get(4..).unwrap_or(line)
    }

    pub(super) fn line(self) -> &'static str {
        self.entry().1
    }

    fn entry(self) -> &'static (u16, &'static str) {
        LINES.get(self as usize).unwrap_or(&LINES[0])
    }
}
