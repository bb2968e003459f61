//! For axum.
//!
//! ```
//! use axum::Router;
//! use axum::routing::get;
//! use picometer_std::serve::HttpMetrics;
//! use picometer_std::serve::axum::{MetricsLayer, metrics};
//!
//! let requests = HttpMetrics::server();
//! let app: Router = Router::new()
//!     .route("/orders/{id}", get(|| async { "an order" }))
//!     .layer(MetricsLayer::new(requests.clone()))
//!     // Behind the layer, so that scrapes are not measured.
//!     .route("/metrics", metrics(requests));
//! ```
//!
//! Routes are labels as the router knows them, `/orders/{id}`; what it does not know has none.

use ::axum::routing::{MethodRouter, any_service};
use picometer::Collector;

pub use super::tower::MetricsLayer;
use super::tower::MetricsService;

/// The page of metrics, as a route. Methods are answered as [`respond`](crate::respond::respond) says.
pub fn metrics<S: Clone + Send + Sync + 'static>(metrics: impl Collector + 'static) -> MethodRouter<S> {
    any_service(MetricsService::new(metrics))
}
