//! Where a connection stands: what it does, what it sends, and what its owner does next.

/// What the owner of a connection does next.
///
/// ```
/// use picometer::http::Action;
///
/// fn owner(next: Action) -> &'static str {
///     match next {
///         Action::Open => "hand over what arrives, ask for what to send",
///         Action::Close => "all is sent: close",
///         Action::Reset => {
///             "the page broke off: reset, so that the client does not take it as whole"
///         }
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[doc(alias("Next"))]
pub enum Action {
    /// Goes on.
    Open,
    /// All is sent, and nothing more will come: close.
    Close,
    /// The response broke off: reset.
    Reset,
}

/// A response that was sent to its end.
///
/// ```
/// let served = picometer::http::ResponseStats {
///     status: 200,
///     metrics: true,
///     bytes: 20_480,
///     millis: 6,
/// };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[doc(alias("Served"))]
pub struct ResponseStats {
    /// The status code.
    pub status: u16,
    /// Whether it was a page of metrics.
    pub metrics: bool,
    /// How many bytes were sent, heads and framing included.
    pub bytes: u32,
    /// How long it took from the last byte of the request to the last of the response.
    pub millis: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Reading,
    Sending,
    Closed,
    Broken,
}

#[derive(Clone, Copy)]
pub(super) struct Piece {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Piece {
    pub(super) const EMPTY: Self = Self { start: 0, end: 0 };
}

/// How the request is answered that arrived last.
#[derive(Clone, Copy)]
pub(super) struct Reply {
    pub(super) close: bool,
    pub(super) head_only: bool,
    /// By HTTP/1.1: a page goes in chunks.
    pub(super) modern: bool,
}

impl Reply {
    pub(super) const NONE: Self = Self { close: false, head_only: false, modern: true };

    /// Bytes of the buffer in front of a piece of a page and behind it.
    pub(super) fn framing(self) -> (usize, usize) {
        if self.modern { (CHUNK_FRONT, CHUNK_BACK) } else { (0, 0) }
    }
}

/// In front of a chunk: four digits and CR LF. Behind it: CR LF and the last chunk.
pub(super) const CHUNK_FRONT: usize = 6;
const CHUNK_BACK: usize = 7;
