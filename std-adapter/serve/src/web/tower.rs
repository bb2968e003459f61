//! For everything that is made of tower's services: a service with the page, and a layer that measures others.
//!
//! ```
//! use picometer_std::serve::HttpMetrics;
//! use picometer_std::serve::tower::{MetricsLayer, MetricsService};
//!
//! let requests = HttpMetrics::server();
//! let page = MetricsService::new(requests.clone());
//! let layer = MetricsLayer::new(requests);
//! // As in `ServiceBuilder::new().layer(layer).service(…)`; the page is where its path is.
//! ```
//!
//! [`HttpMetrics`] says what is measured.

mod body;
mod grpc;
#[cfg(feature = "axum")]
mod matched;
mod measured;
mod page;
mod route;
#[cfg(feature = "axum")]
mod router;

pub use self::body::{CountedBody, MeasuredBody};
pub use self::measured::{CountBody, KeepBody, Measured, MeasuredFuture, MetricsLayer};
pub use self::page::{MetricsFuture, MetricsService};
pub use self::route::Route;
#[cfg(doc)]
use super::HttpMetrics;
