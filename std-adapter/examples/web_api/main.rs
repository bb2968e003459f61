//! A web API on axum: requests by route and their latency by one layer, what the business counts beside it, and `/metrics`.
//!
//! `cargo run -p picometer-std --example web_api --features axum,tokio`. `prometheus.yml` and `alerts.yml` beside this file are
//! for a Prometheus that watches it: `prometheus --config.file=prometheus.yml` in this folder.

use std::error::Error;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use picometer_std::collectors::TokioRuntime;
use picometer_std::serve::HttpMetrics;
use picometer_std::serve::axum::{MetricsLayer, metrics};
use picometer_std::{Counter, Family, Histogram, ObserveDuration, default_registry};

struct Api {
    /// By endpoint and status.
    requests: Arc<Family<Counter, 2>>,
    latency: Arc<Family<Histogram, 1>>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8000".into());
    let registry = default_registry();
    let http = HttpMetrics::server();
    registry.register(http.clone())?;
    registry.register(TokioRuntime::current()?)?;
    let api = Api {
        requests: registry.register(Family::new("api_requests_total", "Calls of the API.", ["endpoint", "status"]))?,
        latency: registry.register(
            Family::new("api_request_duration_seconds", "How long calls take.", ["endpoint"])
                .unit("seconds")
                .buckets([0.001, 0.01, 0.1, 1.0]),
        )?,
    };
    let app = Router::new()
        .route("/items/{id}", get(item))
        .route("/orders", post(order))
        .with_state(Arc::new(api))
        .layer(MetricsLayer::new(http))
        // Behind the layer, so that scrapes are not measured.
        .route("/metrics", metrics(registry));

    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("http://{}/metrics", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

async fn item(State(api): State<Arc<Api>>, Path(id): Path<u32>) -> Result<String, StatusCode> {
    let found = api.latency.with(["items"]).time(|| (id < 100).then(|| format!("item {id}\n")));
    api.finish("items", found.ok_or(StatusCode::NOT_FOUND))
}

async fn order(State(api): State<Arc<Api>>, body: String) -> Result<String, StatusCode> {
    let total = api.latency.with(["orders"]).time(|| body.split_whitespace().map(str::parse::<u32>).sum::<Result<u32, _>>());
    api.finish("orders", total.map(|total| format!("{total} items ordered\n")).map_err(|_| StatusCode::BAD_REQUEST))
}

impl Api {
    fn finish(&self, endpoint: &str, result: Result<String, StatusCode>) -> Result<String, StatusCode> {
        self.requests.with([endpoint, if result.is_ok() { "success" } else { "failure" }]).inc();
        result
    }
}
