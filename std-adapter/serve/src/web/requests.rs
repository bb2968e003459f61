//! Metrics of requests, whoever serves or sends them.

#[cfg(all(feature = "multiprocess", target_os = "linux"))]
mod shared;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use picometer::{Cell, Collector, Desc, Encoder, HistogramPoint, Number, Point, PointValue, SeriesEncoder, Stop, Uint};

use picometer_registry::Gauge;

/// Counts requests, measures how long they take, how large they and their responses are, and how many are under way.
///
/// | metric | labels |
/// |---|---|
/// | `http_requests_total` | `method`, `route`, `code` |
/// | `http_request_duration_seconds` | `method`, `route` |
/// | `http_request_size_bytes`, `http_response_size_bytes` | `method`, `route` |
/// | `http_requests_in_flight` | |
///
/// Those of a client begin with `http_client_` and have `host` for `route`. A duration ends with the last byte of the response.
/// What a peer sends never makes labels without bound: an unknown method is `other`, and all routes beyond a number are
/// `overflow`. Where there is no status, `code` is `error`, or `canceled` if nobody waited for it.
///
/// It is cheap to clone, and clones are the same metrics: one goes into the registry, others into servers.
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
    descs: &'static Descs,
    in_flight: Gauge<i64>,
    most_routes: usize,
    tables: RwLock<Tables>,
    /// Where processes share.
    #[cfg(all(feature = "multiprocess", target_os = "linux"))]
    shared: Option<shared::Families>,
}

struct Descs {
    route: &'static str,
    requests: Desc<'static>,
    duration: Desc<'static>,
    request_size: Desc<'static>,
    response_size: Desc<'static>,
    in_flight: Desc<'static>,
}

static SERVER: Descs = Descs {
    route: "route",
    requests: Desc::counter("http_requests_total", "Requests that were answered."),
    duration: Desc::histogram("http_request_duration_seconds", "From the request to the end of the response.").unit("seconds"),
    request_size: Desc::histogram("http_request_size_bytes", "Bodies of requests.").unit("bytes"),
    response_size: Desc::histogram("http_response_size_bytes", "Bodies of responses.").unit("bytes"),
    in_flight: Desc::gauge("http_requests_in_flight", "Requests that are being answered."),
};

static CLIENT: Descs = Descs {
    route: "host",
    requests: Desc::counter("http_client_requests_total", "Requests that were sent."),
    duration: Desc::histogram("http_client_request_duration_seconds", "From the request to the end of the response.").unit("seconds"),
    request_size: Desc::histogram("http_client_request_size_bytes", "Bodies of requests.").unit("bytes"),
    response_size: Desc::histogram("http_client_response_size_bytes", "Bodies of responses.").unit("bytes"),
    in_flight: Desc::gauge("http_client_requests_in_flight", "Requests that wait for their responses."),
};

const METHODS: [&str; 10] = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "other"];
const OVERFLOW: &str = "overflow";
const DEFAULT_ROUTES: usize = 256;

/// The defaults of the other clients.
const SECONDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
const BYTES: [f64; 8] = [100.0, 1_000.0, 10_000.0, 100_000.0, 1e6, 1e7, 1e8, 1e9];

/// By method, then by route; and all of them in the order in which they came, which is the order on the page.
#[derive(Default)]
struct Tables {
    by_route: [HashMap<Box<str>, Arc<Series>>; METHODS.len()],
    all: Vec<Arc<Series>>,
}

struct Series {
    method: &'static str,
    route: Box<str>,
    numbers: Mutex<Numbers>,
}

/// Under one lock, so that a page never shows a request in one number and not in another.
#[derive(Clone, Default)]
struct Numbers {
    codes: Vec<(Code, u64)>,
    duration: Distribution<{ SECONDS.len() }>,
    request_size: Distribution<{ BYTES.len() }>,
    response_size: Distribution<{ BYTES.len() }>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Code {
    Status(u16),
    Error,
    Canceled,
}

impl Code {
    fn text(self) -> Cow<'static, str> {
        match self {
            Self::Status(status) => status.to_string().into(),
            Self::Error => "error".into(),
            Self::Canceled => "canceled".into(),
        }
    }
}

#[derive(Clone)]
struct Distribution<const N: usize> {
    counts: [Uint; N],
    beyond: Uint,
    sum: f64,
}

impl<const N: usize> Default for Distribution<N> {
    fn default() -> Self {
        Self { counts: [0; N], beyond: 0, sum: 0.0 }
    }
}

impl<const N: usize> Distribution<N> {
    fn observe(&mut self, value: f64, bounds: &[f64; N]) {
        let bucket = bounds.iter().position(|bound| value <= *bound).and_then(|place| self.counts.get_mut(place));
        *bucket.unwrap_or(&mut self.beyond) += 1;
        self.sum += value;
    }

    fn point<'a>(&'a self, bounds: &'a [f64; N]) -> Point<'a> {
        let Self { counts, beyond, sum } = self;
        Point::new(PointValue::Histogram(HistogramPoint {
            counts,
            beyond: *beyond,
            sum: Some(Number::from(*sum)),
            bounds,
            exemplars: None,
        }))
    }
}

impl HttpMetrics {
    /// Metrics of a server.
    pub fn server() -> Self {
        Self::with(&SERVER, DEFAULT_ROUTES)
    }

    /// Metrics of a client.
    pub fn client() -> Self {
        Self::with(&CLIENT, DEFAULT_ROUTES)
    }

    /// New metrics of the same kind with room for so many combinations of method and route, 256 if nothing is said. What comes
    /// behind has `overflow` for its route.
    pub fn routes(self, most: usize) -> Self {
        Self::with(self.0.descs, most)
    }

    fn with(descs: &'static Descs, most_routes: usize) -> Self {
        Self(Arc::new(Inner {
            descs,
            #[cfg(all(feature = "multiprocess", target_os = "linux"))]
            in_flight: picometer_registry::Make::make(&picometer_registry::multiprocess::GaugeMode::LiveSum),
            #[cfg(not(all(feature = "multiprocess", target_os = "linux")))]
            in_flight: Gauge::new(),
            most_routes,
            tables: RwLock::default(),
            #[cfg(all(feature = "multiprocess", target_os = "linux"))]
            shared: picometer_registry::__private::is_worker().then(|| shared::Families::new(descs)),
        }))
    }

    /// A request begins; the size of its body, if it is known.
    pub fn begin(&self, method: &str, request_bytes: Option<u64>) -> InFlight {
        self.0.in_flight.inc();
        let method = METHODS.iter().position(|known| *known == method).unwrap_or(METHODS.len() - 1);
        InFlight {
            metrics: self.clone(),
            began: Instant::now(),
            method,
            request_bytes,
            route: String::new(),
            code: Code::Canceled,
            bytes: None,
        }
    }

    /// How many requests are under way.
    pub fn in_flight(&self) -> i64 {
        self.0.in_flight.get()
    }

    /// How many requests ended with a status.
    pub fn count(&self, method: &str, route: &str, status: u16) -> u64 {
        let tables = self.0.tables.read().unwrap_or_else(PoisonError::into_inner);
        let series = tables.all.iter().find(|series| series.method == method && *series.route == *route);
        let numbers = series.map(|series| series.numbers.lock().unwrap_or_else(PoisonError::into_inner));
        let count = numbers.as_ref().and_then(|numbers| numbers.codes.iter().find(|(code, _)| *code == Code::Status(status)));
        count.map_or(0, |(_, count)| *count)
    }

    #[cfg(feature = "tower")]
    pub(super) fn is_client(&self) -> bool {
        std::ptr::eq(self.0.descs, &CLIENT)
    }

    fn series(&self, method: usize, route: &str) -> Option<Arc<Series>> {
        let find = |tables: &Tables, route: &str| tables.by_route.get(method)?.get(route).cloned();
        if let Some(series) = find(&self.0.tables.read().unwrap_or_else(PoisonError::into_inner), route) {
            return Some(series);
        }
        let mut tables = self.0.tables.write().unwrap_or_else(PoisonError::into_inner);
        let route = if tables.all.len() < self.0.most_routes { route } else { OVERFLOW };
        // Somebody may have been faster.
        if let Some(series) = find(&tables, route) {
            return Some(series);
        }
        let series = Arc::new(Series { method: METHODS.get(method)?, route: route.into(), numbers: Mutex::default() });
        tables.by_route.get_mut(method)?.insert(route.into(), Arc::clone(&series));
        tables.all.push(Arc::clone(&series));
        Some(series)
    }
}

impl HttpMetrics {
    fn show_in_flight(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        let Inner { descs, in_flight, .. } = &*self.0;
        if out.begin(&descs.in_flight)? { in_flight.encode(&mut SeriesEncoder::new(out, &descs.in_flight, &())) } else { Ok(()) }
    }
}

impl std::fmt::Debug for HttpMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpMetrics").field("in_flight", &self.in_flight()).finish_non_exhaustive()
    }
}

/// A request under way. Dropped without an end it counts as `canceled`.
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
    method: usize,
    request_bytes: Option<u64>,
    route: String,
    code: Code,
    bytes: Option<u64>,
}

impl InFlight {
    /// It was answered, with a body of so many bytes if that is known.
    pub fn end(mut self, route: &str, status: u16, response_bytes: Option<u64>) {
        self.answered(route, status);
        self.bytes = response_bytes;
    }

    /// It came to nothing.
    pub fn fail(mut self, route: &str) {
        route.clone_into(&mut self.route);
        self.code = Code::Error;
    }

    /// Where it leads, if it is canceled from now on.
    #[cfg(any(feature = "tower", feature = "actix-web"))]
    pub(super) fn lead_to(&mut self, route: &str) {
        route.clone_into(&mut self.route);
    }

    /// The head of the answer is there; the body may follow.
    pub(super) fn answered(&mut self, route: &str, status: u16) {
        route.clone_into(&mut self.route);
        // A status has three digits; what has not is none.
        self.code = if (100..1_000).contains(&status) { Code::Status(status) } else { Code::Error };
    }

    /// So many bytes of the body.
    #[cfg(feature = "tower")]
    pub(super) fn sent(&mut self, bytes: u64) {
        *self.bytes.get_or_insert(0) += bytes;
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.metrics.0.in_flight.dec();
        let seconds = self.began.elapsed().as_secs_f64();
        let Some(series) = self.metrics.series(self.method, &self.route) else { return };
        #[cfg(all(feature = "multiprocess", target_os = "linux"))]
        if let Some(shared) = &self.metrics.0.shared {
            let code = self.code.text();
            shared.ended(series.method, &series.route, &code, seconds, self.request_bytes, self.bytes);
        }
        let mut numbers = series.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        match numbers.codes.iter_mut().find(|(code, _)| *code == self.code) {
            Some((_, count)) => *count += 1,
            None => numbers.codes.push((self.code, 1)),
        }
        numbers.duration.observe(seconds, &SECONDS);
        if let Some(bytes) = self.request_bytes {
            numbers.request_size.observe(bytes as f64, &BYTES);
        }
        if let Some(bytes) = self.bytes {
            numbers.response_size.observe(bytes as f64, &BYTES);
        }
    }
}

impl std::fmt::Debug for InFlight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InFlight").field("method", &METHODS.get(self.method)).field("route", &self.route).finish_non_exhaustive()
    }
}

impl Collector for HttpMetrics {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        #[cfg(all(feature = "multiprocess", target_os = "linux"))]
        if let Some(shared) = &self.0.shared {
            shared.collect(out)?;
            return self.show_in_flight(out);
        }
        let Inner { descs, tables, .. } = &*self.0;
        let all = tables.read().unwrap_or_else(PoisonError::into_inner).all.clone();
        // One moment for all families, and no lock while a page is written.
        let numbers = |series: &Arc<Series>| series.numbers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let all: Vec<_> = all.iter().map(|series| (series, numbers(series))).collect();
        let mut requests = out.family(&descs.requests)?;
        for (series, numbers) in &all {
            for (code, count) in &numbers.codes {
                requests.counter(&[("method", series.method), (descs.route, &series.route), ("code", &*code.text())], *count)?;
            }
        }
        let mut duration = out.family(&descs.duration)?;
        for (series, numbers) in &all {
            duration.point(&[("method", series.method), (descs.route, &*series.route)], &numbers.duration.point(&SECONDS))?;
        }
        let mut sizes = out.family(&descs.request_size)?;
        for (series, numbers) in &all {
            sizes.point(&[("method", series.method), (descs.route, &*series.route)], &numbers.request_size.point(&BYTES))?;
        }
        let mut sizes = out.family(&descs.response_size)?;
        for (series, numbers) in &all {
            sizes.point(&[("method", series.method), (descs.route, &*series.route)], &numbers.response_size.point(&BYTES))?;
        }
        self.show_in_flight(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{Page, render};
    use picometer::http::Negotiated;

    fn page(metrics: &HttpMetrics) -> String {
        let mut page = Page::default();
        render(metrics, Negotiated::default(), &[], &mut page).unwrap();
        str::from_utf8(page.as_slice()).unwrap().to_owned()
    }

    #[test]
    fn every_end_of_a_request_is_counted_once() {
        let metrics = HttpMetrics::server();
        metrics.begin("GET", Some(0)).end("/a", 200, Some(1_500));
        metrics.begin("BREW", None).end("/a", 9_999, None);
        metrics.begin("GET", None).fail("/a");
        drop(metrics.begin("GET", None));
        let page = page(&metrics);
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
    fn routes_without_end_share_one_series() {
        let metrics = HttpMetrics::client().routes(3);
        for host in 0..100 {
            metrics.begin("GET", None).end(&format!("host{host}"), 200, None);
        }
        assert_eq!(metrics.count("GET", "host2", 200), 1);
        assert_eq!(metrics.count("GET", OVERFLOW, 200), 97);
        assert_eq!(page(&metrics).matches("http_client_requests_total{").count(), 4);
    }
}
