//! The layer that measures a service.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::header::CONTENT_LENGTH;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::super::flight::{InFlight, guarded};
use super::super::requests::HttpMetrics;
use super::body::{CountedBody, MeasuredBody};
use super::{grpc, route};

/// Measures the services that it is put around, of a server or, with [`HttpMetrics::client`], of a client.
///
/// The route is that of a [`Route`](super::Route) among the request's extensions, and for gRPC the path of the method. With
/// feature `axum` it is the pattern that axum's router matched: the layer may be inside of the router (`Router::layer`) or
/// directly around it. A layer of the same metrics further inside does not measure again, but reports the route that is known
/// there. For clients the label is the host of the request.
///
/// ```
/// use picometer_std::serve::HttpMetrics;
/// use picometer_std::serve::tower::MetricsLayer;
///
/// let layer = MetricsLayer::new(HttpMetrics::client());
/// ```
pub struct MetricsLayer<M = KeepBody> {
    metrics: HttpMetrics,
    mode: PhantomData<M>,
}

/// Mode of a [`MetricsLayer`] that leaves the type of request bodies as it is.
///
/// Sizes of requests are known without a body, for axum's body, and for clients whose body says how long it is.
///
/// ```
/// use picometer_std::serve::tower::{KeepBody, MetricsLayer};
///
/// fn same(layer: MetricsLayer) -> MetricsLayer<KeepBody> {
///     layer
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum KeepBody {}

/// Mode of a [`MetricsLayer`] that counts the bytes of every request body, which services get as a [`CountedBody`].
///
/// ```
/// use picometer_std::serve::HttpMetrics;
/// use picometer_std::serve::tower::{CountBody, MetricsLayer};
///
/// let layer: MetricsLayer<CountBody> =
///     MetricsLayer::new(HttpMetrics::server()).count_request_bytes();
/// ```
#[derive(Clone, Copy, Debug)]
pub enum CountBody {}

impl MetricsLayer {
    /// Measures into these.
    pub fn new(metrics: HttpMetrics) -> Self {
        Self { metrics, mode: PhantomData }
    }

    /// Returns the layer that measures the size of every request too; the service gets [`CountedBody`]s.
    ///
    /// axum needs it not. tonic and services of hyper's that take any body need nothing else.
    #[must_use]
    pub fn count_request_bytes(self) -> MetricsLayer<CountBody> {
        MetricsLayer { metrics: self.metrics, mode: PhantomData }
    }
}

impl<M> Clone for MetricsLayer<M> {
    fn clone(&self) -> Self {
        Self { metrics: self.metrics.clone(), mode: PhantomData }
    }
}

impl<M> std::fmt::Debug for MetricsLayer<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("MetricsLayer").field(&self.metrics).finish()
    }
}

impl<S: 'static, M> Layer<S> for MetricsLayer<M> {
    type Service = Measured<S, M>;

    fn layer(&self, inner: S) -> Measured<S, M> {
        #[cfg(feature = "axum")]
        let inner = super::router::reporting(inner);
        Measured { inner, metrics: self.metrics.clone(), mode: PhantomData }
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
/// let measured: Measured<_> =
///     MetricsLayer::new(requests.clone()).layer(MetricsService::new(requests));
/// ```
pub struct Measured<S, M = KeepBody> {
    pub(in super::super) inner: S,
    metrics: HttpMetrics,
    mode: PhantomData<M>,
}

impl<S: Clone, M> Clone for Measured<S, M> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), metrics: self.metrics.clone(), mode: PhantomData }
    }
}

impl<S: std::fmt::Debug, M> std::fmt::Debug for Measured<S, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Measured").field("inner", &self.inner).field("metrics", &self.metrics).finish()
    }
}

impl<S, M> Measured<S, M> {
    /// Begins to measure a request, unless a layer further out does.
    fn begin<A: Body>(&self, request: &mut Request<A>) -> Option<InFlight> {
        if self.metrics.is_client() {
            let mut flight = self.metrics.begin(request.method().as_str(), None);
            flight.route().set(request.uri().host().unwrap_or_default());
            if grpc::is_grpc(request.headers()) {
                flight.is_grpc();
            }
            return Some(flight);
        }
        route::report(request.extensions());
        if route::is_measured(request.extensions(), &self.metrics) {
            return None;
        }
        let mut flight = self.metrics.begin(request.method().as_str(), None);
        let mut known = route::given(request.extensions());
        if grpc::is_grpc(request.headers()) {
            flight.is_grpc();
            known = known.or_else(|| Some(grpc::route(request.uri())?.to_owned()));
        }
        let is_final = known.is_some();
        if let Some(route) = known.or_else(|| route::matched(request.extensions())) {
            flight.route().set(&route);
        }
        route::announce(request.extensions_mut(), &flight, is_final);
        if request.body().is_end_stream() {
            flight.knows_request(0);
        }
        Some(flight)
    }

    /// The same request; the size of its body is known afterwards, or counted where its type allows that.
    pub(in super::super) fn begin_as_it_is<A: Body + 'static>(&self, mut request: Request<A>) -> (Request<A>, Option<InFlight>) {
        let mut flight = self.begin(&mut request);
        if let Some(flight) = flight.as_mut().filter(|_| !request.body().is_end_stream()) {
            #[cfg(feature = "axum")]
            super::router::count(request.body_mut(), &mut || flight.counts_request());
            // What a client sends is its own, and the connection ends if it is longer or shorter than it said.
            if let Some(bytes) = request.body().size_hint().exact().filter(|_| self.metrics.is_client()) {
                flight.knows_request(bytes);
            }
        }
        (request, flight)
    }

    /// The request with a body whose bytes are counted.
    pub(in super::super) fn begin_counted<A: Body>(&self, mut request: Request<A>) -> (Request<CountedBody<A>>, Option<InFlight>) {
        let mut flight = self.begin(&mut request);
        let seen = flight.as_mut().map(InFlight::counts_request);
        (request.map(|body| CountedBody::new(body, seen)), flight)
    }
}

/// The service with requests as they are, or with counted ones.
macro_rules! measured {
    ($How:ty, $Asked:ty, $begin:ident $(, $bound:lifetime)?) => {
        impl<S, A, B> Service<Request<A>> for Measured<S, $How>
        where
            S: Service<Request<$Asked>, Response = Response<B>>,
            A: Body $(+ $bound)?,
            B: Body,
        {
            type Response = Response<MeasuredBody<B>>;
            type Error = S::Error;
            type Future = MeasuredFuture<S::Future>;

            fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
                self.inner.poll_ready(context)
            }

            fn call(&mut self, request: Request<A>) -> Self::Future {
                let (request, mut flight) = self.$begin(request);
                let inner = guarded(&mut flight, || self.inner.call(request));
                MeasuredFuture { inner, flight }
            }
        }
    };
}

measured!(KeepBody, A, begin_as_it_is, 'static);
measured!(CountBody, CountedBody<A>, begin_counted);

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
        flight: Option<InFlight>,
    }
}

impl<F> MeasuredFuture<F> {
    #[cfg(feature = "hyper")]
    pub(in super::super) fn new(inner: F, flight: Option<InFlight>) -> Self {
        Self { inner, flight }
    }
}

impl<F, B, E> Future for MeasuredFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<MeasuredBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(guarded(this.flight, || this.inner.poll(context)));
        let mut flight = this.flight.take();
        match (&result, &mut flight) {
            (Ok(response), Some(flight)) => {
                let said = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
                flight.answered(response.status().as_u16(), said.or_else(|| response.body().size_hint().exact()));
                grpc::status(response.headers()).into_iter().for_each(|status| flight.grpc_status(status));
                if response.body().is_end_stream() {
                    flight.finished();
                }
            }
            (Err(_), Some(flight)) => flight.failed(),
            (_, None) => {}
        }
        Poll::Ready(result.map(|response| response.map(|inner| MeasuredBody::new(inner, flight))))
    }
}
