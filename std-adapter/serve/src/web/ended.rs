//! What a request counts as that ended.

use picometer_registry::exemplar::SpanContext;

/// How a request ended, as the label `code` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    Status(u16),
    Grpc(u8),
    Error,
    Canceled,
}

impl Code {
    /// The label's value, with digits in the given buffer.
    pub(super) fn text(self, digits: &mut [u8; 3]) -> &str {
        let (number, width) = match self {
            // A status has three digits (RFC 9110 §15); other numbers are none.
            Self::Status(status @ 100..1_000) => (status, 3),
            Self::Grpc(code @ 0..10) => (code.into(), 1),
            Self::Grpc(code @ 10..100) => (code.into(), 2),
            Self::Status(_) | Self::Grpc(_) | Self::Error => return "error",
            Self::Canceled => return "canceled",
        };
        let mut rest = number;
        for digit in digits.iter_mut().take(width).rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        digits.get(..width).and_then(|digits| str::from_utf8(digits).ok()).unwrap_or("error")
    }

    /// The class of a status, for a family with too many of them.
    pub(super) fn class(self) -> &'static str {
        const CLASSES: [&str; 9] = ["1xx", "2xx", "3xx", "4xx", "5xx", "6xx", "7xx", "8xx", "9xx"];
        match self {
            Self::Status(status) => usize::from(status / 100).checked_sub(1).and_then(|at| CLASSES.get(at)).unwrap_or(&"error"),
            Self::Grpc(0) => "0",
            Self::Canceled => "canceled",
            Self::Grpc(_) | Self::Error => "error",
        }
    }
}

/// A request that ended.
pub(super) struct Ended<'r> {
    pub(super) method: &'static str,
    pub(super) route: &'r str,
    pub(super) code: Code,
    pub(super) seconds: f64,
    pub(super) request_bytes: Option<u64>,
    pub(super) response_bytes: Option<u64>,
    pub(super) span: Option<SpanContext>,
}
