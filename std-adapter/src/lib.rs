//! Prometheus metrics for services: what a program with a heap, threads and an operating system adds to [`picometer`].
#![deny(unsafe_code)]
#![warn(missing_debug_implementations)]

#[cfg(feature = "exporter")]
pub mod exporter;
mod page;
pub mod respond;
pub mod serve;
pub mod textfile;

pub use picometer::*;
