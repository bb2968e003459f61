//! What a column is, and what its figures are.

/// What a column is to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Our own. The first of these is what a user gets by default.
    Ours,
    /// Another library: the best of these is what ratios refer to.
    Peer,
    /// What the hardware allows. The first of these is what ratios refer to.
    Limit,
}

/// What the figures of a case are. Less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Nanoseconds for one of these: `"operation"`, `"series"`, `"byte"`.
    Nanos(&'static str),
    /// Microseconds for one of these.
    Micros(&'static str),
    /// Bytes for one of these.
    Bytes(&'static str),
    /// Anything else.
    Other(&'static str),
}
