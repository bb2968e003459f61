//! Metrics of one name that differ in labels.

mod ahead;
mod cells;
mod closed;
mod collect;
pub(crate) mod expiry;
mod finding;
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
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;

use crate::cell::FromConfig;
use crate::desc::{MetricError, SameFamily};
use crate::label::{LabelValues, Names};
use expiry::Cause;
use node::Held;
use options::Options;
use table::Table;

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
pub struct Family<C: FromConfig, const N: usize> {
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
impl<C: FromConfig + RefUnwindSafe, const N: usize> UnwindSafe for Family<C, N> {}
impl<C: FromConfig + RefUnwindSafe, const N: usize> RefUnwindSafe for Family<C, N> {}

// Here, because documentation has methods in the order of the source.
mod making;

/// Series.
impl<C: FromConfig, const N: usize> Family<C, N> {
    /// The series with these label values, made at its start if it is not there.
    #[inline]
    #[doc(alias("labels", "WithLabelValues", "with_label_values", "get_or_create"))]
    pub fn with(&self, values: impl LabelValues<N>) -> Series<'_, C, N> {
        values.texts_in(|values| self.with_texts(values))
    }

    /// An owned handle of the series with these label values: for hot loops, for structs, and for other threads.
    ///
    /// ```
    /// # use picometer_std::{Counter, Family};
    /// let requests = Family::<Counter, 1>::new("requests_total", "Requests.", ["path"]);
    /// let root = requests.handle(["/"]);
    /// std::thread::spawn(move || root.inc()).join().unwrap();
    /// assert_eq!(requests.with(["/"]).get(), 1);
    /// ```
    pub fn handle(&self, values: impl LabelValues<N>) -> Handle<C> {
        self.with(values).handle()
    }

    /// The series with these label values, if it is there.
    pub fn get(&self, values: impl LabelValues<N>) -> Option<Series<'_, C, N>> {
        values.texts_in(|values| self.get_texts(values))
    }

    /// Takes a series off the pages; whether it was there. A [`Handle`] of it goes on counting, unseen; a series of these values
    /// that is made later starts anew.
    ///
    /// ```
    /// # use picometer_std::{Counter, Family};
    /// let requests = Family::<Counter, 1>::new("requests_total", "Requests.", ["path"]);
    /// let held = requests.handle(["/"]);
    /// assert!(requests.remove(["/"]) && !requests.remove(["/"]));
    /// held.inc();
    /// assert!(requests.get(["/"]).is_none(), "it counts on no page");
    /// ```
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
    #[doc(alias("folded"))]
    pub fn overflowed(&self) -> u64 {
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
    ///
    /// ```
    /// # use picometer_std::{Counter, Family};
    /// let requests =
    ///     Family::<Counter, 2>::new("requests_total", "Requests.", ["path", "code"]);
    /// requests.with(["/", "200"]).inc_by(3);
    /// requests.with(["/", "500"]).inc();
    /// let mut errors = 0;
    /// requests.for_each(|[_, code], counter| {
    ///     errors += if code.starts_with('5') { counter.get() } else { 0 };
    /// });
    /// assert_eq!(errors, 1);
    /// ```
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
}

impl<C: FromConfig, const N: usize> fmt::Debug for Family<C, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Family").field("desc", &self.options.desc).field("labels", self.names.names()).field("len", &self.len()).finish()
    }
}

impl<C: FromConfig, const N: usize> SameFamily for Family<C, N> {
    fn is_like(&self, other: &Self) -> bool {
        self.options.desc.is_like(&other.options.desc) && self.names.names() == other.names.names()
    }
}
