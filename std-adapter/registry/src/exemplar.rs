//! Where exemplars come from: the trace that is current when something is counted.
//!
//! [`CounterWithExemplar`](crate::CounterWithExemplar), [`HistogramWithExemplars`](crate::HistogramWithExemplars) and
//! [`NativeHistogram`](crate::NativeHistogram) ask an [`ExemplarSource`] by themselves, once in a while, so that code that counts
//! says nothing of traces. It is the one that the metric was given, or that of the process:
//!
//! ```
//! use picometer_std::exemplar::{SpanContext, set_source};
//! use picometer_std::{HistogramWithExemplars, Metric, Registry, exponential};
//!
//! // Once, where the program starts; features `opentelemetry` and `tracing` have sources.
//! set_source(|| SpanContext::new(0x4bf92f3577b34da6a3ce929d0e0e4736, 0x00f067aa0ba902b7))?;
//!
//! let registry = Registry::new();
//! let latency =
//!     Metric::<HistogramWithExemplars>::new("request_seconds", "How long requests take.");
//! let latency = registry.register(latency.buckets(exponential::<8>(0.001, 4.0)))?;
//! latency.observe(0.125);
//!
//! let mut page = Vec::new();
//! picometer_std::render(&registry, picometer_std::Format::OpenMetrics100, &mut page);
//! let page = String::from_utf8(page)?;
//! let span = "trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\",span_id=\"00f067aa0ba902b7\"";
//! assert!(page.contains(&format!("# {{{span}}} 0.125 ")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(feature = "tracing")]
mod aside;
#[cfg(feature = "opentelemetry")]
mod opentelemetry;
mod span;
#[cfg(feature = "tracing")]
mod tracing;

#[cfg(feature = "opentelemetry")]
pub use opentelemetry::OpenTelemetry;
#[cfg(feature = "tracing")]
pub use tracing::Tracing;

pub(crate) use span::Hexadecimal;
pub use span::SpanContext;

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::caught::caught;
use crate::epoch::once;

/// Knows what is going on in this thread now. Functions and closures are sources.
///
/// It is asked in the middle of a request, so it should take nanoseconds. Of one that panics there is no exemplar, and what was
/// counted stays counted.
///
/// ```
/// use std::cell::Cell;
/// use picometer_std::exemplar::{ExemplarSource, SpanContext};
///
/// thread_local! { static CURRENT: Cell<Option<SpanContext>> = const { Cell::new(None) }; }
///
/// /// Of a tracer of our own.
/// struct Ours;
///
/// impl ExemplarSource for Ours {
///     fn current(&self) -> Option<SpanContext> {
///         CURRENT.try_with(Cell::get).ok()?
///     }
/// }
/// ```
pub trait ExemplarSource: Send + Sync {
    /// The current span, if it is one that will be found where traces are kept: not if the tracer did not sample it.
    fn current(&self) -> Option<SpanContext>;
}

impl<F: Fn() -> Option<SpanContext> + Send + Sync> ExemplarSource for F {
    fn current(&self) -> Option<SpanContext> {
        self()
    }
}

static OF_THE_PROCESS: OnceLock<Box<dyn ExemplarSource>> = OnceLock::new();

/// Gives the process its source, for all metrics that have no other, also those that were made before.
///
/// # Errors
///
/// [`SourceError`] if it has one already.
pub fn set_source(source: impl ExemplarSource + 'static) -> Result<(), SourceError> {
    OF_THE_PROCESS.set(Box::new(source)).map_err(|_| SourceError)
}

/// Error returned by [`set_source`]: the process has a source already, and keeps it.
///
/// ```
/// use picometer_std::exemplar::{SourceError, set_source};
///
/// assert_eq!(set_source(|| None), Ok(()));
/// assert_eq!(set_source(|| None), Err(SourceError));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SourceError;

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the process has a source of exemplars already, and keeps it: give other metrics theirs by `exemplars`")
    }
}

picometer::__speaks!(SourceError);
impl std::error::Error for SourceError {}

/// How often a metric takes an exemplar by itself, and from where. Cheap to clone: all series of a family share it.
///
/// | | unless told otherwise |
/// |---|---|
/// | source | that of the process, if it has [one](set_source) |
/// | [`min_retention`](Self::min_retention) | 7 seconds |
/// | [`max_retention`](Self::max_retention) | 70 seconds, so that a scraper that comes once a minute sees it |
///
/// These are the defaults of the Java client library. They are about exemplars that a metric takes by itself. One that is given by
/// hand, as in [`observe_with`](crate::HistogramWithExemplars::observe_with), takes its place at once. It stays on the page until
/// another one is given, or until `max_retention` is over and an automatic one comes.
///
/// ```
/// use picometer_std::exemplar::{ExemplarSampling, SpanContext};
/// use picometer_std::{CounterWithExemplar, Family};
/// use std::time::Duration;
///
/// let source = || SpanContext::new(1, 2);
/// let often = ExemplarSampling::new(source).min_retention(Duration::from_secs(1));
/// let errors =
///     Family::<CounterWithExemplar, 1>::new("errors_total", "Errors.", ["kind"])
///         .exemplars(often);
/// errors.with(["timeout"]).inc();
/// ```
#[derive(Clone)]
pub struct ExemplarSampling(Arc<Sampling>);

// What a source panics with is caught where it is asked.
impl UnwindSafe for ExemplarSampling {}
impl RefUnwindSafe for ExemplarSampling {}

#[derive(Clone)]
struct Sampling {
    source: Source,
    min: Duration,
    max: Duration,
}

#[derive(Clone)]
enum Source {
    Process,
    None,
    Own(Arc<dyn ExemplarSource>),
}

impl ExemplarSampling {
    /// From a source.
    pub fn new(source: impl ExemplarSource + 'static) -> Self {
        Self::with(Source::Own(Arc::new(source)))
    }

    /// Takes none by itself: there are those that are given by hand.
    pub fn off() -> Self {
        Self::with(Source::None)
    }

    fn with(source: Source) -> Self {
        Self(Arc::new(Sampling { source, min: Duration::from_secs(7), max: Duration::from_secs(70) }))
    }

    /// How long an exemplar stays at least before the next one takes its place.
    #[must_use]
    pub fn min_retention(mut self, least: Duration) -> Self {
        Arc::make_mut(&mut self.0).min = least;
        self
    }

    /// How long it is shown at most: traces are not kept for ever either.
    #[must_use]
    pub fn max_retention(mut self, most: Duration) -> Self {
        Arc::make_mut(&mut self.0).max = most;
        self
    }

    /// Asks the source for the current span. `None` if there is no source or no span, or if the source panics.
    pub fn current(&self) -> Option<SpanContext> {
        self.source().and_then(ask)
    }

    #[inline]
    pub(crate) fn source(&self) -> Option<&dyn ExemplarSource> {
        match &self.0.source {
            Source::Process => OF_THE_PROCESS.get().map(|source| &**source),
            Source::None => None,
            Source::Own(source) => Some(&**source),
        }
    }

    pub(crate) fn least(&self) -> Duration {
        self.0.min
    }

    pub(crate) fn most(&self) -> Duration {
        self.0.max
    }
}

/// Asks a source; what panics in there must not take the request with it.
pub(crate) fn ask(source: &dyn ExemplarSource) -> Option<SpanContext> {
    caught(|| source.current()).ok().flatten()
}

impl Default for ExemplarSampling {
    fn default() -> Self {
        static DEFAULT: OnceLock<ExemplarSampling> = OnceLock::new();
        once(&DEFAULT, || ExemplarSampling::with(Source::Process)).clone()
    }
}

impl<S: ExemplarSource + 'static> From<S> for ExemplarSampling {
    fn from(source: S) -> Self {
        Self::new(source)
    }
}

impl fmt::Debug for ExemplarSampling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match self.0.source {
            Source::Process => "of the process",
            Source::None => "none",
            Source::Own(_) => "its own",
        };
        f.debug_struct("ExemplarSampling").field("source", &source).field("min", &self.0.min).field("max", &self.0.max).finish()
    }
}

/// Configurations of cells that take exemplars by themselves: what `exemplars` of metrics and families sets.
///
/// ```
/// use picometer_std::NativeBuckets;
/// use picometer_std::exemplar::{ExemplarSampling, HasExemplars};
///
/// let mut config = NativeBuckets::new();
/// config.set_exemplars(ExemplarSampling::off());
/// ```
#[doc(alias("TakesExemplars"))]
pub trait HasExemplars {
    /// From where, and how often.
    fn set_exemplars(&mut self, sampling: ExemplarSampling);
}

impl HasExemplars for ExemplarSampling {
    fn set_exemplars(&mut self, sampling: ExemplarSampling) {
        *self = sampling;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use picometer::LabelSet;

    #[test]
    fn ids_have_all_their_digits() {
        let text = |trace_id, span_id| {
            let labels = SpanContext::new(trace_id, span_id).unwrap().labels();
            assert!(labels.label(2).is_none());
            [0, 1].map(|index| labels.label(index).map(|label| format!("{}={}", label.name, label.value)).unwrap())
        };
        assert_eq!(text(1, 0xabc), ["trace_id=00000000000000000000000000000001", "span_id=0000000000000abc"]);
        assert_eq!(text(u128::MAX, u64::MAX), ["trace_id=ffffffffffffffffffffffffffffffff", "span_id=ffffffffffffffff"]);
        assert_eq!((SpanContext::new(1, 0), SpanContext::new(0, 1)), (None, None));
    }

    #[test]
    fn a_source_that_panics_has_nothing() {
        assert_eq!(ask(&|| -> Option<SpanContext> { panic!("as it should") }), None);
        assert_eq!(ask(&|| SpanContext::new(1, 2)), SpanContext::new(1, 2));
    }
}
