//! Pushing without I/O: metrics go in, the bytes of a request come out, a buffer at a time.
//!
//! For devices that sleep, sit behind NAT, or are not to be scraped. The collectors are those of a page, and so is the way of
//! working: fixed memory, resumable anywhere, no clock.
//!
//! | where to | body | needs the time |
//! |---|---|---|
//! | Pushgateway, VictoriaMetrics' import | an [`Exposition`](crate::Exposition) in [`Format::Text004`](crate::Format::Text004) | no |
//! | Prometheus, Mimir, Thanos, VictoriaMetrics by Remote Write 1.0 and 2.0 | [`RemoteWrite`] | milliseconds |
//! | Graphite's carbon | [`Graphite`] | seconds |
//!
//! [`Client`] is the HTTP around the first two: request bytes come out, response bytes go in. [`samples`] is what flat formats
//! make of a point, for formats of your own.

mod client;
mod date;
mod graphite;
mod order;
pub(crate) mod remote_write;
mod request;
mod response;
mod sample;
mod writer;

pub use client::Client;
pub use graphite::Graphite;
pub use remote_write::{RemoteWrite, RemoteWriteVersion};
pub use request::{Body, Request};
pub use response::{Response, ResponseError};
pub use sample::{Sample, samples};
