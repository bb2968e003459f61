//! Prometheus metrics for services: what a program with a heap, threads and an operating system adds to [`picometer`].
//!
//! ```
//! use picometer_std::{Counter, Family, Format, Registry, render};
//!
//! let registry = Registry::new();
//! let requests = registry.register(Family::<Counter, 2>::new("http_requests_total", "Requests served.", ["method", "code"]))?;
//! requests.with(["GET", "200"]).inc();
//!
//! let mut page = Vec::new();
//! render(&registry, Format::Text004, &mut page);
//! assert!(page.ends_with(b"http_requests_total{method=\"GET\",code=\"200\"} 1\n"));
//! # Ok::<(), picometer_std::RegisterError>(())
//! ```
//!
//! Names that both crates have, [`Family`], [`Metric`], [`Registry`], [`Histogram`], mean the same thing in another place: here
//! names, bounds and label values are known when the program runs, and storage is on the heap. Those for statics are in
//! [`statics`], and a static registry registers into one of these as it is.
#![deny(unsafe_code)]
#![warn(missing_debug_implementations)]

mod atomic;
mod cell;
pub mod collectors;
mod constant;
mod desc;
pub mod exemplar;
#[cfg(feature = "exporter")]
pub mod exporter;
mod family;
mod helper;
mod label;
pub mod lint;
mod metric;
pub mod model;
#[cfg(all(feature = "multiprocess", target_os = "linux"))]
pub mod multiprocess;
mod page;
pub mod parse;
#[cfg(feature = "push")]
pub mod push;
mod reader;
mod reclaim;
#[cfg(feature = "metrics")]
pub mod recorder;
mod registering;
mod registry;
mod render;
pub mod respond;
mod restricted;
mod select;
pub mod serve;
mod shared;
mod snapshot;
pub mod textfile;

/// The metrics for statics and for programs without a heap, under their own names.
pub use picometer as statics;
pub use picometer::*;

pub use cell::Make;
pub use cell::buckets::{BucketBounds, BucketError, DEFAULT_BUCKETS, TakesBuckets, exponential, exponential_range, linear};
pub use cell::callback::{CounterFn, GaugeFn};
pub use cell::counter::{Counter, Tallied};
pub use cell::created::Created;
pub use cell::exemplar::counter::CounterWithExemplar;
pub use cell::exemplar::gauge::GaugeHistogramWithExemplars;
pub use cell::exemplar::histogram::{BucketsWithExemplars, HistogramWithExemplars};
pub use cell::gauge::{Gauge, Gauged};
pub use cell::histogram::{GaugeHistogram, Histogram};
pub use cell::info::Info;
pub use cell::native::{NativeBuckets, NativeHistogram};
pub use cell::quantiles::{ObjectiveError, Objectives, QuantileSummary};
pub use cell::states::{NamedStates, StateSet};
pub use cell::summary::Summary;
pub use constant::{ConstError, ConstFamily, ConstPoint};
pub use desc::MetricError;
pub use family::{Child, ClosedFamily, Curried, Family, Series};
pub use helper::current_time::SetToCurrentTime;
pub use helper::future::{MeasuredFuture, Timed, Tracked};
pub use helper::in_progress::{InProgress, TrackInProgress};
pub use helper::timer::{ObserveDuration, Timer};
pub use helper::trouble::{CountErrors, CountOne, PanicGuard};
pub use label::{Facts, LabelValues};
pub use metric::Metric;
pub use registry::{CollectorFailure, Described, Owner, RegisterError, Registry, default_registry};
pub use render::{render, render_escaped};
pub use restricted::Restricted;
pub use snapshot::{Change, Snapshot, sample_value};

/// The README's programs run.
#[cfg(all(doctest, feature = "exporter"))]
#[doc = include_str!("../../README.md")]
struct Readme;
