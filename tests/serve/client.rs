//! The layer around a client, and around what fails.

use std::convert::Infallible;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Request, Response};
use picometer_std::serve::HttpMetrics;
use picometer_std::serve::tower::{MetricsLayer, MetricsService, Route};
use tower::retry::Policy;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

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
        // A body that is not read.
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

/// Tries once more, whatever comes back.
#[derive(Clone)]
struct OnceMore(u32);

impl<B> Policy<Request<Full<Bytes>>, Response<B>, &'static str> for OnceMore {
    type Future = std::future::Ready<()>;

    fn retry(&mut self, _: &mut Request<Full<Bytes>>, result: &mut Result<Response<B>, &'static str>) -> Option<Self::Future> {
        self.0 = self.0.checked_sub(1)?;
        result.as_ref().map_or(true, |response| response.status() != 200).then(|| std::future::ready(()))
    }

    fn clone_request(&mut self, request: &Request<Full<Bytes>>) -> Option<Request<Full<Bytes>>> {
        Some(request.clone())
    }
}

#[test]
fn each_attempt_of_a_client_counts() {
    let requests = HttpMetrics::client();
    let server = HttpMetrics::server();
    let mut attempts = 0;
    let service = ServiceBuilder::new()
        // Around the retries one request counts once.
        .layer(MetricsLayer::new(server.clone()))
        .retry(OnceMore(2))
        .layer(MetricsLayer::new(requests.clone()))
        .service_fn(move |request: Request<Full<Bytes>>| {
            attempts += 1;
            let attempt = attempts;
            async move {
                match attempt {
                    1 => Err("refused"),
                    2 => Ok(Response::builder().status(503).body(request.into_body()).unwrap()),
                    _ => Ok(Response::new(request.into_body())),
                }
            }
        });
    let request = Request::put("http://db.example/").body(Full::new(Bytes::from("payload"))).unwrap();
    let body = run(async { service.oneshot(request).await.unwrap().into_body().collect().await.unwrap().to_bytes() });
    assert_eq!(body, "payload");
    assert_eq!((requests.in_flight(), server.in_flight()), (0, 0));
    assert_eq!((requests.count("PUT", "db.example", 503), requests.count("PUT", "db.example", 200)), (1, 1));
    assert_eq!(server.count("PUT", "", 200), 1);
    let page = page(&requests);
    for line in [
        "http_client_requests_total{method=\"PUT\",host=\"db.example\",code=\"error\"} 1",
        "http_client_request_size_bytes_sum{method=\"PUT\",host=\"db.example\"} 21",
    ] {
        assert!(page.lines().any(|found| found == line), "{line}\n{page}");
    }
}

fn page(requests: &HttpMetrics) -> String {
    let response = MetricsService::new(requests.clone()).answer(&request("/metrics"));
    let body = run(response.into_body().collect()).unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}
