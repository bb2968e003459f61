//! Metrics whose names and labels are known when the program runs: cells, families, registries and collectors.
//!
//! `picometer-std` re-exports all of this, and has the documentation to begin with.
//!
//! | task | where |
//! |---|---|
//! | declare metrics where they are used | [`metrics!`], on the page of [`default_registry`] |
//! | count, show, measure | [`Counter`], [`Gauge`], [`Histogram`], [`Summary`], in a [`Metric`] |
//! | one for each value of labels | [`Family`], [`FamilyOf`], [`ClosedFamily`] |
//! | put metrics on a page | [`Registry`]; a part of it [`Restricted`] |
//! | give values that exist already | [`ConstFamily`]; slow ones by [`Slow`] |
//! | the process, builds, the heap | [`collectors`] |
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)]
#![warn(missing_debug_implementations)]

#[cfg(test)]
mod tests;

mod atomic;
mod caught;
mod cell;
pub mod collectors;
mod constant;
mod declare;
mod desc;
mod epoch;
pub mod exemplar;
mod family;
mod helper;
mod label;
mod metric;
#[cfg(shared_storage)]
pub mod multiprocess;
mod nesting;
#[cfg(feature = "metrics")]
pub mod recorder;
mod registering;
mod registry;
mod restricted;
mod scrape;
mod select;
mod shared;
mod slow;
mod typed;

pub use cell::FromConfig;
pub use cell::buckets::{BucketBounds, BucketError, DEFAULT_BUCKETS, HasBuckets, Refused, exponential, exponential_range, linear};
pub use cell::callback::{CounterFn, GaugeFn};
pub use cell::counter::{Counter, CounterValue};
pub use cell::created::Created;
pub use cell::exemplar::counter::CounterWithExemplar;
pub use cell::exemplar::gauge::GaugeHistogramWithExemplars;
pub use cell::exemplar::histogram::{BucketsWithExemplars, HistogramWithExemplars};
pub use cell::gauge::{Gauge, GaugeValue};
pub use cell::histogram::{GaugeHistogram, Histogram};
pub use cell::info::Info;
pub use cell::native::{NativeBuckets, NativeHistogram};
pub use cell::quantiles::{ObjectiveError, Objectives, QuantileSummary};
pub use cell::states::{NamedStates, StateSet};
pub use cell::summary::Summary;
pub use collectors::default::default_registry;
pub use constant::{ConstError, ConstFamily, ConstPoint};
pub use declare::declare;
pub use desc::{Given, MetricError, SameFamily};
pub use family::{ClosedFamily, Curried, Family, Handle, Series};
pub use helper::current_time::SetToCurrentTime;
pub use helper::errors::{CountErrors, CountOne, PanicGuard};
pub use helper::future::{MeasuredFuture, Timed, Tracked};
pub use helper::in_progress::{InProgress, TrackInProgress};
pub use helper::labelled::{Labelled, WithLabels};
pub use helper::timer::{ObserveDuration, Timer};
pub use label::{Facts, LabelValues};
pub use metric::Metric;
pub use registry::{CollectorFailure, Owner, RegisterError, Registry};
pub use restricted::Restricted;
pub use scrape::Scrape;
pub use slow::Slow;
pub use typed::{FamilyOf, LabelSchema, LabelsOf, TypedFamily, label_names};

/// For the expansions of macros and attributes.
#[doc(hidden)]
pub mod __private {
    pub use picometer;

    pub use crate::collectors::default::refused_by_default;
    pub use crate::declare::{Bounds, Takes, are_beside, are_free, counts_in, has_labels, has_value, holds, labels_fit};
    pub use crate::helper::attribute::{Own, call};
}
