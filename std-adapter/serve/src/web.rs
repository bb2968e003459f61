//! Metrics in servers that a program has already, and metrics of what those servers and their clients do.
//!
//! Each stack has its module behind a feature. The page comes from [`respond`](crate::respond::respond), the numbers of requests
//! from one [`HttpMetrics`].
//!
//! Pages are made on the task that asks, which takes 15 ns a series or so. A program whose collectors wait for disks or other
//! machines serves its page by an [`Exporter`](crate::exporter::Exporter), which has threads for that.

#[cfg(feature = "actix-web")]
pub mod actix_web;
#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "hyper")]
pub mod hyper;
mod requests;
#[cfg(feature = "tower")]
pub mod tower;

pub use self::requests::{HttpMetrics, InFlight};
