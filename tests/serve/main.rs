//! Metrics in other people's servers, over real sockets.

#[path = "../peers/mod.rs"]
mod peers;

mod actix;
mod axum;
mod client;
mod grpc;
mod http2;
mod hyper;
mod routes;
mod script;
mod situations;
mod slow;
#[path = "../support/mod.rs"]
mod support;

use std::net::SocketAddr;

use picometer::{Counter, Desc, Metric};

static BOOTS: Metric<Counter> = Metric::new(&Desc::counter("boots_total", "Times the service started."));
const PAGE: &str = "# HELP boots_total Times the service started.\n# TYPE boots_total counter\nboots_total 0\n";

/// Runs one server on a thread of tokio's.
fn run<F: Future>(server: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(server)
}

/// The value of a series on a page.
#[track_caller]
fn value(address: SocketAddr, series: &str) -> f64 {
    let page = peers::get(address, "/metrics", &[]).unwrap();
    support::value(page.text(), series).unwrap_or_else(|| panic!("no {series}: {}", page.text()))
}

/// What every server's page does.
fn check_page(address: SocketAddr) {
    let page = peers::get(address, "/page", &[]).unwrap();
    assert_eq!((page.status, page.text()), (200, PAGE));
    assert_eq!(page.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(page.header("content-length"), Some(PAGE.len().to_string().as_str()));
    let page = peers::get(address, "/page?name[]=none", &[]).unwrap();
    assert_eq!((page.status, page.text()), (200, ""));
    let page = peers::get(address, "/page", &[("Accept", "application/openmetrics-text"), ("Accept-Encoding", "gzip")]).unwrap();
    assert_eq!(page.header("content-encoding"), Some("gzip"));
    assert_eq!(page.header("vary"), Some("Accept, Accept-Encoding"));
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&*page.body), &mut text).unwrap();
    assert!(text.ends_with("boots_total 0\n# EOF\n"), "{text}");
    let head = peers::send(address, "HEAD", "/page", &[], b"").unwrap();
    assert_eq!((head.status, &*head.body, head.header("content-length")), (200, &b""[..], Some(PAGE.len().to_string().as_str())));
    let refused = peers::post(address, "/page", &[], b"x").unwrap();
    assert_eq!((refused.status, refused.header("allow")), (405, Some("GET, HEAD, OPTIONS")));
    assert_eq!(peers::send(address, "OPTIONS", "/page", &[], b"").unwrap().status, 200);
}
