//! Families whose labels are the fields of a struct.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::time::Duration;

use picometer::__private::Sentence;
use picometer::{Collector, Desc, Encoder, Stop};

use crate::cell::FromConfig;
use crate::cell::buckets::HasBuckets;
use crate::cell::states::NamedStates;
use crate::desc::{MetricError, SameFamily};
use crate::exemplar::{ExemplarSampling, HasExemplars};
use crate::family::{Family, Handle, Series};

/// A struct whose fields are the labels of a family. Derived by `Labels`.
///
/// ```
/// use picometer_std::{LabelSchema, LabelsOf, FromConfig, TypedFamily};
///
/// struct Route<'a> {
///     method: &'a str,
///     code: u16,
/// }
///
/// // What `#[derive(Labels)]` writes.
/// impl LabelSchema for Route<'_> {
///     const NAMES: &'static [&'static str] = &["method", "code"];
///     type Family<C: FromConfig> = TypedFamily<C, Route<'static>, 2>;
/// }
/// impl LabelsOf<Route<'static>, 2> for Route<'_> {
///     fn texts_in<R>(&self, then: impl FnOnce(&[&str; 2]) -> R) -> R {
///         then(&[self.method, &self.code.to_string()])
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(message = "`{Self}` is no struct of labels", note = "`#[derive(Labels)]` makes it one")]
pub trait LabelSchema {
    /// The label names, in the order of the fields.
    const NAMES: &'static [&'static str];
    /// A family with these labels: [`TypedFamily`] with the struct, all of its lifetimes `'static`, and the number of labels.
    type Family<C: FromConfig>;
}

/// The family of cells `C` with the labels of `L`: [`TypedFamily`] without the number of labels.
///
/// ```
/// use picometer_std::{Counter, FamilyOf, LabelSchema, LabelsOf, FromConfig, TypedFamily};
///
/// struct Route<'a> {
///     path: &'a str,
/// }
/// # impl LabelSchema for Route<'_> {
/// #     const NAMES: &'static [&'static str] = &["path"];
/// #     type Family<C: FromConfig> = TypedFamily<C, Route<'static>, 1>;
/// # }
/// # impl LabelsOf<Route<'static>, 1> for Route<'_> {
/// #     fn texts_in<R>(&self, then: impl FnOnce(&[&str; 1]) -> R) -> R {
/// #         then(&[self.path])
/// #     }
/// # }
/// struct Metrics {
///     requests: FamilyOf<Counter, Route<'static>>,
/// }
///
/// let metrics = Metrics {
///     requests: FamilyOf::<Counter, Route>::new("requests_total", "Requests."),
/// };
/// metrics.requests.with(Route { path: "/" }).inc();
/// ```
pub type FamilyOf<C, L> = <L as LabelSchema>::Family<C>;

/// Values of the `N` labels that the struct `S` has. Derived by `Labels`, for a struct with any lifetimes.
///
/// [`LabelSchema`] has an example.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the labels of this family",
    label = "the family has the labels of `{S}`",
    note = "give a `{S}`, or use `untyped()` for labels by position"
)]
pub trait LabelsOf<S, const N: usize> {
    /// Calls `then` with the text of each value, none of which is on the heap.
    fn texts_in<R>(&self, then: impl FnOnce(&[&str; N]) -> R) -> R;
}

impl<S, T: LabelsOf<S, N>, const N: usize> LabelsOf<S, N> for &T {
    #[inline]
    fn texts_in<R>(&self, then: impl FnOnce(&[&str; N]) -> R) -> R {
        (**self).texts_in(then)
    }
}

/// The label names of a struct, as many as there are.
///
/// # Panics
///
/// In a constant that does not compile, if `N` is another number.
#[track_caller]
pub const fn label_names<L: LabelSchema, const N: usize>() -> [&'static str; N] {
    match L::NAMES.first_chunk::<N>() {
        Some(names) if L::NAMES.len() == N => *names,
        _ => panic!("{}", Count::<L>::RIGHT.as_str()),
    }
}

/// How many labels a struct has, in a sentence.
struct Count<L>(PhantomData<L>);

impl<L: LabelSchema> Count<L> {
    const RIGHT: &'static Sentence =
        &Sentence::new("the N of the family is not the number of labels of its struct: write ", L::NAMES.len());
}

/// A [`Family`] whose labels are the fields of the struct `L`, of which there are `N`.
///
/// A swapped, missing or misspelt label does not compile. Lookups allocate nothing and take as long as those of a [`Family`] by
/// position.
///
/// ```
/// use picometer_std::{Counter, LabelSchema, LabelsOf, FromConfig, Registry, TypedFamily};
///
/// struct Route<'a> {
///     method: &'a str,
///     path: &'a str,
/// }
/// # impl LabelSchema for Route<'_> {
/// #     const NAMES: &'static [&'static str] = &["method", "path"];
/// #     type Family<C: FromConfig> = TypedFamily<C, Route<'static>, 2>;
/// # }
/// # impl LabelsOf<Route<'static>, 2> for Route<'_> {
/// #     fn texts_in<R>(&self, then: impl FnOnce(&[&str; 2]) -> R) -> R {
/// #         then(&[self.method, self.path])
/// #     }
/// # }
///
/// let registry = Registry::new();
/// let requests = registry.register(TypedFamily::<Counter, Route, 2>::new(
///     "http_requests_total",
///     "Requests served.",
/// ))?;
/// let path = String::from("/");
/// requests.with(Route { method: "GET", path: &path }).inc();
/// assert_eq!(requests.untyped().with(["GET", "/"]).get(), 1);
/// # Ok::<(), picometer_std::RegisterError>(())
/// ```
///
/// A label that the cells have for themselves does not compile:
///
/// ```compile_fail
/// use picometer_std::{FamilyOf, Histogram, Labels};
///
/// #[derive(Labels)]
/// struct Bucket { le: u8 }
///
/// let _ = FamilyOf::<Histogram, Bucket>::new("sizes", "Sizes.");
/// ```
pub struct TypedFamily<C: FromConfig, L, const N: usize> {
    family: Family<C, N>,
    labels: PhantomData<fn() -> L>,
}

/// The methods of a family that take it by value.
macro_rules! passed_on {
    ($($(#[$meta:meta])* $name:ident($($argument:ident: $type:ty),*);)*) => {$(
        $(#[$meta])*
        #[must_use]
        pub fn $name(self, $($argument: $type),*) -> Self {
            Self { family: self.family.$name($($argument),*), labels: PhantomData }
        }
    )*};
}

/// Those that are called in constants, too.
macro_rules! constants {
    ($($(#[$meta:meta])* $name:ident $set:ident($($argument:ident: $type:ty),*);)*) => {$(
        $(#[$meta])*
        #[must_use]
        #[track_caller]
        pub const fn $name(mut self, $($argument: $type),*) -> Self {
            self.family.$set($($argument),*);
            self
        }
    )*};
}

impl<C: FromConfig, L: LabelSchema, const N: usize> TypedFamily<C, L, N> {
    /// A family without series.
    ///
    /// A label that the cell has for itself, `le` or `quantile`, does not compile.
    pub fn new(name: &str, help: &str) -> Self {
        const { check_reserved::<C, L>() };
        Self { family: Family::new(name, help, const { label_names::<L, N>() }), labels: PhantomData }
    }

    /// A family without series, for a `static`: [`Family::declare`] with the labels of the struct.
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
        // In a constant an error at the caller's place, which a block of constants does not have.
        check_reserved::<C, L>();
        Self::of_labels(desc)
    }

    #[track_caller]
    const fn of_labels(desc: Desc<'static>) -> Self {
        const { check_reserved::<C, L>() };
        Self { family: Family::declare_as(desc, label_names::<L, N>()), labels: PhantomData }
    }

    passed_on! {
        /// Puts `namespace_` in front of the name.
        namespace(namespace: &str);
        /// Puts `subsystem_` between namespace and name.
        subsystem(subsystem: &str);
        /// Names the unit, which the name must end in (before `_total`).
        unit(unit: &str);
        /// Takes a name in any UTF-8.
        utf8();
        /// As [`Family::config`].
        config(config: C::Config);
        /// As [`Family::ttl_with_clock`].
        ttl_with_clock(ttl: Duration, clock: impl Fn() -> Duration + Send + Sync + 'static);
        /// Makes one value of many, as [`Family::normalize_label`].
        normalize_label(label: &str, constraint: impl Fn(&str) -> String + Send + Sync + 'static);
    }

    constants! {
        /// Limits the family to so many series, as [`Family::max_series`].
        max_series set_cap(most: usize);
        /// Removes series that are not used for `ttl`, as [`Family::ttl`].
        ttl set_ttl(ttl: Duration);
        /// Keeps label values alone, in half the memory, as [`Family::compact`].
        compact make_lean();
        /// As [`Family::config_by`].
        config_by set_config_by(config: fn() -> C::Config);
    }

    /// The series with these labels, made at its start if it does not exist.
    #[inline]
    pub fn with(&self, labels: impl LabelsOf<L, N>) -> Series<'_, C, N> {
        labels.texts_in(|texts| self.family.with_texts(texts))
    }

    /// The series with these labels, if it exists.
    pub fn get(&self, labels: impl LabelsOf<L, N>) -> Option<Series<'_, C, N>> {
        labels.texts_in(|texts| self.family.get_texts(texts))
    }

    /// Removes a series, as [`Family::remove`].
    pub fn remove(&self, labels: impl LabelsOf<L, N>) -> bool {
        labels.texts_in(|texts| self.family.remove_texts(texts))
    }

    /// An owned handle of the series with these labels.
    pub fn handle(&self, labels: impl LabelsOf<L, N>) -> Handle<C> {
        self.with(labels).handle()
    }

    /// The same family by label positions.
    pub fn untyped(&self) -> &Family<C, N> {
        &self.family
    }

    /// Whether the family is valid, as [`Family::check`].
    ///
    /// # Errors
    ///
    /// [`MetricError`] says what is wrong with it.
    pub fn check(&self) -> Result<(), MetricError> {
        self.family.check()
    }
}

/// A label that samples of the cell have for themselves does not compile.
#[track_caller]
const fn check_reserved<C: FromConfig, L: LabelSchema>() {
    let mut at = 0;
    while at < L::NAMES.len() {
        assert!(
            C::RESERVED_LABEL.is_empty() || !same(L::NAMES[at].as_bytes(), C::RESERVED_LABEL.as_bytes()),
            "`le` and `quantile` belong to histograms and summaries"
        );
        at += 1;
    }
}

pub(crate) const fn same(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

/// Histograms and gauge histograms.
impl<C: FromConfig<Config: HasBuckets>, L: LabelSchema, const N: usize> TypedFamily<C, L, N> {
    passed_on! {
        /// The upper bounds of the buckets.
        buckets(bounds: impl AsRef<[f64]>);
    }
    constants! {
        /// The upper bounds of the buckets, for a `static`, as [`Family::with_bounds`].
        with_bounds set_bounds(bounds: &'static [f64]);
    }
}

/// Cells with exemplars.
impl<C: FromConfig<Config: HasExemplars>, L: LabelSchema, const N: usize> TypedFamily<C, L, N> {
    passed_on! {
        /// Where exemplars come from, and how often, as [`Family::exemplars`].
        exemplars(sampling: impl Into<ExemplarSampling>);
    }
}

/// State sets.
impl<L: LabelSchema, const N: usize> TypedFamily<NamedStates, L, N> {
    /// The states, of which the first is true at the start.
    #[must_use]
    pub fn states<S: AsRef<str>>(self, states: impl IntoIterator<Item = S>) -> Self {
        Self { family: self.family.states(states), labels: PhantomData }
    }
}

impl<C: FromConfig, L, const N: usize> Deref for TypedFamily<C, L, N> {
    type Target = Family<C, N>;

    fn deref(&self) -> &Family<C, N> {
        &self.family
    }
}

impl<C: FromConfig, L: 'static, const N: usize> Collector for TypedFamily<C, L, N> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        self.family.collect_as::<Self>(out)
    }
}

impl<C: FromConfig, L, const N: usize> fmt::Debug for TypedFamily<C, L, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.family.fmt(f)
    }
}

impl<C: FromConfig, L: 'static, const N: usize> SameFamily for TypedFamily<C, L, N> {
    fn is_like(&self, other: &Self) -> bool {
        self.family.is_like(&other.family)
    }
}
