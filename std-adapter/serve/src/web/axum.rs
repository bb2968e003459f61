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
//! Routes are labels as the router knows them, `/orders/{id}`, also inside of `Router::nest`. A service that is nested by
//! `nest_service` is `/files/{*rest}`; if it is a router, a [`MetricsLayer`] of the same metrics inside of it reports its routes. A
//! path that no router knows has the route `""`.
//!
//! The layer may also stand directly around a `Router`, so that it measures what middleware of the router does too:
//!
//! ```
//! use axum::Router;
//! use axum::routing::get;
//! use picometer_std::serve::HttpMetrics;
//! use picometer_std::serve::axum::MetricsLayer;
//! use tower_layer::Layer;
//!
//! let router: Router = Router::new().route("/orders/{id}", get(|| async { "an order" }));
//! let measured = MetricsLayer::new(HttpMetrics::server()).layer(router);
//! // `axum::serve` takes routers; any other server takes `measured` as it is.
//! let app: Router = Router::new().fallback_service(measured);
//! ```

use ::axum::routing::{MethodRouter, any_service};
use picometer::Collector;

pub use super::tower::MetricsLayer;
use super::tower::MetricsService;

/// Returns a route that answers with metrics. Methods are answered as [`respond`](crate::respond::respond) says.
///
/// Collectors run on a thread of their own, as [`MetricsService`] says.
///
/// Of metrics that were refused, such as the second of one name, it shows nothing: assert in a test that `default_registry().refused()`
/// is empty.
pub fn metrics<S: Clone + Send + Sync + 'static>(metrics: impl Collector + 'static) -> MethodRouter<S> {
    any_service(MetricsService::new(metrics))
}
