//! For bare hyper: [`MetricsService`] is a service of hyper's too, and [`MetricsService::answer`] joins it to one of yours.
//!
//! ```
//! use hyper::service::Service;
//! use picometer_std::serve::hyper::MetricsService;
//!
//! static METRICS: picometer::Registry = picometer::Registry::new(&[]);
//! let service = MetricsService::new(&METRICS);
//! // hyper::server::conn::http1::Builder::new().serve_connection(io, service)
//! let answer = service.call(hyper::Request::get("/metrics").body(()).unwrap());
//! # drop(answer);
//! ```

use std::convert::Infallible;
use std::future::{Ready, ready};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;

pub use super::tower::MetricsService;

impl<B> ::hyper::service::Service<Request<B>> for MetricsService {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn call(&self, request: Request<B>) -> Self::Future {
        ready(Ok(self.answer(&request)))
    }
}
