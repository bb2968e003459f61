//! A bare server of hyper's, with the page and nothing else.

use std::net::SocketAddr;
use std::sync::mpsc::channel;

use hyper::server::conn::http1::Builder;
use hyper_util::rt::TokioIo;
use picometer_std::serve::hyper::MetricsService;

use crate::{BOOTS, check_page, run};

#[test]
fn the_page_is_served() {
    let (sender, receiver) = channel::<SocketAddr>();
    std::thread::spawn(move || {
        run(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                // A client that leaves early is no concern of the test.
                let _ = Builder::new().serve_connection(TokioIo::new(stream), MetricsService::new(&BOOTS)).await;
            }
        });
    });
    check_page(receiver.recv().unwrap());
}
