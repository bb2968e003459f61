//! Metrics in servers that a program has already, and metrics of what those servers and their clients do.
//!
//! Each stack has its module behind a feature. The page comes from [`respond`](crate::respond::respond), the numbers of requests
//! from one [`HttpMetrics`].
//!
//! Responses with metrics are made on a thread of their own, so that a slow collector does not stop an async runtime. A program whose
//! collectors hang serves its page by an `Exporter` (feature `exporter`), which has deadlines for that.

#[cfg(feature = "actix-web")]
pub mod actix_web;
#[cfg(feature = "axum")]
pub mod axum;
#[cfg_attr(not(all(feature = "tower", feature = "actix-web")), allow(dead_code, reason = "each framework uses a part of it"))]
mod ended;
#[cfg_attr(not(all(feature = "tower", feature = "actix-web")), allow(dead_code, reason = "each framework uses a part of it"))]
mod flight;
#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(any(feature = "tower", feature = "actix-web"))]
mod page_thread;
mod requests;
#[cfg(feature = "tower")]
pub mod tower;

pub use self::flight::InFlight;
pub use self::requests::HttpMetrics;
