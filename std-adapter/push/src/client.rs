//! What destinations over HTTP share: an address, how to reach it, how often to try.

use picometer::Collector;

use super::address::base_url;
use super::destination::Destination;
use super::error::PushError;
use super::http::{Http, HttpResponse};
use super::retry::Retry;

/// The server of a destination.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) url: String,
    pub(super) http: Http,
    pub(super) retry: Retry,
    /// Whether bodies are compressed.
    pub(super) gzip: bool,
}

/// The options that destinations with a `client` have.
macro_rules! client_options {
    () => {
        /// How to reach it.
        #[must_use]
        pub fn http(mut self, http: crate::http::Http) -> Self {
            self.client.http = http.ready();
            self
        }

        /// How often to try.
        #[must_use]
        pub fn retry(mut self, retry: crate::retry::Retry) -> Self {
            self.client.retry = retry;
            self
        }
    };
    (gzip, $default:literal) => {
        client_options!();

        #[doc = concat!("Whether bodies are compressed; ", $default)]
        #[must_use]
        pub fn gzip(mut self, gzip: bool) -> Self {
            self.client.gzip = gzip;
            self
        }
    };
}
pub(super) use client_options;

impl Client {
    pub(super) fn new(url: &str, gzip: bool) -> Result<Self, PushError> {
        Ok(Self { url: base_url(url)?, http: Http::new().ready(), retry: Retry::default(), gzip })
    }

    /// Pushes what `source` has to `destination`, whose client this is.
    pub(super) fn push(&self, destination: &impl Destination, source: &dyn Collector) -> Result<(), PushError> {
        self.retry.push(self.http.limit(), destination, source)
    }

    /// Tries until it succeeds, as often as it may.
    pub(super) fn run<T>(&self, attempt: impl FnMut() -> Result<T, PushError>) -> Result<T, PushError> {
        self.retry.run(&mut self.http.limit(), attempt)
    }

    /// The body as it is sent.
    pub(super) fn body(&self, body: Vec<u8>) -> Result<Vec<u8>, PushError> {
        if !self.gzip {
            return Ok(body);
        }
        let mut encoder = flate2::write::GzEncoder::new(Vec::with_capacity(body.len() / 4), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, &body)?;
        Ok(encoder.finish()?)
    }

    /// Sends what [`body`](Self::body) returned.
    pub(super) fn send(&self, method: &str, url: &str, content_type: &str, body: &[u8]) -> Result<HttpResponse, PushError> {
        let headers = [("Content-Type", content_type), ("Content-Encoding", "gzip")];
        let headers = if self.gzip && !body.is_empty() { &headers[..] } else { &headers[..1] };
        self.http.send(method, url, headers, body)
    }
}
