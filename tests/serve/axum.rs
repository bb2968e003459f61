//! A service on axum.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::channel;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use http_body_util::BodyExt;
use picometer_std::serve::HttpMetrics;
use picometer_std::serve::axum::{MetricsLayer, metrics};

use crate::script::{body, never};
use crate::situations::{self, Served};
use crate::{BOOTS, check_page, peers, run, value};

/// Serves a router on a thread of its own, until the test is over.
pub fn serve(app: Router) -> SocketAddr {
    let (sender, receiver) = channel::<SocketAddr>();
    std::thread::spawn(move || {
        run(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, app).await.unwrap();
        });
    });
    receiver.recv().unwrap()
}

/// The routes of the table of situations.
pub fn situations(gate: &Arc<AtomicBool>) -> Router {
    let scripted = |path: &'static str| {
        let gate = Arc::clone(gate);
        get(async move || Response::new(Body::new(body(path, &gate).unwrap())))
    };
    let mut router = Router::new()
        .route("/orders/{id}", get(|Path(id): Path<u32>| async move { "x".repeat(id as usize) }))
        .route("/orders", post(|body: String| async move { body }))
        .route("/hang", get(async || -> StatusCode { match never().await {} }))
        .route("/panic", get(async || -> StatusCode { panic!("on purpose") }))
        .route("/upgrade", get(async || (StatusCode::SWITCHING_PROTOCOLS, [("connection", "upgrade"), ("upgrade", "echo")])))
        .route("/count", post(async |body: Body| drop(body.collect().await)));
    for path in ["/stream", "/events", "/endless", "/broken", "/panicking"] {
        router = router.route(path, scripted(path));
    }
    router
}

#[test]
fn layer_inside_counts_every_situation() {
    let (requests, gate) = (HttpMetrics::server(), Arc::default());
    let address = serve(situations(&gate).layer(MetricsLayer::new(requests.clone())));
    situations::check(&Served { address, requests, gate, prefix: "" });
}

#[test]
fn layer_around_the_router_counts_every_situation() {
    let (requests, gate) = (HttpMetrics::server(), Arc::default());
    let nested = Router::new().nest("/shop", situations(&gate));
    let measured = tower::Layer::layer(&MetricsLayer::new(requests.clone()), nested);
    let address = serve(Router::new().fallback_service(measured));
    situations::check(&Served { address, requests, gate, prefix: "/shop" });
}

#[test]
fn routes_are_measured_and_the_page_is_served() {
    let requests = HttpMetrics::server();
    let app = Router::new()
        .route("/orders/{id}", get(|Path(id): Path<u32>| async move { "x".repeat(id as usize) }))
        .route("/orders", post(|body: String| async move { (StatusCode::CREATED, body) }))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(MetricsLayer::new(requests.clone()))
        .route("/metrics", metrics(requests.clone()))
        .route("/page", metrics(&BOOTS));
    let address = serve(app);
    check_page(address);
    for id in [5, 5_000] {
        assert_eq!(peers::get(address, &format!("/orders/{id}"), &[]).unwrap().body.len(), id);
    }
    assert_eq!(peers::get(address, "/orders/none", &[]).unwrap().status, 400);
    assert_eq!(peers::post(address, "/orders", &[], b"three").unwrap().status, 201);
    for made_up in 0..5 {
        assert_eq!(peers::get(address, &format!("/{made_up}"), &[]).unwrap().status, 404);
    }
    for (series, expected) in [
        ("http_requests_total{method=\"GET\",route=\"/orders/{id}\",code=\"200\"}", 2.0),
        ("http_requests_total{method=\"GET\",route=\"/orders/{id}\",code=\"400\"}", 1.0),
        ("http_requests_total{method=\"POST\",route=\"/orders\",code=\"201\"}", 1.0),
        ("http_requests_total{method=\"GET\",route=\"\",code=\"404\"}", 5.0),
        ("http_request_duration_seconds_count{method=\"GET\",route=\"/orders/{id}\"}", 3.0),
        ("http_request_size_bytes_sum{method=\"POST\",route=\"/orders\"}", 5.0),
        ("http_response_size_bytes_sum{method=\"POST\",route=\"/orders\"}", 5.0),
        ("http_response_size_bytes_bucket{method=\"GET\",route=\"/orders/{id}\",le=\"1000.0\"}", 2.0),
        ("http_requests_in_flight", 0.0),
    ] {
        assert_eq!(value(address, series), expected, "{series}");
    }
}
