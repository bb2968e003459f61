//! What is known of axum's routers and bodies.

use std::any::Any;
use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use http::Extensions;
use tower_layer::Layer;
use tower_service::Service;

use super::body::CountedBody;
use super::route;

/// The pattern that the router matched, `{*rest}` standing for what a nested service makes of it.
pub(super) fn matched(extensions: &Extensions) -> Option<String> {
    if let Some(path) = extensions.get::<MatchedPath>() {
        return Some(path.as_str().to_owned());
    }
    // Only a router that is nested sees where; so one is.
    let mut request = Request::new(Body::empty());
    *request.extensions_mut() = extensions.clone();
    let mut router = NESTED.clone();
    match pin!(router.call(request)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(response)) => {
            let path = response.extensions().get::<MatchedPath>()?.as_str();
            (path != "/").then(|| format!("{}/{{*rest}}", path.trim_end_matches('/')))
        }
        Poll::Pending => None,
    }
}

/// Answers with the pattern that leads to it.
static NESTED: LazyLock<Router> = LazyLock::new(|| Router::new().route_service("/", Pattern));

#[derive(Clone)]
struct Pattern;

impl Service<Request> for Pattern {
    type Response = Response;
    type Error = Infallible;
    type Future = Ready<Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let mut response = Response::new(Body::empty());
        if let Some(path) = request.extensions().get::<MatchedPath>() {
            response.extensions_mut().insert(path.clone());
        }
        ready(Ok(response))
    }
}

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
