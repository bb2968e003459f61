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

/// The metrics for statics and for programs without a heap, under their own names.
pub use picometer as statics;

// What crosses between collectors and formats, and the names that metrics and labels have.
#[doc(inline)]
pub use picometer::{
    BoundedFamily, Bounds, BucketExemplars, Buckets, Cell, ClosedLabel, Collector, Collision, ContentType, Countable, Desc, DescError,
    DescParts, Encoder, Escaping, Exemplar, ExemplarError, Exposition, FamilyEncoder, FamilyFn, FillError, Float, Format, HistogramPoint,
    Kind, Label, LabelEnum, LabelError, LabelSet, LabelTexts, Name, NativeBucket, NativeHistogramPoint, NotGrowth, Number, NumberText,
    Parts, Point, PointValue, Quantile, Rows, Run, Scaled, SeriesEncoder, States, Stop, SummaryPoint, Timestamp, Uint, Unknown,
    UpperBounds, Value, WriteError, Zeroed, buckets, labels, quantiles,
};

#[doc(inline)]
pub use picometer::__private::{ClosedLabels, LabelValue};

#[cfg(all(feature = "multiprocess", target_os = "linux"))]
#[doc(inline)]
pub use picometer_registry::multiprocess;
#[cfg(feature = "metrics")]
#[doc(inline)]
pub use picometer_registry::recorder;
#[doc(inline)]
pub use picometer_registry::{
    BucketBounds, BucketError, BucketsWithExemplars, Child, ClosedFamily, CollectorFailure, ConstError, ConstFamily, ConstPoint,
    CountErrors, CountOne, Counter, CounterFn, CounterWithExemplar, Created, Curried, DEFAULT_BUCKETS, Described, Facts, Family, FamilyOf,
    Gauge, GaugeFn, GaugeHistogram, GaugeHistogramWithExemplars, Gauged, Histogram, HistogramWithExemplars, InProgress, Info, LabelSchema,
    LabelValues, LabelsOf, Make, MeasuredFuture, Metric, MetricError, NamedStates, NativeBuckets, NativeHistogram, ObjectiveError,
    Objectives, ObserveDuration, Owner, PanicGuard, QuantileSummary, RegisterError, Registry, Restricted, Scrape, Series, SetToCurrentTime,
    Slow, StateSet, Summary, TakesBuckets, Tallied, Timed, Timer, TrackInProgress, Tracked, TypedFamily, build_info, collectors,
    default_registry, exemplar, exponential, exponential_range, label_names, linear,
};

#[cfg(feature = "exporter")]
#[doc(inline)]
pub use picometer_serve::exporter;
#[doc(inline)]
pub use picometer_serve::{render, render_escaped, respond, textfile, web as serve};

#[cfg(feature = "parse")]
#[doc(inline)]
pub use picometer_parse::{Change, Snapshot, convert, lint, model, parse, sample_value};

#[cfg(feature = "push")]
#[doc(inline)]
pub use picometer_push as push;

/// A module whose feature is off does not exist.
///
/// ```compile_fail
/// use picometer_std::push;
/// ```
#[cfg(all(doctest, not(feature = "push")))]
struct WithoutPush;

/// The README's programs run.
#[cfg(all(doctest, feature = "exporter", feature = "parse"))]
#[doc = include_str!("../../README.md")]
struct Readme;
