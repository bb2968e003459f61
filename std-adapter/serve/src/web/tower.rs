//! For everything that is made of tower's services: a service with the page, and a layer that measures others.
//!
//! ```
//! use picometer_std::serve::HttpMetrics;
//! use picometer_std::serve::tower::{MetricsLayer, MetricsService};
//!
//! let requests = HttpMetrics::server();
//! let page = MetricsService::new(requests.clone());
//! let layer = MetricsLayer::new(requests);
//! // As in `ServiceBuilder::new().layer(layer).service(…)`, and the page wherever its path leads to.
//! ```

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http::header::CONTENT_LENGTH;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use picometer::Collector;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::requests::{HttpMetrics, InFlight};
use crate::respond::{RequestParts, ResponseParts, respond};

/// Answers every request with the page of metrics, as [`respond`] does; the path is not looked at.
///
/// ```
/// use picometer_std::serve::tower::MetricsService;
///
/// static METRICS: picometer::Registry = picometer::Registry::new(&[]);
/// let request = http::Request::get("/metrics").body(()).unwrap();
/// assert_eq!(MetricsService::new(&METRICS).answer(&request).status(), 200);
/// ```
#[derive(Clone)]
pub struct MetricsService(Arc<dyn Collector>);

impl MetricsService {
    /// Serves these.
    pub fn new(metrics: impl Collector + 'static) -> Self {
        Self(Arc::new(metrics))
    }

    /// Answers one request, whatever its body.
    pub fn answer<B>(&self, request: &Request<B>) -> Response<Full<Bytes>> {
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
        let mut parts = RequestParts::new(request.method().as_str(), target);
        for (name, value) in request.headers() {
            if let Ok(value) = value.to_str() {
                parts.add_header(name.as_str(), value);
            }
        }
        let ResponseParts { status, headers, body } = respond(&parts, &*self.0);
        let mut response = Response::new(Full::new(body.into()));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

impl std::fmt::Debug for MetricsService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MetricsService(..)")
    }
}

impl<B> Service<Request<B>> for MetricsService {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ready(Ok(self.answer(&request)))
    }
}

/// The route of a request, for [`MetricsLayer`]: an extension that a router of your own puts in. Routers have few routes; a path is
/// none, because clients make them up.
///
/// ```
/// use picometer_std::serve::tower::Route;
///
/// let mut request = http::Request::get("/orders/17").body(()).unwrap();
/// request.extensions_mut().insert(Route("/orders/{id}".into()));
/// ```
#[derive(Clone, Debug)]
pub struct Route(pub std::borrow::Cow<'static, str>);

/// Measures the services that it is put around, of a server or, with [`HttpMetrics::client`], of a client.
///
/// The route is that of axum's router with feature `axum` (inside `Router::layer` or `route_layer`), or that of a [`Route`] among
/// the request's extensions, and otherwise left out. For clients it is the host of the request.
///
/// ```
/// use picometer_std::serve::HttpMetrics;
/// use picometer_std::serve::tower::MetricsLayer;
///
/// let layer = MetricsLayer::new(HttpMetrics::client());
/// ```
#[derive(Clone, Debug)]
pub struct MetricsLayer(HttpMetrics);

impl MetricsLayer {
    /// Measures into these.
    pub fn new(metrics: HttpMetrics) -> Self {
        Self(metrics)
    }
}

impl<S> Layer<S> for MetricsLayer {
    type Service = Measured<S>;

    fn layer(&self, inner: S) -> Measured<S> {
        Measured { inner, metrics: self.0.clone() }
    }
}

/// A service that is measured, made by [`MetricsLayer`].
///
/// ```
/// use picometer_std::serve::HttpMetrics;
/// use picometer_std::serve::tower::{Measured, MetricsLayer, MetricsService};
/// use tower_layer::Layer;
///
/// let requests = HttpMetrics::server();
/// let measured: Measured<_> = MetricsLayer::new(requests.clone()).layer(MetricsService::new(requests));
/// ```
#[derive(Clone, Debug)]
pub struct Measured<S> {
    inner: S,
    metrics: HttpMetrics,
}

impl<S, A, B> Service<Request<A>> for Measured<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    A: Body,
{
    type Response = Response<MeasuredBody<B>>;
    type Error = S::Error;
    type Future = MeasuredFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let size = content_length(request.headers()).or_else(|| request.body().size_hint().exact());
        let mut flight = self.metrics.begin(request.method().as_str(), size);
        let route = if self.metrics.is_client() {
            request.uri().host().unwrap_or_default().to_owned()
        } else {
            route(request.extensions()).unwrap_or_default()
        };
        flight.lead_to(&route);
        MeasuredFuture { inner: self.inner.call(request), route, flight: Some(flight) }
    }
}

fn route(extensions: &Extensions) -> Option<String> {
    let own = extensions.get::<Route>().map(|route| route.0.clone().into_owned());
    #[cfg(feature = "axum")]
    return own.or_else(|| extensions.get::<::axum::extract::MatchedPath>().map(|path| path.as_str().to_owned()));
    #[cfg(not(feature = "axum"))]
    own
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

pin_project! {
    /// What a [`Measured`] service returns at once.
    ///
    /// ```
    /// use picometer_std::serve::tower::{Measured, MeasuredFuture, MetricsService};
    /// use tower_service::Service;
    ///
    /// fn call(service: &mut Measured<MetricsService>) -> impl Future {
    ///     let request = http::Request::new(http_body_util::Full::new(bytes::Bytes::new()));
    ///     let future: MeasuredFuture<_> = service.call(request);
    ///     future
    /// }
    /// ```
    #[derive(Debug)]
    pub struct MeasuredFuture<F> {
        #[pin]
        inner: F,
        route: String,
        flight: Option<InFlight>,
    }
}

impl<F, B, E> Future for MeasuredFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<MeasuredBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.inner.poll(context));
        let flight = this.flight.take();
        Poll::Ready(match result {
            Ok(response) => {
                let status = response.status().as_u16();
                let flight = flight.map(|mut flight| {
                    flight.answered(this.route, status);
                    // A body without bytes has a size too.
                    flight.sent(0);
                    flight
                });
                Ok(response.map(|inner| MeasuredBody { inner, flight }))
            }
            Err(error) => {
                if let Some(flight) = flight {
                    flight.fail(this.route);
                }
                Err(error)
            }
        })
    }
}

pin_project! {
    /// The body of a response of a [`Measured`] service. The request ends with it: at its last byte, or where it is dropped.
    ///
    /// ```
    /// use http_body::Body;
    /// use picometer_std::serve::tower::MeasuredBody;
    ///
    /// fn left<B: Body>(body: &MeasuredBody<B>) -> Option<u64> {
    ///     body.size_hint().exact()
    /// }
    /// ```
    #[derive(Debug)]
    pub struct MeasuredBody<B> {
        #[pin]
        inner: B,
        flight: Option<InFlight>,
    }
}

impl<B: Body> Body for MeasuredBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let frame = ready!(this.inner.poll_frame(context));
        match (&frame, &mut *this.flight) {
            (Some(Ok(frame)), Some(flight)) => flight.sent(frame.data_ref().map_or(0, |data| data.remaining() as u64)),
            (Some(Ok(_)), None) => {}
            (Some(Err(_)) | None, flight) => *flight = None,
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
