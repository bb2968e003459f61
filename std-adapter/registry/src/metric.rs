//! A named cell.

mod later;

use std::fmt;
use std::ops::Deref;

use picometer::{Collector, Desc, Encoder, SeriesEncoder, Stop};

use crate::cell::FromConfig;
use crate::cell::buckets::{BucketBounds, HasBuckets};
use crate::cell::config::Configured;
use crate::cell::states::NamedStates;
use crate::desc::{MetricError, OwnedDesc, SameFamily, describes};
use crate::exemplar::{ExemplarSampling, HasExemplars};
use crate::registering::{is_restarting, refuse, vouch};
use later::Later;

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
pub struct Metric<C: FromConfig> {
    desc: OwnedDesc,
    problem: Option<MetricError>,
    cell: Later<C>,
    /// What the cell is made of, for who says the rest of it.
    config: Configured<C>,
    /// What makes the cell otherwise.
    make: Option<fn() -> C>,
}

impl<C: FromConfig> Metric<C> {
    /// Names a cell at its start.
    pub fn new(name: &str, help: &str) -> Self {
        Self::from_cell(name, help, C::make(&C::Config::default()))
    }

    /// Names a cell that was made already.
    pub fn from_cell(name: &str, help: &str, cell: C) -> Self {
        let desc = OwnedDesc::new(C::KIND, name, help);
        Self { desc, problem: None, cell: Later::of(cell), config: Configured::new(), make: None }
    }

    /// Names a cell for a `static`: it is made when it is first used or shown. Name and type are checked by the compiler.
    ///
    /// [`metrics!`](crate::metrics) writes such a static and puts it on the pages; without it,
    /// [`register`](crate::Registry::register) takes a reference.
    ///
    /// ```
    /// use picometer_std::{Counter, Gauge, Metric, default_registry};
    ///
    /// static JOBS: Metric<Counter> = Metric::declare("jobs_total", "Jobs done.");
    /// static DEPTH: Metric<Gauge<i64>> = Metric::declare("queue_depth", "Jobs that wait.");
    ///
    /// default_registry().register(&JOBS)?;
    /// default_registry().register(&DEPTH)?;
    /// JOBS.inc();
    /// DEPTH.set(3);
    /// # Ok::<(), picometer_std::RegisterError>(())
    /// ```
    /// ```compile_fail
    /// # use picometer_std::{Counter, Metric};
    /// static BAD: Metric<Counter> =
    ///     Metric::declare("jobs", "A counter needs a name that ends in _total.");
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
    /// ```
    /// use picometer_std::{Desc, Gauge, Metric};
    ///
    /// static MEMORY: Metric<Gauge<u64>> = Metric::declare_as(
    ///     Desc::gauge("cache_bytes", "Memory of the cache.").unit("bytes"),
    /// );
    /// MEMORY.set(4_096);
    /// ```
    ///
    /// # Panics
    ///
    /// Outside a constant, if the description is of another type than the cell; in a constant that is a compile error.
    #[track_caller]
    pub const fn declare_as(desc: Desc<'static>) -> Self {
        assert!(desc.kind() as u8 == C::KIND as u8, "the description is of another type than the metric");
        let desc = OwnedDesc::fixed(desc);
        Self { desc, problem: None, cell: Later::new(), config: Configured::new(), make: None }
    }

    /// What the cell is made of, by a function that is called when the cell is made: [`config`](Self::config) for statics.
    ///
    /// ```
    /// use picometer_std::{Metric, NamedStates};
    ///
    /// static STATE: Metric<NamedStates> =
    ///     Metric::<NamedStates>::declare("job_state", "State of the job.")
    ///         .config_by(|| ["idle".into(), "running".into()].into());
    /// STATE.set("running");
    /// assert!(STATE.is("running"));
    /// ```
    #[must_use]
    pub const fn config_by(mut self, config: fn() -> C::Config) -> Self {
        self.config.set_by(config);
        self
    }

    /// The cell of a `static`, made by a function when it is first used or shown: a callback, an info metric with its facts.
    ///
    /// ```
    /// use picometer_std::{GaugeFn, Metric};
    ///
    /// static CELSIUS: Metric<GaugeFn> =
    ///     Metric::<GaugeFn>::declare("board_celsius", "Temperature of the board.")
    ///         .made_by(|| GaugeFn::new(|| Some(21.5)));
    /// assert_eq!(CELSIUS.get().unwrap().as_f64(), 21.5);
    /// ```
    ///
    /// # Panics
    ///
    /// Outside a constant, for a [`Counter`](crate::Counter), which starts at 0 whatever the function says.
    #[must_use]
    #[track_caller]
    pub const fn made_by(mut self, make: fn() -> C) -> Self {
        assert!(!Later::<C>::IS_CONSTANT, "this cell starts at zero, and is not made by a function");
        self.make = Some(make);
        self
    }

    #[inline]
    fn cell(&self) -> &C {
        self.cell.get(|| self.make.map_or_else(|| C::make(self.config.get()), |make| make()))
    }

    /// Makes the cell of this; call it before the metric is used.
    #[must_use]
    pub fn config(mut self, config: &C::Config) -> Self {
        match C::check(config) {
            Ok(()) => {
                self.cell = Later::of(C::make(config));
                self.config.set(config.clone());
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
impl<C: FromConfig<Config: HasBuckets>> Metric<C> {
    /// The upper bounds of the buckets, for a `static`: [`buckets`](Self::buckets) that are checked by the compiler.
    ///
    /// ```
    /// use picometer_std::{Histogram, Metric, exponential};
    ///
    /// static SECONDS: Metric<Histogram> =
    ///     Metric::<Histogram>::declare("request_seconds", "How long requests take.")
    ///         .with_bounds(&exponential::<10>(0.001, 2.0));
    /// ```
    /// ```compile_fail
    /// # use picometer_std::{Metric, Histogram};
    /// static BAD: Metric<Histogram> =
    ///     Metric::<Histogram>::declare("request_seconds", "").with_bounds(&[0.5, 0.1]);
    /// ```
    ///
    /// # Panics
    ///
    /// Outside a constant, if there are none, one is not finite, or they do not rise.
    #[must_use]
    #[track_caller]
    pub const fn with_bounds(mut self, bounds: &'static [f64]) -> Self {
        self.config.set_bounds(bounds);
        self
    }

    /// The upper bounds of the buckets; call it before the metric is used.
    #[must_use]
    pub fn buckets(mut self, bounds: impl AsRef<[f64]>) -> Self {
        match BucketBounds::new(bounds) {
            Ok(bounds) => {
                let mut config = self.config.get().clone();
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
impl<C: FromConfig<Config: HasExemplars>> Metric<C> {
    /// From where, and how often, exemplars come by themselves: a [source](crate::exemplar::ExemplarSource), or more exactly
    /// [`ExemplarSampling`]; call it before the metric is used.
    #[must_use]
    pub fn exemplars(self, sampling: impl Into<ExemplarSampling>) -> Self {
        let mut config = self.config.get().clone();
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

impl<C: FromConfig> Deref for Metric<C> {
    type Target = C;

    #[inline]
    fn deref(&self) -> &C {
        self.cell()
    }
}

impl<C: FromConfig> Collector for Metric<C> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        let desc = self.desc().map_err(|error| refuse(out, error))?;
        if is_restarting(out) {
            self.cell().restart();
            return Ok(());
        }
        vouch::<Self>(out, []);
        if out.begin(&desc)? { self.cell().encode(&mut SeriesEncoder::new(out, &desc, &())) } else { Ok(()) }
    }
}

impl<C: FromConfig> fmt::Debug for Metric<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metric").field("desc", &self.desc).finish_non_exhaustive()
    }
}

impl<C: FromConfig> SameFamily for Metric<C> {
    fn is_like(&self, other: &Self) -> bool {
        self.desc.is_like(&other.desc)
    }
}
