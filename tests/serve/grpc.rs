//! gRPC: HTTP/2 whose status is in trailers or in a head without a body, and whose path is the route.

use std::convert::Infallible;

use axum::Router;
use axum::routing::post_service;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Body, Bytes};
use hyper::{HeaderMap, Request, Response};
use hyper_util::service::TowerToHyperService;
use picometer_std::serve::HttpMetrics;
use picometer_std::serve::tower::MetricsLayer;
use tower::service_fn;

use crate::script::{Broken, Script, Step};
use crate::support::page;
use crate::{axum as on_axum, http2, hyper as on_hyper, peers};

const MESSAGE: &str = "\0\0\0\0\x05hello";

/// Answers as tonic does: the method is the status that it ends with.
async fn answer<B: Body<Error: std::fmt::Debug>>(request: Request<B>) -> Result<Response<UnsyncBoxBody<Bytes, Broken>>, Infallible> {
    let method = request.uri().path().rsplit('/').next().unwrap().to_owned();
    drop(request.into_body().collect().await.unwrap());
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", method.trim_start_matches(['S', 'H']).parse().unwrap());
    let head = Response::builder().header("content-type", "application/grpc");
    Ok(if method.starts_with('H') {
        // Without a message the head is all there is.
        let mut response = head.body(Empty::new().map_err(|never| match never {}).boxed_unsync()).unwrap();
        response.headers_mut().extend(trailers);
        response
    } else if method.starts_with('S') {
        head.body(Script::new([Step::Send(MESSAGE), Step::Trailers(trailers)]).boxed_unsync()).unwrap()
    } else {
        // It forgets its status.
        head.body(Script::new([Step::Send(MESSAGE)]).boxed_unsync()).unwrap()
    })
}

fn check(address: std::net::SocketAddr, requests: &HttpMetrics) {
    let headers = [("content-type", "application/grpc"), ("te", "trailers")];
    let methods = ["S0", "S0", "S5", "S12", "S16", "H7", "Lost"];
    for method in methods {
        let answer = http2::send(address, "POST", &format!("/shop.v1.Orders/{method}"), &headers, MESSAGE.as_bytes());
        assert_eq!(answer.status, 200);
        assert_eq!(answer.trailers.contains_key("grpc-status"), method.starts_with('S'));
        assert_eq!(answer.headers.contains_key("grpc-status"), method.starts_with('H'));
    }
    peers::wait_for("the end of all requests", || (requests.in_flight() == 0).then_some(()));
    let page = page(requests);
    for (method, code, count) in [("S0", "0", 2), ("S5", "5", 1), ("S12", "12", 1), ("S16", "16", 1), ("H7", "7", 1), ("Lost", "error", 1)]
    {
        let route = format!("{{method=\"POST\",route=\"/shop.v1.Orders/{method}\"");
        let line = format!("http_requests_total{route},code=\"{code}\"}} {count}\n");
        assert!(page.contains(&line), "{line}\n{page}");
        for name in ["request", "response"] {
            let bytes = if name == "response" && method == "H7" { 0 } else { count * MESSAGE.len() };
            let line = format!("http_{name}_size_bytes_sum{route}}} {bytes}\n");
            assert!(page.contains(&line), "{line}\n{page}");
        }
    }
    assert!(!page.contains("code=\"200\""), "{page}");
}

#[test]
fn status_is_that_of_grpc_over_tower() {
    let requests = HttpMetrics::server();
    let layer = MetricsLayer::new(requests.clone()).count_request_bytes();
    let service = tower::ServiceBuilder::new().layer(layer).service(service_fn(answer));
    check(on_hyper::serve(TowerToHyperService::new(service)), &requests);
}

#[test]
fn status_is_that_of_grpc_behind_a_router() {
    let requests = HttpMetrics::server();
    let router = Router::new().route("/shop.v1.Orders/{*rest}", post_service(service_fn(answer)));
    check(on_axum::serve(router.layer(MetricsLayer::new(requests.clone()))), &requests);
}

#[test]
fn made_up_methods_leave_half_of_the_routes() {
    let requests = HttpMetrics::server().routes(20);
    let layer = MetricsLayer::new(requests.clone());
    let service = tower::ServiceBuilder::new().layer(layer).service(service_fn(async |request: Request<Empty<Bytes>>| {
        let is_known = request.uri().path().starts_with("/known");
        let response = Response::builder().header("grpc-status", if is_known { "0" } else { "12" });
        Ok::<_, Infallible>(response.body(Empty::<Bytes>::new()).unwrap())
    }));
    let call = |path: String| {
        let request = Request::post(path).header("content-type", "application/grpc").body(Empty::<Bytes>::new()).unwrap();
        crate::run(tower::ServiceExt::oneshot(service.clone(), request)).unwrap();
    };
    (0..1_000).for_each(|at| call(format!("/made.Up/Method{at}")));
    (0..9).for_each(|at| call(format!("/known.Service/Method{at}")));
    let page = page(&requests);
    assert!((0..9).all(|at| page.contains(&format!("{{method=\"POST\",route=\"/known.Service/Method{at}\",code=\"0\"}} 1\n"))), "{page}");
    assert!(page.contains("{method=\"POST\",route=\"overflow\",code=\"12\"} 990\n"), "{page}");
}
