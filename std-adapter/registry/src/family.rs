//! Metrics of one name that differ in labels.

mod ahead;
mod cells;
mod closed;
mod collect;
pub(crate) mod expiry;
pub(crate) mod idle;
mod index;
mod node;
mod options;
mod pinned;
mod series;
mod sweep;
mod table;

pub use closed::ClosedFamily;
pub use series::{Curried, Handle, Series};

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use picometer::{Desc, Kind, LabelSet, SeriesEncoder};

use crate::cell::Make;
use crate::cell::buckets::TakesBuckets;
use crate::cell::states::NamedStates;
use crate::desc::{Described, MetricError};
use crate::epoch::once;
use crate::exemplar::{ExemplarSampling, TakesExemplars};
use crate::label::{self, FOREIGN, LabelValues, Labelled, Names, OVERFLOW, Short, check_names};
use crate::shared::publish_declared;
use expiry::{Cause, Ttl};
use idle::Idle;
use node::{Found, Held};
use options::Options;
use table::{Asked, Inserted, Pinned, Table};

/// Metrics of one name that differ in the values of `N` labels, which come up while the program runs.
///
/// [`with`](Self::with) finds or makes a series. A lookup takes no lock, allocates nothing and compares the values whole; what
/// it returns is used at once, or held by a [handle](Self::handle) where it is needed often.
///
/// ```
/// use picometer_std::{Counter, Family, Histogram, Registry, exponential};
///
/// let registry = Registry::new();
/// let requests = registry.register(Family::<Counter, 2>::new(
///     "http_requests_total",
///     "Requests served.",
///     ["method", "code"],
/// ))?;
/// requests.with(["GET", "200"]).inc();
/// requests.with(["GET", "404"]).inc_by(2);
///
/// let seconds = Family::<Histogram, 1>::new(
///     "http_request_seconds",
///     "How long requests take.",
///     ["method"],
/// )
/// .unit("seconds")
/// .buckets(exponential::<10>(0.001, 2.0));
/// let seconds = registry.register(seconds)?;
/// let get = seconds.handle(["GET"]);
/// get.observe(0.012);
/// # Ok::<(), picometer_std::RegisterError>(())
/// ```
///
/// Names and bounds that cannot be are found when the family is registered; a wrong number of label values does not compile.
#[doc(alias("CounterVec", "GaugeVec", "HistogramVec", "SummaryVec", "IntCounterVec", "IntGaugeVec"))]
pub struct Family<C: Make, const N: usize> {
    options: Options<C>,
    names: Names<N>,
    constraints: [Option<Constraint>; N],
    /// The seed of hashes; of statics 0 until they make their first series.
    seed: AtomicU64,
    table: Table<C>,
    /// Whether the label names are in the legacy character set, once the family was checked.
    legacy: OnceLock<Result<bool, MetricError>>,
    overflow: OnceLock<Held<C>>,
    home: crate::shared::Home,
}

/// Makes one label value of another.
type Constraint = Box<dyn Fn(&str) -> String + Send + Sync>;

// Clocks and constraints answer before the family is changed; its lock is taken over from a thread that panicked with it.
impl<C: Make + RefUnwindSafe, const N: usize> UnwindSafe for Family<C, N> {}
impl<C: Make + RefUnwindSafe, const N: usize> RefUnwindSafe for Family<C, N> {}

/// Making one.
impl<C: Make, const N: usize> Family<C, N> {
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
    ///         .cap(1_000);
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

    options::options!();

    /// At most `most` series: lookups of any other end in one overflow series with the label `overflow="true"`, so that sums stay
    /// right, and are counted in a family of their own, `…_folded_total`. Without a cap, the default, there is no limit.
    ///
    /// ```
    /// # use picometer_std::{Counter, Family};
    /// let requests =
    ///     Family::<Counter, 1>::new("requests_total", "Requests.", ["path"]).cap(1);
    /// requests.with(["/"]).inc();
    /// requests.with(["/wp-login.php"]).inc();
    /// assert!(requests.with(["/.env"]).is_overflow());
    /// assert_eq!((requests.len(), requests.folded()), (1, 2));
    /// ```
    #[must_use]
    #[doc(alias("max_series"))]
    pub const fn cap(mut self, most: usize) -> Self {
        self.set_cap(most);
        self
    }

    /// Removes series that are not used for `ttl`; without a time to live, the default, none is removed.
    ///
    /// A series is used when [`with`](Self::with) finds it, when it counts otherwise, and while there is a [`Handle`] of it. It goes
    /// when it was not used for `ttl` and was shown since it was used last: what it counted is on at least one page. Every scraper
    /// counts; a page that leaves the family out, or breaks off before the series, has not shown it. A series that comes back
    /// starts anew. With a `ttl` of zero a series goes with the page behind the one that showed it.
    ///
    /// A page removes what is too old before it shows the rest; a lookup that makes a series looks at two others, so that nothing
    /// piles up between pages. Where no page comes for four times as long as `ttl` and as usual, series beyond four times those
    /// of the last page, and beyond 1,024, go without being shown. A family that has as many series as its [`cap`](Self::cap) keeps
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
    #[must_use]
    #[doc(alias("ttl_with_clock"))]
    pub fn ttl_by(mut self, ttl: Duration, clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
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
    /// .lean();
    /// sessions.with(["a", "7f3a"]).inc_by(512);
    /// ```
    #[must_use]
    #[doc(alias("compact"))]
    pub const fn lean(mut self) -> Self {
        self.make_lean();
        self
    }

    /// Makes one value of many: of every value that is given for this label, the family sees what `constraint` makes of it.
    ///
    /// ```
    /// # use picometer_std::{Counter, Family};
    /// let requests =
    ///     Family::<Counter, 2>::new("requests_total", "Requests.", ["method", "code"])
    ///         .constrain("method", |method| method.to_ascii_uppercase())
    ///         .constrain("code", |code| {
    ///             format!("{}xx", code.chars().next().unwrap_or('?'))
    ///         });
    /// requests.with(["get", "204"]).inc();
    /// assert_eq!(requests.with(["GET", "200"]).get(), 1);
    /// ```
    #[must_use]
    #[doc(alias("ConstrainedLabels"))]
    pub fn constrain(mut self, label: &str, constraint: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
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

/// Series.
impl<C: Make, const N: usize> Family<C, N> {
    /// The series with these label values, made at its start if it is not there.
    #[inline]
    #[doc(alias("labels", "WithLabelValues", "with_label_values", "get_or_create"))]
    pub fn with(&self, values: impl LabelValues<N>) -> Series<'_, C, N> {
        values.texts_in(|values| self.with_texts(values))
    }

    /// An owned handle of the series with these label values: for hot loops, for structs, and for other threads.
    pub fn handle(&self, values: impl LabelValues<N>) -> Handle<C> {
        self.with(values).handle()
    }

    /// The series with these label values, if it is there.
    pub fn get(&self, values: impl LabelValues<N>) -> Option<Series<'_, C, N>> {
        values.texts_in(|values| self.get_texts(values))
    }

    /// Takes a series off the pages; whether it was there. A [`Handle`] of it goes on counting, unseen; a series of these values
    /// that is made later starts anew.
    #[doc(alias("DeleteLabelValues", "remove_label_values"))]
    pub fn remove(&self, values: impl LabelValues<N>) -> bool {
        values.texts_in(|values| self.remove_texts(values))
    }

    #[inline]
    pub(crate) fn with_texts(&self, values: &[&str; N]) -> Series<'_, C, N> {
        self.series(if self.options.is_special { self.of_specially(values) } else { self.of(values) })
    }

    pub(crate) fn get_texts(&self, values: &[&str; N]) -> Option<Series<'_, C, N>> {
        let found = self.constrained(values, |values| self.find(values, self.hash(values)));
        found.filter(|node| self.finds(node)).map(|node| self.series(node))
    }

    pub(crate) fn remove_texts(&self, values: &[&str; N]) -> bool {
        self.constrained(values, |values| self.table.remove(self.hash(values), &self.asked(values), C::removed))
    }

    /// Takes every series off the pages that has all of these labels, given as names and values, and returns how many.
    ///
    /// ```
    /// # use picometer_std::{Counter, Family};
    /// let requests =
    ///     Family::<Counter, 2>::new("requests_total", "Requests.", ["tenant", "code"]);
    /// requests.with(["a", "200"]).inc();
    /// requests.with(["a", "500"]).inc();
    /// requests.with(["b", "200"]).inc();
    /// assert_eq!(requests.remove_matching(&[("tenant", "a")]), 2);
    /// assert_eq!(
    ///     requests.remove_matching(&[("tennant", "b")]),
    ///     0,
    ///     "there is no such label"
    /// );
    /// ```
    #[doc(alias("remove_by_labels", "DeletePartialMatch"))]
    pub fn remove_matching(&self, labels: &[(&str, &str)]) -> usize {
        let places = labels.iter().map(|(name, value)| Some((self.names.names().iter().position(|own| **own == **name)?, *value)));
        let Some(places) = places.collect::<Option<Vec<_>>>() else { return 0 };
        self.keep_only(|node| !places.iter().all(|&(at, value)| self.names.value(node.key(), at) == Some(value)))
    }

    /// Keeps only the series that `keep` wants, which is shown their label values and cell.
    ///
    /// ```
    /// # use picometer_std::{Counter, Family};
    /// # let requests = Family::<Counter, 1>::new("requests_total", "Requests.", ["code"]);
    /// requests.with(["200"]).inc();
    /// requests.with(["500"]);
    /// requests.retain(|[code], requests| code.starts_with('2') || requests.get() > 0);
    /// assert_eq!(requests.len(), 1);
    /// ```
    pub fn retain(&self, mut keep: impl FnMut([&str; N], &C) -> bool) {
        self.keep_only(|node| keep(self.names.values(node.key()), &node.get().cell));
    }

    /// Takes every series off the pages.
    #[doc(alias("Reset"))]
    pub fn clear(&self) {
        self.keep_only(|_| false);
    }

    /// Back to the start: series that are held are at zero, the others gone.
    fn restart(&self) {
        self.keep_only(|node| {
            let is_held = node.has_holders();
            if is_held {
                node.cell.restart();
            }
            is_held
        });
        if let Some(overflow) = self.overflow.get() {
            overflow.cell.restart();
        }
        self.options.forget_folded();
    }

    /// Removes series that were not used for the [`ttl`](Self::ttl), shown or not, and returns how many.
    ///
    /// Pages do it by themselves; this is for programs without scrapers. The time of a series whose last [`Handle`] is gone counts
    /// from the last page or call of this that found one. Removes none while another thread is removing some.
    pub fn expire(&self) -> usize {
        self.sweep(Cause::Command)
    }

    /// How many lookups ended in the overflow series.
    pub fn folded(&self) -> u64 {
        self.options.folded_count()
    }

    /// How many series there are, without the overflow series.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there is no series but the overflow series.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Calls `see` with the label values and cell of every series, in the order in which they came.
    pub fn for_each(&self, mut see: impl FnMut([&str; N], &C)) {
        self.table.visit(0..self.table.place_count(), |_, node| see(self.names.values(node.key()), &node.get().cell));
    }

    /// The same family with its first `K` label values fixed.
    ///
    /// ```
    /// # use picometer_std::{Counter, Family};
    /// let requests = Family::<Counter, 3>::new(
    ///     "requests_total",
    ///     "Requests.",
    ///     ["service", "method", "code"],
    /// );
    /// let users = requests.curry(["users"]);
    /// users.with(["GET", "200"]).inc();
    /// assert_eq!(requests.with(["users", "GET", "200"]).get(), 1);
    /// ```
    /// ```compile_fail
    /// # use picometer_std::{Counter, Family};
    /// let requests = Family::<Counter, 3>::new(
    ///     "requests_total",
    ///     "Requests.",
    ///     ["service", "method", "code"],
    /// );
    /// requests.curry(["users"]).with(["GET"]).inc();
    /// ```
    #[doc(alias("CurryWith"))]
    pub fn curry<S: AsRef<str>, const K: usize>(&self, first: [S; K]) -> Curried<'_, C, N, K> {
        Curried::new(self, first)
    }

    #[inline]
    fn series<'a>(&'a self, node: Pinned<'a, C>) -> Series<'a, C, N> {
        Series { node, family: self }
    }

    /// Where values are constrained, or series live for a time only.
    #[cold]
    fn of_specially(&self, values: &[&str; N]) -> Pinned<'_, C> {
        self.constrained(values, |values| self.of_used(values))
    }

    /// The series with these values, as the constraints have them.
    // Not where the caller is, which would have three hundred instructions more; what it returns goes in two registers.
    #[inline(never)]
    fn of(&self, values: &[&str; N]) -> Pinned<'_, C> {
        // Relaxed: who finds no seed finds no series, and asks again when it makes one.
        if let Some(short) = Short::of(values)
            && let Some(found) = self.table.seen(short.hash(self.seed.load(Ordering::Relaxed)), &ShortValues { names: &self.names, short })
        {
            return found;
        }
        self.of_any(values)
    }

    /// As [`of`](Self::of), where a value is shorter or longer, or the series is not met at once.
    #[inline(never)]
    fn of_any(&self, values: &[&str; N]) -> Pinned<'_, C> {
        let hash = self.hash(values);
        match self.table.seen(hash, &self.asked(values)) {
            Some(found) => found,
            None => self.find(values, hash).unwrap_or_else(|| self.make(values, hash)),
        }
    }

    fn find(&self, values: &[&str; N], hash: u32) -> Option<Pinned<'_, C>> {
        self.table.get(hash, &self.asked(values))
    }

    #[cold]
    fn make(&self, values: &[&str; N], mut hash: u32) -> Pinned<'_, C> {
        // A static has its seed from its first series on. What was looked up without it was not found for that.
        if self.seed.load(Ordering::Relaxed) != process_seed() {
            self.seed.store(process_seed(), Ordering::Relaxed);
        }
        let seeded = self.hash(values);
        if seeded != hash {
            hash = seeded;
            if let Some(found) = self.find(values, hash) {
                return found;
            }
        }
        let Some(key) = self.names.key(values) else { return self.fold() };
        self.sweep(Cause::Making);
        let idle = self.idle();
        let make = |born| self.hold(&key, born, idle);
        // No fork comes between the series and its name.
        let making = crate::shared::Making::begin();
        match self.table.insert(hash, &self.asked(values), self.options.cap, make, &|node| self.hash_of(node)) {
            Inserted::Here(node) => {
                self.publish(node.found());
                drop(making);
                publish_declared();
                node
            }
            Inserted::Full => {
                drop(making);
                // Perhaps one of those that are there is too old.
                if self.sweep(Cause::Full) > 0 { self.of(values) } else { self.fold() }
            }
        }
    }

    /// The overflow series.
    fn fold(&self) -> Pinned<'_, C> {
        self.options.folded();
        let overflow = once(&self.overflow, || self.hold(FOREIGN, 0, self.idle()));
        self.publish(overflow.found());
        Pinned::lasting(overflow)
    }

    /// Names a series that other processes see, if the family is registered; those that were there before it was have their names.
    fn publish(&self, node: Found<'_, C>) {
        // Either this sees where the family is, or the thread that names all its series sees this one: both take the lock of the home.
        self.home.publish(&|out| {
            let (Some(Ok(legacy)), Ok(desc)) = (self.legacy.get(), self.options.desc()) else { return Ok(()) };
            let labels = Labelled { names: &self.names, legacy: *legacy, key: node.key() };
            let labels: &dyn LabelSet = if node.key() == FOREIGN { &OVERFLOW } else { &labels };
            if out.begin(&desc)? { node.cell.encode(&mut SeriesEncoder::new(out, &desc, labels)) } else { Ok(()) }
        });
    }

    fn hold(&self, key: &str, born: u32, idle: Option<Idle>) -> Held<C> {
        Held::new(C::make(self.options.config.get()), key, born, idle)
    }

    /// What a series of a family with a time to live has; made without a lock, because it asks the clock.
    fn idle(&self) -> Option<Idle> {
        self.options.ttl.as_ref().map(Ttl::idle)
    }

    #[inline]
    fn asked<'a>(&'a self, values: &'a [&'a str; N]) -> Values<'a, N> {
        Values { names: &self.names, values }
    }

    fn keep_only(&self, keep: impl FnMut(Found<'_, C>) -> bool) -> usize {
        self.table.retain(0..self.table.place_count(), keep, C::removed, &|node| self.hash_of(node))
    }

    #[inline(never)]
    fn hash_of(&self, node: Found<'_, C>) -> u32 {
        self.hash(&self.names.values(node.key()))
    }

    #[inline(always)]
    fn hash(&self, values: &[&str; N]) -> u32 {
        // Relaxed: as in `of`.
        label::hash(self.seed.load(Ordering::Relaxed), values)
    }

    /// Calls `then` with the values as the constraints have them.
    fn constrained<R>(&self, values: &[&str; N], then: impl FnOnce(&[&str; N]) -> R) -> R {
        if self.constraints.iter().all(Option::is_none) {
            return then(values);
        }
        let mut owned = [const { String::new() }; N];
        for ((owned, value), constraint) in owned.iter_mut().zip(values).zip(&self.constraints) {
            *owned = constraint.as_ref().map_or_else(|| (*value).to_owned(), |constraint| constraint(value));
        }
        then(&owned.each_ref().map(String::as_str))
    }
}

/// The series with these label values.
struct Values<'a, const N: usize> {
    names: &'a Names<N>,
    values: &'a [&'a str; N],
}

impl<C, const N: usize> Asked<C> for Values<'_, N> {
    #[inline(always)]
    fn is(&self, found: Found<'_, C>) -> bool {
        self.names.is(found.key(), self.values)
    }
}

/// The series with these label values, of 8 to 16 bytes each.
struct ShortValues<'a, const N: usize> {
    names: &'a Names<N>,
    short: Short<N>,
}

impl<C, const N: usize> Asked<C> for ShortValues<'_, N> {
    #[inline(always)]
    fn is(&self, found: Found<'_, C>) -> bool {
        self.names.is_short(found.key(), &self.short)
    }
}

/// The same seed for all families of a process, another one in each process: a client cannot make values that collide. Not 0.
fn process_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    static SEED: OnceLock<u64> = OnceLock::new();
    *once(&SEED, || RandomState::new().hash_one(0) | 1)
}

/// Histograms and gauge histograms.
impl<C: Make<Config: TakesBuckets>, const N: usize> Family<C, N> {
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
impl<C: Make<Config: TakesExemplars>, const N: usize> Family<C, N> {
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

impl<C: Make, const N: usize> fmt::Debug for Family<C, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Family").field("desc", &self.options.desc).field("labels", self.names.names()).field("len", &self.len()).finish()
    }
}

impl<C: Make, const N: usize> Described for Family<C, N> {
    fn is_like(&self, other: &Self) -> bool {
        self.options.desc.is_like(&other.options.desc) && self.names.names() == other.names.names()
    }
}
