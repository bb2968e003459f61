//! For libraries that measure by the macros of the crate `metrics`: what they measure lands in a registry.
//!
//! ```
//! use picometer_std::recorder::Recorder;
//! use picometer_std::{BucketBounds, Format, Registry, render};
//!
//! let registry = Registry::new();
//! // In a program: `.install()`, before the libraries start. Here, for one thread.
//! let recorder = Recorder::new(&registry)
//!     .buckets_of("db.query_seconds", &BucketBounds::new([0.01, 0.1])?);
//! metrics::with_local_recorder(&recorder, || {
//!     metrics::describe_counter!("db.queries", "Queries that were sent.");
//!     metrics::counter!("db.queries", "table" => "users").increment(2);
//!     metrics::gauge!("db.connections").set(3.0);
//!     metrics::histogram!("db.query_seconds").record(0.05);
//! });
//!
//! let mut page = Vec::new();
//! render(&registry, Format::Text004, &mut page);
//! let page = String::from_utf8(page)?;
//! assert!(page.starts_with("# HELP db_queries_total Queries that were sent.\n"));
//! assert!(page.contains("\ndb_queries_total{table=\"users\"} 2\n"));
//! assert!(page.contains("\ndb_connections 3\n"));
//! assert!(page.contains("\ndb_query_seconds_bucket{le=\"0.1\"} 1\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Names
//!
//! Libraries name their metrics as they like; Prometheus has rules. So
//! * every character of a name outside `[a-zA-Z0-9_:]` becomes `_`, and of a label name every one outside `[a-zA-Z0-9_]`;
//! * `_` is put in front of a digit at the start; names that are the same afterwards are the same metric;
//! * the name of a counter gets `_total` where it does not end so;
//! * a label that is reserved, `__name__` or the `le` of a histogram, gets `exported_` in front;
//! * a label that is given twice has its last value; in which order labels are given makes no difference;
//! * a unit is shown where the name ends in it, as OpenMetrics asks, and never changes the name.
//!
//! A metric whose name another metric of the registry has, of the recorder or not, cannot be shown. It takes its updates all the
//! same, `picometer_recorder_refused_total{metric="…"}` appears, and [`Recorder::refusals`] says why. A metric `jobs_created`
//! beside a counter or histogram `jobs` is shown as `exported_jobs_created`, whichever comes first, and reported in the same way:
//! readers of OpenMetrics take its name for a sample of the other.

mod cells;
mod group;
mod handle;
mod keys;
mod name;
mod name_conflict;
mod pattern;
mod series;
mod table;

pub use handle::RecorderHandle;

use std::fmt;
use std::panic::Location;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use metrics::{Key, KeyName, Metadata, SetRecorderError, SharedString, Unit};
use picometer::Kind;

use crate::cell::buckets::BucketBounds;
use crate::cell::counter::Counter;
use crate::cell::gauge::Gauge;
use crate::cell::native::NativeBuckets;
use crate::epoch::once;
use crate::exemplar::ExemplarSampling;
use crate::family::expiry::{Clock, Ttl};
use crate::family::{Family, Handle};
use crate::registry::{RegisterError, Registry};
use cells::{Count, Distribution};
use group::Group;
use handle::Recordings;
use pattern::{Shape, Shapes};
use series::{Labels, Recorded, Series};
use table::Table;

/// Puts what is measured by the macros of the crate `metrics` into a [`Registry`].
///
/// Every metric becomes a family of the registry when it is first updated. `counter!(…).absolute(…)` never lowers a counter.
///
/// Libraries make labels, and even names, of what peers send. So a metric has at most 10,000 series, and a recorder 10,000 metrics
/// of a type, unless [`max_series`](Self::max_series) and [`max_metrics`](Self::max_metrics) say otherwise; with [`ttl`](Self::ttl) series go
/// that are not used. A [handle](Self::handle) removes series after the recorder was installed.
///
/// ```
/// use picometer_std::default_registry;
/// use picometer_std::recorder::Recorder;
/// use std::time::Duration;
///
/// let recorder =
///     Recorder::new(default_registry()).max_series(1_000).ttl(Duration::from_secs(3_600));
/// let handle = recorder.handle();
/// recorder.install()?;
/// metrics::counter!("jobs", "queue" => "mail").increment(1);
/// assert_eq!(
///     picometer_std::sample_value(default_registry(), "jobs_total", &[("queue", "mail")]),
///     Some(1.0)
/// );
/// assert_eq!(handle.remove_matching("jobs", &[("queue", "mail")]), 1);
/// # Ok::<(), metrics::SetRecorderError<Recorder>>(())
/// ```
#[doc(alias("PrometheusBuilder", "PrometheusRecorder"))]
pub struct Recorder {
    registry: Registry,
    shapes: Shapes,
    cap: usize,
    /// Where the recorder was made: a refusal names that, because macros do not say where they are.
    place: &'static Location<'static>,
    max_metrics: usize,
    sampling: Option<ExemplarSampling>,
    ttl: Option<(Duration, Clock)>,
    recordings: Arc<Recordings>,
    /// Counts what was measured of metrics beyond the most.
    beyond: OnceLock<Option<Handle<Counter>>>,
}

/// So many series of a metric, and metrics of a type, unless told otherwise: a page of a few megabytes.
const MOST: usize = 10_000;

impl Recorder {
    /// Records into this registry.
    ///
    /// A label that the registry puts on its series itself, because it is [nested](Registry::nested), becomes `exported_` and the
    /// name. An empty value is no label.
    #[track_caller]
    pub fn new(registry: &Registry) -> Self {
        Self {
            registry: registry.clone(),
            place: Location::caller(),
            shapes: Shapes::new(),
            cap: MOST,
            max_metrics: MOST,
            sampling: None,
            ttl: None,
            recordings: Arc::default(),
            beyond: OnceLock::new(),
        }
    }

    /// The bounds of histograms.
    #[must_use]
    pub fn buckets(mut self, bounds: &BucketBounds) -> Self {
        self.shapes.set_others(Shape::Classic(bounds.clone()));
        self
    }

    /// The bounds of histograms of this name, which may be written as the library or as the page writes it.
    ///
    /// Each `*` in it stands for any text: `"db.*"`, `"*_seconds"`, `"http.*.bytes"`. A whole name comes before patterns, and of
    /// patterns the one with most other characters; of two that have as many, the later one.
    ///
    /// ```
    /// # use picometer_std::recorder::Recorder;
    /// # use picometer_std::{BucketBounds, Registry};
    /// let recorder = Recorder::new(&Registry::new())
    ///     .buckets_of("*_seconds", &BucketBounds::new([0.01, 0.1, 1.0])?)
    ///     .buckets_of("db.query_seconds", &BucketBounds::new([0.001, 0.01])?);
    /// # Ok::<(), picometer_std::BucketError>(())
    /// ```
    #[must_use]
    pub fn buckets_of(mut self, name: &str, bounds: &BucketBounds) -> Self {
        self.shapes.set(name, Shape::Classic(bounds.clone()));
        self
    }

    /// Makes all histograms native ones, but those whose names are given otherwise.
    #[must_use]
    pub fn native_histograms(mut self, config: &NativeBuckets) -> Self {
        self.shapes.set_others(Shape::Native(config.clone()));
        self
    }

    /// Makes histograms of this name native ones; the name may be a pattern, as for [`buckets_of`](Self::buckets_of).
    #[must_use]
    pub fn native_histograms_of(mut self, name: &str, config: &NativeBuckets) -> Self {
        self.shapes.set(name, Shape::Native(config.clone()));
        self
    }

    /// Gives each metric at most this many series; 10,000 unless this is called, and `usize::MAX` is no limit.
    ///
    /// Updates beyond them go to one series with the label `overflow="true"`, so that sums stay right, and lookups that ended there
    /// are counted in `picometer_recorder_folded_total{metric="…"}`.
    #[must_use]
    #[doc(alias("cap"))]
    pub fn max_series(mut self, most: usize) -> Self {
        self.cap = most;
        self
    }

    /// Takes at most this many metrics of each type; 10,000 unless this is called. Updates of any other are not shown, and counted
    /// in `picometer_recorder_folded_total{metric="other metrics"}`.
    #[must_use]
    pub fn max_metrics(mut self, most: usize) -> Self {
        self.max_metrics = most;
        self
    }

    /// Takes exemplars of counters and histograms from `sampling`; from the [source of the process](crate::exemplar::set_source)
    /// unless this is called.
    ///
    /// ```
    /// # use picometer_std::exemplar::{ExemplarSampling, SpanContext};
    /// # use picometer_std::recorder::Recorder;
    /// # use picometer_std::Registry;
    /// let recorder = Recorder::new(&Registry::new()).exemplars(|| SpanContext::new(1, 2));
    /// let without = Recorder::new(&Registry::new()).exemplars(ExemplarSampling::off());
    /// ```
    #[must_use]
    pub fn exemplars(mut self, sampling: impl Into<ExemplarSampling>) -> Self {
        self.sampling = Some(sampling.into());
        self
    }

    /// Removes series that are not used for `ttl`; none by default.
    ///
    /// A series is used when a macro names it, and while a library keeps a handle of it. All else is as for
    /// [`Family::ttl`](crate::Family::ttl).
    #[must_use]
    pub fn ttl(self, ttl: Duration) -> Self {
        let start = Instant::now();
        self.ttl_with_clock(ttl, move || start.elapsed())
    }

    /// [`ttl`](Self::ttl) by another clock, which says how much time went by since a moment of its own.
    #[must_use]
    #[doc(alias("ttl_by"))]
    pub fn ttl_with_clock(mut self, ttl: Duration, clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        self.ttl = Some((ttl, Arc::new(clock)));
        self
    }

    /// A handle that removes series, also when the recorder was installed.
    pub fn handle(&self) -> RecorderHandle {
        RecorderHandle(self.recordings.clone())
    }

    /// Makes it the recorder of the whole program.
    ///
    /// # Errors
    ///
    /// The program has one already; the error has this one in it.
    #[allow(clippy::result_large_err, reason = "called once")]
    pub fn install(self) -> Result<(), SetRecorderError<Self>> {
        metrics::set_global_recorder(self)
    }

    /// The metrics that could not be shown, or not under their names, and why.
    pub fn refusals(&self) -> Vec<(Box<str>, RegisterError)> {
        self.recordings.refusals.lock().clone()
    }

    fn series<C: Recorded>(&self, table: &Table<C>, key: &Key, make: impl Fn(&str) -> C) -> Arc<Series<C>> {
        table.keys.get(key).unwrap_or_else(|| self.series_by_name(table, key, make))
    }

    #[cold]
    fn series_by_name<C: Recorded>(&self, table: &Table<C>, key: &Key, make: impl Fn(&str) -> C) -> Arc<Series<C>> {
        let name = name::metric(C::KIND, key.name());
        let ttl = || self.ttl.as_ref().map(|(ttl, clock)| Ttl::by(*ttl, clock.clone()));
        let Some(group) = table.group(&name, self.max_metrics, ttl, |group| self.register(&name, group)) else {
            self.count_folded(&self.beyond, "other metrics");
            return Arc::new(Series { labels: Labels::default(), is_overflow: true, idle: None, cell: make(&name) });
        };
        let (handle, entry) = group.series(&self.labels(C::KIND, key), self.cap, || make(&name));
        match entry {
            Some(entry) => table.keys.insert(key, entry, &group),
            None => self.count_folded(&group.folded, &name),
        }
        handle
    }

    fn labels(&self, kind: Kind, key: &Key) -> Labels {
        let overflow = |name: &str| self.cap != usize::MAX && name == "overflow";
        name::labels(kind, key, |name| overflow(name) || self.registry.has_outer_label(name))
    }

    fn describe<C: Recorded>(table: &Table<C>, name: &KeyName, unit: Option<Unit>, help: &str) {
        table.describe(&name::metric(C::KIND, name.as_str()), help, unit.map_or("", |unit| unit.as_str()));
    }

    fn count_folded(&self, counter: &OnceLock<Option<Handle<Counter>>>, metric: &str) {
        let folded = || {
            let name = "picometer_recorder_folded_total";
            let family = Family::<Counter, 1>::new(name, "Lookups beyond the cap of a metric, or of metrics beyond the most.", ["metric"]);
            Some(self.registry.get_or_register(family).ok()?.handle([metric]))
        };
        if let Some(folded) = once(counter, folded) {
            folded.inc();
        }
    }

    fn register<C: Recorded>(&self, name: &str, group: Arc<Group<C>>) {
        // One at a time, so that of two metrics the same gives way, whichever comes first.
        let refused = self.recordings.ways.lock().register(name, group, &self.registry, self.place);
        if let Some((name, error)) = refused {
            self.recordings.refusals.lock().push((name.clone(), error));
            let refused = Family::<Counter, 1>::new(
                "picometer_recorder_refused_total",
                "Metrics that are not shown, or under another name, because others have their names.",
                ["metric"],
            );
            // A registry that refuses this as well has nothing left to say it with.
            if let Ok(refused) = self.registry.get_or_register(refused) {
                refused.with([&*name]).inc();
            }
        }
    }
}

impl metrics::Recorder for Recorder {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        Self::describe(&self.recordings.counters, &key, unit, &description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        Self::describe(&self.recordings.gauges, &key, unit, &description);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        Self::describe(&self.recordings.histograms, &key, unit, &description);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> metrics::Counter {
        self.series(&self.recordings.counters, key, |_| Count::new(self.sampling.clone().unwrap_or_default())).into()
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> metrics::Gauge {
        self.series(&self.recordings.gauges, key, |_| Gauge::new()).into()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> metrics::Histogram {
        self.series(&self.recordings.histograms, key, |name| Distribution::new(self.shapes.of(name), self.sampling.as_ref())).into()
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("registry", &self.registry).field("refusals", &self.refusals()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
