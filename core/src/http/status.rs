//! Status codes.

/// What a request comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    BadRequest,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    UriTooLong,
    HeaderFieldsTooLarge,
    InternalServerError,
    NotImplemented,
    VersionNotSupported,
}

/// Code and reason, as the status line has them.
static LINES: [(u16, &str); 10] = [
    (200, "200 OK"),
    (400, "400 Bad Request"),
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
    pub(super) fn code(self) -> u16 {
        self.entry().0
    }

    pub(super) fn line(self) -> &'static str {
        self.entry().1
    }

    fn entry(self) -> &'static (u16, &'static str) {
        LINES.get(self as usize).unwrap_or(&LINES[0])
    }
}
