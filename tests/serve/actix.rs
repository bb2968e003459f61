//! A service on actix-web.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::channel;

use actix_web::error::ErrorImATeapot;
use actix_web::http::StatusCode;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use picometer_std::serve::HttpMetrics;
use picometer_std::serve::actix_web::{measure, metrics};

use crate::script::{body, never};
use crate::situations::{self, Served};
use crate::{BOOTS, check_page, peers, value};

/// The routes of the table of situations.
fn routes(gate: &Arc<AtomicBool>) -> impl FnOnce(&mut web::ServiceConfig) {
    let gate = Arc::clone(gate);
    move |config| {
        config
            .route("/orders/{id}", web::get().to(async |id: web::Path<usize>| "x".repeat(*id)))
            .route("/orders/{id}", web::head().to(async |id: web::Path<usize>| "x".repeat(*id)))
            .route("/orders", web::post().to(async |body: String| body))
            .route("/tea", web::get().to(async || Err::<String, _>(ErrorImATeapot("no coffee"))))
            .route("/hang", web::get().to(async || -> String { match never().await {} }))
            .route("/panic", web::get().to(async || -> String { panic!("on purpose") }))
            .route("/upgrade", web::get().to(async || HttpResponse::build(StatusCode::SWITCHING_PROTOCOLS).upgrade("echo").finish()))
            .route(
                "/count",
                web::post().to(async |body: web::Payload| {
                    drop(body.to_bytes_limited(usize::MAX).await);
                    HttpResponse::Ok().finish()
                }),
            );
        for path in ["/stream", "/events", "/endless", "/broken", "/panicking"] {
            let gate = Arc::clone(&gate);
            let answer = move |request: HttpRequest| {
                let at = request.path().rfind('/').unwrap();
                let script = body(&request.path()[at..], &gate).unwrap();
                async move { HttpResponse::Ok().body(script) }
            };
            config.route(path, web::get().to(answer));
        }
    }
}

/// Serves with one worker, until the test is over.
fn serve(requests: &HttpMetrics, gate: &Arc<AtomicBool>) -> SocketAddr {
    let (sender, receiver) = channel::<SocketAddr>();
    let (requests, gate) = (requests.clone(), Arc::clone(gate));
    std::thread::spawn(move || {
        let server = HttpServer::new(move || {
            App::new()
                .app_data(web::Data::new(requests.clone()))
                .route("/metrics", metrics(requests.clone()))
                .route("/page", metrics(&BOOTS))
                .service(web::scope("/api").wrap(from_fn(measure)).configure(routes(&gate)))
        });
        // A client that closes its side has left: without this actix sees it when it writes.
        let server = server.workers(1).h1_allow_half_closed(false).disable_signals().bind_auto_h2c("127.0.0.1:0").unwrap();
        sender.send(server.addrs()[0]).unwrap();
        actix_web::rt::System::new().block_on(server.run()).unwrap();
    });
    receiver.recv().unwrap()
}

#[test]
fn middleware_counts_every_situation() {
    let (requests, gate) = (HttpMetrics::server(), Arc::default());
    let address = serve(&requests, &gate);
    situations::check(&Served { address, requests, gate, prefix: "/api" });
}

#[test]
fn routes_are_measured_and_the_page_is_served() {
    let address = serve(&HttpMetrics::server(), &Arc::default());
    check_page(address);
    for id in [5, 5_000] {
        assert_eq!(peers::get(address, &format!("/api/orders/{id}"), &[]).unwrap().body.len(), id);
    }
    assert_eq!(peers::post(address, "/api/orders", &[("Content-Type", "text/plain")], b"three").unwrap().text(), "three");
    assert_eq!(peers::get(address, "/api/tea", &[]).unwrap().status, 418);
    for made_up in 0..5 {
        assert_eq!(peers::get(address, &format!("/api/{made_up}"), &[]).unwrap().status, 404);
    }
    for (series, expected) in [
        ("http_requests_total{method=\"GET\",route=\"/api/orders/{id}\",code=\"200\"}", 2.0),
        ("http_requests_total{method=\"POST\",route=\"/api/orders\",code=\"200\"}", 1.0),
        ("http_requests_total{method=\"GET\",route=\"/api/tea\",code=\"418\"}", 1.0),
        ("http_requests_total{method=\"GET\",route=\"\",code=\"404\"}", 5.0),
        ("http_request_size_bytes_sum{method=\"POST\",route=\"/api/orders\"}", 5.0),
        ("http_response_size_bytes_sum{method=\"GET\",route=\"/api/orders/{id}\"}", 5_005.0),
        ("http_requests_in_flight", 0.0),
    ] {
        assert_eq!(value(address, series), expected, "{series}");
    }
}
