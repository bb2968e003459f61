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
    /// Requests that wait for a page: then 503 with `Retry-After`.
    pub renders: usize,
    /// Threads that make pages, started as they are needed.
    pub render_threads: usize,
    /// From a request for metrics to its page: then 503, which names the collectors that it waits for. Of a scraper that says by
    /// `X-Prometheus-Scrape-Timeout-Seconds` how long it waits, that counts instead, less a tenth of it or half a second.
    pub render: Duration,
    /// The limit of what a scraper may say so.
    pub longest_render: Duration,
    /// Threads that may be lost to collectors that hang, and are replaced: then 503 at once, until one of them returns.
    pub hung_threads: usize,
    /// Bytes of pages that are being sent, of all connections together; a page that is sent to several counts once. Beyond it a
    /// page waits, and the client that takes longest to read, more than a second, is cut off. One page is always made, however
    /// long.
    pub page_bytes: usize,
}

impl Limits {
    /// 5 s for a head of 8 KiB, 150 s idle (scrapes a minute apart keep their connection), 30 s for a response; 256 connections;
    /// 128 requests for pages by 2 threads, and 4 that may be lost; 10 s for a page, and up to 2 minutes for scrapers that say that
    /// they wait; 128 MiB of pages.
    pub const DEFAULT: Self = Self {
        head: Duration::from_secs(5),
        idle: Duration::from_secs(150),
        write: Duration::from_secs(30),
        head_bytes: 8 * 1024,
        connections: 256,
        renders: 128,
        render_threads: 2,
        render: Duration::from_secs(10),
        longest_render: Duration::from_secs(120),
        hung_threads: 4,
        page_bytes: 128 << 20,
    };

    /// How long a client waits for its page that says to wait so long.
    pub(super) fn patience(&self, said: Option<Duration>) -> Duration {
        said.map_or(self.render, |said| {
            // What is sent later than that may come too late.
            let margin = (said / 10).min(Duration::from_millis(500));
            (said - margin).min(self.longest_render)
        })
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
