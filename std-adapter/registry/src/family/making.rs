//! How a family is made, and what it is told before its first series.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use picometer::{Desc, Kind};

use super::Family;
use super::options::Options;
use super::table::Table;
use crate::cell::FromConfig;
use crate::cell::buckets::HasBuckets;
use crate::cell::states::NamedStates;
use crate::desc::MetricError;
use crate::epoch::once;
use crate::exemplar::{ExemplarSampling, HasExemplars};
use crate::label::{Names, check_names};

/// Making one.
impl<C: FromConfig, const N: usize> Family<C, N> {
    /// A family without series.
    pub fn new(name: &str, help: &str, labels: [&str; N]) -> Self {
        Self::of_parts(Options::new(name, help), Names::new(labels), AtomicU64::new(process_seed()))
    }

    /// A family without series, for a `static`. It takes no memory before its first series, and lookups cost what they cost in a
    /// family that is made at run time.
    ///
    /// Name, labels and type are checked by the compiler. [`metrics!`](crate::metrics) writes such a static and puts it on the pages;
    /// without it, [`register`](crate::Registry::register) takes a reference.
    ///
    /// ```
    /// use picometer_std::{Counter, Family, default_registry};
    ///
    /// static REQUESTS: Family<Counter, 2> =
    ///     Family::declare("http_requests_total", "Requests served.", ["method", "code"])
    ///         .max_series(1_000);
    ///
    /// default_registry().register(&REQUESTS)?;
    /// REQUESTS.with(["GET", "200"]).inc();
    /// # Ok::<(), picometer_std::RegisterError>(())
    /// ```
    /// ```compile_fail
    /// # use picometer_std::{Counter, Family};
    /// static BAD: Family<Counter, 1> =
    ///     Family::declare("requests", "A counter needs a name that ends in _total.", ["code"]);
    /// ```
    ///
    /// # Panics
    ///
    /// Outside a constant, if name or labels are invalid; in a constant that is a compile error.
    #[track_caller]
    pub const fn declare(name: &'static str, help: &'static str, labels: [&'static str; N]) -> Self {
        Self::declare_as(Desc::of(C::KIND, name, help), labels)
    }

    /// [`declare`](Self::declare) with a description that has more parts: a namespace, a unit.
    ///
    /// ```
    /// use picometer_std::{Desc, Family, Histogram};
    ///
    /// static SECONDS: Family<Histogram, 1> = Family::declare_as(
    ///     Desc::histogram("request_seconds", "How long requests take.").unit("seconds"),
    ///     ["method"],
    /// );
    /// SECONDS.with(["GET"]).observe(0.3);
    /// ```
    ///
    /// # Panics
    ///
    /// Outside a constant, if the labels are invalid, or the description is of another type than the cells.
    #[track_caller]
    pub const fn declare_as(desc: Desc<'static>, labels: [&'static str; N]) -> Self {
        Self::of_parts(Options::declared(desc), Names::fixed(labels), AtomicU64::new(0))
    }

    const fn of_parts(options: Options<C>, names: Names<N>, seed: AtomicU64) -> Self {
        Self {
            options,
            names,
            constraints: [const { None }; N],
            seed,
            table: Table::new(),
            legacy: OnceLock::new(),
            overflow: OnceLock::new(),
            home: crate::shared::Home::new(),
        }
    }

    /// What its cells are made from, by a function that is called when the first one is made: [`config`](Self::config) for statics.
    ///
    /// ```
    /// use picometer_std::{Family, NativeBuckets, NativeHistogram};
    ///
    /// static SIZES: Family<NativeHistogram, 1> = Family::<NativeHistogram, 1>::declare(
    ///     "answer_bytes",
    ///     "Sizes of answers.",
    ///     ["method"],
    /// )
    /// .config_by(|| NativeBuckets::new());
    /// SIZES.with(["GET"]).observe(512.0);
    /// ```
    #[must_use]
    pub const fn config_by(mut self, config: fn() -> C::Config) -> Self {
        self.set_config_by(config);
        self
    }

    pub(crate) const fn set_config_by(&mut self, config: fn() -> C::Config) {
        self.options.config.set_by(config);
    }

    pub(crate) const fn set_cap(&mut self, most: usize) {
        self.options.set_cap(most);
    }

    pub(crate) const fn set_ttl(&mut self, ttl: Duration) {
        self.options.set_ttl(ttl);
    }

    pub(crate) const fn make_lean(&mut self) {
        self.names.make_bare();
    }

    super::options::options!();

    /// At most `most` series: lookups of any other end in one overflow series with the label `overflow="true"`, so that sums stay
    /// right, and are counted in a family of their own, `…_folded_total`. Without a cap, the default, there is no limit.
    ///
    /// ```
    /// # use picometer_std::{Counter, Family};
    /// let requests =
    ///     Family::<Counter, 1>::new("requests_total", "Requests.", ["path"]).max_series(1);
    /// requests.with(["/"]).inc();
    /// requests.with(["/wp-login.php"]).inc();
    /// assert!(requests.with(["/.env"]).is_overflow());
    /// assert_eq!((requests.len(), requests.overflowed()), (1, 2));
    /// ```
    #[must_use]
    #[doc(alias("cap"))]
    pub const fn max_series(mut self, most: usize) -> Self {
        self.set_cap(most);
        self
    }

    /// Removes series that are not used for `ttl`; without a time to live, the default, none is removed.
    ///
    /// A series is used when [`with`](Self::with) finds it, when it counts otherwise, and while there is a [`Handle`](super::Handle) of it. It goes
    /// when it was not used for `ttl` and was shown since it was used last: what it counted is on at least one page. Every scraper
    /// counts; a page that leaves the family out, or breaks off before the series, has not shown it. A series that comes back
    /// starts anew. With a `ttl` of zero a series goes with the page behind the one that showed it.
    ///
    /// A page removes what is too old before it shows the rest; a lookup that makes a series looks at two others, so that nothing
    /// piles up between pages. A page may stay away for four times as long as `ttl` and as usual. Then series go without
    /// being shown that are beyond 1,024 and beyond four times those of the last page. A family that has as many series as its [`max_series`](Self::max_series) keeps
    /// them until a page shows them.
    ///
    /// The clock is read once for each series and page: the other lookups cost one load more than without a time to live.
    ///
    /// ```
    /// use std::time::Duration;
    /// # use picometer_std::{Counter, Family};
    /// let requests = Family::<Counter, 1>::new("requests_total", "Requests.", ["peer"])
    ///     .ttl(Duration::from_secs(600));
    /// requests.with(["10.0.0.7"]).inc();
    /// ```
    #[must_use]
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.set_ttl(ttl);
        self
    }

    /// [`ttl`](Self::ttl) by another clock, which says how much time went by since a moment of its own.
    ///
    /// Where the clock goes back, the time of series that were used later starts anew.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU64, Ordering};
    /// use std::time::Duration;
    /// # use picometer_std::{Counter, Family};
    /// static MINUTES: AtomicU64 = AtomicU64::new(0);
    /// let clock = || Duration::from_secs(60 * MINUTES.load(Ordering::Relaxed));
    /// let peers = Family::<Counter, 1>::new("calls_total", "Calls.", ["peer"])
    ///     .ttl_with_clock(Duration::from_secs(600), clock);
    /// peers.with(["10.0.0.7"]).inc();
    /// MINUTES.store(9, Ordering::Relaxed);
    /// assert_eq!(peers.expire(), 0);
    /// MINUTES.store(10, Ordering::Relaxed);
    /// assert_eq!(peers.expire(), 1);
    /// ```
    #[must_use]
    #[doc(alias("ttl_by"))]
    pub fn ttl_with_clock(mut self, ttl: Duration, clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        self.options.set_ttl_by(ttl, Arc::new(clock));
        self
    }

    /// Keeps of each series the label values alone, in about half the memory; a page then takes about twice as long, because it
    /// puts the labels together. Call it before the family is used.
    ///
    /// ```
    /// # use picometer_std::{Counter, Family};
    /// let sessions = Family::<Counter, 2>::new(
    ///     "session_bytes_total",
    ///     "Bytes sent.",
    ///     ["tenant", "session"],
    /// )
    /// .compact();
    /// sessions.with(["a", "7f3a"]).inc_by(512);
    /// ```
    #[must_use]
    #[doc(alias("lean"))]
    pub const fn compact(mut self) -> Self {
        self.make_lean();
        self
    }

    /// Makes one value of many: of every value that is given for this label, the family sees what `constraint` makes of it.
    ///
    /// ```
    /// # use picometer_std::{Counter, Family};
    /// let requests =
    ///     Family::<Counter, 2>::new("requests_total", "Requests.", ["method", "code"])
    ///         .normalize_label("method", |method| method.to_ascii_uppercase())
    ///         .normalize_label("code", |code| {
    ///             format!("{}xx", code.chars().next().unwrap_or('?'))
    ///         });
    /// requests.with(["get", "204"]).inc();
    /// assert_eq!(requests.with(["GET", "200"]).get(), 1);
    /// ```
    #[must_use]
    #[doc(alias("ConstrainedLabels", "constrain"))]
    pub fn normalize_label(mut self, label: &str, constraint: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        match self.names.names().iter().zip(&mut self.constraints).find(|(name, _)| ***name == *label) {
            Some((_, place)) => {
                *place = Some(Box::new(constraint));
                self.options.is_special = true;
            }
            None => self.options.problem = Some(MetricError::NoSuchLabel(label.into())),
        }
        self
    }

    /// Whether the family can be: what [`Registry::register`](crate::Registry::register) asks.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), MetricError> {
        let desc = self.options.desc()?;
        let names = self.names.names();
        let checked = check_names(names.iter().map(|name| &**name), self.options.desc.utf8, &self.options.reserved());
        let checked = checked.and_then(|()| match names.iter().find(|name| desc.kind() == Kind::StateSet && desc.name() == ***name) {
            Some(name) => Err(MetricError::ReservedLabel((**name).into())),
            None => Ok(()),
        });
        checked.map_err(|error| self.options.desc.blame(error))
    }
}

/// Histograms and gauge histograms.
impl<C: FromConfig<Config: HasBuckets>, const N: usize> Family<C, N> {
    /// The upper bounds of the buckets, for a `static`: [`buckets`](Self::buckets) that are checked by the compiler.
    ///
    /// ```
    /// use picometer_std::{Family, Histogram, exponential};
    ///
    /// static SECONDS: Family<Histogram, 1> = Family::<Histogram, 1>::declare(
    ///     "request_seconds",
    ///     "How long requests take.",
    ///     ["method"],
    /// )
    /// .with_bounds(&exponential::<10>(0.001, 2.0));
    /// ```
    /// ```compile_fail
    /// # use picometer_std::{Family, Histogram};
    /// static BAD: Family<Histogram, 1> =
    ///     Family::<Histogram, 1>::declare("request_seconds", "", ["method"])
    ///         .with_bounds(&[0.5, 0.1]);
    /// ```
    ///
    /// # Panics
    ///
    /// Outside a constant, if there are none, one is not finite, or they do not rise.
    #[must_use]
    #[track_caller]
    pub const fn with_bounds(mut self, bounds: &'static [f64]) -> Self {
        self.set_bounds(bounds);
        self
    }

    #[track_caller]
    pub(crate) const fn set_bounds(&mut self, bounds: &'static [f64]) {
        self.options.config.set_bounds(bounds);
    }

    /// The upper bounds of the buckets.
    #[must_use]
    pub fn buckets(mut self, bounds: impl AsRef<[f64]>) -> Self {
        self.options.set_bounds(bounds);
        self
    }
}

/// Cells with exemplars.
impl<C: FromConfig<Config: HasExemplars>, const N: usize> Family<C, N> {
    /// From where, and how often, exemplars come by themselves: a [source](crate::exemplar::ExemplarSource), or more exactly
    /// [`ExemplarSampling`].
    #[must_use]
    pub fn exemplars(mut self, sampling: impl Into<ExemplarSampling>) -> Self {
        self.options.set_exemplars(sampling.into());
        self
    }
}

/// State sets.
impl<const N: usize> Family<NamedStates, N> {
    /// The states, of which the first is true at the start.
    #[must_use]
    pub fn states<S: AsRef<str>>(self, states: impl IntoIterator<Item = S>) -> Self {
        self.config(states.into_iter().map(|state| state.as_ref().into()).collect())
    }
}

/// The same seed for all families of a process, another one in each process: a client cannot make values that collide. Not 0.
pub(super) fn process_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    static SEED: OnceLock<u64> = OnceLock::new();
    *once(&SEED, || RandomState::new().hash_one(0) | 1)
}
