//! Which span an exemplar is of.

use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};

use picometer::{Label, LabelSet};

/// Trace and span, as W3C Trace Context has them: what an exemplar's labels `trace_id` and `span_id` say in hexadecimal digits.
///
/// ```
/// use picometer_std::exemplar::SpanContext;
///
/// let span = SpanContext::new(0x4bf92f3577b34da6a3ce929d0e0e4736, 0x00f067aa0ba902b7)
///     .unwrap();
/// assert_eq!(span.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736/00f067aa0ba902b7");
/// assert_eq!(SpanContext::new(0, 1), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SpanContext {
    trace_id: NonZeroU128,
    span_id: NonZeroU64,
}

impl SpanContext {
    /// Both ids; `None` if one is zero, which stands for none.
    pub const fn new(trace_id: u128, span_id: u64) -> Option<Self> {
        match (NonZeroU128::new(trace_id), NonZeroU64::new(span_id)) {
            (Some(trace_id), Some(span_id)) => Some(Self { trace_id, span_id }),
            _ => None,
        }
    }

    /// The trace.
    pub const fn trace_id(self) -> u128 {
        self.trace_id.get()
    }

    /// The span in it.
    pub const fn span_id(self) -> u64 {
        self.span_id.get()
    }

    pub(crate) fn labels(self) -> Hexadecimal {
        let mut digits = [0; 48];
        for (place, digit) in digits.iter_mut().enumerate() {
            let nibble = match place {
                0..32 => (self.trace_id() >> ((31 - place) * 4)) as u8,
                _ => (self.span_id() >> ((47 - place) * 4)) as u8,
            } & 15;
            *digit = if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble };
        }
        Hexadecimal(digits)
    }
}

impl fmt::Display for SpanContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}/{:016x}", self.trace_id, self.span_id)
    }
}

/// The digits of both ids.
pub(crate) struct Hexadecimal([u8; 48]);

impl LabelSet for Hexadecimal {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        let (name, digits) = match index {
            0 => ("trace_id", self.0.get(..32)?),
            1 => ("span_id", self.0.get(32..)?),
            _ => return None,
        };
        Some(Label { name, value: std::str::from_utf8(digits).ok()? })
    }

    fn is_plain(&self) -> bool {
        true
    }
}
