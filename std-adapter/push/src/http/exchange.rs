//! A request and its response, and who carries them.

use std::time::Duration;

use crate::error::PushError;

/// A request, as a [`Handler`] sees it.
///
/// ```no_run
/// use picometer_std::push::HttpRequest;
///
/// fn log(request: &HttpRequest<'_>) {
///     println!("{} {} with {} bytes", request.method, request.url, request.body.len());
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct HttpRequest<'a> {
    /// `PUT`, `POST` or `DELETE`.
    pub method: &'a str,
    /// The whole address.
    pub url: &'a str,
    /// All headers but `Host` and `Content-Length`.
    pub headers: &'a [(String, String)],
    /// The body.
    pub body: &'a [u8],
    /// How long all of it may take.
    pub timeout: Duration,
}

/// A response, as a [`Handler`] gives it.
///
/// ```
/// let accepted =
///     picometer_std::push::HttpResponse { status: 202, ..Default::default() };
/// ```
#[derive(Clone, Debug, Default)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The start of the body: 64 KiB of it are read.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// The first header of that name, in whatever case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Sends requests in the place of the built-in client: over a Unix socket, through a proxy of yours, into a test. Any function is
/// one.
///
/// ```
/// use picometer::{Counter, Desc, Metric};
/// use picometer_std::push::{Http, HttpRequest, HttpResponse, PushError, Pushgateway};
///
/// static ROWS: Metric<Counter> = Metric::new(&Desc::counter("rows_total", "Rows."));
/// let http = Http::new().handler(
///     |request: &HttpRequest<'_>| -> Result<HttpResponse, PushError> {
///         assert_eq!(request.url, "http://gateway/metrics/job/import");
///         assert_eq!(
///             request.body,
///             b"# HELP rows_total Rows.\n# TYPE rows_total counter\nrows_total 0\n"
///         );
///         Ok(HttpResponse { status: 200, ..HttpResponse::default() })
///     },
/// );
/// Pushgateway::new("gateway", "import")?.http(http).push(&ROWS)?;
/// # Ok::<(), PushError>(())
/// ```
pub trait Handler: Send + Sync {
    /// Sends a request, and follows no redirect.
    ///
    /// # Errors
    ///
    /// [`PushError`], if there is no answer. An answer is none, whatever its status.
    fn send(&self, request: &HttpRequest<'_>) -> Result<HttpResponse, PushError>;
}

impl<F: Fn(&HttpRequest<'_>) -> Result<HttpResponse, PushError> + Send + Sync> Handler for F {
    fn send(&self, request: &HttpRequest<'_>) -> Result<HttpResponse, PushError> {
        self(request)
    }
}
