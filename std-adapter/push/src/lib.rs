//! Pushing: for batch jobs that end before a scrape, and for services that no scraper can reach.
//!
//! | where to | type | when the receiver is down |
//! |---|---|---|
//! | Pushgateway | [`Pushgateway`] | the newest page is kept |
//! | Prometheus, Mimir, Thanos, VictoriaMetrics | [`RemoteWrite`] (2.0, falls back to 1.0) | samples queue with their timestamps |
//! | OpenTelemetry collectors, VictoriaMetrics | [`Otlp`] | points queue with their timestamps |
//! | VictoriaMetrics, vmagent | [`Import`] | pages queue with their timestamps |
//! | Graphite | [`Graphite`] | lines queue with their timestamps |
//!
//! Each pushes once, now, by its `push`. [`Periodic`] does it every so often in the background, for any of them: it queues what
//! cannot be sent, tries again with growing pauses, pushes a last time when it is stopped, and counts what it does.
//!
//! Anything that is a [`Collector`](picometer::Collector) is pushed: a registry, a part of one, a static registry of a driver.
//!
//! ```no_run
//! use picometer::{Counter, Desc, Metric};
//! use picometer_std::push::Pushgateway;
//!
//! static ROWS: Metric<Counter> =
//!     Metric::new(&Desc::counter("import_rows_total", "Rows that were imported."));
//! ROWS.inc_by(1_000);
//! Pushgateway::new("http://pushgateway:9091", "nightly_import")?.push(&ROWS)?;
//! # Ok::<(), picometer_std::push::PushError>(())
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)]
#![warn(missing_debug_implementations)]

mod address;
mod client;
mod destination;
mod error;
mod graphite;
mod grouping;
mod http;
mod import;
mod lock;
mod moment;
mod otlp;
mod periodic;
mod pushgateway;
mod queue;
mod remote_write;
mod retry;
mod self_metrics;
mod series;

pub use destination::{Batch, Destination};
pub use error::PushError;
pub use graphite::Graphite;
pub use grouping::{GroupingKey, instance_ip_grouping_key};
pub use http::{Handler, Http, HttpRequest, HttpResponse};
pub use import::Import;
pub use otlp::Otlp;
pub use periodic::{Periodic, Running};
pub use pushgateway::Pushgateway;
pub use remote_write::RemoteWrite;
pub use retry::Retry;
pub use self_metrics::PushMetrics;
