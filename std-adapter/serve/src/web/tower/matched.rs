//! Which route of a router of axum's matched.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use http::Extensions;
use tower_service::Service;

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
