//! A cell for each combination of labels whose values the program knows.

use std::fmt;
use std::sync::OnceLock;

use picometer::{ClosedLabels, Collector, Desc, Encoder, Kind, LabelSet, SeriesEncoder, Stop};

use super::cells::CellOf;
use super::options::{self, Options};
use crate::cell::FromConfig;
use crate::cell::buckets::HasBuckets;
use crate::desc::{MetricError, SameFamily};
use crate::epoch::once;
use crate::exemplar::{ExemplarSampling, HasExemplars};
use crate::label::check_names;
use crate::registering::{is_restarting, refuse, vouch};
use crate::shared::publish_declared;

/// Metrics of one name that differ in labels of closed sets: enums, and tuples and structs of them, made by
/// [`labels!`](picometer::labels).
///
/// A lookup is an index: no string, no hash, nothing that can fail. Every series is there from the start, so that a rate over it
/// misses nothing.
///
/// ```
/// use picometer_std::{ClosedFamily, Histogram, Registry, labels};
///
/// labels! { pub enum Method as "method" { Get = "GET", Post = "POST" } }
/// labels! { pub enum Outcome as "outcome" { Ok = "ok", Failed = "failed" } }
///
/// let registry = Registry::new();
/// let seconds = ClosedFamily::<Histogram, (Method, Outcome)>::new(
///     "request_seconds",
///     "How long requests take.",
/// );
/// let seconds = registry.register(seconds.buckets([0.1, 1.0]))?;
/// seconds.with((Method::Get, Outcome::Ok)).observe(0.3);
/// # Ok::<(), picometer_std::RegisterError>(())
/// ```
pub struct ClosedFamily<C: FromConfig, L> {
    options: Options<C>,
    cells: CellOf<C, L>,
    /// The text of their labels, apart from the cells: who updates does not want it in the cache.
    texts: OnceLock<Box<[Box<str>]>>,
}

impl<C: FromConfig, L: ClosedLabels> ClosedFamily<C, L> {
    /// A family with every cell at its start.
    pub fn new(name: &str, help: &str) -> Self {
        const { assert!(L::COUNT > 0, "a family needs a label combination") };
        Self { options: Options::new(name, help), cells: CellOf::new(), texts: OnceLock::new() }
    }

    /// A family for a `static`; its cells are made when the first one is asked for or shown.
    ///
    /// ```
    /// use picometer_std::{ClosedFamily, Counter, labels};
    ///
    /// labels! { pub enum Outcome as "outcome" { Ok = "ok", Failed = "failed" } }
    ///
    /// static JOBS: ClosedFamily<Counter, Outcome> =
    ///     ClosedFamily::declare("jobs_total", "Jobs, by what became of them.");
    /// JOBS.with(Outcome::Ok).inc();
    /// ```
    ///
    /// # Panics
    ///
    /// Outside a constant, if the name is invalid; in a constant that is a compile error.
    #[track_caller]
    pub const fn declare(name: &'static str, help: &'static str) -> Self {
        Self::declare_as(Desc::of(C::KIND, name, help))
    }

    /// [`declare`](Self::declare) with a description that has more parts: a namespace, a unit.
    ///
    /// # Panics
    ///
    /// Outside a constant, if the description is of another type than the cells; in a constant that is a compile error.
    #[track_caller]
    pub const fn declare_as(desc: Desc<'static>) -> Self {
        const { assert!(L::COUNT > 0, "a family needs a label combination") };
        Self { options: Options::declared(desc), cells: CellOf::new(), texts: OnceLock::new() }
    }

    /// What its cells are made from, by a function that is called when they are made: [`config`](Self::config) for statics.
    #[must_use]
    pub const fn config_by(mut self, config: fn() -> C::Config) -> Self {
        self.options.config.set_by(config);
        self
    }

    options::options!();

    /// Whether the family can be: what [`Registry::register`](crate::Registry::register) asks.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), MetricError> {
        let desc = self.options.desc()?;
        let names = L::LABELS.iter().map(|label| label.name());
        let checked = check_names(names.clone(), true, &self.options.reserved());
        let checked = checked.and_then(|()| match names.into_iter().find(|name| desc.kind() == Kind::StateSet && desc.name() == **name) {
            Some(name) => Err(MetricError::ReservedLabel(name.into())),
            None => Ok(()),
        });
        checked.map_err(|error| self.options.desc.blame(error))
    }

    /// The cell of a combination of labels.
    #[inline]
    pub fn with(&self, labels: L) -> &C {
        let index = labels.index();
        match self.cells.get(index) {
            Some(cell) => cell,
            None => self.at(index),
        }
    }

    /// Where there are no cells yet.
    #[cold]
    fn at(&self, index: usize) -> &C {
        let cells = self.all();
        // `ClosedLabels::index` is below `COUNT`, which is how many there are; this is for implementations that break that promise.
        cells.get(index).unwrap_or(&cells[0])
    }

    /// Every combination with its cell.
    ///
    /// ```
    /// # use picometer_std::{ClosedFamily, Counter, LabelTexts, labels};
    /// labels! { enum Method as "method" { Get = "GET", Post = "POST" } }
    /// let requests = ClosedFamily::<Counter, Method>::new("requests_total", "Requests.");
    /// requests.with(Method::Post).inc();
    /// let used = requests.iter().filter(|(_, counter)| counter.get() > 0);
    /// assert!(used.map(|(method, _)| method.text()).eq(["POST"]));
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (L, &C)> {
        self.all().iter().enumerate().filter_map(|(place, cell)| Some((L::at(place)?, cell)))
    }

    fn all(&self) -> &[C] {
        self.cells.all().unwrap_or_else(|| {
            let made = self.cells.make(|| C::make(self.options.config.get()));
            publish_declared();
            made
        })
    }

    fn texts(&self) -> &[Box<str>] {
        let text = |place| L::at(place).map(|labels| rendered(&labels)).unwrap_or_default();
        once::<Box<[_]>>(&self.texts, || (0..L::COUNT).map(text).collect())
    }
}

/// The labels of one combination, with their text.
struct Texted<'a, L> {
    labels: L,
    text: &'a str,
}

impl<L: ClosedLabels> LabelSet for Texted<'_, L> {
    fn label(&self, index: usize) -> Option<picometer::Label<'_>> {
        self.labels.label(index)
    }

    fn is_plain(&self) -> bool {
        self.labels.is_plain()
    }

    fn rendered(&self) -> Option<&str> {
        self.labels.is_plain().then_some(self.text)
    }
}

/// As it stands between the braces, for labels that need no escaping.
fn rendered(labels: &dyn LabelSet) -> Box<str> {
    let all = (0..).map_while(|index| labels.label(index));
    all.map(|label| format!("{}=\"{}\"", label.name, label.value)).collect::<Vec<_>>().join(",").into()
}

/// Histograms and gauge histograms.
impl<C: FromConfig<Config: HasBuckets>, L: ClosedLabels> ClosedFamily<C, L> {
    /// The upper bounds of the buckets, for a `static`, as [`Family::with_bounds`](crate::Family::with_bounds).
    ///
    /// # Panics
    ///
    /// Outside a constant, if there are none, one is not finite, or they do not rise.
    #[must_use]
    #[track_caller]
    pub const fn with_bounds(mut self, bounds: &'static [f64]) -> Self {
        self.options.config.set_bounds(bounds);
        self
    }

    /// The upper bounds of the buckets.
    #[must_use]
    pub fn buckets(mut self, bounds: impl AsRef<[f64]>) -> Self {
        self.options.set_bounds(bounds);
        self
    }
}

/// Cells with exemplars.
impl<C: FromConfig<Config: HasExemplars>, L: ClosedLabels> ClosedFamily<C, L> {
    /// From where, and how often, exemplars come by themselves: a [source](crate::exemplar::ExemplarSource), or more exactly
    /// [`ExemplarSampling`].
    #[must_use]
    pub fn exemplars(mut self, sampling: impl Into<ExemplarSampling>) -> Self {
        self.options.set_exemplars(sampling.into());
        self
    }
}

impl<C: FromConfig, L: ClosedLabels> Collector for ClosedFamily<C, L> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        self.check().map_err(|error| refuse(out, error))?;
        let desc: Desc<'_> = self.options.desc().map_err(|error| refuse(out, error))?;
        if is_restarting(out) {
            self.cells.all().into_iter().flatten().for_each(C::restart);
            return Ok(());
        }
        vouch::<Self>(out, L::LABELS.iter().map(|label| label.name()));
        if !out.begin(&desc)? {
            return Ok(());
        }
        let first = out.resume_at();
        self.all().iter().zip(self.texts()).enumerate().skip(first).try_for_each(|(place, (cell, text))| {
            let Some(labels) = L::at(place) else { return Ok(()) };
            cell.encode(&mut SeriesEncoder::new(out, &desc, &Texted { labels, text }))
        })
    }
}

impl<C: FromConfig, L: ClosedLabels> fmt::Debug for ClosedFamily<C, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClosedFamily").field("desc", &self.options.desc).field("series", &L::COUNT).finish()
    }
}

impl<C: FromConfig, L: ClosedLabels> SameFamily for ClosedFamily<C, L> {
    fn is_like(&self, other: &Self) -> bool {
        self.options.desc.is_like(&other.options.desc)
    }
}
