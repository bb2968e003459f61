//! Where routers are nested, the route is never empty, and a request is counted once.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::{any_service, get};
use picometer_std::serve::HttpMetrics;
use picometer_std::serve::axum::MetricsLayer;
use tower::{Layer, ServiceExt, service_fn};

use crate::run;
use crate::support::page;

fn orders() -> Router {
    Router::new().route("/orders/{id}", get(async || "an order"))
}

/// Asks, reads the body, and returns the lines of `http_requests_total` without their name.
fn asked(app: Router, requests: &HttpMetrics, path: &str) -> Vec<String> {
    run(async {
        let response = app.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    });
    assert_eq!(requests.in_flight(), 0);
    page(requests).lines().filter_map(|line| line.strip_prefix("http_requests_total{method=\"GET\",").map(str::to_owned)).collect()
}

fn one(app: impl FnOnce(MetricsLayer) -> Router, path: &str) -> String {
    let requests = HttpMetrics::server();
    let mut lines = asked(app(MetricsLayer::new(requests.clone())), &requests, path);
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

#[test]
fn nested_routers_have_whole_routes() {
    let expected = "route=\"/v1/shop/orders/{id}\",code=\"200\"} 1";
    let path = "/v1/shop/orders/7";
    let nest = |router: Router| Router::new().nest("/v1", Router::new().nest("/shop", router));
    assert_eq!(one(|layer| nest(orders()).layer(layer), path), expected);
    assert_eq!(one(|layer| nest(orders().layer(layer)), path), expected);
    // A layer of the same metrics twice counts once.
    assert_eq!(one(|layer| nest(orders().layer(layer.clone())).layer(layer), path), expected);
    assert_eq!(one(|layer| nest(orders().route_layer(layer)), path), expected);
}

#[test]
fn nested_services_have_the_route_of_their_place() {
    let files = || any_service(service_fn(async |_: Request| Ok::<_, std::convert::Infallible>(Response::new(Body::from("a file")))));
    let files = move || Router::new().nest_service("/v1/{tenant}/files", files());
    assert_eq!(one(|layer| files().layer(layer), "/v1/a/files/b/c"), "route=\"/v1/{tenant}/files/{*rest}\",code=\"200\"} 1");
    assert_eq!(
        one(|layer| Router::new().nest("/deep", files()).layer(layer), "/deep/v1/a/files/b/c"),
        "route=\"/deep/v1/{tenant}/files/{*rest}\",code=\"200\"} 1"
    );
    let nested = || Router::new().nest_service("/shop", orders());
    assert_eq!(one(|layer| nested().layer(layer), "/shop/orders/7"), "route=\"/shop/{*rest}\",code=\"200\"} 1");
    // The router that is nested says more, if a layer of the same metrics is in it.
    let app = |layer: MetricsLayer| Router::new().nest_service("/shop", orders().layer(layer.clone())).layer(layer);
    assert_eq!(one(app, "/shop/orders/7"), "route=\"/shop/orders/{id}\",code=\"200\"} 1");
}

#[test]
fn layer_around_a_router_knows_its_routes() {
    let around = |router: Router| |layer: MetricsLayer| Router::new().fallback_service(layer.layer(router));
    assert_eq!(one(around(orders()), "/orders/7"), "route=\"/orders/{id}\",code=\"200\"} 1");
    assert_eq!(one(around(Router::new().nest("/shop", orders())), "/shop/orders/7"), "route=\"/shop/orders/{id}\",code=\"200\"} 1");
    assert_eq!(one(around(Router::new().nest_service("/shop", orders())), "/shop/orders/7"), "route=\"/shop/{*rest}\",code=\"200\"} 1");
}

#[test]
fn paths_that_no_router_knows_have_no_route() {
    let expected = "route=\"\",code=\"404\"} 1";
    let with_fallback = || orders().fallback(async || axum::http::StatusCode::NOT_FOUND);
    assert_eq!(one(|layer| orders().layer(layer), "/made/up"), expected);
    assert_eq!(one(|layer| with_fallback().layer(layer), "/made/up"), expected);
    assert_eq!(one(|layer| Router::new().nest("/shop", with_fallback()).layer(layer), "/shop/made/up"), expected);
    assert_eq!(one(|layer| Router::new().fallback_service(layer.layer(with_fallback())), "/made/up"), expected);
}
