//! Prometheus metrics for services: what a program with a heap, threads and an operating system adds to [`picometer`].
//!
//! ```
//! use picometer_std::prelude::*;
//! use picometer_std::{Format, render};
//!
//! let registry = Registry::new();
//! let labels = ["method", "code"];
//! let requests =
//!     Family::<Counter, 2>::new("http_requests_total", "Requests served.", labels);
//! let requests = registry.register(requests)?;
//! requests.with(["GET", "200"]).inc();
//!
//! let mut page = Vec::new();
//! render(&registry, Format::Text004, &mut page);
//! assert!(page.ends_with(b"http_requests_total{method=\"GET\",code=\"200\"} 1\n"));
//! # Ok::<(), picometer_std::RegisterError>(())
//! ```
//!
//! # From tasks to types
//!
//! | task | type |
//! |---|---|
//! | declare metrics where they are used | [`metrics!`], on the page of [`default_registry`] |
//! | count | [`Counter`]; of another library's numbers [`CounterFn`] |
//! | show what goes up and down | [`Gauge`], [`GaugeFn`]; moments by [`SetToCurrentTime`] |
//! | how long, how large | [`Histogram`], [`NativeHistogram`], [`Summary`], [`QuantileSummary`] |
//! | facts, states | [`Info`], [`StateSet`], [`NamedStates`] |
//! | name one of them | [`Metric`] |
//! | one for each value of labels | [`Family`]; of a struct of labels [`FamilyOf`], of enums [`ClosedFamily`] |
//! | keep one of a family | [`Series::handle`], a [`Handle`] |
//! | time a block, a function, a future | [`ObserveDuration`], [`Timer`], [`MeasuredFuture`] |
//! | count errors and panics, what is under way | [`CountErrors`], [`CountOne`], [`TrackInProgress`] |
//! | put it on a page | [`Registry`], [`default_registry`]; a part of it [`Restricted`] |
//! | give values that exist already | [`Collector`], [`ConstFamily`]; slow ones by [`Slow`] |
//! | serve the page | [`exporter`], in another server [`serve`] or [`respond`](mod@respond), in a file [`textfile`] |
//! | push it | [`push`], with feature `push` |
//! | measure requests | [`HttpMetrics`](serve::HttpMetrics) and a layer |
//! | point to traces | [`exemplar`], [`CounterWithExemplar`], [`HistogramWithExemplars`] |
//! | many processes on one page | [`multiprocess`], with feature `multiprocess` |
//! | what libraries measure by the crate `metrics` | [`recorder`], with feature `metrics` |
//! | the process, builds, the heap, tokio | [`collectors`], [`build_info!`] |
//! | fork | what a child may use: [`guide::fork`]; statics by [`collectors::Lazy`] |
//! | test | [`assert_page`], [`Registry::reset`]; with feature `parse` [`sample_value`], [`Snapshot`], [`lint`] |
//! | read, check and convert pages | [`parse`], [`lint`], [`convert`], with feature `parse` |
//! | come from Python, `prometheus`, `prometheus-client`, `metrics` | [`guide`], and [`Bridge`] with feature `parse` |
//!
//! Names that both crates have, [`Family`], [`Metric`], [`Registry`], [`Histogram`], mean the same thing in another place: here
//! names, bounds and label values are known when the program runs, and storage is on the heap. Those for statics are in
//! [`statics`], and a static registry registers into one of these as it is.
// Where a feature is off, what it adds is in the published documentation.
#![cfg_attr(not(feature = "push"), doc = "", doc = "[`push`]: https://docs.rs/picometer-std/latest/picometer_std/push/")]
#![cfg_attr(
    not(all(feature = "multiprocess", target_os = "linux")),
    doc = "",
    doc = "[`multiprocess`]: https://docs.rs/picometer-std/latest/picometer_std/multiprocess/"
)]
#![cfg_attr(not(feature = "metrics"), doc = "", doc = "[`recorder`]: https://docs.rs/picometer-std/latest/picometer_std/recorder/")]
#![cfg_attr(
    not(feature = "parse"),
    doc = "",
    doc = "[`parse`]: https://docs.rs/picometer-std/latest/picometer_std/parse/",
    doc = "[`lint`]: https://docs.rs/picometer-std/latest/picometer_std/lint/",
    doc = "[`convert`]: https://docs.rs/picometer-std/latest/picometer_std/convert/",
    doc = "[`Bridge`]: https://docs.rs/picometer-std/latest/picometer_std/struct.Bridge.html",
    doc = "[`Snapshot`]: https://docs.rs/picometer-std/latest/picometer_std/struct.Snapshot.html",
    doc = "[`sample_value`]: https://docs.rs/picometer-std/latest/picometer_std/fn.sample_value.html"
)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)]

pub mod guide;

/// What nearly every program uses: metrics, families, their registry, and the traits of helpers.
///
/// ```
/// use picometer_std::prelude::*;
///
/// let seconds = Metric::<Summary>::new("work_seconds", "How long work takes.");
/// assert_eq!(seconds.time(|| 42), 42);
/// ```
pub mod prelude {
    pub use crate::{
        Collector, CountErrors, CountOne, Counter, CounterFn, Family, Gauge, GaugeFn, Histogram, Info, MeasuredFuture, Metric,
        ObserveDuration, Registry, SetToCurrentTime, Summary, TrackInProgress, default_registry, labels, metrics,
    };
}

/// The metrics for statics and for programs without a heap, under their own names.
pub use picometer as statics;

// What crosses between collectors and formats, and the names that metrics and labels have.
#[doc(inline)]
pub use picometer::{
    BoundedFamily, Bounds, BucketExemplars, Buckets, Cell, ClosedLabel, Collector, Collision, ContentType, Desc, DescError, DescParts,
    Encoder, Escaping, Exemplar, ExemplarError, Exposition, FamilyEncoder, FamilyFn, FillError, Float, Format, HistogramPoint, Kind, Label,
    LabelEnum, LabelError, LabelSet, LabelTexts, Monotonic, Name, NativeBucket, NativeHistogramPoint, NotGrowth, Number, NumberText, Parts,
    Point, PointValue, Quantile, Rows, Run, Scaled, SeriesEncoder, States, Stop, SummaryPoint, Timestamp, Uint, Unknown, UpperBounds,
    Value, WriteError, Zeroed, buckets, labels, quantiles,
};

#[doc(inline)]
pub use picometer::__private::{ClosedLabels, LabelValue};
#[cfg(feature = "derive")]
#[doc(inline)]
pub use picometer_macros::{Labels, StdClosedLabels as ClosedLabels, StdLabelValue as LabelValue, count_errors, in_progress, timed};

#[cfg(all(feature = "multiprocess", target_os = "linux"))]
#[doc(inline)]
pub use picometer_registry::multiprocess;
#[cfg(feature = "metrics")]
#[doc(inline)]
pub use picometer_registry::recorder;
#[doc(inline)]
pub use picometer_registry::{
    BucketBounds, BucketError, BucketsWithExemplars, ClosedFamily, CollectorFailure, ConstError, ConstFamily, ConstPoint, CountErrors,
    CountOne, Counter, CounterFn, CounterValue, CounterWithExemplar, Created, Curried, DEFAULT_BUCKETS, Facts, Family, FamilyOf,
    FromConfig, Gauge, GaugeFn, GaugeHistogram, GaugeHistogramWithExemplars, GaugeValue, Given, Handle, HasBuckets, Histogram,
    HistogramWithExemplars, InProgress, Info, LabelSchema, LabelValues, Labelled, LabelsOf, MeasuredFuture, Metric, MetricError,
    NamedStates, NativeBuckets, NativeHistogram, ObjectiveError, Objectives, ObserveDuration, Owner, PanicGuard, QuantileSummary, Refused,
    RegisterError, Registry, Restricted, SameFamily, Scrape, Series, SetToCurrentTime, Slow, StateSet, Summary, Timed, Timer,
    TrackInProgress, Tracked, TypedFamily, WithLabels, build_info, collectors, declare, default_registry, exemplar, exponential,
    exponential_range, label_names, linear, metrics,
};

#[cfg(feature = "exporter")]
#[doc(inline)]
pub use picometer_serve::exporter;
#[doc(inline)]
pub use picometer_serve::{assert_page, page_difference, render, render_escaped, respond, textfile, web as serve};

#[cfg(feature = "parse")]
#[doc(inline)]
pub use picometer_parse::{Bridge, Change, Snapshot, convert, lint, model, parse, sample_value};

#[cfg(feature = "push")]
#[doc(inline)]
pub use picometer_push as push;

/// For the expansions of attributes.
#[doc(hidden)]
pub mod __private {
    pub use picometer_registry::__private::{
        Bounds, Own, Takes, are_beside, are_free, call, counts_in, has_labels, has_value, holds, labels_fit, picometer, refused_by_default,
    };
}

/// A module whose feature is off does not exist.
///
/// ```compile_fail
/// use picometer_std::push;
/// ```
#[cfg(all(doctest, not(feature = "push")))]
struct WithoutPush;

/// The README's programs run.
#[cfg(all(doctest, feature = "derive", feature = "exporter", feature = "parse"))]
#[doc = include_str!("../../README.md")]
struct Readme;
