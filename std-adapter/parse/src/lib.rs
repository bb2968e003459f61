//! Reads, checks and compares pages of metrics: text of Prometheus, OpenMetrics and protobuf.
//!
//! | module | what it does |
//! |---|---|
//! | [`model`] | families and samples as plain data, and as JSON |
//! | [`parse`](mod@parse) | pages into events, or into families |
//! | [`convert`](mod@convert) | families into pages of any format, and what a format cannot say |
//! | [`lint`](mod@lint) | what promtool says of a page, and more |
//! | [`Bridge`] | the page of another library as a collector |
//! | [`Snapshot`] | what a collector has at one moment, for tests |
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)]
#![warn(missing_debug_implementations)]

mod bridge;
pub mod convert;
pub mod lint;
pub mod model;
pub mod parse;
mod snapshot;

pub use bridge::Bridge;
pub use snapshot::{Change, Snapshot, sample_value};
