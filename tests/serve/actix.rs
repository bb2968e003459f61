//! A service on actix-web.

use std::net::SocketAddr;
use std::sync::mpsc::channel;

use actix_web::error::ErrorImATeapot;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use picometer_std::serve::HttpMetrics;
use picometer_std::serve::actix_web::{measure, metrics};

use crate::{BOOTS, check_page, peers, value};

#[test]
fn routes_are_measured_and_the_page_is_served() {
    let requests = HttpMetrics::server();
    let (sender, receiver) = channel::<SocketAddr>();
    let of_server = requests.clone();
    std::thread::spawn(move || {
        let server = HttpServer::new(move || {
            App::new()
                .app_data(web::Data::new(of_server.clone()))
                .route("/metrics", metrics(of_server.clone()))
                .route("/page", metrics(&BOOTS))
                .service(
                    web::scope("/api")
                        .wrap(from_fn(measure))
                        .route("/orders/{id}", web::get().to(async |id: web::Path<usize>| "x".repeat(*id)))
                        .route("/orders", web::post().to(async |body: String| body))
                        .route("/tea", web::get().to(async || Err::<String, _>(ErrorImATeapot("no coffee")))),
                )
        });
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        sender.send(server.addrs()[0]).unwrap();
        actix_web::rt::System::new().block_on(server.run()).unwrap();
    });
    let address = receiver.recv().unwrap();
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
