//! What is known of axum's routers and bodies.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use tower_layer::Layer;
use tower_service::Service;

use super::body::CountedBody;
use super::route;

/// A router whose routes say which they are, if the service is a router; other services as they are.
pub(super) fn reporting<S: 'static>(mut service: S) -> S {
    if let Some(router) = (&mut service as &mut dyn Any).downcast_mut::<Router>() {
        *router = std::mem::take(router).layer(Reporting);
    }
    service
}

/// Counts the bytes of a body, if it is one of axum's.
pub(super) fn count<B: 'static>(body: &mut B, counter: &mut dyn FnMut() -> Arc<AtomicU64>) {
    if let Some(body) = (body as &mut dyn Any).downcast_mut::<Body>() {
        *body = Body::new(CountedBody::new(std::mem::take(body), Some(counter())));
    }
}

#[derive(Clone)]
struct Reporting;

impl<S> Layer<S> for Reporting {
    type Service = Reports<S>;

    fn layer(&self, inner: S) -> Reports<S> {
        Reports(inner)
    }
}

/// Reports its route to the layer that measures the router.
#[derive(Clone)]
struct Reports<S>(S);

impl<S: Service<Request>> Service<Request> for Reports<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> S::Future {
        route::report(request.extensions());
        self.0.call(request)
    }
}
