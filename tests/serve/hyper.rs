//! Bare servers of hyper's: with the page and nothing else, and with services of hyper's and of tower's that are measured.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::channel;

use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::service::{Service, service_fn};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use picometer_std::serve::HttpMetrics;
use picometer_std::serve::hyper::{MetricsLayer, MetricsService};
use picometer_std::serve::tower::Route;
use tower::Layer;

use crate::script::{Broken, body, never};
use crate::situations::{self, Served};
use crate::{BOOTS, check_page, run};

/// Serves connections on a thread of its own, until the test is over; HTTP/1 and 2, as the client begins.
pub fn serve<S, B>(service: S) -> SocketAddr
where
    S: Service<Request<Incoming>, Response = Response<B>, Error: Into<Box<dyn std::error::Error + Send + Sync>>>,
    S: Service<Request<Incoming>, Future: Send> + Clone + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    let (sender, receiver) = channel::<SocketAddr>();
    std::thread::spawn(move || {
        run(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let service = service.clone();
                tokio::spawn(async move {
                    // How a connection ends is the client's concern.
                    let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
    });
    receiver.recv().unwrap()
}

type Answer = Response<UnsyncBoxBody<Bytes, Broken>>;

/// Answers the table of situations.
async fn answer<B: Body<Error: std::fmt::Debug>>(request: Request<B>, gate: Arc<AtomicBool>) -> Result<Answer, Infallible> {
    let of = |bytes: Bytes| Full::new(bytes).map_err(|never| match never {}).boxed_unsync();
    let path = request.uri().path().to_owned();
    if let Some(script) = body(&path, &gate) {
        return Ok(Response::new(script.boxed_unsync()));
    }
    Ok(match &*path {
        "/orders" => Response::new(of(request.into_body().collect().await.unwrap().to_bytes())),
        "/hang" => match never().await {},
        "/panic" => panic!("on purpose"),
        "/upgrade" => Response::builder()
            .status(StatusCode::SWITCHING_PROTOCOLS)
            .header("connection", "upgrade")
            .header("upgrade", "echo")
            .body(Empty::new().map_err(|never| match never {}).boxed_unsync())
            .unwrap(),
        "/count" => {
            drop(request.into_body().collect().await);
            Response::new(of(Bytes::new()))
        }
        path => match path.strip_prefix("/orders/").and_then(|id| id.parse().ok()) {
            Some(id) => Response::new(of("x".repeat(id).into())),
            None => Response::builder().status(StatusCode::NOT_FOUND).body(of(Bytes::new())).unwrap(),
        },
    })
}

/// What a router of a bare server would do.
fn route(mut request: Request<Incoming>) -> Request<Incoming> {
    let path = request.uri().path();
    let route = match path {
        _ if path.starts_with("/orders/") => "/orders/{id}".to_owned(),
        _ if path.starts_with("/made/up") => return request,
        _ => path.to_owned(),
    };
    request.extensions_mut().insert(Route(route.into()));
    request
}

#[test]
fn the_page_is_served() {
    check_page(serve(MetricsService::new(&BOOTS)));
}

#[test]
fn hyper_service_counts_every_situation() {
    let (requests, gate) = (HttpMetrics::server(), Arc::<AtomicBool>::default());
    let layer = MetricsLayer::new(requests.clone()).count_request_bytes();
    let of_service = Arc::clone(&gate);
    let measured = Arc::new(layer.layer(service_fn(move |request| answer(request, Arc::clone(&of_service)))));
    let address = serve(service_fn(move |request| {
        let measured = Arc::clone(&measured);
        async move { Service::call(&*measured, route(request)).await }
    }));
    situations::check(&Served { address, requests, gate, prefix: "" });
}

#[test]
fn tower_service_counts_every_situation() {
    let (requests, gate) = (HttpMetrics::server(), Arc::<AtomicBool>::default());
    let of_service = Arc::clone(&gate);
    let service = tower::ServiceBuilder::new()
        .map_request(route)
        .layer(MetricsLayer::new(requests.clone()).count_request_bytes())
        .service_fn(move |request| answer(request, Arc::clone(&of_service)));
    let address = serve(TowerToHyperService::new(service));
    situations::check(&Served { address, requests, gate, prefix: "" });
}
