//! A service on axum.

use std::net::SocketAddr;
use std::sync::mpsc::channel;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{get, post};
use picometer_std::serve::HttpMetrics;
use picometer_std::serve::axum::{MetricsLayer, metrics};

use crate::{BOOTS, check_page, peers, run, value};

#[test]
fn routes_are_measured_and_the_page_is_served() {
    let requests = HttpMetrics::server();
    let app = Router::new()
        .route("/orders/{id}", get(|Path(id): Path<u32>| async move { "x".repeat(id as usize) }))
        .route("/orders", post(|body: String| async move { (StatusCode::CREATED, body) }))
        .route("/slow", get(std::future::pending::<&str>))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(MetricsLayer::new(requests.clone()))
        .route("/metrics", metrics(requests.clone()))
        .route("/page", metrics(&BOOTS));
    let (sender, receiver) = channel::<SocketAddr>();
    std::thread::spawn(move || {
        run(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, app).await.unwrap();
        });
    });
    let address = receiver.recv().unwrap();
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
    // A client that leaves without its answer.
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    std::io::Write::write_all(&mut stream, b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    peers::wait_for("the request", || (requests.in_flight() == 1).then_some(()));
    drop(stream);
    peers::wait_for("its end", || (requests.in_flight() == 0).then_some(()));
    assert_eq!(value(address, "http_requests_total{method=\"GET\",route=\"/slow\",code=\"canceled\"}"), 1.0);
}
