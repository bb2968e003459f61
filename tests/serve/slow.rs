//! A collector that takes its time does not stop a runtime of one thread.

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};

use actix_web::{App, HttpServer, web};
use axum::Router;
use axum::routing::get;
use picometer::{Collector, Encoder, Stop};
use picometer_std::serve::tower::MetricsService;
use tower::ServiceExt;

use crate::support::collector;
use crate::{axum as on_axum, peers};

/// Says that it was asked, and waits until it is let go.
#[derive(Clone)]
struct Waits {
    asked: Arc<Mutex<Sender<()>>>,
    gate: Arc<(Mutex<bool>, Condvar)>,
}

impl Waits {
    fn new() -> (Self, Receiver<()>) {
        let (sender, receiver) = channel();
        (Self { asked: Arc::new(Mutex::new(sender)), gate: Arc::default() }, receiver)
    }

    fn let_go(&self) {
        *self.gate.0.lock().unwrap() = true;
        self.gate.1.notify_all();
    }
}

impl Collector for Waits {
    fn collect(&self, _: &mut dyn Encoder) -> Result<(), Stop> {
        self.asked.lock().unwrap().send(()).unwrap();
        drop(self.gate.1.wait_while(self.gate.0.lock().unwrap(), |is_over| !*is_over).unwrap());
        Ok(())
    }
}

/// Asks for metrics, and while the collector waits for something else.
fn check(address: SocketAddr, collector: &Waits, asked: &Receiver<()>) {
    let scrape = std::thread::spawn(move || peers::get(address, "/metrics", &[]).unwrap().status);
    asked.recv_timeout(peers::PATIENCE).unwrap();
    assert_eq!(peers::get(address, "/fast", &[]).unwrap().text(), "fast");
    assert!(!scrape.is_finished());
    collector.let_go();
    assert_eq!(scrape.join().unwrap(), 200);
}

#[test]
fn axum_answers_meanwhile() {
    let (collector, asked) = Waits::new();
    let metrics = picometer_std::serve::axum::metrics(collector.clone());
    check(on_axum::serve(Router::new().route("/metrics", metrics).route("/fast", get(async || "fast"))), &collector, &asked);
}

#[test]
fn hyper_answers_meanwhile() {
    let (collector, asked) = Waits::new();
    let metrics = MetricsService::new(collector.clone());
    let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let metrics = metrics.clone();
        async move {
            if request.uri().path() == "/fast" {
                return Ok(hyper::Response::new(http_body_util::Full::from("fast")));
            }
            metrics.oneshot(request).await
        }
    });
    check(crate::hyper::serve(service), &collector, &asked);
}

#[test]
fn actix_answers_meanwhile() {
    let (collector, asked) = Waits::new();
    let (sender, receiver) = channel();
    let of_server = collector.clone();
    std::thread::spawn(move || {
        let server = HttpServer::new(move || {
            let metrics = picometer_std::serve::actix_web::metrics(of_server.clone());
            App::new().route("/metrics", metrics).route("/fast", web::get().to(async || "fast"))
        });
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        sender.send(server.addrs()[0]).unwrap();
        actix_web::rt::System::new().block_on(server.run()).unwrap();
    });
    check(receiver.recv().unwrap(), &collector, &asked);
}

#[test]
fn collector_finds_the_runtime_that_asks() {
    let finds = collector(|out| {
        let found = tokio::runtime::Handle::try_current().is_ok();
        out.family(const { &picometer::Desc::gauge("found", "") })?.gauge(&(), u32::from(found))
    });
    let address = on_axum::serve(Router::new().route("/metrics", picometer_std::serve::axum::metrics(finds)));
    assert!(peers::get(address, "/metrics", &[]).unwrap().text().ends_with("found 1\n"));
}
