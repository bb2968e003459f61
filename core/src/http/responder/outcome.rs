//! What became of a connection, and of a response.

/// What the owner of a connection does next.
///
/// ```
/// use picometer::http::Next;
///
/// fn owner(next: Next) -> &'static str {
///     match next {
///         Next::Open => "hand over what arrives, ask for what to send",
///         Next::Close => "all is sent: close",
///         Next::Reset => {
///             "the page broke off: reset, so that the client does not take it as whole"
///         }
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[doc(alias("Action"))]
pub enum Next {
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
/// let served = picometer::http::Served {
///     status: 200,
///     metrics: true,
///     bytes: 20_480,
///     millis: 6,
/// };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[doc(alias("ResponseStats"))]
pub struct Served {
    /// The status code.
    pub status: u16,
    /// Whether it was a page of metrics.
    pub metrics: bool,
    /// How many bytes were sent, heads and framing included.
    pub bytes: u32,
    /// How long it took from the last byte of the request to the last of the response.
    pub millis: u32,
}
