//! Metrics of requests, for every server and client.

use std::sync::Arc;

use picometer::{Collector, Encoder, Stop};

use picometer_registry::exemplar::{ExemplarSampling, SpanContext};
use picometer_registry::{CounterWithExemplar, Family, Gauge, Histogram, HistogramWithExemplars, Metric};

use super::ended::{Code, Ended};

/// Counts requests, measures their duration and sizes, and counts those in flight.
///
/// | metric | labels |
/// |---|---|
/// | `http_requests_total` | `method`, `route`, `code` |
/// | `http_request_duration_seconds` | `method`, `route` |
/// | `http_request_size_bytes`, `http_response_size_bytes` | `method`, `route` |
/// | `http_requests_in_flight` | |
///
/// Those of a client begin with `http_client_` and have `host` for `route`.
///
/// # What is measured
///
/// Each framework measures the same:
///
/// | situation | `code` | duration ends | response size |
/// |---|---|---|---|
/// | plain response, stream, server-sent events | status | with the last byte of the body | bytes of the body that were sent |
/// | `HEAD`, statuses without a body | status | with the head | 0 |
/// | upgrade (status 101) | `101` | with the head; the connection is no request | 0 |
/// | client leaves before the head | `canceled` | when the server notices | none |
/// | client leaves during the body | `canceled` | when the server notices | bytes that were sent |
/// | handler or body panics | `500`; for a client `error` | with the panic | bytes that were sent |
/// | service fails without a response | `error`; in actix-web the status of the error | with the error | none |
/// | body fails, or is shorter than it said | `error` | with the error | bytes that were sent |
/// | gRPC (`application/grpc`) | `grpc-status` of head or trailers, `0` to `16`; `error` without one | with the trailers | bytes of the messages |
/// | attempt of a retrying client | as above, once an attempt | | |
///
/// A client that drops a response without reading its body keeps the status. The size of a request is what the service read of its
/// body, whatever `content-length` says. Requests are in flight from their beginning to the end of their duration.
///
/// The route is the pattern of the router; a path that matches no pattern has the route `""`. A service that is nested as a whole has
/// the pattern of its place, `/files/{*rest}`. For gRPC it is the path `/package.Service/Method`.
///
/// # Limits
///
/// What a peer sends makes a bounded number of series. An unknown method is `other`. All routes beyond [`routes`](Self::routes) are
/// `overflow`. Beyond 16 codes a route on average, further statuses are `2xx` and so on. gRPC methods that do not exist take at most
/// half of the routes.
///
/// A clone is a handle of the same metrics: one goes into the registry, others into servers.
///
/// ```
/// use picometer_std::serve::HttpMetrics;
///
/// let metrics = HttpMetrics::server();
/// let request = metrics.begin("GET", Some(0));
/// assert_eq!(metrics.in_flight(), 1);
/// request.end("/orders/{id}", 200, Some(512));
/// assert_eq!(metrics.count("GET", "/orders/{id}", 200), 1);
/// ```
#[derive(Clone)]
pub struct HttpMetrics(Arc<Inner>);

struct Inner {
    settings: Settings,
    requests: Family<CounterWithExemplar, 3>,
    duration: Family<HistogramWithExemplars, 2>,
    request_size: Family<Histogram, 2>,
    response_size: Family<Histogram, 2>,
    in_flight: Metric<Gauge<i64>>,
}

#[derive(Clone)]
struct Settings {
    side: &'static Side,
    routes: usize,
    sampling: ExemplarSampling,
}

/// The words in which server and client differ.
struct Side {
    namespace: &'static str,
    route: &'static str,
    requests: &'static str,
    in_flight: &'static str,
}

static SERVER: Side =
    Side { namespace: "http", route: "route", requests: "Requests that were answered.", in_flight: "Requests that are being answered." };

static CLIENT: Side = Side {
    namespace: "http_client",
    route: "host",
    requests: "Requests that were sent.",
    in_flight: "Requests that wait for their responses.",
};

const OVERFLOW: &str = "overflow";
const DEFAULT_ROUTES: usize = 256;
/// Codes a route, on average, before further ones are counted by their first digit.
const CODES: usize = 16;

/// The defaults of the other clients.
const SECONDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
const BYTES: [f64; 8] = [100.0, 1_000.0, 10_000.0, 100_000.0, 1e6, 1e7, 1e8, 1e9];

impl HttpMetrics {
    /// Metrics of a server.
    pub fn server() -> Self {
        Self::with(Settings { side: &SERVER, routes: DEFAULT_ROUTES, sampling: ExemplarSampling::default() })
    }

    /// Metrics of a client.
    pub fn client() -> Self {
        Self::with(Settings { side: &CLIENT, routes: DEFAULT_ROUTES, sampling: ExemplarSampling::default() })
    }

    /// Returns new metrics of the same kind with at most `limit` combinations of method and route, 256 by default.
    ///
    /// Further combinations have the route `overflow`, one for each method.
    #[must_use]
    pub fn routes(self, limit: usize) -> Self {
        Self::with(Settings { routes: limit, ..self.0.settings.clone() })
    }

    /// Returns new metrics of the same kind whose counts and durations take exemplars from `sampling`.
    ///
    /// Without it they take them from the [source of the process](picometer_registry::exemplar::set_source). The span is the one that is current
    /// when the request begins, or when its head is answered: a body ends outside of the span.
    ///
    /// ```
    /// use picometer_std::exemplar::SpanContext;
    /// use picometer_std::serve::HttpMetrics;
    ///
    /// let metrics = HttpMetrics::server().exemplars(|| SpanContext::new(1, 2));
    /// metrics.begin("GET", None).end("/", 200, None);
    /// ```
    #[must_use]
    pub fn exemplars(self, sampling: impl Into<ExemplarSampling>) -> Self {
        Self::with(Settings { sampling: sampling.into(), ..self.0.settings.clone() })
    }

    fn with(settings: Settings) -> Self {
        let Settings { side, ref sampling, .. } = settings;
        let labels = ["method", side.route];
        let sizes = |name: &str, help: &str| Family::new(name, help, labels).namespace(side.namespace).unit("bytes").buckets(BYTES);
        let in_flight = Metric::<Gauge<i64>>::new("requests_in_flight", side.in_flight).namespace(side.namespace);
        #[cfg(all(feature = "multiprocess", target_os = "linux"))]
        let in_flight = in_flight.config(&picometer_registry::multiprocess::GaugeMode::LiveSum);
        Self(Arc::new(Inner {
            requests: Family::new("requests_total", side.requests, ["method", side.route, "code"])
                .namespace(side.namespace)
                .exemplars(sampling.clone()),
            duration: Family::new("request_duration_seconds", "From the request to the end of the response.", labels)
                .namespace(side.namespace)
                .unit("seconds")
                .buckets(SECONDS)
                .exemplars(sampling.clone()),
            request_size: sizes("request_size_bytes", "Bodies of requests."),
            response_size: sizes("response_size_bytes", "Bodies of responses."),
            in_flight,
            settings,
        }))
    }

    /// Returns how many requests are in flight.
    pub fn in_flight(&self) -> i64 {
        self.0.in_flight.get()
    }

    /// Returns how many requests ended with a status.
    ///
    /// ```
    /// # use picometer_std::serve::HttpMetrics;
    /// let requests = HttpMetrics::server();
    /// requests.begin("GET", Some(0)).end("/orders/{id}", 200, Some(512));
    /// assert_eq!(requests.count("GET", "/orders/{id}", 200), 1);
    /// assert_eq!(requests.in_flight(), 0);
    /// ```
    pub fn count(&self, method: &str, route: &str, status: u16) -> u64 {
        let mut digits = [0; 3];
        self.0.requests.get([method, route, Code::Status(status).text(&mut digits)]).map_or(0, |count| count.get())
    }

    pub(super) fn is_client(&self) -> bool {
        std::ptr::eq(self.0.settings.side, &CLIENT)
    }

    /// Whether both are handles of the same metrics.
    #[cfg(feature = "tower")]
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(super) fn span(&self) -> Option<SpanContext> {
        self.0.settings.sampling.current()
    }

    pub(super) fn enter(&self) {
        self.0.in_flight.inc();
    }

    pub(super) fn leave(&self, ended: &Ended<'_>) {
        let Inner { requests, duration, request_size, response_size, in_flight, .. } = &*self.0;
        let route = self.admitted(ended);
        let labels = [ended.method, route];
        let mut digits = [0; 3];
        let code = ended.code.text(&mut digits);
        let is_full = || requests.len() >= self.0.settings.routes.saturating_mul(CODES);
        let code = if requests.get([ended.method, route, code]).is_none() && is_full() { ended.code.class() } else { code };
        requests.with([ended.method, route, code]).inc_in_span(ended.span);
        duration.with(labels).observe_in_span(ended.seconds, ended.span);
        for (sizes, bytes) in [(request_size, ended.request_bytes), (response_size, ended.response_bytes)] {
            if let Some(bytes) = bytes {
                sizes.with(labels).observe(bytes as f64);
            }
        }
        // Last, so that a program which waits until no request is in flight finds each of them counted.
        in_flight.dec();
    }

    /// The route, unless there are as many as may be. Threads that come at the same moment may add one each beyond that.
    fn admitted<'r>(&self, ended: &Ended<'r>) -> &'r str {
        let Inner { duration, settings: Settings { routes, .. }, .. } = &*self.0;
        if duration.get([ended.method, ended.route]).is_some() {
            return ended.route;
        }
        // A stranger makes up methods of gRPC; the other half is for those that exist.
        let limit = if matches!(ended.code, Code::Grpc(12)) { routes / 2 } else { *routes };
        if duration.len() < limit { ended.route } else { OVERFLOW }
    }
}

impl std::fmt::Debug for HttpMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpMetrics").field("in_flight", &self.in_flight()).finish_non_exhaustive()
    }
}

impl Collector for HttpMetrics {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        let Inner { requests, duration, request_size, response_size, in_flight, .. } = &*self.0;
        requests.collect(out)?;
        duration.collect(out)?;
        request_size.collect(out)?;
        response_size.collect(out)?;
        in_flight.collect(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render;
    use picometer::Format;

    fn page(metrics: &HttpMetrics, format: Format) -> String {
        let mut page = Vec::new();
        render(metrics, format, &mut page);
        String::from_utf8(page).unwrap()
    }

    #[test]
    fn every_end_of_a_request_is_counted_once() {
        let metrics = HttpMetrics::server();
        metrics.begin("GET", Some(0)).end("/a", 200, Some(1_500));
        metrics.begin("BREW", None).end("/a", 9_999, None);
        metrics.begin("GET", None).fail("/a");
        drop(metrics.begin("GET", None));
        let page = page(&metrics, Format::Text004);
        for line in [
            "http_requests_total{method=\"GET\",route=\"/a\",code=\"200\"} 1",
            "http_requests_total{method=\"GET\",route=\"/a\",code=\"error\"} 1",
            "http_requests_total{method=\"GET\",route=\"\",code=\"canceled\"} 1",
            "http_requests_total{method=\"other\",route=\"/a\",code=\"error\"} 1",
            "http_request_duration_seconds_count{method=\"GET\",route=\"/a\"} 2",
            "http_response_size_bytes_bucket{method=\"GET\",route=\"/a\",le=\"1000.0\"} 0",
            "http_response_size_bytes_bucket{method=\"GET\",route=\"/a\",le=\"10000.0\"} 1",
            "http_response_size_bytes_sum{method=\"GET\",route=\"/a\"} 1500",
            "http_request_size_bytes_count{method=\"GET\",route=\"/a\"} 1",
            "http_requests_in_flight 0",
        ] {
            assert!(page.lines().any(|found| found == line), "{line}\n{page}");
        }
    }

    #[test]
    fn request_that_is_not_in_flight_is_counted() {
        let metrics = HttpMetrics::server();
        for round in 1..2_000 {
            let flight = metrics.begin("GET", None);
            std::thread::scope(|scope| {
                scope.spawn(|| flight.end("/a", 200, Some(1)));
                while metrics.in_flight() > 0 {
                    std::hint::spin_loop();
                }
                assert_eq!(metrics.count("GET", "/a", 200), round);
            });
        }
    }

    #[test]
    fn routes_beyond_the_limit_share_one_series() {
        let metrics = HttpMetrics::client().routes(3);
        for host in 0..100 {
            metrics.begin("GET", None).end(&format!("host{host}"), 200, None);
        }
        assert_eq!(metrics.count("GET", "host2", 200), 1);
        assert_eq!(metrics.count("GET", OVERFLOW, 200), 97);
        assert_eq!(page(&metrics, Format::Text004).matches("http_client_requests_total{").count(), 4);
    }

    #[test]
    fn codes_beyond_the_limit_are_classes() {
        let metrics = HttpMetrics::client().routes(2);
        for status in 100..1_000 {
            metrics.begin("GET", None).end("host", status, None);
        }
        assert_eq!((metrics.count("GET", "host", 131), metrics.count("GET", "host", 132)), (1, 0));
        let page = page(&metrics, Format::Text004);
        assert!(page.contains("http_client_requests_total{method=\"GET\",host=\"host\",code=\"2xx\"} 100\n"), "{page}");
        assert_eq!(page.matches("http_client_requests_total{").count(), 32 + 9);
    }

    #[test]
    fn exemplar_is_the_span_of_the_beginning() {
        let metrics = HttpMetrics::server().exemplars(|| SpanContext::new(7, 9));
        metrics.begin("GET", None).end("/a", 200, None);
        let page = page(&metrics, Format::OpenMetrics100);
        let span = " # {trace_id=\"00000000000000000000000000000007\",span_id=\"0000000000000009\"}";
        assert!(page.contains(&format!("code=\"200\"}} 1{span} 1")), "{page}");
        assert!(page.contains(&format!("le=\"0.005\"}} 1{span} ")), "{page}");
    }
}
