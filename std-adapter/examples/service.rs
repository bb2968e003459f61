//! A small service on axum. It declares its metrics where it uses them, and `main` has no line for them but their route.
//!
//! `cargo run -p picometer-std --features axum --example service`, then ask 127.0.0.1:8000 for `/orders/7` and `/metrics`.
use axum::{Router, extract::Path, http::StatusCode, routing::get};
use picometer_std::{Counter, Gauge, Histogram, Labels, TrackInProgress, default_registry, exponential, metrics, serve};

#[derive(Clone, Copy, Labels)]
struct Order {
    express: bool,
    code: u16,
}

metrics! {
    /// Orders that were asked for.
    static ORDERS: Family<Counter, Order> = "orders_total";
    /// How long answers take.
    static SECONDS: Family<Histogram, Order> = "order_seconds".unit("seconds").buckets(exponential::<10>(0.001, 2.0));
    /// Orders that are being looked up.
    static RUNNING: Gauge<i64> = "orders_in_progress";
}

async fn order(Path(id): Path<u16>) -> StatusCode {
    let _running = RUNNING.track_in_progress();
    let mut timer = SECONDS.timer(Order { express: id % 2 == 0, code: 499 }); // 499 stays where the client leaves.
    tokio::time::sleep(std::time::Duration::from_millis(id.into())).await;
    timer.code = if id < 100 { 200 } else { 404 };
    ORDERS.with(*timer).inc();
    StatusCode::from_u16(timer.code).unwrap_or_default()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let app = Router::new().route("/orders/{id}", get(order)).route("/metrics", serve::axum::metrics(default_registry()));
    axum::serve(tokio::net::TcpListener::bind("127.0.0.1:8000").await?, app).await
}
