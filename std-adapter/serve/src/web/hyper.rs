//! For bare hyper: [`MetricsService`] and [`Measured`] are services of hyper's too.
//!
//! ```
//! use hyper::service::{Service, service_fn};
//! use picometer_std::serve::HttpMetrics;
//! use picometer_std::serve::hyper::{MetricsLayer, MetricsService};
//! use tower_layer::Layer;
//!
//! static METRICS: picometer::Registry = picometer::Registry::new(&[]);
//! let service = MetricsService::new(&METRICS);
//! // hyper::server::conn::http1::Builder::new().serve_connection(io, service)
//! let answer = service.call(hyper::Request::get("/metrics").body(()).unwrap());
//! # drop(answer);
//!
//! // A service of yours; a router of yours inserts `Route`s.
//! let requests = HttpMetrics::server();
//! let layer = MetricsLayer::new(requests).count_request_bytes();
//! # fn measured(layer: &MetricsLayer<picometer_std::serve::tower::CountBody>) -> impl Service<hyper::Request<http_body_util::Empty<bytes::Bytes>>> {
//! let measured = layer.layer(service_fn(async |_request| {
//!     Ok::<_, std::convert::Infallible>(hyper::Response::new(http_body_util::Full::<
//!         bytes::Bytes,
//!     >::from("hello")))
//! }));
//! # measured
//! # }
//! # measured(&layer);
//! ```

use std::convert::Infallible;

use ::hyper::service::Service;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;

use super::flight::guarded;
use super::tower::{CountBody, CountedBody, KeepBody, MeasuredBody, MeasuredFuture, MetricsFuture};
pub use super::tower::{Measured, MetricsLayer, MetricsService};

impl<B> Service<Request<B>> for MetricsService {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = MetricsFuture;

    fn call(&self, request: Request<B>) -> Self::Future {
        self.start(&request)
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

            fn call(&self, request: Request<A>) -> Self::Future {
                let (request, mut flight) = self.$begin(request);
                let inner = guarded(&mut flight, || self.inner.call(request));
                MeasuredFuture::new(inner, flight)
            }
        }
    };
}

measured!(KeepBody, A, begin_as_it_is, 'static);
measured!(CountBody, CountedBody<A>, begin_counted);
