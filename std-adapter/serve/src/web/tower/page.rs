//! A service that answers with metrics.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use picometer::Collector;
use tower_service::Service;

use super::super::page_thread::{OwnedRequest, Renderer, Rendering};
use crate::respond::ResponseParts;
#[cfg(doc)]
use crate::respond::respond;

/// Answers every request with metrics, as [`respond`] does; the path is not looked at.
///
/// Called as a service it runs the collectors on a thread of its own, so that a slow collector does not stop the runtime. While 16
/// responses are under way, further requests have the status 503. With feature `tokio` that thread has entered the runtime that calls
/// the service.
///
/// Of metrics that were refused, such as the second of one name, it shows nothing: assert in a test that `default_registry().refused()`
/// is empty.
///
/// ```
/// use picometer_std::serve::tower::MetricsService;
///
/// static METRICS: picometer::Registry = picometer::Registry::new(&[]);
/// let request = http::Request::get("/metrics").body(()).unwrap();
/// assert_eq!(MetricsService::new(&METRICS).answer(&request).status(), 200);
/// ```
#[derive(Clone)]
pub struct MetricsService(Renderer);

impl MetricsService {
    /// Serves these.
    pub fn new(metrics: impl Collector + 'static) -> Self {
        Self(Renderer::new(metrics))
    }

    /// Answers one request, whatever its body, on the thread of the caller.
    pub fn answer<B>(&self, request: &Request<B>) -> Response<Full<Bytes>> {
        response(self.0.answer(&owned(request)))
    }

    /// Answers one request, whatever its body, on a thread of its own.
    pub(in super::super) fn start<B>(&self, request: &Request<B>) -> MetricsFuture {
        MetricsFuture(self.0.start(owned(request)))
    }
}

fn owned<B>(request: &Request<B>) -> OwnedRequest {
    let headers = request.headers().iter();
    OwnedRequest {
        method: request.method().as_str().to_owned(),
        target: request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned(),
        headers: headers.filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))).collect(),
    }
}

fn response(parts: ResponseParts) -> Response<Full<Bytes>> {
    let ResponseParts { status, headers, body } = parts;
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

impl std::fmt::Debug for MetricsService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MetricsService(..)")
    }
}

impl<B> Service<Request<B>> for MetricsService {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = MetricsFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.start(&request)
    }
}

/// The response of a [`MetricsService`] that is being made. Dropping it does not stop the collectors.
///
/// ```
/// use picometer_std::serve::tower::{MetricsFuture, MetricsService};
/// use tower_service::Service;
///
/// fn call(service: &mut MetricsService) -> MetricsFuture {
///     service.call(http::Request::new(()))
/// }
/// ```
pub struct MetricsFuture(Rendering);

impl Future for MetricsFuture {
    type Output = Result<Response<Full<Bytes>>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(response(ready!(Pin::new(&mut self.0).poll(context)))))
    }
}

impl std::fmt::Debug for MetricsFuture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MetricsFuture(..)")
    }
}
