//! A request in flight: what is known of it so far, and what it counts as when it ends.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
#[cfg(not(feature = "tokio"))]
use std::time::Instant;

use picometer_registry::exemplar::SpanContext;
#[cfg(feature = "tokio")]
use tokio::time::Instant;

use super::ended::{Code, Ended};
use super::requests::HttpMetrics;

const METHODS: [&str; 9] = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT"];

impl HttpMetrics {
    /// Begins a request, with the size of its body if that is known.
    pub fn begin(&self, method: &str, request_bytes: Option<u64>) -> InFlight {
        let method = METHODS.into_iter().find(|known| *known == method).unwrap_or("other");
        InFlight::new(self.clone(), method, request_bytes)
    }
}

/// The route of a request; layers inside the one that measures set it too.
#[derive(Debug, Default)]
pub(super) struct Route(Mutex<String>);

impl Route {
    fn lock(&self) -> MutexGuard<'_, String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set(&self, route: &str) {
        route.clone_into(&mut self.lock());
    }
}

/// Where the response is.
#[derive(Clone, Copy)]
enum Stage {
    /// No head yet.
    Waiting,
    /// The head was sent; gRPC may add a status to it.
    Body(Code),
    Ended(Code),
}

enum RequestBytes {
    Unknown,
    Known(u64),
    Counted(Arc<AtomicU64>),
}

/// A request in flight. It counts as `canceled` if it is dropped without an end.
///
/// ```
/// use picometer_std::serve::HttpMetrics;
///
/// let metrics = HttpMetrics::client();
/// drop(metrics.begin("GET", None));
/// metrics.begin("GET", None).fail("db.example");
/// assert_eq!(metrics.in_flight(), 0);
/// ```
pub struct InFlight {
    metrics: HttpMetrics,
    began: Instant,
    method: &'static str,
    route: Arc<Route>,
    stage: Stage,
    request_bytes: RequestBytes,
    sent: Option<u64>,
    /// How many bytes the body is to have.
    expected: Option<u64>,
    is_grpc: bool,
    span: Option<SpanContext>,
}

impl InFlight {
    pub(super) fn new(metrics: HttpMetrics, method: &'static str, request_bytes: Option<u64>) -> Self {
        metrics.enter();
        Self {
            span: metrics.span(),
            metrics,
            began: Instant::now(),
            method,
            route: Arc::default(),
            stage: Stage::Waiting,
            request_bytes: request_bytes.map_or(RequestBytes::Unknown, RequestBytes::Known),
            sent: None,
            expected: None,
            is_grpc: false,
        }
    }

    /// Ends it with a response, and the size of its body if that is known.
    pub fn end(mut self, route: &str, status: u16, response_bytes: Option<u64>) {
        self.route.set(route);
        self.stage = Stage::Ended(Code::Status(status));
        self.sent = response_bytes;
    }

    /// Ends it without a response.
    pub fn fail(mut self, route: &str) {
        self.route.set(route);
        self.stage = Stage::Ended(Code::Error);
    }
}

/// For the frameworks.
#[cfg(any(feature = "tower", feature = "actix-web"))]
impl InFlight {
    /// The route so far.
    pub(super) fn route(&self) -> &Arc<Route> {
        &self.route
    }

    #[cfg(feature = "tower")]
    pub(super) fn metrics(&self) -> &HttpMetrics {
        &self.metrics
    }

    /// The status is that of gRPC.
    #[cfg(feature = "tower")]
    pub(super) fn is_grpc(&mut self) {
        self.is_grpc = true;
    }

    #[cfg(feature = "tower")]
    pub(super) fn knows_request(&mut self, bytes: u64) {
        self.request_bytes = RequestBytes::Known(bytes);
    }

    /// Where bytes of the request's body are counted when they are read.
    pub(super) fn counts_request(&mut self) -> Arc<AtomicU64> {
        let counter = Arc::<AtomicU64>::default();
        self.request_bytes = RequestBytes::Counted(Arc::clone(&counter));
        counter
    }

    /// The head is known, and how many bytes are to follow if it says so.
    pub(super) fn answered(&mut self, status: u16, body: Option<u64>) {
        self.span = self.span.or_else(|| self.metrics.span());
        self.sent = Some(0);
        let has_none = self.method == "HEAD" || matches!(status, 100..200 | 204 | 304);
        self.expected = if has_none { Some(0) } else { body };
        self.stage = Stage::Body(Code::Status(status));
        // gRPC ends with trailers, without a body too.
        if self.expected == Some(0) && !self.is_grpc {
            self.finished();
        }
    }

    /// The service failed, and its framework makes a response with this status of that.
    #[cfg(feature = "actix-web")]
    pub(super) fn refused(&mut self, status: u16) {
        self.stage = Stage::Ended(Code::Status(status));
    }

    /// What head or trailers say of gRPC.
    #[cfg(feature = "tower")]
    pub(super) fn grpc_status(&mut self, status: u8) {
        if self.is_grpc {
            self.stage = Stage::Ended(Code::Grpc(status));
        }
    }

    /// Bytes of the body were sent; what a server drops behind its end counts no more.
    pub(super) fn sent(&mut self, bytes: u64) {
        if !matches!(self.stage, Stage::Body(_)) {
            return;
        }
        let sent = self.sent.unwrap_or(0).saturating_add(bytes);
        self.sent = Some(sent);
        if self.expected.is_some_and(|expected| sent >= expected) && !self.is_grpc {
            self.finished();
        }
    }

    /// The body is over.
    pub(super) fn finished(&mut self) {
        let Stage::Body(code) = self.stage else { return };
        let is_short = self.expected.is_some_and(|expected| self.sent.unwrap_or(0) < expected);
        // A gRPC response of status 200 has a status of its own, or is broken.
        let is_broken = is_short || (self.is_grpc && code == Code::Status(200));
        self.stage = Stage::Ended(if is_broken { Code::Error } else { code });
    }

    /// Service or body failed.
    pub(super) fn failed(&mut self) {
        self.stage = Stage::Ended(Code::Error);
    }

    /// Service or body panicked: alerts look for the status that the client would have had.
    fn panicked(&mut self) {
        self.stage = Stage::Ended(if self.metrics.is_client() { Code::Error } else { Code::Status(500) });
    }
}

/// Runs a piece of a service; if it panics, the request ends with that.
///
/// Runtimes catch a panic and drop the service afterwards, when no thread is panicking any more.
#[cfg(any(feature = "tower", feature = "actix-web"))]
pub(super) fn guarded<T>(flight: &mut Option<InFlight>, run: impl FnOnce() -> T) -> T {
    struct Armed<'a>(Option<&'a mut Option<InFlight>>);

    impl Drop for Armed<'_> {
        fn drop(&mut self) {
            if let Some(mut flight) = self.0.take().and_then(Option::take) {
                flight.panicked();
            }
        }
    }

    let mut armed = Armed(Some(flight));
    let result = run();
    armed.0 = None;
    result
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let code = match self.stage {
            Stage::Ended(code) => code,
            // A client may want the head alone.
            Stage::Body(code) if self.metrics.is_client() && !self.is_grpc => code,
            Stage::Body(_) | Stage::Waiting => Code::Canceled,
        };
        let request_bytes = match &self.request_bytes {
            RequestBytes::Unknown => None,
            RequestBytes::Known(bytes) => Some(*bytes),
            // It is a number and nothing else: there is nothing that another thread published with it.
            RequestBytes::Counted(counter) => Some(counter.load(Ordering::Relaxed)),
        };
        self.metrics.leave(&Ended {
            method: self.method,
            route: &self.route.lock(),
            code,
            seconds: self.began.elapsed().as_secs_f64(),
            request_bytes,
            response_bytes: self.sent,
            span: self.span,
        });
    }
}

impl std::fmt::Debug for InFlight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InFlight").field("method", &self.method).field("route", &*self.route.lock()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_written_with_their_digits() {
        let text = |code: Code| code.text(&mut [0; 3]).to_owned();
        assert_eq!([Code::Status(200), Code::Status(99), Code::Grpc(0), Code::Grpc(16)].map(text), ["200", "error", "0", "16"]);
        assert_eq!(
            [Code::Status(503), Code::Status(7), Code::Grpc(3), Code::Canceled].map(Code::class),
            ["5xx", "error", "error", "canceled"]
        );
    }

    #[test]
    fn body_must_have_the_length_that_it_was_said_to_have() {
        let code = |expected, sent: &[u64], is_over: bool| {
            let metrics = HttpMetrics::server();
            let mut flight = metrics.begin("GET", None);
            flight.answered(200, expected);
            sent.iter().for_each(|bytes| flight.sent(*bytes));
            if is_over {
                flight.finished();
            }
            drop(flight);
            metrics.count("GET", "", 200)
        };
        assert_eq!([code(Some(5), &[2, 3], false), code(None, &[5], true), code(Some(0), &[], false)], [1, 1, 1]);
        assert_eq!([code(Some(5), &[2], true), code(None, &[5], false), code(Some(5), &[2], false)], [0, 0, 0]);
    }
}
