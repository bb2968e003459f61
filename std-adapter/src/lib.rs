//! Prometheus metrics for services: what a program with a heap, threads and an operating system adds to [`picometer`].
#![deny(unsafe_code)]
#![warn(missing_debug_implementations)]

pub mod model;
pub mod parse;

pub use picometer::*;
