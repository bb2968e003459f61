//! The layer around a client, and around what fails.

use std::convert::Infallible;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Request, Response};
use picometer_std::serve::HttpMetrics;
use picometer_std::serve::tower::{MetricsLayer, MetricsService, Route};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::run;

fn request(uri: &str) -> Request<Full<Bytes>> {
    Request::get(uri).body(Full::new(Bytes::new())).unwrap()
}

#[test]
fn hosts_are_the_routes_of_a_client() {
    let requests = HttpMetrics::client();
    let service = service_fn(async |request: Request<Full<Bytes>>| match request.uri().path() {
        "/refused" => Err("refused"),
        "/never" => std::future::pending().await,
        path => Ok(Response::new(Full::new(Bytes::from(path.to_owned())))),
    });
    let mut client = MetricsLayer::new(requests.clone()).layer(service);
    run(async {
        let response = client.ready().await.unwrap().call(request("http://db.example:80/four")).await.unwrap();
        // The request lasts as long as its body.
        assert_eq!(requests.in_flight(), 1);
        assert_eq!(requests.count("GET", "db.example", 200), 0);
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "/four");
        assert_eq!(requests.count("GET", "db.example", 200), 1);
        assert_eq!(client.call(request("http://db.example/refused")).await.unwrap_err(), "refused");
        drop(client.call(request("http://db.example/never")));
        // A body that nobody reads.
        drop(client.call(request("http://other.example/")).await.unwrap());
    });
    assert_eq!(requests.in_flight(), 0);
    assert_eq!(requests.count("GET", "other.example", 200), 1);
    let page = page(&requests);
    for line in [
        "http_client_requests_total{method=\"GET\",host=\"db.example\",code=\"error\"} 1",
        "http_client_requests_total{method=\"GET\",host=\"db.example\",code=\"canceled\"} 1",
        "http_client_response_size_bytes_sum{method=\"GET\",host=\"db.example\"} 5",
    ] {
        assert!(page.lines().any(|found| found == line), "{line}\n{page}");
    }
}

#[test]
fn a_router_of_ones_own_says_the_route() {
    let requests = HttpMetrics::server();
    let service = service_fn(async |_: Request<Full<Bytes>>| Ok::<_, Infallible>(Response::new(Full::new(Bytes::new()))));
    let mut server = MetricsLayer::new(requests.clone()).layer(service);
    run(async {
        let mut asked = request("/orders/17");
        asked.extensions_mut().insert(Route("/orders/{id}".into()));
        drop(server.call(asked).await.unwrap());
        drop(server.call(request("/made/up")).await.unwrap());
    });
    assert_eq!(requests.count("GET", "/orders/{id}", 200), 1);
    assert_eq!(requests.count("GET", "", 200), 1);
}

fn page(requests: &HttpMetrics) -> String {
    let response = MetricsService::new(requests.clone()).answer(&request("/metrics"));
    let body = run(response.into_body().collect()).unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}
