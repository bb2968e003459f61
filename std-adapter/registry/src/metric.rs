//! A named cell.

use std::fmt;
use std::ops::Deref;

use picometer::{Collector, Desc, Encoder, SeriesEncoder, Stop};

use crate::cell::Make;
use crate::cell::buckets::{BucketBounds, TakesBuckets};
use crate::cell::states::NamedStates;
use crate::desc::{Described, MetricError, OwnedDesc, describes};
use crate::exemplar::{ExemplarSampling, TakesExemplars};
use crate::registering::{refuse, vouch};

/// A cell with a name: a metric without labels.
///
/// Everything that the cell can do is called on it directly. A name that cannot be is found when it is registered.
///
/// ```
/// use picometer_std::{Counter, Gauge, Metric, Registry};
///
/// let registry = Registry::new();
/// let jobs = registry.register(
///     Metric::<Counter>::new("jobs_total", "Jobs done.").namespace("worker"),
/// )?;
/// let depth = registry
///     .register(Metric::<Gauge<i64>>::new("queue_depth", "Jobs that wait."))?;
/// jobs.inc();
/// depth.set(3);
/// # Ok::<(), picometer_std::RegisterError>(())
/// ```
pub struct Metric<C: Make> {
    desc: OwnedDesc,
    problem: Option<MetricError>,
    cell: C,
    /// What the cell was made of, for who says the rest of it.
    config: C::Config,
}

impl<C: Make> Metric<C> {
    /// Names a cell at its start.
    pub fn new(name: &str, help: &str) -> Self {
        Self::from_cell(name, help, C::make(&C::Config::default()))
    }

    /// Names a cell that was made already.
    pub fn from_cell(name: &str, help: &str, cell: C) -> Self {
        Self { desc: OwnedDesc::new(C::KIND, name, help), problem: None, cell, config: C::Config::default() }
    }

    /// Makes the cell of this; call it before the metric is used.
    #[must_use]
    pub fn config(mut self, config: &C::Config) -> Self {
        match C::check(config) {
            Ok(()) => {
                self.cell = C::make(config);
                self.config = config.clone();
            }
            Err(error) => self.problem = Some(error),
        }
        self
    }

    describes!(desc);

    /// Whether the metric can be: what [`Registry::register`](crate::Registry::register) asks.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), MetricError> {
        self.desc().map(drop)
    }

    fn desc(&self) -> Result<Desc<'_>, MetricError> {
        match &self.problem {
            Some(problem) => Err(self.desc.blame(problem.clone())),
            None => self.desc.checked(),
        }
    }
}

/// Histograms and gauge histograms.
impl<C: Make<Config: TakesBuckets>> Metric<C> {
    /// The upper bounds of the buckets; call it before the metric is used.
    #[must_use]
    pub fn buckets(mut self, bounds: impl AsRef<[f64]>) -> Self {
        match BucketBounds::new(bounds) {
            Ok(bounds) => {
                let mut config = self.config.clone();
                config.set_buckets(bounds);
                self.config(&config)
            }
            Err(error) => {
                self.problem = Some(error.into());
                self
            }
        }
    }
}

/// Cells with exemplars.
impl<C: Make<Config: TakesExemplars>> Metric<C> {
    /// From where, and how often, exemplars come by themselves: a [source](crate::exemplar::ExemplarSource), or more exactly
    /// [`ExemplarSampling`]; call it before the metric is used.
    #[must_use]
    pub fn exemplars(self, sampling: impl Into<ExemplarSampling>) -> Self {
        let mut config = self.config.clone();
        config.set_exemplars(sampling.into());
        self.config(&config)
    }
}

/// State sets.
impl Metric<NamedStates> {
    /// The states, of which the first is true; call it before the metric is used.
    #[must_use]
    pub fn states<S: AsRef<str>>(self, states: impl IntoIterator<Item = S>) -> Self {
        self.config(&states.into_iter().map(|state| state.as_ref().into()).collect())
    }
}

impl<C: Make> Deref for Metric<C> {
    type Target = C;

    #[inline]
    fn deref(&self) -> &C {
        &self.cell
    }
}

impl<C: Make> Collector for Metric<C> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        let desc = self.desc().map_err(|error| refuse(out, error))?;
        vouch::<Self>(out, []);
        if out.begin(&desc)? { self.cell.encode(&mut SeriesEncoder::new(out, &desc, &())) } else { Ok(()) }
    }
}

impl<C: Make> fmt::Debug for Metric<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metric").field("desc", &self.desc).finish_non_exhaustive()
    }
}

impl<C: Make> Described for Metric<C> {
    fn is_like(&self, other: &Self) -> bool {
        self.desc.is_like(&other.desc)
    }
}
