//! How much clients may ask for, and how long they may take.

use std::time::Duration;

/// How much clients of an [`Exporter`](super::Exporter) may ask for, and how long they may take.
///
/// ```
/// use std::time::Duration;
/// use picometer_std::exporter::Limits;
///
/// let limits = Limits { head: Duration::from_secs(2), connections: 64, ..Limits::DEFAULT };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the connection, or the first byte of a later request, to the end of its head; a handshake of TLS counts. Then 408.
    /// A total: one byte a second does not extend it.
    pub head: Duration,
    /// Without a request on a connection that is kept: then it is closed.
    pub idle: Duration,
    /// From the first byte of a response to the last: then the connection is cut.
    pub write: Duration,
    /// Bytes of a head: then 414 or 431.
    pub head_bytes: usize,
    /// Connections at a time. One more closes the oldest that never sent a whole request, then the one that is idle for longest;
    /// if all are being served, the new one gets 503.
    pub connections: usize,
    /// Pages that are being made or wait for it: then 503 with `Retry-After`.
    pub renders: usize,
    /// Threads that make them, started as they are needed.
    pub render_threads: usize,
}

impl Limits {
    /// 5 s for a head of 8 KiB, 150 s idle (scrapes a minute apart keep their connection), 30 s for a response; 256 connections,
    /// 128 pages by 2 threads.
    pub const DEFAULT: Self = Self {
        head: Duration::from_secs(5),
        idle: Duration::from_secs(150),
        write: Duration::from_secs(30),
        head_bytes: 8 * 1024,
        connections: 256,
        renders: 128,
        render_threads: 2,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
